package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"yishi/flows/civic"
)

// Preview returns a page of the deliveries that a push would make if it were made now, without
// making any: those after the account named after, at most n (at most 1,000), in the order of
// their accounts. Reach is what is known of them now; MidStep is left to the caller. Who was told
// the same purpose before is among them. Only whole communities and lists of accounts can be looked at.
func (db *DB) Preview(ctx context.Context, p civic.Push, to civic.Audience, after civic.Account, n int) ([]civic.Delivery, error) {
	if to.Need != 0 {
		return nil, errors.New("preview push: audience of a need")
	}
	now := db.clock.Now()
	var names []string
	n = min(n, claimMost)
	if to.Community != 0 {
		err := db.r.WithContext(ctx).Raw("SELECT openid FROM accounts WHERE community_id = ? AND openid > ? AND community_ms <= ? ORDER BY openid LIMIT ?",
			int64(to.Community), string(after), ms(now), n).Scan(&names).Error
		if err != nil {
			return nil, fmt.Errorf("preview push: %w", clean(err))
		}
	} else {
		names = listed(to.Accounts, after, n)
	}
	if len(names) == 0 {
		return nil, nil
	}
	accounts, people := make([]civic.Account, 0, len(names)), make([]string, 0, len(names))
	for _, name := range names {
		accounts = append(accounts, civic.Account(name))
		people = append(people, string(civic.RecipientOf(civic.Account(name))))
	}
	reach, err := db.Reach(ctx, accounts)
	if err != nil {
		return nil, fmt.Errorf("preview push: %w", err)
	}
	off, err := db.optedOut(ctx, accounts)
	if err != nil {
		return nil, fmt.Errorf("preview push: %w", err)
	}
	week, err := db.thisWeek(ctx, people, now)
	if err != nil {
		return nil, fmt.Errorf("preview push: %w", err)
	}
	all := make([]civic.Delivery, 0, len(names))
	for i, a := range accounts {
		d := civic.Delivery{
			Push: p.ID, Purpose: p.Purpose, Person: civic.Recipient(people[i]), Account: a, Kind: p.Kind, Args: p.Args,
			Topic: p.Topic, Urgent: p.Urgent != "", Expires: p.ExpiresAt, Reach: reach[a],
		}
		d.Reach.OptedOut = p.Topic != "" && off[optoutRow{Account: string(a), Topic: string(p.Topic)}]
		d.Reach.ThisWeek = week[people[i]]
		all = append(all, d)
	}
	return all, nil
}

// listed is a page of a list of accounts, each once.
func listed(accounts []civic.Account, after civic.Account, n int) []string {
	names := make([]string, 0, len(accounts))
	for _, a := range accounts {
		if a > after {
			names = append(names, string(a))
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return names[:min(n, len(names))]
}

// Pushes lists what was made last, the newest first; community 0 means all of them.
func (db *DB) Pushes(ctx context.Context, community civic.CommunityID, limit int) ([]civic.Push, error) {
	var rows []pushRow
	q := db.r.WithContext(ctx)
	if community != 0 {
		q = q.Where("community_id = ?", int64(community))
	}
	if err := q.Order("made_ms DESC, id").Limit(limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list pushes: %w", clean(err))
	}
	all := make([]civic.Push, 0, len(rows))
	for _, r := range rows {
		all = append(all, r.push())
	}
	return all, nil
}

// Push finds a push by its caller's id. ErrNoPush if there is none.
func (db *DB) Push(ctx context.Context, id string) (civic.Push, error) {
	row, found, err := (&batch{db: db, tx: db.r.WithContext(ctx)}).pushOf(id)
	switch {
	case err != nil:
		return civic.Push{}, err
	case !found:
		return civic.Push{}, fmt.Errorf("find push: %w", ErrNoPush)
	}
	return row.push(), nil
}

package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"yishi/flows/civic"
)

// window is how long the platform lets customer messages through after a person's message.
const window = 48 * time.Hour

// opened says, in an upsert of accounts, that the platform counts customer messages anew: by
// a message always, by an event only when no message's window is open.
func (d dialect) opened() string {
	return fmt.Sprintf("%s > accounts.last_message_ms OR (%s > accounts.last_event_ms AND %s > accounts.last_message_ms + %d)",
		d.incoming("last_message_ms"), d.incoming("last_event_ms"), d.incoming("last_event_ms"), window.Milliseconds())
}

// Reach reads by which routes accounts can be reached now, for all of them at once. Accounts
// never seen are missing. OptedOut, ThisWeek and MidStep are not of the account alone and
// left unset.
func (db *DB) Reach(ctx context.Context, accounts []civic.Account) (map[civic.Account]civic.Reach, error) {
	all := make(map[civic.Account]civic.Reach, len(accounts))
	for some := range slices.Chunk(accounts, claimMost) {
		var rows []accountRow
		err := db.r.WithContext(ctx).Raw("SELECT openid, following, last_message_ms, last_event_ms, sent_in_window FROM accounts WHERE openid IN ?", some).Scan(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("read reach: %w", clean(err))
		}
		for _, r := range rows {
			all[civic.Account(r.Openid)] = civic.Reach{
				Following: r.Following, LastMessageAt: at(r.LastMessageMS), LastEventAt: at(r.LastEventMS), SentInWindow: r.SentInWindow,
			}
		}
		var consents []consentRow
		err = db.r.WithContext(ctx).Raw("SELECT account, template, left_n FROM consents WHERE account IN ? AND left_n > 0", some).Scan(&consents).Error
		if err != nil {
			return nil, fmt.Errorf("read consents: %w", clean(err))
		}
		for _, c := range consents {
			r := all[civic.Account(c.Account)]
			if r.Consents == nil {
				r.Consents = map[string]int{}
			}
			r.Consents[c.Template] = c.LeftN
			all[civic.Account(c.Account)] = r
		}
	}
	return all, nil
}

// thisWeek counts, of each person, what was sent in the last seven days and was not urgent.
func (db *DB) thisWeek(ctx context.Context, people []string, now time.Time) (map[string]int, error) {
	var rows []struct {
		Person string
		N      int
	}
	err := db.r.WithContext(ctx).Raw("SELECT person, COUNT(*) AS n FROM deliveries WHERE person IN ? AND state IN ? AND calm = 1 AND at_ms > ? GROUP BY person",
		people, []int{stateCodes[civic.Sent], stateCodes[civic.Unknown]}, ms(now.AddDate(0, 0, -7))).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count the week's pushes: %w", clean(err))
	}
	all := make(map[string]int, len(rows))
	for _, r := range rows {
		all[r.Person] = r.N
	}
	return all, nil
}

// use is what outcomes have taken from the accounts' windows and consents.
type use struct {
	customers []string // accounts, one each message
	consents  []consentRow
}

// note counts an outcome of a row that was under lease: what may have arrived has taken its
// part, and a row settled once more has done so already.
func (u *use) note(row deliveryRow, o civic.Outcome) {
	if row.State != stateCodes[civic.Sending] || o.State != civic.Sent && o.State != civic.Unknown {
		return
	}
	switch {
	case o.Route == civic.ByCustomer:
		u.customers = append(u.customers, row.Account)
	case o.Route == civic.ByNotice && o.Notice != "":
		u.consents = append(u.consents, consentRow{Account: row.Account, Template: o.Notice, LeftN: -1})
	}
}

// settleUse writes it. Of several messages to one account in a batch each is counted.
func (b *batch) settleUse(u use) error {
	slices.Sort(u.customers)
	for len(u.customers) > 0 {
		once := slices.Compact(slices.Clone(u.customers))
		if err := b.tx.Exec("UPDATE accounts SET sent_in_window = sent_in_window + 1 WHERE openid IN ?", once).Error; err != nil {
			return fmt.Errorf("count customer messages: %w", clean(err))
		}
		u.customers = again(u.customers)
	}
	slices.SortFunc(u.consents, func(x, y consentRow) int {
		return cmp.Or(cmp.Compare(x.Account, y.Account), cmp.Compare(x.Template, y.Template))
	})
	for _, c := range u.consents {
		if err := b.addConsent(c.Account, c.Template, c.LeftN); err != nil {
			return err
		}
	}
	return nil
}

// again keeps, of sorted names, those that repeat the one before.
func again(names []string) []string {
	var more []string
	for i := 1; i < len(names); i++ {
		if names[i] == names[i-1] {
			more = append(more, names[i])
		}
	}
	return more
}

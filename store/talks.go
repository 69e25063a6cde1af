package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"yishi/flows/civic"
)

// Talks looks up conversations with the staff.
type Talks struct{ db *DB }

// Talks returns the look-ups of talks.
func (db *DB) Talks() *Talks { return &Talks{db} }

// Reachable says whether somebody of the staff can answer residents of a community.
func (s *Talks) Reachable(ctx context.Context, c civic.CommunityID) (bool, error) {
	all, err := colleagues(s.db.r.WithContext(ctx), int64(c))
	return len(all) > 0, err
}

// Own returns the account's own open talk; false if there is none.
func (s *Talks) Own(ctx context.Context, a civic.Account) (civic.Talk, bool, error) {
	tx := s.db.r.WithContext(ctx)
	k, ok, err := oneTalk(tx, "live = ?", string(a))
	if err != nil || !ok {
		return civic.Talk{}, false, err
	}
	talk := k.talk()
	if talk.State == civic.TalkWaiting {
		talk.Ahead, err = ahead(tx, &k)
	}
	return talk, true, err
}

func (k *talkRow) talk() civic.Talk {
	return civic.Talk{
		ID: k.id(), Community: civic.CommunityID(k.CommunityID), Number: k.Number, State: k.state(), Unread: k.Unread, Seq: k.Seq,
		OpenedAt: at(k.QueuedMS), WaitsFrom: at(k.WaitsMS), Late: k.late(),
	}
}

// deskMost bounds the talks that a member of staff is shown.
const deskMost = 50

// Desk lists the talks that the account may see as staff: its own, then those that wait too long
// with others, then the queue, the oldest first. It is empty for who may not talk.
func (s *Talks) Desk(ctx context.Context, a civic.Account) ([]civic.Talk, error) {
	tx := s.db.r.WithContext(ctx)
	staff, communities, err := s.seat(ctx, a)
	if err != nil || len(communities) == 0 {
		return nil, err
	}
	var rows []talkRow
	err = tx.Raw("SELECT * FROM talks WHERE community_id IN ? AND (state = ? OR state = ? AND (staff_id = ? OR level > 0 AND waits_ms > 0)) ORDER BY queued_ms, id LIMIT ?",
		communities, int(civic.TalkWaiting), int(civic.TalkTaken), staff, deskMost).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read desk: %w", clean(err))
	}
	out, err := s.dress(ctx, rows, staff)
	slices.SortStableFunc(out, func(x, y civic.Talk) int { return cmp.Compare(rank(x), rank(y)) })
	return out, err
}

// rank orders a desk: one's own, those of others that wait too long, the queue.
func rank(t civic.Talk) int {
	switch {
	case t.Mine:
		return 0
	case t.State == civic.TalkTaken:
		return 1
	}
	return 2
}

// seat is who the account is among the staff and the communities whose talks it may see.
func (s *Talks) seat(ctx context.Context, a civic.Account) (staff int64, communities []int64, err error) {
	grants, err := grantsOf(s.db.r.WithContext(ctx), a, "")
	for _, g := range grants {
		if civic.May(g.Role, civic.ActRelay) && g.Community != 0 {
			staff = int64(g.Staff)
			communities = append(communities, int64(g.Community))
		}
	}
	return staff, communities, err
}

// dress adds to talks what staff see of them.
func (s *Talks) dress(ctx context.Context, rows []talkRow, staff int64) ([]civic.Talk, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	tx := s.db.r.WithContext(ctx)
	v, err := s.db.vault(ctx)
	if err != nil {
		return nil, err
	}
	who, err := whoOf(tx, v, rows)
	if err != nil {
		return nil, err
	}
	var ids []int64
	var accounts []string
	for _, k := range rows {
		ids, accounts = append(ids, k.ID), append(accounts, k.Account)
	}
	var ends []talkEndRow
	var people []accountRow
	if err = tx.Raw("SELECT * FROM talk_ends WHERE talk_id IN ? AND staff_id = ?", ids, staff).Scan(&ends).Error; err == nil {
		err = tx.Raw("SELECT openid, following FROM accounts WHERE openid IN ?", accounts).Scan(&people).Error
	}
	if err != nil {
		return nil, fmt.Errorf("read desk: %w", clean(err))
	}
	var out []civic.Talk
	for i := range rows {
		t := rows[i].talk()
		t.Who, t.Mine = who[rows[i].ID], rows[i].heldBy(staff)
		if j := slices.IndexFunc(ends, func(e talkEndRow) bool { return e.TalkID == rows[i].ID }); j >= 0 {
			t.CameAt = at(ends[j].ToldMS)
		}
		t.Following = slices.ContainsFunc(people, func(p accountRow) bool { return p.Openid == rows[i].Account && p.Following })
		out = append(out, t)
	}
	return out, nil
}

// Numbered returns a talk that the account may see as staff by its number, open or closed lately;
// of several communities the one where it is theirs, or open.
func (s *Talks) Numbered(ctx context.Context, a civic.Account, number int) (civic.Talk, bool, error) {
	staff, communities, err := s.seat(ctx, a)
	if err != nil || len(communities) == 0 {
		return civic.Talk{}, false, err
	}
	var rows []talkRow
	err = s.db.r.WithContext(ctx).Raw("SELECT * FROM talks WHERE community_id IN ? AND number = ? AND (closed_ms = 0 OR closed_ms > ?)",
		communities, number, ms(s.db.clock.Now().Add(-civic.TalkReopens))).Scan(&rows).Error
	if err != nil {
		return civic.Talk{}, false, fmt.Errorf("read talk: %w", clean(err))
	}
	out, err := s.dress(ctx, rows, staff)
	if err != nil || len(out) == 0 {
		return civic.Talk{}, false, err
	}
	slices.SortStableFunc(out, func(x, y civic.Talk) int {
		if x.Mine != y.Mine {
			if x.Mine {
				return -1
			}
			return 1
		}
		return int(x.State - y.State)
	})
	return out[0], true, nil
}

// Lines returns the last lines of a talk that the account may see as staff, at most so many, in
// order; none for others.
func (s *Talks) Lines(ctx context.Context, a civic.Account, talk civic.TalkID, limit int) ([]civic.TalkLine, error) {
	_, communities, err := s.seat(ctx, a)
	if err != nil || len(communities) == 0 {
		return nil, err
	}
	tx := s.db.r.WithContext(ctx)
	k, ok, err := oneTalk(tx, "id = ? AND community_id IN ?", int64(talk), communities)
	if err != nil || !ok {
		return nil, err
	}
	v, err := s.db.vault(ctx)
	if err != nil {
		return nil, err
	}
	var rows []talkLineRow
	err = tx.Raw("SELECT * FROM talk_lines WHERE talk_id = ? AND side IN ? ORDER BY seq DESC LIMIT ?", k.ID, []int{sideResident, sideStaff}, limit).Scan(&rows).Error
	var ends []talkEndRow
	if err == nil {
		err = tx.Raw("SELECT * FROM talk_ends WHERE talk_id = ? AND staff_id = 0", k.ID).Scan(&ends).Error
	}
	if err != nil {
		return nil, fmt.Errorf("read lines: %w", clean(err))
	}
	slices.Reverse(rows)
	lines, err := openLines(v, rows)
	if err != nil {
		return nil, err
	}
	var out []civic.TalkLine
	for _, l := range lines {
		still := l.Side == sideStaff && len(ends) > 0 && placeOf(l.Seq) > ends[0].reached()
		out = append(out, civic.TalkLine{
			Line: civic.Line{Kind: civic.LineKind(l.Kind), Text: l.text, Media: l.Media}, Seq: l.Seq, Role: civic.Role(l.Role), At: at(l.AtMS), Still: still,
		})
	}
	return out, nil
}

// reached is the place up to which an end was told, or may have been.
func (e talkEndRow) reached() int {
	if e.Boxed > 0 {
		return min(e.Told, e.Boxed-1)
	}
	return e.Told
}

// Colleagues lists the others who may talk with residents of a community, with their names, for
// one who may.
func (s *Talks) Colleagues(ctx context.Context, a civic.Account, c civic.CommunityID) ([]civic.Colleague, error) {
	staff, communities, err := s.seat(ctx, a)
	if err != nil || !slices.Contains(communities, int64(c)) {
		return nil, err
	}
	tx := s.db.r.WithContext(ctx)
	all, err := colleagues(tx, int64(c))
	if err != nil {
		return nil, err
	}
	v, err := s.db.vault(ctx)
	if err != nil {
		return nil, err
	}
	var out []civic.Colleague
	for _, one := range all {
		if int64(one.Staff) == staff || slices.ContainsFunc(out, func(o civic.Colleague) bool { return o.Staff == one.Staff }) {
			continue
		}
		var row staffRow
		if err := tx.Raw("SELECT * FROM staff WHERE id = ?", int64(one.Staff)).Scan(&row).Error; err != nil {
			return nil, fmt.Errorf("read names: %w", clean(err))
		}
		if one.Name, err = v.Open(row.Name, "staff.name", int64(one.Staff)); err != nil {
			return nil, fmt.Errorf("open name: %w", err)
		}
		out = append(out, one)
	}
	return out, nil
}

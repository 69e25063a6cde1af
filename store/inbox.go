package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"yishi/flows/civic"
)

// Inbox returns a page of what waits for the account's person 站内, how many items there are
// and how many of them are unread. Unread ones come first, in the order they came, then those
// read, the newest first.
func (db *DB) Inbox(ctx context.Context, a civic.Account, offset, limit int) (items []civic.InboxItem, total, unread int, err error) {
	who, state := string(civic.PersonOf(a)), stateCodes[civic.Inbox]
	var n struct{ Total, Unread int }
	err = db.r.WithContext(ctx).Raw("SELECT COUNT(*) AS total, COALESCE(SUM(CASE WHEN read_ms = 0 THEN 1 ELSE 0 END), 0) AS unread FROM deliveries WHERE person = ? AND state = ?",
		who, state).Scan(&n).Error
	if err != nil {
		return nil, 0, 0, fmt.Errorf("count inbox: %w", clean(err))
	}
	if n.Total == 0 || limit <= 0 {
		return nil, n.Total, n.Unread, nil
	}
	var rows []struct {
		ID         int64
		Kind, Args string
		AtMS       int64 `gorm:"column:at_ms"`
		ReadMS     int64 `gorm:"column:read_ms"`
	}
	err = db.r.WithContext(ctx).Raw("SELECT d.id, p.kind, p.args, d.at_ms AS at_ms, d.read_ms AS read_ms FROM deliveries d JOIN pushes p ON p.id = d.push_id WHERE d.person = ? AND d.state = ? "+
		"ORDER BY CASE WHEN d.read_ms = 0 THEN 0 ELSE 1 END, CASE WHEN d.read_ms = 0 THEN d.at_ms ELSE -d.at_ms END, CASE WHEN d.read_ms = 0 THEN d.id ELSE -d.id END LIMIT ? OFFSET ?",
		who, state, limit, max(0, offset)).Scan(&rows).Error
	if err != nil {
		return nil, 0, 0, fmt.Errorf("read inbox: %w", clean(err))
	}
	for _, r := range rows {
		items = append(items, civic.InboxItem{ID: r.ID, Kind: r.Kind, Args: json.RawMessage(r.Args), At: at(r.AtMS), Read: r.ReadMS != 0})
	}
	return items, n.Total, n.Unread, nil
}

// readMost is how many items a turn marks as read.
const readMost = 200

// planRead marks the account's inbox items as read.
func (t *turn) planRead(e civic.ReadInbox) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	if len(e.IDs) > readMost {
		return errors.New("read inbox: more than 200 items")
	}
	if len(e.IDs) == 0 {
		return nil
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, _ *turn) error {
		err := b.tx.Exec("UPDATE deliveries SET read_ms = ? WHERE id IN ? AND person = ? AND state = ? AND read_ms = 0",
			ms(b.now), e.IDs, string(civic.PersonOf(e.Account)), stateCodes[civic.Inbox]).Error
		if err != nil {
			return fmt.Errorf("read inbox: %w", clean(err))
		}
		return nil
	}})
	return nil
}

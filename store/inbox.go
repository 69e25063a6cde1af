package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"yishi/flows/civic"
)

// What can be read in the inbox 站内: what could not be pushed, and what still waits in the queue
// and surely has not been sent, under a lease or not. Unread items are left out once they are of
// no use, and while their person does not want to hear of their topic.
const (
	untold   = "d.state IN (1, 2) AND d.calling = 0 AND d.first_ms = 0"
	notTalk  = " AND p.kind NOT IN ('relay', 'relay-call')" // which words a relay carries is fixed when it is sent
	readable = " FROM deliveries d JOIN pushes p ON p.id = d.push_id WHERE d.person = ? AND (d.state = ? OR " + untold + notTalk + ") AND (d.read_ms > 0 OR " +
		"(p.expires_ms = 0 OR p.expires_ms > ?) AND NOT EXISTS (SELECT 1 FROM optouts o WHERE o.account = d.account AND o.topic = p.topic))"
	inboxColumns = "SELECT d.id, p.kind, p.args, p.id AS push_id, p.push, p.due_ms AS at_ms, d.read_ms, COUNT(*) OVER () AS total, SUM(CASE WHEN d.read_ms = 0 THEN 1 ELSE 0 END) OVER () AS unread"
)

// inboxItemRow is an item with the counts of all that the query found.
type inboxItemRow struct {
	ID            int64
	Kind, Args    string
	PushID        int64
	Push          string
	AtMS          int64 `gorm:"column:at_ms"`
	ReadMS        int64 `gorm:"column:read_ms"`
	Total, Unread int
}

func (r inboxItemRow) item() civic.InboxItem {
	return civic.InboxItem{ID: r.ID, Kind: r.Kind, Args: json.RawMessage(r.Args), At: at(r.AtMS), Read: r.ReadMS != 0}
}

// readInbox runs one query over what the account's person can read; rest follows its conditions.
func (db *DB) readInbox(ctx context.Context, a civic.Account, rest string, args ...any) ([]inboxItemRow, error) {
	var rows []inboxItemRow
	all := append([]any{string(civic.RecipientOf(a)), stateCodes[civic.Inbox], ms(db.clock.Now())}, args...)
	if err := db.r.WithContext(ctx).Raw(inboxColumns+readable+rest, all...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read inbox: %w", clean(err))
	}
	for i, r := range rows {
		if !isTalk(r.Kind) {
			continue
		}
		f, err := db.fillOne(ctx, &pushRow{ID: r.PushID, Push: r.Push, Kind: r.Kind, Args: r.Args}, civic.Reach{})
		if err != nil {
			return nil, err
		}
		d := civic.Delivery{Kind: r.Kind}
		f.complete(&d, db.clock.Now())
		rows[i].Args = string(d.Args)
	}
	return rows, nil
}

// Inbox returns a page of what the account's person can read, how many items there are and how
// many of them are unread. Unread ones come first, in the order they came, then those read, the
// newest first. What waits in the queue is among the unread ones.
func (db *DB) Inbox(ctx context.Context, a civic.Account, offset, limit int) (items []civic.InboxItem, total, unread int, err error) {
	const order = " ORDER BY CASE WHEN d.read_ms = 0 THEN 0 ELSE 1 END, CASE WHEN d.read_ms = 0 THEN p.due_ms ELSE -p.due_ms END, CASE WHEN d.read_ms = 0 THEN d.id ELSE -d.id END LIMIT ? OFFSET ?"
	rows, err := db.readInbox(ctx, a, order, max(1, limit), max(0, offset))
	if err == nil && len(rows) == 0 && offset > 0 { // the counts are wanted all the same
		limit = 0
		rows, err = db.readInbox(ctx, a, order, 1, 0)
	}
	if err != nil || len(rows) == 0 {
		return nil, 0, 0, err
	}
	for _, r := range rows[:max(0, min(limit, len(rows)))] {
		items = append(items, r.item())
	}
	return items, rows[0].Total, rows[0].Unread, nil
}

// Unread returns the newest unread items, at most limit (at least 1) of them in the order they
// came, and how many there are in all.
func (db *DB) Unread(ctx context.Context, a civic.Account, limit int) (newest []civic.InboxItem, unread int, err error) {
	rows, err := db.readInbox(ctx, a, " AND d.read_ms = 0 ORDER BY p.due_ms DESC, d.id DESC LIMIT ?", max(1, limit))
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	newest = make([]civic.InboxItem, len(rows))
	for i, r := range rows {
		newest[len(rows)-1-i] = r.item()
	}
	return newest, rows[0].Total, nil
}

// InboxItem returns one item; false where there is none of that id that the account can read,
// such as one that has been sent meanwhile.
func (db *DB) InboxItem(ctx context.Context, a civic.Account, id int64) (civic.InboxItem, bool, error) {
	rows, err := db.readInbox(ctx, a, " AND d.id = ?", id)
	if err != nil || len(rows) == 0 {
		return civic.InboxItem{}, false, err
	}
	return rows[0].item(), true, nil
}

// readMost is how many items a turn marks as read.
const readMost = 200

// planRead marks the account's inbox items as read. What still waits leaves the queue with the
// same commit, so that nobody is told it once more; a worker that holds it and has not called
// learns so by Calling.
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
		who, now, inbox := string(civic.RecipientOf(e.Account)), ms(b.now), stateCodes[civic.Inbox]
		err := b.tx.Exec("UPDATE deliveries AS d SET state = ?, route = ?, read_ms = ?, at_ms = ?, owner_key = 0, reason = '' WHERE d.id IN ? AND d.person = ? AND "+untold,
			inbox, routeCodes[civic.ByInbox], now, now, e.IDs, who).Error
		if err == nil {
			err = b.tx.Exec("UPDATE deliveries SET read_ms = ? WHERE id IN ? AND person = ? AND state = ? AND read_ms = 0", now, e.IDs, who, inbox).Error
		}
		if err != nil {
			return fmt.Errorf("read inbox: %w", clean(err))
		}
		return b.readTalks(e.IDs, who)
	}})
	return nil
}

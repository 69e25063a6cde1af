package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// cancelled is the reason of those who were not told because staff thought better of it.
const cancelled = "cancelled"

// CancelPush stops a push: whoever waits is skipped, and says how many. What is under way, was
// sent, or may have been stays as it is. ErrNoPush if there is none.
func (db *DB) CancelPush(ctx context.Context, push string) (int, error) {
	total, err := 0, error(nil)
	// From now on nobody claims any of it to send it: the ladder finds it of no use.
	err = db.retried(ctx, func(tx *gorm.DB) error {
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		p, found, err := b.pushOf(push)
		if err == nil && !found {
			err = ErrNoPush
		}
		if err != nil {
			return err
		}
		return tx.Exec("UPDATE pushes SET expires_ms = ? WHERE id = ? AND (expires_ms = 0 OR expires_ms > ?)", ms(b.now), p.ID, ms(b.now)).Error
	})
	for more := true; more && err == nil; {
		n := 0
		err = db.retried(ctx, func(tx *gorm.DB) error {
			var err error
			n, more, err = (&batch{db: db, tx: tx, now: db.clock.Now()}).cancelSome(push)
			return err
		})
		total += n
	}
	if err != nil {
		return total, fmt.Errorf("cancel push: %w", err)
	}
	return total, nil
}

// cancelSome expands a part of what is not expanded yet, as the audience is to add up, and skips
// a part of what waits. What may have arrived is unknown, as it is when a delivery ends so.
func (b *batch) cancelSome(push string) (n int, more bool, err error) {
	var rows []pushRow
	if err := b.tx.Raw("SELECT * FROM pushes WHERE push = ?"+b.db.dia.forUpdate(), push).Scan(&rows).Error; err != nil || len(rows) == 0 {
		return 0, false, clean(err)
	}
	p := rows[0]
	if !p.Expanded {
		more = true
		if err := b.walk(p); err != nil {
			return 0, false, err
		}
	}
	var ids []int64
	err = b.tx.Raw("SELECT id FROM deliveries WHERE push_id = ? AND state = 1 ORDER BY id LIMIT ?"+b.db.dia.forUpdate(), p.ID, claimMost).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return 0, more, clean(err)
	}
	err = b.tx.Exec("UPDATE deliveries SET state = CASE WHEN first_ms <> 0 THEN ? ELSE ? END, reason = ?, at_ms = ?, owner_key = 0, calling = 0 WHERE id IN ?",
		stateCodes[civic.Unknown], stateCodes[civic.Skipped], cancelled, ms(b.now), ids).Error
	return len(ids), more || len(ids) == claimMost, clean(err)
}

// walk makes the deliveries of the next people of a push, or ends its expansion.
func (b *batch) walk(p pushRow) error {
	var names []string
	var err error
	if p.MembersOf != 0 {
		names, err = b.members(p.MembersOf, p.MadeMS, p.WalkedTo, walkMost)
	} else {
		err = clean(b.tx.Raw("SELECT account FROM audiences WHERE push_id = ? AND account > ? ORDER BY account LIMIT ?", p.ID, p.WalkedTo, walkMost).Scan(&names).Error)
	}
	switch {
	case err != nil:
		return err
	case len(names) == 0:
		return b.expanded(p)
	}
	if err := b.deliver(p, names); err != nil {
		return err
	}
	return clean(b.tx.Exec("UPDATE pushes SET walked = walked + ?, walked_to = ? WHERE id = ?", len(names), names[len(names)-1], p.ID).Error)
}

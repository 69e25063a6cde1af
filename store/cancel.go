package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// cancelled is the reason of those who were not told because staff thought better of it.
const cancelled = "cancelled"

// expandAtOnce is how many people are looked at between two looks at who waits.
const expandAtOnce = 10_000

// CancelPush stops a push and says for how many: whoever waits is skipped. What is under way, was
// sent, or may have been, stays as it is. ErrNoPush if there is none.
func (db *DB) CancelPush(ctx context.Context, push string) (int, error) {
	total := 0
	id, err := db.expire(ctx, push)
	for more := true; more && err == nil; {
		// The audience is to add up, so that who was not looked at yet is written down first.
		if more, err = db.unexpanded(ctx, id); more && err == nil {
			_, err = db.Expand(ctx, expandAtOnce)
		}
		for some := true; some && err == nil; {
			n := 0
			n, err = db.skipWaiting(ctx, id)
			total, some = total+n, n > 0
		}
	}
	if err != nil {
		return total, fmt.Errorf("cancel push: %w", err)
	}
	return total, nil
}

// expire makes a push useless from now on: nobody who is claimed later is told of it.
func (db *DB) expire(ctx context.Context, push string) (id int64, err error) {
	err = db.retried(ctx, func(tx *gorm.DB) error {
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		p, found, err := b.pushOf(push)
		if err == nil && !found {
			err = ErrNoPush
		}
		if err != nil {
			return err
		}
		id = p.ID
		return tx.Exec("UPDATE pushes SET due_ms = CASE WHEN due_ms > ? THEN ? ELSE due_ms END, expires_ms = CASE WHEN expires_ms = 0 OR expires_ms > ? THEN ? ELSE expires_ms END WHERE id = ?",
			ms(b.now), ms(b.now), ms(b.now), ms(b.now), id).Error
	})
	return id, err
}

func (db *DB) unexpanded(ctx context.Context, id int64) (bool, error) {
	var n int
	err := db.w.WithContext(ctx).Raw("SELECT COUNT(*) FROM pushes WHERE id = ? AND expanded = 0", id).Scan(&n).Error
	return n > 0, clean(err)
}

// skipWaiting skips a part of those who wait and says how many. What may have arrived by an
// earlier call is unknown.
func (db *DB) skipWaiting(ctx context.Context, id int64) (int, error) {
	var ids []int64
	err := db.retried(ctx, func(tx *gorm.DB) error {
		ids = nil
		err := tx.Raw("SELECT id FROM deliveries WHERE push_id = ? AND state = 1 ORDER BY id LIMIT ?"+db.dia.forUpdate(), id, claimMost).Scan(&ids).Error
		if err != nil || len(ids) == 0 {
			return err
		}
		return tx.Exec("UPDATE deliveries SET state = CASE WHEN first_ms <> 0 THEN ? ELSE ? END, reason = ?, at_ms = ?, owner_key = 0, calling = 0 WHERE id IN ?",
			stateCodes[civic.Unknown], stateCodes[civic.Skipped], cancelled, ms(db.clock.Now()), ids).Error
	})
	return len(ids), err
}

package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// ArmTimerOnce sets a timer unless there is one of that ID: it stays as it is then, also while it
// is due. Programs that start arm their daily timers so.
func (db *DB) ArmTimerOnce(ctx context.Context, t civic.Timer) error {
	if err := checkTimer(t); err != nil {
		return err
	}
	err := db.retried(ctx, func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO timers (id, rev, kind, args, due_ms, every_ms, account, next_ms, owner_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)"+
			db.dia.conflict("id")+"id = timers.id",
			t.ID, t.Rev, t.Kind, string(t.Args), ms(t.DueAt), t.Every.Milliseconds(), string(t.Account), ms(t.DueAt)).Error
	})
	if err != nil {
		return fmt.Errorf("arm timer: %w", err)
	}
	return nil
}

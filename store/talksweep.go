package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// sweepMost is how many talks one transaction forgets.
const sweepMost = 200

// SweepTalks forgets what was said in talks that ended long ago, and who said it; how many lines
// there were, and whether it helped, is kept. It says how many talks it went through.
func (db *DB) SweepTalks(ctx context.Context) (int, error) {
	total, before := 0, ms(db.clock.Now().Add(-civic.RetainTalks))
	for {
		var ids []int64
		err := db.retried(ctx, func(tx *gorm.DB) error {
			ids = nil
			err := tx.Raw("SELECT id FROM talks WHERE state = ? AND closed_ms < ? AND account <> '' ORDER BY closed_ms LIMIT ?"+db.dia.skipLocked(),
				int(civic.TalkClosed), before, sweepMost).Scan(&ids).Error
			if err != nil || len(ids) == 0 {
				return err
			}
			return emptyTalks(tx, ids)
		})
		total += len(ids)
		if err != nil {
			return total, fmt.Errorf("sweep talks: %w", err)
		}
		if len(ids) < sweepMost {
			return total, nil
		}
	}
}

// emptyTalks deletes what was said in closed talks, and who said it.
func emptyTalks(tx *gorm.DB, ids []int64) error {
	for _, sql := range []string{
		"DELETE FROM talk_lines WHERE talk_id IN ?", "DELETE FROM talk_ends WHERE talk_id IN ?",
		"UPDATE talks SET account = '', person_id = 0, estate_id = 0 WHERE id IN ?",
	} {
		if err := tx.Exec(sql, ids).Error; err != nil {
			return err
		}
	}
	return nil
}

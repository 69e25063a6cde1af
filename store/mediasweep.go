package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// looseBatch is how many photos and voices are forgotten at a time. A draft may still take its photos
// for thirty days; one that is taken up again and again lives longer, and does without.
const looseBatch = 200

// SweepMedia forgets photos and voices that became part of no need within sixty days: their
// drafts were cancelled, expired or lost. It calls forget for each blob before the row goes, so
// that none is left behind when it fails or the program ends: the next sweep asks again, and to
// forget a blob twice must be harmless. It returns how many rows went, some hundreds at most:
// call it until it returns none. Replicas may sweep at once.
func (db *DB) SweepMedia(ctx context.Context, forget func(ctx context.Context, blobKey string) error) (int, error) {
	before := ms(db.clock.Now().Add(-civic.RetainLoose))
	err := db.retried(ctx, func(tx *gorm.DB) error {
		var ids []int64
		err := tx.Model(&mediaRow{}).Where("need_id IS NULL AND state IN ? AND created_ms < ?", []string{mediaKept, mediaFailed}, before).
			Limit(looseBatch).Pluck("id", &ids).Error
		if err != nil || len(ids) == 0 {
			return err
		}
		// One that a need has just taken is left to it.
		return tx.Model(&mediaRow{}).Where("id IN ? AND need_id IS NULL", ids).UpdateColumn("state", mediaLoose).Error
	})
	if err != nil {
		return 0, fmt.Errorf("mark loose media: %w", err)
	}
	var rows []mediaRow
	if err := db.w.WithContext(ctx).Where("state = ?", mediaLoose).Limit(looseBatch).Find(&rows).Error; err != nil {
		return 0, fmt.Errorf("read loose media: %w", clean(err))
	}
	var gone []int64
	for _, r := range rows {
		if r.BlobKey != "" {
			if err = forget(ctx, r.BlobKey); err != nil {
				err = fmt.Errorf("forget blob: %w", err)
				break
			}
		}
		gone = append(gone, r.ID)
	}
	if len(gone) > 0 {
		if e := db.w.WithContext(ctx).Where("id IN ? AND state = ?", gone, mediaLoose).Delete(&mediaRow{}).Error; e != nil {
			return 0, fmt.Errorf("delete loose media: %w", clean(e))
		}
	}
	return len(gone), err
}

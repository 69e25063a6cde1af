package store

import (
	"fmt"

	"yishi/flows/civic"
)

// review reads what waits for staff about a locked need; its NeedID is zero where nothing does.
func (b *batch) review(need int64, kind civic.ReviewKind) (reviewRow, error) {
	var row reviewRow
	err := b.tx.Raw("SELECT * FROM reviews WHERE need_id = ? AND kind = ?", need, string(kind)).Scan(&row).Error
	if err != nil {
		return row, fmt.Errorf("read review: %w", clean(err))
	}
	return row, nil
}

// ask has staff look at a locked need, or look again: it keeps its place in the queue.
func (b *batch) ask(row needRow, kind civic.ReviewKind) error {
	have, err := b.review(row.ID, kind)
	if err != nil {
		return err
	}
	now := ms(b.now)
	if have.NeedID != 0 {
		err = b.tx.Exec("UPDATE reviews SET rev_ms = ?, grid_id = ? WHERE need_id = ? AND kind = ?",
			max(now, have.RevMS+1), row.Cycle.GridID, row.ID, string(kind)).Error
	} else {
		err = b.tx.Create(&reviewRow{
			NeedID: row.ID, Kind: string(kind), CommunityID: row.CommunityID, GridID: row.Cycle.GridID, SinceMS: now, RevMS: now,
		}).Error
	}
	if err != nil {
		return fmt.Errorf("ask for review: %w", clean(err))
	}
	return nil
}

// reviewed takes things out of the queue.
func (b *batch) reviewed(need int64, kinds ...civic.ReviewKind) error {
	for _, k := range kinds {
		if err := b.tx.Exec("DELETE FROM reviews WHERE need_id = ? AND kind = ?", need, string(k)).Error; err != nil {
			return fmt.Errorf("end review: %w", clean(err))
		}
	}
	return nil
}

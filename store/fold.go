package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// outcomeRow is how many deliveries of a push ended in one way, of those that are not kept one by one
// any more.
type outcomeRow struct {
	PushID int64  `gorm:"primaryKey;autoIncrement:false"`
	Ended  int    `gorm:"primaryKey;autoIncrement:false"` // as in deliveries
	Reason string `gorm:"primaryKey"`
	N      int
}

// TableName is the plural noun of the migration.
func (outcomeRow) TableName() string { return "outcomes" }

// foldStep is how many deliveries one transaction takes.
const foldStep = 1000

// SweepDeliveries keeps of deliveries that ended more than thirty days ago only how many of a
// push ended in which way, and says how many it removed. Reports stay as they are. What is still
// unread in an inbox stays too; failed ones cannot be sent again any more, and nobody is told of
// the same purpose by another push. No number of a delivery is given again: the platform, receipts and open
// conversations know deliveries by it. Each transaction takes a thousand; once a day is enough.
func (db *DB) SweepDeliveries(ctx context.Context) (int, error) {
	total, before := 0, db.clock.Now().Add(-civic.RetainDeliveries)
	for _, state := range slices.Sorted(maps.Values(stateCodes)) {
		if state == stateCodes[civic.Waiting] || state == stateCodes[civic.Sending] {
			continue
		}
		for calm := range 2 {
			n, err := db.foldSome(ctx, deliveryRow{State: state, Calm: calm}, before)
			total += n
			if err != nil {
				return total, fmt.Errorf("sweep deliveries: %w", err)
			}
		}
	}
	return total, nil
}

// foldSome folds what is like a row, in the order in which they ended. Another replica may do so
// at the same time.
func (db *DB) foldSome(ctx context.Context, like deliveryRow, before time.Time) (total int, err error) {
	newest := ""
	if db.dia.name == inSQLite { // it gives the newest row's number to the next, once that row is gone
		newest = " AND id <> (SELECT MAX(id) FROM deliveries)"
	}
	for {
		var rows []deliveryRow
		var folded int
		err := db.retried(ctx, func(tx *gorm.DB) error {
			rows = nil
			err := tx.Raw("SELECT id, push_id, ended, reason, at_ms, read_ms FROM deliveries"+db.dia.force("deliveries_queue")+
				" WHERE state = ? AND calm = ? AND (at_ms = ? AND id > ? OR at_ms > ? AND at_ms < ?)"+newest+" ORDER BY at_ms, id LIMIT ?"+db.dia.skipLocked(),
				like.State, like.Calm, like.AtMS, like.ID, like.AtMS, ms(before), foldStep).Scan(&rows).Error
			if err != nil || len(rows) == 0 {
				return err
			}
			folded, err = (&batch{db: db, tx: tx}).fold(like.State, rows)
			return err
		})
		if err != nil {
			return total, err
		}
		total += folded
		if len(rows) < foldStep {
			return total, nil
		}
		like.AtMS, like.ID = rows[len(rows)-1].AtMS, rows[len(rows)-1].ID
	}
}

// fold counts rows of one state and removes them, but for those that nobody has read.
func (b *batch) fold(state int, rows []deliveryRow) (int, error) {
	sums := map[outcomeRow]int{}
	var ids, pushes []int64
	for _, r := range rows {
		if state == stateCodes[civic.Inbox] && r.ReadMS == 0 {
			continue
		}
		sums[outcomeRow{PushID: r.PushID, Ended: r.Ended, Reason: r.Reason}]++
		ids, pushes = append(ids, r.ID), append(pushes, r.PushID)
	}
	if len(ids) == 0 {
		return 0, nil
	}
	slices.Sort(pushes)
	args := make([]any, 0, 4*len(sums))
	for _, o := range slices.SortedFunc(maps.Keys(sums), func(x, y outcomeRow) int {
		return cmp.Or(cmp.Compare(x.PushID, y.PushID), x.Ended-y.Ended, cmp.Compare(x.Reason, y.Reason))
	}) {
		args = append(args, o.PushID, o.Ended, o.Reason, sums[o])
	}
	d := b.db.dia
	err := b.tx.Exec("INSERT INTO outcomes (push_id, ended, reason, n) VALUES "+tuples(len(sums), 4)+
		d.conflict("push_id, ended, reason")+"n = outcomes.n + "+d.incoming("n"), args...).Error
	if err != nil {
		return 0, fmt.Errorf("count outcomes: %w", clean(err))
	}
	if err := b.tx.Exec("UPDATE pushes SET folded = 1 WHERE id IN ?", slices.Compact(pushes)).Error; err != nil {
		return 0, fmt.Errorf("mark pushes: %w", clean(err))
	}
	if err := b.tx.Exec("DELETE FROM deliveries WHERE id IN ?", ids).Error; err != nil {
		return 0, fmt.Errorf("remove deliveries: %w", clean(err))
	}
	return len(ids), nil
}

package store

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Merge has one need go on in another as triage does, or with undo parts them again: both are
// locked in the order of their ids, and what goes on is counted anew.
func Merge(ctx context.Context, db *DB, source, target civic.NeedID, undo bool) error {
	return db.retried(ctx, func(tx *gorm.DB) error {
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		for _, id := range []civic.NeedID{min(source, target), max(source, target)} {
			if _, err := b.lockNeed(id); err != nil {
				return err
			}
		}
		state, into := civic.NeedMerged, target
		if undo {
			state, into = civic.NeedRaised, 0
		}
		if err := tx.Exec("UPDATE needs SET state = ?, merged_into = ? WHERE id = ?", string(state), int64(into), int64(source)).Error; err != nil {
			return err
		}
		heads := []civic.NeedID{target}
		if undo {
			heads = append(heads, source)
			slices.Sort(heads)
		}
		for _, id := range heads {
			row, err := b.lockNeed(id)
			if err != nil {
				return err
			}
			if err := b.recount(row); err != nil {
				return err
			}
		}
		return nil
	})
}

// Disown takes an account from its person, as verification does.
func Disown(ctx context.Context, db *DB, a civic.Account) error {
	return db.retried(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("DELETE FROM identities WHERE account = ?", string(a)).Error; err != nil {
			return err
		}
		return (&batch{db: db, tx: tx, now: db.clock.Now()}).disown(nil, a, 0)
	})
}

// Counts are what a need's row says of its endorsers, and how many backers there are.
func Counts(ctx context.Context, db *DB, id civic.NeedID) (heat, others, backers int, err error) {
	var row needRow
	if err := db.r.WithContext(ctx).Where("id = ?", int64(id)).Take(&row).Error; err != nil {
		return 0, 0, 0, err
	}
	err = db.r.WithContext(ctx).Raw("SELECT COUNT(*) FROM backers WHERE need_id = ?", int64(id)).Scan(&backers).Error
	return row.Heat, row.Cycle.Others, backers, err
}

// Town fills a community with n public needs of all kinds, and a tenth of that hidden ones.
func Town(ctx context.Context, db *DB, c civic.CommunityID, n int) error {
	categories := civic.Categories()
	states := []civic.NeedState{civic.NeedRaised, civic.NeedAccepted, civic.NeedHanded, civic.NeedDeclined, civic.NeedMerged, civic.NeedWithdrawn}
	for from := 0; from < n; from += 500 {
		rows := make([]needRow, 0, 500)
		for i := from; i < min(n, from+500); i++ {
			h := 0
			if i%7 == 0 { // most have nobody behind them yet
				h = i % 300
			}
			r := needRow{
				ID: newID(), CommunityID: int64(c), Year: 2020 + i/10_000, Seq: 1 + i%10_000, Account: fmt.Sprintf("author-%d", i%5000),
				Category: string(categories[i%len(categories)]), Text: fmt.Sprintf("小区第%d件事，请社区看一看", i), Place: "北门",
				State: string(states[0]), Released: i%11 != 0, Heat: h, RaisedMS: int64(i), UpdatedMS: int64(i), Urgent: i%13 == 0,
				Cycle: needCycle{EstateID: int64(1 + i%40), WaitingMS: int64(i), MarkedHard: i % 17 / 16, MarkedUrgent: i % 19 / 18},
			}
			if i%5 == 0 {
				r.State = string(states[i/5%len(states)])
			}
			rows = append(rows, r)
		}
		size := len(rows)
		if db.dia.name == inSQLite { // binding is quadratic in the values of a statement
			size = 8
		}
		err := db.w.WithContext(ctx).Transaction(func(tx *gorm.DB) error { return tx.CreateInBatches(&rows, size).Error })
		if err != nil {
			return err
		}
	}
	if db.dia.name == inMySQL {
		return db.w.WithContext(ctx).Exec("ANALYZE TABLE needs").Error
	}
	return db.w.WithContext(ctx).Exec("ANALYZE").Error
}

// ExplainLite asks SQLite how it runs a statement.
func ExplainLite(ctx context.Context, db *DB, sql string) ([]string, error) {
	var rows []struct{ Detail string }
	err := db.r.WithContext(ctx).Raw("EXPLAIN QUERY PLAN " + sql).Scan(&rows).Error
	var out []string
	for _, r := range rows {
		out = append(out, r.Detail)
	}
	return out, err
}

// Dialect names the database's family.
func Dialect(db *DB) string { return db.dia.name }

// ExplainExtra asks MySQL how it runs a statement, with what it says besides.
func ExplainExtra(ctx context.Context, db *DB, sql string, steps any) error {
	return db.r.WithContext(ctx).Raw("EXPLAIN " + sql).Scan(steps).Error
}

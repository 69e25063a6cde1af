package store

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// retainStep is how many rows one statement of a retention sweep reads or deletes, and goneStep how
// many accounts one pass of it forgets.
const (
	retainStep = 2000
	goneStep   = 200
)

// SweepRetained deletes what has been kept as long as civic.Retained says and no other sweep looks
// after: runs, decided claims, settled reports, and all that belongs to accounts that unfollowed long
// ago. It says how many rows and accounts went. Once a day is enough; replicas may sweep at once.
func (db *DB) SweepRetained(ctx context.Context) (int, error) {
	total := 0
	for _, sweep := range []func(context.Context) (int, error){db.sweepClaims, db.sweepReports, db.sweepGone, db.sweepRuns} {
		n, err := sweep(ctx)
		total += n
		if err != nil {
			return total, fmt.Errorf("sweep what was kept long enough: %w", err)
		}
	}
	return total, nil
}

// sweepRuns walks all runs in the order of their keys: an index on their age would cost every turn
// more than this costs each day. When its time ends it is gone on with from there, not from the
// beginning: a large table would never be walked to its end.
func (db *DB) sweepRuns(ctx context.Context) (int, error) {
	db.runsWalked.Lock()
	defer db.runsWalked.Unlock()
	before, total, after := ms(db.clock.Now().Add(-civic.RetainRuns)), 0, &db.runsWalked.to
	for {
		var rows []runRow
		err := db.w.WithContext(ctx).Raw("SELECT run, n, at_ms FROM runs"+db.dia.force("PRIMARY")+" WHERE run > ? OR run = ? AND n > ? ORDER BY run, n LIMIT ?",
			after.Run, after.Run, after.N, retainStep).Scan(&rows).Error
		if err != nil {
			return total, fmt.Errorf("read runs: %w", clean(err))
		}
		var old []string
		for _, r := range rows {
			if r.AtMS < before {
				old = append(old, r.Run)
			}
		}
		if len(old) > 0 {
			gone := db.w.WithContext(ctx).Exec("DELETE FROM runs WHERE run IN ? AND at_ms < ?", old, before)
			if gone.Error != nil {
				return total, fmt.Errorf("delete runs: %w", clean(gone.Error))
			}
			total += int(gone.RowsAffected)
		}
		if len(rows) < retainStep {
			*after = runRow{}
			return total, nil
		}
		*after = rows[len(rows)-1]
	}
}

// runsWalk is how far the runs were walked; its zero value is before the first.
type runsWalk struct {
	sync.Mutex
	to runRow
}

// sweepClaims deletes requests and disputes that were decided long ago.
func (db *DB) sweepClaims(ctx context.Context) (int, error) {
	return sweepKeys(ctx, db, civic.RetainClaims.Milliseconds(),
		"SELECT id FROM claims WHERE decided_ms > 0 AND decided_ms < ? LIMIT ?", "DELETE FROM claims WHERE id IN ?")
}

// sweepReports deletes reports that staff looked at long ago.
func (db *DB) sweepReports(ctx context.Context) (int, error) {
	return sweepKeys(ctx, db, civic.RetainReports.Milliseconds(),
		"SELECT DISTINCT need_id FROM reports WHERE settled_ms > 0 AND settled_ms < ? LIMIT ?",
		"DELETE FROM reports WHERE need_id IN ? AND settled_ms > 0 AND settled_ms < ?")
}

// sweepKeys deletes old rows by keys that it reads first: servers walk the whole table for a DELETE
// with a subquery. Its statements take the age; the second one may.
func sweepKeys(ctx context.Context, db *DB, kept int64, find, remove string) (int, error) {
	before, total := ms(db.clock.Now())-kept, 0
	for {
		var ids []int64
		if err := db.w.WithContext(ctx).Raw(find, before, retainStep).Scan(&ids).Error; err != nil {
			return total, fmt.Errorf("find old rows: %w", clean(err))
		}
		if len(ids) == 0 {
			return total, nil
		}
		err := db.retried(ctx, func(tx *gorm.DB) error {
			args := []any{ids, before}
			gone := tx.Exec(remove, args[:strings.Count(remove, "?")]...)
			total += int(gone.RowsAffected)
			return gone.Error
		})
		if err != nil {
			return total, fmt.Errorf("delete old rows: %w", err)
		}
		if len(ids) < retainStep {
			return total, nil
		}
	}
}

// sweepGone forgets accounts that unfollowed long ago, as they could have asked for themselves. Who
// has held an office stays: their acts are in the audit log.
func (db *DB) sweepGone(ctx context.Context) (int, error) {
	before, total := ms(db.clock.Now().Add(-civic.RetainGone)), 0
	for {
		var names []string
		err := db.w.WithContext(ctx).Raw("SELECT a.openid FROM accounts a"+db.dia.force("accounts_unfollowed")+
			" WHERE a.following = 0 AND a.unfollowed_ms > 0 AND a.unfollowed_ms < ? AND NOT EXISTS (SELECT 1 FROM staff s WHERE s.account = a.openid) LIMIT ?",
			before, goneStep).Scan(&names).Error
		if err != nil {
			return total, fmt.Errorf("find accounts that left: %w", clean(err))
		}
		for _, a := range names {
			if err := db.forgetGone(ctx, civic.Account(a), before); err != nil {
				return total, fmt.Errorf("forget an account that left: %w", err)
			}
			total++
		}
		if len(names) < goneStep {
			return total, nil
		}
	}
}

// forgetGone forgets one account, unless it has come back just now.
func (db *DB) forgetGone(ctx context.Context, a civic.Account, before int64) error {
	if _, err := db.vault(ctx); err != nil { // there is a key
		return err
	}
	return db.retried(ctx, func(tx *gorm.DB) error {
		var still int
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		if _, err := b.vault(); err != nil { // before anything is locked
			return err
		}
		err := tx.Raw("SELECT COUNT(*) FROM accounts WHERE openid = ? AND following = 0 AND unfollowed_ms < ?"+db.dia.forUpdate(), string(a), before).Scan(&still).Error
		if err != nil || still == 0 {
			return err
		}
		return b.forget(&turn{}, a)
	})
}

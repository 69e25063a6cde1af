package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Work is claimed here, by one statement a dialect: GORM's Limit on an update is silently
// ignored on SQLite, and MySQL allows no LIMIT in a subquery of IN.

// Due media rows, and their marking as an owner's. A row whose lease ran out is due again,
// because the lease is its next time.
const (
	dueLite = "SELECT id FROM media WHERE state IN ('waiting', 'fetching') AND next_ms <= ? ORDER BY next_ms LIMIT ?"

	// In the order of its index, as sorting would lock all that is due before the limit counts.
	dueMySQL = "SELECT id FROM media FORCE INDEX (media_queue) WHERE state IN ('waiting', 'fetching') AND next_ms <= ? LIMIT ? FOR UPDATE SKIP LOCKED"

	claimSet = "UPDATE media SET state = 'fetching', owner = ?, attempts = attempts + 1, lease_ms = ?, next_ms = ?"
)

// ClaimMedia takes at most n due photos and voices under a lease and counts the attempt.
// Owner names one worker, at most 64 ASCII characters. A worker that dies lets its lease run out.
func (db *DB) ClaimMedia(ctx context.Context, owner string, n int, lease time.Duration) ([]civic.MediaJob, error) {
	if owner == "" || !token(owner, 64) {
		return nil, errors.New("claim media: owner is not 1 to 64 ASCII characters")
	}
	if n <= 0 {
		return nil, nil
	}
	now := db.clock.Now()
	due, until := ms(now), ms(now.Add(lease))
	var ids []int64
	err := db.retried(ctx, func(tx *gorm.DB) error {
		ids = nil
		if db.dia.name == inSQLite {
			return tx.Raw(claimSet+" WHERE id IN ("+dueLite+") RETURNING id", owner, until, until, due, n).Scan(&ids).Error
		}
		if err := tx.Raw(dueMySQL, due, n).Scan(&ids).Error; err != nil || len(ids) == 0 {
			return err
		}
		return tx.Exec(claimSet+" WHERE id IN ?", owner, until, until, ids).Error
	})
	if err != nil {
		return nil, fmt.Errorf("claim media: %w", err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return db.mediaJobs(ctx, ids)
}

// mediaJobs reads rows with the numbers of their needs, in the order of ids.
func (db *DB) mediaJobs(ctx context.Context, ids []int64) ([]civic.MediaJob, error) {
	var rows []struct {
		ID        int64
		Account   string
		MediaID   string
		Kind      string
		Attempts  int
		Code      *string
		Year, Seq *int
	}
	err := db.r.WithContext(ctx).Raw("SELECT m.id, m.account, m.media_id, m.kind, m.attempts, c.code, n.`year`, n.seq FROM media m "+
		"LEFT JOIN needs n ON n.id = m.need_id LEFT JOIN communities c ON c.id = n.community_id WHERE m.id IN ?", ids).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read media: %w", clean(err))
	}
	jobs := make([]civic.MediaJob, 0, len(rows))
	for _, r := range rows {
		j := civic.MediaJob{
			ID: r.ID, Account: civic.Account(r.Account), MediaID: r.MediaID, Kind: civic.MediaKind(r.Kind), Attempts: r.Attempts,
		}
		if r.Code != nil && r.Year != nil && r.Seq != nil {
			j.NeedNumber = civic.Number{Code: *r.Code, Year: *r.Year, Seq: *r.Seq}.String()
		}
		jobs = append(jobs, j)
	}
	slices.SortFunc(jobs, func(a, b civic.MediaJob) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return jobs, nil
}

// MediaKept ends a row: its content is under blobKey. ErrLost if it is not owner's any more.
func (db *DB) MediaKept(ctx context.Context, id int64, owner, blobKey string, size int64) error {
	if !token(blobKey, 160) {
		return errors.New("keep media: blob key is not at most 160 ASCII characters")
	}
	return db.endMedia(ctx, id, owner, map[string]any{"state": mediaKept, "blob_key": blobKey, "bytes": size, "reason": ""})
}

// MediaRetry gives a row back, due again at next. ErrLost if it is not owner's any more.
func (db *DB) MediaRetry(ctx context.Context, id int64, owner string, next time.Time) error {
	return db.endMedia(ctx, id, owner, map[string]any{"state": mediaWaiting, "next_ms": ms(next)})
}

// MediaFailed ends a row for good, once; whoever succeeds tells the resident. Reason is a word
// for operators, at most 64 ASCII characters. ErrLost if the row is not owner's any more.
func (db *DB) MediaFailed(ctx context.Context, id int64, owner, reason string) error {
	if !token(reason, 64) {
		reason = "other"
	}
	return db.endMedia(ctx, id, owner, map[string]any{"state": mediaFailed, "reason": reason, "told": true})
}

// endMedia changes a row that owner still holds. The change takes the row out of its state,
// so the number of rows changed is the number matched, on every engine.
func (db *DB) endMedia(ctx context.Context, id int64, owner string, set map[string]any) error {
	set["owner"], set["lease_ms"] = "", 0
	var changed int64
	err := db.retried(ctx, func(tx *gorm.DB) error {
		res := tx.Model(&mediaRow{}).Where("id = ? AND owner = ? AND state = ?", id, owner, mediaFetching).UpdateColumns(set)
		changed = res.RowsAffected
		return res.Error
	})
	if err != nil {
		return fmt.Errorf("settle media: %w", err)
	}
	if changed == 0 {
		return fmt.Errorf("settle media: %w", ErrLost)
	}
	return nil
}

// MediaAge is how long the oldest due photo or voice has waited; zero if none does.
func (db *DB) MediaAge(ctx context.Context) (time.Duration, error) {
	var oldest *int64
	now := db.clock.Now()
	err := db.r.WithContext(ctx).Raw("SELECT MIN(created_ms) FROM media WHERE state IN ('waiting', 'fetching') AND next_ms <= ?", ms(now)).Scan(&oldest).Error
	if err != nil {
		return 0, fmt.Errorf("read age of media: %w", clean(err))
	}
	if oldest == nil {
		return 0, nil
	}
	return max(0, now.Sub(at(*oldest))), nil
}

// retried runs one small transaction again when it met passing trouble.
func (db *DB) retried(ctx context.Context, do func(*gorm.DB) error) error {
	return db.again(ctx, func(g *gorm.DB) error { return g.Transaction(do) })
}

// again runs one statement, or a transaction, as often as passing errors allow.
func (db *DB) again(ctx context.Context, do func(*gorm.DB) error) error {
	var err error
	for try := range batchTry {
		if try > 0 && !pause(ctx, try) {
			break
		}
		err = clean(do(db.w.WithContext(ctx)))
		if !passing(err) {
			break
		}
	}
	return err
}

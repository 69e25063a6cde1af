package store

import (
	"context"
	"fmt"

	"yishi/flows/civic"
)

// Reviews looks up what waits for staff to decide what is public.
type Reviews struct{ db *DB }

// Reviews returns the look-ups of what waits for staff.
func (db *DB) Reviews() *Reviews { return &Reviews{db} }

// where is the part of a queue that a grant reaches.
func (r *Reviews) where(g civic.Grant, c civic.CommunityID, kind civic.ReviewKind) (string, []any) {
	sql, args := "r.community_id = ? AND r.kind = ?", []any{int64(c), string(kind)}
	if g.Role == civic.GridWorker && len(g.Grids) > 0 {
		sql, args = sql+" AND r.grid_id IN ?", append(args, append([]int64{0}, g.Grids...))
	}
	if kind == civic.ReviewRelease { // of an appeal the need may be anything
		sql, args = sql+" AND n.state IN ?", append(args, listedStates())
	}
	return sql, args
}

// Next returns the oldest of a kind after a place in its queue; false where there is none.
func (r *Reviews) Next(ctx context.Context, g civic.Grant, c civic.CommunityID, kind civic.ReviewKind, after civic.ReviewAt) (civic.Review, bool, error) {
	sql, args := r.where(g, c, kind)
	args = append(args, ms(after.Since), ms(after.Since), int64(after.Need))
	return r.one(ctx, g, sql+" AND r.since_ms >= ? AND (r.since_ms > ? OR r.need_id > ?)", args)
}

// Again returns one that was shown before, as it is now; false where it does not wait any more.
func (r *Reviews) Again(ctx context.Context, g civic.Grant, c civic.CommunityID, kind civic.ReviewKind, need civic.NeedID) (civic.Review, bool, error) {
	sql, args := r.where(g, c, kind)
	return r.one(ctx, g, sql+" AND r.need_id = ?", append(args, int64(need)))
}

// Waiting counts what waits of a kind, to at most a thousand.
func (r *Reviews) Waiting(ctx context.Context, g civic.Grant, c civic.CommunityID, kind civic.ReviewKind) (int, error) {
	sql, args := r.where(g, c, kind)
	var n int
	err := r.db.r.WithContext(ctx).Raw("SELECT COUNT(*) FROM (SELECT r.need_id FROM reviews r JOIN needs n ON n.id = r.need_id WHERE "+sql+" LIMIT 1000) some", args...).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count reviews: %w", clean(err))
	}
	return n, nil
}

func (r *Reviews) one(ctx context.Context, g civic.Grant, where string, args []any) (civic.Review, bool, error) {
	var rows []reviewRow
	tx := r.db.r.WithContext(ctx)
	err := tx.Raw("SELECT r.* FROM reviews r JOIN needs n ON n.id = r.need_id WHERE "+where+" ORDER BY r.since_ms, r.need_id LIMIT 1", args...).Scan(&rows).Error
	if err != nil {
		return civic.Review{}, false, fmt.Errorf("read reviews: %w", clean(err))
	}
	if len(rows) == 0 {
		return civic.Review{}, false, nil
	}
	row := rows[0]
	var need needRow
	if err := tx.Where("id = ?", row.NeedID).Take(&need).Error; err != nil {
		return civic.Review{}, false, fmt.Errorf("read need: %w", clean(err))
	}
	needs, err := r.db.Needs().whole(ctx, []needRow{need})
	if err != nil {
		return civic.Review{}, false, err
	}
	out := civic.Review{
		Kind: civic.ReviewKind(row.Kind), Need: needs[0], Since: at(row.SinceMS), Rev: at(row.RevMS), Hidden: need.Public.HiddenMS != 0,
		TakenBy: civic.StaffID(need.Public.TakenBy), OwnDeed: need.Public.TakenBy != 0 && need.Public.TakenBy == int64(g.Staff),
	}
	if out.Voices, err = r.db.Needs().voices(ctx, needs[0].ID); err != nil {
		return civic.Review{}, false, err
	}
	err = tx.Raw("SELECT code, COUNT(*) AS n FROM reports WHERE need_id = ? AND settled_ms = 0 GROUP BY code ORDER BY n DESC, code", row.NeedID).Scan(&out.Reports).Error
	if err == nil {
		err = tx.Raw("SELECT `text` FROM pleas WHERE need_id = ? AND kind = ?", row.NeedID, row.Kind).Scan(&out.Appeal).Error
	}
	if err != nil {
		return civic.Review{}, false, fmt.Errorf("read what was said: %w", clean(err))
	}
	return out, true, nil
}

package store

import (
	"context"
	"fmt"

	"yishi/flows/civic"
)

// waiting is what waits for staff, counted by kind. Whoever adds a kind of work adds a line: a table
// with the columns community_id and, where grid is named, the grid it belongs to (0: nobody knows).
var waiting = []waits{
	{kind: "release", table: "needs", where: "released = 0 AND taken_down = 0 AND merged_into = 0 AND state IN ('raised', 'accepted')", grid: "grid_id"},
	{kind: "triage", table: "needs", where: "state = 'raised' AND merged_into = 0", grid: "grid_id"},
	{kind: "relay", table: "talks", where: "state = 1", grid: "grid_id"},
	{kind: "verify", table: "claims", where: "state = 'waits'", grid: "grid_id", worker: "passed = 0"},
}

// waits is one kind of work.
type waits struct {
	kind, table string
	where       string // what is not done yet
	grid        string // column; "": not by grid
	worker      string // what else must hold for grid workers; "": nothing
}

// Work counts what waits.
type Work struct{ db *DB }

// Work returns the counts of what waits for staff.
func (db *DB) Work() *Work { return &Work{db} }

// Counts tells by kind what waits for the holder of a grant in a community, where the account
// holds that grant.
func (w *Work) Counts(ctx context.Context, a civic.Account, g civic.Grant, c civic.CommunityID) ([]civic.WorkCount, error) {
	if ok, err := w.db.Offices().may(ctx, a, c, civic.ActWork); err != nil || !ok {
		return nil, err
	}
	out := make([]civic.WorkCount, 0, len(waiting))
	for _, k := range waiting {
		sql, args := "SELECT COUNT(*) FROM "+k.table+" WHERE community_id = ? AND "+k.where, []any{int64(c)}
		if k.grid != "" && g.Role == civic.GridWorker && len(g.Grids) > 0 {
			sql += " AND " + k.grid + " IN ?"
			args = append(args, append([]int64{0}, g.Grids...))
		}
		if k.worker != "" && g.Role == civic.GridWorker {
			sql += " AND " + k.worker
		}
		n := civic.WorkCount{Kind: k.kind}
		if err := w.db.r.WithContext(ctx).Raw(sql, args...).Scan(&n.Count).Error; err != nil {
			return nil, fmt.Errorf("count what waits: %w", clean(err))
		}
		out = append(out, n)
	}
	return out, nil
}

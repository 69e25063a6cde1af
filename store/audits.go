package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"yishi/flows/civic"
)

// Audits reads the log of what staff did. Nothing of this program changes or deletes a row of it.
type Audits struct{ db *DB }

// Audits returns the look-ups of the log.
func (db *DB) Audits() *Audits { return &Audits{db} }

// Page lists acts in a community, newest first, that are older than before: a line read last, or
// the zero value for the newest. Nothing to an account that may not read the log there.
func (l *Audits) Page(ctx context.Context, a civic.Account, c civic.CommunityID, before civic.AuditLine, limit int) ([]civic.AuditLine, error) {
	if ok, err := l.db.Offices().may(ctx, a, c, civic.ActReadAudit); err != nil || !ok {
		return nil, err
	}
	named, err := l.db.Offices().may(ctx, a, c, civic.ActInvite)
	if err != nil {
		return nil, err
	}
	sql, args := "community_id = ?", []any{int64(c)}
	if !before.At.IsZero() {
		sql += " AND (at_ms < ? OR at_ms = ? AND id < ?)"
		args = append(args, ms(before.At), ms(before.At), before.ID)
	}
	return l.lines(ctx, sql+" ORDER BY at_ms DESC, id DESC LIMIT ?", append(args, limit), named)
}

// Since lists acts in a community since a time, oldest first, for the operator.
func (l *Audits) Since(ctx context.Context, c civic.CommunityID, since time.Time) ([]civic.AuditLine, error) {
	return l.lines(ctx, "community_id = ? AND at_ms >= ? ORDER BY at_ms, id", []any{int64(c), ms(since)}, true)
}

func (l *Audits) lines(ctx context.Context, where string, args []any, named bool) ([]civic.AuditLine, error) {
	var rows []auditRow
	if err := l.db.r.WithContext(ctx).Raw("SELECT * FROM audits WHERE "+where, args...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read audit log: %w", clean(err))
	}
	numbers, err := l.numbers(ctx, rows)
	if err != nil {
		return nil, err
	}
	names := map[int64]string{}
	out := make([]civic.AuditLine, 0, len(rows))
	for _, r := range rows {
		line := civic.AuditLine{
			ID: r.ID, At: at(r.AtMS), Staff: civic.StaffID(r.StaffID), Role: civic.Role(r.Role), Act: civic.Act(r.Act), What: r.What, Object: r.Object,
			Detail: r.Detail, Number: numbers[r.Object],
		}
		if named && r.StaffID != 0 {
			if line.Name, err = l.name(ctx, names, r.StaffID); err != nil {
				return nil, err
			}
		}
		out = append(out, line)
	}
	return out, nil
}

func (l *Audits) name(ctx context.Context, known map[int64]string, id int64) (string, error) {
	if name, ok := known[id]; ok {
		return name, nil
	}
	v, err := l.db.vault(ctx)
	if err != nil {
		return "", err
	}
	name, _, err := l.db.Offices().named(ctx, v, id)
	known[id] = name
	return name, err
}

// numbers finds the public numbers of the needs that rows are about.
func (l *Audits) numbers(ctx context.Context, rows []auditRow) (map[string]string, error) {
	var ids []int64
	for _, r := range rows {
		if id, ok := strings.CutPrefix(r.Object, "need:"); ok {
			if n, err := strconv.ParseInt(id, 10, 64); err == nil {
				ids = append(ids, n)
			}
		}
	}
	out := map[string]string{}
	for some := range slices.Chunk(ids, walkMost) {
		var found []struct {
			ID        int64
			Code      string
			Year, Seq int
		}
		err := l.db.r.WithContext(ctx).Raw("SELECT n.id, c.code, n.year, n.seq FROM needs n JOIN communities c ON c.id = n.community_id WHERE n.id IN ?", some).Scan(&found).Error
		if err != nil {
			return nil, fmt.Errorf("read numbers: %w", clean(err))
		}
		for _, f := range found {
			out[object("need", f.ID)] = civic.Number{Code: f.Code, Year: f.Year, Seq: f.Seq}.String()
		}
	}
	return out, nil
}

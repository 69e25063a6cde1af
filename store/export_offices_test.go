package store

import (
	"context"
	"testing"

	"yishi/flows/civic"
)

// AuditCount counts the rows of the audit log.
func AuditCount(ctx context.Context, t *testing.T, db *DB) int {
	t.Helper()
	var n int
	if err := db.r.WithContext(ctx).Raw("SELECT COUNT(*) FROM audits").Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

// RawAudits are all rows of the log in one text.
func RawAudits(ctx context.Context, t *testing.T, db *DB) []string {
	t.Helper()
	var rows []auditRow
	if err := db.r.WithContext(ctx).Order("at_ms, id").Find(&rows).Error; err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		out = append(out, r.Role+" "+r.Act+" "+r.What+" "+r.Object+" "+r.Detail)
	}
	return out
}

// Exec runs a statement as somebody with the database would.
func Exec(ctx context.Context, t *testing.T, db *DB, sql string, args ...any) {
	t.Helper()
	if err := db.w.WithContext(ctx).Exec(sql, args...).Error; err != nil {
		t.Fatal(err)
	}
}

// Assigned has hand-overs move raised_by of needs, until the test ends.
func Assigned(t *testing.T) {
	old := handedOver
	handedOver = append(handedOver[:len(handedOver):len(handedOver)], assigned{kind: "test", table: "needs", column: "raised_by", community: "community_id", open: "state = 'raised'"})
	t.Cleanup(func() { handedOver = old })
}

// AssignedTo reads to whom a need is assigned then, and Assign assigns it.
func AssignedTo(ctx context.Context, t *testing.T, db *DB, n civic.NeedID) civic.StaffID {
	t.Helper()
	var id int64
	if err := db.r.WithContext(ctx).Raw("SELECT raised_by FROM needs WHERE id = ?", int64(n)).Scan(&id).Error; err != nil {
		t.Fatal(err)
	}
	return civic.StaffID(id)
}

// AudienceOf reads the only account of a push that was not expanded.
func AudienceOf(ctx context.Context, t *testing.T, db *DB, push string) string {
	t.Helper()
	var accounts []string
	err := db.r.WithContext(ctx).Raw("SELECT a.account FROM audiences a JOIN pushes p ON p.id = a.push_id WHERE p.push = ?", push).Scan(&accounts).Error
	if err != nil || len(accounts) != 1 {
		t.Fatalf("audience %v, %v", accounts, err)
	}
	return accounts[0]
}

// OnlyTalk is the id of the only talk that there is.
func OnlyTalk(ctx context.Context, t *testing.T, db *DB) civic.TalkID {
	t.Helper()
	var ids []int64
	if err := db.r.WithContext(ctx).Raw("SELECT id FROM talks").Scan(&ids).Error; err != nil || len(ids) != 1 {
		t.Fatalf("talks %v, %v", ids, err)
	}
	return civic.TalkID(ids[0])
}

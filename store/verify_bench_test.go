package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// numbered is the i-th person of a large roll: two at a door, 200 doors in a house.
func numbered(i int) civic.RollRow {
	door := i / 2
	return civic.RollRow{
		Line: i + 2, Estate: "新村", Grid: fmt.Sprintf("%d网格", door/5000+1), Building: fmt.Sprint(door/200 + 1), Unit: fmt.Sprint(door/50%4 + 1),
		Room: fmt.Sprint(100*(door%50/5+1) + door%5 + 1), Name: string([]rune{[]rune("王李")[i%2], rune('一' + i%5000)}), Phone: fmt.Sprintf("139%08d", i),
	}
}

// said is what the i-th person says to be verified.
func (r rollOf) said(i int) civic.Said {
	p := numbered(i)
	return civic.Said{
		Account: civic.Account(fmt.Sprintf("oRoll%d", i)), Community: r.c.ID, Estate: p.Estate, Building: p.Building, Unit: p.Unit, Room: p.Room,
		Name: p.Name, Digits: p.Phone[len(p.Phone)-4:],
	}
}

// rollOf is a community with a large roll.
type rollOf struct {
	db *store.DB
	c  civic.Community
}

func largeRoll(t testing.TB, db *store.DB, n int) rollOf {
	t.Helper()
	ctx, r := context.Background(), rollOf{db, community(t, db, "钮")}
	in, err := db.BeginRoll(ctx, store.RollOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for from := 0; from < n; from += 1000 {
		var rows []civic.RollRow
		for i := from; i < min(n, from+1000); i++ {
			p := numbered(i)
			p.Community = r.c.Name
			rows = append(rows, p)
		}
		if faults, err := in.Add(ctx, rows); err != nil || len(faults) > 0 {
			t.Fatal(err, faults)
		}
	}
	if faults, err := in.Plan(ctx); err != nil || len(faults) > 0 {
		t.Fatal(err, faults)
	}
	if got, err := in.Switch(ctx); err != nil || got.New != n {
		t.Fatal(got, err)
	}
	if err := in.Close(ctx); err != nil {
		t.Fatal(err)
	}
	return r
}

// verify is one verification by door, name and phone, as the chat asks for it.
func (r rollOf) verify(t testing.TB, i int) {
	t.Helper()
	ctx, s := context.Background(), r.said(i)
	if _, err := r.db.Verification().Standing(ctx, s.Account); err != nil {
		t.Fatal(err)
	}
	m, err := r.db.Verification().Match(ctx, s)
	if err != nil || m.Person == 0 {
		t.Fatalf("person %d gave %+v, %v", i, m, err)
	}
	if _, err := r.db.Commit(ctx, commit(fmt.Sprintf("verify-%d", i), 1, s.Account, verifying(s.Account, m))); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkVerify verifies people one after the other on a roll of 100,000: two look-ups and one commit
// each. It tells how many statements that is, but for BEGIN and COMMIT.
func BenchmarkVerify(b *testing.B) {
	benches(b, func(b *testing.B, db *store.DB) {
		n := benchRows(b, 100_000)
		r := largeRoll(b, db, n)
		r.verify(b, 0) // places and keys are in memory now
		all, err := store.Recorded(db, func() { r.verify(b, 1) })
		if err != nil {
			b.Fatal(err)
		}
		i := 2
		for b.Loop() {
			r.verify(b, i)
			i++
			if i == n {
				b.Fatal("nobody is left to verify")
			}
		}
		b.ReportMetric(float64(len(all)), "statements/op")
	})
}

// TestMatchReadsByIndex: no look-up of a verification walks a table, on either database.
func TestMatchReadsByIndex(t *testing.T) {
	for name, open := range map[string]func(testing.TB) *store.DB{"sqlite": storetest.Open, "mysql": storetest.OpenMySQL} {
		t.Run(name, func(t *testing.T) {
			r := largeRoll(t, open(t), 3000)
			ctx := context.Background()
			all, err := store.Recorded(r.db, func() {
				for _, i := range []int{0, 1500, 2999} {
					r.verify(t, i)
					if _, _, err := r.db.People().Identity(ctx, r.said(i).Account); err != nil {
						t.Error(err)
					}
				}
				if _, err := r.db.Verification().Card(ctx, cardCode); err != nil {
					t.Error(err)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			seen := 0
			for _, sql := range all {
				if strings.HasPrefix(sql, "SELECT") && (strings.Contains(sql, "persons") || strings.Contains(sql, "households") || strings.Contains(sql, "identities")) {
					seen++
					r.byIndex(t, sql)
				}
			}
			if seen < 13 {
				t.Errorf("%d statements seen", seen)
			}
		})
	}
}

// byIndex fails where a statement walks a table.
func (r rollOf) byIndex(t *testing.T, sql string) {
	t.Helper()
	ctx := context.Background()
	if store.Dialect(r.db) == "mysql" {
		steps, err := store.Explain(ctx, r.db, sql)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range steps {
			// No table: MySQL saw by the index itself that no row fits. <derived2>: a row or two out of an index.
			if s.Table != "" && s.Table[0] != '<' && (s.Type == "ALL" || s.Type == "index" || s.Key == "") {
				t.Errorf("%s is read by %s of %q: %.200s", s.Table, s.Type, s.Key, sql)
			}
		}
		return
	}
	steps, err := store.ExplainLite(ctx, r.db, sql)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		if strings.Contains(s, "SCAN") && !strings.Contains(s, "CONSTANT ROW") {
			t.Errorf("read by %q: %.200s", s, sql)
		}
	}
}

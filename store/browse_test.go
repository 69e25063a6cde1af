package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// views are all ways to look through public needs.
func views() []civic.View {
	return []civic.View{
		{Kind: civic.ViewHeat},
		{Kind: civic.ViewNewest},
		{Kind: civic.ViewCategory, Category: civic.Environment},
		{Kind: civic.ViewEstate, Estate: 7},
		{Kind: civic.ViewPressing},
		{Kind: civic.ViewHard},
		{Kind: civic.ViewHot, From: 10},
	}
}

// pages turns pages of a view from its beginning, at most so many, and returns what they show.
func pages(t testing.TB, db *store.DB, c civic.CommunityID, v civic.View, most int) []civic.Need {
	t.Helper()
	var all []civic.Need
	var at civic.ViewAt
	for range most {
		page, err := db.Needs().Browse(within(t, 20*time.Second), "oStranger", c, v, at, 5)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page...)
		if len(page) < 5 {
			break
		}
		at = v.After(&page[len(page)-1])
	}
	return all
}

func TestBrowseShowsEachOnceInOrder(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		if err := store.Town(within(t, 20*time.Second), db, c.ID, 400); err != nil {
			t.Fatal(err)
		}
		for _, v := range views() {
			seen := map[civic.NeedID]bool{}
			last := civic.ViewAt{Rank: 1 << 30, Serial: 1 << 60}
			all := pages(t, db, c.ID, v, 100)
			for _, n := range all {
				at := v.After(&n)
				if seen[n.ID] || at.Rank > last.Rank || at.Rank == last.Rank && at.Serial >= last.Serial {
					t.Errorf("%s: %v after %v, or shown twice", v.Kind, at, last)
				}
				seen[n.ID], last = true, at
				open := n.State == civic.NeedRaised || n.State == civic.NeedAccepted || n.State == civic.NeedHanded
				if !n.Released || !open || v.Kind == civic.ViewCategory && n.Category != v.Category ||
					v.Kind == civic.ViewEstate && n.Estate != v.Estate || v.Kind == civic.ViewPressing && n.Urgency() == 0 ||
					v.Kind == civic.ViewHard && n.MarkedHard != 1 || v.Kind == civic.ViewHot && n.Heat < 10 {
					t.Errorf("%s shows %+v", v.Kind, n)
				}
			}
			if len(all) < 5 {
				t.Errorf("%s shows %d", v.Kind, len(all))
			}
		}
		if all := pages(t, db, c.ID, civic.View{Kind: civic.ViewHeat}, 100); len(all) != len(pages(t, db, c.ID, civic.View{Kind: civic.ViewNewest}, 100)) {
			t.Errorf("by heat %d are shown, another number by age", len(all))
		}
	})
}

// What is endorsed while somebody turns pages moves, and is neither lost nor shown for another.
func TestBrowseWhileThingsMove(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		for i := range 12 {
			released(t, db, c.ID, fmt.Sprintf("第%d件事", i))
		}
		v := civic.View{Kind: civic.ViewNewest}
		first := pages(t, db, c.ID, v, 1)
		released(t, db, c.ID, "刚提的")
		rest, err := db.Needs().Browse(within(t, 10*time.Second), "oStranger", c.ID, v, v.After(&first[4]), 5)
		if err != nil || len(rest) != 5 || rest[0].Number.Seq != first[4].Number.Seq-1 {
			t.Errorf("the second page begins with %+v, %v", rest, err)
		}
	})
}

// TestBrowseReadsByIndex: no page walks the table or sorts it, on either database.
func TestBrowseReadsByIndex(t *testing.T) {
	for name, open := range map[string]func(testing.TB) *store.DB{"sqlite": storetest.Open, "mysql": storetest.OpenMySQL} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			c := community(t, db, "钮")
			if err := store.Town(within(t, 30*time.Second), db, c.ID, 3000); err != nil {
				t.Fatal(err)
			}
			statements, err := store.Recorded(db, func() {
				for _, v := range views() {
					pages(t, db, c.ID, v, 3)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, sql := range statements {
				if !strings.Contains(sql, "listed = 1") {
					continue
				}
				n++
				if store.Dialect(db) == "mysql" {
					checkMySQL(t, db, sql)
				} else {
					checkLite(t, db, sql)
				}
			}
			if n < 20 {
				t.Errorf("%d statements seen", n)
			}
		})
	}
}

func checkMySQL(t *testing.T, db *store.DB, sql string) {
	t.Helper()
	var steps []struct{ Type, Key, Extra string }
	if err := store.ExplainExtra(within(t, 10*time.Second), db, sql, &steps); err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		if s.Key == "" || s.Type == "ALL" || s.Type == "index" || strings.Contains(s.Extra, "filesort") {
			t.Errorf("read by %+v: %.200s", s, sql)
		}
	}
}

func checkLite(t *testing.T, db *store.DB, sql string) {
	t.Helper()
	steps, err := store.ExplainLite(within(t, 10*time.Second), db, sql)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		if strings.Contains(s, "SCAN") || strings.Contains(s, "TEMP B-TREE") || !strings.Contains(s, "USING INDEX needs_") {
			t.Errorf("read by %q: %.200s", s, sql)
		}
	}
}

// BenchmarkBrowse turns pages of a community with 50,000 needs, first ones and deep ones, and
// tells the slowest.
func BenchmarkBrowse(b *testing.B) {
	benches(b, func(b *testing.B, db *store.DB) {
		c := community(b, db, "钮")
		if err := store.Town(within(b, 5*time.Minute), db, c.ID, 50_000); err != nil {
			b.Fatal(err)
		}
		ctx := context.Background()
		for _, v := range views() {
			var deep civic.ViewAt
			for range 400 {
				page, err := db.Needs().Browse(ctx, "oStranger", c.ID, v, deep, 6)
				if err != nil {
					b.Fatal(err)
				}
				if len(page) < 6 {
					break
				}
				deep = v.After(&page[4])
			}
			for name, at := range map[string]civic.ViewAt{"first": {}, "deep": deep} {
				b.Run(string(v.Kind)+"/"+name, func(b *testing.B) {
					var took []time.Duration
					for b.Loop() {
						begin := db.Clock().Now()
						if _, err := db.Needs().Browse(ctx, "oStranger", c.ID, v, at, 6); err != nil {
							b.Fatal(err)
						}
						took = append(took, db.Clock().Now().Sub(begin))
					}
					slices.Sort(took)
					b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
				})
			}
		}
	})
}

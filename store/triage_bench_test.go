package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// BenchmarkTriage reads the first page of a queue and one docket, with 50,000 needs of which
// 10,000 wait, as the committee and as a grid worker of two grids do.
func BenchmarkTriage(b *testing.B) {
	benches(b, func(b *testing.B, db *store.DB) {
		c := community(b, db, "钮")
		ctx := context.Background()
		if err := store.Waiting(ctx, db, c.ID, 50_000); err != nil {
			b.Fatal(err)
		}
		for name, grids := range map[string][]int64{"all": nil, "grids": {3, 7}} {
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					page, _, err := db.Triage().Queue(ctx, c.ID, grids, time.Time{}, 0, 5)
					if err != nil || len(page) != 5 {
						b.Fatal(len(page), err)
					}
					if _, ok, err := db.Triage().Docket(ctx, page[0].Need.ID); err != nil || !ok {
						b.Fatal(ok, err)
					}
				}
			})
		}
	})
}

// TestQueueIsReadByItsIndexes: neither the queue nor what is read of one need walks a table.
func TestQueueIsReadByItsIndexes(t *testing.T) {
	db := storetest.OpenMySQL(t)
	d := newDesk(t, db)
	ctx := within(t, 60*time.Second)
	if err := store.Waiting(ctx, db, d.c.ID, 6000); err != nil {
		t.Fatal(err)
	}
	all, err := store.Recorded(db, func() {
		for _, grids := range [][]int64{nil, {3, 7}} {
			page, _, err := db.Triage().Queue(ctx, d.c.ID, grids, time.Time{}, 0, 5)
			if err != nil || len(page) != 5 {
				t.Fatal(len(page), err)
			}
			if _, _, err := db.Triage().Docket(ctx, page[0].Need.ID); err != nil {
				t.Error(err)
			}
			if _, no := d.do(committee, civic.AcceptNeed{By: d.by(committee), Need: page[0].Need.ID}); no != "" {
				t.Error(no)
			}
		}
		if _, err := db.Triage().Questions(ctx, "oCrowd5", 5); err != nil {
			t.Error(err)
		}
		if _, err := db.Triage().Objections(ctx, d.c.ID, nil, 5); err != nil {
			t.Error(err)
		}
		if _, err := db.Triage().Declines(ctx, d.c.ID, []int64{3, 7}, 1, 5); err != nil {
			t.Error(err)
		}
	})
	if err != nil || len(all) < 20 {
		t.Fatalf("%d statements, %v", len(all), err)
	}
	queues := 0
	for _, sql := range all {
		steps, err := store.Explain(ctx, db, sql)
		if err != nil {
			t.Errorf("explain %.60s: %v", sql, err)
		}
		for _, s := range steps {
			if (s.Table == "needs" || s.Table == "n" || s.Table == "own") && (s.Type == "ALL" || s.Type == "index" || s.Key == "") {
				t.Errorf("%s is read by %s of %q: %.200s", s.Table, s.Type, s.Key, sql)
			}
			if strings.Contains(sql, "ORDER BY queue_ms LIMIT") && s.Table == "needs" {
				queues++
				if !strings.HasPrefix(s.Key, "needs_waiting") {
					t.Errorf("the queue is read by %s of %s", s.Type, s.Key)
				}
			}
		}
	}
	if queues < 4 {
		t.Errorf("%d reads of queues seen", queues)
	}
}

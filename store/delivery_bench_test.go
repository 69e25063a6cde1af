package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"yishi/flows/civic"
	"yishi/store"
)

// crowd makes a community of n accounts whose windows are open.
func crowd(b *testing.B, db *store.DB, n int) civic.CommunityID {
	b.Helper()
	c := community(b, db, "钮")
	if err := store.Crowd(context.Background(), db, c.ID, n); err != nil {
		b.Fatal(err)
	}
	return c.ID
}

// BenchmarkQueue expands one push to a crowd, claims all of it in batches of 500 and records
// it, as one worker without a platform would.
func BenchmarkQueue(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprintf("people=%d", n), func(b *testing.B) {
			benches(b, func(b *testing.B, db *store.DB) {
				if n > 100_000 && testing.Short() {
					b.Skip("a million takes minutes")
				}
				ctx := context.Background()
				c := crowd(b, db, n)
				for i := 0; b.Loop(); i++ {
					p := push(fmt.Sprint(i))
					clock := db.Clock()
					begin := clock.Now()
					if p = added(b, db, p, civic.Audience{Community: c}); p.Audience != n {
						b.Fatalf("audience %d", p.Audience)
					}
					b.ReportMetric(clock.Now().Sub(begin).Seconds()*1000, "ms-freeze")
					begin = clock.Now()
					for got := 0; got < n; { // a busy machine may cut a statement: it goes on from there
						some, err := db.Expand(ctx, n)
						if got += some; err != nil && !errors.Is(err, mysql.ErrInvalidConn) {
							b.Fatalf("expanded %d %v", got, err)
						}
					}
					b.ReportMetric(float64(n)/clock.Now().Sub(begin).Seconds(), "expanded/s")
					worked(b, db, n)
					begin = clock.Now()
					if r := reported(b, db, p.ID); r.Sent[civic.ByCustomer] != n {
						b.Fatalf("report %+v", r)
					}
					b.ReportMetric(clock.Now().Sub(begin).Seconds()*1000, "ms-report")
				}
			})
		})
	}
}

// worked claims, marks and records all that is due.
func worked(b *testing.B, db *store.DB, n int) {
	b.Helper()
	ctx, clock := context.Background(), db.Clock()
	var claim, mark, record time.Duration
	for left := n; left > 0; {
		begin := clock.Now()
		ds, err := db.ClaimDeliveries(ctx, "w", 500, time.Minute)
		if err != nil || len(ds) == 0 {
			b.Fatalf("claimed %d, %v", len(ds), err)
		}
		claim += clock.Now().Sub(begin)
		begin = clock.Now()
		ids := make([]int64, 0, len(ds))
		out := make([]civic.Outcome, 0, len(ds))
		for _, d := range ds {
			ids = append(ids, d.ID)
			out = append(out, civic.Outcome{ID: d.ID, State: civic.Sent, Route: civic.ByCustomer})
		}
		if mine, err := db.Calling(ctx, "w", ids, civic.ByCustomer, time.Minute); err != nil || len(mine) != len(ids) {
			b.Fatalf("marked %d, %v", len(mine), err)
		}
		mark += clock.Now().Sub(begin)
		begin = clock.Now()
		if lost, err := db.RecordDeliveries(ctx, "w", out); err != nil || lost != 0 {
			b.Fatalf("lost %d, %v", lost, err)
		}
		record += clock.Now().Sub(begin)
		left -= len(ds)
	}
	b.ReportMetric(float64(n)/claim.Seconds(), "claimed/s")
	b.ReportMetric(float64(n)/mark.Seconds(), "marked/s")
	b.ReportMetric(float64(n)/record.Seconds(), "recorded/s")
}

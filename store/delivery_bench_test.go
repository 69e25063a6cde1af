package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"yishi/flows/civic"
	"yishi/store"
)

// benchRows is how many people a benchmark tells: YISHI_TEST_BENCH_ROWS, or many.
func benchRows(b *testing.B, many int) int {
	b.Helper()
	text := os.Getenv("YISHI_TEST_BENCH_ROWS")
	if text == "" {
		return many
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1000 {
		b.Fatalf("YISHI_TEST_BENCH_ROWS is %q, want a number from 1000", text)
	}
	return n
}

// crowd makes a community of n accounts whose windows are open.
func crowd(b *testing.B, db *store.DB, n int) civic.CommunityID {
	b.Helper()
	c := community(b, db, "钮")
	if err := store.Crowd(context.Background(), db, c.ID, n); err != nil {
		b.Fatal(err)
	}
	return c.ID
}

// took is how long do needed, in seconds.
func took(db *store.DB, do func()) float64 {
	begin := db.Clock().Now()
	do()
	return db.Clock().Now().Sub(begin).Seconds()
}

// told makes a push to a community and expands it. A busy machine may cut a statement: the
// work goes on from there.
func told(b *testing.B, db *store.DB, id string, c civic.CommunityID, n int) {
	b.Helper()
	p, err := db.AddPush(context.Background(), push(id), civic.Audience{Community: c})
	for try := 0; try < 5 && errors.Is(err, mysql.ErrInvalidConn); try++ {
		p, err = db.AddPush(context.Background(), push(id), civic.Audience{Community: c})
	}
	if err != nil || p.Audience != n {
		b.Fatalf("audience %d, %v", p.Audience, err)
	}
	for got := 0; got < n; {
		some, err := db.Expand(context.Background(), n)
		if got += some; err != nil && !errors.Is(err, mysql.ErrInvalidConn) {
			b.Fatalf("expanded %d %v", got, err)
		}
	}
}

// BenchmarkExpand turns a push to a million people into deliveries, twice: for the second the
// tables are as large as after the first. The floor is plain inserts of as many rows each.
func BenchmarkExpand(b *testing.B) {
	benches(b, func(b *testing.B, db *store.DB) {
		n := benchRows(b, 1_000_000)
		c := crowd(b, db, n)
		for i := 0; b.Loop(); i++ {
			one, two := fmt.Sprintf("first-%d", i), fmt.Sprintf("second-%d", i)
			some := min(n, 100_000)
			floor := float64(some) / took(db, func() {
				if err := store.PlainDeliveries(context.Background(), db, i, some); err != nil {
					b.Fatal(err)
				}
			})
			first := float64(n) / took(db, func() { told(b, db, one, c, n) })
			second := float64(n) / took(db, func() { told(b, db, two, c, n) })
			b.ReportMetric(first, "rows/s")
			b.ReportMetric(second, "second-rows/s")
			b.ReportMetric(floor, "floor/s")
			b.ReportMetric(first/floor, "share")
			b.ReportMetric(1000*took(db, func() {
				if r := reported(b, db, one); r.Waiting != n {
					b.Fatalf("report %+v", r)
				}
			}), "ms-report")
		}
	})
}

// BenchmarkClaim claims, marks and records deliveries in batches of 500, by one worker and by
// four. The floor is one plain update of as many rows by their ids, all indexes kept.
func BenchmarkClaim(b *testing.B) {
	for _, workers := range []int{1, 4} {
		b.Run("workers="+strconv.Itoa(workers), func(b *testing.B) {
			benches(b, func(b *testing.B, db *store.DB) {
				n := benchRows(b, 100_000)
				c := crowd(b, db, n)
				told(b, db, "floor", c, n)
				floor := took(db, func() {
					if err := store.PlainUpdates(context.Background(), db, 500); err != nil {
						b.Fatal(err)
					}
				})
				for i := 0; b.Loop(); i++ {
					id := strconv.Itoa(i)
					b.StopTimer()
					told(b, db, id, c, n)
					b.StartTimer()
					each := make([]clocks, workers)
					all := took(db, func() {
						var every sync.WaitGroup
						for w := range each {
							every.Go(func() { each[w].work(b, db, strconv.Itoa(w)) })
						}
						every.Wait()
					})
					var sum clocks
					for _, w := range each {
						sum.add(w)
					}
					if r := reported(b, db, id); sum.rows != n || r.Sent[civic.ByCustomer] != n {
						b.Fatalf("worked off %d, %+v", sum.rows, r)
					}
					claims := float64(workers*n) / sum.claim.Seconds()
					b.ReportMetric(claims, "rows/s") // claimed, by all workers
					b.ReportMetric(float64(workers*n)/sum.mark.Seconds(), "marked/s")
					b.ReportMetric(float64(workers*n)/sum.record.Seconds(), "recorded/s")
					b.ReportMetric(float64(n)/all, "all/s")
					b.ReportMetric(float64(n)/floor, "floor/s")
					b.ReportMetric(claims*floor/float64(n), "share")
				}
			})
		})
	}
}

// clocks add up what one worker waited for.
type clocks struct {
	rows                int
	claim, mark, record time.Duration
}

func (c *clocks) add(o clocks) {
	c.rows += o.rows
	c.claim += o.claim
	c.mark += o.mark
	c.record += o.record
}

// work claims, marks and records until nothing is due.
func (c *clocks) work(b *testing.B, db *store.DB, owner string) {
	ctx, clock := context.Background(), db.Clock()
	for {
		begin := clock.Now()
		ds, err := db.ClaimDeliveries(ctx, owner, 500, time.Minute)
		if err != nil {
			b.Errorf("claim: %v", err)
			return
		}
		if len(ds) == 0 {
			return
		}
		c.claim += clock.Now().Sub(begin)
		c.rows += len(ds)
		ids := make([]int64, 0, len(ds))
		out := make([]civic.Outcome, 0, len(ds))
		for _, d := range ds {
			ids = append(ids, d.ID)
			out = append(out, civic.Outcome{ID: d.ID, State: civic.Sent, Route: civic.ByCustomer})
		}
		begin = clock.Now()
		if mine, err := db.Calling(ctx, owner, ids, civic.ByCustomer, time.Minute); err != nil || len(mine) != len(ids) {
			b.Errorf("marked %d, %v", len(mine), err)
			return
		}
		c.mark += clock.Now().Sub(begin)
		begin = clock.Now()
		if lost, err := db.RecordDeliveries(ctx, owner, out); err != nil || lost != 0 {
			b.Errorf("lost %d, %v", lost, err)
			return
		}
		c.record += clock.Now().Sub(begin)
	}
}

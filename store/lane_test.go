package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// queued starts work behind a held connection, n turns in all, and lets go when all wait.
func queued(t *testing.T, db *store.DB, n int, start func(*sync.WaitGroup)) {
	t.Helper()
	release, err := store.Hold(within(t, 10*time.Second), db)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() { must(t, db, commit("first", 1, "openid-first")) }) // taken alone, waits for the connection
	eventually(t, func() bool { return db.Stats().Batches > 0 })
	start(&all)
	eventually(t, func() bool { return db.Stats().Waiting == n })
	release()
	all.Wait()
}

func eventually(t *testing.T, is func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for ctx := within(t, 10*time.Second); !is(); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("it never came to that")
		}
	}
}

func TestQueuedTurnsShareATransaction(t *testing.T) {
	db := storetest.Open(t)
	c := community(t, db, "钮")
	before := db.Stats().Batches
	queued(t, db, 40, func(all *sync.WaitGroup) {
		for i := range 40 {
			a := civic.Account(fmt.Sprintf("openid-%d", i))
			all.Go(func() { must(t, db, commit(fmt.Sprintf("run-%d", i), 1, a, need(a, c.ID, "路灯坏了"))) })
		}
	})
	if s := db.Stats(); s.Batches-before != 2 || s.Commits != 41 {
		t.Errorf("stats %+v: want two transactions", s)
	}
}

func TestOneRefusedInABatch(t *testing.T) {
	db := storetest.Open(t)
	c := community(t, db, "钮")
	own := released(t, db, c.ID, "北门的路灯坏了")
	queued(t, db, 20, func(all *sync.WaitGroup) {
		for i := range 20 {
			a := civic.Account(fmt.Sprintf("openid-%d", i))
			all.Go(func() {
				if i == 7 {
					refused(t, db, commit("own", 1, "author", civic.EndorseNeed{Account: "author", Need: own.ID}))
					return
				}
				must(t, db, commit(fmt.Sprintf("run-%d", i), 1, a, need(a, c.ID, "电梯坏了")))
			})
		}
	})
	if s := db.Stats(); s.Batches != 4 || s.Commits != 20 || s.Refused != 1 { // first, all, all but one, that one
		t.Errorf("stats %+v", s)
	}
	if _, ok, _ := db.Needs().ByNumber(within(t, 10*time.Second), c.ID, 0, 20); !ok {
		t.Error("number 20 is missing")
	}
	if _, ok, _ := db.Needs().ByNumber(within(t, 10*time.Second), c.ID, 0, 21); ok {
		t.Error("a number too many")
	}
}

func TestSameMessageInTwoRunsOfABatch(t *testing.T) {
	db := storetest.Open(t)
	c := community(t, db, "钮")
	receipts := make([]civic.Receipt, 6)
	queued(t, db, 6, func(all *sync.WaitGroup) {
		for i := range receipts {
			turn := commit(fmt.Sprintf("run-%d", i%3), 1, "openid-A", need("openid-A", c.ID, "路灯坏了"))
			turn.Key = "message"
			all.Go(func() { receipts[i] = must(t, db, turn) })
		}
	})
	for _, r := range receipts {
		if r != receipts[0] || r.Number == "" {
			t.Errorf("receipts %+v and %+v", receipts[0], r)
		}
	}
	if _, total, err := db.Needs().Mine(within(t, 10*time.Second), "openid-A", 0, 1); total != 1 || err != nil {
		t.Errorf("%d needs, %v", total, err)
	}
}

func TestCallerLeaves(t *testing.T) {
	db := storetest.Open(t)
	c := community(t, db, "钮")
	if _, ok, err := db.Communities().Community(within(t, 10*time.Second), c.ID); !ok || err != nil {
		t.Fatal(ok, err) // known from now on: in memory, reading waits while the connection is held
	}
	release, err := store.Hold(within(t, 10*time.Second), db)
	if err != nil {
		t.Fatal(err)
	}
	leaving := func(run string, wait func() bool) error {
		ctx, leave := context.WithCancel(context.Background())
		defer leave()
		done := make(chan error, 1)
		go func() {
			_, err := db.Commit(ctx, commit(run, 1, "openid-A", need("openid-A", c.ID, "路灯坏了")))
			done <- err
		}()
		eventually(t, wait)
		leave()
		return <-done
	}
	inFlight := leaving("run-1", func() bool { return db.Stats().Batches == 1 })
	if !errors.Is(inFlight, store.ErrUnsure) {
		t.Errorf("left in flight: %v", inFlight)
	}
	waiting := leaving("run-2", func() bool { return db.Stats().Waiting == 1 })
	if !errors.Is(waiting, store.ErrBusy) || errors.Is(waiting, store.ErrUnsure) {
		t.Errorf("left while waiting: %v", waiting)
	}
	release()
	r := must(t, db, commit("run-1", 1, "openid-A", need("openid-A", c.ID, "路灯坏了")))
	if _, total, err := db.Needs().Mine(within(t, 10*time.Second), "openid-A", 0, 1); total != 1 || err != nil || r.Number == "" {
		t.Errorf("%d needs, %v, receipt %+v", total, err, r)
	}
}

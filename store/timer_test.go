package store_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

func timer(id string, rev int, due time.Time) civic.Timer {
	return civic.Timer{ID: id, Rev: rev, Kind: "close", Args: []byte(`{"poll":12}`), DueAt: due.Truncate(time.Millisecond)}
}

func due(t testing.TB, db *store.DB, owner string) []civic.Timer {
	t.Helper()
	ts, err := db.ClaimTimers(within(t, 10*time.Second), owner, 10, leased)
	if err != nil {
		t.Fatalf("claim timers: %v", err)
	}
	return ts
}

func firing(t civic.Timer) store.Commit {
	return store.Commit{Run: store.TimerRun(t), N: 1, Account: "program", Final: true, Effects: []any{civic.FireTimer{ID: t.ID, Rev: t.Rev, DueAt: t.DueAt}}}
}

func TestTimerFiresOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 20*time.Second)
		now := db.Clock().Now()
		must(t, db, commit("arm", 1, "staff", civic.ArmTimer{Timer: timer("poll-12/close", 1, now.Add(time.Hour))}))
		if ts := due(t, db, "w1"); len(ts) != 0 {
			t.Errorf("due an hour early: %+v", ts)
		}
		db.Clock().Shift(time.Hour)
		ts := due(t, db, "w1")
		if len(ts) != 1 || ts[0].Kind != "close" || string(ts[0].Args) != `{"poll":12}` || !ts[0].DueAt.Equal(now.Add(time.Hour).Truncate(time.Millisecond)) {
			t.Fatalf("due: %+v", ts)
		}
		if again := due(t, db, "w2"); len(again) != 0 {
			t.Errorf("claimed twice: %+v", again)
		}
		db.Clock().Shift(2 * leased) // w1 died
		if again := due(t, db, "w2"); len(again) != 1 {
			t.Fatalf("after the lease: %+v", again)
		}
		if age, err := db.TimerAge(ctx); err != nil || age != 0 {
			t.Errorf("age while leased: %v %v", age, err)
		}
		must(t, db, firing(ts[0]))
		must(t, db, firing(ts[0])) // a repeat gets the first receipt
		if _, err := db.Commit(ctx, store.Commit{Run: "other", N: 1, Account: "program", Effects: firing(ts[0]).Effects}); !errors.Is(err, store.ErrStale) {
			t.Errorf("fired under another run: %v", err)
		}
		db.Clock().Shift(time.Hour)
		if left := due(t, db, "w3"); len(left) != 0 {
			t.Errorf("left: %+v", left)
		}
	})
}

func TestTimerMovesAndRepeats(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 20*time.Second)
		now := db.Clock().Now()
		arm := func(tm civic.Timer) {
			t.Helper()
			if err := db.ArmTimer(ctx, tm); err != nil {
				t.Fatalf("arm: %v", err)
			}
		}
		arm(timer("a", 1, now))
		old := due(t, db, "w")[0]
		arm(timer("a", 3, now.Add(time.Hour)))   // moved on
		arm(timer("a", 2, now.Add(time.Minute))) // comes too late
		if _, err := db.Commit(ctx, firing(old)); !errors.Is(err, store.ErrStale) {
			t.Errorf("a stale timer did something: %v", err)
		}
		db.Clock().Shift(30 * time.Minute)
		if ts := due(t, db, "w"); len(ts) != 0 {
			t.Errorf("due early: %+v", ts)
		}
		if was, err := db.CancelTimer(ctx, "a", 2); err != nil || was {
			t.Errorf("cancelled by an earlier revision: %v %v", was, err)
		}
		if was, err := db.CancelTimer(ctx, "a", 3); err != nil || !was {
			t.Errorf("cancelled: %v %v", was, err)
		}
		every := timer("b", 1, db.Clock().Now())
		every.Every = time.Hour
		arm(every)
		for i, shift := range []time.Duration{0, time.Hour, 150 * time.Minute} {
			db.Clock().Shift(shift)
			ts := due(t, db, "w")
			if len(ts) != 1 {
				t.Fatalf("time %d: %+v", i, ts)
			}
			if again := must(t, db, firing(ts[0])); !again.Final {
				t.Errorf("receipt %+v", again)
			}
			if more := due(t, db, "w"); len(more) != 0 {
				t.Errorf("time %d: at once again: %+v", i, more)
			}
		}
		if ts := due(t, db, "w"); len(ts) != 0 {
			t.Errorf("missed times: %+v", ts)
		}
		db.Clock().Shift(30 * time.Minute)
		if ts := due(t, db, "w"); len(ts) != 1 {
			t.Errorf("after missed times: %+v", ts)
		}
	})
}

// One thing is done and one fires at the same moment, from two replicas, many times over.
func TestDoneOrFiredExactlyOneWins(t *testing.T) {
	dsns := map[string]func(*testing.T) string{
		"sqlite": func(t *testing.T) string { return "sqlite:" + t.TempDir() + "/yishi.db" },
		"mysql":  func(t *testing.T) string { return "mysql:" + storetest.MySQL(t) },
	}
	for name, address := range dsns {
		t.Run(name, func(t *testing.T) {
			dsn := address(t)
			one, two := storetest.OpenDSN(t, dsn), storetest.OpenDSN(t, dsn)
			const rounds = 60
			var all sync.WaitGroup
			won := [2]atomic.Int32{}
			for i := range rounds {
				tm := timer(fmt.Sprintf("poll-%d/close", i), 1, one.Clock().Now())
				if err := one.ArmTimer(within(t, 10*time.Second), tm); err != nil {
					t.Fatal(err)
				}
				var done, fired bool
				run := func(db *store.DB, c store.Commit, win *bool) {
					_, err := db.Commit(within(t, 20*time.Second), c)
					for errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrUnsure) {
						_, err = db.Commit(within(t, 20*time.Second), c)
					}
					var refusal *civic.Refusal
					switch {
					case err == nil:
						*win = true
					case !errors.Is(err, store.ErrStale) && !errors.As(err, &refusal):
						t.Errorf("commit: %v", err)
					}
				}
				all.Go(func() {
					run(one, commit(fmt.Sprintf("done-%d", i), 1, "resident", civic.CancelTimer{ID: tm.ID, Rev: tm.Rev, Late: "已经截止了。"}), &done)
				})
				all.Go(func() { run(two, firing(tm), &fired) })
				all.Wait()
				if done == fired {
					t.Errorf("round %d: done %v, fired %v", i, done, fired)
				}
				if done {
					won[0].Add(1)
				} else {
					won[1].Add(1)
				}
			}
			t.Logf("done %d, fired %d", won[0].Load(), won[1].Load())
		})
	}
}

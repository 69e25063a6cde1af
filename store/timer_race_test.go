package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// replicas opens one database twice, on each dialect.
func replicas(t *testing.T, f func(t *testing.T, one, two *store.DB)) {
	t.Helper()
	for name, address := range map[string]func(*testing.T) string{
		"sqlite": func(t *testing.T) string { return "sqlite:" + t.TempDir() + "/yishi.db" },
		"mysql":  func(t *testing.T) string { return "mysql:" + storetest.MySQL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			dsn := address(t)
			f(t, storetest.OpenDSN(t, dsn), storetest.OpenDSN(t, dsn))
		})
	}
}

// insistent commits until it is sure what became of it; false is a stale timer.
func insistent(t *testing.T, db *store.DB, c store.Commit) bool {
	t.Helper()
	ctx := within(t, 20*time.Second)
	_, err := db.Commit(ctx, c)
	for errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrUnsure) {
		_, err = db.Commit(ctx, c)
	}
	if err != nil && !errors.Is(err, store.ErrStale) {
		t.Errorf("commit: %v", err)
	}
	return err == nil
}

// claimsOf is a timer claimed by several replicas at once; at most one gets it.
func claimsOf(t *testing.T, name string, dbs ...*store.DB) []civic.Timer {
	t.Helper()
	var all []civic.Timer
	var mu sync.Mutex
	var done sync.WaitGroup
	for i, db := range dbs {
		done.Go(func() {
			some, err := db.ClaimTimers(within(t, 20*time.Second), fmt.Sprintf("%s-%d", name, i), 10, time.Minute)
			if err != nil {
				t.Errorf("claim: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, some...)
		})
	}
	done.Wait()
	return all
}

// TestMovedOrFired moves a timer by a commit at the moment when another replica fires it, many
// times over: it fires as it was, or as it was moved, and never both for one time.
func TestMovedOrFired(t *testing.T) {
	replicas(t, func(t *testing.T, one, two *store.DB) {
		moved, fired := 0, 0
		for i := range 60 {
			now := one.Clock().Now()
			tm := timer(fmt.Sprintf("poll-%d/close", i), 1, now)
			if err := one.ArmTimer(within(t, 10*time.Second), tm); err != nil {
				t.Fatal(err)
			}
			got := claimsOf(t, fmt.Sprint("round", i), one, two)
			if len(got) == 0 { // a claim whose answer a busy machine lost ends with its lease
				one.Clock().Shift(time.Second)
				if age, err := one.TimerAge(within(t, 10*time.Second)); err != nil || age != 0 {
					t.Fatalf("round %d: nobody has claimed it: %v %v", i, age, err)
				}
				one.Clock().Shift(2 * time.Minute)
				two.Clock().Shift(2*time.Minute + time.Second)
				got = claimsOf(t, fmt.Sprint("again", i), one, two)
			}
			if len(got) != 1 || got[0].ID != tm.ID {
				t.Fatalf("round %d: claimed %+v", i, got)
			}
			next := timer(tm.ID, 2, now.Add(time.Hour))
			var won bool
			var both sync.WaitGroup
			both.Go(func() {
				insistent(t, one, commit(fmt.Sprintf("move-%d", i), 1, "staff", civic.ArmTimer{Timer: next}))
			})
			both.Go(func() { won = insistent(t, two, firing(got[0])) })
			both.Wait()
			// The move is made in any case: after the firing it arms anew.
			if insistent(t, two, store.Commit{Run: fmt.Sprintf("again-%d", i), N: 1, Account: "program", Final: true, Effects: firing(got[0]).Effects}) {
				t.Errorf("round %d: the old time fired twice", i)
			}
			if won {
				fired++
			} else {
				moved++
			}
			if was, err := one.CancelTimer(within(t, 10*time.Second), tm.ID, 2); err != nil || !was {
				t.Errorf("round %d: the new time is not armed: %v", i, err)
			}
		}
		t.Logf("moved %d, fired %d", moved, fired)
	})
}

// TestRepeatsOnceAPeriod has two replicas claim and fire a repeating timer at every time: one
// firing a period, also when both hold it because the first one's lease has ended.
func TestRepeatsOnceAPeriod(t *testing.T) {
	replicas(t, func(t *testing.T, one, two *store.DB) {
		tm := timer("tick", 1, one.Clock().Now())
		tm.Every = time.Hour
		if err := one.ArmTimer(within(t, 10*time.Second), tm); err != nil {
			t.Fatal(err)
		}
		for i := range 12 {
			got := claimsOf(t, fmt.Sprint("period", i), one, two)
			if len(got) != 1 {
				t.Fatalf("period %d: claimed %+v", i, got)
			}
			one.Clock().Shift(2 * time.Minute) // the lease has ended: the other takes it up
			two.Clock().Shift(2 * time.Minute)
			again := claimsOf(t, fmt.Sprint("late", i), one, two)
			if len(again) != 1 || !again[0].DueAt.Equal(got[0].DueAt) {
				t.Fatalf("period %d: taken up %+v", i, again)
			}
			fired := [2]bool{}
			var both sync.WaitGroup
			both.Go(func() {
				fired[0] = insistent(t, one, store.Commit{Run: fmt.Sprintf("first-%d", i), N: 1, Account: "program", Final: true, Effects: firing(got[0]).Effects})
			})
			both.Go(func() {
				fired[1] = insistent(t, two, store.Commit{Run: fmt.Sprintf("second-%d", i), N: 1, Account: "program", Final: true, Effects: firing(again[0]).Effects})
			})
			both.Wait()
			if fired[0] == fired[1] {
				t.Errorf("period %d: fired %v", i, fired)
			}
			if more := claimsOf(t, fmt.Sprint("more", i), one, two); len(more) != 0 {
				t.Errorf("period %d: due at once again: %+v", i, more)
			}
			one.Clock().Shift(58 * time.Minute)
			two.Clock().Shift(58 * time.Minute)
		}
	})
}

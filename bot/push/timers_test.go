package push

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"yishi/flows/civic"
)

// armed is a fake of the timers' table: what is fired is guarded as the store guards it.
type armed struct {
	mu     sync.Mutex
	timers map[string]civic.Timer
	next   map[string]time.Time
	fired  map[string]int
	fail   int // calls of fire that come to nothing
}

func (a *armed) ClaimTimers(_ context.Context, _ string, n int, lease time.Duration) ([]civic.Timer, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var due []civic.Timer
	for id, t := range a.timers {
		if len(due) < n && !time.Now().Before(t.DueAt) && !time.Now().Before(a.next[id]) {
			a.next[id] = time.Now().Add(lease)
			due = append(due, t)
		}
	}
	return due, nil
}

func (a *armed) fire(_ context.Context, t civic.Timer) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fail > 0 {
		a.fail--
		return errors.New("database is away")
	}
	if is, ok := a.timers[t.ID]; !ok || is.Rev != t.Rev || !is.DueAt.Equal(t.DueAt) {
		return ErrStale
	}
	a.fired[t.ID]++
	if t.Every > 0 {
		t.DueAt = t.DueAt.Add(t.Every)
		a.timers[t.ID], a.next[t.ID] = t, time.Time{}
		return nil
	}
	delete(a.timers, t.ID)
	return nil
}

func (a *armed) run(t *testing.T, replicas int, span time.Duration) map[Outcome]int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), span)
	defer cancel()
	var mu sync.Mutex
	seen := map[Outcome]int{}
	var all sync.WaitGroup
	for range replicas {
		l, err := NewTimers(TimersConfig{Queue: a, Fire: a.fire, Now: time.Now, Log: slog.New(slog.DiscardHandler), Observe: func(_ string, o Outcome, _ time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			seen[o]++
		}})
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() { l.Run(ctx) })
	}
	all.Wait()
	return seen
}

func newArmed(all ...civic.Timer) *armed {
	a := &armed{timers: map[string]civic.Timer{}, next: map[string]time.Time{}, fired: map[string]int{}}
	for _, t := range all {
		a.timers[t.ID] = t
	}
	return a
}

func TestTimers(t *testing.T) {
	rows := map[string]struct {
		every time.Duration
		fail  int
		span  time.Duration
		want  int
	}{
		"not due yet":         {span: 4 * time.Second, want: 0},
		"due":                 {span: 8 * time.Second, want: 1},
		"due, then failing":   {span: 40 * time.Second, fail: 2, want: 1},
		"repeats each minute": {span: 5*time.Minute + 10*time.Second, every: time.Minute, want: 6},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newArmed(civic.Timer{ID: "poll-12/close", Rev: 3, DueAt: time.Now().Add(5 * time.Second), Every: row.every})
				a.fail = row.fail
				seen := a.run(t, 2, row.span)
				if a.fired["poll-12/close"] != row.want || seen[Fired] != row.want || seen[Retried] != row.fail {
					t.Errorf("fired %d times, saw %v; want %d", a.fired["poll-12/close"], seen, row.want)
				}
			})
		})
	}
}

func TestStaleTimerDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newArmed(civic.Timer{ID: "need-7/remind", Rev: 1, DueAt: time.Now().Add(-time.Second)})
		claimed, err := a.ClaimTimers(t.Context(), "somebody slow", 1, time.Minute)
		if err != nil || len(claimed) != 1 {
			t.Fatal(claimed, err)
		}
		delete(a.timers, "need-7/remind") // the thing was done
		if err := a.fire(t.Context(), claimed[0]); !errors.Is(err, ErrStale) {
			t.Errorf("got %v, want ErrStale", err)
		}
		a.timers["need-7/remind"] = civic.Timer{ID: "need-7/remind", Rev: 2, DueAt: time.Now().Add(-time.Second)}
		a.next = map[string]time.Time{}
		late := a.fire
		a2 := &lateFire{armed: a, do: func(ctx context.Context, tm civic.Timer) error {
			tm.Rev = 1 // as if it had been claimed before it moved
			return late(ctx, tm)
		}}
		if seen := a2.run(t); seen[Stale] == 0 || seen[Fired] != 0 || a.fired["need-7/remind"] != 0 {
			t.Errorf("saw %v, fired %v", seen, a.fired)
		}
	})
}

// lateFire fires through do.
type lateFire struct {
	*armed
	do func(context.Context, civic.Timer) error
}

func (f *lateFire) run(t *testing.T) map[Outcome]int {
	t.Helper()
	seen := map[Outcome]int{}
	l, err := NewTimers(TimersConfig{Queue: f.armed, Fire: f.do, Now: time.Now, Log: slog.New(slog.DiscardHandler), Observe: func(_ string, o Outcome, _ time.Duration) { seen[o]++ }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	l.Run(ctx)
	return seen
}

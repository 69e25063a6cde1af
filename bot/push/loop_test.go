package push

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig drives a loop over int jobs in fake time.
type rig struct {
	Spec[int]
	mu       sync.Mutex
	rows     []int
	claims   []time.Time
	claimErr error
	outcomes map[Outcome]int
	log      bytes.Buffer
}

func newRig(rows ...int) *rig {
	r := &rig{rows: rows, outcomes: map[Outcome]int{}}
	r.Spec = Spec[int]{
		Name: "test", Now: time.Now, Claim: r.claim, Panicked: func(context.Context, int) {},
		Log:    slog.New(slog.NewTextHandler(&r.log, nil)),
		Handle: func(context.Context, int) Outcome { return "done" },
		Observe: func(_ string, o Outcome, _ time.Duration) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.outcomes[o]++
		},
	}
	return r
}

func (r *rig) claim(_ context.Context, n int, _ time.Duration) ([]int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.claims = append(r.claims, time.Now())
	if r.claimErr != nil {
		return nil, r.claimErr
	}
	n = min(n, len(r.rows))
	rows := r.rows[:n]
	r.rows = r.rows[n:]
	return rows, nil
}

func (r *rig) add(rows ...int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, rows...)
}

// run starts the loop; the returned function stops it and says how long that took.
func (r *rig) run(t *testing.T) (*Loop[int], func() time.Duration) {
	t.Helper()
	l, err := NewLoop(r.Spec)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.Run(ctx)
	}()
	return l, func() time.Duration {
		from := time.Now()
		cancel()
		<-ended
		return time.Since(from)
	}
}

func (r *rig) want(t *testing.T, outcomes map[Outcome]int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !maps.Equal(r.outcomes, outcomes) {
		t.Errorf("outcomes %v, want %v", r.outcomes, outcomes)
	}
}

func count(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func TestLoopWorksOffAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(count(100)...)
		r.Concurrency, r.Batch = 3, 7
		var now, most int
		seen := map[int]int{}
		r.Handle = func(_ context.Context, job int) Outcome {
			r.mu.Lock()
			now++
			most = max(most, now)
			seen[job]++
			r.mu.Unlock()
			<-time.After(time.Second)
			r.mu.Lock()
			now--
			r.mu.Unlock()
			return "done"
		}
		_, stop := r.run(t)
		<-time.After(time.Minute)
		stop()
		r.want(t, map[Outcome]int{"done": 100})
		if most != 3 || len(seen) != 100 {
			t.Errorf("%d at once, %d rows seen; want 3 and 100", most, len(seen))
		}
	})
}

func TestLoopPollsAndWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		l, stop := r.run(t)
		<-time.After(time.Minute)
		synctest.Wait()
		for i := 1; i < len(r.claims); i++ {
			if pause := r.claims[i].Sub(r.claims[i-1]); pause < 1600*time.Millisecond || pause > 2400*time.Millisecond {
				t.Errorf("pause %d was %v, want 2 s give or take a fifth", i, pause)
			}
		}
		r.add(1)
		from := time.Now()
		l.Wake()
		l.Wake() // more than one is harmless
		synctest.Wait()
		if took := time.Since(from); took != 0 {
			t.Errorf("woken after %v", took)
		}
		r.want(t, map[Outcome]int{"done": 1})
		if took := stop(); took != 0 {
			t.Errorf("an idle loop took %v to stop", took)
		}
	})
}

func TestLoopOutlivesAQueueThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(1)
		r.claimErr = errors.New("connection refused")
		_, stop := r.run(t)
		<-time.After(time.Minute)
		r.mu.Lock()
		r.claimErr = nil
		failed := r.outcomes[ClaimFailed]
		r.mu.Unlock()
		<-time.After(3 * time.Second)
		stop()
		if failed < 20 {
			t.Errorf("%d failed claims counted in a minute, want some 30", failed)
		}
		if n := strings.Count(r.log.String(), "cannot be asked"); n != 1 {
			t.Errorf("told %d times, want once", n)
		}
		if n := strings.Count(r.log.String(), "answers again"); n != 1 {
			t.Errorf("recovery told %d times, want once", n)
		}
		if r.outcomes["done"] != 1 {
			t.Error("the row was not handled after the queue came back")
		}
	})
}

func TestLoopRecoversPanics(t *testing.T) {
	rows := map[string]struct {
		do        func()
		inLog     string
		notInLog  string
		badSettle bool
	}{
		"runtime error": {do: func() { none := count(0); none[0]++ }, inLog: "out of range"},
		"words":         {do: func() { panic("words of a resident") }, inLog: "cause=string", notInLog: "words of a resident"},
		"settling too":  {do: func() { panic(1) }, inLog: "at=settle", badSettle: true},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(1, 2, 3)
				var settled []int
				r.Handle = func(_ context.Context, job int) Outcome {
					if job == 2 {
						row.do()
					}
					return "done"
				}
				r.Panicked = func(ctx context.Context, job int) {
					if row.badSettle {
						panic("again")
					}
					if ctx.Err() == nil {
						settled = append(settled, job)
					}
				}
				_, stop := r.run(t)
				<-time.After(time.Minute)
				stop()
				r.want(t, map[Outcome]int{"done": 2, Panicked: 1})
				if !row.badSettle && (len(settled) != 1 || settled[0] != 2) {
					t.Errorf("settled %v, want row 2", settled)
				}
				if !strings.Contains(r.log.String(), row.inLog) {
					t.Errorf("log lacks %q", row.inLog)
				}
				if row.notInLog != "" && strings.Contains(r.log.String(), row.notInLog) {
					t.Errorf("log holds %q", row.notInLog)
				}
			})
		})
	}
}

func TestLoopDrains(t *testing.T) {
	rows := map[string]struct {
		needs time.Duration // of each row
		stop  time.Duration // how long stopping takes
		done  map[Outcome]int
	}{
		"ends what is in hand":     {needs: 5 * time.Second, stop: 4 * time.Second, done: map[Outcome]int{"done": 2}},
		"drops it after the grace": {needs: time.Hour, stop: defaultGrace, done: map[Outcome]int{"dropped": 2}},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(count(10)...)
				r.Concurrency, r.Batch = 2, 6
				r.Handle = func(ctx context.Context, _ int) Outcome {
					select {
					case <-time.After(row.needs):
						return "done"
					case <-ctx.Done():
						return "dropped"
					}
				}
				_, stop := r.run(t)
				<-time.After(time.Second)
				if took := stop(); took != row.stop {
					t.Errorf("stopping took %v, want %v", took, row.stop)
				}
				r.want(t, row.done) // four claimed rows were not begun
				if len(r.rows) != 4 {
					t.Errorf("%d rows left unclaimed, want 4", len(r.rows))
				}
			})
		})
	}
}

func TestLoopHeedsLimitAndLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(count(5)...)
		r.Batch, r.Limit, r.Lease = 5, 10*time.Second, 25*time.Second
		r.Handle = func(ctx context.Context, _ int) Outcome {
			<-ctx.Done()
			return "cut"
		}
		_, stop := r.run(t)
		<-time.After(time.Minute)
		stop()
		// Begun at 0 s and 10 s; at 20 s less than a limit is left of the lease.
		r.want(t, map[Outcome]int{"cut": 2, Late: 3})
	})
}

func TestNewLoopFaults(t *testing.T) {
	rows := map[string]func(*Spec[int]){
		"no name":       func(s *Spec[int]) { s.Name = "" },
		"no claim":      func(s *Spec[int]) { s.Claim = nil },
		"no handler":    func(s *Spec[int]) { s.Handle = nil },
		"no retry":      func(s *Spec[int]) { s.Panicked = nil },
		"no clock":      func(s *Spec[int]) { s.Now = nil },
		"no log":        func(s *Spec[int]) { s.Log = nil },
		"short lease":   func(s *Spec[int]) { s.Limit, s.Lease = time.Minute, time.Minute },
		"negative poll": func(s *Spec[int]) { s.Poll = -1 },
	}
	for name, spoil := range rows {
		t.Run(name, func(t *testing.T) {
			r := newRig()
			spoil(&r.Spec)
			if _, err := NewLoop(r.Spec); err == nil {
				t.Error("no error")
			}
		})
	}
}

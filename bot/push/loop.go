// Package push works off rows that wait in SQL: photos and voices to fetch now, deliveries
// and timers by the same loop. The row is the queue and the truth. A worker claims rows under
// a lease; one that dies leaves its rows to their lease, and another takes them up. Whatever
// a handler does must therefore be harmless when it is done again.
package push

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// Outcome says how the work on one row ended. It is a metric label: a short, fixed word.
type Outcome string

// What the loop itself observes beside the outcomes of its handlers.
const (
	Panicked     Outcome = "panic"        // the handler panicked; the row was handed to Spec.Panicked
	Late         Outcome = "late"         // too little was left of the lease; the row waits for its next claim
	ClaimFailed  Outcome = "claim_failed" // the queue could not be asked
	claimLimit           = 5 * time.Second
	settleLimit          = 5 * time.Second
	pollJitter           = 0.2 // of Poll, either way
	defaultPoll          = 2 * time.Second
	defaultGrace         = 10 * time.Second
)

// Spec says what a loop works off and how. Name, Claim, Handle, Panicked, Now and Log must be
// set; zero means the stated default elsewhere.
type Spec[J any] struct {
	// Name of the queue, for logs and metrics.
	Name string
	// Claim takes at most n due rows under a lease that begins now. No rows is no error.
	Claim func(ctx context.Context, n int, lease time.Duration) ([]J, error)
	// Handle works one row off and settles it: done, failed for good, or due again later.
	// ctx ends after Limit, or Grace after the loop was told to stop.
	Handle func(ctx context.Context, job J) Outcome
	// Panicked settles a row whose handler panicked, as a retry.
	Panicked func(ctx context.Context, job J)
	// Concurrency is how many rows are in hand at once. Default 1.
	Concurrency int
	// Batch is how many rows one claim takes at most. Default Concurrency. Rows beyond the
	// free hands wait in memory while their lease runs.
	Batch int
	// Poll is the pause after a claim that found nothing, give or take a fifth. Default 2 s.
	Poll time.Duration
	// Limit is the time for one row. Default 1 min.
	Limit time.Duration
	// Lease is how long a claimed row is ours. Default and least: twice Limit, so that no two
	// workers have a row in hand while clocks and settling take their time.
	Lease time.Duration
	// Grace is what rows in hand get to end once the loop is told to stop. Default 10 s.
	Grace time.Duration
	// Now is the program's clock.
	Now func() time.Time
	// Observe counts and times what happened; nil means nobody looks.
	Observe func(queue string, outcome Outcome, took time.Duration)
	// Log gets one line for what an operator should know.
	Log *slog.Logger
}

// Loop claims rows and has them handled, until it is told to stop. Create it with NewLoop.
type Loop[J any] struct {
	spec Spec[J]
	wake chan struct{}
	down bool // the last claim failed; only Run's goroutine looks
}

// NewLoop checks the spec and fills in its defaults. Every fault it names is the program's.
func NewLoop[J any](s Spec[J]) (*Loop[J], error) {
	if s.Name == "" || s.Claim == nil || s.Handle == nil || s.Panicked == nil || s.Now == nil || s.Log == nil {
		return nil, fmt.Errorf("loop %q: Name, Claim, Handle, Panicked, Now and Log must be set", s.Name)
	}
	s.Concurrency = max(s.Concurrency, 1)
	if s.Batch == 0 {
		s.Batch = s.Concurrency
	}
	s.Poll = orElse(s.Poll, defaultPoll)
	s.Limit = orElse(s.Limit, time.Minute)
	s.Lease = orElse(s.Lease, 2*s.Limit)
	s.Grace = orElse(s.Grace, defaultGrace)
	if s.Batch < 0 || s.Poll < 0 || s.Limit < 0 || s.Grace < 0 {
		return nil, fmt.Errorf("loop %q: negative setting", s.Name)
	}
	if s.Lease < 2*s.Limit {
		return nil, fmt.Errorf("loop %q: the lease %v is shorter than twice the limit %v", s.Name, s.Lease, s.Limit)
	}
	if s.Observe == nil {
		s.Observe = func(string, Outcome, time.Duration) {}
	}
	return &Loop[J]{spec: s, wake: make(chan struct{}, 1)}, nil
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// Wake has the loop look for rows at once, such as after a commit that made one. It never
// blocks, and a call that is lost costs one pause.
func (l *Loop[J]) Wake() {
	select {
	case l.wake <- struct{}{}:
	default: // it is about to look anyway
	}
}

// Run works until ctx ends. Then it claims nothing more, gives the rows in hand Grace to end,
// leaves what was claimed but not begun to its lease, and returns. Run it once.
func (l *Loop[J]) Run(ctx context.Context) {
	hand, drop := context.WithCancel(context.WithoutCancel(ctx))
	defer drop()
	slots := make(chan struct{}, l.spec.Concurrency)
	var inHand sync.WaitGroup
	for take(ctx, slots) {
		from := l.spec.Now()
		jobs := l.claim(ctx)
		if len(jobs) == 0 {
			<-slots
			l.rest(ctx)
			continue
		}
		for i, job := range jobs {
			if i > 0 && !take(ctx, slots) {
				break
			}
			inHand.Go(func() {
				defer func() { <-slots }()
				l.handle(hand, job, from)
			})
		}
	}
	l.drain(&inHand, drop)
}

// take waits for a free hand; false means that ctx ended.
func take(ctx context.Context, slots chan<- struct{}) bool {
	if ctx.Err() != nil {
		return false // select picks at random when both are ready
	}
	select {
	case slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// claim asks the queue. A fault is told once and the queue asked again after a pause.
func (l *Loop[J]) claim(ctx context.Context) []J {
	from := l.spec.Now()
	asking, done := context.WithTimeout(ctx, claimLimit)
	defer done()
	jobs, err := l.spec.Claim(asking, l.spec.Batch, l.spec.Lease)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		l.spec.Observe(l.spec.Name, ClaimFailed, l.spec.Now().Sub(from))
		if !l.down {
			l.down = true
			l.spec.Log.ErrorContext(ctx, "queue cannot be asked", "queue", l.spec.Name, "error", err)
		}
		return nil
	}
	if l.down {
		l.down = false
		l.spec.Log.InfoContext(ctx, "queue answers again", "queue", l.spec.Name)
	}
	return jobs
}

// rest waits for a wake-up, the next poll or the end.
func (l *Loop[J]) rest(ctx context.Context) {
	pause := time.NewTimer(spread(l.spec.Poll, pollJitter))
	defer pause.Stop()
	select {
	case <-l.wake:
	case <-pause.C:
	case <-ctx.Done():
	}
}

// spread moves d by up to the part j of itself either way, so that replicas do not march in step.
func spread(d time.Duration, j float64) time.Duration {
	return time.Duration(float64(d) * (1 - j + 2*j*rand.Float64()))
}

// handle works one row off, claimed at from.
func (l *Loop[J]) handle(hand context.Context, job J, from time.Time) {
	begin := l.spec.Now()
	if begin.Sub(from) > l.spec.Lease-l.spec.Limit {
		l.spec.Observe(l.spec.Name, Late, 0)
		return
	}
	ctx, done := context.WithTimeout(hand, l.spec.Limit)
	defer done()
	outcome := l.guard(ctx, job)
	l.spec.Observe(l.spec.Name, outcome, l.spec.Now().Sub(begin))
}

// guard calls the handler and turns a panic into a retry. What was panicked with may hold
// anything, so only its type is logged, or its words where the runtime wrote them.
func (l *Loop[J]) guard(ctx context.Context, job J) (outcome Outcome) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		outcome = Panicked
		l.blame(ctx, "handle", cause)
		defer func() {
			if cause := recover(); cause != nil {
				l.blame(ctx, "settle", cause)
			}
		}()
		settle, done := context.WithTimeout(context.WithoutCancel(ctx), settleLimit)
		defer done()
		l.spec.Panicked(settle, job)
	}()
	return l.spec.Handle(ctx, job)
}

func (l *Loop[J]) blame(ctx context.Context, at string, cause any) {
	blame(ctx, l.spec.Log, l.spec.Name, at, cause)
}

func blame(ctx context.Context, log *slog.Logger, queue, at string, cause any) {
	words := fmt.Sprintf("%T", cause)
	if err, ok := cause.(runtime.Error); ok {
		words = err.Error()
	}
	log.ErrorContext(ctx, "handler panicked", "queue", queue, "at", at, "cause", words, "stack", string(debug.Stack()))
}

// drain waits for the rows in hand and drops them when Grace is over.
func (l *Loop[J]) drain(inHand *sync.WaitGroup, drop context.CancelFunc) {
	ended := make(chan struct{})
	go func() {
		inHand.Wait()
		close(ended)
	}()
	grace := time.NewTimer(l.spec.Grace)
	defer grace.Stop()
	select {
	case <-ended:
	case <-grace.C:
		drop()
		<-ended
	}
}

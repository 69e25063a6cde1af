package push

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"yishi/flows/civic"
)

// How a timer ends, beside the loop's own outcomes.
const (
	Fired Outcome = "fired"
	Stale Outcome = "stale" // its subject had moved on: nothing was done
	Left  Outcome = "left"  // it is for a newer version, and stays
)

// ErrStale is what TimersConfig.Fire returns when the timer is not armed any more as it was
// claimed: the thing was done, or moved, before.
var ErrStale = errors.New("timer is stale")

// ErrLeft is what TimersConfig.Fire returns for a timer that it does not know: it stays as it
// is, for a replica of a newer version.
var ErrLeft = errors.New("timer is left to others")

const (
	timersAtOnce = 8
	timersBatch  = 64
	timerLimit   = 4 * time.Second
	timerLease   = 9 * time.Second
	timersPoll   = time.Second
)

// TimerQueue is where timers wait.
type TimerQueue interface {
	// ClaimTimers takes at most n due timers under a lease. One that was not fired by its end
	// is due again then.
	ClaimTimers(ctx context.Context, owner string, n int, lease time.Duration) ([]civic.Timer, error)
}

// TimersConfig is what the timers need. All fields but Observe must be set.
type TimersConfig struct {
	Queue TimerQueue
	// Fire does what is due, in one commit with the guard that the timer is still armed as
	// it was claimed: it may be called again for the same timer, by several replicas. It
	// returns ErrStale when the guard found otherwise.
	Fire    func(ctx context.Context, t civic.Timer) error
	Now     func() time.Time
	Observe func(queue string, outcome Outcome, took time.Duration)
	Log     *slog.Logger
}

// NewTimers makes the loop that fires what is due. It needs no leader: the guard lets one of
// all replicas win. What failed is tried again when its lease has ended.
func NewTimers(c TimersConfig) (*Loop[civic.Timer], error) {
	if c.Queue == nil || c.Fire == nil {
		return nil, errors.New("timers: Queue and Fire must be set")
	}
	owner := rand.Text()
	return NewLoop(Spec[civic.Timer]{
		Name: "timers",
		Claim: func(ctx context.Context, n int, lease time.Duration) ([]civic.Timer, error) {
			all, err := c.Queue.ClaimTimers(ctx, owner, n, lease)
			if err != nil {
				return nil, fmt.Errorf("claim timers: %w", err)
			}
			return all, nil
		},
		Handle: func(ctx context.Context, t civic.Timer) Outcome {
			err := c.Fire(ctx, t)
			switch {
			case err == nil:
				return Fired
			case errors.Is(err, ErrStale):
				return Stale
			case errors.Is(err, ErrLeft):
				return Left
			}
			c.Log.WarnContext(ctx, "timer not fired", "timer", t.ID, "rev", t.Rev, "kind", t.Kind, "error", err)
			return Retried
		},
		Panicked:    func(context.Context, civic.Timer) {}, // its lease puts it off
		Concurrency: timersAtOnce,
		Batch:       timersBatch,
		Poll:        timersPoll,
		Limit:       timerLimit,
		Lease:       timerLease,
		Now:         c.Now,
		Observe:     c.Observe,
		Log:         c.Log,
	})
}

package push

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// How the bell rings. A ring that is lost costs a second, as queues are looked at that often.
const (
	bellPause = 100 * time.Millisecond // between two rings: commits that are close share one
	bellLimit = 250 * time.Millisecond // for one of them
	bellQuiet = time.Minute            // after which the connection is asked whether it lives
	bellAgain = time.Second            // before Redis is asked again
)

// Bell wakes the loops of all replicas through Redis. It carries no work and no truth: rows do.
// A nil Bell wakes nobody else. Create it with NewBell.
type Bell struct {
	client  redis.UniversalClient
	channel string
	log     *slog.Logger
	rung    chan struct{}
}

// NewBell makes the bell of one platform account's replicas.
func NewBell(c redis.UniversalClient, prefix, appID string, log *slog.Logger) *Bell {
	return &Bell{client: c, channel: prefix + "wake:" + appID, log: log, rung: make(chan struct{}, 1)}
}

// Ring has all replicas look at their queues soon. It never blocks and never fails.
func (b *Bell) Ring() {
	if b == nil {
		return
	}
	select {
	case b.rung <- struct{}{}:
	default: // it is about to ring anyway
	}
}

// Run hands rings to the others and calls wake at each of theirs, until ctx ends. Without Redis
// it waits for it; nothing else does.
func (b *Bell) Run(ctx context.Context, wake func()) {
	if b == nil {
		<-ctx.Done()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { b.ring(ctx) })
	both.Go(func() { b.hear(ctx, wake) })
	both.Wait()
}

// ring publishes; what fails is lost.
func (b *Bell) ring(ctx context.Context) {
	for {
		select {
		case <-b.rung:
		case <-ctx.Done():
			return
		}
		limited, done := context.WithTimeout(ctx, bellLimit)
		_ = b.client.Publish(limited, b.channel, "1").Err() // the queues are looked at each second
		done()
		if !nap(ctx, bellPause) {
			return
		}
	}
}

// hear listens, and anew after a fault, when a ring may have been missed.
func (b *Bell) hear(ctx context.Context, wake func()) {
	down := false
	for ctx.Err() == nil {
		err := b.listen(ctx, func() {
			if down {
				down = false
				b.log.InfoContext(ctx, "bell rings again")
			}
			wake()
		})
		if ctx.Err() != nil {
			return
		}
		if !down {
			down = true
			b.log.WarnContext(ctx, "bell cannot be heard", "error", err)
		}
		nap(ctx, spread(bellAgain, pollJitter))
	}
}

// listen calls wake once it can hear, and at each ring, until something fails.
func (b *Bell) listen(ctx context.Context, wake func()) error {
	sub := b.client.Subscribe(ctx, b.channel)
	closed := make(chan struct{})
	ends := context.AfterFunc(ctx, func() {
		defer close(closed)
		_ = sub.Close() // ends what waits for it; its end is all that is wanted
	})
	defer func() {
		if ends() {
			_ = sub.Close() // nothing is under way
			return
		}
		<-closed
	}()
	for asked := false; ; {
		got, err := sub.ReceiveTimeout(ctx, bellQuiet)
		switch {
		case err == nil:
			asked = false
		case isTimeout(err) && !asked:
			asked = true
			if err := sub.Ping(ctx); err != nil {
				return fmt.Errorf("ask bell: %w", err)
			}
			continue
		default:
			return fmt.Errorf("hear bell: %w", err)
		}
		if _, pong := got.(*redis.Pong); !pong {
			wake()
		}
	}
}

// isTimeout says whether nothing came, as against a connection that broke.
func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

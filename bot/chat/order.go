package chat

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// order lets the messages of one account through one at a time, in this process. It only saves
// work: what keeps them apart, here and between replicas, is the revision of the session.
type order struct {
	mu     sync.Mutex
	places map[string]*place
}

// place is one account's, as long as somebody stands in it or waits for it.
type place struct {
	free chan struct{} // holds one while nobody is in
	who  int
}

// enter waits for the account's turn, until ctx ends, and returns how to leave. ok is false when
// ctx ended first; there is nothing to leave then.
func (o *order) enter(ctx context.Context, account string) (leave func(), ok bool) {
	o.mu.Lock()
	if o.places == nil {
		o.places = map[string]*place{}
	}
	p := o.places[account]
	if p == nil {
		p = &place{free: make(chan struct{}, 1)}
		p.free <- struct{}{}
		o.places[account] = p
	}
	p.who++
	o.mu.Unlock()
	gone := func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if p.who--; p.who == 0 {
			delete(o.places, account)
		}
	}
	select {
	case <-p.free:
		return func() { p.free <- struct{}{}; gone() }, true
	case <-ctx.Done():
		gone()
		return nil, false
	}
}

// The pause before a turn is taken again because another replica was faster.
const (
	firstPause = 2 * time.Millisecond
	mostPause  = 60 * time.Millisecond
)

// pause waits a little, longer after each try, so that replicas get out of each other's way. It
// reports whether there is time for another try.
func pause(ctx context.Context, try int) bool {
	most := min(mostPause, firstPause<<min(try, 10))
	t := time.NewTimer(time.Duration(rand.Int64N(int64(most)) + 1)) //nolint:gosec // spreads load, guards nothing
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

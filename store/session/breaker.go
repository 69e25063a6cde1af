package session

import (
	"sync/atomic"
	"time"
)

// A store that failed this often in a row is left alone for a moment, so that turns do not
// each wait for its time-out. Short enough that it is used again within a second of its return.
const (
	breakAfter = 5
	breakFor   = 300 * time.Millisecond
)

const (
	closed  = iota // calls pass
	open           // calls fail at once
	half           // the next call tries
	probing        // one call is trying
)

// breaker decides whether calls pass. It runs on timers of the machine, as the program's
// clock may be moved.
type breaker struct {
	state    atomic.Int32
	failures atomic.Int32
}

// allow says whether a call may pass. After a true one, report or release must follow.
func (b *breaker) allow() bool {
	switch b.state.Load() {
	case closed:
		return true
	case half:
		return b.state.CompareAndSwap(half, probing)
	}
	return false
}

// release takes back an allowed call that was never sent.
func (b *breaker) release() { b.state.CompareAndSwap(probing, half) }

// report notes how a round trip ended.
func (b *breaker) report(ok bool) {
	if ok {
		b.failures.Store(0)
		b.state.Store(closed)
		return
	}
	n := b.failures.Add(1)
	if b.state.CompareAndSwap(probing, open) || n >= breakAfter && b.state.CompareAndSwap(closed, open) {
		time.AfterFunc(breakFor, func() { b.state.CompareAndSwap(open, half) })
	}
}

package session

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
)

// Sizes of the queue in front of the store.
const (
	batchMost = 128  // calls that share a round trip or a transaction
	queueMost = 4096 // calls that may wait
)

var errFull = errors.New("too many calls wait for the session store")

// batcher lets concurrent calls share round trips: whatever has queued while one was under
// way goes with the next. Nobody waits for company.
type batcher[T any] struct {
	queue chan *call[T]
	run   func([]*call[T]) // ends each of them, once
	quit  chan struct{}
	once  sync.Once
	wg    sync.WaitGroup
}

// call is one caller's work on its way.
type call[T any] struct {
	work  T
	taken atomic.Bool // by a worker, or by a caller that gave up
	done  chan error  // holds one
}

func (c *call[T]) end(err error) { c.done <- err }

func newBatcher[T any](workers int, run func([]*call[T])) *batcher[T] {
	b := &batcher[T]{queue: make(chan *call[T], queueMost), run: run, quit: make(chan struct{})}
	for range workers {
		b.wg.Go(b.drive)
	}
	return b
}

// do has work done and returns its error. sent is false when it surely was not begun.
func (b *batcher[T]) do(ctx context.Context, work T) (sent bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	c := &call[T]{work: work, done: make(chan error, 1)}
	select {
	case <-b.quit:
		return false, ErrClosed
	case b.queue <- c:
	default:
		return false, errFull
	}
	quit := b.quit
	for {
		select {
		case err := <-c.done:
			return true, err
		case <-ctx.Done():
			return !c.taken.CompareAndSwap(false, true), ctx.Err()
		case <-quit:
			if c.taken.CompareAndSwap(false, true) {
				return false, ErrClosed
			}
			quit = nil // it is under way: wait for its end
		}
	}
}

func (b *batcher[T]) drive() {
	for {
		select {
		case <-b.quit:
			return
		case c := <-b.queue:
			runtime.Gosched() // whoever is ready to call comes along
			if calls := b.collect(c, batchMost); len(calls) > 0 {
				b.run(calls)
			}
		}
	}
}

// collect claims first, if not nil, and what else waits, at most most of them.
func (b *batcher[T]) collect(first *call[T], most int) []*call[T] {
	var calls []*call[T]
	take := func(c *call[T]) {
		if c.taken.CompareAndSwap(false, true) {
			calls = append(calls, c)
		}
	}
	if first != nil {
		take(first)
	}
	for len(calls) < most {
		select {
		case c := <-b.queue:
			take(c)
		default:
			return calls
		}
	}
	return calls
}

// close ends the workers after what is under way. Waiting and later calls get ErrClosed.
func (b *batcher[T]) close() {
	b.once.Do(func() { close(b.quit) })
	b.wg.Wait()
}

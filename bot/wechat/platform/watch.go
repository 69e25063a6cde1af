package platform

import (
	"sync"
	"sync/atomic"
)

// watchers calls everyone who watches, one event after the other.
type watchers struct {
	order sync.Mutex // held while an event is handed out
	mu    sync.Mutex
	next  int
	list  []watcher
	some  atomic.Bool // somebody watches: without, an event costs nothing
}

type watcher struct {
	id int
	f  func(Event)
}

// Watch calls f for everything that happens, in order. f must not block, nor make a person act.
// After cancel one last call may still be running.
func (p *Platform) Watch(f func(Event)) (cancel func()) {
	w := &p.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next++
	id := w.next
	w.list = append(w.list, watcher{id: id, f: f})
	w.some.Store(true)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		kept := make([]watcher, 0, len(w.list))
		for _, one := range w.list {
			if one.id != id {
				kept = append(kept, one)
			}
		}
		w.list = kept
		w.some.Store(len(kept) > 0)
	}
}

// emit is called without the platform's lock, so that a watcher may ask for anything.
func (p *Platform) emit(e Event) {
	w := &p.watch
	if !w.some.Load() {
		return
	}
	w.order.Lock()
	defer w.order.Unlock()
	w.mu.Lock()
	list := w.list
	w.mu.Unlock()
	if len(list) == 0 {
		return
	}
	if e.At.IsZero() {
		e.At = p.now()
	}
	for _, one := range list {
		one.f(e)
	}
}

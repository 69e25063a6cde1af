package push

import (
	"context"
	"time"
)

// group lets calls share one statement: whoever calls while one is under way goes with the next.
type group[T any] struct {
	in    chan member[T]
	most  int           // of one statement
	pause time.Duration // that the first waits for company; 0: what waits goes at once
	do    func(ctx context.Context, all []T) error
}

type member[T any] struct {
	value T
	done  chan error
}

func newGroup[T any](most int, pause time.Duration, do func(ctx context.Context, all []T) error) *group[T] {
	return &group[T]{in: make(chan member[T], most), most: most, pause: pause, do: do}
}

// call waits until value was part of a statement and returns how that ended. It must not be
// called once the group was closed.
func (g *group[T]) call(value T) error {
	m := member[T]{value: value, done: make(chan error, 1)}
	g.in <- m
	return <-m.done
}

// close ends run once everybody was served.
func (g *group[T]) close() { close(g.in) }

// run serves until the group is closed. ctx is for the statements.
func (g *group[T]) run(ctx context.Context) {
	values := make([]T, 0, g.most)
	members := make([]member[T], 0, g.most)
	for first := range g.in {
		members = g.gather(append(members[:0], first))
		values = values[:0]
		for _, m := range members {
			values = append(values, m.value)
		}
		err := g.do(ctx, values)
		for _, m := range members {
			m.done <- err
		}
		clear(members)
		clear(values)
	}
}

// gather adds who waits, or comes within the pause.
func (g *group[T]) gather(members []member[T]) []member[T] {
	var end <-chan time.Time
	if g.pause > 0 {
		timer := time.NewTimer(g.pause)
		defer timer.Stop()
		end = timer.C
	}
	for len(members) < g.most {
		if end == nil {
			select {
			case m, open := <-g.in:
				if !open {
					return members
				}
				members = append(members, m)
			default:
				return members
			}
			continue
		}
		select {
		case m, open := <-g.in:
			if !open {
				return members
			}
			members = append(members, m)
		case <-end:
			return members
		}
	}
	return members
}

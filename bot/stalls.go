package main

import (
	"context"
	"log/slog"
	"time"
)

const (
	stallAge   = 2 * time.Minute  // of the oldest due row, from which nobody moving is an alarm
	stallLook  = 30 * time.Second // between two looks
	stallLimit = 3 * time.Second  // for one of them
)

// stalls tells the operator once when due deliveries do not move although nothing holds them
// back, and once when they do again.
type stalls struct {
	age     func(context.Context) (time.Duration, error)
	held    func() bool   // quotas are used up, or the platform refuses the set-up: told elsewhere
	settled func() uint64 // deliveries settled so far
	log     *slog.Logger

	before  uint64
	stalled bool
}

// watch looks until ctx ends.
func (s *stalls) watch(ctx context.Context) {
	tick := time.NewTicker(stallLook)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.look(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// look compares with the last look. A backlog that shrinks is no stall, however old it is.
func (s *stalls) look(ctx context.Context) {
	limited, done := context.WithTimeout(ctx, stallLimit)
	defer done()
	age, err := s.age(limited)
	if err != nil {
		return // that the database does not answer is told by those who need it
	}
	now := s.settled()
	moved := now != s.before
	s.before = now
	switch stuck := age > stallAge && !moved && !s.held(); {
	case stuck && !s.stalled:
		s.stalled = true
		s.log.ErrorContext(ctx, "deliveries stall", "oldest_due", age.Round(time.Second).String())
	case s.stalled && (moved || age <= stallAge):
		s.stalled = false
		s.log.InfoContext(ctx, "deliveries go on")
	}
}

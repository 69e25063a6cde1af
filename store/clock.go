package store

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
)

// Clock tells the database's time: this machine's, corrected by what was measured against
// the database, plus an offset that only tests and the demo set. Replicas whose own clocks
// are wrong agree by it.
type Clock struct {
	skew   atomic.Int64 // database minus this machine, ns
	offset atomic.Int64 // set by hand, ns
	moves  atomic.Uint64
	synced atomic.Bool
	query  string // one integer, UTC milliseconds; "" when database and program share a clock
	g      *gorm.DB
}

func newClock(offset time.Duration, query string, g *gorm.DB) *Clock {
	c := &Clock{query: query, g: g}
	c.offset.Store(int64(offset + shifted()))
	return c
}

// Now is the database's time in UTC, as far as it was measured.
func (c *Clock) Now() time.Time {
	return local().Add(time.Duration(c.skew.Load() + c.offset.Load())).UTC()
}

// Offset is the part of Now that was set by hand.
func (c *Clock) Offset() time.Duration { return time.Duration(c.offset.Load()) }

// Shift moves the clock by d, which may be negative, and returns the whole offset. Tests
// and the demo only.
func (c *Clock) Shift(d time.Duration) time.Duration {
	c.moves.Add(1)
	return time.Duration(c.offset.Add(int64(d)))
}

// SetOffset replaces the offset. Tests and the demo only.
func (c *Clock) SetOffset(d time.Duration) {
	c.moves.Add(1)
	c.offset.Store(int64(d))
}

// Synced says whether the database was ever asked for its time.
func (c *Clock) Synced() bool { return c.synced.Load() }

// Sync asks the database for its time. On SQLite there is nothing to ask.
func (c *Clock) Sync(ctx context.Context) error {
	if c.query == "" {
		c.synced.Store(true)
		return nil
	}
	begin := local()
	var ms int64
	if err := c.g.WithContext(ctx).Raw(c.query).Scan(&ms).Error; err != nil {
		return fmt.Errorf("read database time: %w", clean(err))
	}
	trip := local().Sub(begin)
	c.skew.Store(int64(time.UnixMilli(ms).Sub(begin.Add(trip / 2))))
	c.synced.Store(true)
	return nil
}

// ms is t as the tables hold it.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// at is what ms wrote.
func at(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

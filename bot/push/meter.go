package push

import (
	"context"
	"math"
	"sync"
	"time"
)

// The names of the platform's quotas: a route's calls count against the API of the same name.
const (
	CustomerAPI = "customer"
	NoticeAPI   = "notice"
	TemplateAPI = "template"
)

// platformMidnight is where the platform's days begin: at midnight in UTC+8.
const platformMidnight = 8 * time.Hour

// aFiftieth of a limit may be taken at once, so that no second and no minute, wherever it
// begins, sees more than 2 % over its limit.
const aFiftieth = 50

// Limit is how often an API may be called. Zero means no limit of that kind.
type Limit struct {
	Second int
	Minute int
	Day    int // a day of the platform, from midnight in UTC+8
}

// Meter hands out calls of one platform account's APIs, so that all replicas together stay
// below its limits. An API without a limit is only ever closed.
type Meter interface {
	// Take grants from none to n calls now. When fewer than n were granted, more may be had
	// after wait.
	Take(ctx context.Context, api string, n int) (granted int, wait time.Duration, err error)
	// Give returns calls that were granted and not made.
	Give(ctx context.Context, api string, n int) error
	// Close grants nothing until then, such as after a quota error. The later of two ends counts.
	Close(ctx context.Context, api string, until time.Time) error
	// Left is what may still be called today; below zero: there is no limit.
	Left(ctx context.Context, api string) (int, error)
}

// MemoryMeter is the meter of a program that runs alone. Use NewMemoryMeter.
type MemoryMeter struct {
	limits map[string]Limit
	now    func() time.Time

	mu      sync.Mutex
	buckets map[string]*bucket
}

// bucket is what is left of one API's limits.
type bucket struct {
	at             time.Time // of second and minute
	second, minute float64
	day            int // taken on date
	date           int64
	closed         time.Time
}

// NewMemoryMeter makes a meter of limits by API. Its clock is now.
func NewMemoryMeter(limits map[string]Limit, now func() time.Time) *MemoryMeter {
	return &MemoryMeter{limits: limits, now: now, buckets: map[string]*bucket{}}
}

// held is how many calls a bucket of this limit holds.
func held(limit int) float64 { return max(1, float64(limit)/aFiftieth) }

// platformDay numbers the platform's days.
func platformDay(t time.Time) int64 {
	return t.Add(platformMidnight).Unix() / int64(24*time.Hour/time.Second)
}

// toMidnight is how long the platform's day still lasts.
func toMidnight(t time.Time) time.Duration {
	next := time.Unix((platformDay(t)+1)*int64(24*time.Hour/time.Second), 0).Add(-platformMidnight)
	return next.Sub(t)
}

// bucket is the API's, refilled. A clock that goes back refills nothing, and no day begins twice.
func (m *MemoryMeter) bucket(api string, l Limit, now time.Time) *bucket {
	b := m.buckets[api]
	if b == nil {
		b = &bucket{at: now, second: held(l.Second), minute: held(l.Minute), date: platformDay(now)}
		m.buckets[api] = b
	}
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.second = min(held(l.Second), b.second+passed*float64(l.Second))
		b.minute = min(held(l.Minute), b.minute+passed*float64(l.Minute)/60)
	}
	b.at = now
	if today := platformDay(now); today > b.date {
		b.date, b.day = today, 0
	}
	return b
}

// Take grants from none to n calls now.
func (m *MemoryMeter) Take(_ context.Context, api string, n int) (granted int, wait time.Duration, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, l := m.now(), m.limits[api]
	b := m.bucket(api, l, now)
	if now.Before(b.closed) {
		return 0, b.closed.Sub(now), nil
	}
	granted = n
	if l.Second > 0 {
		granted = min(granted, int(b.second))
	}
	if l.Minute > 0 {
		granted = min(granted, int(b.minute))
	}
	if l.Day > 0 {
		granted = max(0, min(granted, l.Day-b.day))
	}
	b.second, b.minute, b.day = b.second-float64(granted), b.minute-float64(granted), b.day+granted
	if granted == n {
		return granted, 0, nil
	}
	return granted, b.wait(l, now), nil
}

// wait is when the next call may be had.
func (b *bucket) wait(l Limit, now time.Time) time.Duration {
	if l.Day > 0 && b.day >= l.Day {
		return toMidnight(now)
	}
	var seconds float64
	if l.Second > 0 {
		seconds = max(seconds, (1-b.second)/float64(l.Second))
	}
	if l.Minute > 0 {
		seconds = max(seconds, (1-b.minute)*60/float64(l.Minute))
	}
	return time.Duration(math.Ceil(seconds*1000)) * time.Millisecond
}

// Give returns calls that were granted and not made.
func (m *MemoryMeter) Give(_ context.Context, api string, n int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.limits[api]
	b := m.bucket(api, l, m.now())
	b.second = min(held(l.Second), b.second+float64(n))
	b.minute = min(held(l.Minute), b.minute+float64(n))
	b.day = max(0, b.day-n)
	return nil
}

// Close grants nothing until then.
func (m *MemoryMeter) Close(_ context.Context, api string, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.bucket(api, m.limits[api], m.now()); until.After(b.closed) {
		b.closed = until
	}
	return nil
}

// Left is what may still be called today; below zero: there is no limit.
func (m *MemoryMeter) Left(_ context.Context, api string) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, l := m.now(), m.limits[api]
	b := m.bucket(api, l, now)
	switch {
	case l.Day <= 0:
		return -1, nil
	case now.Before(b.closed) && b.closed.Sub(now) >= toMidnight(now):
		return 0, nil
	}
	return max(0, l.Day-b.day), nil
}

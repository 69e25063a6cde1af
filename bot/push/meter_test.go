package push

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"yishi/store/session/sessiontest"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// handClock is a clock that only the test moves.
type handClock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *handClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *handClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// metered is a meter of a kind, and how its clock moves.
type metered struct {
	meter Meter
	now   func() time.Time
	move  func(time.Duration)
}

// meters are all kinds of meters, at 23:00 of a platform's day.
func meters(t *testing.T, limits map[string]Limit) map[string]metered {
	t.Helper()
	begin := time.Date(2027, 3, 2, 15, 0, 0, 0, time.UTC)
	memory := &handClock{t: begin}
	shared := &handClock{t: begin}
	server := miniredis.RunT(t)
	server.SetTime(begin)
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	return map[string]metered{
		"memory": {NewMemoryMeter(limits, memory.now), memory.now, memory.move},
		"redis": {NewRedisMeter(client, "yishi:", "wxapp", limits, shared.now), shared.now, func(d time.Duration) {
			shared.move(d)
			server.SetTime(shared.now())
		}},
	}
}

func (m metered) take(t *testing.T, n int) (int, time.Duration) {
	t.Helper()
	granted, wait, err := m.meter.Take(t.Context(), CustomerAPI, n)
	if err != nil {
		t.Fatal(err)
	}
	if granted < 0 || granted > n || granted < n && wait <= 0 || granted == n && wait != 0 {
		t.Fatalf("granted %d of %d, wait %v", granted, n, wait)
	}
	return granted, wait
}

func TestMeterIsAccurate(t *testing.T) {
	rows := map[string]struct {
		limit Limit
		span  time.Duration // any of which sees at most want
		want  int
		step  time.Duration // between two who ask
	}{
		"a second":         {Limit{Second: 1000}, time.Second, 1000, 10 * time.Millisecond},
		"a minute":         {Limit{Minute: 30_000}, time.Minute, 30_000, 100 * time.Millisecond},
		"both, the minute": {Limit{Second: 1000, Minute: 30_000}, time.Minute, 30_000, 20 * time.Millisecond},
		"a slow one":       {Limit{Minute: 60}, time.Minute, 60, 50 * time.Millisecond},
	}
	for name, row := range rows {
		for kind, m := range meters(t, map[string]Limit{CustomerAPI: row.limit}) {
			t.Run(name+" in "+kind, func(t *testing.T) {
				step := row.step
				steps := int(row.span / step)
				grants := make([]int, 0, 3*steps)
				for range 3 * steps {
					n, _ := m.take(t, 500)
					grants = append(grants, n)
					m.move(step)
				}
				sum, most, least := 0, 0, 1<<30
				for i, n := range grants {
					sum += n
					if i >= steps {
						sum -= grants[i-steps]
					}
					if i >= steps-1 {
						most, least = max(most, sum), min(least, sum)
					}
				}
				if most > row.want+max(1, row.want/50) || least < row.want-max(1, row.want/50) {
					t.Errorf("from %d to %d in %v, want %d within 2 %%", least, most, row.span, row.want)
				}
			})
		}
	}
}

func TestMeterEndsTheDay(t *testing.T) {
	for kind, m := range meters(t, map[string]Limit{CustomerAPI: {Day: 700}}) {
		t.Run(kind, func(t *testing.T) {
			first, _ := m.take(t, 500)
			second, wait := m.take(t, 500)
			if first != 500 || second != 200 || wait != time.Hour {
				t.Errorf("granted %d and %d, wait %v; want 500, 200 and an hour", first, second, wait)
			}
			if left, err := m.meter.Left(t.Context(), CustomerAPI); err != nil || left != 0 {
				t.Errorf("left %d, %v", left, err)
			}
			if err := m.meter.Give(t.Context(), CustomerAPI, 50); err != nil {
				t.Fatal(err)
			}
			if back, _ := m.take(t, 500); back != 50 {
				t.Errorf("granted %d of 50 that came back", back)
			}
			m.move(time.Hour)
			if next, _ := m.take(t, 500); next != 500 {
				t.Errorf("granted %d on the next day", next)
			}
		})
	}
}

func TestMeterCloses(t *testing.T) {
	for kind, m := range meters(t, map[string]Limit{TemplateAPI: {Second: 1}}) {
		t.Run(kind, func(t *testing.T) {
			for _, span := range []time.Duration{time.Minute, time.Second} { // the later end counts
				if err := m.meter.Close(t.Context(), CustomerAPI, m.now().Add(span)); err != nil {
					t.Fatal(err)
				}
			}
			if n, wait := m.take(t, 10); n != 0 || wait != time.Minute {
				t.Errorf("granted %d, wait %v", n, wait)
			}
			if n, _, err := m.meter.Take(t.Context(), TemplateAPI, 1); n != 1 || err != nil {
				t.Errorf("another API granted %d, %v", n, err)
			}
			m.move(time.Minute)
			if n, _ := m.take(t, 10); n != 10 {
				t.Errorf("granted %d after the end", n)
			}
			if left, err := m.meter.Left(t.Context(), CustomerAPI); err != nil || left >= 0 {
				t.Errorf("left %d, %v without a limit", left, err)
			}
		})
	}
}

func TestMeterSurvivesClocks(t *testing.T) {
	for kind, m := range meters(t, map[string]Limit{CustomerAPI: {Second: 100, Day: 1000}}) {
		t.Run(kind, func(t *testing.T) {
			m.take(t, 2)
			m.move(-2 * time.Hour)
			if n, _ := m.take(t, 10); n != 0 {
				t.Errorf("granted %d after the clock went back", n)
			}
			m.move(20 * time.Millisecond)
			if n, _ := m.take(t, 10); n != 2 {
				t.Errorf("granted %d after 20 ms, want 2", n)
			}
			m.move(4 * time.Hour)
			if n, _ := m.take(t, 500); n != 2 {
				t.Errorf("granted %d after the clock leapt, want 2", n)
			}
		})
	}
}

func TestMeterWithoutRedis(t *testing.T) {
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	server.Close()
	clock := &handClock{t: time.Date(2027, 3, 2, 12, 0, 0, 0, time.UTC)}
	m := metered{meter: NewRedisMeter(client, "yishi:", "wxapp", map[string]Limit{CustomerAPI: {Day: 7}}, clock.now)}
	if n, wait := m.take(t, 10); n != 7 || wait != 4*time.Hour {
		t.Errorf("granted %d, wait %v; want to count alone", n, wait)
	}
	if err := m.meter.Give(t.Context(), CustomerAPI, 1); err == nil {
		t.Error("calls came back to nowhere")
	}
}

// TestMeterIsShared has four replicas, one of which has a clock two hours off, take all they
// can from a real Redis for two seconds.
func TestMeterIsShared(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: sessiontest.RedisAddr(t)})
	t.Cleanup(func() { _ = client.Close() })
	prefix := "yishi-test-" + rand.Text() + ":"
	t.Cleanup(func() { client.Del(context.WithoutCancel(t.Context()), prefix+"meter:wxapp:"+CustomerAPI) })
	const rate, span = 2000, 2 * time.Second
	for range 5 { // a slow machine may need more than one go
		client.Del(t.Context(), prefix+"meter:wxapp:"+CustomerAPI)
		got, asked, took, alone := takeAll(t, client, prefix, rate, span)
		if alone {
			continue // Redis was late, and a replica counted by itself: the rest proves nothing
		}
		// Between two questions of a replica at least a millisecond's calls, two, come in.
		if want := int64(rate * took.Seconds()); got > want+want/50 || got < asked/4 {
			t.Errorf("granted %d of %d asked for in %v, want %d at most", got, asked, took, want)
		}
		return
	}
	t.Error("Redis never answers in time")
}

// takeAll lets the replicas take for a span. It returns what they got, how often they asked, how
// long it took, and whether one of them may have done without Redis.
func takeAll(t *testing.T, client redis.UniversalClient, prefix string, rate int, span time.Duration) (got, asked int64, took time.Duration, alone bool) {
	t.Helper()
	var sum, times atomic.Int64
	var late atomic.Bool
	var replicas sync.WaitGroup
	begin := time.Now()
	for i := range 4 {
		replicas.Go(func() {
			now := func() time.Time { return time.Now().Add(time.Duration(i/3) * 2 * time.Hour) }
			m := NewRedisMeter(client, prefix, "wxapp", map[string]Limit{CustomerAPI: {Second: rate}}, now)
			for time.Since(begin) < span {
				ask := time.Now()
				n, wait, err := m.Take(t.Context(), CustomerAPI, 500)
				if time.Since(ask) >= meterTime {
					late.Store(true)
				}
				times.Add(1)
				if err != nil {
					t.Error(err)
					return
				}
				sum.Add(int64(n))
				<-time.After(min(wait, 5*time.Millisecond))
			}
		})
	}
	replicas.Wait()
	return sum.Load(), times.Load(), time.Since(begin), late.Load()
}

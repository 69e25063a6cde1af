package session_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"yishi/store/session"
	"yishi/store/session/sessiontest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that tests move.
type clock struct{ ms atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ms.Store(time.Date(2027, 3, 1, 1, 0, 0, 0, time.UTC).UnixMilli())
	return c
}

func (c *clock) now() time.Time          { return time.UnixMilli(c.ms.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

func dial(t testing.TB, addr string) redis.UniversalClient {
	t.Helper()
	c, err := session.Dial("redis://" + addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func open(t testing.TB, addr string, now func() time.Time) *session.Redis {
	t.Helper()
	s := session.NewRedis(dial(t, addr), sessiontest.Key(), now)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestRedisInProcess(t *testing.T) {
	c := newClock()
	m := miniredis.RunT(t)
	sessiontest.Suite(t, func(t *testing.T) session.Store { return open(t, m.Addr(), c.now) }, c.now,
		func(d time.Duration) { c.advance(d); m.FastForward(d) })
}

// Here the TTL does not move with the clock: only stamps decide.
func TestRedisByStampsAlone(t *testing.T) {
	c := newClock()
	m := miniredis.RunT(t)
	sessiontest.Suite(t, func(t *testing.T) session.Store { return open(t, m.Addr(), c.now) }, c.now, c.advance)
}

func TestRedisServer(t *testing.T) {
	c := newClock()
	sessiontest.Redis(t)
	sessiontest.Suite(t, func(t *testing.T) session.Store { return sessiontest.OpenRedis(t, c.now) }, c.now, c.advance)
}

func save(t testing.TB, s session.Store, c *clock, account string, rev uint64, data string) bool {
	t.Helper()
	ok, err := s.Save(t.Context(), account, rev, []byte(data), false, c.now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func load(t testing.TB, s session.Store, account string) session.Value {
	t.Helper()
	v, err := s.Load(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestRedisKeepsOneKeyThatHidesTheAccount(t *testing.T) {
	c := newClock()
	m := miniredis.RunT(t)
	s := open(t, m.Addr(), c.now)
	save(t, s, c, "o-canary-1234", 0, "data")
	keys := m.Keys()
	if len(keys) != 1 || !strings.HasPrefix(keys[0], "yishi:{") || strings.Contains(keys[0], "canary") {
		t.Fatalf("keys: %q", keys)
	}
	value, err := m.Get(keys[0])
	if err != nil || strings.Contains(value, "canary") || !strings.HasSuffix(value, "data") {
		t.Errorf("value %q, %v", value, err)
	}
	if ttl := m.TTL(keys[0]); ttl != time.Hour {
		t.Errorf("TTL %v", ttl)
	}
}

func TestRedisBrokenValueIsReplaced(t *testing.T) {
	c := newClock()
	for _, row := range []struct{ name, value string }{
		{"empty", ""},
		{"short", "12"},
		{"long and not ours", strings.Repeat("x", 100)},
		{"header of zeros", strings.Repeat("0", 40)},
		{"expiry not a number", strings.Repeat("1", 17) + "00000000000000a" + "data"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := miniredis.RunT(t)
			s := open(t, m.Addr(), c.now)
			save(t, s, c, "o-1", 0, "x")
			if err := m.Set(m.Keys()[0], row.value); err != nil {
				t.Fatal(err)
			}
			if v := load(t, s, "o-1"); v.Known {
				t.Errorf("load: %+v", v)
			}
			if !save(t, s, c, "o-1", 0, "new") {
				t.Fatal("not replaced")
			}
			if v := load(t, s, "o-1"); string(v.Data) != "new" {
				t.Errorf("load: %+v", v)
			}
		})
	}
}

func TestRedisSurvivesForgottenScripts(t *testing.T) {
	c := newClock()
	m := miniredis.RunT(t)
	s := open(t, m.Addr(), c.now)
	rdb := dial(t, m.Addr())
	var rev uint64
	for i := range 3 {
		if err := rdb.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		if !save(t, s, c, "o-1", rev, fmt.Sprint(i)) {
			t.Fatal("not saved")
		}
		rev = load(t, s, "o-1").Rev
	}
	if err := s.MarkMail(t.Context(), "o-1"); err != nil || !load(t, s, "o-1").Mail {
		t.Errorf("mark mail: %v", err)
	}
}

// A turn that began before the store was emptied must not overwrite what was said afterwards.
func TestRedisEmptiedUnderATurn(t *testing.T) {
	c := newClock()
	m := miniredis.RunT(t)
	s := open(t, m.Addr(), c.now)
	save(t, s, c, "o-1", 0, "old")
	old := load(t, s, "o-1")
	m.FlushAll()
	c.advance(time.Millisecond)
	save(t, s, c, "o-1", 0, "new")
	if save(t, s, c, "o-1", old.Rev, "late") {
		t.Error("a turn from before was saved")
	}
	if v := load(t, s, "o-1"); string(v.Data) != "new" {
		t.Errorf("data %q", v.Data)
	}
}

func TestRedisEachCallHasItsOwnError(t *testing.T) {
	c := newClock()
	m := miniredis.RunT(t)
	s := open(t, m.Addr(), c.now)
	save(t, s, c, "o-bad", 0, "x")
	bad := m.Keys()[0]
	m.Del(bad)
	if _, err := m.Lpush(bad, "a list"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if i%2 == 0 {
				if _, err := s.Load(t.Context(), "o-bad"); err == nil || !redis.HasErrorPrefix(errors.Unwrap(err), "WRONGTYPE") {
					t.Errorf("load of a list: %v", err)
				}
				return
			}
			account := fmt.Sprintf("o-good-%d", i)
			ok, err := s.Save(t.Context(), account, 0, []byte(account), false, c.now().Add(time.Hour))
			if err != nil || !ok {
				t.Errorf("save: %v, %v", ok, err)
			}
			v, err := s.Load(t.Context(), account)
			if err != nil || string(v.Data) != account {
				t.Errorf("load: %q, %v", v.Data, err)
			}
		})
	}
	wg.Wait()
}

// blackhole takes connections and never answers.
func blackhole(t *testing.T) string {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
		}
	})
	t.Cleanup(func() {
		_ = l.Close() // ends the loop
		wg.Wait()
		for _, c := range conns {
			_ = c.Close() // nobody is at the other end
		}
	})
	return l.Addr().String()
}

const slack = 150 * time.Millisecond // a loaded machine

func TestRedisBlackholed(t *testing.T) {
	c := newClock()
	addr := blackhole(t)
	for _, row := range []struct {
		name    string
		timeout time.Duration
		most    time.Duration
		want    error
	}{
		{"the caller's deadline is short", 50 * time.Millisecond, 50 * time.Millisecond, context.DeadlineExceeded},
		{"the caller's deadline is long", 4 * time.Second, 300 * time.Millisecond, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := open(t, addr, c.now)
			for what, call := range map[string]func(ctx context.Context) error{
				"load": func(ctx context.Context) error { _, err := s.Load(ctx, "o-1"); return err },
				"save": func(ctx context.Context) error {
					_, err := s.Save(ctx, "o-1", 0, nil, false, c.now().Add(time.Hour))
					return err
				},
				"mail": func(ctx context.Context) error { return s.MarkMail(ctx, "o-1") },
				"ping": s.Ping,
			} {
				ctx, cancel := context.WithTimeout(t.Context(), row.timeout)
				start := time.Now()
				err := call(ctx)
				took := time.Since(start)
				cancel()
				if err == nil || row.want != nil && what != "ping" && !errors.Is(err, row.want) {
					t.Errorf("%s: %v", what, err)
				}
				if took > row.most+slack {
					t.Errorf("%s took %v", what, took)
				}
			}
		})
	}
}

func TestRedisBlackholedManyAtOnce(t *testing.T) {
	c := newClock()
	s := open(t, blackhole(t), c.now)
	start := time.Now()
	var wg sync.WaitGroup
	for i := range 500 {
		wg.Go(func() {
			if _, err := s.Load(t.Context(), fmt.Sprint("o-", i)); err == nil {
				t.Error("a blackhole answered")
			}
		})
	}
	wg.Wait()
	if took := time.Since(start); took > 600*time.Millisecond+slack {
		t.Errorf("500 calls took %v", took)
	}
}

// eventually waits until ok, and fails after most.
func eventually(t *testing.T, most time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	end := time.After(most)
	for !ok() {
		select {
		case <-end:
			t.Fatalf("%s: not within %v", what, most)
		case <-tick.C:
		}
	}
}

func TestRedisStoppedAndBack(t *testing.T) {
	c := newClock()
	m := miniredis.RunT(t)
	s := open(t, m.Addr(), c.now)
	save(t, s, c, "o-1", 0, "one")
	m.Close()
	failed := 0
	eventually(t, 2*time.Second, "calls fail at once", func() bool {
		_, err := s.Load(t.Context(), "o-1")
		if err == nil {
			t.Fatal("a stopped server answered")
		}
		failed++
		return errors.Is(err, session.ErrDown)
	})
	if failed < 5 {
		t.Errorf("given up after %d failures", failed)
	}
	start := time.Now()
	down := 0
	for range 1000 {
		if _, err := s.Load(t.Context(), "o-1"); errors.Is(err, session.ErrDown) {
			down++
		}
	}
	if took := time.Since(start); down < 950 || took > time.Second {
		t.Errorf("%d of 1000 calls failed at once, all in %v", down, took)
	}
	if err := s.Ping(t.Context()); err == nil || errors.Is(err, session.ErrDown) {
		t.Errorf("ping of a stopped server: %v", err)
	}
	if err := m.Restart(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 2*time.Second, "calls pass again", func() bool {
		_, err := s.Load(t.Context(), "o-1")
		return err == nil
	})
}

func TestRedisConnectionsCut(t *testing.T) {
	c := newClock()
	m := miniredis.RunT(t)
	p := newProxy(t, m.Addr())
	s := open(t, p.addr, c.now)
	save(t, s, c, "o-1", 0, "one")
	for range 3 {
		p.cut()
		eventually(t, 2*time.Second, "after a cut", func() bool {
			v, err := s.Load(t.Context(), "o-1")
			return err == nil && string(v.Data) == "one"
		})
	}
}

// The answer of a save gets lost: the caller hears of an error, and saying it again is harmless.
func TestRedisSaveWithoutAnswer(t *testing.T) {
	c := newClock()
	m := miniredis.RunT(t)
	p := newProxy(t, m.Addr())
	s := open(t, p.addr, c.now)
	save(t, s, c, "o-1", 0, "one")
	v := load(t, s, "o-1")
	p.mute(true)
	if _, err := s.Save(t.Context(), "o-1", v.Rev, []byte("two"), false, c.now().Add(time.Hour)); err == nil {
		t.Fatal("a save without an answer was told as done")
	}
	p.mute(false)
	p.cut()
	eventually(t, 2*time.Second, "a load after it", func() bool {
		now, err := s.Load(t.Context(), "o-1")
		if err == nil && string(now.Data) != "two" {
			t.Errorf("data %q, the save had arrived", now.Data)
		}
		return err == nil
	})
	if save(t, s, c, "o-1", v.Rev, "two") {
		t.Error("the same save was taken twice")
	}
}

func TestRedisClosed(t *testing.T) {
	c := newClock()
	m := miniredis.RunT(t)
	s := session.NewRedis(dial(t, m.Addr()), sessiontest.Key(), c.now)
	save(t, s, c, "o-1", 0, "one")
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Load(t.Context(), "o-1"); !errors.Is(err, session.ErrClosed) {
		t.Errorf("load after close: %v", err)
	}
}

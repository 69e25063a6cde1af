package session_test

import (
	"errors"
	"fmt"
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
	ok, err := s.Save(t.Context(), account, rev, []byte(data), 0, c.now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// load loads o-1.
func load(t testing.TB, s session.Store) session.Value {
	t.Helper()
	v, err := s.Load(t.Context(), "o-1")
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
			if v := load(t, s); v.Known {
				t.Errorf("load: %+v", v)
			}
			if !save(t, s, c, "o-1", 0, "new") {
				t.Fatal("not replaced")
			}
			if v := load(t, s); string(v.Data) != "new" {
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
		rev = load(t, s).Rev
	}
	if err := s.MarkMail(t.Context(), "o-1"); err != nil || load(t, s).Mail == 0 {
		t.Errorf("mark mail: %v", err)
	}
}

// A turn that began before the store was emptied must not overwrite what was said afterwards.
func TestRedisEmptiedUnderATurn(t *testing.T) {
	c := newClock()
	m := miniredis.RunT(t)
	s := open(t, m.Addr(), c.now)
	save(t, s, c, "o-1", 0, "old")
	old := load(t, s)
	m.FlushAll()
	c.advance(time.Millisecond)
	save(t, s, c, "o-1", 0, "new")
	if save(t, s, c, "o-1", old.Rev, "late") {
		t.Error("a turn from before was saved")
	}
	if v := load(t, s); string(v.Data) != "new" {
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
			ok, err := s.Save(t.Context(), account, 0, []byte(account), 0, c.now().Add(time.Hour))
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

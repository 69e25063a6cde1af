package session_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"yishi/store/session"
)

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

// slack is for a loaded machine, and short beside what would be wrong: go-redis waits five seconds
// by default, and callers here four.
const slack = time.Second

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
					_, err := s.Save(ctx, "o-1", 0, nil, 0, c.now().Add(time.Hour))
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

// eventually waits until ok, and fails after the two seconds in which everything must recover.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	const most = 2 * time.Second
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
	eventually(t, "calls fail at once", func() bool {
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
	if took := time.Since(start); down < 950 || took > 5*time.Second {
		t.Errorf("%d of 1000 calls failed at once, all in %v", down, took)
	}
	if err := s.Ping(t.Context()); err == nil || errors.Is(err, session.ErrDown) {
		t.Errorf("ping of a stopped server: %v", err)
	}
	if err := m.Restart(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "calls pass again", func() bool {
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
		eventually(t, "after a cut", func() bool {
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
	v := load(t, s)
	p.mute(true)
	if _, err := s.Save(t.Context(), "o-1", v.Rev, []byte("two"), 0, c.now().Add(time.Hour)); err == nil {
		t.Fatal("a save without an answer was told as done")
	}
	p.mute(false)
	p.cut()
	eventually(t, "a load after it", func() bool {
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

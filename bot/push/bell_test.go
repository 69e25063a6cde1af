package push

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// listener is one replica's bell and how often it was woken.
type listener struct {
	*Bell
	woken chan struct{}
	stop  func()
}

func listen(t *testing.T, addr string) *listener {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, DialTimeout: 200 * time.Millisecond, ReadTimeout: 200 * time.Millisecond, ContextTimeoutEnabled: true})
	l := &listener{Bell: NewBell(client, "test:", t.Name(), slog.New(slog.DiscardHandler)), woken: make(chan struct{}, 100)}
	ctx, cancel := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	ended.Go(func() { l.Run(ctx, func() { l.woken <- struct{}{} }) })
	l.stop = sync.OnceFunc(func() {
		cancel()
		ended.Wait()
		_ = client.Close()
	})
	t.Cleanup(l.stop)
	return l
}

// heard waits for a ring.
func (l *listener) heard(t *testing.T) {
	t.Helper()
	select {
	case <-l.woken:
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was heard")
	}
}

func TestBellWakesTheOthers(t *testing.T) {
	addrs := map[string]string{"miniredis": miniredis.RunT(t).Addr()}
	if addr := os.Getenv("YISHI_TEST_REDIS_ADDR"); addr != "" {
		addrs["redis"] = addr
	}
	for name, addr := range addrs {
		t.Run(name, func(t *testing.T) {
			a, b := listen(t, addr), listen(t, addr)
			a.heard(t) // each looks once when it can hear
			b.heard(t)
			from := time.Now()
			for range 1000 {
				a.Ring()
			}
			b.heard(t)
			if took := time.Since(from); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
			a.stop()
			b.stop()
			if n := len(a.woken) + len(b.woken); n > 20 {
				t.Errorf("1,000 rings at once woke %d times more", n)
			}
		})
	}
}

// TestBellWithoutRedis loses rings and nothing else; when Redis is back it looks at once.
func TestBellWithoutRedis(t *testing.T) {
	server := miniredis.RunT(t)
	a := listen(t, server.Addr())
	a.heard(t)
	server.Close()
	from := time.Now()
	for range 1000 {
		a.Ring()
	}
	if took := time.Since(from); took > 100*time.Millisecond {
		t.Errorf("ringing took %v", took)
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	a.heard(t)
	a.Ring()
	a.heard(t)
}

func TestNoBell(t *testing.T) {
	var b *Bell
	b.Ring()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b.Run(ctx, func() { t.Error("woken") })
}

package session_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"yishi/store/session"
	"yishi/store/session/sessiontest"
)

// turns runs b.N turns, a load and a save each, by 32 clients with accounts of their own.
func turns(b *testing.B, turn func(ctx context.Context, account string) error) {
	b.Helper()
	const clients = 32
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	b.ReportAllocs()
	for i := range clients {
		wg.Go(func() {
			account := "o-bench-" + strconv.Itoa(i)
			for left.Add(-1) >= 0 {
				if err := turn(b.Context(), account); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
}

func storeTurn(s session.Store, now func() time.Time) func(ctx context.Context, account string) error {
	data := make([]byte, 600)
	return func(ctx context.Context, account string) error {
		v, err := s.Load(ctx, account)
		if err != nil {
			return err
		}
		ok, err := s.Save(ctx, account, v.Rev, data, 0, now().Add(time.Minute))
		if err == nil && !ok {
			err = fmt.Errorf("conflict at revision %d", v.Rev)
		}
		return err
	}
}

func BenchmarkRedis(b *testing.B) {
	s := sessiontest.OpenRedis(b, time.Now)
	turns(b, storeTurn(s, time.Now))
}

// BenchmarkRedisDirect is the same without sharing round trips, to compare with.
func BenchmarkRedisDirect(b *testing.B) {
	c := sessiontest.Redis(b)
	prefix := fmt.Sprintf("yishi-bench:%x:", sessiontest.Key()[:8])
	script := redis.NewScript(`
		if redis.call('GETRANGE', KEYS[1], 0, 15) == ARGV[1] then return 0 end
		redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', 60000)
		return 1`)
	data := make([]byte, 600)
	var n atomic.Int64
	turns(b, func(ctx context.Context, account string) error {
		if err := c.Get(ctx, prefix+account).Err(); err != nil && err != redis.Nil { //nolint:errorlint // as cheap as can be
			return err
		}
		return script.Run(ctx, c, []string{prefix + account}, fmt.Sprintf("%016x", n.Add(1)), data).Err()
	})
}

func BenchmarkSQLite(b *testing.B) {
	w, r := newSQLite(b)
	turns(b, storeTurn(openSQL(b, w, time.Now).ReadFrom(r), time.Now))
}

func BenchmarkMySQL(b *testing.B) {
	turns(b, storeTurn(openSQL(b, newMySQL(b), time.Now), time.Now))
}

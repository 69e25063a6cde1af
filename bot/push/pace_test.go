package push

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"yishi/store/session/sessiontest"

	"github.com/redis/go-redis/v9"
)

// TestPaceOfTwoWorkers: two workers that share a meter together keep within 2 % of its limit,
// in every five seconds of their run but the first, which may take what the bucket held.
func TestPaceOfTwoWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate, span = 1000, 5
		o := newOffice(12 * rate)
		o.meter = NewMemoryMeter(map[string]Limit{CustomerAPI: {Second: rate}}, time.Now)
		c := o.config()
		c.Hands = 200
		_, stop := start(t, c)
		_, stopB := start(t, c)
		took := o.settle(t, time.Minute)
		stop()
		stopB()
		o.audit(t)
		if want := 12 * time.Second; took < want*98/100 || took > want*102/100 {
			t.Errorf("%d calls at %d/s took %v", 12*rate, rate, took)
		}
		for i := range o.wire.at {
			j := i + span*rate
			if j >= len(o.wire.at) {
				break
			}
			if gap := o.wire.at[j].Sub(o.wire.at[i]).Seconds(); gap < span*0.98 || gap > span*1.02 {
				t.Fatalf("%d calls within %.3f s from call %d", span*rate, gap, i)
			}
		}
	})
}

// BenchmarkMeter has two workers take all they can at 3,000/s for three seconds. pace is what
// they got of it, which a busy machine may make less, and nothing may make more.
func BenchmarkMeter(b *testing.B) {
	const rate, span = 3000, 3 * time.Second
	limits := map[string]Limit{CustomerAPI: {Second: rate}}
	bench := func(b *testing.B, one func() Meter) {
		for b.Loop() {
			var sum, asked atomic.Int64
			var workers sync.WaitGroup
			begin := time.Now()
			for range 2 {
				m := one()
				workers.Go(func() {
					for time.Since(begin) < span {
						n, wait, err := m.Take(b.Context(), CustomerAPI, defaultClaim)
						if err != nil {
							b.Error(err)
							return
						}
						sum.Add(int64(n))
						asked.Add(1)
						<-time.After(max(wait, time.Millisecond)) // as the claiming loop rests
					}
				})
			}
			workers.Wait()
			pace := float64(sum.Load()) / (rate * time.Since(begin).Seconds())
			if pace > 1.02 {
				b.Errorf("pace %.4f", pace)
			}
			b.ReportMetric(pace, "pace")
			b.ReportMetric(float64(asked.Load())/time.Since(begin).Seconds(), "asked/s")
		}
	}
	b.Run("memory", func(b *testing.B) {
		m := NewMemoryMeter(limits, time.Now)
		bench(b, func() Meter { return m })
	})
	b.Run("redis", func(b *testing.B) {
		client := redis.NewClient(&redis.Options{Addr: sessiontest.RedisAddr(b)})
		defer func() { _ = client.Close() }()
		prefix := "yishi-bench-" + rand.Text() + ":"
		defer client.Del(context.Background(), prefix+"meter:wxapp:"+CustomerAPI)
		bench(b, func() Meter { return NewRedisMeter(client, prefix, "wxapp", limits, time.Now) })
	})
}

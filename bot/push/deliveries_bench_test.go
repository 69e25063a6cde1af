package push_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"yishi/bot/push"
	"yishi/bot/wechat"
	"yishi/bot/wechat/platform"
	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

const (
	customPath = "/cgi-bin/message/custom/send"
	notice     = "【投票】钮家新村今年的项目开始投票了，共5个，请选3个。回复“投票”参加，10月8日截止；回复“退订投票”不再提醒。"
	answerTime = 20 * time.Millisecond
	benchHands = 256 // as deliveries have by default
)

// BenchmarkDeliveries sends 100,000 deliveries (or YISHI_TEST_BENCH_ROWS) by customer message to the
// local platform, which answers after 20 ms, from expanding them to recording the last. The
// floor is as many calls of the same client by as many goroutines, without any store.
func BenchmarkDeliveries(b *testing.B) {
	s := newSite(b)
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		s.greet(b)
		floor := s.bare(b)
		b.StartTimer()
		before := s.platform.Tally()
		q := &timedQueue{DB: s.db, left: make(chan struct{})}
		q.open.Store(int64(s.n))
		most := watchHeap()
		took := s.deliver(b, q, fmt.Sprint(i))
		heap := most()
		s.audit(b, fmt.Sprint(i), before)
		rate := float64(s.n) / took.Seconds()
		b.ReportMetric(rate, "deliveries/s")
		b.ReportMetric(floor, "floor/s")
		b.ReportMetric(rate/floor, "share")
		b.ReportMetric(float64(s.n)/time.Duration(q.claiming.Load()).Seconds(), "claims/s")
		b.ReportMetric(float64(heap)/(1<<20), "heap-MB")
	}
}

// crowdPrefix begins the openids of the people told.
const crowdPrefix = "o6_bmasdasdsad6_2sgVt"

// site is a store with a crowd, and a platform that knows it.
type site struct {
	n        int
	people   []civic.Account
	db       *store.DB
	platform *platform.Platform
	client   *wechat.Client
}

func newSite(b *testing.B) *site {
	b.Helper()
	s := &site{n: 100_000, db: storetest.OpenMySQL(b)}
	if text := os.Getenv("YISHI_TEST_BENCH_ROWS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1000 || n > 100_000 {
			b.Fatalf("YISHI_TEST_BENCH_ROWS is %q, want 1000 to 100000", text)
		}
		s.n = n
	}
	s.platform = platform.New(platform.Options{AppID: "wxapp", Secret: "secret", Account: "gh_1", Mode: platform.Plain, Token: "token"})
	b.Cleanup(s.platform.Close)
	s.platform.SetLatency(customPath, answerTime)
	s.platform.SetLimits(customPath, platform.Limits{Day: 1 << 40})
	api := httptest.NewServer(s.platform.Handler())
	b.Cleanup(api.Close)
	s.client = wechat.NewClient(wechat.Config{AppID: "wxapp", Secret: "secret", API: api.URL}, nil, time.Now, nil)
	return s
}

// greet has everybody write to the account, so that both sides let five messages through.
func (s *site) greet(b *testing.B) {
	b.Helper()
	now := s.db.Clock().Now().Truncate(time.Millisecond)
	s.people = s.people[:0]
	for _, openid := range s.platform.Populate(crowdPrefix, s.n) {
		s.people = append(s.people, civic.Account(openid))
		s.db.Contact(civic.Account(openid), store.ContactMessage, now)
	}
	for known := 0; known < s.n; <-time.After(100 * time.Millisecond) { // contacts are written each second
		reach, err := s.db.Reach(b.Context(), s.people)
		if err != nil {
			b.Fatal(err)
		}
		known = 0
		for _, r := range reach {
			if !r.LastMessageAt.Before(now) {
				known++
			}
		}
	}
}

// bare makes one call for each of the people and returns how many a second.
func (s *site) bare(b *testing.B) float64 {
	b.Helper()
	var next atomic.Int64
	var hands sync.WaitGroup
	begin := time.Now()
	for range benchHands {
		hands.Go(func() {
			for i := next.Add(1) - 1; i < int64(s.n); i = next.Add(1) - 1 {
				if err := s.client.SendText(context.Background(), string(s.people[i]), notice); err != nil {
					b.Errorf("send: %v", err)
					return
				}
			}
		})
	}
	hands.Wait()
	return float64(s.n) / time.Since(begin).Seconds()
}

// deliver makes a push, has a worker send it, and returns how long that took.
func (s *site) deliver(b *testing.B, q *timedQueue, id string) time.Duration {
	b.Helper()
	now := s.db.Clock().Now()
	noon := time.FixedZone("noon", (12-now.Hour())*3600) // no quiet hours, whenever it runs
	d, err := push.NewDeliveries(push.DeliveriesConfig{
		Queue: q, Sender: texter{s.client}, Meter: push.NewMemoryMeter(nil, s.db.Clock().Now), Now: s.db.Clock().Now, Hands: benchHands,
		Render: func(string, json.RawMessage, bool) (push.Text, error) { return push.Text{Plain: notice}, nil },
		Means:  func(civic.Delivery) civic.Means { return civic.Means{Customer: true, Zone: noon, WeeklyCap: -1} },
		Log:    slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	p := civic.Push{ID: id, Purpose: "purpose-" + id, Topic: civic.TopicVotes, Kind: "vote"}
	if _, err := s.db.AddPush(b.Context(), p, civic.Audience{Accounts: s.people}); err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	var run sync.WaitGroup
	begin := time.Now()
	run.Go(func() { d.Run(ctx) })
	select {
	case <-q.left:
	case <-time.After(5 * time.Minute):
		b.Errorf("%d deliveries left", q.open.Load())
	}
	took := time.Since(begin)
	stop()
	run.Wait()
	return took
}

// audit checks that everybody was told once, by both books.
func (s *site) audit(b *testing.B, id string, before platform.Tally) {
	b.Helper()
	r, err := s.db.Report(b.Context(), id)
	if err != nil || r.Sent[civic.ByCustomer] != s.n || r.Total() != s.n {
		b.Errorf("report %+v, %v", r, err)
	}
	after := s.platform.Tally()
	if got := after.Calls[customPath][0] - before.Calls[customPath][0]; got != s.n {
		b.Errorf("the platform accepted %d, want %d", got, s.n)
	}
}

// timedQueue is the store; it counts what is left to do and times the claims.
type timedQueue struct {
	*store.DB

	open     atomic.Int64
	left     chan struct{} // closed when nothing is
	claiming atomic.Int64  // ns, of claims that found something
}

func (q *timedQueue) ClaimDeliveries(ctx context.Context, owner string, n int, lease time.Duration) ([]civic.Delivery, error) {
	begin := time.Now()
	rows, err := q.DB.ClaimDeliveries(ctx, owner, n, lease)
	if len(rows) > 0 {
		q.claiming.Add(int64(time.Since(begin)))
	}
	return rows, err
}

func (q *timedQueue) RecordDeliveries(ctx context.Context, owner string, outcomes []civic.Outcome) (int, error) {
	lost, err := q.DB.RecordDeliveries(ctx, owner, outcomes)
	done := 0
	for _, o := range outcomes {
		if o.State != civic.Waiting {
			done++
		}
	}
	if err == nil && q.open.Add(int64(lost-done)) == 0 {
		close(q.left)
	}
	return lost, err
}

// texter sends customer messages.
type texter struct{ client *wechat.Client }

func (texter) Fits(civic.Route, string, push.Text) error { return nil }

func (t texter) Send(ctx context.Context, _ civic.Route, m push.Message) (string, error) {
	return "", t.client.SendText(ctx, string(m.Account), m.Text.Plain)
}

func (texter) Judge(err error) push.Verdict {
	if err == nil {
		return push.Verdict{Answer: push.Accepted}
	}
	return push.Verdict{Answer: push.Unsure}
}

// watchHeap samples the heap until the returned function tells how much it grew at most.
func watchHeap() func() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	base := m.HeapAlloc
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		var peak uint64
		for {
			select {
			case <-tick.C:
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			case <-stop:
				most <- max(peak, base) - base
				return
			}
		}
	}()
	return func() uint64 { close(stop); return <-most }
}

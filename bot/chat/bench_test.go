package chat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"yishi/bot/chat"
	"yishi/bot/wechat"
	"yishi/flows/dialog"
	"yishi/store"
	"yishi/store/session"
	"yishi/store/session/sessiontest"
	"yishi/store/storetest"
)

// The benchmarks measure requests per second through the real handler over loopback, with the
// clients in the same process, and divide them by those of a floor: a handler that verifies,
// parses and answers without any store. Both are measured in turn within one run, so the share
// tells what the conversation costs whatever the machine. Run them with -cpu 2.
const (
	benchClients     = 32
	benchCommunities = 8
	benchResidents   = 20000 // of a plain turn, so that sessions remember about as many replies as people's do
	benchSlices      = 10    // of floor and turns, one after the other
	floorSlice       = 150 * time.Millisecond
)

func BenchmarkTurn(b *testing.B) { newBench(b, true, benchCommunities).turns(b) }

func BenchmarkNeed(b *testing.B) { newBench(b, true, benchCommunities).needs(b) }

// BenchmarkNeedOneCommunity has all needs numbered by one counter.
func BenchmarkNeedOneCommunity(b *testing.B) { newBench(b, true, 1).needs(b) }

func BenchmarkTurnSQLite(b *testing.B) { newBench(b, false, benchCommunities).turns(b) }

func BenchmarkNeedSQLite(b *testing.B) { newBench(b, false, benchCommunities).needs(b) }

// bench is a bot behind its handler on loopback, and the floor beside it.
type bench struct {
	db          *store.DB
	sess        session.Store
	chat        *chat.Chat
	communities int
	client      *http.Client
	url, floor  string
	floorText   atomic.Pointer[string] // what the floor answers
	msg         atomic.Int64
	wrong       atomic.Int64 // answers that were not the wanted one
}

// brief keeps sessions for ten minutes only, so that nothing stays behind in a shared Redis.
type brief struct{ session.Store }

func (s brief) Save(ctx context.Context, account string, rev uint64, data []byte, read int, until time.Time) (bool, error) {
	return s.Store.Save(ctx, account, rev, data, read, until.Add(10*time.Minute-40*24*time.Hour))
}

func newBench(b *testing.B, servers bool, communities int) *bench {
	b.Helper()
	r := &bench{communities: communities}
	if servers {
		r.db = storetest.OpenMySQL(b)
		r.sess = brief{sessiontest.OpenRedis(b, r.db.Clock().Now)}
	} else {
		r.db = storetest.Open(b)
		r.sess = r.db.Sessions()
	}
	for i := range communities {
		_, err := r.db.AddCommunity(b.Context(), store.NewCommunity{
			Code: string(rune('甲' + i)), Name: fmt.Sprintf("社区%d", i), Scene: fmt.Sprintf("scene%d", i),
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	log := slog.New(slog.NewJSONHandler(sink{}, nil))
	r.chat = newBenchChat(b, r.db, r.sess, log)
	r.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: benchClients, DisableCompression: true}}
	b.Cleanup(r.client.CloseIdleConnections)
	r.url = r.serve(b, r.chat, log)
	r.floor = r.serve(b, turnFunc(func(context.Context, *wechat.Message) wechat.Answer {
		return wechat.Answer{Text: *r.floorText.Load(), At: 1}
	}), log)
	return r
}

func newBenchChat(b *testing.B, db *store.DB, s session.Store, log *slog.Logger) *chat.Chat {
	b.Helper()
	return chat.New(chat.Options{
		Engine:   engine(b),
		World:    chat.World(db, base),
		Sessions: s, Ledger: db, Now: db.Clock().Now, Location: shanghai,
		Key: []byte(strings.Repeat("k", 32)), Log: log,
	})
}

type turnFunc func(context.Context, *wechat.Message) wechat.Answer

func (f turnFunc) Turn(ctx context.Context, m *wechat.Message) wechat.Answer { return f(ctx, m) }

// serve puts the real handler in front of t and returns its address.
func (r *bench) serve(b *testing.B, t wechat.Turner, log *slog.Logger) string {
	b.Helper()
	h, err := wechat.NewHandler(wechat.Config{AppID: appID, Token: token, Account: account, Mode: wechat.ModePlain}, t,
		wechat.HandlerOptions{Now: r.db.Clock().Now, Log: log, Limits: wechat.Limits{Burst: -1}})
	if err != nil {
		b.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/wechat", h)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 3 * time.Second, ReadTimeout: 4 * time.Second, WriteTimeout: 15 * time.Second}
	go func() { _ = srv.Serve(l) }() // ends with Close
	b.Cleanup(func() {
		if err := srv.Close(); err != nil {
			b.Error(err)
		}
	})
	return "http://" + l.Addr().String() + "/wechat?"
}

// talk lets one resident of a community say lines, and returns the session and the last reply.
func (r *bench) talk(b *testing.B, community int, lines ...string) (session.Memory, string) {
	b.Helper()
	who := fmt.Sprintf("oTemplate%d", community)
	in := dialog.Input{Kind: dialog.Follow, Text: fmt.Sprintf("scene%d", community)}
	a := r.chat.Turn(b.Context(), message(who, in, int(r.msg.Add(1)), r.db.Clock().Now()))
	for _, l := range lines {
		a = r.chat.Turn(b.Context(), message(who, dialog.Input{Kind: dialog.Text, Text: l}, int(r.msg.Add(1)), r.db.Clock().Now()))
	}
	v, err := r.sess.Load(b.Context(), who)
	if err != nil || !v.Known {
		b.Fatalf("template session: %v, known %v", err, v.Known)
	}
	m, err := session.Decode(v.Data)
	if err != nil {
		b.Fatal(err)
	}
	return m, a.Text
}

// residents prepares n sessions that stand where lines lead, each with a run of its own.
func (r *bench) residents(b *testing.B, n int, lines ...string) string {
	b.Helper()
	var templates []session.Memory
	var last string
	for c := range r.communities {
		m, text := r.talk(b, c, lines...)
		templates, last = append(templates, m), text
	}
	r.each(n, func(i int) {
		m := templates[i%len(templates)]
		var s dialog.Session
		if err := json.Unmarshal(m.Session, &s); err != nil {
			b.Error(err)
			return
		}
		s.Top.Run = fmt.Sprintf("run%d", i)
		var err error
		if m.Session, err = json.Marshal(s); err != nil {
			b.Error(err)
		}
		for range 5 { // a busy machine may let one time out
			if _, err = r.sess.Save(b.Context(), resident(i), 0, m.Encode(), 0, r.db.Clock().Now().Add(40*24*time.Hour)); err == nil {
				return
			}
		}
		b.Errorf("prepare session: %v", err)
	})
	return last
}

func resident(i int) string { return "oBenchResident_" + strconv.Itoa(100000000+i) }

// each calls do for 0 to n-1 from as many goroutines as there are clients.
func (r *bench) each(n int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range benchClients {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				do(i)
			}
		})
	}
	wg.Wait()
}

// turns measures a turn that commits nothing: an answer that is none of the choices.
func (r *bench) turns(b *testing.B) {
	r.residents(b, min(benchResidents, max(b.N, benchClients)), "提需求", "楼下的路灯坏了好几天了")
	n := min(benchResidents, max(b.N, benchClients))
	r.measure(b, "请回 1 到 6 的数字。", func(i int) (string, string) { return resident(i % n), "9" })
}

// needs measures the request that commits a need.
func (r *bench) needs(b *testing.B) {
	last := r.residents(b, b.N, "提需求", "楼下的路灯坏了好几天了", "1", "3幢2单元楼下", "跳过", "2")
	if !strings.Contains(last, "对就回“提交”") {
		b.Fatalf("not at the summary: %s", last)
	}
	r.measure(b, "已提交，编号 ", func(i int) (string, string) { return resident(i), "提交" })
}

// measure sends request i for i from 0 to b.N-1, in slices with the floor in between. What is
// reported is the median slice, as other work on the machine comes and goes.
func (r *bench) measure(b *testing.B, want string, request func(i int) (who, text string)) {
	b.Helper()
	text := want + strings.Repeat("字", 100) // as long as an answer is
	r.floorText.Store(&text)
	slice := floorSlice
	if b.N < 1000 {
		slice /= 10
	}
	var floors, rates, shares []float64
	b.ResetTimer()
	b.StopTimer()
	for s := range benchSlices {
		floor := r.floorRate(b, slice, want)
		from, to := b.N*s/benchSlices, b.N*(s+1)/benchSlices
		if from == to {
			continue
		}
		b.StartTimer()
		begin := time.Now()
		r.each(to-from, func(i int) {
			who, text := request(from + i)
			r.post(b, r.url, who, text, want)
		})
		rate := float64(to-from) / time.Since(begin).Seconds()
		b.StopTimer()
		floor = (floor + r.floorRate(b, slice, want)) / 2
		floors, rates, shares = append(floors, floor), append(rates, rate), append(shares, rate/floor)
	}
	if wrong := r.wrong.Load(); wrong > int64(b.N)/100 { // a busy machine may let one time out
		b.Errorf("%d of %d answers are wrong", wrong, b.N)
	}
	b.ReportMetric(median(shares), "share")
	b.ReportMetric(median(floors), "floor/s")
	b.ReportMetric(median(rates), "req/s")
}

func median(list []float64) float64 {
	slices.Sort(list)
	return (list[(len(list)-1)/2] + list[len(list)/2]) / 2
}

// floorRate measures the floor for a while.
func (r *bench) floorRate(b *testing.B, d time.Duration, want string) float64 {
	var count atomic.Int64
	var wg sync.WaitGroup
	begin := time.Now()
	for c := range benchClients {
		wg.Go(func() {
			for time.Since(begin) < d {
				r.post(b, r.floor, resident(c), "9", want)
				count.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(count.Load()) / time.Since(begin).Seconds()
}

// post signs and sends one text message and checks that the reply holds want.
func (r *bench) post(b *testing.B, url, who, text, want string) {
	id := r.msg.Add(1)
	now := strconv.FormatInt(r.db.Clock().Now().Unix(), 10)
	nonce := strconv.FormatInt(id, 10)
	body := "<xml><ToUserName><![CDATA[" + account + "]]></ToUserName><FromUserName><![CDATA[" + who +
		"]]></FromUserName><CreateTime>" + now + "</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[" + text +
		"]]></Content><MsgId>" + nonce + "</MsgId></xml>"
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost,
		url+"signature="+sign(token, now, nonce)+"&timestamp="+now+"&nonce="+nonce+"&openid="+who, strings.NewReader(body))
	if err != nil {
		b.Error(err)
		return
	}
	req.Header.Set("Content-Type", "text/xml")
	resp, err := r.client.Do(req)
	if err != nil {
		b.Error(err)
		return
	}
	got, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close() // read to its end
	if err != nil || !bytes.Contains(got, []byte(want)) {
		if r.wrong.Add(1) == 1 {
			b.Logf("%s got %q, %v", text, got, err)
		}
	}
}

// BenchmarkChat is the turn's own work: no HTTP, sessions in a map.
func BenchmarkChat(b *testing.B) {
	db := storetest.Open(b)
	if _, err := db.AddCommunity(b.Context(), store.NewCommunity{Code: "甲", Name: "甲社区", Scene: "scene0"}); err != nil {
		b.Fatal(err)
	}
	r := &bench{db: db, sess: newMemory(db.Clock().Now), communities: 1}
	r.chat = newBenchChat(b, db, r.sess, slog.New(slog.NewJSONHandler(sink{}, nil)))
	r.talk(b, 0, "提需求", "楼下的路灯坏了好几天了")
	m := message("oTemplate0", dialog.Input{Kind: dialog.Text, Text: "9"}, 0, db.Clock().Now())
	b.ReportAllocs()
	for b.Loop() {
		m.MsgID = strconv.FormatInt(r.msg.Add(1), 10)
		if a := r.chat.Turn(b.Context(), m); a.Text == "" {
			b.Fatal("no answer")
		}
	}
}

// sink swallows log lines after they were formatted, which is part of what a turn costs.
type sink struct{}

func (sink) Write(b []byte) (int, error) { return len(b), nil }

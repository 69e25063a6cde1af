package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"yishi/bot/wechat"
	"yishi/bot/wechat/platform"
	"yishi/config"
	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/session/sessiontest"
	"yishi/store/storetest"
)

// hall is the whole bot with a local platform, over loopback, and a clock that can be moved.
type hall struct {
	*app
	platform  *platform.Platform
	community civic.Community
	log       output
	pages     *httptest.Server // where a BaseURL leads; not started yet

	mu     sync.Mutex
	asked  []string            // addresses that the platform's API was asked for
	phones map[string]int      // messages that arrived, by openid
	texts  map[string][]string // what they said
}

// openHall starts a bot at ten in the morning of its community, on SQLite, or on the servers of
// the run where servers asks for them.
func openHall(t *testing.T, p *config.Push, servers bool, change ...func(*config.Config)) *hall {
	t.Helper()
	h := &hall{phones: map[string]int{}, texts: map[string][]string{}, pages: httptest.NewUnstartedServer(nil)}
	t.Cleanup(h.pages.Close)
	now := time.Now() // the platform's clock is the bot's, which is opened later
	var clock interface{ Now() time.Time }
	h.platform = platform.New(platform.Options{
		AppID: demoAppID, Secret: demoSecret, Token: demoToken, AESKey: demoAESKey, Account: demoAccount,
		LoginDomain: h.pages.Listener.Addr().String(),
		Now: func() time.Time {
			if clock == nil {
				return now
			}
			return clock.Now()
		},
	})
	t.Cleanup(h.platform.Close)
	api := httptest.NewServer(h.heard(h.platform.Handler()))
	t.Cleanup(api.Close)
	key := make([]byte, 32) // its own, so that no two halls share a session in Redis
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cfg := config.Config{
		Data: dir, TZ: "Asia/Shanghai", Log: "info", Redis: config.NoRedis, SQL: config.Secret("sqlite:" + filepath.Join(dir, "yishi.db")),
		MasterKey: config.Secret(hex.EncodeToString(key)), Push: p,
		WeChat: config.WeChat{
			AppID: demoAppID, Secret: demoSecret, Token: demoToken, AESKey: demoAESKey, Account: demoAccount, Mode: config.ModeSafe, API: api.URL,
		},
	}
	if servers {
		cfg.SQL = config.Secret("mysql:" + storetest.MySQL(t))
		cfg.Redis = config.Secret("redis://" + sessiontest.RedisAddr(t))
	}
	for _, c := range change {
		c(&cfg)
	}
	if cfg.BaseURL != "" {
		cfg.BaseURL, cfg.WeChat.Open = "http://"+h.pages.Listener.Addr().String(), api.URL
	}
	log := slog.New(slog.NewJSONHandler(&h.log, &slog.HandlerOptions{Level: cfg.Level()}))
	db, err := openStore(t.Context(), cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Migrate(t.Context()), db.Close()); err != nil {
		t.Fatal(err)
	}
	if h.app, err = newApp(t.Context(), cfg, log); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	h.until(10)
	clock = h.db.Clock()
	webhook := httptest.NewServer(h.webhook)
	t.Cleanup(webhook.Close)
	h.platform.SetWebhooks(webhook.URL + "/wechat")
	t.Cleanup(h.platform.Watch(h.arrived))
	h.found(t)
	return h
}

// heard notes the address of each call of the API.
func (h *hall) heard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.asked = append(h.asked, r.URL.RequestURI())
		h.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// found makes the community and its QR code.
func (h *hall) found(t *testing.T) {
	t.Helper()
	var err error
	h.community, err = h.db.AddCommunity(t.Context(), store.NewCommunity{Code: "钮", Name: "钮家巷社区", Scene: "door"})
	if err != nil {
		t.Fatal(err)
	}
}

// arrived counts what lights up a phone.
func (h *hall) arrived(e platform.Event) {
	if e.Kind != platform.KindCustomer && e.Kind != platform.KindTemplate {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.phones[e.Openid]++
	h.texts[e.Openid] = append(h.texts[e.Openid], e.Text)
}

// got is how many messages have reached a phone.
func (h *hall) got(openid string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.phones[openid]
}

// forget begins to count anew.
func (h *hall) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.phones)
}

// until moves the clock on to the next time that it is this hour in the community.
func (h *hall) until(hour int) {
	now := h.db.Clock().Now().In(h.cfg.Location())
	next := time.Date(now.Year(), now.Month(), now.Day(), hour, 0, 0, 0, now.Location())
	if !next.After(now) {
		next = next.AddDate(0, 0, 1)
	}
	h.db.Clock().Shift(next.Sub(now))
}

// start runs the loops; stop ends them as a signal would.
func (h *hall) start(t *testing.T) (stop func()) {
	t.Helper()
	l, err := h.openLoops(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	t.Cleanup(stop)
	return stop
}

// followers makes people follow by the community's code, all at once.
func (h *hall) followers(t *testing.T, n int) []*platform.Person {
	t.Helper()
	people := make([]*platform.Person, n)
	var all sync.WaitGroup
	for i := range people {
		people[i] = h.platform.Person(fmt.Sprintf("oHall%020d", i))
		all.Go(func() {
			if d := people[i].Follow(t.Context(), "door"); d.Err != nil || d.Reply.Text == "" {
				t.Errorf("follow: %v, %q", d.Err, d.Reply.Text)
			}
		})
	}
	all.Wait()
	h.noted(t, people, false)
	return people
}

// noted waits until the database knows that people wrote, or followed; it is told each second.
func (h *hall) noted(t *testing.T, people []*platform.Person, wrote bool) {
	t.Helper()
	var all []civic.Account
	for _, q := range people {
		all = append(all, civic.Account(q.Openid()))
	}
	wait(t, func() bool {
		reach, err := h.db.Reach(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range all {
			if r := reach[a]; r.LastMessageAt.IsZero() && (wrote || r.LastEventAt.IsZero()) {
				return false
			}
		}
		return true
	})
}

// settled waits until nobody of a push waits any more and returns its report, which adds up.
func (h *hall) settled(t *testing.T, id string) civic.Report {
	t.Helper()
	var r civic.Report
	wait(t, func() bool {
		var err error
		if r, err = h.db.Report(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if r.Total() != r.Audience {
			t.Fatalf("%+v does not add up", r)
		}
		return r.Waiting == 0
	})
	return r
}

// consents has somebody answer a popup.
func (h *hall) consents(t *testing.T, q *platform.Person, event string, templates ...wechat.NoticeEvent) {
	t.Helper()
	m := &wechat.Message{Type: "event", Event: event, Account: q.Openid(), CreateTime: h.db.Clock().Now().Unix(), Notices: templates}
	if a := h.events(nobody{}).Turn(t.Context(), m); a.Text != "" {
		t.Errorf("answered %q", a.Text)
	}
}

// nobody takes turns and says nothing.
type nobody struct{}

func (nobody) Turn(context.Context, *wechat.Message) wechat.Answer { return wechat.Answer{} }

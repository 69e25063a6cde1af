//go:build unix

package fault_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"yishi/bot/chat"
	"yishi/bot/wechat"
	"yishi/bot/wechat/platform"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store/storetest"
)

// poisoned panics in a look-up of needs while it is armed.
type poisoned struct {
	flows.Needs
	armed atomic.Bool
}

func (p *poisoned) Mine(ctx context.Context, a civic.Account, offset, limit int) ([]civic.Need, int, error) {
	if p.armed.Load() {
		panic(errors.New("canary-poison"))
	}
	return p.Needs.Mine(ctx, a, offset, limit)
}

// stunned panics before the turn begins.
type stunned struct {
	wechat.Turner
	armed atomic.Bool
}

func (s *stunned) Turn(ctx context.Context, m *wechat.Message) wechat.Answer {
	if s.armed.Load() {
		panic("canary-stun")
	}
	return s.Turner.Turn(ctx, m)
}

// tally counts words.
type tally struct {
	mu sync.Mutex
	of map[string]int
}

func (c *tally) add(word string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[word]++
}

func (c *tally) get(word string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[word]
}

// TestPoison sends messages that make the bot panic: they are answered and counted, and the
// resident's next message works.
func TestPoison(t *testing.T) {
	db := storetest.Open(t)
	engine, err := flows.New()
	if err != nil {
		t.Fatal(err)
	}
	needs := &poisoned{Needs: db.Needs()}
	world := chat.World(db, "https://yishi.example")
	world.Needs = needs
	turns, calls := &tally{of: map[string]int{}}, &tally{of: map[string]int{}}
	var logged bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&logged, nil))
	turner := &stunned{Turner: chat.New(chat.Options{
		Engine: engine, World: world,
		Sessions: db.Sessions(), Ledger: db, Now: db.Clock().Now, Location: db.Clock().Now().Location(),
		Key: storetest.Key(), Log: log, Observe: func(e chat.Event) { turns.add(e.Word) },
	})}
	h, err := wechat.NewHandler(wechat.Config{AppID: appID, Token: token, AESKey: aesKey, Account: account, Mode: wechat.ModeSafe},
		turner, wechat.HandlerOptions{Now: db.Clock().Now, Log: log, Observe: calls.add})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	defer srv.Close()
	s := &site{t: t, p: platform.New(platform.Options{
		AppID: appID, Token: token, AESKey: aesKey, Account: account, Webhooks: []string{srv.URL}, Now: db.Clock().Now,
	})}
	defer s.p.Close()
	s.p.Person("oPoison").Follow(t.Context(), "")
	s.expect("oPoison", "菜单", menu)

	needs.armed.Store(true)
	first := s.send("oPoison", "我的")
	if first.Err != nil || len(first.Tries) != 1 || !strings.Contains(first.Reply.Text, "对不起") {
		t.Errorf("poison: %v, told %q, tries %+v", first.Err, first.Reply.Text, first.Tries)
	}
	if n := turns.get("fault"); n != 1 {
		t.Errorf("%d faults counted", n)
	}
	s.expect("oPoison", "菜单", menu)
	needs.armed.Store(false)
	if text := s.say("oPoison", "我的"); strings.Contains(text, "对不起") {
		t.Errorf("told %q after the poison", text)
	}

	turner.armed.Store(true)
	if d := s.send("oPoison", "菜单"); d.Err != nil || len(d.Tries) != 1 {
		t.Errorf("stun: %v, tries %+v", d.Err, d.Tries)
	}
	if n := calls.get(string(wechat.Panicked)); n != 1 {
		t.Errorf("%d panics counted: %v", n, calls.of)
	}
	turner.armed.Store(false)
	s.expect("oPoison", "菜单", menu)
	if text := logged.String(); !strings.Contains(text, "panicked") || strings.Contains(text, "canary") || strings.Contains(text, "oPoison") {
		t.Errorf("log: %s", text)
	}
}

package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"yishi/bot/chat"
	"yishi/bot/wechat"
	"yishi/store"
	"yishi/store/storetest"
)

// probed counts, per sender, the messages for which a turn did something: each once however
// often it is sent, and not those that were merely shown the way to the menu.
type probed struct {
	turner wechat.Turner

	one     sync.Mutex // one turn at a time, so that the event is known to be its own
	event   chat.Event
	handled map[string]int
}

func (p *probed) Turn(ctx context.Context, m *wechat.Message) wechat.Answer {
	p.one.Lock()
	defer p.one.Unlock()
	p.event = chat.Event{}
	a := p.turner.Turn(ctx, m)
	switch e := p.event; {
	case e.Word == "", e.Word == "repeated", e.Word == "busy", e.Word == "fault", e.Word == "unsure":
	case e.Flow == "menu", e.Flow == "welcome" && e.Step == "strange", e.Flow == "unknown" && e.Step == "foreign":
	default:
		p.handled[m.Account]++
	}
	return a
}

func (p *probed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.one.Lock()
	defer p.one.Unlock()
	_ = json.NewEncoder(w).Encode(map[string]int{"handled": p.handled[r.URL.Query().Get("openid")]})
}

// TestCorpusEffects has the corpus' own driver sign and send every case to the webhook with the
// bot behind it, and ask how many messages were handled.
func TestCorpusEffects(t *testing.T) {
	dir := os.Getenv("YISHI_TEST_SHARED")
	if dir == "" {
		t.Skip("YISHI_TEST_SHARED is not set")
	}
	db := storetest.Open(t)
	if _, err := db.AddCommunity(t.Context(), store.NewCommunity{Code: "钮", Name: "钮家巷社区", Estates: []string{"凤凰新村"}}); err != nil {
		t.Fatal(err)
	}
	s := db.Sessions()
	p := &probed{handled: map[string]int{}}
	p.turner = newChat(t, db, db, s, func(e chat.Event) { p.event = e })
	mux := http.NewServeMux()
	mux.Handle("/probe", p)
	for _, mode := range []string{wechat.ModePlain, wechat.ModeSafe} {
		h, err := wechat.NewHandler(wechat.Config{
			AppID: appID, Token: "corpus-token", AESKey: aesKey, Account: account, Mode: mode,
		}, p, wechat.HandlerOptions{Now: db.Clock().Now, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		mux.Handle("/"+mode, h)
	}
	srv := httptest.NewServer(mux)
	defer srv.Close()
	corpus := filepath.Join(dir, "corpus")
	cmd := exec.CommandContext(t.Context(), "go", "run", filepath.Join(corpus, "drive.go"),
		"-url", srv.URL+"/plain", "-safe-url", srv.URL+"/safe", "-probe", srv.URL+"/probe", withoutFixtures(t, filepath.Join(corpus, "webhook.jsonl")))
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), " passed, 0 failed") {
		t.Errorf("%v\n%s", err, out)
	}
	if n := len(p.handled); n < 50 {
		t.Error(fmt.Sprint("only ", n, " senders were handled: is the bot behind the webhook?"))
	}
}

// withoutFixtures copies the corpus without the effects of cases that need a poll or a form set up
// beforehand: what they must get on the wire still counts.
func withoutFixtures(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for l := range strings.Lines(string(b)) {
		var c map[string]any
		if err := json.Unmarshal([]byte(l), &c); err != nil {
			t.Fatal(err)
		}
		if expect, ok := c["expect"].(map[string]any); ok && c["setup"] != nil {
			delete(expect, "effects")
		}
		line, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(line, '\n'))
	}
	copied := filepath.Join(t.TempDir(), "webhook.jsonl")
	if err := os.WriteFile(copied, []byte(out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return copied
}

package demo

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"yishi/bot/wechat"
	"yishi/bot/wechat/platform"
)

type echo struct{}

func (echo) Turn(_ context.Context, m *wechat.Message) wechat.Answer {
	return wechat.Answer{Text: "收到：" + m.Content, At: m.CreateTime}
}

// In safe mode the page shows both what was said and what really crossed the wire.
func TestSafeMode(t *testing.T) {
	const key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	w := newWorld(t)
	w.close()
	hook, err := wechat.NewHandler(wechat.Config{AppID: "wxdemo", Token: "token", AESKey: key, Account: "gh_demo"},
		echo{}, wechat.HandlerOptions{Now: w.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(hook)
	t.Cleanup(srv.Close)
	w.options.Platform = platform.New(platform.Options{
		AppID: "wxdemo", Secret: "secret", Token: "token", AESKey: key, Account: "gh_demo",
		Webhooks: []string{srv.URL}, Now: w.clock.Now,
	})
	t.Cleanup(w.options.Platform.Close)
	w.open()
	w.act(action{Do: "follow", N: -1})
	w.act(action{Do: "say", Text: "你好"})
	w.find(kindReply, "收到：你好")
	all := w.server.history.all()
	done := all[len(all)-2]
	status, b := w.request("GET", "/demo/api/wire?seq="+itoa(done.Seq), nil)
	var got wire
	if err := json.Unmarshal(b, &got); err != nil || status != http.StatusOK {
		t.Fatalf("status %d, %v", status, err)
	}
	plain, sealed := joined(got.Plain), joined(got.Sealed)
	if !strings.Contains(plain, "[你好]") || !strings.Contains(plain, "[收到：你好]") || strings.Contains(plain, "<Encrypt>") {
		t.Errorf("plain:\n%s", plain)
	}
	if strings.Count(sealed, "<Encrypt>") != 2 || strings.Contains(sealed, "你好") || !strings.Contains(sealed, "msg_signature=") {
		t.Errorf("sealed:\n%s", sealed)
	}
}

func joined(list []passage) string {
	var b strings.Builder
	for _, p := range list {
		b.WriteString(p.Title + "\n" + p.Body + "\n")
	}
	return b.String()
}

// A phone whose messages pile up is asked to wait.
func TestTooMuchUnderWay(t *testing.T) {
	w := newWorld(t)
	w.act(action{Do: "follow", N: -1})
	b, _ := json.Marshal(action{Do: "say", Text: "等"})
	for i := range maxBusy + 1 {
		status, _ := w.request("POST", "/demo/api/act", b)
		if want := map[bool]int{true: http.StatusAccepted, false: http.StatusTooManyRequests}[i < maxBusy]; status != want {
			t.Errorf("message %d: status %d, want %d", i+1, status, want)
		}
	}
	close(w.bot.hold)
	w.idle()
}

package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fakeAPI is the platform's API: it hands out tokens and answers calls from a script.
type fakeAPI struct {
	*httptest.Server
	mu      sync.Mutex
	token   string // the valid one
	fetches int
	expires int
	calls   []string // path and body of calls with a token
	answer  func(w http.ResponseWriter, r *http.Request)
}

func newFakeAPI(t *testing.T) *fakeAPI {
	t.Helper()
	f := &fakeAPI{token: "tok-1-secret", expires: 7200}
	f.answer = func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, `{"errcode":0,"errmsg":"ok"}`) }
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

func writeJSON(w io.Writer, s string) { _, _ = io.WriteString(w, s) }

func (f *fakeAPI) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.URL.Path == "/cgi-bin/stable_token" {
		f.fetches++
		var got struct {
			AppID, Secret string
			Force         bool `json:"force_refresh"`
		}
		_ = json.Unmarshal(body, &got)
		if got.Secret != "top-secret" || got.Force {
			writeJSON(w, `{"errcode":40125,"errmsg":"invalid appsecret rid: 1-2"}`)
			return
		}
		writeJSON(w, fmt.Sprintf(`{"access_token":%q,"expires_in":%d}`, f.token, f.expires))
		return
	}
	f.calls = append(f.calls, r.Method+" "+r.URL.Path+" "+string(body))
	if r.URL.Query().Get("access_token") != f.token {
		writeJSON(w, `{"errcode":40001,"errmsg":"invalid credential, access_token is invalid or not latest rid: 65-ab"}`)
		return
	}
	f.answer(w, r)
}

// sent lists the calls so far, and asked counts the tokens given out.
func (f *fakeAPI) sent() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

func (f *fakeAPI) asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fetches
}

func (f *fakeAPI) client(store TokenStore) *Client {
	cfg := testConfig(ModeSafe)
	cfg.API = f.URL
	return NewClient(cfg, store, func() time.Time { return testNow }, nil)
}

func TestSendText(t *testing.T) {
	f := newFakeAPI(t)
	c := f.client(nil)
	link := `<a href="weixin://bizmsgmenu?msgmenucontent=1&msgmenuid=2">好</a>`
	if err := c.SendText(t.Context(), testOpenID, link+"\x00"); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	path, body, _ := strings.Cut(strings.TrimPrefix(f.sent()[0], "POST "), " ")
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"touser": testOpenID, "msgtype": "text", "text": map[string]any{"content": link}}
	if d := cmp.Diff(want, got); d != "" || path != "/cgi-bin/message/custom/send" || strings.Contains(body, `\u003c`) {
		t.Errorf("%s %s\n%s", path, body, d)
	}
	for name, call := range map[string]func() error{
		"bad openid": func() error { return c.SendText(t.Context(), "../x", "hi") },
		"empty":      func() error { return c.SendText(t.Context(), testOpenID, " \x00") },
		"too long":   func() error { return c.SendText(t.Context(), testOpenID, strings.Repeat("汉", 683)) },
	} {
		if call() == nil || len(f.sent()) != 1 {
			t.Errorf("%s was sent", name)
		}
	}
}

func TestErrorCodes(t *testing.T) {
	tests := []struct {
		code int
		want string
	}{
		{-1, "retry"},
		{40001, "retry token"},
		{40014, "retry token"},
		{42001, "retry token"},
		{40003, "unreachable"},
		{43004, "unreachable"},
		{43101, "unreachable"},
		{45015, "unreachable"},
		{45047, "unreachable"},
		{43117, "retry"},
		{40037, "fatal"},
		{40164, "fatal"},
		{89503, "fatal"},
		{40243, "fatal"},
		{40125, "fatal"},
		{48001, "fatal"},
		{50002, "fatal"},
		{45002, "content"},
		{45008, "content"},
		{47003, "content"},
		{45009, "quota"},
		{45011, "retry quota"},
		{45028, "quota"},
		{45065, "sent"},
		{45066, "retry"},
		{42010, "retry"},
		{99999, ""},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.code), func(t *testing.T) {
			f := newFakeAPI(t)
			f.answer = func(w http.ResponseWriter, _ *http.Request) {
				writeJSON(w, fmt.Sprintf(`{"errcode":%d,"errmsg":"no luck, tok-1-secret rid: 65d-0f"}`, tt.code))
			}
			err := f.client(nil).SendText(t.Context(), testOpenID, "hi")
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if want := (Error{Code: tt.code, Msg: "no luck, ***", RID: "65d-0f", personal: true}); *e != want {
				t.Errorf("got %+v, want %+v", *e, want)
			}
			if want := fmt.Sprintf("wechat %d (rid 65d-0f)", tt.code); e.Error() != want {
				t.Errorf("says %q, want %q: words about somebody are not for logs", e.Error(), want)
			}
			var got []string
			for _, v := range []struct {
				name string
				is   bool
			}{
				{"retry", e.Retryable()},
				{"token", e.TokenExpired()},
				{"unreachable", e.Unreachable()},
				{"quota", e.QuotaUsed()},
				{"fatal", e.Fatal()},
				{"content", e.BadContent()},
				{"sent", e.AlreadySent()},
			} {
				if v.is {
					got = append(got, v.name)
				}
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("%d is %q, want %q", tt.code, s, tt.want)
			}
		})
	}
}

func TestAnswersThatSayNothing(t *testing.T) {
	text := func(s string) func(w http.ResponseWriter, r *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s) }
	}
	followed := false
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	t.Cleanup(trap.Close)
	tests := []struct {
		name   string
		answer func(w http.ResponseWriter, r *http.Request)
	}{
		{"HTML", text("<html>502</html>")},
		{"cut short", text(`{"errcode":0,"errm`)},
		{"code as a string", text(`{"errcode":"0","errmsg":"ok"}`)},
		{"no code", text(`{}`)},
		{"nothing", text("")},
		{"huge", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte("x"), 2*maxAnswer)) }},
		{"status 500", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }},
		{"redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, trap.URL, http.StatusFound) }},
		{"hung up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeAPI(t)
			f.answer = tt.answer
			err := f.client(nil).SendText(t.Context(), testOpenID, "hi")
			if !errors.Is(err, ErrUnsure) || errors.Is(err, ErrNotSent) || len(f.sent()) != 1 {
				t.Errorf("got %v after %d calls", err, len(f.sent()))
			}
			checkScrubbed(t, err)
		})
	}
	if followed {
		t.Error("the redirect was followed")
	}
}

func checkScrubbed(t *testing.T, err error) {
	t.Helper()
	for _, s := range []string{"tok-1-secret", "top-secret", "access_token=", "?"} {
		if strings.Contains(fmt.Sprint(err), s) {
			t.Errorf("error holds %q: %v", s, err)
		}
	}
}

func TestSlowAndDeadAPI(t *testing.T) {
	f := newFakeAPI(t)
	c := f.client(nil)
	if _, err := c.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	f.answer = func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-release:
		}
	}
	c.http.Timeout = 500 * time.Millisecond // long enough to have sent it
	if err := c.SendText(t.Context(), testOpenID, "hi"); !errors.Is(err, ErrUnsure) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("slow: %v", err)
	} else {
		checkScrubbed(t, err)
	}
	close(release)
	f.Close()
	if err := c.SendText(t.Context(), testOpenID, "hi"); !errors.Is(err, ErrNotSent) {
		t.Errorf("refused connection: %v", err)
	} else {
		checkScrubbed(t, err)
	}
}

func TestBadBaseURL(t *testing.T) {
	for _, api := range []string{"ftp://x", "api.weixin.qq.com", "http://a:b@c", "http://x/?y=z", "://"} {
		c := NewClient(Config{AppID: "a", API: api}, nil, func() time.Time { return testNow }, nil)
		if _, err := c.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "base URL") {
			t.Errorf("%s: %v", api, err)
		}
	}
}

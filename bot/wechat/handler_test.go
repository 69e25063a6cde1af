package wechat

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

type turnFunc func(ctx context.Context, m *Message) Answer

func (f turnFunc) Turn(ctx context.Context, m *Message) Answer { return f(ctx, m) }

// bench is a handler with what it saw.
type bench struct {
	http.Handler
	seen  []Message
	out   []string
	log   bytes.Buffer
	clock time.Time
	reply func(m *Message) string
}

func newBench(t testing.TB, cfg Config, limits Limits) *bench {
	t.Helper()
	b := &bench{clock: testNow, reply: func(m *Message) string { return "收到" + m.Content }}
	h, err := NewHandler(cfg, turnFunc(func(_ context.Context, m *Message) Answer {
		b.seen = append(b.seen, *m)
		return Answer{Text: b.reply(m), At: 77}
	}), HandlerOptions{
		Now: func() time.Time { return b.clock }, Limits: limits,
		Log:     slog.New(slog.NewTextHandler(&b.log, nil)),
		Observe: func(out string) { b.out = append(b.out, out) },
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Handler = h
	return b
}

func (b *bench) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w
}

func TestPlainReply(t *testing.T) {
	b := newBench(t, testConfig(ModePlain), Limits{})
	w := b.do(plainCall(textXML("你好", "7", "")))
	got := readReply(t, w.Body.Bytes())
	if got.ToUserName != testOpenID || got.FromUserName != testAccount || got.CreateTime != 77 || got.Content != "收到你好" {
		t.Errorf("got %+v", got)
	}
	if ct, ns := w.Header().Get("Content-Type"), w.Header().Get("X-Content-Type-Options"); !strings.HasPrefix(ct, "application/xml") || ns != "nosniff" {
		t.Errorf("headers %q, %q", ct, ns)
	}
}

func TestSafeReply(t *testing.T) {
	cfg := testConfig("")
	cfg.AESKeyPrevious = otherAESKey
	for name, key := range map[string]string{"current key": testAESKey, "previous key": otherAESKey} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, cfg, Limits{})
			enc := base64Seal(t, sealing{key: key, appID: testAppID}, textXML("你好", "7", ""))
			w := b.do(safeCall(enc))
			var env struct{ Encrypt, MsgSignature, TimeStamp, Nonce string }
			if err := xml.Unmarshal(w.Body.Bytes(), &env); err != nil {
				t.Fatal(err)
			}
			if env.MsgSignature != sign(testToken, env.TimeStamp, env.Nonce, env.Encrypt) {
				t.Error("reply is signed wrongly")
			}
			if got := readReply(t, []byte(unseal(t, env.Encrypt, key))); got.Content != "收到你好" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestNoReplyIsBareSuccess(t *testing.T) {
	for _, mode := range []string{ModePlain, ModeSafe} {
		t.Run(mode, func(t *testing.T) {
			b := newBench(t, testConfig(mode), Limits{})
			b.reply = func(*Message) string { return "\x00 " }
			r := plainCall(textXML("你好", "7", ""))
			if mode == ModeSafe {
				r = safeCall(sealed(t, textXML("你好", "7", "")))
			}
			if w := b.do(r); w.Code != http.StatusOK || w.Body.String() != "success" || len(b.seen) != 1 {
				t.Errorf("got %d %q after %d turns", w.Code, w.Body, len(b.seen))
			}
		})
	}
}

func TestAnsweredWithoutATurn(t *testing.T) {
	tests := []struct {
		name, body string
		out        Outcome
	}{
		{"empty body", "", Malformed},
		{"not XML", "hello", Malformed},
		{"other account", strings.ReplaceAll(textXML("1", "7", ""), testAccount, "gh_ffffffffffff"), WrongAccount},
		{"reported position", eventXML("LOCATION", "<Latitude>23.1</Latitude>"), Unread},
		{"page opened", eventXML("VIEW", "<EventKey>javascript:alert(1)</EventKey>"), Unread},
		{"event without a name", eventXML("", ""), Unread},
	}
	for _, mode := range []string{ModePlain, ModeSafe} {
		for _, tt := range tests {
			t.Run(mode+"/"+tt.name, func(t *testing.T) {
				b := newBench(t, testConfig(mode), Limits{Burst: 1})
				for range 3 { // they do not count as a flood either
					r := plainCall(tt.body)
					if mode == ModeSafe {
						r = safeCall(sealed(t, tt.body))
					}
					if w := b.do(r); w.Code != http.StatusOK || !isNone(w.Body.Bytes()) {
						t.Errorf("got %d %q", w.Code, w.Body)
					}
				}
				want := strings.Repeat(string(tt.out)+" ", 3)
				if len(b.seen) != 0 || strings.Join(b.out, " ")+" " != want {
					t.Errorf("%d turns, outcomes %v", len(b.seen), b.out)
				}
			})
		}
	}
}

func TestSilentEventsGetNoAnswer(t *testing.T) {
	b := newBench(t, testConfig(ModePlain), Limits{})
	for _, e := range []string{"unsubscribe", "TEMPLATESENDJOBFINISH", "user_authorization_revoke"} {
		if w := b.do(plainCall(eventXML(e, ""))); w.Body.String() != "success" {
			t.Errorf("%s got %q", e, w.Body)
		}
	}
	if len(b.seen) != 3 {
		t.Errorf("%d turns heard of them, want 3", len(b.seen))
	}
}

func TestEcho(t *testing.T) {
	q := signedQuery(testNow, "n-0nce")
	q.Set("echostr", "<b>5927782489442352469</b>")
	for _, mode := range []string{ModePlain, ModeSafe} {
		b := newBench(t, testConfig(mode), Limits{})
		w := b.do(httptest.NewRequest(http.MethodGet, "/wechat?"+q.Encode(), nil))
		if w.Body.String() != q.Get("echostr") || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") ||
			w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: got %d %q as %v", mode, w.Code, w.Body, w.Header())
		}
	}
}

func TestQueryIsBoundToItsBody(t *testing.T) {
	b := newBench(t, testConfig(ModePlain), Limits{})
	q := signedQuery(testNow, "1")
	for i, tt := range []struct {
		name, body string
		after      time.Duration
		status     int
	}{
		{"first body", textXML("1", "1", ""), 0, 200},
		{"the same again", textXML("1", "1", ""), 0, 200},
		{"another body", textXML("2", "2", ""), 0, 403},
		{"another body, last moment", textXML("2", "2", ""), 300 * time.Second, 403},
		{"the same, last moment", textXML("1", "1", ""), 0, 200},
	} {
		b.clock = b.clock.Add(tt.after)
		if w := b.do(call(q, tt.body)); w.Code != tt.status {
			t.Errorf("%d %s: status %d, want %d", i, tt.name, w.Code, tt.status)
		}
	}
}

func TestBindingsLiveLongEnoughAndNotForEver(t *testing.T) {
	var b bindings
	sig := func(i int) string { return sign(strconv.Itoa(i)) }
	at := testNow
	b.claim(sig(0), []byte("a"), at.Add(-1))
	at = at.Add(bindFor*time.Second - time.Second)
	b.claim(sig(1), []byte("a"), at)
	for range 3 { // a timestamp can be fresh for this long
		if b.claim(sig(1), []byte("b"), at) {
			t.Fatalf("another body was taken %v later", at.Sub(testNow))
		}
		at = at.Add(bindFor / 3 * time.Second)
	}
	at = at.Add(2 * bindFor * time.Second)
	b.claim(sig(2), nil, at)
	b.claim(sig(3), nil, at.Add(bindFor*time.Second))
	if n := len(b.young) + len(b.old); n != 2 {
		t.Errorf("%d signatures are kept, want 2", n)
	}
}

func TestPanicIsAnswered(t *testing.T) {
	for _, mode := range []string{ModePlain, ModeSafe} {
		t.Run(mode, func(t *testing.T) {
			b := newBench(t, testConfig(mode), Limits{Turns: 1})
			b.reply = func(m *Message) string { panic("secret words: " + m.Content) }
			for range 2 { // the place for a turn is given back
				r := plainCall(textXML("秘密", "7", ""))
				if mode == ModeSafe {
					r = safeCall(sealed(t, textXML("秘密", "7", "")))
				}
				if w := b.do(r); w.Code != http.StatusOK || w.Body.String() != "success" {
					t.Errorf("got %d %q", w.Code, w.Body)
				}
			}
			if fmt.Sprint(b.out) != "[panic panic]" {
				t.Errorf("outcomes %v", b.out)
			}
			log := b.log.String()
			if !strings.Contains(log, "handler_test.go") {
				t.Errorf("the log does not say where: %s", log)
			}
			for _, s := range []string{"秘密", "secret words", testOpenID, "signature="} {
				if strings.Contains(log, s) {
					t.Errorf("the log holds %q", s)
				}
			}
		})
	}
}

func TestTurnOutlivesTheConnection(t *testing.T) {
	var left time.Duration
	var gone error
	ctx, cancel := context.WithCancel(t.Context())
	h, err := NewHandler(testConfig(ModePlain), turnFunc(func(turn context.Context, _ *Message) Answer {
		cancel()
		deadline, _ := turn.Deadline()
		left, gone = time.Until(deadline), turn.Err()
		return Answer{Text: "好"}
	}), HandlerOptions{Now: func() time.Time { return testNow }})
	if err != nil {
		t.Fatal(err)
	}
	h.ServeHTTP(httptest.NewRecorder(), plainCall(textXML("1", "7", "")).WithContext(ctx))
	if gone != nil || ctx.Err() == nil || left <= 3*time.Second || left > turnTime {
		t.Errorf("turn has %v left and is cancelled: %v", left, gone)
	}
}

type brokenWriter struct{ http.ResponseWriter }

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestUnwrittenReplyIsCounted(t *testing.T) {
	b := newBench(t, testConfig(ModePlain), Limits{})
	b.ServeHTTP(brokenWriter{httptest.NewRecorder()}, plainCall(textXML("1", "7", "")))
	if fmt.Sprint(b.out) != "[reply_unwritten]" {
		t.Errorf("outcomes %v", b.out)
	}
}

func TestNewHandlerChecksItsConfig(t *testing.T) {
	now := func() time.Time { return testNow }
	for name, change := range map[string]func(c *Config, o *HandlerOptions){
		"no token":   func(c *Config, _ *HandlerOptions) { c.Token = "" },
		"no account": func(c *Config, _ *HandlerOptions) { c.Account = "" },
		"no app id":  func(c *Config, _ *HandlerOptions) { c.AppID = "" },
		"odd mode":   func(c *Config, _ *HandlerOptions) { c.Mode = "compat" },
		"bad key":    func(c *Config, _ *HandlerOptions) { c.AESKey = "short" },
		"no clock":   func(_ *Config, o *HandlerOptions) { o.Now = nil },
	} {
		t.Run(name, func(t *testing.T) {
			cfg, o := testConfig(ModeSafe), HandlerOptions{Now: now}
			change(&cfg, &o)
			if _, err := NewHandler(cfg, turnFunc(nil), o); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestConfigDoesNotPrintSecrets(t *testing.T) {
	cfg := testConfig(ModeSafe)
	cfg.AESKeyPrevious = otherAESKey
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("set up", "wechat", cfg)
	shown := log.String() + fmt.Sprintf("%v %+v %#v %s", cfg, cfg, &cfg, cfg) + fmt.Errorf("x: %v", cfg).Error()
	for _, s := range []string{cfg.Secret, cfg.Token, cfg.AESKey, cfg.AESKeyPrevious} {
		if strings.Contains(shown, s) {
			t.Errorf("%q is printed", s)
		}
	}
	if !strings.Contains(shown, testAppID) {
		t.Error("the app id is not printed")
	}
}

package wechat

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// upstreamCase is an answer of the platform, and what the sender makes of it.
type upstreamCase struct {
	Name     string
	API      string
	Response struct {
		Status      int
		JSON        json.RawMessage
		Text        string
		Headers     map[string]string
		Reset       string // connect: nobody listens; read: hung up after the request was read
		StallMS     int    `json:"stall_ms"`
		StallBodyMS int    `json:"stall_body_ms"`
	}
}

var repPattern = regexp.MustCompile(`\{\{rep:(.):([0-9]+)\}\}`)

func fill(s string) string {
	return repPattern.ReplaceAllStringFunc(s, func(m string) string {
		p := repPattern.FindStringSubmatch(m)
		n, _ := strconv.Atoi(p[2])
		return strings.Repeat(p[1], n)
	})
}

// play gives the answer of a case.
func (u *upstreamCase) play(w http.ResponseWriter, r *http.Request) {
	if u.Response.Reset != "" {
		hangUp(w)
		return
	}
	if u.Response.StallMS > 0 {
		<-r.Context().Done()
		return
	}
	for k, v := range u.Response.Headers {
		w.Header().Set(k, v)
	}
	w.WriteHeader(u.Response.Status)
	if u.Response.StallBodyMS > 0 {
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return
	}
	if len(u.Response.JSON) > 0 {
		writeJSON(w, fill(string(u.Response.JSON)))
		return
	}
	writeJSON(w, fill(u.Response.Text))
}

// hangUp resets the connection.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// upstreamWants are the classes of the cases by name: of a template message with a client id.
func upstreamWants() map[string]Class {
	return map[string]Class{
		"ok": Sent, "token-40001": Sent, "token-40014": Sent, "token-42001": Sent, "token-loop": Fatal,
		"token-short-life": Sent, "token-missing": Fatal, "token-long": Sent,
		"daily-quota": Quota, "minute-quota": Quota, "unsub": Refused, "bad-template": Fatal, "banned": Fatal,
		"dup-client-id": Duplicate, "mass-over-4": Quota, "unknown-code": Retry,
		"html": Uncertain, "truncated": Uncertain, "string-code": Uncertain, "huge": Uncertain,
		"slow-header": Uncertain, "slow-body": Uncertain, "reset-before": Retry, "redirect": Uncertain,
	}
}

func TestUpstreamCorpus(t *testing.T) {
	lines := bufio.NewScanner(sharedFile(t, "corpus/upstream.jsonl"))
	lines.Buffer(nil, 1<<20)
	left := upstreamWants()
	for lines.Scan() {
		var u upstreamCase
		if err := json.Unmarshal(lines.Bytes(), &u); err != nil {
			t.Fatal(err)
		}
		want, ok := left[u.Name]
		if delete(left, u.Name); !ok {
			if strings.HasSuffix(u.API, "/send") || u.API == "stable_token" {
				t.Errorf("%s: nobody says what is to become of it", u.Name)
			}
			continue // not about sending
		}
		t.Run(u.Name, func(t *testing.T) { u.check(t, want) })
	}
	if err := lines.Err(); err != nil || len(left) > 0 {
		t.Errorf("not in the corpus: %v, %v", left, err)
	}
}

// check sends one template message and judges its end.
func (u *upstreamCase) check(t *testing.T, want Class) {
	f := newFakeAPI(t)
	c := f.client(nil)
	c.http.Timeout = 5 * time.Second
	if u.Response.StallMS+u.Response.StallBodyMS > 0 {
		c.http.Timeout = 500 * time.Millisecond // long enough to have sent it
	}
	f.answer = u.play
	switch {
	case strings.HasPrefix(u.Name, "token-") && want == Sent && u.API != "stable_token": // refused until it is renewed
		f.answer = func(w http.ResponseWriter, r *http.Request) {
			if f.token = "tok-2-secret"; len(f.calls) == 1 {
				u.play(w, r)
				return
			}
			writeJSON(w, `{"errcode":0,"errmsg":"ok","msgid":1}`)
		}
	case u.API == "stable_token":
		c = u.tokenClient(t)
	case u.Response.Reset == "connect":
		if _, err := c.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.http.CloseIdleConnections() // a connection that ends in between leaves a doubt
		f.Close()
	}
	_, err := c.SendTemplate(t.Context(), Template{
		OpenID: testOpenID, TemplateID: "t", ClientMsgID: "d-1", Data: map[string]string{"thing1": "x"},
	})
	v := Classify(err)
	if v.Class != want {
		t.Errorf("got %+v of %v, want %s", v, err, want)
	}
	if n := len(f.sent()); want == Uncertain && n != 1 || n > 2 || f.asked() > 2 {
		t.Errorf("%d calls with %d tokens", n, f.asked())
	}
	if err != nil && v.Code == 0 {
		checkScrubbed(t, err)
	}
}

// tokenClient is one whose tokens come as the case says and whose calls succeed.
func (u *upstreamCase) tokenClient(t *testing.T) *Client {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cgi-bin/stable_token" {
			u.play(w, r)
			return
		}
		if got := r.URL.Query().Get("access_token"); u.Name == "token-long" && len(got) != 512 {
			t.Errorf("token of %d characters", len(got))
		}
		writeJSON(w, `{"errcode":0,"errmsg":"ok","msgid":1}`)
	}))
	t.Cleanup(s.Close)
	cfg := testConfig(ModeSafe)
	cfg.API = s.URL
	return NewClient(cfg, nil, func() time.Time { return testNow }, nil)
}

// TestFaultsOfTheWire judges what no answer says. Messages that nothing keeps from arriving
// twice are never to be repeated when they may have been read.
func TestFaultsOfTheWire(t *testing.T) {
	answers := func(status int, text string) func(w http.ResponseWriter, r *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			writeJSON(w, text)
		}
	}
	ok := `{"errcode":0,"errmsg":"ok"}`
	tests := []struct {
		name   string
		answer func(w http.ResponseWriter, r *http.Request)
		want   Class
	}{
		{"accepted", answers(200, ok), Sent},
		{"accepted, with blanks", answers(200, "\n "+ok+"\n"), Sent},
		{"reset after it was read", func(w http.ResponseWriter, _ *http.Request) { hangUp(w) }, Uncertain},
		{"500", answers(500, ""), Uncertain},
		{"502 with a page", answers(502, "<html>"), Uncertain},
		{"503 that says ok", answers(503, ok), Uncertain},
		{"504", answers(504, "upstream timed out"), Uncertain},
		{"404", answers(404, "not found"), Uncertain},
		{"204", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, Uncertain},
		{"empty", answers(200, ""), Uncertain},
		{"page", answers(200, "<!DOCTYPE html><html></html>"), Uncertain},
		{"null", answers(200, "null"), Uncertain},
		{"list", answers(200, "[0]"), Uncertain},
		{"number", answers(200, "0"), Uncertain},
		{"code null", answers(200, `{"errcode":null}`), Uncertain},
		{"code with a fraction", answers(200, `{"errcode":0.5}`), Uncertain},
		{"code too large", answers(200, `{"errcode":99999999999999999999}`), Uncertain},
		{"two answers", answers(200, ok+ok), Uncertain},
		{"cut short", answers(200, ok[:len(ok)-1]), Uncertain},
		{"less than announced", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "500")
			writeJSON(w, ok)
		}, Uncertain},
		{"bad compression", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			writeJSON(w, ok)
		}, Uncertain},
		{"too slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, Uncertain},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeAPI(t)
			f.answer = tt.answer
			c := f.client(nil)
			if _, err := c.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			if tt.name == "too slow" {
				c.http.Timeout = 500 * time.Millisecond // long enough to have sent it
			}
			notice := Notice{OpenID: testOpenID, TemplateID: "t", Data: map[string]string{"thing1": "x"}}
			for i, err := range []error{c.SendText(t.Context(), testOpenID, "hi"), c.SendNotice(t.Context(), notice)} {
				v := Classify(err)
				if v.Class != tt.want || len(f.sent()) != 2 {
					t.Errorf("call %d: %+v of %v after %d calls", i, v, err, len(f.sent()))
				}
				if err != nil {
					checkScrubbed(t, err)
				}
			}
		})
	}
}

// TestSurelyNotSent judges calls that never had a connection, and those without a token.
func TestSurelyNotSent(t *testing.T) {
	deaf, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") // takes connections and shakes no hands
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = deaf.Close() })
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }))
	t.Cleanup(broken.Close)
	tests := []struct {
		name, api string
		token     bool // one is at hand
	}{
		{"nobody listens", "http://127.0.0.1:1", true},
		{"no such host", "http://nowhere.invalid", true},
		{"no handshake", "https://" + deaf.Addr().String(), true},
		{"no encryption there", strings.Replace(broken.URL, "http:", "https:", 1), true},
		{"no token is given", broken.URL, false},
		{"nobody gives a token", "http://127.0.0.1:1", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := testConfig(ModeSafe)
			cfg.API = tt.api
			c := NewClient(cfg, nil, func() time.Time { return testNow }, nil)
			c.http.Timeout = 200 * time.Millisecond
			if tt.token {
				c.tokens.token = Token{Value: "tok-1-secret", Until: testNow.Add(time.Hour)}
			}
			err := c.SendText(t.Context(), testOpenID, "hi")
			if v := Classify(err); v.Class != Retry || v.Tries != 0 {
				t.Errorf("got %+v of %v", v, err)
			}
			checkScrubbed(t, err)
		})
	}
}

func TestRefusalThatStaysIsNoStorm(t *testing.T) {
	f := newFakeAPI(t)
	f.answer = func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, `{"errcode":40001,"errmsg":"invalid"}`) }
	var now atomic.Int64
	cfg := testConfig(ModeSafe)
	cfg.API = f.URL
	c := NewClient(cfg, nil, func() time.Time { return testNow.Add(time.Duration(now.Load())) }, nil)
	for i := range 20 {
		if v := Classify(c.SendText(t.Context(), testOpenID, fmt.Sprint(i))); v.Class != Fatal || v.Code != 40001 {
			t.Errorf("got %+v", v)
		}
	}
	if f.asked() != 2 || len(f.sent()) != 21 {
		t.Errorf("%d tokens and %d calls for 20 messages", f.asked(), len(f.sent()))
	}
	now.Store(int64(refusedFor))
	f.answer = func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, `{"errcode":0,"errmsg":"ok"}`) }
	if err := c.SendText(t.Context(), testOpenID, "hi"); err != nil {
		t.Errorf("still refused: %v", err)
	}
}

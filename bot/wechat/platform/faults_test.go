package platform

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	customPath = "/cgi-bin/message/custom/send"
	stablePath = "/cgi-bin/stable_token"
)

// wired serves a platform on loopback, with one follower whose window is open.
func wired(t *testing.T, p *Platform) (send func(ctx context.Context, text string) (int, string, error)) {
	t.Helper()
	p.Populate("oCrowd", 1)
	a := newAPI(t, p)
	srv := httptest.NewServer(p.Handler())
	t.Cleanup(srv.Close)
	t.Cleanup(p.Close) // hanging calls end before the server waits for them
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	return func(ctx context.Context, text string) (int, string, error) {
		body := strings.NewReader(`{"touser":"oCrowd000000","msgtype":"text","text":{"content":"` + text + `"}}`)
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL+customPath+"?access_token="+a.token, body)
		if err != nil {
			return 0, "", err
		}
		res, err := client.Do(r)
		if err != nil {
			return 0, "", err
		}
		defer func() { _ = res.Body.Close() }()
		b, err := io.ReadAll(res.Body)
		return res.StatusCode, string(b), err
	}
}

func TestFaultsOnTheWire(t *testing.T) {
	const good = `{"errcode":0,"errmsg":"ok"}`
	reset := func(err error) bool { return errors.Is(err, syscall.ECONNRESET) }
	slow := func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }
	for _, row := range []struct {
		name    string
		fault   Fault
		status  int
		body    string // its beginning
		failed  func(error) bool
		arrived int
	}{
		{"code", Fault{Code: -1}, 200, `{"errcode":-1,"errmsg":"system error rid: `, nil, 0},
		{"code after all", Fault{Code: 45015, Done: true}, 200, `{"errcode":45015,`, nil, 1},
		{"busy", Fault{Kind: FaultStatus}, 502, "<html>", nil, 0},
		{"busy after all", Fault{Kind: FaultStatus, Status: 503, Body: "x", Done: true}, 503, "x", nil, 1},
		{"strange body", Fault{Kind: FaultStatus, Status: 200, Body: `{"errcode":"0"}`}, 200, `{"errcode":"0"}`, nil, 0},
		{"page", Fault{Kind: FaultHTML}, 200, "<html>", nil, 0},
		{"page after all", Fault{Kind: FaultHTML, Done: true}, 200, "<html>", nil, 1},
		{"cut", Fault{Kind: FaultCut}, 200, `{"errcode":0`, nil, 0},
		{"cut after all", Fault{Kind: FaultCut, Done: true}, 200, `{"errcode":0`, nil, 1},
		{"hang", Fault{Kind: FaultHang}, 0, "", slow, 0},
		{"hang after all", Fault{Kind: FaultHang, Done: true}, 0, "", slow, 1},
		{"stall", Fault{Kind: FaultStall, Done: true}, 200, `{"errcode":0`, slow, 1},
		{"reset", Fault{Kind: FaultReset}, 0, "", reset, 0},
		{"reset after all", Fault{Kind: FaultReset, Done: true}, 0, "", reset, 1},
		{"swallowed", Fault{Kind: FaultSwallow}, 200, good, nil, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := testPlatform(t, Options{})
			send := wired(t, p)
			p.Fault(customPath, row.fault)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			status, body, err := send(ctx, "开会")
			if status != row.status || !strings.HasPrefix(body, row.body) || (row.failed == nil) != (err == nil) {
				t.Fatalf("%d %q, %v", status, body, err)
			}
			if row.failed != nil && !row.failed(err) {
				t.Errorf("failed by %v", err)
			}
			if strings.HasPrefix(row.name, "cut") && strings.Contains(body, "}") {
				t.Errorf("not cut: %s", body)
			}
			if got := p.ReceivedText("oCrowd000000", "开会"); got != row.arrived {
				t.Errorf("arrived %d times", got)
			}
			if _, body, err := send(t.Context(), "其次"); err != nil || body != good {
				t.Errorf("the next: %s, %v", body, err)
			}
			kind := row.fault.kind()
			if got := p.Tally(); got.Faults[customPath][kind] != 1 || got.Received.Customer != row.arrived+1 {
				t.Errorf("tally %+v", got)
			}
		})
	}
}

func TestFaultsFollowOneAnother(t *testing.T) {
	p := testPlatform(t, Options{})
	p.Populate("o", 1)
	a := newAPI(t, p)
	typing := func() int {
		return errcode(a.post("/cgi-bin/message/custom/typing", `{"touser":"o000000","command":"Typing"}`))
	}
	p.Fault("/cgi-bin/message/custom/typing", Fault{Code: -1}, Fault{Code: 45047, Times: 2}, Fault{Code: 48001, Every: 3, Times: -1})
	want := []int{-1, 45047, 45047, 0, 0, 48001, 0, 0, 48001}
	for i, code := range want {
		if got := typing(); got != code {
			t.Errorf("call %d: %d, want %d", i+1, got, code)
		}
	}
	p.Refuse("/cgi-bin/message/custom/typing", 50002)
	p.Fault("/cgi-bin/message/custom/typing")
	if got := typing(); got != 50002 {
		t.Errorf("refused: %d", got)
	}
	p.SetLatency("*", time.Hour)
	p.Heal()
	if got := typing(); got != 0 {
		t.Errorf("healed: %d", got)
	}
	calls := p.Tally().Calls["/cgi-bin/message/custom/typing"]
	if calls[0] != 5 || calls[45047] != 2 || calls[48001] != 2 || calls[-1] != 1 || calls[50002] != 1 {
		t.Errorf("calls %v", calls)
	}
	a.get("/nowhere")
	a.get("/elsewhere")
	if got := p.Tally().Calls["?"][40066]; got != 2 {
		t.Errorf("unknown paths: %d", got)
	}
}

func TestTokensOfAnUnlistedIP(t *testing.T) {
	p := testPlatform(t, Options{})
	a := newAPI(t, p)
	p.ListIP(false)
	if got := a.stable(false); errcode(got) != 40164 || !strings.Contains(got["errmsg"].(string), "not in whitelist rid: ") {
		t.Errorf("stable token: %v", got)
	}
	if got := a.get("/cgi-bin/getcallbackip"); errcode(got) != 0 {
		t.Errorf("with a token from before: %v", got)
	}
	p.ListIP(true)
	p.ExpireToken()
	for range 3 {
		a.stable(false)
	}
	if got := p.Tally(); got.Refreshes != 2 || got.Calls[stablePath][40164] != 1 {
		t.Errorf("tally %+v", got)
	}
}

// The lock must not be held while an answer waits: 200 calls of 50 ms would take ten seconds.
func TestLatencyOfManyAtOnce(t *testing.T) {
	p := testPlatform(t, Options{})
	send := wired(t, p)
	p.SetLatency("*", time.Hour)
	p.SetLatency(customPath, 50*time.Millisecond)
	started := time.Now()
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			if _, _, err := send(t.Context(), "a"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if took := time.Since(started); took < 50*time.Millisecond || took > 5*time.Second {
		t.Errorf("took %s", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p.SetLatency(customPath, time.Hour)
	p.Populate("oCrowd", 1)
	defer p.Watch(func(Event) { cancel() })()
	if _, _, err := send(ctx, "b"); !errors.Is(err, context.Canceled) || p.ReceivedText("oCrowd000000", "b") != 1 {
		t.Errorf("given up: %v, arrived %d times", err, p.ReceivedText("oCrowd000000", "b"))
	}
}

func TestCloseEndsWhatHangs(t *testing.T) {
	p := testPlatform(t, Options{})
	send := wired(t, p)
	p.Fault(customPath, Fault{Kind: FaultHang, Done: true}, Fault{Kind: FaultStall, Done: true})
	for range 2 {
		cancel := p.Watch(func(Event) { go p.Close() })
		_, _, err := send(t.Context(), "a")
		if at := (net.Error)(nil); err == nil || errors.As(err, &at) && at.Timeout() {
			t.Errorf("ended by %v", err)
		}
		cancel()
	}
}

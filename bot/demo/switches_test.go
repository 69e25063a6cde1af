package demo

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"yishi/bot/wechat/platform"
	"yishi/flows/civic"
)

// call sends a customer message as the bot would and returns the platform's answer.
func (w *world) call() string {
	w.t.Helper()
	srv := httptest.NewServer(w.platform.Handler())
	defer srv.Close()
	ask := func(path, body string) string {
		req, err := http.NewRequestWithContext(w.t.Context(), "POST", srv.URL+path, strings.NewReader(body))
		if err != nil {
			w.t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			w.t.Fatal(err)
		}
		defer res.Body.Close()
		var b strings.Builder
		if _, err := io.Copy(&b, res.Body); err != nil {
			return "cut: " + b.String()
		}
		return b.String()
	}
	if w.token == "" {
		w.token = ask("/cgi-bin/stable_token", `{"grant_type":"client_credential","appid":"wxdemo","secret":"secret"}`)
		w.token = strings.Split(w.token, `"`)[3]
	}
	return ask(sendPaths[civic.ByCustomer]+"?access_token="+w.token, `{"touser":"o-aunt","msgtype":"text","text":{"content":"停水"}}`)
}

func TestSwitches(t *testing.T) {
	w, d := newDeskWorld(t)
	for _, row := range []struct{ order, answer string }{
		{"", `"errcode":0`},
		{`{"do":"route","route":"customer","set":"denied"}`, `"errcode":48001`},
		{`{"do":"route","route":"customer","set":"on"}`, `"errcode":0`},
		{`{"do":"block","phone":0,"on":true}`, `"errcode":48002`},
		{`{"do":"block","phone":0}`, `"errcode":0`},
		{`{"do":"minute","route":"customer"}`, `"errcode":45011`},
		{`{"do":"heal"}`, `"errcode":0`},
		{`{"do":"day","route":"customer"}`, `"errcode":45009`},
		{`{"do":"heal"}`, `"errcode":0`},
		{`{"do":"token"}`, `"errcode":42001`},
	} {
		if row.order != "" {
			if status := w.post("switch", row.order, nil); status != http.StatusOK {
				t.Fatalf("%s: status %d", row.order, status)
			}
		}
		if got := w.call(); !strings.Contains(got, row.answer) {
			t.Errorf("%s: %s", row.order, got)
		}
	}
	w.token = ""
	w.act(action{Do: "say", Text: "再来"}) // five more messages
	before := w.platform.Received(aunt).Customer
	w.post("switch", `{"do":"cut","on":true}`, nil)
	if got := w.call(); strings.Contains(got, "errmsg\":\"ok\"}") || w.platform.Received(aunt).Customer != before+1 {
		t.Errorf("cut: %s, the phone got %d", got, w.platform.Received(aunt).Customer-before)
	}
	w.post("switch", `{"do":"route","route":"notice","set":"off"}`, nil)
	if !d.off[civic.ByNotice] {
		t.Error("the bot still takes the route")
	}
	refused := 0
	for _, r := range w.server.history.all() {
		if r.Kind == kindRefused {
			refused++
		}
	}
	if refused == 0 || strings.Contains(w.transcript("0"), "48001") {
		t.Errorf("%d refusals are kept; the transcript tells of them: %s", refused, w.transcript("0"))
	}
}

// Switches stay where they are over a restart, for a platform that is new.
func TestSwitchesSurviveRestart(t *testing.T) {
	w, d := newDeskWorld(t)
	for _, order := range []string{
		`{"do":"route","route":"customer","set":"denied"}`, `{"do":"route","route":"template","set":"off"}`, `{"do":"slow","on":true}`,
		`{"do":"day","route":"notice"}`, `{"do":"block","phone":2,"on":true}`,
	} {
		if status := w.post("switch", order, nil); status != http.StatusOK {
			t.Fatalf("%s: status %d", order, status)
		}
	}
	before := w.server.switchState()
	before.Refreshes = 0
	want := switchState{
		Routes: map[civic.Route]string{civic.ByCustomer: routeDenied, civic.ByTemplate: routeOff}, UsedUp: []civic.Route{civic.ByNotice},
		Slow: true, Blocked: []bool{false, false, true},
	}
	if diff := cmp.Diff(want, before); diff != "" {
		t.Error(diff)
	}
	w.close()
	d.off = map[civic.Route]bool{}
	w.platform = platform.New(platform.Options{
		AppID: "wxdemo", Secret: "secret", Token: "token", Account: "gh_demo", Mode: platform.Plain, Now: w.clock.Now,
	})
	t.Cleanup(w.platform.Close)
	w.options.Platform = w.platform
	w.open()
	if diff := cmp.Diff(want, w.server.switchState()); diff != "" {
		t.Error(diff)
	}
	if !d.off[civic.ByTemplate] || d.off[civic.ByCustomer] {
		t.Errorf("off: %v", d.off)
	}
	w.post("switch", `{"do":"slow"}`, nil)
	if got := w.call(); !strings.Contains(got, "48001") {
		t.Errorf("after the restart: %s", got)
	}
	w.post("clock", `{"hours":48}`, nil)
	if used := w.server.switchState().UsedUp; len(used) != 0 {
		t.Errorf("used up on another day: %v", used)
	}
	w.close()
	if err := os.WriteFile(w.options.Switches, []byte("{broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.open()
	if st := w.server.switchState(); len(st.Routes) != 0 || st.Cut || st.Slow {
		t.Errorf("after damage: %+v", st)
	}
}

func TestDeskRefusesNonsense(t *testing.T) {
	w, d := newDeskWorld(t)
	long := strings.Repeat("长", 501)
	for name, tc := range map[string]struct {
		path, body string
		want       int
	}{
		"no title":         {"foresee", `{"body":"x"}`, 400},
		"blank title":      {"foresee", `{"title":" ","body":"x"}`, 400},
		"no body":          {"push", `{"title":"x","confirm":2}`, 400},
		"title too long":   {"foresee", `{"title":"` + long[:63] + `","body":"x"}`, 400},
		"body too long":    {"foresee", `{"title":"x","body":"` + long + `"}`, 400},
		"reason too long":  {"foresee", `{"title":"x","body":"x","urgent":"` + long + `"}`, 400},
		"not JSON":         {"push", `x`, 400},
		"far too long":     {"push", `{"title":"` + strings.Repeat("a", maxJSON) + `"}`, 413},
		"nobody confirmed": {"push", `{` + meeting + `}`, 400},
		"fewer than none":  {"push", `{` + meeting + `,"confirm":-2}`, 400},
		"strange id":       {"resend", `{"id":"../x"}`, 400},
		"no id":            {"resend", `{}`, 400},
		"no such switch":   {"switch", `{"do":"dance"}`, 400},
		"no such route":    {"switch", `{"do":"route","route":"inbox","set":"off"}`, 400},
		"no such stand":    {"switch", `{"do":"route","route":"customer","set":"maybe"}`, 400},
		"quota of nothing": {"switch", `{"do":"day","route":"*"}`, 400},
		"block nobody":     {"switch", `{"do":"block","on":true}`, 404},
		"block a stranger": {"switch", `{"do":"block","phone":9,"on":true}`, 404},
		"consent to what":  {"act", `{"do":"consent","n":2}`, 400},
		"consent unsaid":   {"act", `{"do":"consent"}`, 400},
	} {
		if status := w.post(tc.path, tc.body, nil); status != tc.want {
			t.Errorf("%s: status %d, want %d", name, status, tc.want)
		}
	}
	if status, _ := w.request("POST", "/demo/api/push", []byte(`{`+meeting+`,"confirm":2}`), "Origin", "https://evil.example"); status != http.StatusForbidden {
		t.Errorf("another site: status %d", status)
	}
	if status, _ := w.request("POST", "/demo/api/switch", []byte(`{"do":"token"}`), "Host", "evil.example"); status != http.StatusForbidden {
		t.Errorf("another name: status %d", status)
	}
	if d.confirm != 0 || len(d.resent) != 0 {
		t.Errorf("something was sent: %d %v", d.confirm, d.resent)
	}
}

// Without a desk nothing can be pushed.
func TestNoDesk(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"foresee", "push", "resend"} {
		if status := w.post(path, `{`+meeting+`,"confirm":2,"id":"a"}`, nil); status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, status)
		}
	}
	if status, _ := w.request("GET", "/demo/api/told", nil); status != http.StatusNotFound {
		t.Errorf("told: status %d", status)
	}
	if status := w.post("switch", `{"do":"route","route":"customer","set":"off"}`, nil); status != http.StatusBadRequest {
		t.Errorf("a route that nobody can turn off: status %d", status)
	}
}

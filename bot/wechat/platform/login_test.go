package platform

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// tab is a browser that follows the platform and stops at the account's page.
type tab struct {
	t      *testing.T
	client *http.Client
	api    string
}

func newTab(t *testing.T, p *Platform) *tab {
	t.Helper()
	api := httptest.NewServer(p.Handler())
	t.Cleanup(api.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &tab{t, &http.Client{
		Jar: jar, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, api.URL}
}

// get returns the status and where the browser is led.
func (b *tab) get(path string) (status int, to *url.URL) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.api+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	to, err = url.Parse(resp.Header.Get("Location"))
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, to
}

func (b *tab) exchange(values url.Values) (got loginAnswer, code int) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.api+exchangePath+"?"+values.Encode(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	var all struct {
		loginAnswer
		Code int `json:"errcode"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&all); err != nil {
		b.t.Fatal(err)
	}
	return all.loginAnswer, all.Code
}

const page = "https://bot.example/f/login"

func asking() url.Values {
	return url.Values{"appid": {testAppID}, "redirect_uri": {page}, "response_type": {"code"}, "scope": {"snsapi_base"}, "state": {"abc123"}}
}

func proving(code string) url.Values {
	return url.Values{"appid": {testAppID}, "secret": {testSecret}, "code": {code}, "grant_type": {"authorization_code"}}
}

func TestLogin(t *testing.T) {
	c := newClock()
	p := testPlatform(t, Options{LoginDomain: "bot.example", Now: c.now})
	b := newTab(t, p)
	if status, _ := b.get(authorizePath + "?" + asking().Encode()); status != http.StatusBadRequest {
		t.Errorf("outside of WeChat: %d", status)
	}
	enter := p.Person(someone).Enter(page)
	if status, to := b.get(enter); status != http.StatusFound || to.String() != page {
		t.Fatalf("enter: %d %v", status, to)
	}
	if status, _ := b.get(enter); status != http.StatusBadRequest {
		t.Errorf("the same entry again: %d", status)
	}
	code := func() string {
		t.Helper()
		status, to := b.get(authorizePath + "?" + asking().Encode())
		if status != http.StatusFound || to.Host != "bot.example" || to.Query().Get("state") != "abc123" {
			t.Fatalf("authorize: %d %v", status, to)
		}
		return to.Query().Get("code")
	}
	first := code()
	got, errcode := b.exchange(proving(first))
	if errcode != codeOK || got.Openid != someone || got.Scope != loginScope || got.Token == "" {
		t.Errorf("exchange: %d %+v", errcode, got)
	}
	old := code()
	c.move(5*time.Minute + time.Second)
	for name, row := range map[string]struct {
		change func(url.Values)
		want   int
	}{
		"used":           {func(v url.Values) { v.Set("code", first) }, 40163},
		"unknown":        {func(v url.Values) { v.Set("code", "nobodys") }, 40029},
		"too old":        {func(v url.Values) { v.Set("code", old) }, 42003},
		"none":           {func(v url.Values) { v.Del("code") }, 41008},
		"another app":    {func(v url.Values) { v.Set("appid", "wx1") }, 40013},
		"another secret": {func(v url.Values) { v.Set("secret", "x") }, 40125},
		"another grant":  {func(v url.Values) { v.Set("grant_type", "client_credential") }, 40002},
	} {
		v := proving("x")
		row.change(v)
		if _, got := b.exchange(v); got != row.want {
			t.Errorf("%s: %d, want %d", name, got, row.want)
		}
	}
}

// The console's domain is the only one to which people are led, and every parameter counts.
func TestLoginRefusals(t *testing.T) {
	p := testPlatform(t, Options{LoginDomain: "bot.example"})
	b := newTab(t, p)
	b.get(p.Person(someone).Enter(page))
	for name, change := range map[string]func(url.Values){
		"another domain":  func(v url.Values) { v.Set("redirect_uri", "https://evil.example/f/login") },
		"a longer domain": func(v url.Values) { v.Set("redirect_uri", "https://bot.example.evil.example/") },
		"a user":          func(v url.Values) { v.Set("redirect_uri", "https://bot.example@evil.example/") },
		"no web page":     func(v url.Values) { v.Set("redirect_uri", "javascript://bot.example/%0aalert(1)") },
		"another app":     func(v url.Values) { v.Set("appid", "wx1") },
		"another scope":   func(v url.Values) { v.Set("scope", "snsapi_login") },
		"another type":    func(v url.Values) { v.Set("response_type", "token") },
		"bad state":       func(v url.Values) { v.Set("state", "a-b") },
		"long state":      func(v url.Values) { v.Set("state", strings.Repeat("a", 129)) },
	} {
		v := asking()
		change(v)
		if status, to := b.get(authorizePath + "?" + v.Encode()); status != http.StatusBadRequest || to.String() != "" {
			t.Errorf("%s: %d, led to %v", name, status, to)
		}
	}
	if status, to := b.get(p.Person(someone).Enter("https://evil.example/")); status != http.StatusBadRequest || to.String() != "" {
		t.Errorf("entered for a foreign page: %d %v", status, to)
	}
	none := newTab(t, testPlatform(t, Options{}))
	if status, _ := none.get(authorizePath + "?" + asking().Encode()); status != http.StatusBadRequest {
		t.Errorf("without a domain: %d", status)
	}
}

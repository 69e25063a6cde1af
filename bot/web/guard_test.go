package web_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"yishi/bot/web"
	"yishi/flows/civic"
	"yishi/store/storetest"
)

func mustURL(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func serveOnce(h http.Handler, req *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	in := req.Clone(req.Context())
	if in.Body == nil {
		in.Body = io.NopCloser(bytes.NewReader(nil))
	}
	h.ServeHTTP(w, in)
	resp := w.Result()
	resp.Request = req
	return resp, nil
}

// Every answer, faults included, carries the headers that keep a page to itself.
func TestHeaders(t *testing.T) {
	r := newRig(t, storetest.Open(t))
	ref, phone := r.opened("count")
	for _, path := range []string{ref, ref + "/state", ref + "/nothing", "login", "page.css", "page.js", "x"} {
		a := phone.get(path)
		for name, want := range map[string]string{
			"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if got := a.header.Get("Cache-Control"); got != "no-store" && !strings.HasPrefix(path, "page.") {
			t.Errorf("%s: Cache-Control is %q", path, got)
		}
		for _, bad := range []string{"<style", "onclick", "style=", "http://", "https://"} {
			if strings.Contains(a.body, bad) && !strings.HasPrefix(path, "page.") {
				t.Errorf("%s holds %q", path, bad)
			}
		}
	}
}

// By https the cookie is the host's own, hidden from scripts, and not sent by other sites' forms.
func TestCookie(t *testing.T) {
	db := storetest.Open(t)
	for base, want := range map[string]string{
		"https://yishi.example":   "__Host-yishi=*; Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=Lax",
		"http://127.0.0.1:1":      "yishi=*; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax",
		"https://yishi.example/x": "__Host-yishi=*; Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=Lax",
	} {
		s, err := web.New(web.Options{Links: db.Links(), Login: &fakeLogin{}, Base: base, Key: storetest.Key(), Now: db.Clock().Now, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/f/aaaaaaaaaaaaaaaaaaaaaaaaaa", nil))
		got := w.Header().Get("Set-Cookie")
		name, rest, _ := strings.Cut(got, "=")
		value, attributes, _ := strings.Cut(rest, ";")
		if name+"=*;"+attributes != want || len(value) != 26 {
			t.Errorf("%s: %s", base, got)
		}
		if !strings.Contains(w.Body.String(), mustURL(t, base).Path+"/f/page.css") {
			t.Errorf("%s: its style is elsewhere", base)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOptions(t *testing.T) {
	db := storetest.Open(t)
	good := web.Options{Links: db.Links(), Base: "https://h", Key: storetest.Key(), Log: slog.New(slog.DiscardHandler)}
	for name, change := range map[string]func(*web.Options){
		"no address": func(o *web.Options) { o.Base = "" },
		"slash":      func(o *web.Options) { o.Base += "/" },
		"short key":  func(o *web.Options) { o.Key = o.Key[:31] },
		"kind is both": func(o *web.Options) {
			o.Kinds = web.Kinds{Uploads: map[string]web.Upload{"a": {}}, Downloads: map[string]web.Download{"a": {}}}
		},
	} {
		o := good
		change(&o)
		if _, err := web.New(o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// Neither who it is nor the reference, a code, a login or a file's words get into logs, counts,
// pages or addresses, but for the reference in its own address.
func TestCanaries(t *testing.T) {
	r := newRig(t, storetest.Open(t))
	ref, phone := r.opened("count")
	phone.upload(ref, phone.get(ref).token(), "户,人\n姓名金丝雀,13800001234\n没有逗号\n")
	phone.await(ref)
	desk, second := r.browser(deskUA), r.link("count")
	code := desk.draw(second).code()
	shown := len(r.pages.list()) // the page that shows the code comes before
	for _, b := range []*browser{r.phone(stranger), r.phone(asker), r.browser(deskUA)} {
		b.get(second)
		b.get(ref)
		b.upload(ref, "x", "姓名金丝雀")
		b.get(ref, "file")
	}
	if err := r.commit(asker, civic.OpenLink{Account: asker, Code: code}); err == nil {
		t.Error("the code of a link that its account has opened on a phone meanwhile is good")
	}
	log, addresses, pages := r.log.String(), strings.Join(r.addresses.list(), "\n"), r.pages.list()
	for _, secret := range []string{string(asker), string(stranger), "app-secret-canary", "姓名金丝雀", "13800001234", code} {
		for where, text := range map[string]string{"log": log, "addresses": addresses, "pages": strings.Join(pages[shown:], "\n")} {
			if strings.Contains(text, secret) {
				t.Errorf("%s stands in the %s", secret, where)
			}
		}
	}
	for _, secret := range []string{ref, second} {
		if strings.Contains(log, secret) {
			t.Errorf("a reference is logged")
		}
		for _, a := range r.addresses.list() {
			u := mustURL(t, a)
			if strings.Contains(a, secret) && !strings.HasPrefix(u.Path, "/f/"+secret) || strings.Contains(u.RawQuery, secret) {
				t.Errorf("a reference stands in %s", u.Redacted())
			}
		}
	}
	for _, c := range phone.client.Jar.Cookies(mustURL(t, r.base)) {
		if strings.Contains(log, c.Value) || strings.Contains(addresses, c.Value) {
			t.Error("a cookie is logged or stands in an address")
		}
	}
	if !strings.Contains(log, "foreign") || !strings.Contains(addresses, ref) || len(log) < 100 {
		t.Error("the log or the addresses are empty; this proves nothing")
	}
}

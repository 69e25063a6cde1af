package demo

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestOpen(t *testing.T) {
	const page = "http://127.0.0.1:1/f/7d4rcdcxvlosrgfkjdee2xgsnq"
	d := newWorld(t)
	d.close()
	d.options.Pages, d.options.Login = "http://127.0.0.1:1/f/", "http://127.0.0.1:2"
	d.open()
	for name, row := range map[string]struct {
		phone, to string
		ok        bool
	}{
		"a page":         {"0", page, true},
		"no phone":       {"9", page, false},
		"no number":      {"x", page, false},
		"elsewhere":      {"0", "https://evil.example/f/7d4rcdcxvlosrgfkjdee2xgsnq", false},
		"more than that": {"0", page + "/../../demo/", false},
		"nothing":        {"0", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			req := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/demo/open?"+url.Values{"phone": {row.phone}, "to": {row.to}}.Encode(), nil)
			d.server.Handler().ServeHTTP(w, req)
			to := w.Header().Get("Location")
			if !row.ok {
				if w.Code != http.StatusNotFound || to != "" {
					t.Errorf("%d, led to %s", w.Code, to)
				}
				return
			}
			if w.Code != http.StatusFound || !strings.HasPrefix(to, "http://127.0.0.1:2/connect/enter?") || strings.Contains(to, aunt) ||
				!strings.Contains(to, url.QueryEscape(page+"/in")) {
				t.Errorf("%d, led to %s", w.Code, to)
			}
		})
	}
}

package wechat

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func loginClient(t *testing.T, answer http.HandlerFunc) *Client {
	t.Helper()
	api := httptest.NewServer(answer)
	t.Cleanup(api.Close)
	return NewClient(Config{AppID: "wx0123456789abcdef", Secret: "top-secret", API: api.URL}, nil, time.Now, api.Client())
}

func TestLoginURL(t *testing.T) {
	c := NewClient(Config{AppID: "wx0123456789abcdef"}, nil, time.Now, nil)
	got, err := c.LoginURL("https://bot.example/f/login", "abc123")
	want := "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef" +
		"&redirect_uri=https%3A%2F%2Fbot.example%2Ff%2Flogin&response_type=code&scope=snsapi_base&state=abc123#wechat_redirect"
	if err != nil || got != want {
		t.Errorf("%s %v", got, err)
	}
	for _, state := range []string{"", "a b", "a&b=c", "é", strings.Repeat("a", 129)} {
		if got, err := c.LoginURL("https://bot.example/", state); err == nil {
			t.Errorf("state %q: %s", state, got)
		}
	}
}

func TestLogin(t *testing.T) {
	for name, row := range map[string]struct {
		answer string
		who    string
		err    error
	}{
		"somebody":    {`{"access_token":"a","expires_in":7200,"refresh_token":"r","openid":"oSomebody","scope":"snsapi_base"}`, "oSomebody", nil},
		"used":        {`{"errcode":40163,"errmsg":"code been used: the-code, rid: 1-2"}`, "", ErrBadCode},
		"invalid":     {`{"errcode":40029,"errmsg":"invalid code, rid: 1-2"}`, "", ErrBadCode},
		"too old":     {`{"errcode":42003,"errmsg":"code timeout"}`, "", ErrBadCode},
		"missing":     {`{"errcode":41008,"errmsg":"missing code"}`, "", ErrBadCode},
		"snapshot":    {`{"openid":"oStandIn","is_snapshotuser":1}`, "", ErrSnapshot},
		"nobody":      {`{"access_token":"a"}`, "", ErrUnsure},
		"odd account": {`{"openid":"a b<c"}`, "", ErrUnsure},
		"no JSON":     {`<html>`, "", ErrUnsure},
		"strange":     {`{"openid":7}`, "", ErrUnsure},
	} {
		t.Run(name, func(t *testing.T) {
			c := loginClient(t, func(w http.ResponseWriter, r *http.Request) {
				q := r.URL.Query()
				if r.URL.Path != "/sns/oauth2/access_token" || q.Get("code") != "the-code" || q.Get("secret") != "top-secret" || q.Has("access_token") {
					t.Errorf("asked %s", r.URL.Path)
				}
				_, _ = io.WriteString(w, row.answer)
			})
			who, err := c.Login(t.Context(), "the-code")
			if who != row.who || !errors.Is(err, row.err) {
				t.Errorf("%q %v", who, err)
			}
			if err != nil && (strings.Contains(err.Error(), "the-code") || strings.Contains(err.Error(), "top-secret") || strings.Contains(err.Error(), "oStandIn")) {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}

// The platform's refusals beside those of the code stay what they are, and no error holds the address.
func TestLoginFaults(t *testing.T) {
	c := loginClient(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"errcode":40125,"errmsg":"invalid appsecret"}`)
	})
	var refusal *Error
	if _, err := c.Login(t.Context(), "the-code"); !errors.As(err, &refusal) || refusal.Code != 40125 || errors.Is(err, ErrBadCode) {
		t.Errorf("set-up: %v", err)
	}
	for _, code := range []string{"", "a b", "a/b", strings.Repeat("a", 600)} {
		if _, err := c.Login(t.Context(), code); !errors.Is(err, ErrBadCode) {
			t.Errorf("code %.10q: %v", code, err)
		}
	}
	held := make(chan struct{})
	hanging := loginClient(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-held:
		case <-r.Context().Done():
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := hanging.Login(ctx, "the-code")
	close(held)
	if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "the-code") || strings.Contains(err.Error(), "secret") {
		t.Errorf("hanging: %v", err)
	}
}

package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

const (
	defaultOpen = "https://open.weixin.qq.com"
	maxCode     = 512 // bytes of what the platform hands over with a login
	maxState    = 128 // https://developers.weixin.qq.com/doc/service/guide/h5/auth.html
)

// Faults of a login in a page (网页授权).
var (
	// ErrBadCode means that the code was never one of the platform's, too old, or used before:
	// whoever it was has to log in again.
	ErrBadCode = errors.New("login code is used up, too old or wrong")
	// ErrSnapshot means that the platform named a stand-in and not the person, who only looks at a
	// snapshot of the page: its account must never be taken for somebody's.
	ErrSnapshot = errors.New("login of a snapshot user")
)

// LoginURL is where WeChat tells who a person is, without asking them (snsapi_base), and from where
// it leads back to redirect, with a code and the state. state is at most 128 letters and digits.
// Outside of WeChat the address only says to open it in WeChat.
func (c *Client) LoginURL(redirect, state string) (string, error) {
	if c.bad != nil {
		return "", c.bad
	}
	if !isAlphanumeric(state) || len(state) > maxState {
		return "", errors.New("login: state is not 1 to 128 letters and digits")
	}
	base := strings.TrimRight(c.cfg.Open, "/")
	if base == "" {
		base = defaultOpen
	}
	// The platform reads the parameters in this order only.
	return base + "/connect/oauth2/authorize?appid=" + url.QueryEscape(c.cfg.AppID) + "&redirect_uri=" + url.QueryEscape(redirect) +
		"&response_type=code&scope=snsapi_base&state=" + state + "#wechat_redirect", nil
}

func isAlphanumeric(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return s != ""
}

// Login tells whose code it is: the openid. A code is good once, for five minutes. Errors beside
// those of any call: ErrBadCode, ErrSnapshot.
func (c *Client) Login(ctx context.Context, code string) (string, error) {
	if !isToken(code, maxCode) {
		return "", fmt.Errorf("login: %w", ErrBadCode)
	}
	a, err := c.send(ctx, request{
		name: "login", method: http.MethodGet, path: "/sns/oauth2/access_token",
		query: url.Values{"appid": {c.cfg.AppID}, "secret": {c.cfg.Secret}, "code": {code}, "grant_type": {"authorization_code"}},
	}, "")
	if e := (*Error)(nil); errors.As(err, &e) {
		e.Msg = scrub(e.Msg, code) // which it may quote
		err = fmt.Errorf("login: %w", e)
		switch e.Code {
		case 40029, 40163, 41008, 42003:
			return "", fmt.Errorf("%w: %w", ErrBadCode, err)
		}
	}
	if err != nil {
		return "", err
	}
	var who struct {
		OpenID   string `json:"openid"`
		Snapshot int    `json:"is_snapshotuser"`
	}
	switch err := json.Unmarshal(a.data, &who); {
	case err != nil:
		return "", fmt.Errorf("login: %w: unexpected answer", ErrUnsure)
	case who.Snapshot != 0:
		return "", ErrSnapshot
	case !isToken(who.OpenID, maxOpenID):
		return "", fmt.Errorf("login: %w: no account", ErrUnsure)
	}
	return who.OpenID, nil
}

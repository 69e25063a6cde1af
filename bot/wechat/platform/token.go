package platform

import (
	"slices"
	"strings"
	"time"
)

const (
	renewBefore = 5 * time.Minute // a stable token is renewed this long before its end
	overlap     = 5 * time.Minute // a replaced token lives this long beside the new one
	forceApart  = 30 * time.Second
	forceDaily  = 20
	forced      = "force_refresh" // counted like a path of its own
	tokenPrefix = "local_"
	keptTokens  = 100
)

// tokens are the access tokens issued. Neither kind invalidates the other.
type tokens struct {
	Issued   []issued  `json:"issued,omitempty"` // oldest first
	ForcedAt time.Time `json:"forcedAt,omitzero"`
}

type issued struct {
	Token    string    `json:"token"`
	Stable   bool      `json:"stable,omitempty"`
	Until    time.Time `json:"until"`
	Lifetime int64     `json:"lifetime"`           // seconds
	Replaced bool      `json:"replaced,omitempty"` // a newer one of its kind exists
}

// check returns the errcode that a call with this token meets.
func (t *tokens) check(token string, now time.Time) int {
	switch {
	case token == "":
		return codeNoToken
	case !strings.HasPrefix(token, tokenPrefix):
		return codeMalformedToken
	}
	for i := range slices.Backward(t.Issued) { // mostly it is the newest
		one := &t.Issued[i]
		switch {
		case one.Token != token:
			continue
		case now.Before(one.Until):
			return codeOK
		case one.Replaced:
			return codeBadToken
		}
		return codeExpiredToken
	}
	return codeBadToken
}

// latest is the newest token of a kind, nil if there is none.
func (t *tokens) latest(stable bool) *issued {
	for i := range slices.Backward(t.Issued) {
		if t.Issued[i].Stable == stable {
			return &t.Issued[i]
		}
	}
	return nil
}

type tokenAnswer struct {
	Token     string `json:"access_token"`
	ExpiresIn int64  `json:"expires_in"`
}

// issue makes a new token of a kind; the former lives on for keep at most.
func (c *call) issue(stable bool, keep time.Duration) (any, int) {
	t := &c.p.state.Tokens
	if old := t.latest(stable); old != nil {
		old.Replaced = true
		if end := c.now.Add(keep); end.Before(old.Until) || (keep > 0 && c.now.Before(old.Until)) {
			old.Until = end
		}
	}
	life := c.p.lifetime
	t.Issued = append(t.Issued, issued{
		Token: c.p.opaque(tokenPrefix), Stable: stable,
		Until: c.now.Add(life), Lifetime: int64(life / time.Second),
	})
	if extra := len(t.Issued) - keptTokens; extra > 0 {
		t.Issued = append([]issued(nil), t.Issued[extra:]...)
	}
	c.p.tally.refreshes++
	c.tell(Event{Kind: KindToken})
	return tokenAnswer{t.latest(stable).Token, int64(life / time.Second)}, codeOK
}

func (c *call) credential(appID, secret, grant string) int {
	switch {
	case grant != "client_credential":
		return codeBadGrant
	case appID != c.p.account.appID:
		return codeBadAppID
	case secret != c.p.account.secret:
		return codeBadSecret
	}
	return codeOK
}

// classicToken replaces the token at every call; the former lives five minutes more.
func classicToken(c *call) (any, int) {
	q := c.r.URL.Query()
	if code := c.credential(q.Get("appid"), q.Get("secret"), q.Get("grant_type")); code != codeOK {
		return nil, code
	}
	return c.issue(false, overlap)
}

// stableToken returns the same token until five minutes before its end. A forced one kills the
// former at once, at most every 30 s and 20 times a day.
func stableToken(c *call) (any, int) {
	var in struct {
		Grant  string `json:"grant_type"`
		AppID  string `json:"appid"`
		Secret string `json:"secret"`
		Force  bool   `json:"force_refresh"`
	}
	if !c.read(&in) {
		return nil, codeBadJSON
	}
	if code := c.credential(in.AppID, in.Secret, in.Grant); code != codeOK {
		return nil, code
	}
	t := &c.p.state.Tokens
	if in.Force {
		if !t.ForcedAt.IsZero() && c.now.Before(t.ForcedAt.Add(forceApart)) {
			return nil, codeMinuteQuota
		}
		if code := c.p.count(forced, c.now); code != codeOK {
			return nil, code
		}
		t.ForcedAt = c.now
		return c.issue(true, 0)
	}
	if now := t.latest(true); now != nil {
		// A life of less than ten minutes is renewed at its half, else every call would renew.
		before := min(renewBefore, time.Duration(now.Lifetime)*time.Second/2)
		if left := now.Until.Sub(c.now); left > before {
			return tokenAnswer{now.Token, int64(left / time.Second)}, codeOK
		}
	}
	return c.issue(true, overlap)
}

// SetTokenLifetime sets how long tokens issued from now on live; 0 means 7200 s.
func (p *Platform) SetTokenLifetime(d time.Duration) {
	if d <= 0 {
		d = defaultLifetime
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lifetime = d
}

// ExpireToken ends the life of every token issued so far: calls with them meet 42001 until a
// newer one was fetched, which is to be had without force.
func (p *Platform) ExpireToken() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	for i := range p.state.Tokens.Issued {
		one := &p.state.Tokens.Issued[i]
		if now.Before(one.Until) {
			one.Until = now
		}
	}
}

package platform

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// The paths of logins in pages (网页授权). The first is the browser's, the second the bot's. The
// third stands for a phone's own knowledge of whose it is.
const (
	authorizePath = "/connect/oauth2/authorize"
	exchangePath  = "/sns/oauth2/access_token"
	enterPath     = "/connect/enter"
)

const (
	loginLife  = 5 * time.Minute // of a code
	loginKept  = time.Hour       // after which a code is not even known any more
	phoneName  = "platform_phone"
	stateMost  = 128
	loginScope = "snsapi_base" // the only one here: the others ask the person for their name
)

// login is what a browser was given to prove who its person is.
type login struct {
	openid string
	at     time.Time
	used   bool
}

// logins are kept in memory only: a restart of the platform makes people log in anew.
type logins struct {
	domain  string            // the console's 网页授权域名
	tickets map[string]string // of Enter, once: to openids
	phones  map[string]string // cookies to openids
	codes   map[string]login
}

func newLogins(domain string) logins {
	return logins{domain: domain, tickets: map[string]string{}, phones: map[string]string{}, codes: map[string]login{}}
}

// Enter returns the path under Handler at which a browser becomes this person's phone, once, and
// is led on to an address. It stands for WeChat's own browser, which knows whose phone it is in.
func (q *Person) Enter(to string) string {
	q.p.mu.Lock()
	defer q.p.mu.Unlock()
	ticket := fmt.Sprintf("%x", q.p.random(16))
	q.p.logins.tickets[ticket] = q.openid
	return enterPath + "?" + url.Values{"ticket": {ticket}, "to": {to}}.Encode()
}

// enter makes the browser a phone.
func (p *Platform) enter(w http.ResponseWriter, r *http.Request) {
	ticket, to := r.URL.Query().Get("ticket"), r.URL.Query().Get("to")
	p.mu.Lock()
	openid, ok := p.logins.tickets[ticket]
	delete(p.logins.tickets, ticket)
	ok = ok && p.ours(to)
	phone := fmt.Sprintf("%x", p.random(16))
	if ok {
		p.logins.phones[phone] = openid
	}
	p.mu.Unlock()
	if !ok {
		sorry(w, "这个入口已经用过了")
		return
	}
	http.SetCookie(w, &http.Cookie{Name: phoneName, Value: phone, Path: "/connect", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	lead(w, r, to)
}

// ours says whether an address belongs to the account; it is called with the lock held.
func (p *Platform) ours(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.User == nil &&
		p.logins.domain != "" && (u.Host == p.logins.domain || u.Hostname() == p.logins.domain)
}

// authorize leads the browser back to the account's page with a code and the state, as WeChat
// does without asking for the scope snsapi_base. What is wrong is told to the browser.
func (p *Platform) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	phone := ""
	if c, err := r.Cookie(phoneName); err == nil {
		phone = c.Value
	}
	p.mu.Lock()
	openid, known := p.logins.phones[phone]
	why := p.refuseLogin(q)
	code := ""
	if why == "" && known {
		code = fmt.Sprintf("%x", p.random(16))
		for old, l := range p.logins.codes {
			if p.now().Sub(l.at) > loginKept {
				delete(p.logins.codes, old)
			}
		}
		p.logins.codes[code] = login{openid: openid, at: p.now()}
	}
	p.mu.Unlock()
	switch {
	case why != "":
		sorry(w, why)
		return
	case !known:
		sorry(w, "请在微信客户端打开链接")
		return
	}
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil { // refuseLogin has read it
		sorry(w, "redirect_uri 参数错误（10003）")
		return
	}
	with := back.Query()
	with.Set("code", code)
	with.Set("state", q.Get("state"))
	back.RawQuery, back.Fragment = with.Encode(), ""
	lead(w, r, back.String())
}

// refuseLogin is called with the lock held.
func (p *Platform) refuseLogin(q url.Values) string {
	state := q.Get("state")
	for i := range len(state) {
		if c := state[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return "state 参数错误"
		}
	}
	switch {
	case q.Get("appid") != p.account.appID:
		return "AppID 参数错误（10013）"
	case !p.ours(q.Get("redirect_uri")):
		return "redirect_uri 域名与后台配置不一致（10003）"
	case q.Get("response_type") != "code":
		return "response_type 参数错误"
	case q.Get("scope") != loginScope:
		return "scope 参数错误或没有 scope 权限（10005）"
	case len(state) > stateMost:
		return "state 参数错误"
	}
	return ""
}

// loginAnswer is what the bot gets for a code. Its tokens are of no use here.
type loginAnswer struct {
	Token     string `json:"access_token"`
	ExpiresIn int64  `json:"expires_in"`
	Refresh   string `json:"refresh_token"`
	Openid    string `json:"openid"`
	Scope     string `json:"scope"`
}

// exchange tells whose a code is, once and for five minutes.
func exchange(c *call) (any, int) {
	q := c.r.URL.Query()
	code := q.Get("code")
	l, known := c.p.logins.codes[code]
	switch {
	case q.Get("appid") != c.p.account.appID:
		return nil, codeBadAppID
	case q.Get("secret") != c.p.account.secret:
		return nil, codeBadSecret
	case q.Get("grant_type") != "authorization_code":
		return nil, codeBadGrant
	case code == "":
		return nil, codeNoLogin
	case !known:
		return nil, codeBadLogin
	case l.used:
		return nil, codeUsedLogin
	case c.now.Sub(l.at) > loginLife:
		return nil, codeOldLogin
	}
	l.used = true
	c.p.logins.codes[code] = l
	return loginAnswer{
		Token: c.p.opaque(tokenPrefix), ExpiresIn: int64(defaultLifetime / time.Second), Refresh: c.p.opaque(tokenPrefix),
		Openid: l.openid, Scope: loginScope,
	}, codeOK
}

// lead sends the browser on; a page must not learn from where it came.
func lead(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusFound)
}

func sorry(w http.ResponseWriter, why string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, why, http.StatusBadRequest)
}

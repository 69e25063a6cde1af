package platform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// The error codes the API answers with.
const (
	codeOK             = 0
	codeBadToken       = 40001 // not ours, or not the latest
	codeBadGrant       = 40002
	codeBadOpenid      = 40003
	codeBadMediaType   = 40004
	codeBadMediaSize   = 40006
	codeBadMediaID     = 40007
	codeBadMessageType = 40008
	codeBadAppID       = 40013
	codeMalformedToken = 40014
	codeBadTemplate    = 40037
	codeBadAction      = 40052
	codeBadActionInfo  = 40053
	codeBadPath        = 40066
	codeBadSecret      = 40125
	codeNoMenuMessage  = 40200
	codeNoToken        = 41001
	codeNoMedia        = 41005
	codeExpiredToken   = 42001
	codeNeedGET        = 43001
	codeNeedPOST       = 43002
	codeNeedFollower   = 43004
	codeNoContent      = 44004
	codeTooLong        = 45002
	codeDailyQuota     = 45009
	codeMinuteQuota    = 45011
	codeOutOfWindow    = 45015
	codeWindowUsed     = 45047
	codeBadTyping      = 45072
	codeNoMenu         = 46003
	codeBadJSON        = 47001
	codeNotAllowed     = 48001
	codeClears         = 48006
)

// maxRequest bounds a request's body; the largest is an upload of a video.
const maxRequest = 12 << 20

// call is one request to the API, held with the platform's lock.
type call struct {
	p      *Platform
	r      *http.Request
	body   []byte
	now    time.Time
	events []Event // handed out after the lock is given back
}

// endpoint answers a call with something for JSON, or a file, or an errcode.
type endpoint struct {
	method string // "" any
	open   bool   // needs no access token
	daily  int    // calls a day of a new account; 0 unlimited
	do     func(*call) (any, int)
}

// file is an answer that is no JSON.
type file struct {
	data              []byte
	contentType, name string
}

func endpoints() map[string]endpoint {
	const get, post = http.MethodGet, http.MethodPost
	return map[string]endpoint{
		"/cgi-bin/token":                             {get, true, 2000, classicToken},
		"/cgi-bin/stable_token":                      {post, true, 500_000, stableToken},
		"/cgi-bin/message/custom/send":               {post, false, 500_000, customSend},
		"/cgi-bin/message/custom/typing":             {post, false, 0, customTyping},
		"/cgi-bin/customservice/getkflist":           {get, false, 0, kfList},
		"/cgi-bin/media/get":                         {get, false, 200_000, mediaGet},
		"/cgi-bin/media/upload":                      {post, false, 100_000, mediaUpload},
		"/cgi-bin/menu/create":                       {post, false, 1000, menuCreate},
		"/cgi-bin/menu/get":                          {get, false, 10_000, menuGet},
		"/cgi-bin/menu/delete":                       {get, false, 1000, menuDelete},
		"/cgi-bin/get_current_selfmenu_info":         {get, false, 10_000, menuInfo},
		"/cgi-bin/qrcode/create":                     {post, false, 100_000, codeCreate},
		"/cgi-bin/getcallbackip":                     {get, false, 0, addresses},
		"/cgi-bin/get_api_domain_ip":                 {get, false, 0, addresses},
		"/cgi-bin/template/get_all_private_template": {get, false, 0, noticeList},
		"/cgi-bin/message/template/send":             {post, false, 100_000, noticeSend},
		"/cgi-bin/message/subscribe/bizsend":         {post, false, 0, noticeSend},
		"/cgi-bin/message/template/subscribe":        {post, false, 0, noticeSend},
		"/wxaapi/newtmpl/gettemplate":                {get, false, 0, noticeList},
		"/cgi-bin/user/info":                         {get, false, 5_000_000, userInfo},
		"/cgi-bin/user/get":                          {get, false, 500, userList},
		"/cgi-bin/clear_quota":                       {post, false, 0, clearQuota},
		"/cgi-bin/openapi/quota/get":                 {post, false, 0, quotaGet},
		"/cgi-bin/openapi/rid/get":                   {post, false, 0, ridGet},
	}
}

// withheld is what an account may not do until it is allowed.
func withheld() map[string]bool {
	return map[string]bool{
		"/cgi-bin/message/template/send":             true,
		"/cgi-bin/message/subscribe/bizsend":         true,
		"/cgi-bin/message/template/subscribe":        true,
		"/cgi-bin/template/get_all_private_template": true,
		"/wxaapi/newtmpl/gettemplate":                true,
	}
}

// Handler serves the API: /cgi-bin/….
func (p *Platform) Handler() http.Handler {
	table := endpoints()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
		if err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		p.serve(w, r, table, body)
	})
}

func (p *Platform) serve(w http.ResponseWriter, r *http.Request, table map[string]endpoint, body []byte) {
	p.mu.Lock()
	c := &call{p: p, r: r, body: body, now: p.now()}
	answer, code := c.answer(table)
	rid := fmt.Sprintf("%x-%x-%x", c.now.Unix(), p.random(4), p.random(4))
	p.mu.Unlock()
	if code >= 500 && code <= 599 {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "<html><body>busy</body></html>") // the client may be gone
		return
	}
	if f, ok := answer.(file); ok && code == codeOK {
		w.Header().Set("Content-Type", f.contentType)
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", f.name))
		_, _ = w.Write(f.data)
		return
	}
	if code != codeOK {
		answer = failure{code, message(code) + " rid: " + rid}
		c.events = []Event{{Kind: KindFault, Code: code, Text: r.URL.Path}}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(answer); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; encoding=utf-8")
	out := bytes.TrimRight(b.Bytes(), "\n")
	for _, e := range c.events {
		if !table[r.URL.Path].open { // neither secret nor token is shown
			e.WireIn, e.WireOut = string(text(body)), string(out)
		}
		p.emit(e)
	}
	_, _ = w.Write(out)
}

// answer runs the checks every call goes through, then the endpoint.
func (c *call) answer(table map[string]endpoint) (any, int) {
	path := c.r.URL.Path
	if code := c.p.failing(path); code != codeOK {
		return nil, code
	}
	e, ok := table[path]
	switch {
	case !ok:
		return nil, codeBadPath
	case e.method == http.MethodGet && c.r.Method != e.method:
		return nil, codeNeedGET
	case e.method == http.MethodPost && c.r.Method != e.method:
		return nil, codeNeedPOST
	}
	if !e.open {
		if code := c.p.state.Tokens.check(c.r.URL.Query().Get("access_token"), c.now); code != codeOK {
			return nil, code
		}
	}
	if c.p.denied[path] {
		return nil, codeNotAllowed
	}
	if !c.p.count(path, e.daily, c.now) {
		return nil, codeDailyQuota
	}
	return e.do(c)
}

// read decodes the body; false when it is not JSON.
func (c *call) read(to any) bool { return json.Unmarshal(c.body, to) == nil }

func (c *call) tell(e Event) { c.events = append(c.events, e) }

// failure is the API's answer to what it refuses, and, with zero, to what needs no other.
type failure struct {
	Code    int    `json:"errcode"`
	Message string `json:"errmsg"`
}

func ok() failure { return failure{codeOK, "ok"} }

// text shortens what is shown of a request: uploads are no text.
func text(body []byte) []byte {
	if len(body) > maxAnswer {
		return body[:maxAnswer]
	}
	return body
}

// FailAPI makes the next calls of a path ("*" for all) answer with an errcode; a code from 500
// to 599 is an HTTP status instead. times < 0 means until changed, 0 heals.
func (p *Platform) FailAPI(path string, code, times int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if times == 0 {
		delete(p.faults, path)
		return
	}
	p.faults[path] = &fault{code: code, times: times}
}

// failing is called with the lock held.
func (p *Platform) failing(path string) int {
	for _, key := range []string{path, "*"} {
		f := p.faults[key]
		if f == nil {
			continue
		}
		if f.times--; f.times == 0 {
			delete(p.faults, key)
		}
		return f.code
	}
	return codeOK
}

// Allow grants or withdraws an API by its path, or "msgmenu" in customer messages. Templates
// and subscription notices are withheld (48001) until granted, all else is granted.
func (p *Platform) Allow(path string, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.denied[path] = !on
}

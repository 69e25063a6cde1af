package platform

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// call is one request to the API. It is carried out with the platform's lock, and nothing else
// of it is: reading, decoding, waiting and writing are not.
type call struct {
	p      *Platform
	r      *http.Request
	path   string
	token  string
	body   []byte
	in     any // what endpoint.decode read; nil: no JSON
	now    time.Time
	field  string  // of a refused value, for the errmsg
	fault  *Fault  // the trouble it meets; nil: none
	events []Event // handed out after the lock is given back

	receipts []receipt // sent when the call is over
}

// Handler serves the API: /cgi-bin/… and /sns/…, and the login of pages: /connect/….
func (p *Platform) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == authorizePath && r.Method == http.MethodGet:
			p.authorize(w, r)
			return
		case r.URL.Path == enterPath && r.Method == http.MethodGet:
			p.enter(w, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
		if err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		p.serve(w, r, body)
	})
}

// serve carries a call out at once. Only its answer waits for the latency that was set, so that
// a bot that gives up or dies meanwhile has reached the phone all the same.
func (p *Platform) serve(w http.ResponseWriter, r *http.Request, body []byte) {
	c := &call{p: p, r: r, path: r.URL.Path, body: body, now: p.now()}
	e, known := p.table[c.path]
	if !e.open {
		c.token = r.URL.Query().Get("access_token")
	}
	if e.decode != nil {
		c.in = e.decode(body)
	}
	p.mu.Lock()
	answer, code := c.run(e, known)
	latency := p.trouble.latencyOf(c.path)
	rid := ""
	if code != codeOK {
		rid = fmt.Sprintf(" rid: %x-%x-%x", c.now.Unix(), p.random(4), p.random(4))
	}
	p.mu.Unlock()
	c.sendReceipts(true)
	defer c.sendReceipts(false) // whatever becomes of the answer
	f, isFile := answer.(file)
	if isFile && code == codeOK && c.fault == nil {
		p.wait(r.Context(), latency)
		w.Header().Set("Content-Type", f.contentType)
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", f.name))
		_, _ = w.Write(f.data)
		return
	}
	var out []byte
	switch {
	case code != codeOK:
		out = encode(failure{code, c.message(code) + rid})
		c.events = append(c.events, Event{Kind: KindFault, Code: code, Text: c.path})
	case !isFile && answer != nil:
		out = encode(answer)
	}
	c.handOut(e.open, out)
	p.wait(r.Context(), latency)
	if c.fault != nil && c.fault.breaks() {
		p.play(w, r, c.fault, out)
		return
	}
	w.Header()["Content-Type"] = jsonType
	_, _ = w.Write(out) // the client may be gone
}

var jsonType = []string{"application/json; encoding=utf-8"} // never written to

// handOut tells the watchers; neither secret nor token is shown.
func (c *call) handOut(open bool, out []byte) {
	if !c.p.watch.some.Load() {
		return
	}
	for _, e := range c.events {
		if !open {
			e.WireIn = string(text(c.body))
			if c.fault == nil || !c.fault.breaks() {
				e.WireOut = string(out)
			}
		}
		c.p.emit(e)
	}
}

// encode writes an answer; those of all paths are plain values that JSON can hold.
func encode(answer any) []byte {
	if answer == any(fine()) { // by far the most frequent
		return []byte(`{"errcode":0,"errmsg":"ok"}`)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(answer); err != nil {
		return []byte(`{"errcode":-1,"errmsg":"system error"}`)
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// run settles what becomes of the call; it is called with the lock held.
func (c *call) run(e endpoint, known bool) (answer any, code int) {
	c.fault = c.p.trouble.take(c.path)
	if c.fault != nil {
		c.p.tally.fault(c.path, known, c.fault.kind())
		if c.fault.breaks() {
			c.tell(Event{Kind: KindFault, Code: c.fault.Status, Text: c.path})
		}
		if !c.fault.carriedOut() {
			if code = c.fault.code(); code != codeOK {
				c.p.tally.call(c.path, known, code)
			}
			return nil, code
		}
	}
	answer, code = c.answer(e, known)
	if c.fault != nil && c.fault.code() != codeOK {
		code = c.fault.Code
	}
	c.p.tally.call(c.path, known, code)
	return answer, code
}

// answer runs the checks every call goes through, then the endpoint.
func (c *call) answer(e endpoint, known bool) (any, int) {
	if code := c.p.trouble.refused[c.path]; code != codeOK {
		return nil, code
	}
	switch {
	case !known:
		return nil, codeBadPath
	case e.method == http.MethodGet && c.r.Method != e.method:
		return nil, codeNeedGET
	case e.method == http.MethodPost && c.r.Method != e.method:
		return nil, codeNeedPOST
	}
	if !e.open {
		if code := c.p.state.Tokens.check(c.token, c.now); code != codeOK {
			return nil, code
		}
	}
	if c.p.denied[c.path] {
		return nil, codeNotAllowed
	}
	if code := c.p.count(c.path, c.now); code != codeOK {
		return nil, code
	}
	return e.do(c)
}

// read decodes the body; false when it is not JSON.
func (c *call) read(to any) bool { return json.Unmarshal(c.body, to) == nil }

func (c *call) tell(e Event) {
	if c.p.watch.some.Load() {
		c.events = append(c.events, e)
	}
}

// message is the errmsg of a code, with the field of a value that was refused.
func (c *call) message(code int) string {
	if code == codeBadValue && c.field != "" {
		return message(code) + " data." + c.field + ".value invalid"
	}
	return message(code)
}

// failure is the API's answer to what it refuses, and, with zero, to what needs no other.
type failure struct {
	Code    int    `json:"errcode"`
	Message string `json:"errmsg"`
}

func fine() failure { return failure{codeOK, "ok"} }

// text shortens what is shown of a request: uploads are no text.
func text(body []byte) []byte {
	if len(body) > maxAnswer {
		return body[:maxAnswer]
	}
	return body
}

// wait lets a call take its time, until the client gives up or the platform closes.
func (p *Platform) wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	case <-p.ctx.Done():
	}
}

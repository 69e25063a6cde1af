package platform

import (
	"slices"
	"time"
)

// noticeRepeat is how long a client_msg_id keeps a template message from being sent again.
const noticeRepeat = 10 * time.Minute

// notice is a template message that was accepted, kept as long as its client id counts. The same
// id for another phone is another message.
type notice struct {
	Openid   string    `json:"openid,omitempty"`
	ClientID string    `json:"clientId"`
	ID       int64     `json:"id"`
	At       time.Time `json:"at"`
}

type clientKey struct{ openid, client string }

type noticeValue struct {
	Value string `json:"value"`
}

// noticeMessage is a template message or a subscription notice.
type noticeMessage struct {
	To       string                 `json:"touser"`
	Template string                 `json:"template_id"`
	ClientID string                 `json:"client_msg_id"`
	Data     map[string]noticeValue `json:"data"`
}

type noticeAnswer struct {
	Code    int    `json:"errcode"`
	Message string `json:"errmsg"`
	ID      int64  `json:"msgid"`
}

// addressed reads a message and checks all but what its phone may say against it.
func (c *call) addressed(k *catalog) (m noticeMessage, f *follower, t *Template, code int) {
	if !c.read(&m) {
		return m, nil, nil, codeBadJSON
	}
	if f = c.p.state.People[m.To]; f == nil {
		return m, nil, nil, codeBadOpenid
	}
	if t, code = k.find(m.Template); code != codeOK {
		return m, nil, nil, code
	}
	if t != nil {
		if c.field = t.check(m.Data); c.field != "" {
			return m, nil, nil, codeBadValue
		}
	}
	return m, f, t, codeOK
}

// templateSend accepts a template message to a follower, once in ten minutes under a client id.
func templateSend(c *call) (any, int) {
	m, f, t, code := c.addressed(&c.p.templates)
	switch {
	case code != codeOK:
		return nil, code
	case !f.Following:
		return nil, codeNeedFollower
	}
	if id := c.p.sentBefore(m, c.now); id != 0 {
		return noticeAnswer{Message: "ok", ID: id}, codeOK
	}
	id := c.accept()
	if m.ClientID != "" {
		c.p.remember(notice{Openid: m.To, ClientID: m.ClientID, ID: id, At: c.now})
	}
	status := ReceiptBlocked
	if !f.Blocked {
		status = c.light(KindTemplate, m, f, t)
	}
	c.report(receipt{Openid: m.To, ID: id, Status: status})
	return noticeAnswer{Message: "ok", ID: id}, codeOK
}

// noticeSend accepts a subscription notice to anybody who consented; it uses a consent up.
func noticeSend(c *call) (any, int) {
	m, f, t, code := c.addressed(&c.p.noticeTemplates)
	switch {
	case code != codeOK:
		return nil, code
	case t != nil && !f.use(t):
		return nil, codeNoConsent
	}
	id := c.accept()
	status := c.light(kindNotice, m, f, t)
	c.report(receipt{Openid: m.To, ID: id, Template: m.Template, Status: status})
	return noticeAnswer{Message: "ok", ID: id}, codeOK
}

// oldNoticeSend is the API before subscription notices: any template, nobody reports.
func oldNoticeSend(c *call) (any, int) {
	m, f, _, code := c.addressed(&catalog{})
	switch {
	case code != codeOK:
		return nil, code
	case !f.Following:
		return nil, codeNeedFollower
	}
	c.light(kindNotice, m, f, nil)
	return noticeAnswer{Message: "ok", ID: c.accept()}, codeOK
}

// accept gives the message its id.
func (c *call) accept() int64 {
	c.p.nextID()
	return c.p.state.LastID
}

// light shows the message on the phone and returns what its receipt says.
func (c *call) light(kind string, m noticeMessage, f *follower, t *Template) string {
	if c.swallows() {
		return c.fault.Receipt
	}
	shown := t.show(m.Data)
	c.reach(f, kind, shown, m.ClientID, Event{Kind: KindTemplate, Openid: m.To, Text: shown})
	return ReceiptSuccess
}

// sentBefore is the id of a message that went to the phone under the same client id, else 0.
// It is called with the lock held.
func (p *Platform) sentBefore(m noticeMessage, now time.Time) int64 {
	p.forget(now)
	if m.ClientID == "" {
		return 0
	}
	return p.clients[clientKey{m.To, m.ClientID}]
}

// forget drops the client ids whose time is over; the oldest stand first.
func (p *Platform) forget(now time.Time) {
	kept := p.state.Notices
	for len(kept) > 0 && !now.Before(kept[0].At.Add(noticeRepeat)) {
		delete(p.clients, clientKey{kept[0].Openid, kept[0].ClientID})
		kept = kept[1:]
	}
	p.state.Notices = kept
}

func (p *Platform) remember(n notice) {
	p.state.Notices = append(p.state.Notices, n)
	p.clients[clientKey{n.Openid, n.ClientID}] = n.ID
}

// remembered makes the index anew after an import; it is called with the lock held.
func (p *Platform) remembered() {
	clear(p.clients)
	slices.SortStableFunc(p.state.Notices, func(a, b notice) int { return a.At.Compare(b.At) })
	for _, n := range p.state.Notices {
		p.clients[clientKey{n.Openid, n.ClientID}] = n.ID
	}
}

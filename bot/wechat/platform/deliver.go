package platform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	maxTries  = 3
	maxAnswer = 64 << 10 // bytes of an answer; no reply is that long
)

// manner is how a delivery differs from the ordinary one.
type manner struct {
	hurry time.Duration // cuts the first try short, so that a repeat overtakes it; 0 not
}

// wire is what a delivery sends, settled once.
type wire struct {
	mode     string
	webhooks []string
	sealed   string // Encrypt, in safe mode
	body     string
	query    string // of the last try
}

// deliver posts a message as WeChat does: at most three tries, each with the deadline, each to
// a random replica; a late, broken or 5xx answer is tried again, any other answer is final.
func (p *Platform) deliver(ctx context.Context, n note, how manner) *Delivery {
	d := &Delivery{Openid: n.openid, MsgID: n.id, In: n.xml}
	w, err := p.prepare(n)
	if err != nil {
		d.Err = err
		return d
	}
	d.WireIn = w.body
	if !n.receipt {
		told := *d
		p.emit(Event{Openid: n.openid, Kind: KindIn, Text: n.what, Delivery: &told, WireIn: w.body})
	}
	for i := range maxTries {
		deadline := p.account.deadline
		if i == 0 && how.hurry > 0 {
			deadline = how.hurry
		}
		body, again := p.try(ctx, d, w, deadline)
		if !again {
			p.conclude(d, w, body)
			break
		}
		if ctx.Err() != nil {
			break
		}
	}
	d.Faulty = d.Err != nil && !n.unseen
	if d.Err != nil {
		p.emit(Event{Openid: n.openid, Kind: KindFault, Delivery: d, WireIn: d.WireIn, WireOut: d.WireOut})
		return d
	}
	if n.receipt {
		p.emit(Event{Openid: n.openid, Kind: KindReceipt, Delivery: d, Text: n.what, WireIn: d.WireIn, WireOut: d.WireOut})
		return d
	}
	p.emit(Event{
		Openid: n.openid, Kind: KindReply, Delivery: d, Text: d.Reply.Text, Links: d.Reply.Links,
		WireIn: d.WireIn, WireOut: d.WireOut,
	})
	return d
}

// prepare encrypts once; repeats differ by their signature only.
func (p *Platform) prepare(n note) (*wire, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := &wire{mode: p.mode, webhooks: p.webhooks, body: n.xml}
	if len(w.webhooks) == 0 {
		return nil, ErrNoWebhook
	}
	if w.mode != Safe {
		return w, nil
	}
	if p.account.keyErr != nil {
		return nil, p.account.keyErr
	}
	sealed, err := seal(p.account.key, p.random(16), []byte(n.xml), p.account.appID)
	if err != nil {
		return nil, fmt.Errorf("encrypt message: %w", err)
	}
	w.sealed = sealed
	w.body = fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><Encrypt><![CDATA[%s]]></Encrypt></xml>",
		p.account.id, sealed)
	return w, nil
}

// signed makes the query of one try and picks its replica.
func (p *Platform) signed(w *wire, openid string) (webhook, query string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	webhook = w.webhooks[p.rng.IntN(len(w.webhooks))]
	if w.query != "" && p.account.sameSignature {
		return webhook, w.query
	}
	timestamp := strconv.FormatInt(p.now().Unix(), 10)
	nonce := strconv.FormatUint(uint64(p.rng.Uint32()), 10)
	q := url.Values{
		"signature": {sign(p.account.token, timestamp, nonce)},
		"timestamp": {timestamp},
		"nonce":     {nonce},
		"openid":    {openid},
	}
	if w.mode == Safe {
		q.Set("encrypt_type", "aes")
		q.Set("msg_signature", sign(p.account.token, timestamp, nonce, w.sealed))
	}
	return webhook, q.Encode()
}

// try sends one request and notes it. again says that the answer never came whole.
func (p *Platform) try(ctx context.Context, d *Delivery, w *wire, deadline time.Duration) (body []byte, again bool) {
	webhook, query := p.signed(w, d.Openid)
	w.query = query
	try := Try{URL: webhook}
	started := time.Now() //nolint:forbidigo // how long a request took is measured, whatever the shifted clock says
	body, path, err := p.post(ctx, &try, webhook, query, w.body, deadline)
	try.Took = time.Since(started) //nolint:forbidigo // as above
	d.WireURL = path
	if err != nil {
		try.Err = reason(err)
	}
	d.Tries = append(d.Tries, try)
	switch {
	case err != nil:
		d.Err = fmt.Errorf("try %d: %s", len(d.Tries), try.Err)
	case try.Status >= http.StatusInternalServerError:
		d.Err = fmt.Errorf("try %d: status %d", len(d.Tries), try.Status)
	default:
		d.Err = nil
		return body, false
	}
	if len(d.Tries) < maxTries && try.Took < deadline {
		wait(ctx, min(p.account.pause, deadline-try.Took))
	}
	return nil, true
}

func (p *Platform) post(ctx context.Context, try *Try, webhook, query, body string, deadline time.Duration) (answer []byte, path string, err error) {
	u, err := url.Parse(webhook)
	if err != nil {
		return nil, "", fmt.Errorf("parse webhook: %w", err)
	}
	if u.RawQuery != "" {
		query = u.RawQuery + "&" + query
	}
	u.RawQuery = query
	path = u.RequestURI()
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(body))
	if err != nil {
		return nil, path, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Content-Type", "text/xml")
	req.Header.Set("User-Agent", "Mozilla/4.0")
	res, err := p.client.Do(req)
	if err != nil {
		return nil, path, fmt.Errorf("post message: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	try.Status = res.StatusCode
	answer, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, path, fmt.Errorf("read answer: %w", err)
	}
	return answer, path, nil
}

// conclude reads the answer of the last try into the delivery.
func (p *Platform) conclude(d *Delivery, w *wire, body []byte) {
	d.WireOut = string(body)
	if status := d.Tries[len(d.Tries)-1].Status; status != http.StatusOK {
		d.Err = fmt.Errorf("status %d", status)
		return
	}
	plain, err := p.open(w.mode, body)
	d.Out = string(plain)
	if err != nil || len(plain) == 0 {
		d.Err = err
		return
	}
	d.Reply, d.Err = parseReply(plain, d.Openid, p.account.id)
}

// reason drops the address out of a transport error: it carries the query.
func reason(err error) string {
	if at, ok := errors.AsType[*url.Error](err); ok {
		err = at.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "deadline exceeded"
	}
	return err.Error()
}

// wait sleeps, unless the context ends first.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

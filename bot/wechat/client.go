package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/sirupsen/logrus"
)

const (
	defaultAPI = "https://api.weixin.qq.com"
	callTime   = 5 * time.Second
	maxAnswer  = 1 << 20 // bytes of a JSON answer
	maxIdle    = 512     // connections kept for the next call: a push has hundreds of calls under way

	// idleTime is shorter than servers keep a connection, so that no call meets its end: nobody
	// could tell whether it was read.
	idleTime = 30 * time.Second
)

// Client calls the platform's API for one account: with a context and a time-out for each call,
// typed errors, and URLs that never get into an error. The SDK's own senders have none of that,
// so only its payloads are used.
type Client struct {
	cfg    Config
	base   string
	bad    error // the base URL is unusable
	http   *http.Client
	now    func() time.Time
	tokens *tokens
}

// NewClient makes a client. A nil store keeps the token in memory only; hc lends its transport
// and time-out (nil means defaults) but never its redirects and cookies. A wrong cfg.API shows
// in the first call. It also silences the logger of the SDK.
func NewClient(cfg Config, store TokenStore, now func() time.Time, hc *http.Client) *Client {
	logrus.SetOutput(io.Discard)
	c := &Client{cfg: cfg, now: now, base: strings.TrimRight(cfg.API, "/")}
	if c.base == "" {
		c.base = defaultAPI
	}
	if u, err := url.Parse(c.base); err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" ||
		u.Scheme != "https" && u.Scheme != "http" {
		c.bad = fmt.Errorf("API base URL: %w: want http(s)://host", errSetup)
	}
	c.http = &http.Client{
		Timeout:       callTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if hc != nil {
		c.http.Transport = hc.Transport
		if hc.Timeout > 0 {
			c.http.Timeout = hc.Timeout
		}
	} else if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t = t.Clone()
		t.MaxIdleConns, t.MaxIdleConnsPerHost = maxIdle, maxIdle
		t.IdleConnTimeout = idleTime
		c.http.Transport = t
	}
	c.tokens = &tokens{client: c, store: store}
	return c
}

// Token returns the access token now in use.
func (c *Client) Token(ctx context.Context) (string, error) { return c.tokens.get(ctx) }

// SendText sends a customer message (客服消息) to somebody who wrote within 48 hours. text may
// hold links as Render makes them and at most 2,048 bytes. Nothing keeps a repeat from arriving
// twice. Classify tells what an error means.
func (c *Client) SendText(ctx context.Context, openid, text string) error {
	if !isToken(openid, maxOpenID) {
		return fmt.Errorf("send text: %w", errBadOpenID)
	}
	if err := CheckText(text); err != nil {
		return fmt.Errorf("send text: %w", err)
	}
	return c.do(ctx, request{
		name: "send text", method: http.MethodPost, path: "/cgi-bin/message/custom/send",
		body: message.NewCustomerTextMessage(openid, clean(text)),
	})
}

// request is one call; its token is added when it is sent.
type request struct {
	name   string // for errors
	method string
	path   string
	query  url.Values
	body   any   // encoded as JSON; nil means none
	limit  int64 // of the answer in bytes; 0 means maxAnswer
	media  bool  // a file is expected, JSON is an error
	setup  bool  // it is about the account and nobody else, so that the words of a refusal may be told
}

type answer struct {
	data    []byte
	kind    string // content type
	errCode *int   // as the answer has it
}

// do makes a call the only answer of which is an error code.
func (c *Client) do(ctx context.Context, r request) error {
	a, err := c.call(ctx, r)
	if err != nil {
		return err
	}
	if a.errCode == nil {
		return fmt.Errorf("%s: %w: no error code", r.name, ErrUnsure)
	}
	return nil
}

// get makes a call and decodes its answer into v.
func (c *Client) get(ctx context.Context, r request, v any) error {
	a, err := c.call(ctx, r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(a.data, v); err != nil {
		return fmt.Errorf("%s: %w: unexpected answer", r.name, ErrUnsure)
	}
	return nil
}

// call sends r with the access token. A token that the platform refuses is dropped for all
// replicas and the call repeated once: a refused call had no effect.
func (c *Client) call(ctx context.Context, r request) (answer, error) {
	token, err := c.tokens.get(ctx)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w: %w", r.name, ErrNotSent, err)
	}
	a, err := c.send(ctx, r, token)
	if e := (*Error)(nil); !errors.As(err, &e) || !e.TokenExpired() || !c.tokens.drop(token) {
		return a, err
	}
	if token, err = c.tokens.get(ctx); err != nil {
		return answer{}, fmt.Errorf("%s: %w: %w", r.name, ErrNotSent, err)
	}
	return c.send(ctx, r, token)
}

// send makes one HTTP request.
func (c *Client) send(ctx context.Context, r request, token string) (answer, error) {
	if c.bad != nil {
		return answer{}, c.bad
	}
	req, err := c.request(ctx, r, token)
	if err != nil {
		return answer{}, err
	}
	req, reached := c.watch(req)
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, transportError(r.name, err, reached())
	}
	defer func() { _ = resp.Body.Close() }()
	limit := r.limit
	if limit == 0 {
		limit = maxAnswer
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return answer{}, transportError(r.name, err, true)
	}
	if resp.StatusCode != http.StatusOK {
		return answer{}, fmt.Errorf("%s: %w: status %d", r.name, ErrUnsure, resp.StatusCode)
	}
	if int64(len(data)) > limit {
		return answer{}, fmt.Errorf("%s: %w: more than %d bytes", r.name, ErrUnsure, limit)
	}
	return c.decode(r, answer{data: data, kind: resp.Header.Get("Content-Type")}, token)
}

// watch tells afterwards whether the request was given a connection. Before that, nothing of it
// was written: no time-out while dialling or shaking hands leaves a doubt.
func (c *Client) watch(req *http.Request) (traced *http.Request, reached func() bool) {
	if _, ok := c.http.Transport.(*http.Transport); !ok { // others need not tell
		return req, func() bool { return true }
	}
	var got atomic.Bool
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { got.Store(true) },
	})
	return req.WithContext(ctx), got.Load
}

func (c *Client) request(ctx context.Context, r request, token string) (*http.Request, error) {
	q := url.Values{}
	maps.Copy(q, r.query)
	if token != "" {
		q.Set("access_token", token)
	}
	target := c.base + r.path
	if len(q) > 0 {
		target += "?" + q.Encode()
	}
	var body bytes.Buffer
	if r.body != nil {
		enc := json.NewEncoder(&body)
		enc.SetEscapeHTML(false) // the platform does not undo \u003c everywhere
		if err := enc.Encode(r.body); err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, &body)
	if err != nil {
		return nil, transportError(r.name, err, false)
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	return req, nil
}

// decode finds the error code, which comes with status 200.
func (c *Client) decode(r request, a answer, token string) (answer, error) {
	if r.media && !looksJSON(a) {
		return a, nil
	}
	var e struct {
		ErrCode *int   `json:"errcode"`
		ErrMsg  string `json:"errmsg"`

		MsgID json.RawMessage `json:"msg_id"` // of a mass send that is known already
	}
	if err := json.Unmarshal(a.data, &e); err != nil {
		return answer{}, fmt.Errorf("%s: %w: not the JSON it should be", r.name, ErrUnsure)
	}
	if a.errCode = e.ErrCode; e.ErrCode != nil && *e.ErrCode != 0 {
		refusal := newError(*e.ErrCode, e.ErrMsg, token, c.cfg.Secret)
		refusal.personal = !r.setup
		if refusal.AlreadySent() {
			refusal.MsgID = idOf(e.MsgID)
		}
		return answer{}, fmt.Errorf("%s: %w", r.name, refusal)
	}
	return a, nil
}

func looksJSON(a answer) bool {
	return strings.Contains(a.kind, "json") || bytes.HasPrefix(bytes.TrimSpace(a.data), []byte("{"))
}

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
	maxClientID = 32  // characters of a client_msg_id
	maxPage     = 512 // bytes of a link
)

// Template 模板消息 is sent to a follower by the account's own right. Data maps the template's
// field names, such as thing1, to values; see CheckFields.
type Template struct {
	OpenID      string
	TemplateID  string
	URL         string // opened by a tap; "" for none
	ClientMsgID string // at most 32 of A–Z a–z 0–9 _ -: a repeat within ten minutes arrives once; "" for none
	Data        map[string]string
}

// Notice 订阅通知 is sent to somebody who consented to its template, follower or not.
type Notice struct {
	OpenID     string
	TemplateID string
	Page       string // the page that a tap opens; "" for none
	Data       map[string]string
}

// payload is what both kinds are sent as. The SDK's own always names an empty mini program.
type payload struct {
	To       string               `json:"touser"`
	Template string               `json:"template_id"`
	URL      string               `json:"url,omitempty"`
	Page     string               `json:"page,omitempty"`
	ClientID string               `json:"client_msg_id,omitempty"`
	Data     map[string]dataValue `json:"data"`
}

type dataValue struct {
	Value string `json:"value"`
}

// SendTemplate sends a template message and returns the platform's id of it, by which its
// receipt is found; the id is "" if the platform accepted it without naming one. Accepted is not
// delivered: that comes as an event, see Message.Job. Classify tells what an error means.
func (c *Client) SendTemplate(ctx context.Context, t Template) (msgID string, err error) {
	const name = "send template"
	if t.ClientMsgID != "" && !isToken(t.ClientMsgID, maxClientID) {
		return "", fmt.Errorf("%s: %w", name, &FieldError{Field: "client_msg_id", Max: maxClientID, Why: "letters, digits, _ and - only"})
	}
	body, err := newPayload(t.OpenID, t.TemplateID, t.URL, t.Data)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	body.URL, body.ClientID = t.URL, t.ClientMsgID
	a, err := c.call(ctx, request{name: name, method: http.MethodPost, path: "/cgi-bin/message/template/send", body: body})
	if err == nil && a.errCode == nil {
		err = fmt.Errorf("%s: %w: no error code", name, ErrUnsure)
	}
	if e := (*Error)(nil); errors.As(err, &e) {
		msgID = e.MsgID
	}
	if err != nil {
		return msgID, err
	}
	var r struct {
		MsgID json.RawMessage `json:"msgid"`
	}
	_ = json.Unmarshal(a.data, &r) // the code was read: without an id it is sent all the same
	return idOf(r.MsgID), nil
}

// SendNotice sends a subscription notice. It uses up one consent, and nothing keeps a repeat
// from arriving twice. Classify tells what an error means.
func (c *Client) SendNotice(ctx context.Context, n Notice) error {
	const name = "send notice"
	body, err := newPayload(n.OpenID, n.TemplateID, n.Page, n.Data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	body.Page = n.Page
	return c.do(ctx, request{name: name, method: http.MethodPost, path: "/cgi-bin/message/subscribe/bizsend", body: body})
}

// newPayload checks what the platform would refuse.
func newPayload(openid, template, link string, data map[string]string) (payload, error) {
	switch {
	case !isToken(openid, maxOpenID):
		return payload{}, errBadOpenID
	case !isToken(template, maxOpenID):
		return payload{}, &FieldError{Field: "template_id", Max: maxOpenID, Why: "letters, digits, _ and - only"}
	case !isPage(link):
		return payload{}, &FieldError{Field: "url", Max: maxPage, Why: "not a web address"}
	case len(data) == 0:
		return payload{}, &FieldError{Field: "data", Why: "no values"}
	}
	p := payload{To: openid, Template: template, Data: make(map[string]dataValue, len(data))}
	for name, v := range data {
		if !isToken(name, maxOpenID) {
			return payload{}, &FieldError{Field: "data", Why: "letters, digits, _ and - only"}
		}
		if err := checkPlain(name, v); err != nil {
			return payload{}, err
		}
		p.Data[name] = dataValue{v}
	}
	return p, nil
}

func isPage(link string) bool {
	if link == "" {
		return true
	}
	u, err := url.Parse(link)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && len(link) <= maxPage
}

// idOf reads an id that may come as a number or a string; "" if it is neither.
func idOf(raw json.RawMessage) string {
	id := strings.Trim(string(raw), `"`)
	if !isToken(id, maxOpenID) || id == "0" || id == "null" {
		return ""
	}
	return id
}

package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"yishi/bot/push"
	"yishi/bot/wechat"
	"yishi/config"
	"yishi/flows/civic"
)

// sendAPI is what the sender calls of the platform. *wechat.Client is one.
type sendAPI interface {
	SendText(ctx context.Context, openid, text string) error
	SendPhoto(ctx context.Context, openid, mediaID string) error
	SendVoice(ctx context.Context, openid, mediaID string) error
	SendTemplate(ctx context.Context, t wechat.Template) (msgID string, err error)
	SendNotice(ctx context.Context, n wechat.Notice) error
}

// sender is the platform as deliveries see it: it fills templates, calls the API of a route and
// says what the answer means.
type sender struct {
	api    sendAPI
	push   config.Push
	prefix string              // of ids by which the platform knows a repeat
	left   func(civic.Account) // told of people who turn out not to follow
	now    func() time.Time
	log    *slog.Logger

	mu   sync.Mutex
	said map[complaint]time.Time
}

// complaint is what the operator is told once in a while.
type complaint struct {
	api, kind string
	code      int
	field     string
}

// sayAgain is how long the same complaint is not repeated.
const sayAgain = time.Minute

// newSender makes the sender. Its ids begin with some signs of key, so that two programs of one
// account do not take each other's messages for repeats.
func newSender(api sendAPI, p config.Push, key []byte, left func(civic.Account), now func() time.Time, log *slog.Logger) *sender {
	return &sender{api: api, push: p, prefix: "y" + hex.EncodeToString(key[:4]) + "-", left: left, now: now, log: log, said: map[complaint]time.Time{}}
}

// template is how a kind goes by a route; nil: not at all.
func (s *sender) template(route civic.Route, kind string) *config.PushTemplate {
	switch route {
	case civic.ByNotice:
		return s.push.Kinds[kind].Notice
	case civic.ByTemplate:
		return s.push.Kinds[kind].Template
	case civic.ByCustomer, civic.ByInbox, civic.ByDoor:
	}
	return nil
}

// Fits says why a route cannot carry a text: the field and the limit.
func (s *sender) Fits(route civic.Route, kind string, text push.Text) error {
	if route == civic.ByCustomer && text.Media.ID == "" {
		return wechat.CheckText(text.Plain)
	}
	if route == civic.ByCustomer {
		return wechat.CheckMedia(text.Media.ID)
	}
	t := s.template(route, kind)
	if t == nil {
		return fmt.Errorf("kind %s has no template", kind)
	}
	return wechat.CheckFields(fieldsOf(t), fill(t, text))
}

// fieldsOf are a template's fields as the platform checks them.
func fieldsOf(t *config.PushTemplate) []wechat.Field {
	fields := make([]wechat.Field, 0, len(t.Fields))
	for _, f := range t.Fields {
		kind := wechat.KindOf(f.Kind)
		if f.Kind == "" {
			kind = wechat.KindOf(f.Name)
		}
		fields = append(fields, wechat.Field{Name: f.Name, Kind: kind, Max: f.Max, Values: f.Values})
	}
	return fields
}

// fill gives a template's fields their values.
func fill(t *config.PushTemplate, text push.Text) map[string]string {
	data := make(map[string]string, len(t.Fields))
	for _, f := range t.Fields {
		if v, ok := text.Fields[f.From]; ok {
			data[f.Name] = v
		}
	}
	return data
}

// Send makes one call. Its error is for Judge.
func (s *sender) Send(ctx context.Context, route civic.Route, m push.Message) (receipt string, err error) {
	t := s.template(route, m.Kind)
	switch {
	case route == civic.ByCustomer && m.Text.Media.Kind == civic.LinePhoto:
		err = s.api.SendPhoto(ctx, string(m.Account), m.Text.Media.ID)
	case route == civic.ByCustomer && m.Text.Media.Kind == civic.LineVoice:
		err = s.api.SendVoice(ctx, string(m.Account), m.Text.Media.ID)
	case route == civic.ByCustomer:
		err = s.api.SendText(ctx, string(m.Account), m.Text.Plain)
	case t == nil:
		err = &wechat.FieldError{Field: "template_id", Why: "is not configured"}
	case route == civic.ByTemplate:
		receipt, err = s.api.SendTemplate(ctx, wechat.Template{
			OpenID: string(m.Account), TemplateID: t.ID, Data: fill(t, m.Text), ClientMsgID: s.prefix + strconv.FormatInt(m.Delivery, 36),
		})
	default:
		err = s.api.SendNotice(ctx, wechat.Notice{OpenID: string(m.Account), TemplateID: t.ID, Data: fill(t, m.Text)})
	}
	if v := wechat.Classify(err); err != nil {
		if v.Why == wechat.NotFollowing && route != civic.ByNotice {
			s.left(m.Account)
		}
		s.complain(ctx, route, m.Kind, v)
	}
	return receipt, err
}

// complain tells the operator of answers that are no person's doing, with the platform's id of
// the call for its support.
func (s *sender) complain(ctx context.Context, route civic.Route, kind string, v wechat.Verdict) {
	if v.Class != wechat.Fatal && v.Class != wechat.BadContent {
		return
	}
	c, now := complaint{string(route), kind, v.Code, v.Field}, s.now()
	s.mu.Lock()
	last, again := s.said[c]
	again = again && now.Sub(last) < sayAgain
	if !again {
		s.said[c] = now
	}
	s.mu.Unlock()
	if !again {
		s.log.WarnContext(ctx, "platform refuses a message", "api", c.api, "kind", kind, "code", v.Code, "field", v.Field, "rid", v.RID)
	}
}

// Judge says what an error of Send means.
func (s *sender) Judge(err error) push.Verdict { return judge(wechat.Classify(err)) }

// judge turns what the platform's edge knows into what deliveries do.
func judge(w wechat.Verdict) push.Verdict {
	v := push.Verdict{Code: w.Code, Reason: string(w.Class)}
	switch w.Class {
	case wechat.Sent, wechat.Duplicate:
		v.Answer = push.Accepted
	case wechat.Refused:
		v.Answer, v.Reason = push.Refused, string(w.Why)
		if w.Why == wechat.NoAccount || w.Why == wechat.NotFollowing {
			v.Answer = push.Gone
		}
	case wechat.Retry:
		v.Answer, v.After, v.Tries = push.Busy, w.After, w.Tries
		if w.Tries == 0 {
			v.Answer = push.NotSent
		}
	case wechat.Quota:
		v.Answer = push.DayQuota
		if w.Period == wechat.NextMinute {
			v.Answer = push.MinuteQuota
		}
	case wechat.Fatal:
		v.Answer, v.Template = push.Broken, w.Scope == wechat.OneTemplate
	case wechat.BadContent:
		v.Answer = push.Refused // by this way; the next one may carry it
	case wechat.Uncertain:
		v.Answer = push.Unsure
	}
	return v
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"yishi/bot/push"
	"yishi/bot/wechat"
	"yishi/config"
	"yishi/flows"
	"yishi/flows/civic"
)

// TestEveryCode says what a sender does about each code of the platform's table.
func TestEveryCode(t *testing.T) {
	const minute = time.Minute
	for code, want := range map[int]push.Verdict{
		-1:    {Answer: push.Busy, After: 2 * time.Second, Tries: 5},
		40001: {Answer: push.Broken}, // after one try with a new token
		40014: {Answer: push.Broken},
		42001: {Answer: push.Broken},
		40003: {Answer: push.Gone, Reason: "no_account"},
		40037: {Answer: push.Broken, Template: true},
		40164: {Answer: push.Broken},
		89503: {Answer: push.Broken},
		40243: {Answer: push.Broken},
		43004: {Answer: push.Gone, Reason: "not_following"},
		43101: {Answer: push.Refused, Reason: "no_consent"},
		43117: {Answer: push.Busy, After: 10 * minute, Tries: 3},
		45002: {Answer: push.Refused, Reason: "bad_content"},
		45008: {Answer: push.Refused, Reason: "bad_content"},
		45009: {Answer: push.DayQuota},
		45011: {Answer: push.MinuteQuota},
		45015: {Answer: push.Refused, Reason: "window_closed"},
		45028: {Answer: push.DayQuota},
		45047: {Answer: push.Refused, Reason: "window_used"},
		45065: {Answer: push.Accepted},
		45066: {Answer: push.Busy, After: minute, Tries: 5},
		42010: {Answer: push.Busy, After: minute, Tries: 5},
		47003: {Answer: push.Refused, Reason: "bad_content"},
		48001: {Answer: push.Broken},
		48002: {Answer: push.Refused, Reason: "blocked"},
		50002: {Answer: push.Broken},
		99999: {Answer: push.Busy, After: minute, Tries: 3}, // nobody knows it
	} {
		got := judge(wechat.Classify(fmt.Errorf("send: %w", &wechat.Error{Code: code})))
		if got.Code != code || got.Answer != want.Answer || got.After != want.After || got.Tries != want.Tries || got.Template != want.Template ||
			want.Reason != "" && got.Reason != want.Reason {
			t.Errorf("%d: %+v, want %+v", code, got, want)
		}
	}
	for name, row := range map[string]struct {
		err  error
		want push.Answer
	}{
		"accepted":           {nil, push.Accepted},
		"no connection":      {fmt.Errorf("send: %w", wechat.ErrNotSent), push.NotSent},
		"HTML, cut, timeout": {fmt.Errorf("send: %w", wechat.ErrUnsure), push.Unsure},
		"anything else":      {errors.New("who knows"), push.Unsure},
		"does not fit":       {&wechat.FieldError{Field: "thing1"}, push.Refused},
	} {
		if got := judge(wechat.Classify(row.err)); got.Answer != row.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestReasonsCanBeStored has a reason of printable ASCII for each class and reason there is.
func TestReasonsCanBeStored(t *testing.T) {
	for _, class := range []wechat.Class{wechat.Sent, wechat.Duplicate, wechat.Refused, wechat.Retry, wechat.Quota, wechat.Fatal, wechat.Uncertain, wechat.BadContent} {
		for _, why := range []wechat.Reason{wechat.NotFollowing, wechat.NoAccount, wechat.NoConsent, wechat.WindowClosed, wechat.WindowUsed, wechat.Blocked} {
			v := judge(wechat.Verdict{Class: class, Why: why})
			if v.Reason == "" || len(v.Reason) > 32 || strings.ContainsFunc(v.Reason, func(r rune) bool { return r <= ' ' || r > '~' }) {
				t.Errorf("%s %s: reason %q", class, why, v.Reason)
			}
		}
	}
}

// fakeAPI notes what is sent.
type fakeAPI struct {
	texts     map[string]string
	templates []wechat.Template
	notices   []wechat.Notice
	err       error
}

func (f *fakeAPI) SendText(_ context.Context, openid, text string) error {
	f.texts[openid] = text
	return f.err
}

func (f *fakeAPI) SendPhoto(_ context.Context, openid, mediaID string) error {
	f.texts[openid] = "photo " + mediaID
	return f.err
}

func (f *fakeAPI) SendVoice(_ context.Context, openid, mediaID string) error {
	f.texts[openid] = "voice " + mediaID
	return f.err
}

func (f *fakeAPI) SendTemplate(_ context.Context, t wechat.Template) (string, error) {
	f.templates = append(f.templates, t)
	return "receipt-1", f.err
}

func (f *fakeAPI) SendNotice(_ context.Context, n wechat.Notice) error {
	f.notices = append(f.notices, n)
	return f.err
}

func TestSenderFillsTemplates(t *testing.T) {
	api := &fakeAPI{texts: map[string]string{}}
	s := newSender(api, *townHall(), []byte("0123456789"), nil, time.Now, slog.New(slog.DiscardHandler))
	m := push.Message{Delivery: 1 << 60, Account: "o-1", Kind: flows.TellAnnounce, Text: push.Text{Plain: "【社区】停水", Fields: map[string]string{"title": "停水", "content": "今晚", "unused": "x"}}}
	for route, want := range map[civic.Route]string{civic.ByCustomer: "", civic.ByTemplate: "receipt-1", civic.ByNotice: ""} {
		if receipt, err := s.Send(t.Context(), route, m); err != nil || receipt != want {
			t.Errorf("%s: %q, %v", route, receipt, err)
		}
	}
	data := map[string]string{"thing1": "停水", "thing2": "今晚"}
	if api.texts["o-1"] != "【社区】停水" {
		t.Errorf("text %q", api.texts["o-1"])
	}
	if got := api.templates[0]; got.TemplateID != "T-announce" || !maps.Equal(got.Data, data) || got.OpenID != "o-1" || !strings.HasPrefix(got.ClientMsgID, "y30313233-") || len(got.ClientMsgID) > 32 {
		t.Errorf("template %+v", got)
	}
	if got := api.notices[0]; got.TemplateID != "N-announce" || !maps.Equal(got.Data, data) || got.OpenID != "o-1" {
		t.Errorf("notice %+v", got)
	}
	first := api.templates[0].ClientMsgID
	if _, err := s.Send(t.Context(), civic.ByTemplate, m); err != nil || api.templates[1].ClientMsgID != first {
		t.Errorf("a repeat has another id: %v, %q", err, api.templates[1].ClientMsgID)
	}
	m.Delivery--
	if _, err := s.Send(t.Context(), civic.ByTemplate, m); err != nil || api.templates[2].ClientMsgID == first {
		t.Errorf("another delivery has the same id: %v", err)
	}
}

func TestSenderSaysWhatDoesNotFit(t *testing.T) {
	s := newSender(nil, *townHall(), make([]byte, 4), nil, time.Now, slog.New(slog.DiscardHandler))
	long := strings.Repeat("长", 21)
	for name, row := range map[string]struct {
		route civic.Route
		kind  string
		text  push.Text
		want  string
	}{
		"fits":              {civic.ByTemplate, flows.TellAnnounce, push.Text{Fields: map[string]string{"title": "a", "content": "b"}}, ""},
		"too long":          {civic.ByTemplate, flows.TellAnnounce, push.Text{Fields: map[string]string{"title": long, "content": "b"}}, "field thing1: too many characters, at most 20"},
		"missing":           {civic.ByNotice, flows.TellAnnounce, push.Text{Fields: map[string]string{"title": "a"}}, "field thing2: has no value"},
		"kind without one":  {civic.ByNotice, flows.TellNeedNews, push.Text{}, "has no template"},
		"customer fits":     {civic.ByCustomer, flows.TellNeedNews, push.Text{Plain: "您好"}, ""},
		"customer too long": {civic.ByCustomer, flows.TellNeedNews, push.Text{Plain: strings.Repeat("长", 683)}, "at most 2048"},
	} {
		err := s.Fits(row.route, row.kind, row.text)
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "长")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSenderTellsTheOperatorOnce names code and call of what is no person's doing, and nobody.
func TestSenderTellsTheOperatorOnce(t *testing.T) {
	var log bytes.Buffer
	now := time.Now()
	gone := map[civic.Account]int{}
	api := &fakeAPI{texts: map[string]string{}, err: &wechat.Error{Code: 48001, RID: "rid-7"}}
	s := newSender(api, config.DefaultPush(), make([]byte, 4), func(a civic.Account) { gone[a]++ }, func() time.Time { return now }, slog.New(slog.NewTextHandler(&log, nil)))
	send := func() {
		_, err := s.Send(t.Context(), civic.ByCustomer, push.Message{Account: "o-secret", Kind: "announce", Text: push.Text{Plain: "秘密"}})
		if err == nil {
			t.Error("no error")
		}
	}
	for range 10 {
		send()
	}
	now = now.Add(2 * time.Minute)
	send()
	if n := strings.Count(log.String(), "code=48001"); n != 2 || !strings.Contains(log.String(), "rid=rid-7") {
		t.Errorf("said %d times: %s", n, log.String())
	}
	api.err = &wechat.Error{Code: 45015}
	send()
	api.err = &wechat.Error{Code: 43004}
	send()
	if strings.Contains(log.String(), "o-secret") || strings.Contains(log.String(), "秘密") || strings.Contains(log.String(), "45015") {
		t.Errorf("said %s", log.String())
	}
	if gone["o-secret"] != 1 {
		t.Errorf("left: %v", gone)
	}
}

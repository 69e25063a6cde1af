package platform_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"yishi/bot/wechat"
	"yishi/bot/wechat/platform"
)

// The bot's own code meets the platform here, and nowhere else in this package: each was written
// for itself from the platform's rules, and what one says the other must understand.

const (
	crossToken   = "corpus-token"
	crossAppID   = "wx0123456789abcdef"
	crossAccount = "gh_0123456789ab"
	crossKey     = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	crossSecret  = "corpus-secret"
)

// listener is the bot's side of the webhook.
type listener struct {
	mu  sync.Mutex
	got []wechat.Message
}

func (l *listener) Turn(_ context.Context, m *wechat.Message) wechat.Answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, *m)
	return wechat.Answer{}
}

func (l *listener) last() wechat.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.got[len(l.got)-1]
}

func cross(t *testing.T, templates ...platform.Template) (*platform.Platform, *wechat.Client, *listener) {
	t.Helper()
	l := &listener{}
	cfg := wechat.Config{AppID: crossAppID, Secret: crossSecret, Token: crossToken, AESKey: crossKey, Account: crossAccount}
	h, err := wechat.NewHandler(cfg, l, wechat.HandlerOptions{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	bot := httptest.NewServer(h)
	t.Cleanup(bot.Close)
	p := platform.New(platform.Options{
		AppID: crossAppID, Secret: crossSecret, Token: crossToken, AESKey: crossKey, Account: crossAccount,
		Webhooks: []string{bot.URL + "/wechat"}, Templates: templates, NoticeTemplates: templates,
	})
	t.Cleanup(p.Close)
	api := httptest.NewServer(p.Handler())
	t.Cleanup(api.Close)
	cfg.API = api.URL
	client := wechat.NewClient(cfg, nil, time.Now, api.Client())
	return p, client, l
}

func settled(t *testing.T, p *platform.Platform) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := p.Settle(ctx); err != nil {
		t.Fatal(err)
	}
}

func road() platform.Template {
	return platform.Template{ID: "t-road", Title: "办理进度", Fields: []platform.TemplateField{{Name: "thing1"}, {Name: "phrase2"}}}
}

func TestTheBotUnderstandsReceipts(t *testing.T) {
	p, client, l := cross(t, road())
	openid := p.Populate("oCross", 1)[0]
	data := map[string]string{"thing1": "楼道灯", "phrase2": "已修好"}
	for _, row := range []struct {
		name  string
		fault platform.Fault
		block bool
		want  wechat.JobResult
	}{
		{"delivered", platform.Fault{}, false, wechat.JobDone},
		{"failed", platform.Fault{Kind: platform.FaultSwallow, Receipt: platform.ReceiptFailed}, false, wechat.JobFailed},
		{"blocked", platform.Fault{}, true, wechat.JobBlocked},
	} {
		p.Fault("/cgi-bin/message/template/send", row.fault)
		p.Person(openid).Block(row.block)
		id, err := client.SendTemplate(t.Context(), wechat.Template{OpenID: openid, TemplateID: "t-road", ClientMsgID: row.name, Data: data})
		settled(t, p)
		m := l.last()
		if got, ok := m.Job(); err != nil || !ok || got != row.want || m.JobID != id || m.Account != openid {
			t.Errorf("%s: %v, job %q of %q, sent %q", row.name, err, got, m.JobID, id)
		}
	}
}

func TestTheBotUnderstandsConsents(t *testing.T) {
	long := road()
	long.ID, long.LongTerm = "t-long", true
	p, client, l := cross(t, road(), long)
	ctx := t.Context()
	notice := wechat.Notice{OpenID: "oCross", TemplateID: "t-road", Data: map[string]string{"thing1": "楼道灯", "phrase2": "已修好"}}
	if v := wechat.Classify(client.SendNotice(ctx, notice)); v.Code != 40003 {
		t.Errorf("to a stranger who never was there: %+v", v)
	}
	q := p.Person("oCross")
	q.AnswerPopup(ctx, platform.Answer{TemplateID: "t-road", Accept: true}, platform.Answer{TemplateID: "t-long"})
	want := []wechat.NoticeEvent{{TemplateID: "t-road", Accepted: true}, {TemplateID: "t-long"}}
	if got := l.last().Notices; !slices.Equal(got, want) {
		t.Errorf("popup %+v", got)
	}
	if err := client.SendNotice(ctx, notice); err != nil {
		t.Fatal(err)
	}
	settled(t, p)
	if got := l.last().Notices; len(got) != 1 || !got[0].Sent || got[0].JobID == "" || got[0].TemplateID != "t-road" {
		t.Errorf("sent %+v", got)
	}
	if v := wechat.Classify(client.SendNotice(ctx, notice)); v.Class != wechat.Refused || v.Why != wechat.NoConsent {
		t.Errorf("without a consent: %+v", v)
	}
	q.ChangeSettings(ctx, platform.Answer{TemplateID: "t-long"})
	if got := l.last().Notices; !slices.Equal(got, []wechat.NoticeEvent{{TemplateID: "t-long"}}) {
		t.Errorf("change %+v", got)
	}
	list, err := client.NoticeTemplates(ctx)
	if err != nil || len(list) != 2 || list[0].LongTerm || !list[1].LongTerm || list[0].Fields[1].Kind != wechat.Phrase {
		t.Errorf("templates %+v, %v", list, err)
	}
	if list, err := client.Templates(ctx); err != nil || len(list) != 2 || list[1].ID != "t-long" || len(list[1].Fields) != 2 {
		t.Errorf("templates %+v, %v", list, err)
	}
}

func TestTheBotUnderstandsFaults(t *testing.T) {
	const path = "/cgi-bin/message/custom/send"
	p, client, _ := cross(t)
	openids := p.Populate("oCross", 32)
	for i, row := range []struct {
		fault   platform.Fault
		want    wechat.Class
		arrived int
	}{
		{platform.Fault{Kind: platform.FaultSwallow}, wechat.Sent, 0},
		{platform.Fault{Code: -1}, wechat.Retry, 0},
		{platform.Fault{Code: 45009}, wechat.Quota, 0},
		{platform.Fault{Code: 45015}, wechat.Refused, 0},
		{platform.Fault{Code: 48001}, wechat.Fatal, 0},
		{platform.Fault{Kind: platform.FaultStatus, Status: 502}, wechat.Uncertain, 0},
		{platform.Fault{Kind: platform.FaultStatus, Status: 200, Body: `{"errcode":"0"}`}, wechat.Uncertain, 0},
		{platform.Fault{Kind: platform.FaultHTML, Done: true}, wechat.Uncertain, 1},
		{platform.Fault{Kind: platform.FaultCut, Done: true}, wechat.Uncertain, 1},
		{platform.Fault{Kind: platform.FaultReset, Done: true}, wechat.Uncertain, 1},
		{platform.Fault{Kind: platform.FaultReset}, wechat.Uncertain, 0},
		{platform.Fault{Kind: platform.FaultHang, Done: true}, wechat.Uncertain, 1},
		{platform.Fault{Kind: platform.FaultStall, Done: true}, wechat.Uncertain, 1},
	} {
		p.Fault(path, row.fault)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		v := wechat.Classify(client.SendText(ctx, openids[i], "您好"))
		cancel()
		if got := p.Received(openids[i]).Customer; v.Class != row.want || got != row.arrived {
			t.Errorf("%+v: %+v, arrived %d times", row.fault, v, got)
		}
		if err := client.SendText(t.Context(), openids[31], "您好"); err != nil && wechat.Classify(err).Code != 45047 {
			t.Errorf("after %+v: %v", row.fault, err)
		}
	}
	p.ExpireToken()
	if err := client.SendText(t.Context(), openids[30], "您好"); err != nil || p.Tally().Refreshes != 2 {
		t.Errorf("expired token: %v, %d tokens", err, p.Tally().Refreshes)
	}
}

// The bot must not let anything through that the platform then refuses.
func TestTheBotIsNoLooserThanThePlatform(t *testing.T) {
	values := []string{
		"a", "汉", "1", "-1", "1.5", "１", "已解决", "已解决了吗好", "二十个汉字二十个汉字二十个汉字二十个汉字", "二十一个汉字二十个汉字二十个汉字二十个汉字",
		"😀😀😀😀😀😀😀😀😀😀", "😀😀😀😀😀😀😀😀😀😀😀", "8:00", "24:00", "08:00:00", "2027年1月2日", "2027年1月2日 08:00", "2027-01-02", "2027/1/2 8:00~9:00",
		"8:00~2027年1月2日 9:00", "2027年1月2日~8:00", "2027年1月2日08:00", "¥100", "100元", "$1.50元", "12345678901", "100.123", "0512-65220000", "----", "+()",
		"苏E12345", "苏E1", "E1苏", "苏EE", "1234567890123456", "王小明", "王·明", "John Smith", "John2", "O'Neil-Smith Jr.", "!?", "！", "§", "a b", " a", "a ", "\t", "",
		"二〇二七", "〇", "々", "12345678901234567890123456789012", "123456789012345678901234567890123", "1234567890123456789012345678901.5",
	}
	names := []string{
		"thing1", "short_thing1", "number1", "letter1", "symbol1", "character_string1", "time1", "date1", "amount1",
		"phone_number1", "car_number1", "name1", "phrase1",
	}
	var templates []platform.Template
	for _, name := range names {
		templates = append(templates, platform.Template{ID: name, Fields: []platform.TemplateField{{Name: name}}})
	}
	p, client, _ := cross(t, templates...)
	openid := p.Populate("oCross", 1)[0]
	for _, name := range names {
		passed := 0
		for _, v := range values {
			f := wechat.Field{Name: name, Kind: wechat.KindOf(name)}
			if f.Check(v) != nil {
				continue
			}
			passed++
			if _, err := client.SendTemplate(t.Context(), wechat.Template{OpenID: openid, TemplateID: name, Data: map[string]string{name: v}}); err != nil {
				t.Errorf("%s %q: %v", name, v, err)
			}
		}
		if passed == 0 {
			t.Errorf("%s: no value tried", name)
		}
	}
}

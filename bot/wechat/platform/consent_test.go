package platform

import (
	"errors"
	"slices"
	"testing"
)

func notices() []Template {
	once, long := meeting(), meeting()
	long.ID, long.LongTerm = "t-long", true
	return []Template{once, long}
}

func TestConsents(t *testing.T) {
	bot, webhook := startBot(t, func(inbound) string { return "" })
	p := testPlatform(t, Options{Webhooks: []string{webhook}, NoticeTemplates: notices()})
	q, ctx := p.Person(someone), t.Context() // who does not follow
	a := newAPI(t, p)
	send := func(id string, want int) {
		t.Helper()
		if got := a.notice(someone, id, meetingData); errcode(got) != want {
			t.Errorf("%s: %v, want %d", id, got, want)
		}
	}
	send("t-meeting", 43101)
	send("t-long", 43101)
	must(t, q.AnswerPopup(ctx, Answer{"t-meeting", true}, Answer{"t-long", false}))
	must(t, q.AnswerPopup(ctx, Answer{"t-meeting", true}, Answer{"t-long", true}))
	must(t, q.AnswerPopup(ctx, Answer{"t-meeting", false}))
	if got := q.Consents(); !slices.Equal(got, []Consent{{TemplateID: "t-long", LongTerm: true}, {TemplateID: "t-meeting", Left: 2}}) {
		t.Errorf("consents %+v", got)
	}
	if got := a.notice(someone, "t-meeting", `"thing1":{"value":""}`); errcode(got) != 47003 {
		t.Errorf("bad value: %v", got)
	}
	for _, want := range []int{0, 0, 43101} {
		send("t-meeting", want)
		send("t-long", 0)
	}
	must(t, q.ChangeSettings(ctx, Answer{"t-long", false}, Answer{"t-meeting", false}))
	send("t-long", 43101)
	must(t, q.ChangeSettings(ctx, Answer{"t-long", true}, Answer{"t-meeting", true}))
	send("t-long", 0)
	send("t-meeting", 43101)
	if got := p.Received(someone); got != (Received{Notice: 6}) {
		t.Errorf("received %+v", got)
	}
	got := bot.messages(t)
	if m := got[1]; m.Event != "subscribe_msg_popup_event" || m.From != someone ||
		!slices.Equal(m.Popup, []item{{Template: "t-meeting", Choice: "accept"}, {Template: "t-long", Choice: "accept"}}) {
		t.Errorf("popup %+v", m)
	}
	i := slices.IndexFunc(got, func(m inbound) bool { return m.Event == "subscribe_msg_change_event" })
	if i < 0 || !slices.Equal(got[i].Change, []item{{Template: "t-long", Choice: "reject"}, {Template: "t-meeting", Choice: "reject"}}) {
		t.Errorf("change %+v", got)
	}
}

func TestPopupOfAForeignTemplate(t *testing.T) {
	bot, webhook := startBot(t, func(inbound) string { return "" })
	p := testPlatform(t, Options{Webhooks: []string{webhook}, NoticeTemplates: notices()})
	q := p.Person(someone)
	d := q.AnswerPopup(t.Context(), Answer{"t-meeting", true}, Answer{"t-other", true})
	if !errors.Is(d.Err, ErrNoTemplate) || len(q.Consents()) != 0 || len(bot.messages(t)) != 0 {
		t.Errorf("%v, consents %+v", d.Err, q.Consents())
	}
	p.SetNoticeTemplates()
	must(t, q.AnswerPopup(t.Context(), Answer{"t-other", true}))
	if got := newAPI(t, p).notice(someone, "t-third", `"a":{"value":"b"}`); errcode(got) != 0 {
		t.Errorf("nothing declared: %v", got)
	}
}

func TestConsentsSurviveARestart(t *testing.T) {
	_, webhook := startBot(t, func(inbound) string { return "" })
	o := Options{Webhooks: []string{webhook}, NoticeTemplates: notices()}
	p := testPlatform(t, o)
	q := p.Person(someone)
	must(t, q.AnswerPopup(t.Context(), Answer{"t-meeting", true}, Answer{"t-long", true}))
	q.Block(true)
	saved, err := p.Export()
	if err != nil {
		t.Fatal(err)
	}
	later := testPlatform(t, o)
	if err := later.Import(saved); err != nil {
		t.Fatal(err)
	}
	if got := later.Person(someone).Consents(); !slices.Equal(got, q.Consents()) || len(got) != 2 {
		t.Errorf("consents %+v", got)
	}
	if !later.state.People[someone].Blocked {
		t.Error("not blocked any more")
	}
}

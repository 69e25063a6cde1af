package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"yishi/bot/wechat"
	"yishi/bot/wechat/platform"
	"yishi/config"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
)

// townHall is an account with a template and a notice for announcements.
func townHall() *config.Push {
	p := config.DefaultPush()
	fields := []config.PushField{{Name: "thing1", From: "title"}, {Name: "thing2", From: "content"}}
	p.Kinds = map[string]config.PushKind{flows.TellAnnounce: {
		Template: &config.PushTemplate{ID: "T-announce", Fields: fields}, Notice: &config.PushTemplate{ID: "N-announce", Fields: fields},
	}}
	return &p
}

// TestAnnouncement tells fifty people in different states something in the evening: all of them
// end in a state, the states add up, and each phone that is told is told once.
func TestAnnouncement(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { testAnnouncement(t, false) })
	t.Run("servers", func(t *testing.T) { testAnnouncement(t, true) })
}

func testAnnouncement(t *testing.T, servers bool) {
	h := openHall(t, townHall(), servers)
	people := h.stage(t)
	h.until(22)
	stop := h.start(t)
	args, err := json.Marshal(flows.Announce{Title: "周六议事会", Body: "周六下午三点。\n社区服务站。", From: "钮家巷社区"})
	if err != nil {
		t.Fatal(err)
	}
	p := civic.Push{ID: "hall", Purpose: "hall", Topic: civic.TopicMeetings, Community: h.community.ID, Kind: flows.TellAnnounce, Args: args}
	h.forget()
	if _, err := h.db.AddPush(t.Context(), p, civic.Audience{Community: h.community.ID}); err != nil {
		t.Fatal(err)
	}
	wait(t, func() bool { // who is not to be told is done with; all others wait for the morning
		r, err := h.db.Report(t.Context(), "hall")
		return err == nil && r.Skipped[civic.SkipOptedOut] == 5 && r.Skipped[civic.SkipUnfollowed] == 5 && r.Waiting == 40 && r.Total() == 50
	})
	for _, q := range people {
		if n := h.got(q.Openid()); n != 0 {
			t.Errorf("%s was told %d times in the night", q.Openid(), n)
		}
	}
	h.until(8)
	h.db.Clock().Shift(10 * time.Minute)
	r := h.settled(t, "hall")
	stop()
	want := civic.Report{
		Push: "hall", Audience: 50, Sent: map[civic.Route]int{civic.ByCustomer: 10, civic.ByNotice: 10, civic.ByTemplate: 15},
		Skipped: map[string]int{civic.SkipOptedOut: 5, civic.SkipUnfollowed: 5}, Failed: map[string]int{"not_following": 5},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	for i, q := range people {
		told := 0
		if i < 30 || i >= 45 {
			told = 1
		}
		if n := h.got(q.Openid()); n != told {
			t.Errorf("person %d was told %d times, want %d", i, n, told)
		}
	}
	h.auditLog(t)
}

// stage has fifty people in seven states at eight in the evening: ten have written today, ten
// have consented to a notice, ten have done neither; five do not want such news, five have left,
// five have left and the bot has not heard of it, and somebody else used up the window of five.
func (h *hall) stage(t *testing.T) []*platform.Person {
	t.Helper()
	for _, path := range []string{"/cgi-bin/message/template/send", "/cgi-bin/message/subscribe/bizsend"} {
		h.platform.Allow(path, true)
	}
	people := h.followers(t, 50)
	h.db.Clock().Shift(72 * time.Hour) // no window is open any more
	h.until(20)
	for i, q := range people {
		switch {
		case i < 10 || i >= 45:
			if d := q.Say(t.Context(), "菜单"); d.Err != nil {
				t.Fatal(d.Err)
			}
		case i < 20:
			h.consents(t, q, "subscribe_msg_popup_event", wechat.NoticeEvent{TemplateID: "other"}, wechat.NoticeEvent{TemplateID: "N-announce", Accepted: true})
		case i >= 30 && i < 35:
			a := civic.Account(q.Openid())
			off := civic.OptOut{Account: a, Topic: civic.TopicMeetings, Off: true}
			if _, err := h.db.Commit(t.Context(), store.Commit{Run: "off-" + q.Openid(), Account: a, Final: true, Effects: []any{off}}); err != nil {
				t.Fatal(err)
			}
		case i >= 35 && i < 40:
			q.Unfollow(t.Context())
		}
	}
	h.noted(t, people[:10], true)
	h.noted(t, people[45:], true)
	h.platform.SetWebhooks() // nobody tells the bot
	for _, q := range people[40:45] {
		q.Unfollow(t.Context())
	}
	for _, q := range people[45:] {
		for range 5 {
			if err := h.client.SendText(t.Context(), q.Openid(), "您好"); err != nil {
				t.Fatal(err)
			}
		}
	}
	return people
}

// auditLog looks for what must not be in a log: who, and what anybody said.
func (h *hall) auditLog(t *testing.T) {
	t.Helper()
	for _, word := range []string{"oHall", "周六", "社区服务站"} {
		if strings.Contains(h.log.String(), word) {
			t.Errorf("the log tells %s", word)
		}
	}
}

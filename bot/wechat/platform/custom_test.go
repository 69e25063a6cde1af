package platform

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func (a *api) send(text string) int {
	a.t.Helper()
	return errcode(a.post("/cgi-bin/message/custom/send", fmt.Sprintf(`{"touser":%q,"msgtype":"text","text":{"content":%q}}`, someone, text)))
}

func TestWindows(t *testing.T) {
	for _, row := range []struct {
		name  string
		act   func(context.Context, *Person) *Delivery
		count int
		valid time.Duration
	}{
		{"message", func(ctx context.Context, q *Person) *Delivery { return q.Say(ctx, "a") }, 5, 48 * time.Hour},
		{"photo", func(ctx context.Context, q *Person) *Delivery { return q.Photo(ctx, []byte("a")) }, 5, 48 * time.Hour},
		{"tap", func(ctx context.Context, q *Person) *Delivery { return q.Tap(ctx, "a", 1) }, 3, time.Minute},
		{"click", func(ctx context.Context, q *Person) *Delivery { return q.Click(ctx, "a") }, 3, time.Minute},
		{"scan", func(ctx context.Context, q *Person) *Delivery { return q.Scan(ctx, "a") }, 3, time.Minute},
		{"messages do not add up", func(ctx context.Context, q *Person) *Delivery { q.Say(ctx, "a"); return q.Say(ctx, "b") }, 5, 48 * time.Hour},
		{"a click beside a message adds nothing", func(ctx context.Context, q *Person) *Delivery { q.Say(ctx, "a"); return q.Click(ctx, "b") }, 5, 48 * time.Hour},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newClock()
			_, webhook := startBot(t, echo)
			p := testPlatform(t, Options{Now: c.now, Webhooks: []string{webhook}})
			q, ctx := followed(t, p)
			c.move(time.Hour) // the window of following is over
			must(t, row.act(ctx, q))
			a := newAPI(t, p)
			for i := range row.count {
				if code := a.send("a"); code != 0 {
					t.Fatalf("message %d: %d", i+1, code)
				}
			}
			if code := a.send("a"); code != 45047 {
				t.Errorf("one too many: %d", code)
			}
			must(t, row.act(ctx, q))
			c.move(row.valid - time.Second)
			a = newAPI(t, p)
			if code := a.send("a"); code != 0 {
				t.Errorf("just inside: %d", code)
			}
			c.move(time.Second)
			if code := a.send("a"); code != 45015 {
				t.Errorf("outside: %d", code)
			}
		})
	}
}

func TestFollowingOpensAndLeavingClosesTheWindow(t *testing.T) {
	_, webhook := startBot(t, echo)
	p := testPlatform(t, Options{Webhooks: []string{webhook}})
	q, ctx := followed(t, p)
	a := newAPI(t, p)
	if code := a.send("a"); code != 0 {
		t.Errorf("after following: %d", code)
	}
	must(t, q.Say(ctx, "a"))
	must(t, q.Unfollow(ctx))
	if code := a.send("a"); code != 45015 {
		t.Errorf("after leaving: %d", code)
	}
	if got := a.get("/cgi-bin/user/info?openid=" + someone); got["subscribe"] != float64(0) {
		t.Errorf("info %v", got)
	}
	must(t, q.Follow(ctx, "e1"))
	if got := a.get("/cgi-bin/user/info?openid=" + someone); got["subscribe"] != float64(1) || got["qr_scene_str"] != "e1" {
		t.Errorf("info %v", got)
	}
	if got := fmt.Sprint(a.get("/cgi-bin/user/get")); !strings.Contains(got, "openid:["+someone+"]") {
		t.Errorf("followers %s", got)
	}
}

func TestCustomMessages(t *testing.T) {
	_, webhook := startBot(t, echo)
	p := testPlatform(t, Options{Webhooks: []string{webhook}})
	q, ctx := followed(t, p)
	a := newAPI(t, p)
	media := p.keep("image", []byte("a"))
	var shown []Event
	defer p.Watch(func(e Event) {
		if e.Kind == KindCustomer {
			shown = append(shown, e)
		}
	})()
	body := func(rest string) string { return `{"touser":"` + someone + `",` + rest + `}` }
	text := func(n int) string {
		return body(`"msgtype":"text","text":{"content":"` + strings.Repeat("a", n) + `"}`)
	}
	for _, row := range []struct {
		name, body string
		code       int
		text       string
		links      []Link
	}{
		{"text", body(`"msgtype":"text","text":{"content":"您好 <a href=\"weixin://bizmsgmenu?msgmenucontent=1&msgmenuid=2\">一</a>"}`), 0, "您好 一", []Link{{Label: "一", Content: "1", ID: 2}}},
		{"2048 bytes", text(2048), 0, strings.Repeat("a", 2048), nil},
		{"2049 bytes", text(2049), 45002, "", nil},
		{"empty", text(0), 44004, "", nil},
		{"menu", body(`"msgtype":"msgmenu","msgmenu":{"head_content":"满意吗？","list":[{"id":"101","content":"满意"},{"id":"x","content":"不满意"}],"tail_content":"谢谢"}`), 0, "满意吗？\n满意\n不满意\n谢谢", []Link{{Label: "满意", Content: "满意", ID: 101}, {Label: "不满意", Content: "不满意"}}},
		{"empty menu", body(`"msgtype":"msgmenu","msgmenu":{"head_content":"a"}`), 44004, "", nil},
		{"picture", body(`"msgtype":"image","image":{"media_id":"` + media + `"}`), 0, "[image]", nil},
		{"unknown picture", body(`"msgtype":"image","image":{"media_id":"x"}`), 40007, "", nil},
		{"unknown type", body(`"msgtype":"fax"`), 40008, "", nil},
		{"unknown person", `{"touser":"oNobody","msgtype":"text","text":{"content":"a"}}`, 40003, "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			must(t, q.Say(ctx, "a"))
			shown = nil
			if got := a.post("/cgi-bin/message/custom/send", row.body); errcode(got) != row.code {
				t.Fatalf("answer %v", got)
			}
			if row.code != 0 {
				if len(shown) != 0 {
					t.Errorf("shown %+v", shown)
				}
				return
			}
			if len(shown) != 1 || shown[0].Text != row.text || !slices.Equal(shown[0].Links, row.links) || shown[0].WireIn != row.body || shown[0].Openid != someone {
				t.Errorf("shown %+v", shown)
			}
		})
	}
	p.Allow("msgmenu", false)
	menu := body(`"msgtype":"msgmenu","msgmenu":{"list":[{"id":"1","content":"a"}]}`)
	if got := a.post("/cgi-bin/message/custom/send", menu); errcode(got) != 40200 {
		t.Errorf("menu not allowed: %v", got)
	}
}

func TestTyping(t *testing.T) {
	c := newClock()
	_, webhook := startBot(t, echo)
	p := testPlatform(t, Options{Now: c.now, Webhooks: []string{webhook}})
	followed(t, p)
	a := newAPI(t, p)
	typing := func(to, command string) int {
		return errcode(a.post("/cgi-bin/message/custom/typing", fmt.Sprintf(`{"touser":%q,"command":%q}`, to, command)))
	}
	for range 10 { // it spends nothing
		if code := typing(someone, "Typing"); code != 0 {
			t.Fatalf("typing: %d", code)
		}
	}
	if code := typing(someone, "Sing"); code != 45072 {
		t.Errorf("unknown command: %d", code)
	}
	if code := typing("oNobody", "Typing"); code != 40003 {
		t.Errorf("unknown person: %d", code)
	}
	c.move(time.Hour)
	if code := typing(someone, "Typing"); code != 45015 {
		t.Errorf("outside the window: %d", code)
	}
}

func TestTemplates(t *testing.T) {
	c := newClock()
	_, webhook := startBot(t, echo)
	p := testPlatform(t, Options{Now: c.now, Webhooks: []string{webhook}})
	q, ctx := followed(t, p)
	a := newAPI(t, p)
	const path = "/cgi-bin/message/template/send"
	body := `{"touser":"` + someone + `","template_id":"t1","client_msg_id":"c1","data":{"thing1":{"value":"开会"}}}`
	if got := a.post(path, body); errcode(got) != 48001 {
		t.Errorf("withheld: %v", got)
	}
	p.Allow(path, true)
	var seen []string
	defer p.Watch(func(e Event) {
		if e.Kind == KindTemplate {
			seen = append(seen, e.Text)
		}
	})()
	first := a.post(path, body)
	if again := a.post(path, body); errcode(again) != 0 || again["msgid"] != first["msgid"] || !slices.Equal(seen, []string{"thing1: 开会"}) {
		t.Errorf("first %v, again %v, seen %q", first, again, seen)
	}
	c.move(noticeRepeat)
	a.post(path, body)
	if len(seen) != 2 {
		t.Errorf("after ten minutes: %q", seen)
	}
	must(t, q.Unfollow(ctx))
	if got := a.post(path, strings.Replace(body, "c1", "c2", 1)); errcode(got) != 43004 {
		t.Errorf("unfollowed: %v", got)
	}
}

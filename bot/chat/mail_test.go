package chat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"yishi/bot/chat"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/store/session"
)

// asked counts the look-ups of unread mail, and fails some.
type asked struct {
	*mailbox
	n    int
	fail bool
}

func (a *asked) Unread(ctx context.Context, who civic.Account, limit int) ([]civic.InboxItem, int, error) {
	a.n++
	if a.fail {
		return nil, 0, errors.New("away")
	}
	return a.mailbox.Unread(ctx, who, limit)
}

// interrupted has something happen just before a session is saved.
type interrupted struct {
	*memory
	before func()
}

func (s *interrupted) Save(ctx context.Context, account string, rev uint64, data []byte, read int, until time.Time) (bool, error) {
	if do := s.before; do != nil {
		s.before = nil
		do()
	}
	return s.memory.Save(ctx, account, rev, data, read, until)
}

// postbox is one person whose mail is watched.
type postbox struct {
	*talk
	t     *testing.T
	asked *asked
	store *interrupted
}

func newPostbox(t *testing.T) *postbox {
	t.Helper()
	k := newTalk(engine(t))
	b := &postbox{talk: k, t: t, asked: &asked{mailbox: k.town.mailbox}, store: &interrupted{memory: k.sess}}
	world := k.town.world()
	world.Inbox = b.asked
	k.chat = chat.New(chat.Options{
		Engine: engine(t), World: world, Sessions: b.store, Ledger: k.town, Now: func() time.Time { return k.now }, Location: shanghai,
		Key: []byte(strings.Repeat("k", 32)), Log: slog.New(slog.DiscardHandler), Observe: func(e chat.Event) { k.event = e },
	})
	return b
}

// hears says something and checks what is offered and how often the mail was looked up.
func (b *postbox) hears(say string, offered bool, lookups int) {
	b.t.Helper()
	before := b.asked.n
	reply := b.do(b.t, b.say(say))
	if got := strings.Contains(reply, offerMark); got != offered {
		b.t.Errorf("%s: offered %v, want %v: %q", say, got, offered, plain(reply))
	}
	if got := b.asked.n - before; got != lookups {
		b.t.Errorf("%s: %d look-ups, want %d", say, got, lookups)
	}
}

func (b *postbox) marked(want bool) {
	b.t.Helper()
	v, err := b.sess.Load(b.t.Context(), b.account)
	if err != nil || (v.Mail != 0) != want {
		b.t.Errorf("mark %d, %v; want %v", v.Mail, err, want)
	}
}

// TestOffer: mail costs a look-up only where there may be some, and is offered once.
func TestOffer(t *testing.T) {
	b := newPostbox(t)
	b.hears("你好", false, 1) // nobody knew the account
	b.hears("谢谢", false, 0)
	b.mail(t, 0)
	b.hears("谢谢", true, 1)
	b.hears("菜单", false, 0)
	b.marked(true)
	b.now = b.now.Add(7 * time.Hour)
	b.hears("菜单", true, 1) // nothing is half done there
	b.hears("3", false, 0)
	if err := b.sess.MarkMail(t.Context(), b.account); err != nil { // it was put off once more
		t.Fatal(err)
	}
	b.hears("谢谢", false, 1)
	b.hears("谢谢", false, 0)
	b.mail(t, 2)
	b.hears("提需求", false, 0)
	b.hears("取消", true, 1)
	b.hears("通知", false, 0)
	b.hears("1", false, 0)
	b.marked(true)
	b.hears("1", false, 1) // the last is read: is there more?
	b.marked(false)
	b.hears("谢谢", false, 0)
	b.mail(t, 0) // under the same mark as once before
	b.hears("谢谢", true, 1)
	b.sess.drop("")
	b.hears("提需求", false, 0)
	b.hears("取消", true, 1)
	b.hears("谢谢", false, 0)
	b.now = b.now.Add(7 * time.Hour)
	b.hears("谢谢", true, 1)
	b.hears("有煤气味", false, 0)
}

// TestMailWhileATurnReads: a mark set between load and save is kept, and its mail offered.
func TestMailWhileATurnReads(t *testing.T) {
	b := newPostbox(t)
	b.hears("你好", false, 1)
	b.mail(t, 0)
	b.store.before = func() { b.mail(t, 0) }
	b.hears("通知", false, 1) // the only one is shown at once
	b.marked(true)
	b.hears("谢谢", true, 1)
}

// TestOfferWaits: an offer that does not fit, or cannot be looked up, costs nobody the answer.
func TestOfferWaits(t *testing.T) {
	b := newPostbox(t)
	b.hears("你好", false, 1)
	b.mail(t, 0)
	b.asked.fail = true
	b.hears("谢谢", false, 1)
	b.asked.fail = false
	long := civic.Need{ID: 1, Community: 1, Number: civic.Number{Code: "甲", Year: 2027, Seq: 1}, Author: civic.Account(b.account), Text: strings.Repeat("长", 520), RaisedAt: b.now}
	b.town.needs = append(b.town.needs, long)
	b.town.homes[civic.Account(b.account)] = 1
	b.hears("进度001", false, 1)
	if len(b.standing(t).More) > 0 {
		t.Error("the answer was long enough for two pages: nothing was tested")
	}
	b.hears("谢谢", true, 1)
	b.sess.drop("")
	b.asked.fail = true
	b.hears("谢谢", false, 1)
	b.asked.fail = false
	b.hears("谢谢", true, 1)
}

// TestMidStep: a question is open only while its answer would be taken and missed.
func TestMidStep(t *testing.T) {
	b := newPostbox(t)
	mid := func(want bool) {
		t.Helper()
		if got := b.chat.MidStep(t.Context(), civic.Account(b.account)); got != want {
			t.Errorf("after %+v: %v, want %v", b.event, got, want)
		}
	}
	mid(false)
	b.do(t, b.say("换社区"))
	mid(true)
	b.do(t, b.say("桂花园"))
	mid(false)
	b.do(t, b.say("菜单"))
	mid(false)
	b.do(t, b.say("退订"))
	mid(false)
	b.do(t, b.say("提需求"))
	mid(true)
	b.now = b.now.Add(2*time.Hour + time.Second)
	mid(false) // it will be asked again
	b.do(t, b.say("路灯坏了三天没人管"))
	mid(true)
}

// TestPushLeavesTheConversation: what is pushed in the middle of something changes no session.
func TestPushLeavesTheConversation(t *testing.T) {
	d := newDirect(t, nil)
	p := &player{t: t, st: d, cards: map[string][]string{}, names: map[string]string{}}
	direct := func(text string) { p.direct(line{mark: '@', text: text}) }
	direct("community 甲 甲社区 0512-12345678 桂花园 scene1")
	p.speak("", line{who: "王伯", text: "[关注] scene1"})
	p.speak("", line{who: "王伯", text: "提需求"})
	p.speak("", line{who: "王伯", text: "路灯坏了三天没人管"})
	load := func() session.Value {
		v, err := d.sess.Load(t.Context(), openid("王伯"))
		if err != nil || !v.Known {
			t.Fatal(v, err)
		}
		return v
	}
	before := load()
	direct("push 甲 meetings 周六议事会 周六下午三点。")
	got := d.work(t)
	if len(got) != 1 || !strings.HasSuffix(got[0].text, "回“继续”接着办。") {
		t.Errorf("told %+v", got)
	}
	if after := load(); after.Rev != before.Rev || !bytes.Equal(after.Data, before.Data) || after.Mail != before.Mail {
		t.Errorf("the push changed the session: %+v, before %+v", after, before)
	}
	if reply := d.say(t, openid("王伯"), dialog.Input{Kind: dialog.Text, Text: "1"}); !strings.Contains(reply, "在什么位置") {
		t.Errorf("1 got %q", reply)
	}
}

// TestOfferNamesEverything: what cannot be told is still counted and named.
func TestOfferNamesEverything(t *testing.T) {
	for _, l := range letters {
		r := flows.Offer([]civic.InboxItem{{Kind: l.kind, Args: json.RawMessage(l.args)}}, 4)
		if !strings.HasPrefix(r.Text, "您有 4 条新通知，最近 1 条：\n· ") || strings.HasSuffix(r.Text, "· ") {
			t.Errorf("%s: %q", l.kind, r.Text)
		}
	}
}

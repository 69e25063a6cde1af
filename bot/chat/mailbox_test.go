package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"yishi/flows"
	"yishi/flows/civic"
)

// mailbox is what a town's people can read.
type mailbox struct {
	box   sync.Mutex
	items map[civic.Account][]civic.InboxItem // in the order they came
	off   map[civic.Account][]civic.Topic
	last  int64
}

var (
	_ flows.Inbox       = (*mailbox)(nil)
	_ flows.Preferences = (*mailbox)(nil)
)

func newMailbox() *mailbox {
	return &mailbox{items: map[civic.Account][]civic.InboxItem{}, off: map[civic.Account][]civic.Topic{}}
}

// post puts something into somebody's box.
func (m *mailbox) post(a civic.Account, kind string, args json.RawMessage, at time.Time) {
	m.box.Lock()
	defer m.box.Unlock()
	m.last++
	m.items[a] = append(m.items[a], civic.InboxItem{ID: m.last, Kind: kind, Args: args, At: at})
}

func (m *mailbox) mailed(e any) {
	m.box.Lock()
	defer m.box.Unlock()
	switch e := e.(type) {
	case civic.ReadInbox:
		for i := range m.items[e.Account] {
			it := &m.items[e.Account][i]
			it.Read = it.Read || slices.Contains(e.IDs, it.ID)
		}
	case civic.OptOut:
		m.off[e.Account] = slices.DeleteFunc(m.off[e.Account], func(t civic.Topic) bool { return t == e.Topic })
		if e.Off {
			m.off[e.Account] = append(m.off[e.Account], e.Topic)
		}
	}
}

func (m *mailbox) Inbox(_ context.Context, a civic.Account, offset, limit int) (page []civic.InboxItem, total, unread int, err error) {
	m.box.Lock()
	defer m.box.Unlock()
	var all, old []civic.InboxItem
	for _, it := range m.items[a] {
		if it.Read {
			old = append([]civic.InboxItem{it}, old...)
		} else {
			all = append(all, it)
		}
	}
	unread = len(all)
	all = append(all, old...)
	return slices.Clone(all[min(offset, len(all)):min(offset+limit, len(all))]), len(all), unread, nil
}

func (m *mailbox) InboxItem(_ context.Context, a civic.Account, id int64) (civic.InboxItem, bool, error) {
	m.box.Lock()
	defer m.box.Unlock()
	for _, it := range m.items[a] {
		if it.ID == id {
			return it, true, nil
		}
	}
	return civic.InboxItem{}, false, nil
}

func (m *mailbox) Unread(_ context.Context, a civic.Account, limit int) (newest []civic.InboxItem, unread int, err error) {
	m.box.Lock()
	defer m.box.Unlock()
	for _, it := range m.items[a] {
		if !it.Read {
			newest = append(newest, it)
		}
	}
	return newest[max(0, len(newest)-limit):], len(newest), nil
}

func (m *mailbox) Preferences(_ context.Context, a civic.Account) ([]civic.Topic, error) {
	m.box.Lock()
	defer m.box.Unlock()
	return slices.Clone(m.off[a]), nil
}

// letters are what may lie in a box; of the last kind nobody knows how to tell it.
var letters = []struct {
	kind string
	args string
}{
	{flows.TellAnnounce, `{"title":"周六议事会","body":"周六下午三点，社区服务站。","from":"甲社区"}`},
	{flows.TellAnnounce, `{"title":"停水","body":"` + strings.Repeat("今晚停水，请存水。", 50) + `","from":"甲社区"}`},
	{flows.TellNeedNews, `{"number":"甲2027-001","text":"路灯坏了","state":"accepted","next":"编方案"}`},
	{"a-later-kind", `{}`},
}

// mail puts a letter into a walker's box, whichever truth it is, and marks the session.
func (w *walk) mail(a civic.Account) {
	w.t.Helper()
	l := pick(w.rnd, letters)
	w.seq++
	delete(w.offered, string(a))
	if town, is := w.ledger.Ledger.(*town); is {
		town.post(a, l.kind, json.RawMessage(l.args), w.db.Clock().Now())
	} else {
		id := fmt.Sprintf("letter-%d", w.seq)
		p := civic.Push{ID: id, Purpose: id, Topic: civic.TopicMeetings, Kind: l.kind, Args: json.RawMessage(l.args)}
		if _, err := w.db.AddPush(w.t.Context(), p, civic.Audience{Accounts: []civic.Account{a}}); err != nil {
			w.t.Error(err)
		}
		if _, err := w.db.Expand(w.t.Context(), 1000); err != nil {
			w.t.Error(err)
		}
	}
	if err := w.mem.MarkMail(w.t.Context(), string(a)); err != nil {
		w.t.Error(err)
	}
}

const offerMark = "看通知（点这里"

// checkOffer: mail is offered only while no question is open but the menu's, and not twice within hours.
func (w *walk) checkOffer(account, reply string) {
	if !w.isCalm() || w.event.Word == "repeated" || !strings.Contains(reply, offerMark) {
		return
	}
	v, err := w.mem.Load(w.t.Context(), account)
	if err != nil {
		w.t.Error(err)
	}
	if !v.Known {
		return
	}
	if _, s := decode(w.t, v.Data); s.Top != nil && s.Top.Flow != "menu" {
		w.t.Errorf("mail is offered at %s: %q", place(&s), reply)
	}
	now := w.db.Clock().Now()
	if at, ok := w.offered[account]; ok && now.Sub(at) >= 0 && now.Sub(at) < 6*time.Hour {
		w.t.Errorf("the same mail is offered again after %v: %q", now.Sub(at), reply)
	}
	w.offered[account] = now
	w.offers++
}

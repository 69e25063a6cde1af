package flows

import (
	"fmt"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// InboxID is the flow that shows what could not be pushed, and what still waits.
const InboxID = "inbox"

// InboxDraft is where somebody stands in what they can read.
type InboxDraft struct {
	Listed []inboxLine `json:"listed,omitempty"` // as listed, so that a number keeps its meaning
	Offset int         `json:"offset,omitempty"`
	Total  int         `json:"total,omitempty"`  // of what the list goes through
	Old    bool        `json:"old,omitempty"`    // it goes through those read: no other is left
	Opened bool        `json:"opened,omitempty"` // one was read
	text   string      // shown at once
}

// inboxLine is an item as the list shows it.
type inboxLine struct {
	ID   int64  `json:"id"`
	Line string `json:"line"`
	Day  string `json:"day"`
}

// inbox 通知 shows unread items one by one until none is left, then those read before. What is
// opened is marked as read with the same turn.
var inbox = Flow[InboxDraft]{
	ID: InboxID, Version: 1, Title: "通知",
	Opens:  []string{"通知", "看通知", "我的通知", "新通知", "查通知", "消息", "看消息", "我的消息", "新消息", "站内", "站内消息"},
	Words:  []string{"什么通知", "有通知", "新通知", "新消息"},
	Glance: true,
	Begin:  (*InboxDraft).begin,
	Steps: []Step[InboxDraft]{
		{ID: "none", Open: (*InboxDraft).empty, Say: "现在没有通知。有了会告诉您。"},
		{ID: "one", Open: (*InboxDraft).single, Ask: (*InboxDraft).askOne},
		{ID: "list", Open: always[InboxDraft], Ask: (*InboxDraft).askList, Hear: (*InboxDraft).hearList},
	},
}

// begin lists the unread items, or shows the only one at once.
func (d *InboxDraft) begin(t *Turn, _ string) {
	d.load(t, 0)
	if !d.Old && d.Total == 1 && len(d.Listed) == 1 && !t.Failed(nil) {
		d.text = d.open(t, 0)
	}
}

// load reads the page at Offset. What this very turn reads, just, is unread still for the look-up.
func (d *InboxDraft) load(t *Turn, just int64) {
	items, total, unread, err := t.World.Inbox.Inbox(t.Context(), civic.Account(t.Account), d.Offset, pageSize+1)
	if t.Failed(err) {
		return
	}
	d.Listed, d.Total, d.Old = nil, total, unread == 0
	if !d.Old {
		d.Total = unread
	}
	for _, it := range items {
		if it.ID == just && !it.Read {
			d.Total--
			continue
		}
		if it.Read == d.Old && len(d.Listed) < pageSize {
			d.Listed = append(d.Listed, inboxLine{ID: it.ID, Line: lineOf(it), Day: day(it.At, t.Now)})
		}
	}
}

func (d *InboxDraft) empty(*Turn) bool  { return d.Total == 0 && d.text == "" }
func (d *InboxDraft) single(*Turn) bool { return d.text != "" }
func (d *InboxDraft) more() bool        { return d.Offset+len(d.Listed) < d.Total }

func (d *InboxDraft) askOne(*Turn) Reply { return Reply{Text: d.text + "\n" + allRead} }

const allRead = "都看完了。"

func (d *InboxDraft) askList(*Turn) Reply {
	text := fmt.Sprintf("您有 %d 条新通知，看哪一条？", d.Total)
	switch {
	case d.Old:
		text = "没有新的了。以前的通知，看哪一条？"
	case d.Opened && d.Total == 1:
		text = "还有 1 条没看，回 1 就看。"
	case d.Opened:
		text = fmt.Sprintf("还有 %d 条没看，看哪一条？", d.Total)
	}
	labels := make([]string, len(d.Listed))
	for i, l := range d.Listed {
		labels[i] = l.Day + " " + l.Line
	}
	r := Reply{Text: text, Choices: numbered(labels)}
	if d.more() {
		r.After = "后面还有，回“下一页”。"
	}
	return r
}

func (d *InboxDraft) hearList(t *Turn) Move {
	switch {
	case t.Said("下一页", "更多", "后面的", "还有呢") && d.more():
		d.Offset += len(d.Listed)
		d.load(t, 0)
		return dialog.Stay("")
	case t.Said("上一页", "前面的") && d.Offset > 0:
		d.Offset = max(0, d.Offset-pageSize)
		d.load(t, 0)
		return dialog.Stay("")
	}
	labels := make([]string, len(d.Listed))
	for i, l := range d.Listed {
		labels[i] = l.Line
	}
	i, v := t.Choice(labels...)
	if t.Said("下一条", "下一个") && len(labels) > 0 {
		i, v = 0, zh.Sure
	}
	switch {
	case v != zh.Sure && len(labels) == 1:
		return dialog.Again("请回 1，不看了回“取消”。")
	case v != zh.Sure:
		return dialog.Again(askNumber(len(labels)))
	}
	return d.show(t, i)
}

// show opens one and goes on with what is left.
func (d *InboxDraft) show(t *Turn, i int) Move {
	id, text := d.Listed[i].ID, d.open(t, i)
	if d.Old {
		return dialog.Stay(text)
	}
	d.Opened = true
	d.Total--
	d.Listed = append(d.Listed[:i:i], d.Listed[i+1:]...)
	if len(d.Listed) == 0 {
		d.load(t, id)
	}
	if len(d.Listed) == 0 && d.Offset > 0 { // those passed over
		d.Offset = 0
		d.load(t, id)
	}
	if len(d.Listed) == 0 || d.Old {
		return dialog.Done().Saying(text + "\n" + allRead)
	}
	return dialog.Stay(text)
}

// open is the whole text of a listed item, which is marked as read.
func (d *InboxDraft) open(t *Turn, i int) string {
	l := d.Listed[i]
	it, ok, err := t.World.Inbox.InboxItem(t.Context(), civic.Account(t.Account), l.ID)
	if t.Failed(err) {
		return ""
	}
	if !ok {
		return "这条不用再看了，可能刚才已经直接发给您了。"
	}
	if !it.Read {
		t.Also(civic.ReadInbox{Account: civic.Account(t.Account), IDs: []int64{l.ID}})
	}
	text, err := Tell(it.Kind, it.Args, false)
	if err != nil { // of a kind that this release does not know
		return l.Day + " 有一条通知我显示不出来，请回“人工”问网格员。"
	}
	return l.Day + " " + text.Plain
}

// lineOf is an item in one line.
func lineOf(it civic.InboxItem) string {
	text, err := Tell(it.Kind, it.Args, false)
	if err != nil {
		return "一条通知"
	}
	return strings.ReplaceAll(text.Line, "\n", " ")
}

// OfferMost is how many items Offer names.
const OfferMost = 3

// Offer says at the end of a turn that something can be read: the newest items, at most
// OfferMost in the order they came, and how many are unread in all.
func Offer(newest []civic.InboxItem, unread int) Reply {
	var b strings.Builder
	fmt.Fprintf(&b, "您有 %d 条新通知", unread)
	if unread > len(newest) {
		fmt.Fprintf(&b, "，最近 %d 条", len(newest))
	}
	b.WriteString("：")
	for _, it := range newest {
		b.WriteString("\n· " + lineOf(it))
	}
	return Reply{Text: b.String(), Choices: []Choice{{Label: "看通知（点这里，或回“通知”）", Send: "看通知"}}}
}

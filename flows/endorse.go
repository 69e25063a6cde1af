package flows

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
)

// sightTo is a need looked up for something that is done to it.
type sightTo struct {
	Sight civic.Sight `json:"sight,omitzero"`
	Found bool        `json:"found,omitempty"`
	Words string      `json:"words,omitempty"` // what followed the number
}

// find looks the number at the beginning of a text up, as the account may see it. The session keeps
// the beginning of its words, no more.
func (d *sightTo) find(t *Turn, arg string) {
	year, seq, rest, ok := cutNumber(arg)
	if !ok {
		return
	}
	s, found, err := t.World.Needs.Sight(t.Context(), civic.Account(t.Account), home(t), year, seq)
	if t.Failed(err) {
		return
	}
	if d.Found = found; !found {
		d.Sight = civic.Sight{}
		return
	}
	d.Words = rest
	s.Need.Text, s.Need.Additions = brief(s.Need.Text, maxNews), nil
	s.Head.Text, s.Head.Additions = brief(s.Head.Text, maxNews), nil
	d.Sight = s
}

// noteSeen remembers which need was shown last, so that 附议 alone means it for seenFor.
const (
	noteSeen = "seen"
	seenFor  = 10 * time.Minute
)

// saw notes the need that is shown.
func saw(t *Turn, n civic.Number) {
	t.SetNote(noteSeen, fmt.Sprintf("%d-%d %d", n.Year, n.Seq, t.Now.Unix()))
}

// orSeen is arg or, where there is none, the number of the need that was shown just before.
func orSeen(t *Turn, arg string) string {
	number, at, ok := strings.Cut(t.Note(noteSeen), " ")
	when, err := strconv.ParseInt(at, 10, 64)
	if arg != "" || !ok || err != nil || t.Now.Sub(time.Unix(when, 0)) > seenFor {
		return arg
	}
	return number
}

// no is the number of what goes on, as people type it.
func (d *sightTo) no() string { return short(d.Sight.Open().Number.String()) }

// notSeen is said of a number that leads to nothing the account may see.
const notSeen = "没有查到这个编号，或者它还没有公开。"

// EndorseDraft is a need that is endorsed, or is no more.
type EndorseDraft struct{ sightTo }

// endorse 附议 acts at once: it can be taken back as easily.
var endorse = Flow[EndorseDraft]{
	ID: "endorse", Version: 1, Title: "附议", Opens: []string{"附议", "我要附议", "我附议"},
	Match: after("附议", "我附议", "支持"), Requires: needsHome, Glance: true,
	Begin: (*EndorseDraft).begin,
	Steps: []Step[EndorseDraft]{
		{ID: "which", Open: (*EndorseDraft).unknown, Ask: (*EndorseDraft).askWhich, Hear: (*EndorseDraft).hearWhich, Commits: true},
		{ID: "own", Open: (*EndorseDraft).own, Ask: (*EndorseDraft).askOwn},
		{ID: "done", Open: always[EndorseDraft], Ask: (*EndorseDraft).askDone},
	},
	After: (*EndorseDraft).after,
	Told:  (*EndorseDraft).told,
}

func (d *EndorseDraft) begin(t *Turn, arg string) {
	if d.find(t, orSeen(t, arg)); d.Found && !d.Sight.Own {
		t.Also(civic.EndorseNeed{Account: civic.Account(t.Account), Need: d.Sight.Open().ID})
	}
}

func (d *EndorseDraft) unknown(*Turn) bool { return !d.Found }
func (d *EndorseDraft) own(*Turn) bool     { return d.Sight.Own }

func (*EndorseDraft) askWhich(*Turn) Reply {
	return Reply{Text: "附议哪一件？请回编号，比如 018。不知道编号，回“看需求”。"}
}

func (d *EndorseDraft) hearWhich(t *Turn) Move {
	d.find(t, t.Text)
	switch {
	case !d.Found:
		return dialog.Again(notSeen)
	case d.Sight.Own:
		return dialog.Next()
	}
	return dialog.Done(civic.EndorseNeed{Account: civic.Account(t.Account), Need: d.Sight.Open().ID})
}

func (d *EndorseDraft) askOwn(*Turn) Reply {
	return Reply{Text: "这是您自己提的，不用附议。回“进度" + short(d.Sight.Need.Number.String()) + "”看进展。"}
}

func (*EndorseDraft) askDone(t *Turn) Reply { return Reply{After: listHint(t)} }

func (d *EndorseDraft) after(t *Turn, got any) string {
	r := receipt(got)
	if d.Sight.Head.ID != 0 {
		r.From = d.Sight.Need.Number.String()
	}
	text := endorsed(r)
	if d.Sight.Backed {
		text = "这件您已经附议过了，" + backing(r.Heat, r.Others) + "。编号 " + r.Number + "。"
	}
	return twoLines(text, verifyHint(t))
}

func (d *EndorseDraft) told(t *Turn, got any) Reply {
	return Reply{Text: d.after(t, got), After: listHint(t)}
}

// unendorse 取消附议 acts at once too.
var unendorse = Flow[EndorseDraft]{
	ID: "unendorse", Version: 1, Title: "取消附议", Opens: []string{"取消附议", "撤回附议", "不附议了"},
	Match: after("取消附议", "撤回附议", "撤销附议", "不附议了", "不附议"), Requires: needsHome, Glance: true,
	Begin: (*EndorseDraft).beginUndo,
	Steps: []Step[EndorseDraft]{
		{ID: "which", Open: (*EndorseDraft).unknown, Ask: (*EndorseDraft).askWhichUndo, Hear: (*EndorseDraft).hearWhichUndo, Commits: true},
		{ID: "none", Open: (*EndorseDraft).notBacked, Ask: (*EndorseDraft).askNone},
		{ID: "done", Open: always[EndorseDraft], Ask: (*EndorseDraft).askDone},
	},
	After: (*EndorseDraft).afterUndo,
	Told:  (*EndorseDraft).toldUndo,
}

func (d *EndorseDraft) beginUndo(t *Turn, arg string) {
	if d.find(t, orSeen(t, arg)); d.Found && d.Sight.Backed {
		t.Also(civic.UnendorseNeed{Account: civic.Account(t.Account), Need: d.Sight.Open().ID})
	}
}

func (d *EndorseDraft) notBacked(*Turn) bool { return !d.Sight.Backed }

func (*EndorseDraft) askWhichUndo(*Turn) Reply {
	return Reply{Text: "取消哪一件的附议？请回编号，比如 018。"}
}

func (d *EndorseDraft) hearWhichUndo(t *Turn) Move {
	d.find(t, t.Text)
	switch {
	case !d.Found:
		return dialog.Again(notSeen)
	case !d.Sight.Backed:
		return dialog.Next()
	}
	return dialog.Done(civic.UnendorseNeed{Account: civic.Account(t.Account), Need: d.Sight.Open().ID})
}

func (d *EndorseDraft) askNone(*Turn) Reply {
	return Reply{Text: "您没有附议过 " + d.Sight.Open().Number.String() + "，不用取消。"}
}

func (*EndorseDraft) afterUndo(_ *Turn, got any) string { return unendorsed(receipt(got)) }

func (*EndorseDraft) toldUndo(t *Turn, got any) Reply {
	return Reply{Text: unendorsed(receipt(got)), After: listHint(t)}
}

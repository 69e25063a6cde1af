package flows

import (
	"fmt"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// BackedDraft is where somebody stands in the list of what they endorse.
type BackedDraft struct {
	Offset int          `json:"offset,omitempty"`
	Total  int          `json:"total,omitempty"`
	Listed []backedLine `json:"listed,omitempty"` // as listed, so that a number keeps its meaning
	Pick   int          `json:"pick,omitempty"`
}

// backedLine is a need as the list shows it.
type backedLine struct {
	Need      civic.NeedID      `json:"need"`
	Community civic.CommunityID `json:"c"`
	Year      int               `json:"y"`
	Seq       int               `json:"s"`
	Number    string            `json:"no"`
	Label     string            `json:"l"`
}

// backed 我附议的 lists what the account endorses, the latest first.
var backed = Flow[BackedDraft]{
	ID: "backed", Version: 1, Title: "我附议的",
	Opens:  []string{"我附议的", "我的附议", "我附议过的", "附议过的", "附议过哪些"},
	Words:  []string{"附议过哪些", "附议了哪些"},
	Glance: true,
	Begin:  func(d *BackedDraft, t *Turn, _ string) { d.load(t) },
	Steps: []Step[BackedDraft]{
		{ID: "none", Open: func(d *BackedDraft, _ *Turn) bool { return d.Total == 0 }, Say: "您还没有附议过。回“看需求”，同意哪一件就附议哪一件。"},
		{ID: "list", Open: always[BackedDraft], Ask: (*BackedDraft).askList, Hear: (*BackedDraft).hearList},
		{ID: "one", Open: always[BackedDraft], Ask: (*BackedDraft).askOne, Hear: (*BackedDraft).hearOne, Commits: true, Jumps: []string{"list"}},
	},
	Told: func(_ *BackedDraft, _ *Turn, got any) Reply { return Reply{Text: unendorsed(receipt(got))} },
}

func (d *BackedDraft) load(t *Turn) {
	needs, total, err := t.World.Privacy.Backed(t.Context(), civic.Account(t.Account), d.Offset, pageSize)
	if t.Failed(err) {
		return
	}
	d.Listed, d.Total = nil, total
	for i := range needs {
		n := &needs[i]
		text := brief(n.Text, 16)
		if text == "" {
			text = "（现在不公开）"
		}
		d.Listed = append(d.Listed, backedLine{
			Need: n.ID, Community: n.Community, Year: n.Number.Year, Seq: n.Number.Seq, Number: n.Number.String(),
			Label: fmt.Sprintf("%s %s〔%s〕", n.Number, text, stateName(n.State)),
		})
	}
}

func (d *BackedDraft) labels() []string {
	labels := make([]string, len(d.Listed))
	for i, l := range d.Listed {
		labels[i] = l.Label
	}
	return labels
}

func (d *BackedDraft) askList(*Turn) Reply {
	r := Reply{Text: fmt.Sprintf("您附议过 %d 件，看哪一件？", d.Total), Choices: numbered(d.labels())}
	if d.Offset+len(d.Listed) < d.Total {
		r.After = "后面还有，回“下一页”。"
	}
	return r
}

func (d *BackedDraft) hearList(t *Turn) Move {
	if turnPage(t, &d.Offset, d.Total) {
		d.load(t)
		return dialog.Stay("")
	}
	if seq, ok := namedIn(t.Text); ok {
		for i, l := range d.Listed {
			if l.Seq == seq {
				d.Pick = i
				return dialog.Next()
			}
		}
	}
	i, v := t.Choice(d.labels()...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(d.Listed)))
	}
	d.Pick = i
	return dialog.Next()
}

var backedWays = []string{doUnendorse, doList}

func (d *BackedDraft) askOne(t *Turn) Reply {
	l := d.Listed[d.Pick]
	text := l.Number + " 现在不公开，内容看不了。您的附议还在。"
	s, found, err := t.World.Needs.Sight(t.Context(), civic.Account(t.Account), l.Community, l.Year, l.Seq)
	if t.Failed(err) {
		return Reply{}
	}
	if found {
		saw(t, s.Open().Number)
		text = twoLines(describeSight(&s, t.Now, settings(t)), inRound(t, s.Open()))
	}
	return Reply{Text: text, Choices: numbered(backedWays)}
}

func (d *BackedDraft) hearOne(t *Turn) Move {
	i, v := t.Choice(backedWays...)
	switch {
	case v == zh.Sure && i == 0 || t.Said("不附议了", "撤回附议"):
		return dialog.Done(civic.UnendorseNeed{Account: civic.Account(t.Account), Need: d.Listed[d.Pick].Need})
	case v == zh.Sure || t.Said("列表", "回列表"):
		return dialog.Edit("list")
	}
	return dialog.Again(askNumber(len(backedWays)))
}

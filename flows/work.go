package flows

import (
	"fmt"
	"slices"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// workItems are the words of staff in the order shown, with the act that each is for, its flow, and
// the kind of civic.WorkCount that says how much of it waits ("": nothing is counted). Whoever adds a
// flow of staff adds a line, work that waits before what is seldom done, and to the store's waiting a
// line for the count. A test misses flows of staff that have none and a word that opens them.
var workItems = []workItem{
	{"待公开", civic.ActRelease, "review", "release"},
	{"初选", civic.ActTriage, "triage", "triage"},
	{"会话", civic.ActRelay, "desk", "talks"},
	{"认证申请", civic.ActVerify, "claims", "verify"},
	{"代办", civic.ActRaiseFor, "raise-for", ""},
	{"管环节", civic.ActStage, "round", ""},
	{"定入围", civic.ActShortlist, "draw-list", ""},
	{"上门名单", civic.ActDoors, "door-list", ""},
	{"门牌卡", civic.ActRoll, "door-cards", ""},
	{"导入名册", civic.ActRoll, "roll-file", ""},
	{"人员", civic.ActWork, "people", ""},
	{"邀请", civic.ActInvite, "invite", ""},
	{"交接", civic.ActHandOver, "hand-over", ""},
	{"设置", civic.ActSettings, "settings", ""},
	{"台账", civic.ActReadAudit, "audit", ""},
}

// WorkWords are the words of workItems by flow.
func WorkWords() map[string]string {
	out := map[string]string{}
	for _, w := range workItems {
		out[w.flow] = w.word
	}
	return out
}

// workFlows are the flows that 工作 leads to.
func workFlows() []string {
	out := make([]string, len(workItems))
	for i, w := range workItems {
		out[i] = w.flow
	}
	return out
}

// workItem is one word of staff.
type workItem struct {
	word  string
	act   civic.Act
	flow  string
	count string
}

// WorkDraft holds what was listed, so that a number keeps its meaning.
type WorkDraft struct {
	Listed []string `json:"listed,omitempty"` // words
	Offset int      `json:"offset,omitempty"`
	Total  int      `json:"total,omitempty"`
}

// workPage is how many words 工作 shows at once: what waits comes first.
const workPage = 8

// work 工作 shows what the account may do for the community, and what waits.
var work = Flow[WorkDraft]{
	ID: "work", Version: 1, Title: "工作",
	Opens: []string{"工作", "我的工作", "工作台", "待办"},
	For:   forAct(civic.ActWork), Lost: civic.NoLonger,
	Glance: true,
	Leads:  workFlows(),
	Steps: []Step[WorkDraft]{
		{ID: "pick", Ask: (*WorkDraft).ask, Hear: (*WorkDraft).hear},
	},
}

func (d *WorkDraft) ask(t *Turn) Reply {
	g, c, ok := officeFor(t, civic.ActWork)
	if !ok {
		return Reply{Text: civic.NoLonger}
	}
	all, err := t.World.Work.Counts(t.Context(), civic.Account(t.Account), g, c.ID)
	if t.Failed(err) {
		return Reply{}
	}
	var words, labels, idle []string
	for _, w := range workItems {
		if !mayIn(t, w.act, c) {
			continue
		}
		i := slices.IndexFunc(all, func(n civic.WorkCount) bool { return n.Kind == w.count })
		if i < 0 || all[i].Count == 0 {
			idle = append(idle, w.word)
			continue
		}
		words, labels = append(words, w.word), append(labels, fmt.Sprintf("%s（%d 件）", w.word, all[i].Count))
	}
	words, labels = append(words, idle...), append(labels, idle...)
	d.Total = len(words)
	if d.Offset >= d.Total {
		d.Offset = 0
	}
	end := min(d.Total, d.Offset+workPage)
	d.Listed = words[d.Offset:end]
	r := Reply{Text: c.Name + "（" + officesIn(t, c) + "），想办什么？", Choices: numbered(labels[d.Offset:end])}
	for i := range r.Choices {
		r.Choices[i].Send = d.Listed[i]
	}
	if d.Total > workPage {
		r.After = "还有别的，回“更多”。"
	}
	if len(seats(t, civic.ActWork)) > 1 {
		r.After = twoLines(r.After, "换个社区回“换岗”。")
	}
	return r
}

// mayIn says whether the turn's account may do an act for a community.
func mayIn(t *Turn, act civic.Act, c civic.Community) bool {
	return slices.ContainsFunc(offices(t, act), func(g civic.Grant) bool { return g.Covers(c.ID, c.Area) })
}

// officesIn names the offices that the turn's account has in a community.
func officesIn(t *Turn, c civic.Community) string {
	m := civic.Member{}
	for _, g := range offices(t, civic.ActWork) {
		if g.Covers(c.ID, c.Area) {
			m.Grants = append(m.Grants, g)
		}
	}
	return rolesOf(m)
}

func (d *WorkDraft) hear(t *Turn) Move {
	if t.Said("更多", "下一页", "后面的", "还有呢") && d.Total > workPage {
		d.Offset += workPage // after the last page comes the first
		return dialog.Stay("")
	}
	i, v := t.Choice(d.Listed...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(d.Listed)))
	}
	for _, w := range workItems {
		if w.word == d.Listed[i] {
			return dialog.Open(w.flow, nil)
		}
	}
	return dialog.Again("")
}

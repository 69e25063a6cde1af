package flows

import (
	"fmt"
	"slices"
	"strings"

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
	{"会话", civic.ActRelay, "desk", "relay"},
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
	More   bool     `json:"more,omitempty"` // there is more behind the page
}

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
	mine := slices.DeleteFunc(offices(t, civic.ActWork), func(g civic.Grant) bool { return !g.Covers(c.ID, c.Area) })
	words, labels := d.page(mine, all)
	d.Listed = words
	r := Reply{Text: c.Name + "（" + rolesOf(civic.Member{Grants: mine}) + "），想办什么？", Choices: numbered(labels)}
	for i := range r.Choices {
		r.Choices[i].Send = words[i]
	}
	var after []string
	if d.More {
		after = append(after, "别的回“更多”。")
	}
	if len(seats(t, civic.ActWork)) > 1 {
		after = append(after, "换个社区回“换岗”。")
	}
	r.After = strings.Join(after, "")
	return r
}

// page is one page of what grants allow, in words and with what waits; what waits comes first.
func (d *WorkDraft) page(grants []civic.Grant, counts []civic.WorkCount) (words, labels []string) {
	type item struct {
		workItem
		n int
	}
	var items []item
	for _, w := range workItems {
		if !slices.ContainsFunc(grants, func(g civic.Grant) bool { return civic.May(g.Role, w.act) }) {
			continue
		}
		it := item{workItem: w}
		if i := slices.IndexFunc(counts, func(n civic.WorkCount) bool { return n.Kind == w.count }); i >= 0 {
			it.n = counts[i].Count
		}
		items = append(items, it)
	}
	slices.SortStableFunc(items, func(x, y item) int { return min(1, y.n) - min(1, x.n) })
	if d.Offset >= len(items) {
		d.Offset = 0
	}
	end := min(len(items), d.Offset+pageSize)
	d.More = len(items) > pageSize
	for _, it := range items[d.Offset:end] {
		label := it.word
		if it.n > 0 {
			label += fmt.Sprintf("（%d 件）", it.n)
		}
		words, labels = append(words, it.word), append(labels, label)
	}
	return words, labels
}

func (d *WorkDraft) hear(t *Turn) Move {
	if d.More && t.Said("更多", "下一页", "后面的", "别的", "还有呢") {
		d.Offset += pageSize // from the last page on to the first
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

package flows

import (
	"fmt"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// pageSize is how many needs a list shows at once.
const pageSize = 5

// MineDraft is where somebody stands in the list of their own needs.
type MineDraft struct {
	Offset int          `json:"offset,omitempty"`
	Total  int          `json:"total,omitempty"`
	Listed []civic.Need `json:"listed,omitempty"` // as listed, so that a number keeps its meaning
	Pick   int          `json:"pick,omitempty"`
	Asked  int          `json:"asked,omitempty"` // questions of staff that wait for an answer
	Backed int          `json:"backed,omitempty"`
	Talk   bool         `json:"talk,omitempty"` // one with the grid worker is open
	Next   string       `json:"next,omitempty"` // what comes next in the community, with its day
}

// mine 我的 is what there is of the account: its own needs with their state and, below them, what
// waits for it, what it endorses, what comes next, and the way to its data.
var mine = Flow[MineDraft]{
	ID: "mine", Version: 1, Title: "我的", Opens: []string{"我的", "我的需求", "我提的", "我提的需求", "进度", "查进度"},
	Words: []string{"我提的", "办得怎么样", "怎么还没", "处理得怎么样"},
	Begin: (*MineDraft).begin,
	Steps: []Step[MineDraft]{
		{ID: "none", Open: (*MineDraft).empty, Ask: (*MineDraft).askNone},
		{ID: "list", Open: (*MineDraft).any, Ask: (*MineDraft).askList, Hear: (*MineDraft).hearList},
		{ID: "one", Open: (*MineDraft).any, Ask: (*MineDraft).askOne},
	},
}

func (d *MineDraft) begin(t *Turn, _ string) {
	d.load(t)
	a := civic.Account(t.Account)
	asked, err := t.World.Triage.Questions(t.Context(), a, questionsMost)
	if t.Failed(err) {
		return
	}
	for i := range asked {
		if !asked[i].Lapsed {
			d.Asked++
		}
	}
	if _, d.Backed, err = t.World.Privacy.Backed(t.Context(), a, 0, 0); t.Failed(err) {
		return
	}
	if _, d.Talk, err = t.World.Talks.Own(t.Context(), a); t.Failed(err) {
		return
	}
	d.Next = nextStage(t)
}

// nextStage is what comes next in the round of the account's community, "" while its day is not known.
func nextStage(t *Turn) string {
	id := home(t)
	if id == 0 {
		return ""
	}
	rounds, err := t.World.Rounds.Rounds(t.Context(), id)
	if t.Failed(err) {
		return ""
	}
	for _, r := range rounds {
		if next, at := r.Next(); next != civic.NoStage && !at.IsZero() {
			return fmt.Sprintf("%s：下一步“%s”，%s开始。", r.Name, next, weekday(at, t.Now))
		}
	}
	return ""
}

// also says, a line each, what else there is: first what waits for the account.
func (d *MineDraft) also() string {
	lines := ""
	if d.Asked > 0 {
		lines = fmt.Sprintf("网格员有 %d 个问题等您答，回“问我的”。", d.Asked)
	}
	if d.Talk {
		lines = twoLines(lines, "和网格员的会话还开着，回“人工”接着说。")
	}
	if d.Backed > 0 {
		lines = twoLines(lines, fmt.Sprintf("附议过 %d 件，回“我附议的”。", d.Backed))
	}
	return twoLines(twoLines(lines, d.Next), "要看、要删您的数据，回“我的数据”。")
}

func (d *MineDraft) askNone(*Turn) Reply {
	return Reply{Text: "您还没有提过需求。回“提需求”就可以提。", After: d.also()}
}

func (d *MineDraft) load(t *Turn) {
	needs, total, err := t.World.Needs.Mine(t.Context(), civic.Account(t.Account), d.Offset, pageSize)
	if t.Failed(err) {
		return
	}
	d.Listed, d.Total = needs, total
	for i := range d.Listed { // the session keeps what the list shows, no more
		d.Listed[i].Text, d.Listed[i].Additions = brief(d.Listed[i].Text, 20), nil
	}
}

func (d *MineDraft) empty(*Turn) bool { return d.Total == 0 }
func (d *MineDraft) any(*Turn) bool   { return d.Total > 0 }

func (d *MineDraft) more() bool { return d.Offset+len(d.Listed) < d.Total }

func (d *MineDraft) askList(*Turn) Reply {
	r := Reply{Text: fmt.Sprintf("您提过 %d 件需求，看哪一件？", d.Total)}
	for i, n := range d.Listed {
		r.Choices = append(r.Choices, Choice{
			Label: fmt.Sprintf("%d. %s %s〔%s〕", i+1, n.Number, n.Text, stateName(n.State)),
			Send:  fmt.Sprint(i + 1),
		})
	}
	if d.more() {
		r.After = "后面还有，回“下一页”。"
	}
	if d.Offset == 0 {
		r.After = twoLines(r.After, d.also())
	}
	return r
}

func (d *MineDraft) hearList(t *Turn) Move {
	if t.Said("下一页", "更多", "后面的", "还有呢") && d.more() {
		d.Offset += pageSize
		d.load(t)
		return dialog.Stay("")
	}
	if t.Said("上一页", "前面的") && d.Offset > 0 {
		d.Offset = max(0, d.Offset-pageSize)
		d.load(t)
		return dialog.Stay("")
	}
	if seq, ok := namedIn(t.Text); ok {
		for i := range d.Listed {
			if d.Listed[i].Number.Seq == seq {
				d.Pick = i
				return dialog.Next()
			}
		}
	}
	labels := make([]string, len(d.Listed))
	for i, n := range d.Listed {
		labels[i] = n.Text
	}
	i, v := t.Choice(labels...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(d.Listed)))
	}
	d.Pick = i
	return dialog.Next()
}

func (d *MineDraft) askOne(t *Turn) Reply {
	l := d.Listed[d.Pick]
	n, ok, err := t.World.Needs.Sight(t.Context(), civic.Account(t.Account), l.Community, l.Number.Year, l.Number.Seq)
	if t.Failed(err) || !ok {
		return Reply{Text: "这件现在查不到。"}
	}
	return Reply{Text: twoLines(describeSight(&n, t.Now, settings(t)), inRound(t, n.Open()))}
}

func day(at, now time.Time) string {
	at = at.In(now.Location())
	if at.Year() != now.Year() {
		return at.Format("2006年1月2日")
	}
	return at.Format("1月2日")
}

func stateName(s civic.NeedState) string {
	switch s {
	case civic.NeedRaised:
		return "待初选"
	case civic.NeedAccepted:
		return "已受理"
	case civic.NeedDeclining:
		return "初选中"
	case civic.NeedDeclined:
		return "不予受理"
	case civic.NeedAppealed:
		return "申诉中"
	case civic.NeedHanded:
		return "已转办"
	case civic.NeedMerged:
		return "已合并"
	case civic.NeedWithdrawn:
		return "已撤回"
	}
	return "办理中"
}

// stateNext says what comes next, and what the author can do.
func stateNext(n *civic.Need, own bool) string {
	seq := fmt.Sprintf("%03d", n.Number.Seq)
	switch n.State {
	case civic.NeedRaised:
		if !own {
			return "下一步：社区初选。"
		}
		return "下一步：社区初选。要加一句回“补充" + seq + "”，不提了回“撤回" + seq + "”。"
	case civic.NeedAccepted:
		return "下一步：编方案。"
	case civic.NeedDeclining:
		return "下一步：社区初选，结果会告诉您。"
	case civic.NeedDeclined:
		return declinedNext(n, own)
	case civic.NeedAppealed:
		return "下一步：由另一位工作人员来看您的申诉，结果会告诉您。"
	case civic.NeedHanded:
		return "由" + n.Duty + "办理，可以直接找他们。"
	case civic.NeedMerged:
		return "和一件相近的合在一起办，您的附议和署名都在。"
	case civic.NeedWithdrawn:
		return "撤回的需求不再办理；要重新提，回“提需求”。"
	}
	return ""
}

// declineReason is why a need is not taken up, as residents read it.
func declineReason(n *civic.Need) string {
	text := ""
	if n.ReasonCode != "" {
		text = sentence(civic.Reason(n.ReasonCode).String())
	}
	if n.Reason != "" {
		text += sentence(n.Reason)
	}
	return text
}

// declinedNext says why a need was not taken up, and what its author can still do.
func declinedNext(n *civic.Need, own bool) string {
	text := declineReason(n)
	if text != "" {
		text = "理由：" + text + "\n"
	}
	if own && !n.LastWord && !n.DecidedAt.IsZero() {
		until := n.DecidedAt.Add(civic.AppealFor)
		text += "不同意？" + until.Format("1月2日") + "前回“申诉" + fmt.Sprintf("%03d", n.Number.Seq) + "”，可以申诉一次。"
	}
	return text + "下一批征集开始时，可以再提；还有疑问回“人工”。"
}

package flows

import (
	"fmt"
	"slices"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// action is something that can be done to a need: in a flow of its own, or here.
type action struct{ word, flow string }

// What is done without leaving 初选.
const (
	hereMedia   = "media"   // a link to photos and voices
	hereRelease = "release" // 公开
	hereHistory = "history" // 经过
	hereLeave   = "leave"   // 放回队列
)

// actions are what can be done to a need, the common ones first.
func (d *TriageDraft) actions() []action {
	var all []action
	switch d.Case.Need.State {
	case civic.NeedRaised:
		all = []action{{"受理", "accept-need"}, {"合并", "merge-need"}, {"问提出人", "ask-author"}, {"不予受理", "decline-need"}, {"转办", "hand-need"}}
	case civic.NeedAppealed:
		all = []action{{"受理", "accept-need"}, {"维持不予受理", "decline-need"}, {"问提出人", "ask-author"}, {"转办", "hand-need"}}
	case civic.NeedDeclining:
		all = []action{{"复核", "settle-decline"}}
	case civic.NeedAccepted:
		all = []action{{"合并", "merge-need"}, {"转办", "hand-need"}}
	case civic.NeedMerged:
		return []action{{"分开", "part-need"}, {"经过", hereHistory}}
	case civic.NeedDeclined, civic.NeedHanded, civic.NeedWithdrawn:
		return []action{{"经过", hereHistory}}
	}
	all = append(all, action{"改类别", "classify-need"}, action{"标急难", "mark-need"})
	if d.Media {
		all = append(all, action{"看照片、听语音", hereMedia})
	}
	if d.Voice {
		all = append(all, action{"听写", "type-need"})
	}
	if !d.Case.Need.Released && !d.Case.Need.TakenDown {
		all = append(all, action{"公开文字", hereRelease})
	}
	return append(all, action{"经过", hereHistory}, action{"放回队列", hereLeave})
}

// triageActs lists the flows that 初选 may open.
func triageActs() []string {
	return []string{
		"accept-need", "merge-need", "ask-author", "decline-need", "settle-decline", "hand-need", "classify-need", "mark-need", "type-need", "part-need",
	}
}

const moreWord = "更多"

// page is the part of the actions that is shown now: at most five, 更多 among them.
func (d *TriageDraft) page() (shown []action, more bool) {
	all := d.actions()
	from := min(d.Page*(pageSize-1), len(all))
	if rest := all[from:]; len(rest) > pageSize {
		return rest[:pageSize-1], true
	}
	return all[from:], false
}

func (d *TriageDraft) words() []string {
	shown, more := d.page()
	var ws []string
	for _, a := range shown {
		ws = append(ws, a.word)
	}
	if more {
		ws = append(ws, moreWord)
	}
	return ws
}

func (d *TriageDraft) askOne(t *Turn) Reply {
	r := Reply{Choices: numbered(d.words()), After: "先不办，回“下一件”或“初选”。"}
	if d.Page > 0 || d.Did != "" {
		r.Text = d.Case.title() + "怎么办？"
		return r
	}
	k, ok, err := t.World.Triage.Docket(t.Context(), d.Case.Need.ID)
	if t.Failed(err) || !ok {
		return Reply{Text: "这件现在查不到，请回“初选”。"}
	}
	g, c := d.office(t)
	r.Text = withLine(d.Note, docketText(t, &k, g, c))
	return r
}

// docketText is all that staff have to know of a need to decide.
func docketText(t *Turn, k *civic.Docket, g civic.Grant, c civic.Community) string {
	n := &k.Need
	var b strings.Builder
	fmt.Fprintf(&b, "%s〔%s〕", n.Number, staffState(n.State))
	if civic.Waits(n.State) {
		b.WriteString(waitAge(n.WaitingSince, t.Now, c.Settings))
	}
	b.WriteString("\n" + n.Text)
	if n.Place.Text != "" {
		fmt.Fprintf(&b, "\n位置：%s", n.Place.Text)
	}
	fmt.Fprintf(&b, "\n类别：%s；%s提", n.Category, day(n.RaisedAt, t.Now))
	if n.RaisedBy != 0 {
		b.WriteString("，代办")
	}
	if n.Photos > 0 {
		fmt.Fprintf(&b, "；%d 张照片", n.Photos)
	}
	if k.Voices > 0 {
		fmt.Fprintf(&b, "；%d 段语音", k.Voices)
	}
	if !n.Released {
		b.WriteString("；没公开")
	}
	b.WriteString("\n" + backing(n.Heat, n.Others))
	if marks := marksLine(n, c.Settings); marks != "" {
		b.WriteString("\n" + marks)
	}
	for _, a := range n.Additions {
		fmt.Fprintf(&b, "\n补充（%s）：%s", day(a.At, t.Now), a.Text)
	}
	docketMore(&b, t, k, g)
	return b.String()
}

// docketMore tells what was said and done since the need was raised.
func docketMore(b *strings.Builder, t *Turn, k *civic.Docket, g civic.Grant) {
	for _, q := range k.Asked {
		fmt.Fprintf(b, "\n问（%s）：%s", day(q.At, t.Now), q.Text)
		switch {
		case q.Answer != "":
			b.WriteString("\n答：" + q.Answer)
		case q.Lapsed:
			b.WriteString("\n没有回。")
		default:
			b.WriteString("\n还没回。")
		}
	}
	for _, m := range k.Merged {
		fmt.Fprintf(b, "\n合了 %s：%s", m.Number, brief(m.Text, 30))
	}
	if k.Into.ID != 0 {
		fmt.Fprintf(b, "\n合在 %s：%s", k.Into.Number, brief(k.Into.Text, 30))
	}
	if k.Objection != "" {
		b.WriteString("\n提的人说不是一回事" + strings.TrimSuffix("："+k.Objection, "：-"))
	}
	if k.Need.Reason != "" || k.Need.ReasonCode != "" && k.Need.State != civic.NeedHanded {
		fmt.Fprintf(b, "\n理由：%s。%s", civic.Reason(k.Need.ReasonCode), k.Need.Reason)
	}
	if k.Appeal != "" {
		b.WriteString("\n申诉：" + k.Appeal)
		if k.Decliner != 0 && k.Decliner == g.Staff && k.Need.State == civic.NeedAppealed {
			b.WriteString("\n当初是您答复的，有同事就请同事来办。")
		}
	}
	if k.Need.Duty != "" {
		b.WriteString("\n由" + k.Need.Duty + "办。")
	}
	if k.Held != "" && k.Holder != g.Staff {
		b.WriteString("\n" + k.Held + "正在看。")
	}
}

// chosen reads an answer as one of the actions, shown or not.
func (d *TriageDraft) chosen(t *Turn) (a action, more, ok bool) {
	shown, has := d.page()
	words := d.words()
	if i, v := t.Choice(words...); v == zh.Sure {
		if has && i == len(words)-1 {
			return a, true, true
		}
		return shown[i], false, true
	}
	if i := slices.IndexFunc(d.actions(), func(a action) bool { return t.Said(a.word) }); i >= 0 {
		return d.actions()[i], false, true
	}
	return a, false, false
}

func (d *TriageDraft) hearOne(t *Turn) Move {
	d.Note, d.Did = "", ""
	if t.Said("上一页", "前面的") && d.Page > 0 {
		d.Page--
		return dialog.Stay("")
	}
	a, more, ok := d.chosen(t)
	switch {
	case !ok:
		return dialog.Again(askNumber(len(d.words())))
	case more:
		d.Page++
		return dialog.Stay("")
	}
	by := byIn(t, d.Case.Need.Community)
	n := &d.Case.Need
	d.Did = a.flow
	switch a.flow {
	case hereMedia:
		return dialog.Stay("").With(mediaLink(t, n.Community, n.ID, n.Number.String()))
	case hereRelease:
		return dialog.Stay("").With(civic.ReleaseNeed{By: by, Need: n.ID, Text: true})
	case hereHistory:
		return dialog.Stay(d.history(t))
	case hereLeave:
		t.Also(civic.LeaveNeed{By: by, Need: n.ID})
		return dialog.Done().Saying("好，放回去了。回“下一件”看下一件。")
	}
	return dialog.Open(a.flow, &dialog.Input{Kind: dialog.Text, Text: n.Number.String()})
}

// after tells what was done here.
func (d *TriageDraft) after(t *Turn, got any) string {
	switch d.Did {
	case hereMedia:
		return linkReply(t, "看照片、听语音", got, 0).Text
	case hereRelease:
		d.Case.Need.Released = true
		return d.Case.Need.Number.String() + " 的文字公开了，已告诉提的人。照片要公开，回“待公开”。"
	}
	return ""
}

// deedWords name acts of staff as the audit log keeps them.
var deedWords = map[string]string{
	"accept": "受理", "hand": "转办", "classify": "改类别", "mark": "标急难", "type": "听写", "ask": "问提出人", "merge": "合并", "unmerge": "分开",
	"keep-merge": "维持合并", "decline": "提出不予受理", "decline-appeal": "维持不予受理", "confirm-decline": "复核同意", "reject-decline": "退回初选",
	"look": "看初选", "leave": "放回初选", "lapse-decline": "过夜生效", "raise-for": "代办", "release": "公开", "keep-back": "先不公开", "take-down": "撤下", "leave-public": "保留公开", "settle-appeal": "处理撤下的申诉",
}

func (d *TriageDraft) history(t *Turn) string {
	k, ok, err := t.World.Triage.Docket(t.Context(), d.Case.Need.ID)
	if t.Failed(err) || !ok {
		return ""
	}
	lines := []string{d.Case.Need.Number.String() + " 的经过：", day(k.Need.RaisedAt, t.Now) + " 提出"}
	for _, e := range k.Deeds {
		what := deedWords[e.What]
		if what == "" {
			what = e.What
		}
		lines = append(lines, strings.TrimSpace(day(e.At, t.Now)+" "+what+" "+e.Who))
	}
	return strings.Join(lines, "\n")
}

package flows

import (
	"fmt"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// DeclineDraft is a decline under way.
type DeclineDraft struct {
	CaseDraft
	Reason civic.Reason `json:"reason,omitempty"`
	Later  bool         `json:"later,omitempty"` // the second page of reasons
}

// declineNeed 不予受理 is the first of two steps: a colleague confirms, or a night passes. Of an
// appeal it is the last word.
var declineNeed = Flow[DeclineDraft]{
	ID: "decline-need", Version: 1, Title: "不予受理",
	Opens: []string{"不予受理", "不受理"}, Match: after("不予受理", "不受理"), For: forAct(civic.ActDecline), Lost: civic.NoLonger,
	Begin: func(d *DeclineDraft, t *Turn, arg string) { d.find(t, arg) },
	Steps: []Step[DeclineDraft]{
		stepWithin(whichOf(civic.NeedRaised, civic.NeedAppealed), (*DeclineDraft).file),
		{ID: "reason", Ask: (*DeclineDraft).askReason, Hear: (*DeclineDraft).hearReason, Label: "理由", Show: (*DeclineDraft).showReason},
		{ID: "words", Ask: (*DeclineDraft).askWords, Hear: (*DeclineDraft).hearWords, Label: "给居民的话", Show: (*DeclineDraft).showWords},
		{ID: "sure", Ask: (*DeclineDraft).askSure, Hear: (*DeclineDraft).hearSure, Commits: true},
	},
	Told: (*DeclineDraft).told,
}

func (d *DeclineDraft) file() *CaseDraft { return &d.CaseDraft }

func (d *DeclineDraft) reasons() []civic.Reason {
	all := civic.Reasons()
	if d.Later {
		return all[pageSize:]
	}
	return all[:pageSize]
}

func (d *DeclineDraft) askReason(*Turn) Reply {
	var labels []string
	for _, r := range d.reasons() {
		labels = append(labels, r.String())
	}
	r := Reply{Text: d.title() + "不予受理，理由是哪一类？", Choices: numbered(labels), After: "都不是，回“更多”。"}
	if d.Later {
		r.After = "看前面的，回“上一页”。"
	}
	return r
}

func (d *DeclineDraft) hearReason(t *Turn) Move {
	switch {
	case t.Said("更多", "下一页", "都不是") && !d.Later:
		d.Later = true
		return dialog.Stay("")
	case t.Said("上一页", "前面的"):
		d.Later = false
		return dialog.Stay("")
	}
	rs := d.reasons()
	labels := make([]string, len(rs))
	for i, r := range rs {
		labels[i] = r.String()
	}
	i, v := t.Choice(labels...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(rs)))
	}
	d.Reason = rs[i]
	return dialog.Next()
}

func (d *DeclineDraft) showReason() string { return d.Reason.String() }

func (d *DeclineDraft) askWords(*Turn) Reply {
	return Reply{Text: fmt.Sprintf("请写一句给居民看的话：为什么、可以怎么办。最多 %d 个字。", civic.MaxSentence)}
}

func (d *DeclineDraft) hearWords(t *Turn) Move { return d.hearSentence(t, 6, civic.MaxSentence) }

// hearSentence keeps one sentence that others will read, of so many characters at least.
func (d *CaseDraft) hearSentence(t *Turn, least, most int) Move {
	text := zh.Mask(strings.Join(strings.Fields(t.Text), " "))
	switch n := zh.Runes(text); {
	case n > most:
		return dialog.Again(fmt.Sprintf("最多写 %d 个字，您写了 %d 个，请写短一点。", most, n))
	case n < least:
		return dialog.Again("太短了，怕看不明白。")
	}
	d.Words = text
	return dialog.Next()
}

func (d *DeclineDraft) showWords() string { return d.Words }

// final says whether it is the last word, of an appeal.
func (d *DeclineDraft) final() bool { return d.Need.State == civic.NeedAppealed }

// declined is what residents read of a decline that is final at a time.
func (d *CaseDraft) declined(reason civic.Reason, words string, last bool, at time.Time) civic.MakePush {
	n := NeedNews{State: civic.NeedDeclined, Reason: reason.String() + "。" + words, Next: "下一批征集开始时，可以再提"}
	if last {
		n.Next = "这是申诉后的最后答复。下一批征集开始时，可以再提"
		return d.news(n, "-final")
	}
	n.Appeal = day(at.Add(civic.AppealFor), at)
	return d.news(n, "")
}

// morning is when a decline becomes final without a colleague's word.
func morning(t *Turn) time.Time {
	zone := t.Now.Location()
	if c, ok := officeCommunity(t); ok && c.TimeZone != "" {
		if z, err := time.LoadLocation(c.TimeZone); err == nil {
			zone = z
		}
	}
	return civic.NextMorning(t.Now, zone)
}

func officeCommunity(t *Turn) (civic.Community, bool) {
	_, c, ok := officeFor(t, civic.ActTriage)
	return c, ok
}

func (d *DeclineDraft) askSure(t *Turn) Reply {
	if d.final() {
		r := d.CaseDraft.askSure("维持不予受理 "+d.title()+"？这是最后答复。", d.declined(d.Reason, d.Words, true, t.Now), "维持")
		r.After = "要改回“改1”或“改2”。"
		return r
	}
	at := morning(t)
	r := d.CaseDraft.askSure("先请同事复核；没人反对，"+day(at, t.Now)+" 9:00 生效。生效后，", d.declined(d.Reason, d.Words, false, at), "提交复核")
	r.After = "要改回“改1”或“改2”。"
	return r
}

func (d *DeclineDraft) hearSure(t *Turn) Move {
	yes := "提交复核"
	if d.final() {
		yes = "维持"
	}
	did, ok := sure(t, yes, "先不办")
	switch {
	case !ok:
		return dialog.Again(askNumber(2))
	case !did:
		return leftAlone()
	}
	e := civic.DeclineNeed{By: byIn(t, d.Need.Community), Need: d.Need.ID, Reason: d.Reason, Text: d.Words, Final: d.final()}
	if e.Final {
		return dialog.Done(e, d.declined(d.Reason, d.Words, true, t.Now))
	}
	at := morning(t)
	return dialog.Done(e, civic.ArmTimer{Timer: civic.DeclineTimer(d.Need.ID, d.declined(d.Reason, d.Words, false, at).Push, t.Now, at)})
}

func (d *DeclineDraft) told(t *Turn, got any) Reply {
	if d.final() {
		return goOn(t, "已答复 "+receipt(got).Number+"，维持不予受理，都会告诉到。")
	}
	return goOn(t, receipt(got).Number+" 已提出不予受理，等同事复核。居民现在还看不到。")
}

// settleDecline 复核 confirms a colleague's decline or puts the need back. One's own can be taken back.
var settleDecline = Flow[CaseDraft]{
	ID: "settle-decline", Version: 1, Title: "复核",
	Glance: true, Opens: []string{"复核", "待复核", "看复核"}, Match: after("复核", "同意不受理", "同意不予受理"), For: forAct(civic.ActDecline), Lost: civic.NoLonger,
	Begin: (*CaseDraft).findDecline,
	Steps: []Step[CaseDraft]{
		whichOf(civic.NeedDeclining),
		{ID: "decide", Ask: (*CaseDraft).askSettle, Hear: (*CaseDraft).hearSettle, Commits: true},
	},
	Told: (*CaseDraft).toldSettle,
}

// findDecline takes the decline of that number, or the one that has waited longest for one's word.
func (d *CaseDraft) findDecline(t *Turn, arg string) {
	if d.find(t, arg); arg != "" {
		return
	}
	g, c, ok := officeFor(t, civic.ActDecline)
	if !ok {
		return
	}
	needs, err := t.World.Triage.Declines(t.Context(), c.ID, g.Grids, g.Staff, 1)
	switch {
	case t.Failed(err):
	case len(needs) == 0:
		d.Why = "现在没有等您复核的。"
	default:
		d.take(t, needs[0], g)
	}
}

func (d *CaseDraft) settleLabels() []string {
	if d.Decliner {
		return []string{"收回，退回初选", "先不办"}
	}
	return []string{"同意，告诉居民", "退回初选", "先不办"}
}

func (d *CaseDraft) askSettle(t *Turn) Reply {
	text := "同事提出不予受理 " + d.title() + "，您同意吗？"
	if d.Decliner {
		at := civic.NextMorning(d.Need.WaitingSince, t.Now.Location())
		text = "这件是您提出的，等同事复核；没人反对，" + day(at, t.Now) + " 9:00 生效。"
	}
	return Reply{
		Text:    text + "\n生效后，" + d.who() + "会收到：\n" + preview(d.declined(civic.Reason(d.Need.ReasonCode), d.Need.Reason, false, t.Now)),
		Choices: numbered(d.settleLabels()),
	}
}

func (d *CaseDraft) hearSettle(t *Turn) Move {
	labels := d.settleLabels()
	i, v := t.Choice(labels...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(labels)))
	}
	by := byIn(t, d.Need.Community)
	switch labels[i] {
	case "同意，告诉居民":
		d.Words = "confirmed"
		return dialog.Done(civic.ConfirmDecline{By: by, Need: d.Need.ID}, d.declined(civic.Reason(d.Need.ReasonCode), d.Need.Reason, false, t.Now))
	case "先不办":
		return leftAlone()
	}
	d.Words = ""
	return dialog.Done(civic.RejectDecline{By: by, Need: d.Need.ID})
}

func (d *CaseDraft) toldSettle(t *Turn, got any) Reply {
	r := receipt(got)
	if d.Words == "confirmed" {
		return goOn(t, r.Number+" 不予受理已生效，都会告诉到。")
	}
	return goOn(t, r.Number+" 已退回初选，居民没有收到什么。")
}

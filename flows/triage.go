package flows

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

const triageID = "triage"

// TriageDraft is where somebody of the staff stands in the queue.
type TriageDraft struct {
	Offset int          `json:"offset,omitempty"`
	Total  int          `json:"total,omitempty"`
	Listed []triageLine `json:"listed,omitempty"` // as listed, so that a number keeps its meaning
	Case   CaseDraft    `json:"case,omitzero"`    // the one that is looked at
	Page   int          `json:"page,omitempty"`   // of what can be done to it
	Media  bool         `json:"media,omitempty"`  // it has photos or voices, and there are pages
	Voice  bool         `json:"voice,omitempty"`
	Did    string       `json:"did,omitempty"` // what was done to it here
	Note   string       `json:"note,omitempty"`
	Others []string     `json:"others,omitempty"` // merges that an author objects to
	Judge  []string     `json:"judge,omitempty"`  // a colleague's declines that wait for this one's word
}

// triageLine is a need as the list shows it.
type triageLine struct {
	ID     civic.NeedID `json:"id"`
	Number string       `json:"no"`
	Line   string       `json:"line"`
}

// triage 初选 shows what waits and opens the flows that do something about it. 下一件 goes through
// the queue one by one.
var triage = Flow[TriageDraft]{
	ID: triageID, Version: 1, Title: "初选", Opens: []string{"初选", "待初选", "需求初选", "下一件", "看下一件"},
	Match: after("初选"), For: forTriage, Lost: civic.NoLonger, Glance: true,
	Begin: (*TriageDraft).begin,
	Leads: triageActs(),
	Steps: []Step[TriageDraft]{
		{ID: "none", Open: (*TriageDraft).empty, Ask: (*TriageDraft).askNone},
		{ID: "list", Open: (*TriageDraft).listing, Ask: (*TriageDraft).askList, Hear: (*TriageDraft).hearList},
		{ID: "one", Open: (*TriageDraft).look, Ask: (*TriageDraft).askOne, Hear: (*TriageDraft).hearOne},
	},
	After: (*TriageDraft).after,
}

// noteTriage remembers the place of the need that was looked at last, for 下一件.
const noteTriage = "triage"

func (d *TriageDraft) begin(t *Turn, arg string) {
	switch {
	case arg != "":
		d.Case.find(t, arg)
		d.Note = d.Case.Why
	case t.Said("下一件", "看下一件"):
		d.next(t)
	default:
		t.SetNote(noteTriage, "")
	}
	if !d.Case.Found {
		d.load(t)
		d.objections(t)
		d.declines(t)
	}
}

// objections notes merges that an author objects to: they are decided before the queue.
func (d *TriageDraft) objections(t *Turn) {
	g, c := d.office(t)
	needs, err := t.World.Triage.Objections(t.Context(), c.ID, g.Grids, pageSize)
	if t.Failed(err) {
		return
	}
	d.Others = nil
	for i := range needs {
		d.Others = append(d.Others, short(needs[i].Number.String()))
	}
}

// declines notes what a colleague would decline: in the morning it is final.
func (d *TriageDraft) declines(t *Turn) {
	g, c := d.office(t)
	d.Judge = nil
	if !civic.May(g.Role, civic.ActDecline) {
		return
	}
	needs, err := t.World.Triage.Declines(t.Context(), c.ID, g.Grids, g.Staff, pageSize)
	if t.Failed(err) {
		return
	}
	for i := range needs {
		d.Judge = append(d.Judge, short(needs[i].Number.String()))
	}
}

// judged says that declines wait for one's word, "" where none do.
func (d *TriageDraft) judged() string {
	if len(d.Judge) == 0 {
		return ""
	}
	return "同事提出不予受理、等您复核：" + strings.Join(d.Judge, "、") + "。看一件，回“复核" + d.Judge[0] + "”。"
}

// first is what comes before the queue.
func (d *TriageDraft) first() string { return twoLines(d.Note, twoLines(d.judged(), d.objected())) }

// objected says that merges have to be looked at again, "" where none have.
func (d *TriageDraft) objected() string {
	if len(d.Others) == 0 {
		return ""
	}
	return "有人说合并的不是一回事：" + strings.Join(d.Others, "、") + "。看一件，回“分开" + d.Others[0] + "”。"
}

// office is by which office the account works here, and where.
func (*TriageDraft) office(t *Turn) (civic.Grant, civic.Community) {
	g, c, _ := officeFor(t, civic.ActTriage)
	return g, c
}

func (d *TriageDraft) load(t *Turn) {
	g, c := d.office(t)
	items, total, err := t.World.Triage.Queue(t.Context(), c.ID, g.Grids, time.Time{}, d.Offset, pageSize)
	if t.Failed(err) {
		return
	}
	d.Total, d.Listed = total, nil
	for i := range items {
		n := &items[i].Need
		if items[i].Holder == g.Staff {
			items[i].Held = "" // by themselves
		}
		d.Listed = append(d.Listed, triageLine{n.ID, n.Number.String(), queueLine(&items[i], t.Now, c.Settings)})
	}
}

// queueLine is a need in one line.
func queueLine(q *civic.Queued, now time.Time, s civic.Settings) string {
	marks := []string{waitAge(q.Need.WaitingSince, now, s)}
	if q.Need.State == civic.NeedDeclining {
		marks[0] = "等复核"
	}
	if q.Need.State == civic.NeedAppealed {
		marks = append(marks, "申诉")
	}
	if q.Need.Urgency() > 0 {
		marks = append(marks, "急")
	}
	if n := backingBrief(q.Need.Heat, q.Need.Others); n != "" {
		marks = append(marks, n)
	}
	if q.Lapsed {
		marks = append(marks, "问过没回")
	}
	if q.Held != "" {
		marks = append(marks, q.Held+"在看")
	}
	return short(q.Need.Number.String()) + " " + brief(q.Need.Text, 20) + "〔" + strings.Join(marks, "；") + "〕"
}

// seen is a place in the queue, as the note keeps it.
func seen(n *civic.Need) string {
	return fmt.Sprintf("%d@%d", n.QueuePlace().UnixMilli(), n.ID)
}

// next takes the first need after the one looked at last that nobody else looks at; after the end
// it begins again.
func (d *TriageDraft) next(t *Turn) {
	g, c := d.office(t)
	from, last := time.Time{}, civic.NeedID(0)
	if at, id, ok := strings.Cut(t.Note(noteTriage), "@"); ok {
		ms, err := strconv.ParseInt(at, 10, 64)
		need, err2 := strconv.ParseInt(id, 10, 64)
		if err == nil && err2 == nil {
			from, last = time.UnixMilli(ms), civic.NeedID(need)
		}
	}
	if d.nextFrom(t, g, c, from, last) || from.IsZero() {
		return
	}
	if d.nextFrom(t, g, c, time.Time{}, 0) {
		d.Note = "后面没有了，从头看起。"
	}
}

// nextPage is how many are looked through for one that nobody looks at.
const nextPage = 20

func (d *TriageDraft) nextFrom(t *Turn, g civic.Grant, c civic.Community, from time.Time, last civic.NeedID) bool {
	items, _, err := t.World.Triage.Queue(t.Context(), c.ID, g.Grids, from, 0, nextPage)
	if t.Failed(err) {
		return false
	}
	for i := range items {
		q := &items[i]
		passed := q.Need.QueuePlace().Equal(from) && q.Need.ID <= last
		if passed || q.Held != "" && q.Holder != g.Staff {
			continue
		}
		d.Case.take(t, q.Need, g)
		return d.Case.Found
	}
	return false
}

func (d *TriageDraft) empty(*Turn) bool   { return !d.Case.Found && d.Total == 0 }
func (d *TriageDraft) listing(*Turn) bool { return !d.Case.Found }
func (d *TriageDraft) more() bool         { return d.Offset+len(d.Listed) < d.Total }

func (d *TriageDraft) askNone(*Turn) Reply {
	return Reply{Text: withLine(d.first(), "初选都办完了，没有在等的。")}
}

func (d *TriageDraft) askList(*Turn) Reply {
	labels := make([]string, len(d.Listed))
	for i, l := range d.Listed {
		labels[i] = l.Line
	}
	r := Reply{
		Text:    withLine(d.first(), manyOf(d.Total)+" 件在等初选，等得久的、急的、附议多的在前。看哪一件？"),
		Choices: numbered(labels), After: "一件一件办，回“下一件”。",
	}
	if d.more() {
		r.After += "后面还有，回“下一页”。"
	}
	return r
}

func (d *TriageDraft) hearList(t *Turn) Move {
	d.Note = ""
	switch {
	case t.Said("下一页", "更多", "后面的", "还有呢") && d.more():
		d.Offset += len(d.Listed)
		d.load(t)
		return dialog.Stay("")
	case t.Said("上一页", "前面的") && d.Offset > 0:
		d.Offset = max(0, d.Offset-pageSize)
		d.load(t)
		return dialog.Stay("")
	}
	labels := make([]string, len(d.Listed))
	for i, l := range d.Listed {
		labels[i] = l.Line
	}
	i, v := t.Choice(labels...)
	if v == zh.Sure && !zeroed(t.Text) {
		d.Case.find(t, d.Listed[i].Number)
	} else if _, seq, ok := numberIn(t.Text); ok && (seq > pageSize || zeroed(t.Text)) {
		d.Case.find(t, t.Text)
	}
	switch {
	case d.Case.Found:
		return dialog.Next()
	case d.Case.Why != "":
		return dialog.Again(d.Case.Why)
	}
	return dialog.Again(askNumber(len(d.Listed)) + "也可以回编号，比如 018。")
}

// zeroed says that a number is written as public numbers are, 001, and not as a choice is.
func zeroed(text string) bool { return strings.HasPrefix(zh.Narrow(strings.TrimSpace(text)), "0") }

// look notes that the account looks at the need now.
func (d *TriageDraft) look(t *Turn) bool {
	if !d.Case.Found {
		return false
	}
	d.Page, d.Did = 0, ""
	d.Voice = d.Case.Voices > 0
	d.Media = canLink(t) && d.Case.Voices+d.Case.Need.Photos > 0
	t.SetNote(noteTriage, seen(&d.Case.Need))
	t.Also(civic.HoldNeed{By: byIn(t, d.Case.Need.Community), Need: d.Case.Need.ID})
	return true
}

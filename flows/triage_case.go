package flows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// CaseDraft is one need that somebody of the staff works on, and what they have said of it so far.
type CaseDraft struct {
	Need     civic.Need `json:"need,omitzero"`
	Found    bool       `json:"found,omitempty"`
	Why      string     `json:"why,omitempty"`   // why it cannot be worked on
	Words    string     `json:"words,omitempty"` // what is to be read by others
	Also     []string   `json:"also,omitempty"`  // numbers of those that go on in it
	Authors  int        `json:"authors,omitempty"`
	Backers  int        `json:"backers,omitempty"`
	Voices   int        `json:"voices,omitempty"`
	Decliner bool       `json:"decliner,omitempty"` // this account would decline it, or did
}

// find looks a number of the community up for which the account works.
func (d *CaseDraft) find(t *Turn, arg string) {
	*d = CaseDraft{}
	year, seq, rest, ok := cutNumber(arg)
	if !ok {
		return
	}
	g, c, ok := officeFor(t, civic.ActTriage)
	if !ok {
		return
	}
	n, found, err := t.World.Needs.ByNumber(t.Context(), c.ID, year, seq)
	if t.Failed(err) {
		return
	}
	switch {
	case !found:
		d.Why = c.Name + "没有编号 " + fmt.Sprintf("%03d", seq) + " 的需求。"
	case !g.Reaches(n.Grid):
		d.Why = n.Number.String() + " 在别的网格，由那边的网格员办。"
	default:
		d.take(t, n, g)
		d.Words = rest
	}
}

// take keeps a need that was read, and what is to be known of those it concerns.
func (d *CaseDraft) take(t *Turn, n civic.Need, g civic.Grant) {
	k, ok, err := t.World.Triage.Docket(t.Context(), n.ID)
	if t.Failed(err) || !ok {
		return
	}
	n.Additions, n.Text = nil, zh.Cut(n.Text, maxWhat)
	d.Need, d.Found, d.Authors, d.Backers, d.Voices = n, true, k.Authors, k.Backers, k.Voices
	d.Decliner = k.Decliner != 0 && k.Decliner == g.Staff
	for _, m := range k.Merged {
		d.Also = append(d.Also, m.Number.String())
	}
}

// open says whether a number has still to be asked for: none was found, or its need is in none
// of the states in which this can be done.
func (d *CaseDraft) open(states ...civic.NeedState) bool {
	if d.Found && !slices.Contains(states, d.Need.State) {
		d.Why, d.Found = d.Need.Number.String()+" 现在是“"+staffState(d.Need.State)+"”，这一步办不了。", false
		if d.Need.State == civic.NeedDeclining {
			d.Why += "复核请回“复核" + short(d.Need.Number.String()) + "”。"
		}
	}
	return !d.Found
}

// staffState names a state as staff read it, who see what residents do not.
func staffState(s civic.NeedState) string {
	if s == civic.NeedDeclining {
		return "等复核：不予受理"
	}
	return stateName(s)
}

func (d *CaseDraft) askWhich(*Turn) Reply {
	return Reply{Text: withLine(d.Why, "要办哪一件？请回编号，比如 018；回“初选”看都有哪些。")}
}

// withLine puts a first line before a text, unless it is empty.
func withLine(first, text string) string {
	if first == "" {
		return text
	}
	return first + "\n" + text
}

func (d *CaseDraft) hearWhich(t *Turn) Move {
	d.find(t, t.Text)
	if !d.Found {
		if d.Why != "" {
			return dialog.Stay("")
		}
		return dialog.Again("没有认出编号。")
	}
	return dialog.Next()
}

// whichOf is the first step of flows that do something to a need: it asks for one in the states
// given. Its Hear goes on only if the next Open finds the state fit, so it looks itself.
func whichOf(states ...civic.NeedState) Step[CaseDraft] {
	return Step[CaseDraft]{
		ID: "which", Open: func(d *CaseDraft, _ *Turn) bool { return d.open(states...) }, Ask: (*CaseDraft).askWhich,
		Hear: func(d *CaseDraft, t *Turn) Move {
			m := d.hearWhich(t)
			if d.Found && d.open(states...) {
				return dialog.Stay("")
			}
			return m
		},
	}
}

// title names the need in a sentence.
func (d *CaseDraft) title() string {
	return d.Need.Number.String() + "“" + brief(d.Need.Text, 30) + "”"
}

// who counts those who will be told.
func (d *CaseDraft) who() string {
	s := fmt.Sprintf("%d 位提出人", d.Authors)
	if d.Backers > 0 {
		s += fmt.Sprintf("、%d 位附议人", d.Backers)
	}
	return s
}

// news is what those who raised or endorsed the need will be told, once for each state and, where
// more than one need may lead there, once for each of mark.
func (d *CaseDraft) news(n NeedNews, mark string) civic.MakePush {
	n.Number, n.Text, n.Also = d.Need.Number.String(), brief(d.Need.Text, maxNews), d.Also
	return newsOf(&d.Need, n, mark)
}

// preview shows a push as people will read it.
func preview(p civic.MakePush) string {
	text, err := Tell(p.Push.Kind, p.Push.Args, false)
	if err != nil { // a flow makes only what can be told; its tests see to it
		return ""
	}
	return "“" + strings.ReplaceAll(text.Plain, "\n", "\n　") + "”"
}

// sure reads the answer to a question with a first choice that does it and a second that does not.
func sure(t *Turn, yes, no string) (did, ok bool) {
	i, v := t.Choice(yes, no)
	switch {
	case v == zh.Sure:
		return i == 0, true
	case v == zh.None && zh.YesNo(t.Text) != zh.Neither:
		return zh.YesNo(t.Text) == zh.Yes, true
	}
	return false, false
}

// askSure shows what will be told and asks.
func (d *CaseDraft) askSure(what string, p civic.MakePush, yes string) Reply {
	return Reply{Text: what + "\n" + d.who() + "会收到：\n" + preview(p), Choices: numbered([]string{yes, "先不办"})}
}

// leftAlone ends a flow of staff in which nothing was done.
func leftAlone() Move {
	return dialog.Done().Saying("好，没有办，它还在初选里。回“下一件”看下一件。")
}

// goOn adds to what was done how many still wait, and the way to the next one.
func goOn(t *Turn, text string) Reply {
	g, c, ok := officeFor(t, civic.ActTriage)
	if !ok {
		return Reply{Text: text}
	}
	_, total, err := t.World.Triage.Queue(t.Context(), c.ID, g.Grids, time.Time{}, 0, 0)
	if t.Failed(err) {
		return Reply{}
	}
	if total == 0 {
		return Reply{Text: text + "\n初选都办完了。"}
	}
	return Reply{
		Text:    text + "\n还有 " + manyOf(total) + " 件在等。",
		Choices: []Choice{{Label: "下一件", Send: "下一件"}, {Label: "看全部", Send: "初选"}},
	}
}

// manyOf writes a count that look-ups bound at a thousand.
func manyOf(n int) string {
	if n >= 1000 {
		return "1000 多"
	}
	return fmt.Sprint(n)
}

// waitAge says for how long something has waited, and marks what is too old.
func waitAge(since, now time.Time, s civic.Settings) string {
	days := int(now.Sub(since) / (24 * time.Hour))
	text := fmt.Sprintf("等了 %d 天", days)
	if days == 0 {
		text = "今天到的"
	}
	if civic.Old(since, now, s) {
		text += "，久"
	}
	return text
}

var forTriage = forAct(civic.ActTriage)

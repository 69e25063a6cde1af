package flows

import (
	"fmt"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// action is something that can be done to a need, in a flow of its own.
type action struct{ word, flow string }

// actions are what can be done to a need, the common ones first; the second page comes after 更多.
func (d *TriageDraft) actions() []action {
	first := []action{{"受理", "accept-need"}}
	rest := []action{}
	switch d.Case.Need.State {
	case civic.NeedRaised:
	case civic.NeedAppealed:
	case civic.NeedDeclining:
		first = nil
	case civic.NeedAccepted:
		first = nil
	case civic.NeedDeclined, civic.NeedHanded, civic.NeedMerged, civic.NeedWithdrawn:
		return nil
	}
	if d.More {
		return rest
	}
	return first
}

// triageActs lists the flows that 初选 may open.
func triageActs() []string {
	return []string{"accept-need"}
}

func (d *TriageDraft) words() []string {
	var ws []string
	for _, a := range d.actions() {
		ws = append(ws, a.word)
	}
	if !d.More && d.Case.Need.State != civic.NeedWithdrawn {
		ws = append(ws, "更多")
	}
	return ws
}

func (d *TriageDraft) askOne(t *Turn) Reply {
	k, ok, err := t.World.Triage.Docket(t.Context(), d.Case.Need.ID)
	if t.Failed(err) || !ok {
		return Reply{Text: "这件现在查不到，请回“初选”。"}
	}
	g, c := d.office(t)
	text := docketText(t, &k, g, c)
	return Reply{Text: withLine(d.Note, text), Choices: numbered(d.words()), After: "先不办，回“下一件”或“初选”。"}
}

// docketText is all that staff have to know of a need to decide.
func docketText(t *Turn, k *civic.Docket, g civic.Grant, c civic.Community) string {
	n := &k.Need
	var b strings.Builder
	fmt.Fprintf(&b, "%s〔%s〕%s\n%s", n.Number, staffState(n.State), waited(n.WaitingSince, t.Now, c.Settings), n.Text)
	if n.Place.Text != "" {
		fmt.Fprintf(&b, "\n位置：%s", n.Place.Text)
	}
	fmt.Fprintf(&b, "\n类别：%s", n.Category)
	if n.Pressing() {
		b.WriteString("，急")
	}
	if n.MarkedHard > 0 {
		b.WriteString("，难")
	}
	fmt.Fprintf(&b, "；%d 人附议", n.Heat)
	if n.Others > 0 {
		fmt.Fprintf(&b, "，另有 %d 人没认证", n.Others)
	}
	fmt.Fprintf(&b, "；%s提", day(n.RaisedAt, t.Now))
	if n.Photos > 0 {
		fmt.Fprintf(&b, "；%d 张照片", n.Photos)
	}
	if k.Voices > 0 {
		fmt.Fprintf(&b, "；%d 段语音", k.Voices)
	}
	if !n.Released {
		b.WriteString("；没公开")
	}
	for _, a := range n.Additions {
		fmt.Fprintf(&b, "\n补充（%s）：%s", day(a.At, t.Now), a.Text)
	}
	if k.Held != "" && k.Holder != g.Staff {
		fmt.Fprintf(&b, "\n%s正在看。", k.Held)
	}
	return b.String()
}

func (d *TriageDraft) hearOne(t *Turn) Move {
	d.Note = ""
	words := d.words()
	i, v := t.Choice(words...)
	switch {
	case t.Said("更多", "别的") && !d.More:
		d.More = true
		return dialog.Stay("")
	case v != zh.Sure:
		return dialog.Again(askNumber(len(words)))
	case words[i] == "更多":
		d.More = true
		return dialog.Stay("")
	}
	return dialog.Open(d.actions()[i].flow, &dialog.Input{Kind: dialog.Text, Text: d.Case.Need.Number.String()})
}

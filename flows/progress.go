package flows

import (
	"fmt"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// NumberDraft is a need looked up by its number.
type NumberDraft struct {
	Need  civic.Need `json:"need,omitzero"`
	Own   bool       `json:"own,omitempty"`
	Found bool       `json:"found,omitempty"`
	Words string     `json:"words,omitempty"` // 补充: what is to be added
	text  string     // 进度: what is shown at once
}

// find looks the number in arg up, as the account may see it.
func (d *NumberDraft) find(t *Turn, arg string) {
	year, seq, rest, ok := cutNumber(arg)
	if !ok {
		return
	}
	s, found, err := t.World.Needs.Sight(t.Context(), civic.Account(t.Account), home(t), year, seq)
	if t.Failed(err) {
		return
	}
	d.Need, d.Own, d.Found, d.Words = s.Need, s.Own, found, rest
	if found {
		d.text = twoLines(describeSight(&s, t.Now, settings(t)), inRound(t, s.Open()))
	}
	d.Need.Additions = nil // the session keeps no more than what is asked about
}

func (d *NumberDraft) own(*Turn) bool { return d.Found && d.Own }

// progress 进度 says where one need stands.
var progress = Flow[NumberDraft]{
	ID: "progress", Version: 1, Title: "进度",
	Match:    after("进度", "查进度", "进展", "查询", "查"),
	Requires: needsHome,
	Begin:    (*NumberDraft).find,
	Steps: []Step[NumberDraft]{
		{ID: "show", Ask: (*NumberDraft).askShow},
	},
}

func (d *NumberDraft) askShow(t *Turn) Reply {
	if !d.Found {
		return Reply{Text: notSeen + "回“我的”看您自己提的。"}
	}
	saw(t, d.Need.Number)
	return Reply{Text: d.text}
}

// withdraw 撤回 ends one's own need.
var withdraw = Flow[NumberDraft]{
	ID: "withdraw", Version: 1, Title: "撤回", Opens: []string{"撤回", "撤回需求"},
	Match:    after("撤回", "撤销"),
	Requires: needsHome,
	Begin:    (*NumberDraft).find,
	Steps: []Step[NumberDraft]{
		{ID: "which", Open: (*NumberDraft).notMine, Ask: (*NumberDraft).askWhich, Hear: (*NumberDraft).hearWhich},
		{ID: "sure", Ask: (*NumberDraft).askWithdraw, Hear: (*NumberDraft).hearWithdraw, Commits: true},
	},
	Told: (*NumberDraft).toldWithdraw,
}

func (d *NumberDraft) notMine(t *Turn) bool { return !d.own(t) }

func (d *NumberDraft) askWhich(*Turn) Reply {
	return Reply{Text: "是您提的哪一件？请回编号，比如 018。不记得就回“我的”。"}
}

func (d *NumberDraft) hearWhich(t *Turn) Move {
	words := d.Words
	d.find(t, t.Text)
	if d.Words == "" {
		d.Words = words
	}
	if !d.own(t) {
		return dialog.Again("您没有提过这个编号的需求。")
	}
	return dialog.Next()
}

func (d *NumberDraft) askWithdraw(*Turn) Reply {
	after := "撤回后不再办理。"
	if n := d.Need.Heat + d.Need.Others; n > 0 {
		after = fmt.Sprintf("撤回后不再办理，附议的 %d 人会知道。", n)
	}
	return Reply{
		Text:    "要撤回 " + d.Need.Number.String() + "“" + brief(d.Need.Text, 30) + "”吗？" + after,
		Choices: numbered([]string{"撤回", "不撤了"}),
	}
}

func (d *NumberDraft) hearWithdraw(t *Turn) Move {
	i, v := t.Choice("撤回", "不撤了")
	switch {
	case v == zh.Sure && i == 0 || v == zh.None && zh.YesNo(t.Text) == zh.Yes:
		return dialog.Done(
			civic.WithdrawNeed{Account: civic.Account(t.Account), Need: d.Need.ID},
			needNews(&d.Need, civic.NeedWithdrawn, civic.Account(t.Account)))
	case v == zh.Sure && i == 1 || v == zh.None && zh.YesNo(t.Text) == zh.No:
		return dialog.Done().Saying("好，没有撤回。")
	}
	return dialog.Again(askNumber(2))
}

func (d *NumberDraft) toldWithdraw(_ *Turn, got any) Reply {
	return Reply{Text: "已撤回 " + receipt(got).Number + "。要重新提，回“提需求”。"}
}

// maxWords bounds an addition, in characters as people count them.
const maxWords = 200

// addTo 补充 adds a sentence to one's own need.
var addTo = Flow[NumberDraft]{
	ID: "add-to-need", Version: 1, Title: "补充", Opens: []string{"补充", "补充需求"},
	Match:    after("补充"),
	Requires: needsHome,
	Begin:    (*NumberDraft).find,
	Steps: []Step[NumberDraft]{
		{ID: "which", Open: (*NumberDraft).notMine, Ask: (*NumberDraft).askWhich, Hear: (*NumberDraft).hearWhich},
		{ID: "words", Open: (*NumberDraft).noWords, Ask: (*NumberDraft).askWords, Hear: (*NumberDraft).hearWords, Label: "补充", Show: (*NumberDraft).showWords},
		{ID: "confirm", Ask: (*NumberDraft).askAdd, Hear: (*NumberDraft).hearAdd, Commits: true},
	},
	Told: (*NumberDraft).toldAdd,
}

func (d *NumberDraft) noWords(t *Turn) bool {
	n := zh.Runes(d.Words)
	d.Words = zh.Mask(d.Words)
	return t.Editing() || n < 2 || n > maxWords
}

func (d *NumberDraft) askWords(*Turn) Reply {
	return Reply{Text: "要给 " + d.Need.Number.String() + " 补充什么？请写一两句。"}
}

func (d *NumberDraft) hearWords(t *Turn) Move {
	if n := zh.Runes(t.Text); n > maxWords {
		return dialog.Again("写得太长了，请缩到 200 个字以内。")
	}
	d.Words = zh.Mask(t.Text)
	return dialog.Next()
}

func (d *NumberDraft) showWords() string { return d.Words }

func (d *NumberDraft) askAdd(*Turn) Reply {
	return Reply{
		Text:    "给 " + d.Need.Number.String() + " 补充：\n“" + d.Words + "”\n对吗？",
		Choices: []Choice{{Label: "提交", Send: "提交"}},
		After:   "对就回“提交”；要改回“改1”；不补了回“取消”。",
	}
}

func (d *NumberDraft) hearAdd(t *Turn) Move {
	if !confirmed(t) {
		return dialog.Again("还没有提交。")
	}
	return dialog.Done(civic.AddToNeed{Account: civic.Account(t.Account), Need: d.Need.ID, Text: d.Words})
}

func (d *NumberDraft) toldAdd(_ *Turn, got any) Reply {
	r := receipt(got)
	if r.Public {
		return Reply{Text: "已补充到 " + r.Number + "，已经公开。"}
	}
	return Reply{Text: "已补充到 " + r.Number + "，网格员看过后公开。"}
}

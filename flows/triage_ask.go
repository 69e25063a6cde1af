package flows

import (
	"encoding/json"
	"fmt"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// askAuthor 问提出人 puts a question to the authors, who answer in their own chat.
var askAuthor = Flow[CaseDraft]{
	ID: "ask-author", Version: 1, Title: "问提出人",
	Match: after("问提出人", "问"), For: forTriage, Lost: civic.NoLonger,
	Begin: (*CaseDraft).find,
	Steps: []Step[CaseDraft]{
		whichOf(civic.NeedRaised, civic.NeedAppealed),
		{ID: "words", Open: (*CaseDraft).unasked, Ask: (*CaseDraft).askQuestion, Hear: (*CaseDraft).hearQuestion, Label: "问题", Show: (*CaseDraft).showWords},
		{ID: "sure", Ask: (*CaseDraft).askQuestionSure, Hear: (*CaseDraft).hearQuestionSure, Commits: true},
	},
	Told: func(_ *CaseDraft, t *Turn, got any) Reply {
		return goOn(t, "问了 "+receipt(got).Number+" 的提出人。有回答会告诉您，7 天没回就放回队列。")
	},
}

func (d *CaseDraft) unasked(t *Turn) bool {
	n := zh.Runes(d.Words)
	d.Words = zh.Mask(oneLine(d.Words))
	return t.Editing() || n < 2 || n > civic.MaxSentence
}

func (d *CaseDraft) askQuestion(*Turn) Reply {
	return Reply{Text: "想问 " + d.Need.Number.String() + " 的提出人什么？写一句。"}
}

func (d *CaseDraft) hearQuestion(t *Turn) Move { return d.hearSentence(t, civic.MaxSentence) }

func (d *CaseDraft) asked(t *Turn) civic.MakePush {
	id := fmt.Sprintf("ask-%d-%x", d.Need.ID, t.Now.Unix())
	args, _ := json.Marshal(NeedQuestion{Number: d.Need.Number.String(), Text: brief(d.Need.Text, maxNews), Question: d.Words}) // strings always can be
	return civic.MakePush{
		Push:     civic.Push{ID: id, Purpose: id, Community: d.Need.Community, Kind: TellNeedQuestion, Args: args},
		Audience: civic.Audience{Need: d.Need.ID, Authors: true},
	}
}

func (d *CaseDraft) askQuestionSure(t *Turn) Reply {
	return Reply{
		Text:    fmt.Sprintf("%d 位提出人会收到：\n%s", d.Authors, preview(d.asked(t))),
		Choices: numbered([]string{"问", "先不办"}), After: "要改回“改1”。",
	}
}

func (d *CaseDraft) hearQuestionSure(t *Turn) Move {
	did, ok := sure(t, "问", "先不办")
	switch {
	case !ok && rewrites(t):
		return d.rewrite(t)
	case !ok:
		return dialog.Again(askNumber(2))
	case !did:
		return leftAlone()
	}
	return dialog.Done(civic.AskAuthor{By: byIn(t, d.Need.Community), Need: d.Need.ID, Text: d.Words}, d.asked(t),
		civic.ArmTimer{Timer: civic.AskTimer(d.Need.ID, t.Now)})
}

// AnswerDraft is an author's answer to a question of staff.
type AnswerDraft struct {
	Open  []civic.Question `json:"open,omitempty"`
	Pick  int              `json:"pick,omitempty"`
	Found bool             `json:"found,omitempty"`
	Words string           `json:"words,omitempty"`
}

// questionsMost is how many open questions are offered at once.
const questionsMost = 5

// answerAuthor 回 answers what staff asked about a need.
var answerAuthor = Flow[AnswerDraft]{
	ID: "answer-author", Version: 1, Title: "回答网格员", Opens: []string{"问我的", "回答", "回答问题", "有人问我"},
	Match: after("回答", "回复", "回"), Requires: needsHome,
	Begin: (*AnswerDraft).begin,
	Steps: []Step[AnswerDraft]{
		{ID: "none", Open: func(d *AnswerDraft, _ *Turn) bool { return len(d.Open) == 0 }, Say: "现在没有要您回答的问题。您提过的，回“我的”看。"},
		{ID: "which", Open: func(d *AnswerDraft, _ *Turn) bool { return !d.Found }, Ask: (*AnswerDraft).askWhich, Hear: (*AnswerDraft).hearWhich},
		{ID: "words", Open: func(d *AnswerDraft, t *Turn) bool { return d.Words == "" || t.Editing() }, Ask: (*AnswerDraft).askWords, Hear: (*AnswerDraft).hearWords, Commits: true},
		{ID: "confirm", Open: always[AnswerDraft], Ask: (*AnswerDraft).askConfirm, Hear: (*AnswerDraft).hearConfirm, Commits: true},
	},
	Told: (*AnswerDraft).told,
}

func (d *AnswerDraft) begin(t *Turn, arg string) {
	open, err := t.World.Triage.Questions(t.Context(), civic.Account(t.Account), questionsMost)
	if t.Failed(err) {
		return
	}
	d.Open = open
	_, seq, rest, ok := cutNumber(arg)
	for i := range open {
		if ok && open[i].Number.Seq == seq || !ok && len(open) == 1 {
			d.Pick, d.Found = i, true
		}
	}
	if n := zh.Runes(rest); d.Found && n > 0 && n <= civic.MaxAnswer {
		d.Words = zh.Mask(rest)
	}
}

func (d *AnswerDraft) askWhich(*Turn) Reply {
	labels := make([]string, len(d.Open))
	for i := range d.Open {
		labels[i] = short(d.Open[i].Number.String()) + " " + brief(d.Open[i].Text, 30)
	}
	return Reply{Text: "答哪一个问题？", Choices: numbered(labels)}
}

func (d *AnswerDraft) hearWhich(t *Turn) Move {
	labels := make([]string, len(d.Open))
	for i := range d.Open {
		labels[i] = d.Open[i].Text
	}
	i, v := t.Choice(labels...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(d.Open)))
	}
	d.Pick, d.Found = i, true
	return dialog.Next()
}

func (d *AnswerDraft) askWords(*Turn) Reply {
	q := &d.Open[d.Pick]
	return Reply{Text: "关于您提的 " + q.Number.String() + "，网格员问：\n“" + q.Text + "”\n请回一句。"}
}

func (d *AnswerDraft) hearWords(t *Turn) Move {
	if n := zh.Runes(t.Text); n > civic.MaxAnswer {
		return dialog.Again(fmt.Sprintf("最多写 %d 个字，您写了 %d 个。", civic.MaxAnswer, n))
	}
	d.Words = zh.Mask(t.Text)
	return d.done(t)
}

// done sends the answer, and tells whoever asked.
func (d *AnswerDraft) done(t *Turn) Move {
	q := &d.Open[d.Pick]
	c, _ := ours(t)
	id := fmt.Sprintf("answer-%d-%x", q.Need, q.At.UnixMilli())
	args, _ := json.Marshal(NeedAnswer{Number: q.Number.String(), Question: brief(q.Text, maxNews), Answer: d.Words}) // strings always can be
	return dialog.Done(
		civic.AnswerAuthor{Account: civic.Account(t.Account), Need: q.Need, Text: d.Words},
		civic.MakePush{
			Push:     civic.Push{ID: id, Purpose: id, Community: c.ID, Kind: TellNeedAnswer, Args: args},
			Audience: civic.Audience{Staff: []civic.StaffID{q.Staff}},
		})
}

func (d *AnswerDraft) askConfirm(*Turn) Reply {
	q := &d.Open[d.Pick]
	return Reply{
		Text:    "网格员问：“" + q.Text + "”\n您答：“" + d.Words + "”\n对吗？",
		Choices: []Choice{{Label: "提交", Send: "提交"}}, After: "对就回“提交”；不答了回“取消”。",
	}
}

func (d *AnswerDraft) hearConfirm(t *Turn) Move {
	if !confirmed(t) {
		return dialog.Again("还没有提交。")
	}
	return d.done(t)
}

func (d *AnswerDraft) told(_ *Turn, got any) Reply {
	r := receipt(got)
	if r.Late {
		return Reply{Text: "您的回答记下了，网格员看得到。不过这件刚才已经有了结果，回“进度" + short(r.Number) + "”看看。"}
	}
	return Reply{Text: "您的回答记在 " + r.Number + " 里了，网格员马上看得到。谢谢您。"}
}

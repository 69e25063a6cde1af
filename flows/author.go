package flows

import (
	"fmt"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// AuthorDraft is an own need about which its author has a word to say.
type AuthorDraft struct {
	sightTo
	Text string `json:"text,omitempty"`
}

func (d *AuthorDraft) begin(t *Turn, arg string) {
	d.find(t, arg)
	if d.Words != "" {
		d.Text = zh.Mask(d.Words)
	}
}

func (d *AuthorDraft) notMine(*Turn) bool { return !d.Found || !d.Sight.Own }

func (*AuthorDraft) askWhich(*Turn) Reply {
	return Reply{Text: "是您提的哪一件？请回编号，比如 018。不记得就回“我的”。"}
}

func (d *AuthorDraft) hearWhich(t *Turn) Move {
	words := d.Text
	if d.find(t, t.Text); !d.Found || !d.Sight.Own {
		return dialog.Again("您没有提过这个编号的需求。")
	}
	if d.Words == "" {
		d.Text = words
	}
	return dialog.Next()
}

// number is the own need's.
func (d *AuthorDraft) number() string { return d.Sight.Need.Number.String() }

func (d *AuthorDraft) noText(t *Turn) bool {
	return t.Editing() || zh.Runes(d.Text) < 2 || zh.Runes(d.Text) > maxWords
}

func (d *AuthorDraft) hearText(t *Turn) Move {
	if n := zh.Runes(t.Text); n > maxWords {
		return dialog.Again(fmt.Sprintf("写得太长了，请缩到 %d 个字以内。", maxWords))
	}
	d.Text = zh.Mask(t.Text)
	return dialog.Next()
}

func (d *AuthorDraft) showText() string { return d.Text }

// rewrite 重写 replaces the words of an own need that is not public yet.
var rewrite = Flow[AuthorDraft]{
	ID: "rewrite", Version: 1, Title: "重写", Opens: []string{"重写", "重写需求"},
	Match: after("重写"), Requires: needsHome,
	Begin: (*AuthorDraft).begin,
	Steps: []Step[AuthorDraft]{
		{ID: "which", Open: (*AuthorDraft).notMine, Ask: (*AuthorDraft).askWhich, Hear: (*AuthorDraft).hearWhich},
		{ID: "useless", Open: (*AuthorDraft).noRewrite, Ask: (*AuthorDraft).askNoRewrite},
		{ID: "text", Open: (*AuthorDraft).noWhat, Ask: (*AuthorDraft).askWhat, Hear: (*AuthorDraft).hearWhat, Label: "事情", Show: (*AuthorDraft).showText},
		{ID: "confirm", Open: always[AuthorDraft], Ask: (*AuthorDraft).askRewrite, Hear: (*AuthorDraft).hearRewrite, Commits: true},
	},
	Told: func(_ *AuthorDraft, _ *Turn, got any) Reply {
		return Reply{Text: receipt(got).Number + " 已重写，网格员再看一遍后公开。"}
	},
}

func (d *AuthorDraft) noRewrite(*Turn) bool {
	n := &d.Sight.Need
	return n.Released || n.TakenDown || n.Hidden
}

func (d *AuthorDraft) askNoRewrite(*Turn) Reply {
	no := short(d.number())
	if d.Sight.Need.Released {
		return Reply{Text: d.number() + " 已经公开，不能重写。要加一句，回“补充" + no + "”。"}
	}
	return Reply{Text: d.number() + " 已撤下或正在核，不能重写。看详情回“进度" + no + "”。"}
}

func (d *AuthorDraft) noWhat(t *Turn) bool {
	return t.Editing() || zh.Runes(d.Text) < minWhat || zh.Runes(d.Text) > maxWhat
}

func (d *AuthorDraft) askWhat(*Turn) Reply {
	n := &d.Sight.Need
	text := d.number() + " 原来写的是“" + n.Text + "”。"
	if n.KeptBack {
		text += "没公开的原因：" + sentence(reasonOf(n))
	}
	return Reply{Text: text + "\n请重新写一遍。"}
}

// reasonOf is why a need was kept back or taken down.
func reasonOf(n *civic.Need) string {
	if n.PublicReason != "" {
		return n.PublicReason
	}
	return civic.PublicReasonText(n.PublicCode)
}

// hearAnew takes the whole of a need's text, written anew.
func hearAnew(t *Turn, text *string) Move {
	switch n := zh.Runes(t.Text); {
	case n > maxWhat:
		return dialog.Again(fmt.Sprintf("最多写 %d 个字，您写了 %d 个。", maxWhat, n))
	case n < minWhat:
		return dialog.Again("太短了，怕看不明白。")
	}
	*text = zh.Mask(t.Text)
	return dialog.Next()
}

func (d *AuthorDraft) hearWhat(t *Turn) Move {
	return hearAnew(t, &d.Text)
}

func (d *AuthorDraft) askRewrite(*Turn) Reply { return confirmText(d.number()+" 改成", d.Text) }

// confirmText shows words once more before they are sent.
func confirmText(what, text string) Reply {
	return Reply{
		Text:    what + "：\n“" + text + "”\n对吗？",
		Choices: []Choice{{Label: "提交", Send: "提交"}},
		After:   "对就回“提交”；要改回“改1”；不办了回“取消”。",
	}
}

func confirmed(t *Turn) bool { return agreed(t, "提交", "确认提交") }

// agreed hears the only choice of a last question: by its words or others, as yes, or as 1.
func agreed(t *Turn, only string, words ...string) bool {
	_, v := t.Choice(only)
	return v == zh.Sure || v != zh.Out && zh.YesNo(t.Text) == zh.Yes || t.Said(append(words, "确认")...)
}

func (d *AuthorDraft) hearRewrite(t *Turn) Move {
	if !confirmed(t) {
		return dialog.Again("还没有提交。")
	}
	return dialog.Done(civic.RewriteNeed{Account: civic.Account(t.Account), Need: d.Sight.Need.ID, Text: d.Text})
}

// appeal 申诉 has somebody else look again at an own need that was declined or taken down.
var appeal = Flow[AuthorDraft]{
	ID: "appeal", Version: 1, Title: "申诉", Opens: []string{"申诉", "我要申诉"},
	Match: after("申诉"), Requires: needsHome,
	Begin: (*AuthorDraft).begin,
	Steps: []Step[AuthorDraft]{
		{ID: "which", Open: (*AuthorDraft).notMine, Ask: (*AuthorDraft).askWhich, Hear: (*AuthorDraft).hearWhich},
		{ID: "useless", Open: (*AuthorDraft).noAppeal, Ask: (*AuthorDraft).askNoAppeal},
		{ID: "text", Open: (*AuthorDraft).noText, Ask: (*AuthorDraft).askAppeal, Hear: (*AuthorDraft).hearText, Label: "申诉", Show: (*AuthorDraft).showText},
		{ID: "confirm", Open: always[AuthorDraft], Ask: (*AuthorDraft).askAppealSure, Hear: (*AuthorDraft).hearAppeal, Commits: true},
	},
	Told: func(_ *AuthorDraft, _ *Turn, got any) Reply {
		return Reply{Text: "申诉收到了，由另一位工作人员来定，结果会告诉您。编号 " + receipt(got).Number + "。"}
	},
}

// declined says that it is the decline, of the need or of what it goes on in, that is appealed.
func (d *AuthorDraft) declined() bool {
	n := d.Sight.Open()
	return n.State == civic.NeedDeclined && !n.LastWord
}

func (d *AuthorDraft) noAppeal(*Turn) bool {
	return !d.declined() && (!d.Sight.Need.TakenDown || d.Sight.Need.Appealed)
}

func (d *AuthorDraft) askNoAppeal(*Turn) Reply {
	if n := d.Sight.Open(); n.LastWord {
		return Reply{Text: n.Number.String() + " 已经申诉过一次，不能再申诉了。还有疑问，回“人工”。"}
	}
	if d.Sight.Need.TakenDown {
		return Reply{Text: d.number() + " 已经申诉过一次，不能再申诉了。还有疑问，回“人工”。"}
	}
	return Reply{Text: d.number() + " 没有被撤下，也没有不予受理，不用申诉。看进展回“进度" + short(d.number()) + "”。"}
}

func (d *AuthorDraft) askAppeal(*Turn) Reply {
	if d.declined() {
		return Reply{Text: d.number() + " 不予受理的理由：" + declineReason(d.Sight.Open()) + "\n您为什么不同意？请写一两句。只能申诉一次，由另一位工作人员来看。"}
	}
	return Reply{Text: d.number() + " 撤下的原因：" + sentence(reasonOf(&d.Sight.Need)) + "\n您为什么不同意？请写一两句。只能申诉一次。"}
}

func (d *AuthorDraft) askAppealSure(*Turn) Reply {
	return confirmText("为 "+d.number()+" 申诉", d.Text)
}

func (d *AuthorDraft) hearAppeal(t *Turn) Move {
	if !confirmed(t) {
		return dialog.Again("还没有提交。")
	}
	if d.declined() {
		return dialog.Done(civic.AppealDecline{Account: civic.Account(t.Account), Need: d.Sight.Open().ID, Text: d.Text})
	}
	return dialog.Done(civic.AppealNeed{Account: civic.Account(t.Account), Need: d.Sight.Need.ID, Text: d.Text})
}

// object 不是一回事 is an author's word against a merge.
var object = Flow[AuthorDraft]{
	ID: "object", Version: 1, Title: "不是一回事", Opens: []string{"不是一回事", "不是一件事", "不该合并"},
	Match: after("不是一回事", "不是一件事"), Requires: needsHome,
	Begin: (*AuthorDraft).begin,
	Steps: []Step[AuthorDraft]{
		{ID: "which", Open: (*AuthorDraft).notMine, Ask: (*AuthorDraft).askWhich, Hear: (*AuthorDraft).hearWhich},
		{ID: "useless", Open: (*AuthorDraft).notMerged, Ask: (*AuthorDraft).askNotMerged},
		{
			ID: "text", Open: (*AuthorDraft).noText, Ask: (*AuthorDraft).askObject, Hear: (*AuthorDraft).hearObject,
			Skip: func(*AuthorDraft) {}, Commits: true,
		},
		{ID: "sure", Open: always[AuthorDraft], Ask: (*AuthorDraft).askObjectSure, Hear: (*AuthorDraft).hearObjectSure, Commits: true},
	},
	Told: func(_ *AuthorDraft, _ *Turn, got any) Reply {
		return Reply{Text: "记下了，社区会再看 " + receipt(got).Number + " 该不该合，结果告诉您。合没合，您的署名都在。"}
	},
}

func (d *AuthorDraft) notMerged(*Turn) bool { return d.Sight.Need.State != civic.NeedMerged }

func (d *AuthorDraft) askNotMerged(*Turn) Reply {
	return Reply{Text: d.number() + " 没有和别的合在一起，不用改。"}
}

func (d *AuthorDraft) askObject(*Turn) Reply {
	into := ""
	if d.Sight.Head.ID != 0 {
		into = " 和 " + d.Sight.Head.Number.String() + "“" + d.Sight.Head.Text + "”"
	}
	return Reply{Text: d.number() + into + "哪里不一样？写一句，没有就回“跳过”。"}
}

func (d *AuthorDraft) hearObject(t *Turn) Move {
	if n := zh.Runes(t.Text); n > maxWords {
		return dialog.Again(fmt.Sprintf("写得太长了，请缩到 %d 个字以内。", maxWords))
	}
	d.Text = zh.Mask(t.Text)
	return d.objects(t)
}

func (d *AuthorDraft) objects(t *Turn) Move {
	return dialog.Done(civic.ObjectMerge{Account: civic.Account(t.Account), Need: d.Sight.Need.ID, Text: d.Text})
}

func (d *AuthorDraft) askObjectSure(*Turn) Reply {
	return Reply{Text: "要告诉社区，" + d.number() + " 不该合并吗？", Choices: numbered([]string{"告诉", "不用了"})}
}

func (d *AuthorDraft) hearObjectSure(t *Turn) Move {
	i, v := t.Choice("告诉", "不用了")
	switch {
	case v == zh.Sure && i == 0 || v == zh.None && zh.YesNo(t.Text) == zh.Yes:
		return d.objects(t)
	case v == zh.Sure && i == 1 || v == zh.None && zh.YesNo(t.Text) == zh.No:
		return dialog.Done().Saying("好，没有告诉。")
	}
	return dialog.Again(askNumber(2))
}

package flows

import (
	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// RollFormLink is the kind of links to the empty form of the roll.
const RollFormLink = "roll-form"

// RollFormDraft is somebody who may want the empty form.
type RollFormDraft struct{}

// rollForm 名册模板 hands out the empty form of the roll. It holds nothing about anybody, so that
// anybody may have it.
var rollForm = Flow[RollFormDraft]{
	ID: "roll-form", Version: 1, Title: "名册模板",
	Opens:  []string{"名册模板", "名册样表", "名册表格", "下载名册模板"},
	Glance: true,
	Steps:  []Step[RollFormDraft]{{ID: "ask", Ask: (*RollFormDraft).ask, Hear: (*RollFormDraft).hear, Commits: true}},
	Told: func(_ *RollFormDraft, t *Turn, got any) Reply {
		return linkReply(t, "下载名册模板", got, 0)
	},
}

func (*RollFormDraft) ask(t *Turn) Reply {
	if !canLink(t) {
		return Reply{Text: noPages}
	}
	return Reply{Text: "名册模板是一张空表，填好就能导入名册。现在下载吗？", Choices: numbered([]string{"下载", "不用了"})}
}

func (*RollFormDraft) hear(t *Turn) Move {
	i, v := t.Choice("下载", "不用了")
	if !canLink(t) {
		return dialog.Done().Saying(noPages)
	}
	switch yes := zh.YesNo(t.Text); {
	case v == zh.Sure && i == 1, v == zh.None && yes == zh.No:
		return dialog.Done().Saying("好，不下载了。")
	case v == zh.Sure, v == zh.None && yes == zh.Yes:
		return dialog.Done(civic.MakeLink{Account: civic.Account(t.Account), Kind: RollFormLink, Title: "下载名册模板"})
	}
	return dialog.Again(askNumber(2))
}

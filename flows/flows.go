package flows

import (
	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// generation rises whenever a flow is added or removed (see dialog.Config).
const generation = 4

// New returns the engine with all flows. It fails only if a flow is written wrongly.
func New() (*dialog.Engine[World], error) {
	return dialog.New(dialog.Config[World]{
		Generation: generation, Menu: menu.ID, Unknown: unknown.ID, Alarm: alarm, Talking: talking,
	},
		&welcome, &findCommunity, &menu, &help, &person, &rateTalk, &desk, &answering, &hello, &unknown,
		&raiseNeed, &look, &endorse, &unendorse, &report, &rewrite, &appeal, &object, &rules, &marks, &review,
		&mine, &backed, &myData, &progress, &withdraw, &addTo, &inbox, &optOut,
		&work, &office, &people, &invite, &join, &handOver, &settingsFlow, &audit,
		&openLink, &rollForm, &rollFile, &doorList, &doorCards,
		&verify, &notMe, &unverify, &claimsList,
		&stageNow, &shortlisted, &roundFlow, &drawList,
		&triage, &acceptNeed, &mergeNeed, &partNeed, &askAuthor, &declineNeed, &settleDecline, &handNeed, &classifyNeed, &markNeed, &typeNeed,
		&answerAuthor, &raiseFor,
		&noSuch,
	)
}

// alarm answers emergencies at once, whatever is under way.
func alarm(text string) string {
	switch zh.Emergency(text) {
	case zh.Fire:
		return "如果现在就有煤气味、冒烟或着火：别开关电器，马上到室外打 119。人安全了，再回来告诉我。"
	case zh.Medical:
		return "如果现在有人受伤或不舒服：请马上打 120，身边别离人。人安全了，再回来告诉我。"
	case zh.Crime:
		return "如果现在有人身危险：请马上打 110，先躲到安全的地方。人安全了，再回来告诉我。"
	case zh.NoDanger:
	}
	return ""
}

// Sentences for turns that could not be taken. They promise nothing that is not so.
const (
	// Busy: the message could not be taken now. It says nothing of an earlier copy of it.
	Busy = "现在忙不过来，请过一分钟再发一次。多发不会重复。"
	// Updating: a newer release has this conversation.
	Updating = "正在更新，请过一分钟再发一次。您没办完的都还在。"
	// Unsure: it may or may not have been committed; sending again is harmless.
	Unsure = "没有确认成功，请再发一次。多发不会重复。"
	// Sorry: a fault of ours; the conversation stays where it was.
	Sorry = "对不起，刚才这条我没处理好。请再发一次，或回“菜单”。"
	// TooFast: the account sends more than people type.
	TooFast = "您发得太快了，请歇几秒再发。"
)

// Recall tells the receipt of a message whose conversation was lost after it was committed.
func Recall(r civic.Receipt) Reply {
	if r.Word == civic.TriedWrong {
		return Reply{Text: "刚才那次没有对上，没有认证成。回“认证”再试，或回“人工”找网格员。"}
	}
	if !r.Final {
		return Reply{Text: "刚才这条收到了，但您没办完的没能留住，请重新说一次。回“菜单”看看能办什么。"}
	}
	if r.Talk != 0 {
		return Reply{Text: "刚才这句转达了。要接着说，回“人工”；同事请回“会话”。"}
	}
	if r.Number == "" {
		return Reply{Text: "这件刚才已经办好了。回“菜单”看看还能办什么。"}
	}
	return Reply{Text: "这件刚才已经办好了，编号 " + r.Number + "。回“进度" + short(r.Number) + "”随时问。"}
}

package flows

import (
	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// NotMeDraft holds whether there is another account that could be disputed.
type NotMeDraft struct {
	Can bool `json:"can,omitempty"`
}

// notMe 不是我 is what a person says who was told that another account was verified as theirs.
var notMe = Flow[NotMeDraft]{
	ID: "not-me", Version: 1, Title: "不是我", Opens: []string{"不是我", "不是我的", "不是我本人", "不是本人"},
	Begin: (*NotMeDraft).begin,
	Steps: []Step[NotMeDraft]{
		{ID: "none", Open: (*NotMeDraft).nobody, Say: "现在没有别的微信号认证成您，不用担心。"},
		{ID: "confirm", Open: always[NotMeDraft], Ask: (*NotMeDraft).ask, Hear: (*NotMeDraft).hear, Commits: true},
	},
	Told: (*NotMeDraft).told,
}

func (d *NotMeDraft) begin(t *Turn, _ string) {
	can, err := t.World.Verification.Disputable(t.Context(), civic.Account(t.Account))
	if !t.Failed(err) {
		d.Can = can
	}
}

func (d *NotMeDraft) nobody(*Turn) bool { return !d.Can }

var notMeAnswers = []string{"不是我的", "是我的，不用管"}

func (*NotMeDraft) ask(*Turn) Reply {
	return Reply{Text: "另一个认证成您的微信号，是不是您的？不是就回 1，会先停用、请网格员核对。", Choices: numbered(notMeAnswers)}
}

func (*NotMeDraft) hear(t *Turn) Move {
	i, v := t.Choice(notMeAnswers...)
	switch {
	case v == zh.Sure && i == 0 || t.Said("不是", "确定", "确认", "停用"):
		return dialog.Done(civic.DisputeClaim{Account: civic.Account(t.Account), Tell: tellVerify(VerifyNews{State: VerifyFrozen})})
	case v == zh.Sure || t.Said("是我", "是我的", "是"):
		return dialog.Done().Saying("好，两个都照旧，一人还是只算一次。")
	}
	return dialog.Again(askNumber(len(notMeAnswers)))
}

func (*NotMeDraft) told(_ *Turn, got any) Reply {
	if receipt(got).Word == civic.DisputeKept {
		return Reply{Text: "已请网格员核对，结果会告诉您。核对前两个微信号都照旧，一人还是只算一次。"}
	}
	return Reply{Text: "那个微信号的认证先停了，网格员会来核对，结果会告诉您。您的附议和投票没有变。"}
}

// UnverifyDraft holds whether there is anything to take back.
type UnverifyDraft struct {
	Is bool `json:"is,omitempty"`
}

// unverify 取消认证 takes the consent back.
var unverify = Flow[UnverifyDraft]{
	ID: "unverify", Version: 1, Title: "取消认证", Opens: []string{"取消认证", "撤销认证", "撤回认证", "解除认证", "解绑", "撤回同意"},
	Begin: (*UnverifyDraft).begin,
	Steps: []Step[UnverifyDraft]{
		{ID: "none", Open: func(d *UnverifyDraft, _ *Turn) bool { return !d.Is }, Say: "您还没有认证，也没有等着的申请，没有什么要取消的。"},
		{ID: "confirm", Open: always[UnverifyDraft], Ask: (*UnverifyDraft).ask, Hear: (*UnverifyDraft).hear, Commits: true},
	},
	Told: (*UnverifyDraft).told,
}

func (d *UnverifyDraft) begin(t *Turn, _ string) {
	s, err := t.World.Verification.Standing(t.Context(), civic.Account(t.Account))
	if !t.Failed(err) {
		d.Is = s.Identity.Person != 0 || s.Frozen || !s.Asked.IsZero()
	}
}

var unverifyAnswers = []string{"取消认证", "先不取消"}

func (*UnverifyDraft) ask(*Turn) Reply {
	return Reply{Text: "取消后，这个微信号就不再连着名册，以后的附议和投票不算数；您提的需求还在。确定吗？", Choices: numbered(unverifyAnswers)}
}

func (*UnverifyDraft) hear(t *Turn) Move {
	i, v := t.Choice(unverifyAnswers...)
	switch {
	case v == zh.Sure && i == 0 || v != zh.Sure && zh.YesNo(t.Text) == zh.Yes:
		return dialog.Done(civic.Unverify{Account: civic.Account(t.Account)})
	case v == zh.Sure || zh.YesNo(t.Text) == zh.No:
		return dialog.Done().Saying("好，没有取消，一切照旧。")
	}
	return dialog.Again(askNumber(len(unverifyAnswers)))
}

func (*UnverifyDraft) told(t *Turn, _ any) Reply {
	setHome(t, 0)
	return Reply{Text: "已取消认证，这个微信号和名册不再连着。哪天想再认证，回“认证”就行。"}
}

// noteInvited is the day when the account was last invited to be verified.
const noteInvited = "invited"

// inviteEvery is how many days lie between two invitations: nobody is nagged.
const inviteEvery = 7

// invited adds to a reply that the account could be verified, if it is not, at most once a week. It is
// said where something was just done that counts for more then.
func invited(t *Turn, r Reply) Reply {
	if !dueAgain(t, noteInvited, inviteEvery) {
		return r
	}
	_, is, err := t.World.People.Identity(t.Context(), civic.Account(t.Account))
	if err != nil { // courtesy only
		return r
	}
	t.SetNote(noteInvited, today(t))
	if !is {
		r.After = "认证一次（1 分钟），您的附议才计入热度：回“认证”。"
	}
	return r
}

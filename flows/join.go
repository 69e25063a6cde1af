package flows

import (
	"strings"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// staffConsent is the version of what somebody agrees to who takes up an office.
const staffConsent = "staff-1"

// JoinDraft is an invitation that somebody is about to take up.
type JoinDraft struct {
	Code   string `json:"code,omitempty"`
	Office string `json:"office,omitempty"` // what it is, in words
	From   string `json:"from,omitempty"`   // who invites
	Name   string `json:"name,omitempty"`
	Phone  bool   `json:"phone,omitempty"` // for a new phone
	Staff  int64  `json:"staff,omitempty"` // whose
	Why    string `json:"why,omitempty"`   // why the code is no good
}

// join 接受邀请 takes up an office by the code that somebody passed on.
var join = Flow[JoinDraft]{
	ID: "join", Version: 1, Title: "接受邀请",
	Match: matchInvite,
	Begin: (*JoinDraft).begin,
	Steps: []Step[JoinDraft]{
		{ID: "bad", Open: (*JoinDraft).bad, Ask: (*JoinDraft).askBad},
		{ID: "agree", Open: always[JoinDraft], Ask: (*JoinDraft).askAgree, Hear: (*JoinDraft).hearAgree, Commits: true},
	},
	Told: (*JoinDraft).told,
}

// matchInvite recognises a code, and one that is mistyped behind the word.
func matchInvite(text string) (string, bool) {
	_, err := civic.ReadInviteCode(text)
	if err == nil {
		return text, true
	}
	if err != civic.ErrInviteSlip { //nolint:errorlint // it is returned as it is
		return "", false
	}
	return text, true
}

const askAgain = "请让邀请您的人再念一遍，发“邀请”加 12 位的码。"

func (d *JoinDraft) begin(t *Turn, text string) {
	code, err := civic.ReadInviteCode(text)
	if err != nil {
		d.Why = "这个码好像抄错了一位。码是 12 位，没有 0、1 和字母 O、I。" + askAgain
		return
	}
	d.Code = code
	inv, state, err := t.World.Offices.Invitation(t.Context(), civic.Account(t.Account), code)
	if t.Failed(err) {
		return
	}
	if d.Why = whyNot(state); d.Why != "" {
		if state == civic.InviteUnknown {
			t.Also(civic.MissInvite{Account: civic.Account(t.Account)})
		}
		return
	}
	d.Phone, d.Name, d.Staff = inv.Staff != 0, inv.Name, int64(inv.Staff)
	d.From = "管理员"
	if inv.Inviter != "" {
		d.From = inv.Inviter + "（" + inv.As.String() + "）"
	}
	d.Office = officeWords(t, inv.Office)
}

func whyNot(s civic.InviteState) string {
	switch s {
	case civic.InviteUnknown:
		return "没有这个邀请码。" + askAgain
	case civic.InviteUsed:
		return "这个邀请码已经有人用过了，一个码只能用一次。要是不是您用的，请马上告诉邀请您的人。"
	case civic.InviteMine:
		return "这个邀请码您已经用过了，身份在。回“工作”看要办的。"
	case civic.InviteLate:
		return "这个邀请码过期了。请让邀请您的人再发一个。"
	case civic.InviteRevoked:
		return "这个邀请码作废了。请问一下邀请您的人。"
	case civic.InviteLocked:
		return civic.TooManyTries
	case civic.InviteOpen:
	}
	return ""
}

// officeWords says what an office is: 钮家巷社区 网格员（一网格、二网格）.
func officeWords(t *Turn, o civic.Office) string {
	switch {
	case o.Role == civic.Street:
		streets, err := t.World.Areas.Streets(t.Context())
		if t.Failed(err) {
			return ""
		}
		for _, s := range streets {
			if s.ID == o.Over {
				return s.Name + " 街道工作人员"
			}
		}
		return o.Role.String()
	case o.Community == 0:
		return o.Role.String()
	}
	c, _, err := t.World.Communities.Community(t.Context(), o.Community)
	if t.Failed(err) {
		return ""
	}
	words := c.Name + " " + o.Role.String()
	if len(o.Grids) == 0 {
		return words
	}
	grids, err := gridNames(t, o.Community, o.Grids)
	if t.Failed(err) {
		return ""
	}
	return words + "（" + strings.Join(grids, "、") + "）"
}

// gridNames are the names of some grids of a community.
func gridNames(t *Turn, c civic.CommunityID, ids []int64) ([]string, error) {
	all, err := t.World.Areas.Grids(t.Context(), c)
	var out []string
	for _, g := range all {
		for _, id := range ids {
			if g.ID == id {
				out = append(out, g.Name)
			}
		}
	}
	return out, err
}

func (d *JoinDraft) bad(*Turn) bool { return d.Why != "" }

func (d *JoinDraft) askBad(*Turn) Reply { return Reply{Text: d.Why} }

func (d *JoinDraft) askAgree(*Turn) Reply {
	text := d.From + "邀请您：\n" + d.Office + "，姓名 " + d.Name + "。\n"
	if d.Phone {
		text = d.From + "给 " + d.Name + " 换微信。同意后，工作都在这个微信上办，旧的微信不能再办。\n"
	}
	return Reply{
		Text:    text + "同意的话：您办的每件事会记录在案；看到的居民信息只用于工作，不外传。",
		Choices: numbered([]string{"同意", "不是我，不接受"}),
	}
}

func (d *JoinDraft) hearAgree(t *Turn) Move {
	i, v := t.Choice("同意", "不是我，不接受")
	yes := zh.YesNo(t.Text)
	switch {
	case v == zh.Sure && i == 1 || v == zh.None && yes == zh.No || t.Said("不接受", "不同意", "不是我"):
		return dialog.Done().Saying("好，没有接受。码还没用，请告诉邀请您的人。")
	case v == zh.Sure && i == 0 || v == zh.None && yes == zh.Yes || t.Said("同意", "接受", "我同意"):
	default:
		return dialog.Again(askNumber(2))
	}
	e := civic.AcceptInvite{Account: civic.Account(t.Account), Code: d.Code, Consent: staffConsent}
	if d.Phone { // before the account is another: the old one is told
		return dialog.Done(officeNews(t, OfficeNews{What: newsMoved}, civic.StaffID(d.Staff), t.Run), e)
	}
	return dialog.Done(e)
}

func (d *JoinDraft) told(*Turn, any) Reply {
	if d.Phone {
		return Reply{Text: "好了，" + d.Name + "，工作都换到这个微信上了。回“工作”看要办的。"}
	}
	return Reply{Text: "欢迎，" + d.Name + "。您现在是" + d.Office + "。\n回“工作”看今天要办的。"}
}

package flows

import (
	"encoding/json"
	"strconv"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/dialog"
)

// AuditDraft is where somebody stands in the log.
type AuditDraft struct {
	Community civic.CommunityID `json:"community"`
	Place     string            `json:"place,omitempty"`
	Last      civic.AuditLine   `json:"last,omitzero"`   // the end of the page before this one
	Next      civic.AuditLine   `json:"next,omitzero"`   // the end of this one
	More      bool              `json:"more,omitempty"`  // there is more behind it
	Lines     []string          `json:"lines,omitempty"` // of this page
}

// auditPage is how many acts one message shows.
const auditPage = 8

// audit 台账 shows what staff did, newest first.
var audit = Flow[AuditDraft]{
	ID: "audit", Version: 1, Title: "台账",
	Opens: []string{"台账", "操作记录", "看台账", "办事记录"},
	For:   forAct(civic.ActReadAudit), Lost: civic.NoLonger,
	Glance: true,
	Begin:  (*AuditDraft).begin,
	Steps: []Step[AuditDraft]{
		{ID: "last", Open: (*AuditDraft).ends, Ask: (*AuditDraft).ask},
		{ID: "page", Open: always[AuditDraft], Ask: (*AuditDraft).ask, Hear: (*AuditDraft).hear},
	},
}

func (d *AuditDraft) begin(t *Turn, _ string) {
	if _, c, ok := officeFor(t, civic.ActReadAudit); ok {
		d.Community, d.Place = c.ID, c.Name
	}
	d.load(t)
}

func (d *AuditDraft) load(t *Turn) {
	all, err := t.World.Audits.Page(t.Context(), civic.Account(t.Account), d.Community, d.Last, auditPage+1)
	if t.Failed(err) {
		return
	}
	d.More, d.Lines = len(all) > auditPage, nil
	for _, l := range all[:min(len(all), auditPage)] {
		d.Lines = append(d.Lines, auditWords(t, l))
		d.Next = civic.AuditLine{ID: l.ID, At: l.At}
	}
}

// auditWords is one act in one line: 3月2日 10:05 某网格员（网格员） 合并 钮2027-018.
func auditWords(t *Turn, l civic.AuditLine) string {
	who := "管理员"
	if l.Staff != 0 {
		who = l.Role.String()
		if l.Name != "" {
			who = l.Name + "（" + who + "）"
		}
	}
	line := day(l.At, t.Now) + " " + l.At.In(t.Now.Location()).Format("15:04") + " " + who + " " + deedName(l)
	if l.Number != "" {
		line += " " + l.Number
	}
	return line
}

// deedNames are what staff do, in words. What is not here is shown by the name of its act.
var deedNames = map[string]string{
	"give": "给身份", "invite": "发邀请码", "cancel-invite": "作废邀请码", "accept": "接受邀请", "new-phone": "换微信", "revoke": "收回身份",
	"hand-over": "交接", "take-back": "收回交接", "set": "改设置",
}

// claimWords name what staff decide about 认证申请.
var claimWords = map[string]string{
	string(civic.ClaimAccept): "同意认证", string(civic.ClaimDecline): "不同意认证", string(civic.ClaimPass): "认证转居委会",
}

// wordsOfAct name deeds where the same word may stand for another one by another act.
var wordsOfAct = map[civic.Act]map[string]string{
	civic.ActTriage: deedWords, civic.ActDecline: deedWords, civic.ActRelease: deedWords, civic.ActTakeDown: deedWords, civic.ActVerify: claimWords,
}

var actNames = map[civic.Act]string{
	civic.ActWork: "查看", civic.ActTriage: "初选", civic.ActDecline: "不予受理", civic.ActRelease: "公开", civic.ActTakeDown: "撤下",
	civic.ActRaiseFor: "代提需求", civic.ActStage: "调整环节", civic.ActShortlist: "入围", civic.ActVerify: "认证", civic.ActRoll: "名册",
	civic.ActRelay: "答复居民", civic.ActInvite: "身份", civic.ActHandOver: "交接", civic.ActSettings: "设置", civic.ActReadFigures: "看数据",
	civic.ActReadAudit: "看台账", civic.ActExport: "导出", civic.ActSendNotice: "发通知", civic.ActRunCommunity: "后台操作",
}

// deedName says what was done: 改设置“几人附议算热”10 人→8 人.
func deedName(l civic.AuditLine) string {
	words, ok := wordsOfAct[l.Act]
	if !ok {
		words = deedNames
	}
	name := words[l.What]
	if name == "" {
		name = actNames[l.Act]
	}
	var detail struct {
		Role          civic.Role    `json:"role"`
		Setting       civic.Setting `json:"setting"`
		Before, After json.RawMessage
	}
	if l.Detail == "" || json.Unmarshal([]byte(l.Detail), &detail) != nil {
		return name
	}
	switch {
	case detail.Setting != "":
		return name + "“" + settingWords[detail.Setting].name + "”" + auditedValue(detail.Setting, detail.Before) + "→" + auditedValue(detail.Setting, detail.After)
	case detail.Role != "":
		return name + "（" + detail.Role.String() + "）"
	}
	return name
}

// auditedValue is a value of a setting as the log keeps it, in words.
func auditedValue(s civic.Setting, raw json.RawMessage) string {
	var values []int
	if json.Unmarshal(raw, &values) == nil {
		c, ok := civic.Community{}.With(s, values, "")
		if !ok {
			return "？"
		}
		return settingValue(c, s)
	}
	var quoted string
	if json.Unmarshal(raw, &quoted) != nil {
		return "？"
	}
	text, err := strconv.Unquote(quoted)
	if err != nil {
		return "？"
	}
	return text
}

func (d *AuditDraft) ends(*Turn) bool { return !d.More }

func (d *AuditDraft) ask(*Turn) Reply {
	if len(d.Lines) == 0 {
		return Reply{Text: d.Place + "的台账里还没有记录。"}
	}
	text := d.Place + "的台账，新的在前：\n" + strings.Join(d.Lines, "\n")
	if d.More {
		return Reply{Text: text, Choices: []Choice{{Label: "下一页", Send: "下一页"}}, After: "台账只能看，谁也改不了。"}
	}
	return Reply{Text: text + "\n就这些。台账只能看，谁也改不了。"}
}

func (d *AuditDraft) hear(t *Turn) Move {
	if !t.Said("下一页", "更多", "后面的", "还有呢", "往下") {
		return dialog.Again("请回“下一页”，不看了回“取消”。")
	}
	d.Last = d.Next
	d.load(t)
	if !d.More {
		return dialog.Done().Saying(d.ask(t).Text)
	}
	return dialog.Stay("")
}

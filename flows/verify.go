package flows

import (
	"fmt"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

const verifyID = "verify"

// ConsentVersion names the text that people agree to when they are verified. It is stored with each
// consent: whoever changes the text changes the version.
const ConsentVersion = "2027-1"

// consentText says what is stored, why, and how to take it back.
const consentText = "认证只为一件事：您的附议和投票算数，一人算一次。\n" +
	"只记下这个微信号是名册上的哪一位；门牌、手机只拿来核对，不另存。\n" +
	"想撤回，随时回“取消认证”。"

// VerifyDraft is what 认证 has gathered so far. Digits and codes are never in it: what is typed of
// them is compared in the turn that brings it. It goes when the flow ends.
type VerifyDraft struct {
	Since    string            `json:"since,omitempty"` // the day since when the account is verified
	Enough   bool              `json:"enough,omitempty"`
	Frozen   bool              `json:"frozen,omitempty"`
	Wait     string            `json:"wait,omitempty"`  // how long the account is locked still
	Asked    string            `json:"asked,omitempty"` // since when a request waits
	Agreed   string            `json:"agreed,omitempty"`
	Way      civic.VerifiedBy  `json:"way,omitempty"` // "": by the roll
	Estate   string            `json:"estate,omitempty"`
	Building string            `json:"building,omitempty"`
	Unit     string            `json:"unit,omitempty"`
	Room     string            `json:"room,omitempty"`
	Name     string            `json:"name,omitempty"`
	Card     civic.Card        `json:"card,omitzero"`
	Home     civic.CommunityID `json:"home,omitempty"`  // of the person, once it fitted
	Near     civic.CommunityID `json:"near,omitempty"`  // where a door is looked for whose estate is not named
	Early    bool              `json:"early,omitempty"` // all was written before there was consent
	// KnowsDoor and KnowsName: the step is passed over once, as its answer came with another's.
	KnowsDoor bool `json:"kd,omitempty"`
	KnowsName bool `json:"kn,omitempty"`
}

// verify is 认证.
var verify = Flow[VerifyDraft]{
	ID: verifyID, Version: 1, Title: "认证",
	Opens: []string{"认证", "我要认证", "实名", "实名认证", "身份认证", "住户认证", "绑定房号", "绑定", "补认证", "重新认证"},
	Words: []string{"认证", "绑定", "实名"},
	Match: matchVerify,
	Begin: (*VerifyDraft).begin,
	Steps: []Step[VerifyDraft]{
		{ID: "already", Open: (*VerifyDraft).already, Ask: (*VerifyDraft).askAlready},
		{ID: "frozen", Open: func(d *VerifyDraft, _ *Turn) bool { return d.Frozen }, Say: "您的认证正在核对，网格员会同您联系。这段时间您提的、附议的都还在。急的话请回“人工”。"},
		{ID: "locked", Open: func(d *VerifyDraft, _ *Turn) bool { return d.Wait != "" }, Ask: (*VerifyDraft).askLocked},
		{ID: "consent", Open: (*VerifyDraft).unagreed, Ask: (*VerifyDraft).askConsent, Hear: (*VerifyDraft).hearConsent, Commits: true},
		{ID: "more", Open: (*VerifyDraft).needsMore, Ask: (*VerifyDraft).askMore, Hear: (*VerifyDraft).hearMore},
		{
			ID: "door", Open: (*VerifyDraft).doorOpen, Ask: (*VerifyDraft).askDoor, Hear: (*VerifyDraft).hearDoor, Commits: true,
			Label: "门牌", Show: (*VerifyDraft).showDoor,
		},
		{
			ID: "name", Open: (*VerifyDraft).nameOpen, Ask: (*VerifyDraft).askName, Hear: (*VerifyDraft).hearName, Commits: true,
			Label: "姓名", Show: func(d *VerifyDraft) string { return d.Name }, Jumps: []string{"door"},
		},
		{ID: "digits", Open: (*VerifyDraft).digitsOpen, Ask: (*VerifyDraft).askDigits, Hear: (*VerifyDraft).hearDigits, Commits: true, Jumps: []string{"door"}},
		{ID: "hand", Open: (*VerifyDraft).handOpen, Ask: (*VerifyDraft).askHand, Hear: (*VerifyDraft).hearHand, Commits: true, Jumps: []string{"door"}},
	},
	Told: (*VerifyDraft).told,
}

// matchVerify recognises 认证 with a door or a code after it.
func matchVerify(text string) (string, bool) {
	if rest, ok := afterVerify(text); ok {
		if p := readProof(rest); p.whole() || p.door {
			return typedTooSoon, true
		}
	}
	return "", false
}

// afterVerify is what follows 认证.
func afterVerify(text string) (string, bool) {
	for _, w := range []string{"我要认证", "认证", "绑定"} {
		if rest, ok := strings.CutPrefix(zh.Fold(text), w); ok && strings.TrimSpace(rest) != "" {
			return rest, true
		}
	}
	return "", false
}

const typedTooSoon = "early"

func (d *VerifyDraft) begin(t *Turn, arg string) {
	if arg == typedTooSoon {
		rest, _ := afterVerify(t.Text)
		d.early(readProof(rest))
	}
	s, err := t.World.Verification.Standing(t.Context(), civic.Account(t.Account))
	if t.Failed(err) {
		return
	}
	if s.Identity.Person != 0 {
		setHome(t, s.Identity.Community)
		d.Agreed = s.Consent
		d.Since, d.Enough = day(s.Identity.Since.In(t.Now.Location()), t.Now), d.enough(t, s.Identity)
	}
	d.Near, d.Frozen = s.Chosen, s.Frozen
	if d.Near == 0 {
		d.Near = onlyCommunity(t)
	}
	if s.Tries.Waits(t.Now) {
		d.Wait = civic.Wait(s.Tries.Until.Sub(t.Now))
	}
	if !s.Asked.IsZero() {
		d.Asked = pendingFor(t.Now.Sub(s.Asked))
	}
}

// early keeps what was written of the door and the name before there was consent: it is used once there
// is, and goes at once where there is none. Digits and codes are never kept.
func (d *VerifyDraft) early(p proof) {
	d.Early = true
	if !p.door {
		return
	}
	d.Building, d.Unit, d.Room, d.Name = p.building, p.unit, p.room, p.name
	if p.estate != "" {
		d.Estate = zh.Cut(p.estate, 20)
	}
}

// enough says whether the account need not be verified any better.
func (*VerifyDraft) enough(t *Turn, i civic.Identity) bool {
	c, _, err := t.World.Communities.Community(t.Context(), i.Community)
	return !t.Failed(err) && civic.CountsForMoney(i, c.Settings)
}

func (d *VerifyDraft) already(*Turn) bool { return d.Since != "" && d.Enough }

func (d *VerifyDraft) askAlready(*Turn) Reply {
	return Reply{Text: "您在" + d.Since + "认证过了，附议和投票都算数。\n搬了家、换了名字请回“人工”；不想认证了回“取消认证”。"}
}

func (d *VerifyDraft) askLocked(t *Turn) Reply {
	return Reply{Text: locked(t, d.Wait)}
}

// locked says how long it takes, and who helps meanwhile.
func locked(t *Turn, wait string) string {
	text := "为了安全先停一停：请过 " + wait + "再试。"
	if c, ok := ours(t); ok && c.Phone != "" {
		return text + "\n急的话打网格员电话 " + c.Phone + "，或回“人工”。"
	}
	return text + "\n急的话回“人工”。"
}

// pendingFor says how long something has been waiting, after 等了.
func pendingFor(d time.Duration) string {
	switch h := int(d.Hours()); {
	case h < 1:
		return "不到 1 小时"
	case h < 48:
		return fmt.Sprintf(" %d 小时", h)
	default:
		return fmt.Sprintf(" %d 天", h/24)
	}
}

func (d *VerifyDraft) unagreed(*Turn) bool { return d.Agreed != ConsentVersion }

func (d *VerifyDraft) askConsent(*Turn) Reply {
	text := consentText
	if d.Early {
		text = "请先看几句，同意了再核对：\n" + text
	}
	if d.Asked != "" {
		text = "您的申请网格员还没看，等了" + d.Asked + "。也可以现在自己认证：\n" + text
	}
	return Reply{Text: text, Choices: []Choice{{Label: "1. 同意", Send: "同意"}, {Label: "2. 不同意", Send: "不同意"}}, After: d.kept()}
}

// kept says what of the words before the consent need not be written again.
func (d *VerifyDraft) kept() string {
	switch {
	case !d.Early:
		return ""
	case d.Name != "":
		return "门牌和姓名先记着，不同意就丢掉；手机后四位没有留，同意后再回一次。"
	case d.Building != "":
		return "门牌先记着，不同意就丢掉。"
	}
	return "住户码没有留，同意后再回一次。"
}

func (d *VerifyDraft) hearConsent(t *Turn) Move {
	if t.Said("不同意", "不", "拒绝", "不要", "不想") {
		return refusesConsent()
	}
	if rest, ok := strings.CutPrefix(zh.Fold(t.Text), "同意"); ok && strings.TrimSpace(rest) != "" && readProof(t.Text).door {
		d.Agreed, d.KnowsDoor = ConsentVersion, true // 同意 3幢2单元501 张三 1234
		return d.hearDoor(t)
	}
	i, v := t.Choice("同意", "不同意")
	switch {
	case v == zh.Sure && i == 0 || v != zh.Sure && zh.YesNo(t.Text) == zh.Yes:
		d.Agreed = ConsentVersion
		d.KnowsDoor, d.KnowsName = d.Building != "", d.Building != "" && d.Name != ""
		return dialog.Next()
	case v == zh.Sure || zh.YesNo(t.Text) == zh.No:
		return refusesConsent()
	}
	if p := readProof(t.Text); p.door || p.code != "" {
		d.early(p)
		return dialog.Stay("")
	}
	return dialog.Again("请回“同意”或“不同意”。")
}

func refusesConsent() Move {
	return dialog.Done().Saying("好，不认证也能提需求、看进展。哪天想认证了，回“认证”就行。")
}

func (d *VerifyDraft) needsMore(t *Turn) bool { return d.Since != "" && (d.Way == "" || t.Editing()) }

var moreWays = []string{"用门牌卡上的住户码", "请网格员帮我核对"}

func (*VerifyDraft) askMore(*Turn) Reply {
	return Reply{Text: "您按名册认证过了，平常的附议都算数。用钱的投票，社区要求再核一次，怎么核？", Choices: numbered(moreWays)}
}

func (d *VerifyDraft) hearMore(t *Turn) Move {
	i, v := t.Choice(moreWays...)
	switch {
	case v == zh.Sure && i == 0 || saysCard(t):
		d.Way = civic.ByCode
	case v == zh.Sure || saysHand(t):
		d.Way = civic.ByHand
	default:
		return dialog.Again(askNumber(len(moreWays)))
	}
	return dialog.Next()
}

func (d *VerifyDraft) doorOpen(*Turn) bool { return !take(&d.KnowsDoor) }

// take reads a flag once.
func take(flag *bool) bool {
	was := *flag
	*flag = false
	return was
}

func (d *VerifyDraft) askDoor(t *Turn) Reply {
	if d.Way == civic.ByCode {
		text := "请回门牌卡上的 9 位住户码。"
		if d.Name != "" {
			text += "\n（姓名：" + d.Name + "，不对就回“改姓名”。）"
		}
		return Reply{Text: text, After: "没有卡，回“帮我认证”请网格员核对。"}
	}
	text := "请写小区和门牌，例如“" + d.anEstate(t) + "3幢2单元501”。"
	if d.Way == civic.ByHand {
		return Reply{Text: text}
	}
	return Reply{Text: text, After: "也可以一行写全：门牌 姓名 手机后四位。有门牌卡的，直接回卡上的 9 位住户码。"}
}

// anEstate is the name of an estate for an example: one of those where the account is at home.
func (d *VerifyDraft) anEstate(t *Turn) string {
	e, ok, err := t.World.Communities.EstateIn(t.Context(), d.Near)
	if t.Failed(err) || !ok {
		return "某某新村"
	}
	return e.Name
}

func (d *VerifyDraft) showDoor() string {
	if d.Building == "" || d.Way == civic.ByCode {
		return ""
	}
	return d.said(nil, "").Door()
}

func (d *VerifyDraft) nameOpen(*Turn) bool { return !take(&d.KnowsName) }

func (d *VerifyDraft) askName(*Turn) Reply {
	return Reply{Text: "请写您的姓名，要同名册上的一样。"}
}

func (d *VerifyDraft) digitsOpen(*Turn) bool {
	d.KnowsDoor, d.KnowsName = false, false
	return d.byRoll()
}

func (d *VerifyDraft) byRoll() bool { return d.Way == "" || d.Way == civic.ByRoll }

func (d *VerifyDraft) askDigits(*Turn) Reply {
	return Reply{
		Text:  "门牌：" + d.showDoor() + "\n姓名：" + d.Name + "\n请回名册上登记的手机号后四位。",
		After: "要改就回“改门牌”“改姓名”。没登记手机、换了号的，回“帮我认证”；有门牌卡的，回“住户码”。",
	}
}

func (d *VerifyDraft) handOpen(*Turn) bool { return d.Way == civic.ByHand }

var handAnswers = []string{"请网格员帮我认证", "不用了"}

func (d *VerifyDraft) askHand(*Turn) Reply {
	return Reply{
		Text:    "门牌：" + d.showDoor() + "\n姓名：" + d.Name + "\n交给网格员核对吗？他能看到这两行，办完就删。",
		Choices: numbered(handAnswers), After: "要改就回“改门牌”“改姓名”。",
	}
}

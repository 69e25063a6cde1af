package flows

import (
	"fmt"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// ClaimsDraft is where somebody of the staff stands in the queue of verification. It holds ids only:
// names and doors are looked up whenever they are shown.
type ClaimsDraft struct {
	Community civic.CommunityID `json:"community,omitempty"`
	Total     int               `json:"total,omitempty"`
	IDs       []int64           `json:"ids,omitempty"` // as listed, so that a number keeps its meaning
	ID        int64             `json:"id,omitempty"`
	Kind      civic.ClaimKind   `json:"kind,omitempty"`
	Frozen    bool              `json:"frozen,omitempty"`
	Decision  civic.Decision    `json:"decision,omitempty"`
	Beside    bool              `json:"beside,omitempty"`
	Fits      []civic.PersonID  `json:"fits,omitempty"` // as listed
	Person    civic.PersonID    `json:"person,omitempty"`
}

// claimsList is 认证申请, of staff.
var claimsList = Flow[ClaimsDraft]{
	ID: "claims", Version: 1, Title: "认证申请", Opens: []string{"认证申请", "审认证", "看认证申请"},
	For: forAct(civic.ActVerify), Lost: civic.NoLonger,
	Begin: (*ClaimsDraft).begin,
	Steps: []Step[ClaimsDraft]{
		{ID: "none", Open: (*ClaimsDraft).empty, Say: "现在没有认证申请在等。"},
		{ID: "list", Open: always[ClaimsDraft], Ask: (*ClaimsDraft).askList, Hear: (*ClaimsDraft).hearList},
		{ID: "one", Open: always[ClaimsDraft], Ask: (*ClaimsDraft).askOne, Hear: (*ClaimsDraft).hearOne, Commits: true, Jumps: []string{"list"}},
		{ID: "who", Open: (*ClaimsDraft).asksWho, Ask: (*ClaimsDraft).askWho, Hear: (*ClaimsDraft).hearWho, Commits: true, Jumps: []string{"one"}},
		{ID: "reason", Open: (*ClaimsDraft).asksWhy, Ask: (*ClaimsDraft).askWhy, Hear: (*ClaimsDraft).hearWhy, Commits: true},
	},
	Told: (*ClaimsDraft).told,
}

// office is the seat by which the claims of the draft's community are read.
func (d *ClaimsDraft) office(t *Turn) civic.Grant {
	for _, s := range seats(t, civic.ActVerify) {
		if s.community.ID == d.Community {
			return s.grant
		}
	}
	return civic.Grant{}
}

func (d *ClaimsDraft) begin(t *Turn, _ string) {
	d.Community = by(t, civic.ActVerify).Community
	d.load(t)
}

func (d *ClaimsDraft) load(t *Turn) []civic.Claim {
	list, total, err := t.World.Claims.Claims(t.Context(), d.office(t), d.Community, 0, pageSize)
	if t.Failed(err) {
		return nil
	}
	d.Total, d.IDs = total, nil
	for _, c := range list {
		d.IDs = append(d.IDs, c.ID)
	}
	return list
}

func (d *ClaimsDraft) empty(*Turn) bool { return d.Total == 0 }

func (d *ClaimsDraft) askList(t *Turn) Reply {
	list := d.load(t)
	labels := make([]string, len(list))
	for i, c := range list {
		what := ""
		if c.Kind == civic.ClaimDispute {
			what = "，有争议"
		}
		labels[i] = c.Door + " " + civic.MaskName(c.Name) + "（等了" + pendingFor(t.Now.Sub(c.At)) + what + "）"
	}
	r := Reply{Text: fmt.Sprintf("%d 件认证申请在等，等得最久的在前。看哪一件？", d.Total), Choices: numbered(labels)}
	if d.Total > len(list) {
		r.After = "办完前面的，后面的会补上来。"
	}
	if len(list) == 0 {
		return Reply{Text: "都有人办过了。回“菜单”另办别的。"}
	}
	return r
}

func (d *ClaimsDraft) hearList(t *Turn) Move {
	labels := make([]string, len(d.IDs))
	for i := range d.IDs {
		labels[i] = fmt.Sprintf("第%d件", i+1)
	}
	i, v := t.Choice(labels...)
	switch {
	case v != zh.Sure && len(labels) == 1:
		return dialog.Again("请回 1，不看了回“取消”。")
	case v != zh.Sure:
		return dialog.Again(askNumber(len(labels)))
	}
	d.ID = d.IDs[i]
	d.Decision, d.Person = "", 0
	return dialog.Next()
}

// look reads the claim again; false where it has been decided meanwhile.
func (d *ClaimsDraft) look(t *Turn) (civic.Claim, bool) {
	c, ok, err := t.World.Claims.Claim(t.Context(), d.office(t), d.Community, d.ID)
	if t.Failed(err) {
		return civic.Claim{}, false
	}
	d.Kind, d.Frozen, d.Fits = c.Kind, c.Frozen, nil
	for _, f := range c.Fits {
		d.Fits = append(d.Fits, f.Person)
	}
	return c, ok
}

// answers are what can be made of a claim, in the order shown.
func (d *ClaimsDraft) answers(t *Turn) []string {
	list := []string{"同意，当面核对过", "同意，电话核对过", "不同意"}
	if d.Kind == civic.ClaimDispute {
		list = []string{"是本人的，当面核对过", "是本人的，电话核对过", "不是本人的"}
	}
	if d.office(t).Role == civic.GridWorker {
		list = append(list, "转给居委会")
	}
	return list
}

func (d *ClaimsDraft) askOne(t *Turn) Reply {
	c, ok := d.look(t)
	if !ok {
		return Reply{Text: "这件刚才已经有人办了。回“返回”看别的。"}
	}
	text := "门牌：" + c.Door + "\n姓名：" + c.Name + "\n等了" + pendingFor(t.Now.Sub(c.At)) + "。"
	switch {
	case c.Kind == civic.ClaimDispute && c.Frozen:
		text += "这一位说，后来认证成自己的那个微信号不是他的，已先停用。请问清：那个微信号是谁的？"
	case c.Kind == civic.ClaimDispute:
		text += "后认证的微信号说，先认证的那个不是本人的，现在两个都照旧。请问清：先认证的是谁的？"
	case !c.Known:
		text += "名册里没有这个门牌，核对后请转给居委会改名册，或者不同意。"
	case len(c.Fits) > 0 && c.Fits[0].Same:
		text += "名册上这一户有这个姓名。请当面或电话核对是不是本人。"
	default:
		text += "名册上有这一户，没有这个姓名。"
	}
	return Reply{Text: text, Choices: numbered(d.answers(t))}
}

func (d *ClaimsDraft) hearOne(t *Turn) Move {
	c, ok := d.look(t)
	if t.Failed(nil) {
		return dialog.Again("")
	}
	if !ok {
		return dialog.Edit("list").Saying("这件刚才已经有人办了。")
	}
	list := d.answers(t)
	i, v := t.Choice(list...)
	switch {
	case v != zh.Sure:
		return dialog.Again(askNumber(len(list)))
	case i == 2:
		d.Decision = civic.ClaimDecline
		if d.Kind == civic.ClaimDispute {
			return d.done(t, "", "")
		}
		return dialog.Next()
	case i == 3:
		d.Decision = civic.ClaimPass
		return d.done(t, "", "")
	}
	d.Decision, d.Beside, d.Person = civic.ClaimAccept, i == 0, 0
	switch {
	case d.Kind == civic.ClaimDispute:
		return d.done(t, "", "")
	case len(c.Fits) == 0:
		d.Decision = ""
		return dialog.Again("名册里这一户没有登记人，不能同意。请转给居委会改名册，或者选不同意。")
	case c.Fits[0].Same:
		d.Person = c.Fits[0].Person
		return d.done(t, "", "")
	}
	return dialog.Next()
}

func (d *ClaimsDraft) asksWho(*Turn) bool {
	return d.Decision == civic.ClaimAccept && d.Person == 0
}

const nobodyFits = "都不是"

func (d *ClaimsDraft) askWho(t *Turn) Reply {
	c, _ := d.look(t)
	labels := make([]string, 0, len(c.Fits)+1)
	for _, f := range c.Fits {
		labels = append(labels, f.Name)
	}
	return Reply{Text: "写的是“" + c.Name + "”。是名册上这一户的哪一位？", Choices: numbered(append(labels, nobodyFits))}
}

func (d *ClaimsDraft) hearWho(t *Turn) Move {
	labels := make([]string, 0, len(d.Fits)+1)
	for i := range d.Fits {
		labels = append(labels, fmt.Sprintf("第%d位", i+1))
	}
	i, v := t.Choice(append(labels, nobodyFits)...)
	switch {
	case v != zh.Sure:
		return dialog.Again(askNumber(len(labels) + 1))
	case i == len(d.Fits):
		d.Decision = ""
		return dialog.Edit("one").Saying("那就不能同意。请转给居委会改名册，或者选不同意。")
	}
	d.Person = d.Fits[i]
	return d.done(t, "", "")
}

func (d *ClaimsDraft) asksWhy(*Turn) bool { return d.Decision == civic.ClaimDecline }

func (*ClaimsDraft) askWhy(*Turn) Reply {
	labels := make([]string, 0, len(declineReasons))
	for _, r := range declineReasons {
		labels = append(labels, r.label)
	}
	return Reply{Text: "为什么不同意？会原样告诉本人。", Choices: numbered(labels), After: "别的原因请写一句，别写姓名和门牌。"}
}

// maxDecline bounds a reason in staff's own words.
const maxDecline = 60

func (d *ClaimsDraft) hearWhy(t *Turn) Move {
	labels := make([]string, 0, len(declineReasons))
	for _, r := range declineReasons {
		labels = append(labels, r.label)
	}
	i, v := t.Choice(labels...)
	switch n := zh.Runes(t.Text); {
	case v == zh.Sure:
		return d.done(t, declineReasons[i].code, "")
	case v != zh.None || n < 4:
		return dialog.Again("请回 1 到 3 的数字，或写一句原因。")
	case n > maxDecline:
		return dialog.Again(fmt.Sprintf("最多写 %d 个字，您写了 %d 个。", maxDecline, n))
	}
	return d.done(t, declineOther, zh.Mask(oneLine(t.Text)))
}

// done has the decision carried out, with what each of those concerned is told.
func (d *ClaimsDraft) done(t *Turn, code, words string) Move {
	e := civic.DecideClaim{
		By: byIn(t, d.Community), Claim: d.ID, Decision: d.Decision, Person: d.Person, Beside: d.Beside && d.Decision == civic.ClaimAccept, ReasonCode: code,
	}
	dispute, accept := d.Kind == civic.ClaimDispute, d.Decision == civic.ClaimAccept
	switch {
	case dispute && accept:
		e.Tell, e.TellOthers = tellVerify(VerifyNews{State: VerifyBack}), tellVerify(VerifyNews{State: VerifyOtherBack})
	case dispute:
		e.Tell, e.TellOthers = tellVerify(VerifyNews{State: VerifyGone}), tellVerify(VerifyNews{State: VerifyOtherGone})
	case accept:
		e.Tell, e.TellOthers = tellVerify(VerifyNews{State: VerifyDone}), tellClaimed()
	default:
		e.Tell = tellVerify(VerifyNews{State: VerifyDeclined, Reason: code, Words: words})
	}
	return dialog.Done(e)
}

func (d *ClaimsDraft) told(t *Turn, got any) Reply {
	text := map[string]string{
		string(civic.ClaimAccept): "办好了，已告诉本人。", string(civic.ClaimDecline): "办好了，已告诉本人和原因。", string(civic.ClaimPass): "已转给居委会。",
	}[receipt(got).Word]
	if text == "" || d.Kind == civic.ClaimDispute && d.Decision != civic.ClaimPass {
		text = "办好了，已告诉两边。"
	}
	d.load(t)
	if d.Total == 0 {
		return Reply{Text: text + "没有别的申请了。"}
	}
	return Reply{Text: fmt.Sprintf("%s还有 %d 件，回“认证申请”接着看。", text, d.Total)}
}

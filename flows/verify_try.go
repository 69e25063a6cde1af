package flows

import (
	"fmt"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// saysCard and saysHand hear that somebody would rather go another way.
func saysCard(t *Turn) bool {
	return t.Said("住户码", "户码", "用住户码", "门牌卡", "用门牌卡", "有门牌卡", "有卡", "卡", "卡片", "扫码")
}

func saysHand(t *Turn) bool {
	return t.Said("帮我认证", "请网格员帮我认证", "请网格员", "请网格员认证", "请网格员核对", "没有手机", "没手机", "没登记", "没登记手机", "没有登记", "没有",
		"不记得", "不记得了", "记不得", "记不得了", "忘了", "忘记了", "不知道", "换号了", "换了号", "换了手机", "没有卡", "没卡", "找不到卡", "卡丢了")
}

// said is what is known so far, as the roll is asked. t nil: only to be shown.
func (d *VerifyDraft) said(t *Turn, digits string) civic.Said {
	s := civic.Said{
		Estate: d.Estate, Building: d.Building, Unit: d.Unit, Room: d.Room, Name: d.Name, Digits: digits,
	}
	if t != nil {
		s.Account, s.Community = civic.Account(t.Account), home(t)
	}
	if d.Way == civic.ByCode {
		s.Card = d.Card
	}
	return s
}

// turnTo goes another way. What is known already stays.
func (d *VerifyDraft) turnTo(way civic.VerifiedBy, at string) Move {
	d.Way, d.Card = way, civic.Card{}
	switch {
	case way == civic.ByHand && (at != "door" || d.Building != ""):
		d.KnowsName = d.Name != ""
		return dialog.Next()
	case at == "door":
		return dialog.Stay("好。")
	}
	return dialog.Edit("door")
}

func (d *VerifyDraft) hearDoor(t *Turn) Move {
	switch {
	case saysCard(t):
		return d.turnTo(civic.ByCode, "door")
	case saysHand(t):
		return d.turnTo(civic.ByHand, "door")
	}
	p := readProof(t.Text)
	switch {
	case p.slip:
		return dialog.Again(slipped)
	case p.code != "":
		return d.hearCard(t, p, "door")
	case p.door:
		return d.hearLine(t, p, "door")
	case d.Way == civic.ByCode:
		return dialog.Again("住户码是卡上的 9 位数字，例如 1234 5678 6。")
	}
	return dialog.Again("没看出是哪一户。门牌要有幢和室，例如“3幢2单元501”。")
}

const slipped = "这个码有一位写错了，请对着卡再写一遍。这次不算。"

// hearLine takes a door and whatever was written with it.
func (d *VerifyDraft) hearLine(t *Turn, p proof, at string) Move {
	if d.Way == civic.ByCode {
		d.Way, d.Card = "", civic.Card{}
		if d.Since != "" { // by the roll it is verified already
			d.Way = civic.ByHand
		}
	}
	d.Building, d.Unit, d.Room = p.building, p.unit, p.room
	if p.estate != "" {
		d.Estate = zh.Cut(p.estate, 20)
	}
	if p.name != "" {
		d.Name = p.name
	}
	d.KnowsName = p.name != "" || d.Name != "" && t.Editing()
	if p.digits != "" && d.Name != "" && d.byRoll() {
		return d.try(t, p.digits, at)
	}
	if at == "digits" {
		return dialog.Stay("改好了。")
	}
	return dialog.Next()
}

// hearCard takes a household code. It is not kept: what stands for it tells nobody the code.
func (d *VerifyDraft) hearCard(t *Turn, p proof, at string) Move {
	card, err := t.World.Verification.Card(t.Context(), p.code)
	if t.Failed(err) {
		return dialog.Again("")
	}
	d.Way, d.Card = civic.ByCode, card
	if p.name != "" {
		d.Name = p.name
	}
	if d.Name == "" {
		if at == "door" {
			return dialog.Next()
		}
		return dialog.Stay("好。")
	}
	return d.try(t, "", at)
}

func (d *VerifyDraft) hearName(t *Turn) Move {
	switch {
	case saysCard(t):
		return d.turnTo(civic.ByCode, "name")
	case t.Said("帮我认证", "请网格员帮我认证"):
		d.Way, d.Card = civic.ByHand, civic.Card{}
		return dialog.Stay("好。")
	}
	p := readProof(t.Text)
	switch {
	case p.slip:
		return dialog.Again(slipped)
	case p.code != "":
		return d.hearCard(t, p, "name")
	case p.door:
		return d.hearLine(t, p, "name")
	case p.name == "":
		return dialog.Again("请只写姓名，例如“张三”。")
	}
	d.Name = p.name
	switch {
	case d.Way == civic.ByCode && d.Card == civic.Card{}:
		return dialog.Edit("door")
	case d.Way == civic.ByCode:
		return d.try(t, "", "name")
	case p.digits != "" && d.byRoll():
		return d.try(t, p.digits, "name")
	}
	return dialog.Next()
}

func (d *VerifyDraft) hearDigits(t *Turn) Move {
	switch {
	case saysCard(t):
		return d.turnTo(civic.ByCode, "digits")
	case saysHand(t):
		return d.turnTo(civic.ByHand, "digits")
	}
	if digits := readDigits(t.Text); digits != "" {
		return d.try(t, digits, "digits")
	}
	p := readProof(t.Text)
	switch {
	case p.slip:
		return dialog.Again(slipped)
	case p.code != "":
		return d.hearCard(t, p, "digits")
	case p.door:
		return d.hearLine(t, p, "digits")
	case p.digits != "" && p.name != "":
		d.Name = p.name
		return d.try(t, p.digits, "digits")
	}
	return dialog.Again("要 4 个数字，例如 1234。")
}

// try compares what was said with the roll. Never is it told which part was wrong.
func (d *VerifyDraft) try(t *Turn, digits, at string) Move {
	said := d.said(t, digits)
	m, err := t.World.Verification.Match(t.Context(), said)
	if t.Failed(err) {
		return dialog.Again("")
	}
	how := civic.ByRoll
	if d.Way == civic.ByCode {
		how = civic.ByCode
	}
	switch {
	case m.Locked:
		return dialog.Done().Saying(locked(t, civic.Wait(m.Until.Sub(t.Now))))
	case !m.Until.IsZero():
		return d.anew(at, "刚才试的人多了，请过 "+civic.Wait(m.Until.Sub(t.Now))+"再试，这次不算。")
	case m.Person != 0:
		d.Home, d.Way = m.Community, how
		return dialog.Done(civic.Verify{
			Account: civic.Account(t.Account), Print: m.Print, Tell: tellClaimed(),
			Link: civic.Linkage{Person: m.Person, How: how, Consent: d.Agreed},
		})
	}
	t.Also(civic.NoteWrong{Account: civic.Account(t.Account), At: m.At, How: how})
	after := m.Tries.AfterWrong(civic.TryAccount, t.Now)
	if after.Waits(t.Now) {
		return dialog.Done().Saying("没有对上，试的次数满了，写过的都没有留下。" + locked(t, civic.Wait(after.Until.Sub(t.Now))))
	}
	return d.anew(at, fmt.Sprintf(wrongs[how], after.Left(t.Now)))
}

// wrongs are the same whatever was wrong.
var wrongs = map[civic.VerifiedBy]string{
	civic.ByRoll: "没有对上。请看看门牌（连小区名）、姓名和登记的手机后四位，还可以试 %d 次。",
	civic.ByCode: "没有对上。请看看卡上的码和姓名，还可以试 %d 次。",
}

// anew asks again where what was wrong can be written again.
func (d *VerifyDraft) anew(at, why string) Move {
	switch {
	case d.Way == civic.ByCode:
		d.Card = civic.Card{}
		if at != "door" && at != "consent" {
			return dialog.Edit("door").Saying(why)
		}
		return dialog.Again(why)
	case at == "digits":
		return dialog.Again(why)
	}
	return dialog.Next().Saying(why)
}

func (d *VerifyDraft) hearHand(t *Turn) Move {
	if saysCard(t) {
		return d.turnTo(civic.ByCode, "hand")
	}
	if p := readProof(t.Text); p.door {
		if m := d.hearLine(t, p, "hand"); d.Way != civic.ByHand {
			return m
		}
		return dialog.Stay("改好了。")
	}
	i, v := t.Choice(handAnswers...)
	switch {
	case v == zh.Sure && i == 1 || v != zh.Sure && zh.YesNo(t.Text) == zh.No:
		return dialog.Done().Saying("好，没有交出去。想认证了再回“认证”。")
	case v != zh.Sure && zh.YesNo(t.Text) != zh.Yes && !t.Said("帮我认证", "请网格员", "交", "提交"):
		return dialog.Again(askNumber(len(handAnswers)))
	}
	return dialog.Done(civic.AskVerify{Said: d.said(t, ""), Consent: d.Agreed})
}

func (d *VerifyDraft) told(t *Turn, got any) Reply {
	r := receipt(got)
	if r.Word == civic.VerifyAsked {
		return Reply{Text: "已交给网格员核对，一般两天内答复，结果会告诉您。\n急的话回“人工”。"}
	}
	setHome(t, d.Home) // the roll's community from now on
	text := "认证好了，谢谢您！您提的、附议的都算数了，以前的也算进来。"
	if d.Since != "" {
		text = "补好了，谢谢您！用钱的投票您也能投了。"
	}
	if c, ok, err := t.World.Communities.Community(t.Context(), d.Home); err == nil && ok && d.Since == "" &&
		!civic.CountsForMoney(civic.Identity{Person: 1, How: d.Way}, c.Settings) {
		text += "\n用钱的投票，社区要求再核一次：回“补认证”。"
	}
	if r.Word == civic.VerifiedToo {
		text += "\n另有一个微信号也认证成了您，我已告诉那边。要是那个不是您的，回“不是我”。"
	}
	return Reply{Text: text}
}

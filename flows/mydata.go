package flows

import (
	"fmt"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// MyDataLink is the kind of links to a file with all that is kept of an account.
const MyDataLink = "my-data"

// MyDataDraft is what is kept, as it was counted when it was shown.
type MyDataDraft struct {
	Kept      civic.Kept `json:"kept,omitzero"`
	Community string     `json:"community,omitempty"`
}

// The ways that 我的数据 leads on.
const (
	dataTake    = "下载一份"
	dataFix     = "有哪里不对"
	dataLong    = "都留多久"
	dataConsent = "取消认证"
	dataDelete  = "全部删除"
)

// myData 我的数据 shows what is kept, hands it out, says how it is put right, and deletes it.
var myData = Flow[MyDataDraft]{
	ID: "my-data", Version: 1, Title: "我的数据",
	Opens: []string{
		"我的数据", "我的资料", "我的信息", "个人信息", "个人资料", "隐私", "隐私政策", "下载我的数据",
		"删除我的数据", "删除数据", "注销", "注销账号", "删除账号", "清除数据",
	},
	Words:  []string{"隐私", "个人信息", "删除我的", "注销", "记了我什么"},
	Leads:  []string{"unverify"},
	Glance: true,
	Begin:  (*MyDataDraft).begin,
	Steps: []Step[MyDataDraft]{
		{ID: "pick", Ask: (*MyDataDraft).ask, Hear: (*MyDataDraft).hear, Commits: true, Jumps: []string{"sure"}},
		{ID: "sure", Open: always[MyDataDraft], Ask: (*MyDataDraft).askSure, Hear: (*MyDataDraft).hearSure, Jumps: []string{"really"}},
		{
			ID: "really", Open: always[MyDataDraft], Hear: (*MyDataDraft).hearReally, Commits: true,
			Say: "最后问一次：真要全部删除，就写“全部删除”四个字；不删了，回“不删”。",
		},
	},
	Told:   (*MyDataDraft).told,
	Erases: func(got any) bool { return receipt(got).Word == civic.Forgotten },
}

func (d *MyDataDraft) begin(t *Turn, _ string) {
	kept, err := t.World.Privacy.Kept(t.Context(), civic.Account(t.Account))
	if t.Failed(err) {
		return
	}
	d.Kept = kept
	if c, ok := ours(t); ok {
		d.Community = c.Name
	}
}

// ways are what can be done about what is kept.
func (d *MyDataDraft) ways(t *Turn) []string {
	var ways []string
	if canLink(t) {
		ways = append(ways, dataTake)
	}
	ways = append(ways, dataFix, dataLong)
	if d.Kept.How != "" {
		ways = append(ways, dataConsent)
	}
	return append(ways, dataDelete)
}

func (d *MyDataDraft) ask(t *Turn) Reply {
	return Reply{Text: "我们记着您的这些：\n" + strings.Join(d.lines(t.Now), "\n") + "\n微信昵称、头像、身份证号都没有记。要怎么办？", Choices: numbered(d.ways(t))}
}

// lines say what is kept, a line for what there is.
func (d *MyDataDraft) lines(now time.Time) []string {
	k := d.Kept
	var lines []string
	add := func(is bool, format string, args ...any) {
		if is {
			lines = append(lines, fmt.Sprintf(format, args...))
		}
	}
	add(d.Community != "", "社区：%s", d.Community)
	add(!k.Since.IsZero(), "第一次来：%s", day(k.Since, now))
	add(k.How != "", "认证：%s%s，连着名册上的您", day(k.Verified, now), howVerified(k.How))
	add(k.How == "", "认证：没有")
	add(k.Needs+k.Backed > 0, "提过需求 %d 件，附议 %d 件", k.Needs, k.Backed)
	add(k.Questions > 0, "网格员问过您 %d 次", k.Questions)
	add(k.Photos > 0, "照片和语音 %d 个", k.Photos)
	add(k.Claims > 0, "请网格员核对认证 %d 次", k.Claims)
	add(k.Talks > 0, "和网格员的会话 %d 次", k.Talks)
	add(k.Told > 0, "发给您的通知 %d 条", k.Told)
	add(k.Office, "工作岗位：有，办过的事记在社区台账里")
	add(k.OptedOut > 0, "退订了 %d 类通知", k.OptedOut)
	return lines
}

func howVerified(how civic.VerifiedBy) string {
	switch how {
	case civic.ByCode:
		return "用门牌卡"
	case civic.ByHand:
		return "由网格员核对"
	case civic.ByRoll:
	}
	return "按名册"
}

func (d *MyDataDraft) hear(t *Turn) Move {
	ways := d.ways(t)
	i, v := t.Choice(ways...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(ways)))
	}
	switch ways[i] {
	case dataTake:
		return dialog.Done(civic.MakeLink{Account: civic.Account(t.Account), Community: home(t), Kind: MyDataLink, Title: "下载我的数据"})
	case dataFix:
		return dialog.Done().Saying("社区不对，回“换社区”。\n名册上的姓名、手机、门牌不对，回“人工”，网格员改。\n自己提的需求，回“我的”，再回“补充”或“撤回”加编号。\n不想收通知，回“退订”。")
	case dataLong:
		return dialog.Done().Saying(howLong())
	case dataConsent:
		return dialog.Open("unverify", nil)
	}
	if d.Kept.Office {
		return dialog.Done().Saying(civic.HoldsOffice)
	}
	return dialog.Edit("sure")
}

// howLong is the table of retention for residents.
func howLong() string {
	var b strings.Builder
	b.WriteString("到了时候，自动删掉：")
	for _, r := range civic.Retained {
		if r.Say != "" {
			fmt.Fprintf(&b, "\n%s：%s", r.Say, r.Long())
		}
	}
	b.WriteString("\n您提的需求、附议、认证，留到您自己删除。想看、想删，回“我的数据”。")
	return b.String()
}

var sureAnswers = []string{"接着删", "先不删了"}

// askSure says what goes and what stays, before anything does.
func (d *MyDataDraft) askSure(*Turn) Reply {
	return Reply{
		Text: "删了就找不回来：\n认证、附议、会话、通知，全部删掉。\n没公开的需求撤回，内容删掉。\n" +
			"已经公开的、正在办的，留给社区，但不再写着是您。\n公布过的名单，数字不变；社区的名册不在这里。\n还要删吗？",
		Choices: numbered(sureAnswers),
	}
}

func (d *MyDataDraft) hearSure(t *Turn) Move {
	i, v := t.Choice(sureAnswers...)
	yes := zh.YesNo(t.Text)
	switch {
	case v == zh.Sure && i == 1 || v != zh.Sure && yes == zh.No:
		return notDeleted()
	case v == zh.Sure || yes == zh.Yes:
		return dialog.Edit("really")
	}
	return dialog.Again(askNumber(len(sureAnswers)))
}

// deleted says that what was shown is gone already: the conversation could not be kept after that, and
// stands where it did.
func (d *MyDataDraft) deleted(t *Turn) bool {
	now, err := t.World.Privacy.Kept(t.Context(), civic.Account(t.Account))
	return !t.Failed(err) && !d.Kept.Since.IsZero() && !now.Since.Equal(d.Kept.Since)
}

func (d *MyDataDraft) hearReally(t *Turn) Move {
	switch {
	case t.Said("全部删除", "全部删掉", "全部删除四个字"), d.deleted(t):
		return dialog.Done(civic.ForgetMe{Account: civic.Account(t.Account)})
	case t.Said("不删", "不删了", "先不删", "先不删了", "算了"), zh.YesNo(t.Text) == zh.No:
		return notDeleted()
	}
	return dialog.Again("还没有删。")
}

func notDeleted() Move { return dialog.Done().Saying("好，没有删，一切照旧。") }

func (*MyDataDraft) told(t *Turn, got any) Reply {
	if receipt(got).Word == civic.Forgotten {
		return Reply{Text: "都删掉了。以后再发消息，就当您是新来的；不想收到消息，取消关注就行。谢谢您来过。"}
	}
	return linkReply(t, "下载您的数据", got, 0)
}

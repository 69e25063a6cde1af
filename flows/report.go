package flows

import (
	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// ReportDraft is a public need that somebody says should not be public.
type ReportDraft struct{ sightTo }

// report 举报 asks for a reason by number, and tells staff.
var report = Flow[ReportDraft]{
	ID: "report", Version: 1, Title: "举报", Opens: []string{"举报", "我要举报"},
	Match: after("举报"), Requires: needsHome,
	Begin: (*ReportDraft).begin,
	Steps: []Step[ReportDraft]{
		{ID: "which", Open: (*ReportDraft).unknown, Ask: (*ReportDraft).askWhich, Hear: (*ReportDraft).hearWhich},
		{ID: "useless", Open: (*ReportDraft).useless, Ask: (*ReportDraft).askUseless},
		{ID: "why", Open: always[ReportDraft], Ask: (*ReportDraft).askWhy, Hear: (*ReportDraft).hearWhy, Commits: true},
	},
	Told: func(*ReportDraft, *Turn, any) Reply { return Reply{Text: reported} },
}

const reported = "已收到举报，社区核过会告诉您结果。"

func (d *ReportDraft) begin(t *Turn, arg string) { d.findFirst(t, orSeen(t, arg)) }
func (d *ReportDraft) unknown(*Turn) bool        { return !d.Found }
func (d *ReportDraft) useless(*Turn) bool {
	return d.Sight.Reported || d.Sight.Own && d.Sight.Head.ID == 0
}

func (d *ReportDraft) askWhich(*Turn) Reply {
	return Reply{Text: twoLines(d.miss, "举报哪一件？请回编号，比如 018。")}
}

func (d *ReportDraft) hearWhich(t *Turn) Move {
	if d.find(t, t.Text); !d.Found {
		return dialog.Again(notSeen)
	}
	return dialog.Next()
}

func (d *ReportDraft) askUseless(*Turn) Reply {
	if d.Sight.Reported {
		return Reply{Text: "这件您已经举报过了，社区核过会告诉您结果。"}
	}
	return Reply{Text: "这是您自己提的，不用举报。不想公开了，回“撤回" + d.no() + "”。"}
}

func (d *ReportDraft) askWhy(*Turn) Reply {
	n := d.Sight.Open()
	return Reply{Text: "举报 " + n.Number.String() + "“" + brief(n.Text, maxNews) + "”，为什么？", Choices: numbered(reasonTexts())}
}

func (d *ReportDraft) hearWhy(t *Turn) Move {
	if t.Said("不举报", "不举报了", "不了") {
		return dialog.Done().Saying("好，没有举报。")
	}
	code, ok := hearReason(t)
	if !ok {
		return dialog.Again(askNumber(len(civic.PublicReasons())))
	}
	return dialog.Done(civic.ReportNeed{Account: civic.Account(t.Account), Need: d.Sight.Open().ID, Code: code})
}

// reasonTexts are the reasons why something should not be public, to be chosen by number.
func reasonTexts() []string {
	var texts []string
	for _, r := range civic.PublicReasons() {
		texts = append(texts, r.Text)
	}
	return texts
}

// reasonWords are other words for them.
var reasonWords = []struct {
	code  string
	words []string
}{
	{"private", []string{"泄露隐私", "隐私问题", "有电话", "有姓名", "有门牌", "有手机号"}},
	{"insult", []string{"骂人", "攻击", "人身攻击", "脏话", "侮辱"}},
	{"advert", []string{"推销", "打广告", "卖东西"}},
	{"false", []string{"不实", "不实信息", "假的", "是假的", "不是真的", "没有这回事", "造谣", "谣言", "乱说"}},
	{"other", []string{"其他", "其它", "别的", "其他原因", "其它原因"}},
}

// hearReason reads one of them.
func hearReason(t *Turn) (code string, ok bool) {
	i, v := t.Choice(reasonTexts()...)
	if v == zh.Sure {
		return civic.PublicReasons()[i].Code, true
	}
	for _, w := range reasonWords {
		if t.Said(w.words...) {
			return w.code, true
		}
	}
	return "", false
}

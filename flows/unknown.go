package flows

import (
	"regexp"
	"strings"

	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// HelloDraft holds nothing.
type HelloDraft struct{}

var hello = Flow[HelloDraft]{
	ID: "hello", Version: 1, Title: "问好", Small: true,
	Opens: []string{"你好", "您好", "在吗", "在不在", "有人吗", "早上好", "上午好", "下午好", "晚上好", "hi", "hello", "喂"},
	Steps: []Step[HelloDraft]{{ID: "say", Ask: (*HelloDraft).ask}},
}

func (*HelloDraft) ask(*Turn) Reply {
	return menuReply("您好！想办什么？点一下，或者直接说。")
}

// UnknownDraft is what somebody said outside any flow.
type UnknownDraft struct {
	Text string `json:"text,omitempty"`
	Flow string `json:"flow,omitempty"` // the flow whose words it holds, "" none
	// Proof: it was meant for 认证, and is not kept.
	Proof bool `json:"proof,omitempty"`
}

// unknown hears free text: it finds the flow that is meant, or offers to raise it as a need.
var unknown = Flow[UnknownDraft]{
	ID: "unknown", Version: 1, Title: "听您说",
	Begin: (*UnknownDraft).begin,
	Leads: []string{"menu", "raise-need", "look", "mine", InboxID, "opt-out", "help", "person"},
	Steps: []Step[UnknownDraft]{
		{ID: "thanks", Open: (*UnknownDraft).polite, Say: "不客气。还有事随时说。"},
		{ID: "proof", Open: func(d *UnknownDraft, _ *Turn) bool { return d.Proof }, Say: proofOutside},
		{ID: "foreign", Open: (*UnknownDraft).foreign, Ask: (*UnknownDraft).askForeign},
		{ID: "odd", Open: (*UnknownDraft).odd, Ask: (*UnknownDraft).askOdd},
		{ID: "offer", Open: always[UnknownDraft], Ask: (*UnknownDraft).ask, Hear: (*UnknownDraft).hear},
	},
}

// proofOutside answers a code, or a door with name and digits, that nobody asked for.
const proofOutside = "这像是认证用的，没有留下。要认证请回“认证”，再写一遍。"

func (d *UnknownDraft) begin(t *Turn, flow string) {
	if readProof(t.Text).whole() {
		d.Proof = true
		return
	}
	d.Text, d.Flow = t.Text, flow
}

func (d *UnknownDraft) polite(*Turn) bool { return politeWords(d.Text) }

// politeWords says whether a message is only courtesy, which wants no more than as much.
func politeWords(text string) bool {
	return zh.Said(text, "谢谢", "谢谢您", "谢谢你", "多谢", "辛苦了", "好的", "好", "知道了", "嗯", "再见", "ok")
}

// answer is a message that answers something: nothing is being asked.
var answer = regexp.MustCompile(`^(改|修改|选)\s*\d{1,2}$`)

// odd is what can hardly be a need: bare numbers and answers, single characters.
func (d *UnknownDraft) odd(*Turn) bool {
	_, number := zh.Number(d.Text)
	return number || answer.MatchString(d.Text) || zh.YesNo(d.Text) != zh.Neither ||
		zh.Said(d.Text, "提交", "确认", "都不是", "好了", "截取", "下一页", "更多") || zh.Runes(d.Text) < 2
}

// foreign is what looks like a command of staff or of another bot. Nobody gets anything by it.
func (d *UnknownDraft) foreign(*Turn) bool {
	return strings.HasPrefix(d.Text, "#") || strings.HasPrefix(d.Text, "＃") || strings.HasPrefix(d.Text, "/")
}

func (d *UnknownDraft) askForeign(*Turn) Reply {
	return menuReply("这样的指令我不认识，什么也没有做。想办什么？")
}

func (d *UnknownDraft) askOdd(*Turn) Reply {
	return menuReply("现在没有在等您选的题。想办什么？点一下，或者直接说。")
}

// direct is a flow that free text may mean other than raising a need.
func (d *UnknownDraft) direct() string {
	if d.Flow == "opt-out" {
		return "退订"
	}
	for _, m := range menuItems {
		if m.flow == d.Flow && d.Flow != raiseNeedID {
			return m.word
		}
	}
	return ""
}

func (d *UnknownDraft) ask(*Turn) Reply {
	if w := d.direct(); w != "" {
		return Reply{Text: "您是想办“" + w + "”吗？", Choices: numbered([]string{"是", "不是"})}
	}
	return Reply{
		Text:    "您是想反映“" + brief(d.Text, 40) + "”吗？",
		Choices: numbered([]string{"是，提这个需求", "不是"}),
	}
}

func (d *UnknownDraft) hear(t *Turn) Move {
	i, v := t.Choice("是，提这个需求", "不是")
	yes := zh.YesNo(t.Text)
	switch {
	case v == zh.Sure && i == 0 || v != zh.Sure && yes == zh.Yes:
		if d.direct() != "" {
			return dialog.Open(d.Flow, nil)
		}
		return dialog.Open(raiseNeedID, &dialog.Input{Kind: dialog.Text, Text: d.Text})
	case v == zh.Sure && i == 1 || v != zh.Sure && yes == zh.No:
		return dialog.Open(menu.ID, nil)
	case readProof(t.Text).whole():
		return dialog.Again(proofOutside)
	case v == zh.None && zh.Runes(t.Text) >= 4: // people go on talking: take the newest words
		d.Text, d.Flow = t.Text, ""
		return dialog.Stay("")
	}
	return dialog.Again(askNumber(2))
}

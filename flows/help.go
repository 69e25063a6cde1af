package flows

import (
	"strings"

	"yishi/flows/civic"
)

// HelpDraft holds nothing.
type HelpDraft struct{}

var help = Flow[HelpDraft]{
	ID: "help", Version: 1, Title: "帮助", Opens: []string{"帮助", "怎么用", "说明", "使用帮助"},
	Steps: []Step[HelpDraft]{{ID: "say", Ask: (*HelpDraft).ask}},
}

func (*HelpDraft) ask(*Turn) Reply {
	return menuReply("直接说您的事就行，一次一句。随时可以回：\n" +
		"“返回”上一步，“改2”改第2项，“跳过”，“取消”，“继续”；\n" +
		"“进度018”问进展，“补充018”加一句，“撤回018”不提了；\n" +
		"“看018”看一件，“附议018”“取消附议018”，“举报018”；\n" +
		"“认证”让附议和投票算数，“规则”看什么能公开，“急难热”看是什么意思；\n" +
		"“退订”少收几类通知，“帮助”再看这一页。")
}

// PersonDraft holds nothing.
type PersonDraft struct{}

// person 人工 gives the grid worker's phone and hours.
var person = Flow[PersonDraft]{
	ID: "person", Version: 1, Title: "人工", Opens: []string{"人工", "转人工", "找人工", "人工服务", "网格员", "找网格员"},
	Steps: []Step[PersonDraft]{{ID: "say", Ask: (*PersonDraft).ask}},
}

// maxPhones bounds the communities listed to somebody whose own is not known.
const maxPhones = 5

func (*PersonDraft) ask(t *Turn) Reply {
	if c, ok := ours(t); ok {
		return Reply{Text: phoneLine(c)}
	}
	all, err := t.World.Communities.Communities(t.Context())
	if t.Failed(err) {
		return Reply{}
	}
	if len(all) == 0 {
		return Reply{Text: "这里还没有登记网格员的电话，急事请打 12345。"}
	}
	text := []string{"网格员的电话："}
	for _, c := range all[:min(len(all), maxPhones)] {
		text = append(text, c.Name+" "+phoneOf(c))
	}
	return Reply{Text: strings.Join(text, "\n")}
}

func phoneLine(c civic.Community) string {
	if c.Phone == "" {
		return c.Name + "还没有登记网格员的电话，急事请打 12345。"
	}
	hours := c.Hours
	if hours == "" {
		hours = "工作日 9:00–17:00"
	}
	return c.Name + "网格员：" + c.Phone + "\n" + hours + " 有人接。您没办完的我都留着。"
}

func phoneOf(c civic.Community) string {
	if c.Phone == "" {
		return "（未登记，急事请打 12345）"
	}
	return c.Phone
}

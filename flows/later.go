package flows

import (
	"regexp"
	"strings"

	"yishi/flows/zh"
)

// numberedWord is a word with its number as pushes ask for it: 参加12, 投12 1 3 确认.
var numberedWord = regexp.MustCompile(`^(不?参加|报名|请假|签到|投票?|结果|评价?)\s*(\d{1,6})号?(?:\s[\d\s、,，]*(?:确认)?)?$`)

// NoSuchDraft is a word with a number for which there is nothing.
type NoSuchDraft struct {
	Word string `json:"word,omitempty"`
}

// noSuch answers words with a number for which there is nothing of that number: what was typed
// must not become the answer to another question. Flows that know such words stand before it.
var noSuch = Flow[NoSuchDraft]{
	ID: "no-such", Version: 1, Title: "查号", Glance: true, Small: true,
	Match: func(text string) (string, bool) {
		m := numberedWord.FindStringSubmatch(strings.TrimSpace(zh.Narrow(text)))
		if m == nil {
			return "", false
		}
		return m[1] + m[2], true
	},
	Begin: func(d *NoSuchDraft, _ *Turn, word string) { d.Word = word },
	Steps: []Step[NoSuchDraft]{{ID: "say", Ask: (*NoSuchDraft).ask}},
}

func (d *NoSuchDraft) ask(*Turn) Reply {
	return Reply{Text: "没有查到“" + d.Word + "”的号码，什么也没有记。可能已经结束了，或者号码不对；回“通知”再看看。"}
}

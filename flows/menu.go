package flows

import (
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// MenuDraft holds nothing: the menu is the same for everybody.
type MenuDraft struct{}

// menuItems are what residents can do, in the order shown.
var menuItems = []struct{ word, flow string }{
	{"提需求", "raise-need"}, {"看需求", "look"}, {"我的", "mine"}, {"通知", InboxID}, {"人工", "person"},
}

// menu is one message away from everywhere.
var menu = Flow[MenuDraft]{
	ID: "menu", Version: 1, Title: "菜单", Opens: []string{"菜单", "主菜单", "首页", "回菜单"},
	Leads: []string{"raise-need", "look", "mine", InboxID, "person", "unknown", answerID},
	Steps: []Step[MenuDraft]{
		{ID: "pick", Ask: (*MenuDraft).ask, Hear: (*MenuDraft).hear},
	},
}

// menuReply shows the menu's items below a text. Its choices send words, so that they are good at any time.
func menuReply(text string) Reply {
	labels := make([]string, len(menuItems))
	for i, m := range menuItems {
		labels[i] = m.word
	}
	r := Reply{Text: text, Choices: numbered(labels)}
	for i, m := range menuItems {
		r.Choices[i].Send = m.word
	}
	return r
}

func (*MenuDraft) ask(*Turn) Reply { return menuReply("想办什么？点一下，或回数字。") }

func (*MenuDraft) hear(t *Turn) Move {
	var words []string
	for _, m := range menuItems {
		words = append(words, m.word)
	}
	i, v := t.Choice(words...)
	switch {
	case v == zh.Sure:
		return dialog.Open(menuItems[i].flow, nil)
	case v == zh.None && zh.Runes(t.Text) > 1:
		if id := talking(t); id != "" { // the menu was only looked at
			in := t.Input
			return dialog.Open(id, &in)
		}
		return dialog.Open("unknown", nil)
	}
	return dialog.Again(askNumber(len(menuItems)))
}

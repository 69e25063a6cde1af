package dialog_test

import (
	"testing"

	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// A choice that is on the table is an answer, though the same word opens a flow elsewhere; a choice
// that is sent as its own word means that flow.
func TestChoicesWinOverOpeningWords(t *testing.T) {
	pick := &dialog.Flow[order, *shelf]{
		ID: "pick", Version: 1, Title: "选", Opens: []string{"选"},
		Steps: []step{{
			ID: "which", Ask: func(*order, *turn) dialog.Reply {
				return dialog.Reply{Text: "哪个？", Choices: []dialog.Choice{{Label: "1. 翻翻", Send: "1"}, {Label: "2. 别的", Send: "2"}}}
			},
			Hear: func(_ *order, t *turn) dialog.Move {
				if _, v := t.Choice("翻翻", "别的"); v != zh.Sure {
					return dialog.Again("没听清。")
				}
				return dialog.Next()
			},
		}, {ID: "end", Ask: func(*order, *turn) dialog.Reply {
			return dialog.Reply{Text: "选好了。", Choices: []dialog.Choice{{Label: "1. 翻翻", Send: "翻翻"}}}
		}}},
	}
	e, err := dialog.New(dialog.Config[*shelf]{Generation: 3, Menu: "menu", Unknown: "unknown"},
		pick, leafing(), saying("menu", "菜单", "菜单"), saying("unknown", "没听懂"))
	if err != nil {
		t.Fatal(err)
	}
	k := newTalk(t, e)
	k.want("选", "哪个？")
	k.want("翻翻", "选好了。")
	k.want("翻翻", "看哪个") // no question is open any more
	k.want("选", "哪个？")
	k.want("菜单", "菜单") // words that are no choice go on opening
}

// Whoever was asked whether to go on or begin anew, and writes what they have to say instead, need
// not write it twice.
func TestOfferKeepsWhatIsWritten(t *testing.T) {
	e, err := dialog.New(dialog.Config[*shelf]{Generation: 3, Menu: "menu", Unknown: "unknown"},
		ordering(), saying("menu", "菜单", "菜单"), saying("unknown", "没听懂"))
	if err != nil {
		t.Fatal(err)
	}
	k := newTalk(t, e)
	k.want("订货", "要什么")
	k.want("盒子", "要几个")
	k.want("订货", "还没办完")
	k.want("也许", "请选 1 或 2。")
	k.want("要一个很大的红箱子", "选 2 就用它重新开头")
	k.want("1", "要几个")
	k.want("订货", "还没办完")
	k.want("要一个很大的红箱子", "选 2 就用它重新开头")
	k.want("2", "要几个")
	k.want("3", "要一个很大的红箱子")
}

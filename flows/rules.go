package flows

import (
	"strings"

	"yishi/flows/civic"
)

// RulesDraft holds nothing.
type RulesDraft struct{}

// rules 规则 says what may be public, and what becomes of what may not.
var rules = Flow[RulesDraft]{
	ID: "rules", Version: 1, Title: "规则", Opens: []string{"规则", "公开规则", "看规则", "什么能公开"},
	Steps: []Step[RulesDraft]{{ID: "say", Ask: (*RulesDraft).ask}},
}

func (*RulesDraft) ask(t *Turn) Reply {
	first := "您提的需求，网格员看过后才公开给邻居。"
	if settings(t).ReleaseVerified {
		first = "认证居民提的需求马上公开；没认证的，网格员看过后才公开。"
	}
	return Reply{Text: first + "只公开说的事、位置和照片，不公开您是谁；电话等号码会隐去。\n" +
		"这些不公开：" + strings.Join(forbidden(), "；") + "。\n" +
		"看到不合适的，回“举报018”这样的编号，三个人举报、里面有认证过的邻居，就先藏起来等社区核。撤下会告诉提的人原因，可以申诉一次，由另一位工作人员定。每次处理都有记录。"}
}

// forbidden are the reasons that can be named beforehand.
func forbidden() []string {
	texts := reasonTexts()
	return texts[:len(texts)-1]
}

// MarksDraft holds nothing.
type MarksDraft struct{}

// marks 急难热 explains the three marks.
var marks = Flow[MarksDraft]{
	ID: "marks", Version: 1, Title: "急难热", Opens: []string{"急难热", "急难热是什么", "什么是急难热", "疑似急"},
	Steps: []Step[MarksDraft]{{ID: "say", Ask: (*MarksDraft).ask}},
}

func (*MarksDraft) ask(t *Turn) Reply {
	hot := civic.Marks(&civic.Need{Heat: settings(t).Hot()}, settings(t))
	return Reply{Text: "急：关系安全或有期限。您说急，或者说到危险，先记“疑似急”，社区核过才是“急”。\n" +
		"难：要几家一起办，由社区标。\n" +
		"热：" + hot[0].Why + "（认证居民）。\n" +
		"居民和工作人员看到的一样。回“看需求”，选“急难热”。"}
}

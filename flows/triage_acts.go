package flows

import (
	"fmt"
	"regexp"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// openStates are those in which staff still work on a need.
var openStates = []civic.NeedState{civic.NeedRaised, civic.NeedAppealed, civic.NeedDeclining, civic.NeedAccepted}

// HandDraft is a need about to be handed on.
type HandDraft struct {
	CaseDraft
	Whom string `json:"whom,omitempty"`
	Duty string `json:"duty,omitempty"`
}

// hotline is the city's line for what is nobody's in the community.
const hotline = "12345 热线"

// handNeed 转办 says whose duty a need is, and whom its residents turn to.
var handNeed = Flow[HandDraft]{
	ID: "hand-need", Version: 1, Title: "转办",
	Match: after("转办", "转给"), For: forTriage, Lost: civic.NoLonger,
	Begin: func(d *HandDraft, t *Turn, arg string) { d.find(t, arg) },
	Steps: []Step[HandDraft]{
		stepWithin(whichOf(civic.NeedRaised, civic.NeedAppealed, civic.NeedAccepted), func(d *HandDraft) *CaseDraft { return &d.CaseDraft }),
		{ID: "whom", Ask: (*HandDraft).askWhom, Hear: (*HandDraft).hearWhom, Label: "转给", Show: func(d *HandDraft) string { return d.Whom }, Jumps: []string{"duty"}},
		{ID: "duty", Open: (*HandDraft).named, Ask: (*HandDraft).askDuty, Hear: (*HandDraft).hearDuty, Label: "单位和电话", Show: func(d *HandDraft) string { return d.Duty }},
		{ID: "sure", Ask: (*HandDraft).askSure, Hear: (*HandDraft).hearSure, Commits: true},
	},
	Told: func(_ *HandDraft, t *Turn, got any) Reply {
		return goOn(t, "已转办 "+receipt(got).Number+"，都会告诉到。")
	},
}

var whoms = []string{"物业", hotline, "别的单位"}

func (d *HandDraft) askWhom(*Turn) Reply {
	return Reply{Text: d.title() + "转给谁办？", Choices: numbered(whoms)}
}

func (d *HandDraft) hearWhom(t *Turn) Move {
	i, v := t.Choice(whoms...)
	phone := longNumber.MatchString(zh.Narrow(t.Text))
	named := phone || v == zh.None && zh.Runes(t.Text) > 2 // whose duty it is, by their name
	switch {
	case t.Said("先不办"):
		return leftAlone()
	case t.Said("12345", "热线", "12345热线"):
		i = 1
	case named && strings.Contains(zh.Fold(t.Text), whoms[0]):
		i = 0
	case named:
		i = len(whoms) - 1
	case v != zh.Sure:
		return dialog.Again(askNumber(len(whoms)))
	}
	d.Whom, d.Duty = whoms[i], ""
	switch {
	case d.Whom == hotline:
		d.Duty = hotline
	case phone:
		return d.hearDuty(t)
	case t.Editing():
		return dialog.Edit("duty")
	}
	return dialog.Next()
}

// longNumber is a phone with words around it.
var longNumber = regexp.MustCompile(`[0-9]{6,}`)

func (d *HandDraft) named(t *Turn) bool { return d.Whom != hotline && (d.Duty == "" || t.Editing()) }

func (d *HandDraft) askDuty(*Turn) Reply {
	return Reply{Text: "叫什么、电话多少？写一句，居民照着找，比如“某某物业 0512-65000000”。"}
}

func (d *HandDraft) hearDuty(t *Turn) Move {
	duty := oneLine(zh.Clean(t.Text))
	switch n := zh.Runes(duty); {
	case n > civic.MaxDuty:
		return dialog.Again(fmt.Sprintf("最多写 %d 个字，您写了 %d 个。", civic.MaxDuty, n))
	case n < 2:
		return dialog.Again("太短了，居民怕找不到。")
	}
	d.Duty = duty
	return dialog.Next()
}

func (d *HandDraft) handed() civic.MakePush {
	duty := d.Duty
	if last := duty[len(duty)-1]; last >= '0' && last <= '9' {
		duty += " "
	}
	return d.news(NeedNews{State: civic.NeedHanded, Next: "由" + duty + "办理，可以直接找他们"}, "")
}

func (d *HandDraft) askSure(*Turn) Reply {
	r := d.CaseDraft.askSure("转办 "+d.title()+"？", d.handed(), "转办")
	r.After = "要改回“改1”或“改2”。"
	return r
}

func (d *HandDraft) hearSure(t *Turn) Move {
	did, ok := sure(t, "转办", "先不办")
	switch {
	case !ok:
		return dialog.Again(askNumber(2))
	case !did:
		return leftAlone()
	}
	return dialog.Done(civic.HandNeed{By: byIn(t, d.Need.Community), Need: d.Need.ID, Duty: d.Duty}, d.handed())
}

// classifyNeed 改类 puts a need where it belongs. Its author reads it with 进度, it is no news.
var classifyNeed = Flow[CaseDraft]{
	ID: "classify-need", Version: 1, Title: "改类别",
	Glance: true, Match: after("改类别", "改类", "归类"), For: forTriage, Lost: civic.NoLonger,
	Begin: (*CaseDraft).find,
	Steps: []Step[CaseDraft]{
		whichOf(openStates...),
		{ID: "pick", Ask: (*CaseDraft).askClass, Hear: (*CaseDraft).hearClass, Commits: true},
	},
	Told: func(d *CaseDraft, _ *Turn, got any) Reply {
		return goBack(receipt(got).Number+" 归到“"+d.Words+"”了。", &d.Need)
	},
}

// goBack ends what was done to a need that still has to be decided, with the way back to it.
func goBack(text string, n *civic.Need) Reply {
	no := short(n.Number.String())
	return Reply{Text: text, Choices: []Choice{{Label: "接着办 " + no, Send: "初选" + no}, {Label: "下一件", Send: "下一件"}}}
}

func (d *CaseDraft) askClass(*Turn) Reply {
	return Reply{Text: d.title() + "现在归在“" + d.Need.Category.String() + "”，改到哪一类？", Choices: numbered(categoryNames())}
}

func (d *CaseDraft) hearClass(t *Turn) Move {
	i, v := t.Choice(categoryNames()...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(civic.Categories())))
	}
	c := civic.Categories()[i]
	d.Words = c.String()
	return dialog.Done(civic.ClassifyNeed{By: byIn(t, d.Need.Community), Need: d.Need.ID, Category: c})
}

// markNeed 标急、标难. Marks are seen by residents and staff alike.
var markNeed = Flow[CaseDraft]{
	ID: "mark-need", Version: 1, Title: "标急难",
	Glance: true, Match: after("标急难", "标急", "标难", "标"), For: forTriage, Lost: civic.NoLonger,
	Begin: (*CaseDraft).find,
	Steps: []Step[CaseDraft]{
		whichOf(openStates...),
		{ID: "pick", Ask: (*CaseDraft).askMark, Hear: (*CaseDraft).hearMark, Commits: true},
	},
	Told: func(d *CaseDraft, _ *Turn, got any) Reply {
		return goBack(receipt(got).Number+" 标为“"+d.Words+"”了。", &d.Need)
	},
}

var markings = []struct {
	word         string
	urgent, hard int
}{{"急", 1, 0}, {"不急", -1, 0}, {"难", 0, 1}, {"不难", 0, -1}}

func markWords() []string {
	var ws []string
	for _, m := range markings {
		ws = append(ws, m.word)
	}
	return ws
}

func (d *CaseDraft) askMark(*Turn) Reply {
	return Reply{Text: d.title() + "标成什么？有安全隐患、有期限的是急，要几家一起办的是难。", Choices: numbered(markWords())}
}

func (d *CaseDraft) hearMark(t *Turn) Move {
	i, v := t.Choice(markWords()...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(markings)))
	}
	m := markings[i]
	d.Words = m.word
	return dialog.Done(civic.MarkNeed{By: byIn(t, d.Need.Community), Need: d.Need.ID, Urgent: m.urgent, Hard: m.hard})
}

// typeNeed 听写 makes of a voice the text of its need.
var typeNeed = Flow[CaseDraft]{
	ID: "type-need", Version: 1, Title: "听写",
	Match: after("听写", "打字"), For: forTriage, Lost: civic.NoLonger,
	Begin: (*CaseDraft).find,
	Steps: []Step[CaseDraft]{
		whichOf(openStates...),
		{ID: "words", Open: (*CaseDraft).untyped, Ask: (*CaseDraft).askTyped, Hear: (*CaseDraft).hearTyped, Label: "听写", Show: (*CaseDraft).showWords},
		{ID: "sure", Ask: (*CaseDraft).askTypedSure, Hear: (*CaseDraft).hearTypedSure, Commits: true},
	},
	Told: func(d *CaseDraft, _ *Turn, got any) Reply {
		return goBack(receipt(got).Number+" 的文字换好了，原来写的留在补充里。", &d.Need)
	},
}

func (d *CaseDraft) showWords() string { return d.Words }

func (d *CaseDraft) untyped(t *Turn) bool {
	n := zh.Runes(d.Words)
	d.Words = zh.Mask(d.Words)
	return t.Editing() || n < minWhat || n > maxWhat
}

func (d *CaseDraft) askTyped(*Turn) Reply {
	return Reply{Text: fmt.Sprintf("请把 %s 语音里说的写成文字，最多 %d 个字。", d.Need.Number, maxWhat)}
}

func (d *CaseDraft) hearTyped(t *Turn) Move {
	return hearAnew(t, &d.Words)
}

func (d *CaseDraft) askTypedSure(*Turn) Reply {
	return Reply{
		Text:    d.Need.Number.String() + " 的文字换成：\n“" + d.Words + "”（由工作人员听写）\n原来写的会留在补充里。对吗？",
		Choices: numbered([]string{"换", "先不办"}), After: "要改回“改1”。",
	}
}

func (d *CaseDraft) hearTypedSure(t *Turn) Move {
	did, ok := sure(t, "换", "先不办")
	switch {
	case !ok:
		return dialog.Again(askNumber(2))
	case !did:
		return leftAlone()
	}
	return dialog.Done(civic.TypeNeed{By: byIn(t, d.Need.Community), Need: d.Need.ID, Text: d.Words})
}

package flows

import (
	"slices"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// agreedPhrase is the version of what is read out before a need is raised for somebody.
const agreedPhrase = "2027-1"

// RaiseForDraft is a need raised for somebody without WeChat.
type RaiseForDraft struct {
	Need  NeedDraft         `json:"need,omitzero"`
	Began int64             `json:"began,omitempty"` // when they agreed, Unix s
	Doors []civic.Neighbour `json:"doors,omitempty"` // as listed, so that a number keeps its meaning
	Door  string            `json:"door,omitempty"`
	Whom  civic.Neighbour   `json:"whom,omitzero"`
	Named bool              `json:"named,omitempty"` // who it is was answered
}

// raiseFor 代办提需求 is 提需求 at somebody's door: the same questions, after theirs whether the person
// agrees and who it is.
var raiseFor = Flow[RaiseForDraft]{
	ID: "raise-for", Version: 1, Title: "代办提需求", Opens: []string{"代办", "代办提需求", "代提需求", "帮人提需求"},
	For: forAct(civic.ActRaiseFor), Lost: civic.NoLonger,
	Steps: slices.Concat([]Step[RaiseForDraft]{
		{ID: "agree", Ask: (*RaiseForDraft).askAgree, Hear: (*RaiseForDraft).hearAgree},
		{ID: "door", Open: func(d *RaiseForDraft, t *Turn) bool { return !d.Named || t.Editing() }, Ask: (*RaiseForDraft).askDoor, Hear: (*RaiseForDraft).hearDoor, Label: "替谁", Show: (*RaiseForDraft).showWhom, Jumps: []string{"whom"}},
		{ID: "whom", Open: func(d *RaiseForDraft, _ *Turn) bool { return len(d.Doors) > 0 && !d.Named }, Ask: (*RaiseForDraft).askWhom, Hear: (*RaiseForDraft).hearWhom},
	}, assisted()),
	Told: func(d *RaiseForDraft, _ *Turn, got any) Reply {
		no := receipt(got).Number
		text := "提好了，编号 " + no + "。请把编号写给他，问进展打网格员电话、报“" + short(no) + "”就行。"
		if d.Whom.Person != 0 {
			text += "\n他以后有了微信、认证了，这件就在他的“我的”里。"
		}
		return Reply{Text: text}
	},
}

// assisted are the steps of 提需求, with those that would act for the member of staff replaced.
func assisted() []Step[RaiseForDraft] {
	var out []Step[RaiseForDraft]
	for _, s := range raiseNeed.Steps {
		step := stepWithin(s, func(d *RaiseForDraft) *NeedDraft { return &d.Need })
		switch s.ID {
		case "similar":
			step.Open, step.Hear, step.Commits = (*RaiseForDraft).findSimilar, (*RaiseForDraft).hearSimilar, false
		case "confirm":
			step.Hear = (*RaiseForDraft).hearConfirm
		}
		out = append(out, step)
	}
	return out
}

// stepWithin makes a step over a draft one of a flow whose draft holds it.
func stepWithin[D, Inner any](s Step[Inner], of func(*D) *Inner) Step[D] {
	out := Step[D]{ID: s.ID, Say: s.Say, Hears: s.Hears, Commits: s.Commits, Label: s.Label, Jumps: s.Jumps}
	if s.Ask != nil {
		out.Ask = func(d *D, t *Turn) Reply { return s.Ask(of(d), t) }
	}
	if s.Hear != nil {
		out.Hear = func(d *D, t *Turn) Move { return s.Hear(of(d), t) }
	}
	if s.Open != nil {
		out.Open = func(d *D, t *Turn) bool { return s.Open(of(d), t) }
	}
	if s.Show != nil {
		out.Show = func(d *D) string { return s.Show(of(d)) }
	}
	if s.Skip != nil {
		out.Skip = func(d *D) { s.Skip(of(d)) }
	}
	return out
}

func (d *RaiseForDraft) askAgree(*Turn) Reply {
	text := "请念给他听：“我替您把这件事报给社区，您住哪儿只有社区看得到，您同意吗？”"
	if d.Began != 0 {
		text = "隔得久了。" + text
	}
	return Reply{Text: text, Choices: numbered([]string{"他同意", "不同意"}), After: "念过以后，请在 15 分钟内办完。"}
}

func (d *RaiseForDraft) hearAgree(t *Turn) Move {
	did, ok := sure(t, "他同意", "不同意")
	switch {
	case t.Said("同意", "他同意了", "同意了"):
	case !ok:
		return dialog.Again(askNumber(2))
	case !did:
		return dialog.Done().Saying("好，没有记。他以后想提，随时再来。")
	}
	d.Began = t.Now.Unix()
	return dialog.Next()
}

func (*RaiseForDraft) askDoor(*Turn) Reply {
	return Reply{Text: "替谁提？请回门牌，比如“3幢2单元501”；不写是谁就回“不具名”。", Choices: []Choice{{Label: "不具名", Send: "不具名"}}}
}

// doorsMost bounds the people listed behind a door.
const doorsMost = 5

func (d *RaiseForDraft) hearDoor(t *Turn) Move {
	d.Doors, d.Whom, d.Door, d.Named = nil, civic.Neighbour{}, "", false
	if t.Said("不具名", "不写", "不说", "没有", "不记名") {
		d.Named = true
		return dialog.Next()
	}
	building, unit, room, ok := civic.ParseDoor(t.Text)
	if !ok {
		return dialog.Again("没有认出门牌，要有幢和室。什么事下一步再说。")
	}
	c, ok := officeCommunity(t)
	if !ok {
		return dialog.Again("没有认出门牌。")
	}
	people, err := t.World.Triage.Neighbours(t.Context(), c.ID, building, unit, room, doorsMost)
	if t.Failed(err) {
		return dialog.Stay("")
	}
	if len(people) == 0 {
		return dialog.Again("名册里没有 " + civic.ShowDoor(building, unit, room) + "。")
	}
	d.Doors, d.Door = people, civic.ShowDoor(building, unit, room)
	if t.Editing() {
		return dialog.Edit("whom")
	}
	return dialog.Next()
}

func (d *RaiseForDraft) whomLabels() []string {
	labels := make([]string, len(d.Doors))
	for i, p := range d.Doors {
		labels[i] = p.Estate + " " + p.Name
	}
	return append(labels, "都不是，不具名")
}

func (d *RaiseForDraft) askWhom(*Turn) Reply {
	return Reply{Text: d.Door + "，是哪一位？", Choices: numbered(d.whomLabels())}
}

func (d *RaiseForDraft) hearWhom(t *Turn) Move {
	i, v := t.Choice(d.whomLabels()...)
	switch {
	case t.Said("都不是", "不具名") || v == zh.Sure && i == len(d.Doors):
		d.Whom = civic.Neighbour{}
	case v == zh.Sure:
		d.Whom = d.Doors[i]
	default:
		return dialog.Again(askNumber(len(d.Doors) + 1))
	}
	d.Named = true
	return dialog.Next()
}

func (d *RaiseForDraft) showWhom() string {
	switch {
	case !d.Named:
		return ""
	case d.Whom.Person == 0:
		return "不具名"
	}
	return d.Whom.Estate + d.Door + " " + d.Whom.Name
}

// findSimilar looks for like needs that are public: the member of staff has none of their own here.
func (d *RaiseForDraft) findSimilar(t *Turn) bool {
	c, ok := officeCommunity(t)
	if !ok {
		return false
	}
	like, err := t.World.Needs.Like(t.Context(), "", c.ID, d.Need.What, 3)
	if t.Failed(err) {
		return false
	}
	d.Need.Like = like
	return len(like) > 0
}

// hearSimilar ends the flow where the need is there already: staff do not endorse for others.
func (d *RaiseForDraft) hearSimilar(t *Turn) Move {
	i, v := t.Choice(d.Need.likeLabels()...)
	switch {
	case t.Said("0", "都不是", "不一样", "另提", "不是") || v == zh.Sure && i == len(d.Need.Like):
		return dialog.Next()
	case v != zh.Sure:
		return dialog.Again(askNumber(len(d.Need.Like) + 1))
	}
	no := d.Need.Like[i].Number.String()
	return dialog.Done().Saying("这件已经有人提了，编号 " + no + "，不用再提。请把编号写给他，有进展照样能问。")
}

func (d *RaiseForDraft) hearConfirm(t *Turn) Move {
	if t.Kind == dialog.Photo {
		return d.Need.keepPhoto(t, "照片收到了。")
	}
	if !confirmed(t) {
		return dialog.Again("还没有提交。")
	}
	c, _ := officeCommunity(t)
	n := &d.Need
	by := byIn(t, c.ID)
	by.Grid = d.Whom.Grid
	return dialog.Done(civic.RaiseFor{
		By: by, Person: d.Whom.Person, Agreed: agreedPhrase, BeganAt: time.Unix(d.Began, 0),
		Raise: civic.RaiseNeed{
			Account: by.Account, Community: c.ID, Category: n.Category, Text: n.What, Place: n.Where, Urgent: n.Urgent, Photos: n.Photos, VoiceID: n.Voice,
		},
	})
}

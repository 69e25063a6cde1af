package flows

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// LookDraft is where somebody stands among the public needs.
type LookDraft struct {
	View   civic.View     `json:"view,omitzero"`
	Name   string         `json:"name,omitempty"`   // of the view, as people read it
	Want   string         `json:"want,omitempty"`   // what is asked next: category or mark
	Start  civic.ViewAt   `json:"start,omitzero"`   // of the page shown
	Before []civic.ViewAt `json:"before,omitempty"` // starts of the pages before it, at most maxBefore
	Listed []lookLine     `json:"listed,omitempty"` // as listed, so that a number keeps its meaning
	More   bool           `json:"more,omitempty"`
	One    lookOne        `json:"one,omitzero"`
}

// lookLine is a need as the list shows it.
type lookLine struct {
	Year  int          `json:"y"`
	Seq   int          `json:"s"`
	Label string       `json:"l"`
	At    civic.ViewAt `json:"at,omitzero"`
}

// lookOne is the need that is open.
type lookOne struct {
	Need     civic.NeedID `json:"need,omitempty"`
	Number   string       `json:"number,omitempty"`
	Year     int          `json:"y,omitempty"` // as looked up
	Seq      int          `json:"s,omitempty"`
	Own      bool         `json:"own,omitempty"`
	Backed   bool         `json:"backed,omitempty"`
	Reported bool         `json:"reported,omitempty"`
	Media    bool         `json:"media,omitempty"` // it has photos or voices to see
	Brief    bool         `json:"brief,omitempty"` // its text was shown
	Asking   bool         `json:"asking,omitempty"`
	Did      string       `json:"did,omitempty"` // what the last answer did: see After
}

const maxBefore = 40

// noteList remembers the list somebody was looking at, for 返回列表.
const noteList = "list"

// seeNumber is 看018 and the like; stricter than other words with a number, as 看 begins many.
var seeNumber = regexp.MustCompile(`^\s*(?:看|看看|查看)\s*((?:\p{Han}{0,4}\d{4}-)?\d{1,6})号?$`)

// look 看需求 lists public needs and shows one.
var look = Flow[LookDraft]{
	ID: "look", Version: 1, Title: "看需求",
	Opens: []string{
		"看需求", "需求列表", "大家的需求", "邻居的需求", "所有需求", "看看需求", "附近的需求", "热门需求", "最热的需求",
		"最新需求", "最新的需求", "返回列表",
	},
	Words:    []string{"大家提了什么", "别人提", "邻居提"},
	Requires: needsHome, Glance: true,
	Match: func(text string) (string, bool) {
		m := seeNumber.FindStringSubmatch(zh.Narrow(text))
		if m == nil {
			return "", false
		}
		return m[1], true
	},
	Begin: (*LookDraft).begin,
	Steps: []Step[LookDraft]{
		{ID: "how", Open: (*LookDraft).noView, Ask: (*LookDraft).askHow, Hear: (*LookDraft).hearHow},
		{ID: "category", Open: (*LookDraft).wantsCategory, Ask: (*LookDraft).askCategory, Hear: (*LookDraft).hearCategory},
		{ID: "mark", Open: (*LookDraft).wantsMark, Ask: (*LookDraft).askMark, Hear: (*LookDraft).hearMark},
		{ID: "list", Open: (*LookDraft).openList, Ask: (*LookDraft).askList, Hear: (*LookDraft).hearList},
		{
			ID: "one", Open: func(d *LookDraft, _ *Turn) bool { return d.One.Seq != 0 },
			Ask: (*LookDraft).askOne, Hear: (*LookDraft).hearOne, Jumps: []string{"list"},
		},
	},
	After: (*LookDraft).after,
}

func (d *LookDraft) begin(t *Turn, arg string) {
	if year, seq, ok := numberIn(arg); ok {
		d.One.Year, d.One.Seq = year, seq
		return
	}
	said := func(words ...string) bool { return zh.Said(t.Text, words...) } // typed, or a button's
	switch {
	case said("返回列表"):
		d.recall(t)
	case said("附近的需求"):
		d.near(t)
	case said("热门需求", "最热的需求"):
		d.choose(t, civic.View{Kind: civic.ViewHeat}, "附议最多")
	case said("最新需求", "最新的需求"):
		d.choose(t, civic.View{Kind: civic.ViewNewest}, "最新")
	}
}

// choose lists the first page of a view, and says whether there is anything.
func (d *LookDraft) choose(t *Turn, v civic.View, name string) bool {
	d.View, d.Name, d.Start, d.Before, d.Want = v, name, civic.ViewAt{}, nil, ""
	if d.load(t); len(d.Listed) == 0 {
		d.View = civic.View{}
	}
	return len(d.Listed) > 0
}

// near lists what was raised where the account's person lives, or where they say they do.
func (d *LookDraft) near(t *Turn) bool {
	id, ok, err := t.World.People.Identity(t.Context(), civic.Account(t.Account))
	if t.Failed(err) {
		return false
	}
	estate := id.Estate
	if !ok || id.Community != home(t) {
		f, _, err := t.World.Followers.Follower(t.Context(), civic.Account(t.Account))
		if t.Failed(err) {
			return false
		}
		estate = f.Estate
	}
	if estate == 0 {
		return false
	}
	e, _, err := t.World.Communities.Estate(t.Context(), estate)
	if t.Failed(err) {
		return false
	}
	return d.choose(t, civic.View{Kind: civic.ViewEstate, Estate: estate}, e.Name)
}

// load reads the page that begins at Start.
func (d *LookDraft) load(t *Turn) {
	needs, err := t.World.Needs.Browse(t.Context(), civic.Account(t.Account), home(t), d.View, d.Start, pageSize+1)
	if t.Failed(err) {
		return
	}
	set := settings(t)
	d.More = len(needs) > pageSize
	d.Listed = nil
	for _, n := range needs[:min(pageSize, len(needs))] {
		label := fmt.Sprintf("%03d %s", n.Number.Seq, brief(n.Text, 18))
		if n.Place.Text != "" {
			label += "（" + brief(n.Place.Text, 8) + "）"
		}
		if m := marksShort(&n, set); m != "" {
			label += "〔" + m + "〕"
		}
		label += "，" + backingShort(n.Heat, n.Others)
		d.Listed = append(d.Listed, lookLine{n.Number.Year, n.Number.Seq, label, d.View.After(&n)})
	}
	d.remember(t)
}

// remember keeps the place for 返回列表, as short as it goes.
func (d *LookDraft) remember(t *Turn) {
	if len(d.Listed) == 0 {
		return
	}
	text, err := json.Marshal(struct {
		V civic.View   `json:"v"`
		N string       `json:"n"`
		S civic.ViewAt `json:"s,omitzero"`
	}{d.View, d.Name, d.Start})
	if err == nil {
		t.SetNote(noteList, string(text))
	}
}

// recall goes back to the place remembered, or stays at the beginning where there is none.
func (d *LookDraft) recall(t *Turn) {
	var was struct {
		V civic.View   `json:"v"`
		N string       `json:"n"`
		S civic.ViewAt `json:"s"`
	}
	if json.Unmarshal([]byte(t.Note(noteList)), &was) != nil || was.V.Kind == "" {
		return
	}
	d.View, d.Name, d.Start, d.Before = was.V, was.N, was.S, nil
	if d.load(t); len(d.Listed) == 0 {
		d.View = civic.View{}
	}
}

// listHint says how to go back to a list that was left for something else; "" where there was none.
func listHint(t *Turn) string {
	if t.Note(noteList) == "" {
		return ""
	}
	return "接着看别的，回“返回列表”。"
}

func (d *LookDraft) noView(*Turn) bool { return d.View.Kind == "" && d.Want == "" && d.One.Seq == 0 }

func (*LookDraft) askHow(*Turn) Reply {
	return Reply{
		Text:    "怎么看？点一下，或直接写小区名。",
		Choices: numbered(lookHows),
	}
}

var lookHows = []string{"附议最多的", "最新的", "我小区的", "按类别", "急难热"}

// nothing is said of a view that shows nothing.
const nothing = "这里还没有公开的需求，换一个看看。"

func (d *LookDraft) hearHow(t *Turn) Move {
	i, v := t.Choice(lookHows...)
	if v != zh.Sure {
		return d.hearEstate(t)
	}
	found := true
	switch i {
	case 0:
		found = d.choose(t, civic.View{Kind: civic.ViewHeat}, "附议最多")
	case 1:
		found = d.choose(t, civic.View{Kind: civic.ViewNewest}, "最新")
	case 2:
		if found = d.near(t); !found {
			return dialog.Stay("您小区还没有公开的需求。换一个看看，或写别的小区名。")
		}
	case 3:
		d.Want = "category"
	case 4:
		d.Want = "mark"
	}
	if !found {
		return dialog.Stay(nothing)
	}
	return dialog.Next()
}

// hearEstate reads the name of an estate of the community.
func (d *LookDraft) hearEstate(t *Turn) Move {
	if zh.Runes(t.Text) < 2 {
		return dialog.Again(askNumber(len(lookHows)))
	}
	found, err := t.World.Communities.EstatesNamed(t.Context(), zh.Cut(t.Text, 30), 5)
	if t.Failed(err) {
		return dialog.Again("")
	}
	for _, e := range found {
		if e.Community != home(t) {
			continue
		}
		if !d.choose(t, civic.View{Kind: civic.ViewEstate, Estate: e.ID}, e.Name) {
			return dialog.Stay(e.Name + "还没有公开的需求，换一个看看。")
		}
		return dialog.Next()
	}
	return dialog.Again("没有找到这个小区。" + askNumber(len(lookHows)))
}

func (d *LookDraft) wantsCategory(*Turn) bool { return d.Want == "category" }

func categoryNames() []string {
	var names []string
	for _, c := range civic.Categories() {
		names = append(names, c.String())
	}
	return names
}

func (*LookDraft) askCategory(*Turn) Reply {
	return Reply{Text: "看哪一类？", Choices: numbered(categoryNames())}
}

func (d *LookDraft) hearCategory(t *Turn) Move {
	i, v := t.Choice(categoryNames()...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(civic.Categories())))
	}
	c := civic.Categories()[i]
	if !d.choose(t, civic.View{Kind: civic.ViewCategory, Category: c}, c.String()) {
		d.Want = "category"
		return dialog.Stay(nothing)
	}
	return dialog.Next()
}

func (d *LookDraft) wantsMark(*Turn) bool { return d.Want == "mark" }

var lookMarks = []string{"急", "难", "热"}

func (*LookDraft) askMark(*Turn) Reply {
	return Reply{Text: "看哪一种？", Choices: numbered(lookMarks), After: "是什么意思，回“急难热”。"}
}

func (d *LookDraft) hearMark(t *Turn) Move {
	i, v := t.Choice(lookMarks...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(lookMarks)))
	}
	view := []civic.View{{Kind: civic.ViewPressing}, {Kind: civic.ViewHard}, {Kind: civic.ViewHot, From: settings(t).Hot()}}[i]
	if !d.choose(t, view, lookMarks[i]) {
		d.Want = "mark"
		return dialog.Stay(nothing)
	}
	return dialog.Next()
}

func (d *LookDraft) openList(*Turn) bool { return d.View.Kind != "" && d.One.Seq == 0 }

func (d *LookDraft) askList(*Turn) Reply {
	labels := make([]string, len(d.Listed))
	for i, l := range d.Listed {
		labels[i] = l.Label
	}
	r := Reply{Text: d.Name + "，看哪一件？", Choices: numbered(labels)}
	var ways []string
	if d.More {
		ways = append(ways, "后面的回“下一页”")
	}
	if len(d.Before) > 0 {
		ways = append(ways, "前面的回“上一页”")
	}
	r.After = strings.Join(append(ways, "换个看法回“看需求”"), "，") + "。"
	return r
}

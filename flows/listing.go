package flows

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// ListingDraft is a shortlist being drawn up.
type ListingDraft struct {
	Community civic.CommunityID   `json:"community,omitempty"`
	Round     civic.Round         `json:"round,omitzero"`
	Rule      civic.ShortlistRule `json:"rule,omitzero"`
	Items     []civic.Listing     `json:"items,omitempty"` // as shown; published only if nothing changed since
	Offset    int                 `json:"offset,omitempty"`
	Pick      int                 `json:"pick,omitempty"` // index into Items of the one that staff move
}

// maxNote bounds what staff say about their choice, in characters.
const maxNote = 60

// drawList 定入围 draws the shortlist up by the community's rule, lets staff take one in or out
// with a reason, and publishes it.
var drawList = Flow[ListingDraft]{
	ID: "draw-list", Version: 1, Title: "定入围",
	Opens: []string{"定入围", "定入围名单", "公布入围", "公布入围名单"},
	For:   forAct(civic.ActShortlist), Lost: civic.NoLonger,
	Begin: (*ListingDraft).begin,
	Steps: []Step[ListingDraft]{
		{ID: "cannot", Open: (*ListingDraft).cannot, Ask: (*ListingDraft).askCannot},
		{ID: "list", Open: always[ListingDraft], Ask: (*ListingDraft).askList, Hear: (*ListingDraft).hearList, Jumps: []string{"why"}},
		{ID: "confirm", Open: always[ListingDraft], Ask: (*ListingDraft).askConfirm, Hear: (*ListingDraft).hearConfirm, Commits: true, Jumps: []string{"list"}},
		{ID: "why", Open: always[ListingDraft], Ask: (*ListingDraft).askWhy, Hear: (*ListingDraft).hearWhy},
	},
	Told: (*ListingDraft).told,
}

func (d *ListingDraft) begin(t *Turn, _ string) {
	_, c, ok := officeFor(t, civic.ActShortlist)
	if !ok {
		return
	}
	d.Community, d.Rule = c.ID, c.Settings.Shortlist
	rounds, err := t.World.Rounds.Rounds(t.Context(), c.ID)
	if t.Failed(err) {
		return
	}
	i := slices.IndexFunc(rounds, func(r civic.Round) bool { return r.Stage.Front() })
	if i < 0 {
		return
	}
	d.Round = rounds[i]
	if !civic.During(d.Round.Stage, civic.DoList) {
		return
	}
	needs, err := t.World.Rounds.Candidates(t.Context(), d.Round)
	if t.Failed(err) {
		return
	}
	d.Items = civic.DrawUp(d.Rule, needs)
	for i := range d.Items {
		d.Items[i].Text = brief(d.Items[i].Text, 16)
	}
}

func (d *ListingDraft) cannot(*Turn) bool { return len(d.Items) == 0 }

func (d *ListingDraft) askCannot(*Turn) Reply {
	switch {
	case d.Round.ID == 0:
		return Reply{Text: "现在没有进行中的一轮。先回“管环节”开一轮。"}
	case d.Round.Listed:
		return Reply{Text: "这一轮的入围名单已经公布了。回“入围名单”看。"}
	case !civic.During(d.Round.Stage, civic.DoList):
		return Reply{Text: civic.Closed(d.Round.Stage, civic.DoList)}
	}
	return Reply{Text: "这一轮还没有受理的需求，定不了名单。先回“初选”。"}
}

func (d *ListingDraft) askList(*Turn) Reply {
	on := 0
	for _, l := range d.Items {
		if l.On {
			on++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s受理了 %d 件，按规则入围 %d 件（%s）", d.Round.Name, len(d.Items), on, strings.TrimSuffix(d.Rule.String(), "。"))
	for _, l := range pageOf(d.Items, d.Offset) {
		b.WriteString("\n" + listLine(l, d.Rule))
	}
	r := Reply{Text: b.String(), Choices: []Choice{{Label: "看好了，去公布", Send: "公布"}}}
	r.After = "要单独列入或拿下一件，回“列入018”或“拿下018”。"
	if d.Offset+pageSize < len(d.Items) {
		r.After = "后面还有，回“下一页”。" + r.After
	}
	return r
}

var listMoves = []struct {
	words []string
	on    bool
}{{[]string{"列入", "加入", "列上"}, true}, {[]string{"拿下", "去掉", "不列", "拿掉"}, false}}

// listMove says whether a text is a wish to take one in or out, and so no reason for it.
func listMove(text string) bool {
	for _, m := range listMoves {
		if _, ok := after(m.words...)(text); ok {
			return true
		}
	}
	return false
}

func (d *ListingDraft) hearList(t *Turn) Move {
	if t.Said("公布", "看好了", "去公布", "看好了，去公布", "确认公布", "好了") {
		return dialog.Next()
	}
	if turnPage(t, &d.Offset, len(d.Items)) {
		return dialog.Stay("")
	}
	for _, m := range listMoves {
		rest, ok := after(m.words...)(t.Text)
		if !ok {
			continue
		}
		_, seq, _ := numberIn(rest)
		i := slices.IndexFunc(d.Items, func(l civic.Listing) bool { return l.Number.Seq == seq })
		switch {
		case i < 0:
			return dialog.Again(fmt.Sprintf("这一轮受理的需求里没有 %03d 号。", seq))
		case d.Items[i].On == m.on:
			return dialog.Again(fmt.Sprintf("%03d 号本来就是这样。", seq))
		}
		d.Pick = i
		return dialog.Edit("why")
	}
	return dialog.Again("看好了回“公布”；要动一件，回“列入018”或“拿下018”。")
}

func (d *ListingDraft) askWhy(*Turn) Reply {
	l := d.Items[d.Pick]
	what := "列入"
	if l.On {
		what = "拿下"
	}
	return Reply{Text: fmt.Sprintf("为什么%s %s？一句话，会和名单一起公布；还是不动，回“0”。", what, short(l.Number.String()))}
}

func (d *ListingDraft) hearWhy(t *Turn) Move {
	if t.Said("0", "不动了", "不改了", "还是不动") {
		return dialog.Next()
	}
	if n := zh.Runes(t.Text); n < 4 || n > maxNote || listMove(t.Text) {
		return dialog.Again(fmt.Sprintf("请写 4 到 %d 个字，居民要看得明白。", maxNote))
	}
	l := &d.Items[d.Pick]
	l.On, l.Note = !l.On, sentence(zh.Mask(oneLine(t.Text)))
	l.Why = civic.OutByStaff
	if l.On {
		l.Why = civic.ListedByStaff
	}
	slices.SortStableFunc(d.Items, func(a, b civic.Listing) int {
		return map[bool]int{true: 0, false: 1}[a.On] - map[bool]int{true: 0, false: 1}[b.On]
	})
	d.Offset = 0
	return dialog.Next()
}

func (d *ListingDraft) askConfirm(*Turn) Reply {
	var on []string
	for _, l := range d.Items {
		if l.On {
			on = append(on, short(l.Number.String()))
		}
	}
	return Reply{
		Text: fmt.Sprintf("公布后不能再改：入围 %d 件（%s），未入围 %d 件，每件都带原因，“需求初选”到此结束。公布吗？",
			len(on), strings.Join(on, "、"), len(d.Items)-len(on)),
		Choices: numbered([]string{"公布", "再看看"}),
	}
}

func (d *ListingDraft) hearConfirm(t *Turn) Move {
	i, v := t.Choice("公布", "再看看")
	yes := zh.YesNo(t.Text)
	switch {
	case v == zh.Sure && i == 1 || v != zh.Sure && yes == zh.No:
		return dialog.Edit("list")
	case v == zh.Sure || yes == zh.Yes:
		return dialog.Done(civic.PublishShortlist{By: byIn(t, d.Community), Round: d.Round.ID, Rule: d.Rule, Items: d.Items}, d.news(t))
	}
	return dialog.Again(askNumber(2))
}

// news tells the community once; each need's own line is in the list.
func (d *ListingDraft) news(t *Turn) civic.MakePush {
	on := 0
	for _, l := range d.Items {
		if l.On {
			on++
		}
	}
	from := "社区"
	if c, ok, err := t.World.Communities.Community(t.Context(), d.Community); !t.Failed(err) && ok {
		from = c.Name
	}
	args, _ := json.Marshal(Announce{ // strings always can be
		Title: "入围名单公布了", From: from,
		Body: fmt.Sprintf("%s受理的 %d 件需求里，入围 %d 件，每件都写了原因。回“入围名单”看。", d.Round.Name, len(d.Items), on),
	})
	id := fmt.Sprintf("list-%d", d.Round.ID)
	return civic.MakePush{
		Push:     civic.Push{ID: id, Purpose: id, Topic: civic.TopicNeeds, Community: d.Community, Kind: TellAnnounce, Args: args, Spread: 10 * time.Minute},
		Audience: civic.Audience{Community: d.Community},
	}
}

func (d *ListingDraft) told(*Turn, any) Reply {
	return Reply{Text: "入围名单公布了，现在是“编制方案”。居民回“入围名单”就能看到。"}
}

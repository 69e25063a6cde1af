package flows

import (
	"context"
	"slices"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// Doors looks up the buildings of a community.
type Doors interface {
	// Buildings lists them in the order in which one walks.
	Buildings(ctx context.Context, c civic.CommunityID) ([]civic.BuildingAt, error)
}

// DoorCardsArgs says which door cards are printed. At makes the order another one than those before,
// and the same one when its page is loaded again.
type DoorCardsArgs struct {
	Building int64 `json:"building,omitempty"` // zero: the whole community
	Replace  bool  `json:"replace,omitempty"`  // cards for all; those before are void
	At       int64 `json:"at"`                 // UTC milliseconds
}

// DoorCardsDraft is the order as far as it is known.
type DoorCardsDraft struct {
	Community civic.CommunityID `json:"community,omitempty"`
	Chosen    bool              `json:"chosen,omitempty"`
	Building  int64             `json:"building,omitempty"`
	Label     string            `json:"label,omitempty"` // of the building
	Found     []int64           `json:"found,omitempty"` // of several of one name
}

// doorCards 门牌卡 has cards with household codes printed.
var doorCards = Flow[DoorCardsDraft]{
	ID: "door-cards", Version: 1, Title: "门牌卡",
	Opens: []string{"门牌卡", "印门牌卡", "打印门牌卡", "住户码"},
	For:   forAct(civic.ActRoll), Lost: civic.NoLonger,
	Steps: []Step[DoorCardsDraft]{
		{ID: "where", Open: func(d *DoorCardsDraft, _ *Turn) bool { return !d.Chosen }, Ask: (*DoorCardsDraft).askWhere, Hear: (*DoorCardsDraft).hearWhere},
		{ID: "which", Open: always[DoorCardsDraft], Ask: (*DoorCardsDraft).askWhich, Hear: (*DoorCardsDraft).hearWhich, Commits: true},
	},
	Told: func(_ *DoorCardsDraft, t *Turn, got any) Reply {
		r := linkReply(t, "下载门牌卡", got, 0)
		r.Text += "\n卡上的号码只在这张网页上有，请当场打印。"
		return r
	},
}

// buildings lists the buildings of the draft's community.
func (d *DoorCardsDraft) buildings(t *Turn) []civic.BuildingAt {
	_, c, ok := officeFor(t, civic.ActRoll)
	if !ok {
		return nil
	}
	d.Community = c.ID
	all, err := t.World.Doors.Buildings(t.Context(), c.ID)
	if t.Failed(err) {
		return nil
	}
	return all
}

func (d *DoorCardsDraft) askWhere(t *Turn) Reply {
	if !canLink(t) {
		return Reply{Text: noPages}
	}
	all := d.buildings(t)
	switch {
	case len(all) == 0:
		return Reply{Text: "还没有名册，印不了门牌卡。请先“导入名册”。"}
	case len(d.Found) > 0:
		return Reply{Text: "有几幢都叫这个，是哪一幢？", Choices: numbered(d.found(all))}
	}
	return Reply{Text: "给哪幢楼印门牌卡？回楼名，比如“" + all[0].String() + "”；全部都印，回“全部”。"}
}

// found are the names of the buildings of one name.
func (d *DoorCardsDraft) found(all []civic.BuildingAt) []string {
	var out []string
	for _, b := range all {
		if slices.Contains(d.Found, b.ID) {
			out = append(out, b.String())
		}
	}
	return out
}

func (d *DoorCardsDraft) hearWhere(t *Turn) Move {
	if !canLink(t) {
		return dialog.Done().Saying(noPages)
	}
	all := d.buildings(t)
	if len(all) == 0 {
		return dialog.Done().Saying("还没有名册，印不了门牌卡。请先“导入名册”。")
	}
	if len(d.Found) > 0 {
		names := d.found(all)
		if i, v := t.Choice(names...); v == zh.Sure {
			return d.take(all[slices.IndexFunc(all, func(b civic.BuildingAt) bool { return b.String() == names[i] })])
		}
	}
	d.Found = nil
	if zh.Contains(t.Text, "全部", "所有", "整个", "都印") {
		d.Chosen, d.Building, d.Label = true, 0, "全部楼"
		return dialog.Next()
	}
	switch found := civic.FindBuildings(all, t.Text); {
	case len(found) == 1:
		return d.take(found[0])
	case len(found) > 1:
		for _, b := range found[:min(len(found), pageSize)] {
			d.Found = append(d.Found, b.ID)
		}
		return dialog.Stay("")
	}
	return dialog.Again("没有找到这幢楼。")
}

func (d *DoorCardsDraft) take(b civic.BuildingAt) Move {
	d.Chosen, d.Building, d.Label = true, b.ID, b.String()
	return dialog.Next()
}

func cardChoices() []string {
	return []string{"还没有卡的户", "每一户，旧卡作废", "先不印了"}
}

func (d *DoorCardsDraft) askWhich(*Turn) Reply {
	return Reply{Text: d.Label + "，给哪些户印？", Choices: numbered(cardChoices())}
}

func (d *DoorCardsDraft) hearWhich(t *Turn) Move {
	i, v := t.Choice(cardChoices()...)
	switch {
	case v != zh.Sure:
		return dialog.Again(askNumber(3))
	case i == 2:
		return dialog.Done().Saying("好，没有印，旧卡照样能用。")
	}
	return dialog.Done(civic.MakeLink{
		Account: civic.Account(t.Account), Community: d.Community, Kind: DoorCardsLink, Title: "下载门牌卡",
		Args: args(DoorCardsArgs{Building: d.Building, Replace: i == 1, At: t.Now.UnixMilli()}),
	})
}

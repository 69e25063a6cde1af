package flows

import (
	"fmt"
	"math"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

const raiseNeedID = "raise-need"

// Bounds of a need, in characters as people count them, and in photos.
const (
	minWhat, maxWhat = 4, 300
	maxWhere         = 60
	maxPhotos        = 3
)

// NeedDraft is what 提需求 has gathered so far.
type NeedDraft struct {
	What     string           `json:"what,omitempty"`
	Long     string           `json:"long,omitempty"` // what was typed too long, kept until it is cut or rewritten
	Voice    string           `json:"voice,omitempty"`
	Likely   civic.Category   `json:"likely,omitempty"`
	Category civic.Category   `json:"category,omitempty"`
	Like     []civic.LikeNeed `json:"like,omitempty"` // as listed, so that a number keeps its meaning
	Where    civic.Place      `json:"where,omitzero"`
	NoWhere  bool             `json:"nowhere,omitempty"`
	Photos   []string         `json:"photos,omitempty"`
	Urgent   bool             `json:"urgent,omitempty"`
	Asked    bool             `json:"asked,omitempty"` // urgency was answered
}

// raiseNeed is 提需求. To add a step, add a row here and its Hear method.
var raiseNeed = Flow[NeedDraft]{
	ID: raiseNeedID, Version: 1, Title: "提需求",
	Opens:    []string{"提需求", "我要提需求", "提个需求", "提意见", "提建议", "反映问题", "报修"},
	Words:    []string{"需求", "反映", "建议", "投诉", "希望", "能不能", "坏了", "没人管"},
	Takes:    []dialog.Kind{dialog.Photo, dialog.Voice, dialog.Location},
	Requires: needsHome,
	Steps: []Step[NeedDraft]{
		{
			ID: "what", Ask: (*NeedDraft).askWhat, Hear: (*NeedDraft).hearWhat, Label: "事情", Show: (*NeedDraft).showWhat,
			Hears: []dialog.Kind{dialog.Text, dialog.Photo, dialog.Voice, dialog.Location}, Jumps: []string{"similar"},
		},
		{ID: "category", Ask: (*NeedDraft).askCategory, Hear: photoToo((*NeedDraft).hearCategory), Skip: (*NeedDraft).skipCategory, Label: "类别", Show: (*NeedDraft).showCategory, Hears: textOrPhoto},
		{ID: "similar", Open: (*NeedDraft).findSimilar, Ask: (*NeedDraft).askSimilar, Hear: (*NeedDraft).hearSimilar, Commits: true},
		{
			ID: "where", Open: (*NeedDraft).placeOpen, Say: "在什么位置？写一句就行，比如“3幢2单元楼下”；也可以发定位，没有就回“跳过”。",
			Hear: photoToo((*NeedDraft).hearWhere), Skip: (*NeedDraft).skipWhere, Label: "位置", Show: (*NeedDraft).showWhere,
			Hears: []dialog.Kind{dialog.Text, dialog.Location, dialog.Photo},
		},
		{
			ID: "photo", Open: (*NeedDraft).openPhoto, Ask: (*NeedDraft).askPhoto, Hear: (*NeedDraft).hearPhoto,
			Skip: func(*NeedDraft) {}, Label: "照片", Show: (*NeedDraft).showPhotos,
			Hears: textOrPhoto,
		},
		{ID: "urgent", Ask: (*NeedDraft).askUrgent, Hear: photoToo((*NeedDraft).hearUrgent), Label: "急不急", Show: (*NeedDraft).showUrgent, Hears: textOrPhoto},
		{ID: "confirm", Ask: (*NeedDraft).askConfirm, Hear: photoToo((*NeedDraft).hearConfirm), Commits: true, Hears: textOrPhoto},
	},
	Told: (*NeedDraft).told,
}

func (d *NeedDraft) askWhat(*Turn) Reply {
	if len(d.Photos) > 0 || d.Voice != "" || d.Where.Located {
		return Reply{Text: "请再用一句话说说是什么事。"}
	}
	return Reply{Text: "请说说是什么事、在哪里，一两句话就行。先发照片或语音也可以。"}
}

func (d *NeedDraft) hearWhat(t *Turn) Move {
	switch t.Kind {
	case dialog.Photo:
		return d.keepPhoto(t, "照片收到了。")
	case dialog.Voice:
		d.Voice = t.Media
		t.Also(civic.KeepMedia{Account: civic.Account(t.Account), MediaID: t.Media, Kind: civic.Voice})
		return dialog.Stay("语音收到了，我还听不懂话。")
	case dialog.Location:
		d.Where = placeOf(t.Place)
		return dialog.Stay("位置记下了。")
	case dialog.Text, dialog.Menu, dialog.Follow, dialog.Scan, dialog.Other:
	}
	text := t.Text
	if d.Long != "" && t.Said("就用前面的", "截取", "就这样") {
		text = zh.Cut(d.Long, maxWhat-1)
	}
	n := zh.Runes(text)
	switch {
	case n > maxWhat:
		d.Long = zh.Mask(text)
		return dialog.Again(fmt.Sprintf("最多写 %d 个字，您写了 %d 个，写的都留着。请写短一点；或回“截取”，只用前 %d 个字。", maxWhat, n, maxWhat))
	case n < minWhat:
		return dialog.Again("太短了，怕看不明白。")
	}
	before := d.What
	d.Long = ""
	d.What = zh.Mask(text)
	d.Likely = civic.Guess(d.What)
	next := dialog.Next()
	if t.Editing() && d.What != before {
		next = dialog.Edit("similar") // others may have raised what it says now
	}
	if d.What != text {
		return next.Saying("里面的号码已替您隐去，别人看不到。")
	}
	return next
}

func (d *NeedDraft) showWhat() string { return d.What }

// categories lists the choices, the likely one first.
func (d *NeedDraft) categories() []civic.Category {
	var cs []civic.Category
	if d.Likely != "" {
		cs = append(cs, d.Likely)
	}
	for _, c := range civic.Categories() {
		if c != d.Likely {
			cs = append(cs, c)
		}
	}
	return cs
}

func (d *NeedDraft) categoryNames() []string {
	var names []string
	for _, c := range d.categories() {
		names = append(names, c.String())
	}
	return names
}

func (d *NeedDraft) askCategory(*Turn) Reply {
	text := "这属于哪一类？"
	if d.Likely != "" {
		text = "这属于哪一类？像是“" + d.Likely.String() + "”，是就回 1。"
	}
	return Reply{Text: text, Choices: numbered(d.categoryNames())}
}

func (d *NeedDraft) hearCategory(t *Turn) Move {
	cs := d.categories()
	i, v := t.Choice(d.categoryNames()...)
	switch {
	case v == zh.Sure:
		d.Category = cs[i]
	case t.Said("不知道", "不清楚", "说不清楚", "说不准", "不懂", "随便", "都行", "都不是", "没有", "其他", "其它", "别的"):
		d.Category = civic.Unsure
	case v != zh.Out && d.Likely != "" && zh.YesNo(t.Text) == zh.Yes:
		d.Category = d.Likely
	default:
		return dialog.Again(askNumber(len(cs)) + "说不准就选“说不清”。")
	}
	return dialog.Next()
}

func (d *NeedDraft) skipCategory() { d.Category = civic.Unsure }

func (d *NeedDraft) showCategory() string { return d.Category.String() }

func (d *NeedDraft) placeOpen(t *Turn) bool {
	return t.Editing() || d.Where == (civic.Place{}) && !d.NoWhere
}

func (d *NeedDraft) hearWhere(t *Turn) Move {
	if t.Kind == dialog.Location {
		d.Where, d.NoWhere = placeOf(t.Place), false
		return dialog.Next()
	}
	text := zh.Mask(strings.Join(strings.Fields(t.Text), " ")) // one line, as it stands among others
	if n := zh.Runes(text); n > maxWhere {
		return dialog.Again(fmt.Sprintf("位置最多写 %d 个字，您写了 %d 个。", maxWhere, n))
	}
	if t.Said("没有", "不知道", "不清楚", "无", "都不是", "不用", "说不清", "没位置") {
		d.skipWhere()
		return dialog.Next()
	}
	d.Where, d.NoWhere = civic.Place{Text: text}, false
	return dialog.Next()
}

func (d *NeedDraft) skipWhere() { d.Where, d.NoWhere = civic.Place{}, true }

func (d *NeedDraft) showWhere() string {
	switch {
	case d.Where.Text != "":
		return d.Where.Text
	case d.Where.Located:
		return "已发定位"
	}
	return "没写"
}

// placeOf rounds coordinates to about ten metres: enough to find a lamp, not a door.
func placeOf(p dialog.Place) civic.Place {
	round := func(x float64) float64 { return math.Round(x*1e4) / 1e4 }
	return civic.Place{Text: zh.Mask(brief(zh.Clean(p.Label), maxWhere)), Lat: round(p.Lat), Lng: round(p.Lng), Located: true}
}

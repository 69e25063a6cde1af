package flows

import (
	"encoding/json"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// Kinds of links by which staff send and fetch files about the roll.
const (
	RollUploadLink = "upload-roll" // Args: RollUploadArgs
	DoorCardsLink  = "door-cards"  // Args: DoorCardsArgs
	DoorListLink   = "door-list"   // no Args
)

// RollUploadArgs says what a roll that is sent stands for.
type RollUploadArgs struct {
	Complete bool `json:"complete,omitempty"` // whom it does not name has left
}

// args puts a link's arguments in their form.
func args(a any) json.RawMessage {
	text, _ := json.Marshal(a) // numbers and flags: cannot fail
	return text
}

// RollFileDraft is for which community a roll is about to be sent.
type RollFileDraft struct {
	Community civic.CommunityID `json:"community,omitempty"`
}

// rollFile 导入名册 gives staff a link to send the roll of their community by.
var rollFile = Flow[RollFileDraft]{
	ID: "roll-file", Version: 1, Title: "导入名册",
	Opens: []string{"导入名册", "上传名册", "更新名册"},
	For:   forAct(civic.ActRoll), Lost: civic.NoLonger,
	Steps: []Step[RollFileDraft]{{ID: "what", Ask: (*RollFileDraft).ask, Hear: (*RollFileDraft).hear, Commits: true}},
	Told: func(_ *RollFileDraft, t *Turn, got any) Reply {
		return linkReply(t, "上传名册", got, 0)
	},
}

func rollChoices() []string {
	return []string{"有增有改的几家，别的人不动", "全部住户，没写到的算搬走了", "先不导了"}
}

func (d *RollFileDraft) ask(t *Turn) Reply {
	_, c, ok := officeFor(t, civic.ActRoll)
	if !canLink(t) || !ok {
		return Reply{Text: noPages}
	}
	d.Community = c.ID
	return Reply{
		Text:    "要导入" + c.Name + "的名册。表里写的是哪些人？",
		Choices: numbered(rollChoices()),
		After:   "要 Excel（.xlsx）或 CSV，一人一行，表头写：小区、网格、幢、单元、室、姓名、手机。空表回“名册模板”。有一行不对，就一行也不导，并告诉您哪一行。",
	}
}

func (d *RollFileDraft) hear(t *Turn) Move {
	if !canLink(t) {
		return dialog.Done().Saying(noPages)
	}
	i, v := t.Choice(rollChoices()...)
	switch {
	case v != zh.Sure:
		return dialog.Again(askNumber(3))
	case i == 2:
		return dialog.Done().Saying("好，名册没有动。")
	}
	return dialog.Done(civic.MakeLink{
		Account: civic.Account(t.Account), Community: d.Community, Kind: RollUploadLink, Title: "上传名册", Args: args(RollUploadArgs{Complete: i == 1}),
	})
}

// DoorListDraft is for which community a door list is about to be fetched.
type DoorListDraft struct {
	Community civic.CommunityID `json:"community,omitempty"`
}

// doorList 上门名单 gives staff a list of doors to ring at.
var doorList = Flow[DoorListDraft]{
	ID: "door-list", Version: 1, Title: "上门名单",
	Opens: []string{"上门名单", "入户名单", "上门表"},
	For:   forAct(civic.ActDoors), Lost: civic.NoLonger,
	Steps: []Step[DoorListDraft]{{ID: "ask", Ask: (*DoorListDraft).ask, Hear: (*DoorListDraft).hear, Commits: true}},
	Told: func(_ *DoorListDraft, t *Turn, got any) Reply {
		return linkReply(t, "下载上门名单", got, 0)
	},
}

func (d *DoorListDraft) ask(t *Turn) Reply {
	g, c, ok := officeFor(t, civic.ActDoors)
	if !canLink(t) || !ok {
		return Reply{Text: noPages}
	}
	d.Community = c.ID
	of := c.Name
	if len(g.Grids) > 0 {
		of = "您的网格"
	}
	return Reply{Text: "上门名单是" + of + "的一张 Excel 表：每户几口人、几个人认证了，不写姓名。现在下载吗？", Choices: numbered([]string{"下载", "不用了"})}
}

func (d *DoorListDraft) hear(t *Turn) Move {
	if !canLink(t) {
		return dialog.Done().Saying(noPages)
	}
	switch yes, sure := yesOrFirst(t, "下载", "不用了"); {
	case !sure:
		return dialog.Again(askNumber(2))
	case !yes:
		return dialog.Done().Saying("好，不下载了。")
	}
	return dialog.Done(civic.MakeLink{Account: civic.Account(t.Account), Community: d.Community, Kind: DoorListLink, Title: "下载上门名单"})
}

// yesOrFirst hears the first or second of two choices, or yes or no.
func yesOrFirst(t *Turn, first, second string) (yes, sure bool) {
	i, v := t.Choice(first, second)
	if v == zh.Sure {
		return i == 0, true
	}
	said := zh.YesNo(t.Text)
	return said == zh.Yes, v == zh.None && (said == zh.Yes || said == zh.No)
}

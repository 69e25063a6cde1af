package flows

import (
	"fmt"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

const officeID = "office"

// OfficeDraft is where somebody stands in the list of the communities they work for.
type OfficeDraft struct {
	Offset int `json:"offset,omitempty"`
}

// office 换岗 asks who works for several communities for which one now. Flows of staff open it
// before their first step where nobody has said yet.
var office = Flow[OfficeDraft]{
	ID: officeID, Version: 1, Title: "换岗",
	Opens: []string{"换岗", "换岗位", "切换社区"},
	For:   forAny(civic.ActWork), Lost: civic.NoLonger,
	Glance: true,
	Steps: []Step[OfficeDraft]{
		{ID: "only", Open: (*OfficeDraft).single, Ask: (*OfficeDraft).askOnly},
		{ID: "pick", Open: always[OfficeDraft], Ask: (*OfficeDraft).ask, Hear: (*OfficeDraft).hear},
	},
}

// forAny is forAct without the question for which community.
func forAny(act civic.Act) dialog.Whom[World] {
	w := forAct(act)
	w.First = nil
	return w
}

func (*OfficeDraft) single(t *Turn) bool { return len(seats(t, civic.ActWork)) == 1 }

func (*OfficeDraft) askOnly(t *Turn) Reply {
	for _, s := range seats(t, civic.ActWork) {
		return Reply{Text: "您只在一个社区有岗位：" + seatLine(s) + "。回“工作”看今天要办的。"}
	}
	return Reply{}
}

// seatLine names a community and in what office one works for it.
func seatLine(s seat) string { return s.community.Name + "（" + s.grant.Role.String() + "）" }

func (d *OfficeDraft) page(t *Turn) (page []seat, more bool) {
	all := seats(t, civic.ActWork)
	if d.Offset >= len(all) {
		d.Offset = 0
	}
	rest := all[d.Offset:]
	return rest[:min(pageSize, len(rest))], len(rest) > pageSize
}

func (d *OfficeDraft) ask(t *Turn) Reply {
	page, more := d.page(t)
	labels := make([]string, len(page))
	for i, s := range page {
		labels[i] = seatLine(s)
	}
	r := Reply{Text: "您在几个社区都有岗位，这会儿办哪个社区的？", Choices: numbered(labels)}
	if more || d.Offset > 0 {
		r.After = "不在里面？回“下一页”，或写社区的名字。"
	}
	return r
}

func (d *OfficeDraft) hear(t *Turn) Move {
	page, more := d.page(t)
	switch {
	case t.Said("下一页", "更多", "后面的", "还有呢") && more:
		d.Offset += pageSize
		return dialog.Stay("")
	case t.Said("上一页", "前面的", "下一页", "更多"):
		d.Offset = 0
		return dialog.Stay("")
	}
	labels := make([]string, len(page))
	for i, s := range page {
		labels[i] = s.community.Name
	}
	i, v := t.Choice(labels...)
	if v == zh.Sure {
		return d.choose(t, page[i])
	}
	for _, s := range seats(t, civic.ActWork) {
		if t.Said(s.community.Name, s.community.Code) {
			return d.choose(t, s)
		}
	}
	return dialog.Again(fmt.Sprintf("请回 1 到 %d 的数字，或写社区的名字。", len(page)))
}

func (*OfficeDraft) choose(t *Turn, s seat) Move {
	chooseOffice(t, s.community.ID)
	return dialog.Done().Saying("好，现在办" + s.community.Name + "的事。要换回“换岗”。")
}

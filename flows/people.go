package flows

import (
	"fmt"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// PeopleDraft is where somebody stands in the list of a community's staff.
type PeopleDraft struct {
	Community civic.CommunityID `json:"community"`
	Place     string            `json:"place,omitempty"`
	May       bool              `json:"may,omitempty"`    // give and take offices
	Offset    int               `json:"offset,omitempty"` // of the list
	Total     int               `json:"total,omitempty"`
	Listed    []listed          `json:"listed,omitempty"` // grants, as listed
	Pick      heldOffice        `json:"pick,omitzero"`
	Codes     []listed          `json:"codes,omitempty"` // open invitations, as listed
	Showing   bool              `json:"showing,omitempty"`
	Cancelled bool              `json:"cancelled,omitempty"` // it is a code that is to be void
}

// heldOffice is an office that is about to be taken away.
type heldOffice struct {
	Grant int64         `json:"grant,omitempty"`
	Staff civic.StaffID `json:"staff,omitempty"`
	Name  string        `json:"name,omitempty"`
	Role  string        `json:"role,omitempty"`
}

// people 人员 shows who holds which office, and lets those who may take one away.
var people = Flow[PeopleDraft]{
	ID: "people", Version: 1, Title: "人员",
	Opens: []string{"人员", "工作人员", "人员名单", "收回身份", "看人员"},
	For:   forAct(civic.ActWork), Lost: civic.NoLonger,
	Begin: (*PeopleDraft).begin,
	Steps: []Step[PeopleDraft]{
		{ID: "see", Open: (*PeopleDraft).seesOnly, Ask: (*PeopleDraft).askSee},
		{ID: "list", Open: always[PeopleDraft], Ask: (*PeopleDraft).askList, Hear: (*PeopleDraft).hearList},
		{ID: "codes", Open: (*PeopleDraft).showsCodes, Ask: (*PeopleDraft).askCodes, Hear: (*PeopleDraft).hearCodes, Commits: true},
		{ID: "confirm", Open: (*PeopleDraft).picked, Ask: (*PeopleDraft).askConfirm, Hear: (*PeopleDraft).hearConfirm, Commits: true},
	},
	Told: (*PeopleDraft).told,
}

func (d *PeopleDraft) begin(t *Turn, _ string) {
	_, c, ok := officeFor(t, civic.ActWork)
	if !ok {
		return
	}
	d.Community, d.Place = c.ID, c.Name
	for _, g := range offices(t, civic.ActInvite) {
		d.May = d.May || g.Covers(c.ID, c.Area)
	}
}

func (d *PeopleDraft) members(t *Turn) []civic.Member {
	all, err := t.World.Offices.Members(t.Context(), civic.Account(t.Account), d.Community, civic.ActInvite)
	if t.Failed(err) {
		return nil
	}
	return all
}

func (d *PeopleDraft) seesOnly(*Turn) bool { return !d.May }

func (d *PeopleDraft) askSee(t *Turn) Reply {
	count := map[civic.Role]int{}
	for _, m := range d.members(t) {
		for _, g := range m.Grants {
			count[g.Role]++
		}
	}
	lines := []string{d.Place + "的工作人员："}
	for _, r := range civic.Roles() {
		if count[r] > 0 {
			lines = append(lines, fmt.Sprintf("%s %d 位", r, count[r]))
		}
	}
	return Reply{Text: strings.Join(append(lines, "姓名只有居委会看得到。"), "\n")}
}

// page reads the offices of one page, one a line.
func (d *PeopleDraft) page(t *Turn) {
	var all []listed
	for _, m := range d.members(t) {
		for _, g := range m.Grants {
			line := m.Name + " " + g.Role.String()
			if len(g.Grids) > 0 {
				grids, err := gridNames(t, d.Community, g.Grids)
				if t.Failed(err) {
					return
				}
				line += "（" + strings.Join(grids, "、") + "）"
			}
			line += "，" + day(m.Since, t.Now) + "起"
			switch {
			case !m.Reached:
				line += "，没绑微信"
			case m.Away != 0:
				line += "，交接给" + m.AwayTo
			}
			all = append(all, listed{g.ID, line})
		}
	}
	d.Total = len(all)
	if d.Offset >= len(all) {
		d.Offset = 0
	}
	d.Listed = all[d.Offset:min(len(all), d.Offset+pageSize)]
}

func (d *PeopleDraft) askList(t *Turn) Reply {
	d.page(t)
	open, err := t.World.Offices.OpenInvites(t.Context(), civic.Account(t.Account), d.Community)
	if t.Failed(err) {
		return Reply{}
	}
	r := Reply{Text: d.Place + "的工作人员。要收回谁的身份，回他的数字：", Choices: numbered(names(d.Listed))}
	if len(d.Listed) == 0 {
		r.Text = d.Place + "还没有工作人员。"
	}
	var after []string
	if d.Offset+len(d.Listed) < d.Total {
		after = append(after, "后面还有，回“下一页”。")
	}
	if len(open) > 0 {
		after = append(after, fmt.Sprintf("有 %d 个邀请码还没人用，要看回“邀请码”。", len(open)))
	}
	r.After = strings.Join(append(after, "加人回“邀请”；看完了回“取消”。"), "\n")
	return r
}

func (d *PeopleDraft) hearList(t *Turn) Move {
	switch {
	case t.Said("下一页", "更多", "后面的") && d.Offset+len(d.Listed) < d.Total:
		d.Offset += pageSize
		return dialog.Stay("")
	case t.Said("上一页", "前面的", "下一页", "更多"):
		d.Offset = 0
		return dialog.Stay("")
	case t.Said("邀请码", "看邀请码"):
		d.Showing = true
		return dialog.Next()
	}
	i, v := t.Choice(names(d.Listed)...)
	if v != zh.Sure {
		return dialog.Again("请回名单里的数字，或回“邀请码”“取消”。")
	}
	for _, m := range d.members(t) {
		for _, g := range m.Grants {
			if g.ID == d.Listed[i].ID {
				d.Pick = heldOffice{Grant: g.ID, Staff: m.Staff, Name: m.Name, Role: g.Role.String()}
				return dialog.Next()
			}
		}
	}
	return dialog.Stay(civic.GoneAlready)
}

func (d *PeopleDraft) showsCodes(t *Turn) bool {
	if !d.Showing {
		return false
	}
	open, err := t.World.Offices.OpenInvites(t.Context(), civic.Account(t.Account), d.Community)
	if t.Failed(err) {
		return false
	}
	d.Codes = nil
	for _, i := range open[:min(len(open), pageSize)] {
		office := "换微信"
		if i.Staff == 0 {
			office = i.Office.Role.String()
		}
		d.Codes = append(d.Codes, listed{i.ID, fmt.Sprintf("%s（%s）%s，%s前有效", i.Name, office, civic.ShowInviteCode(i.Code), day(i.Until, t.Now))})
	}
	return len(d.Codes) > 0
}

func (d *PeopleDraft) askCodes(*Turn) Reply {
	return Reply{Text: "还没人用的邀请码。要作废哪个，回它的数字：", Choices: numbered(names(d.Codes)), After: "都留着回“取消”。"}
}

func (d *PeopleDraft) hearCodes(t *Turn) Move {
	i, v := t.Choice(names(d.Codes)...)
	if v != zh.Sure {
		return dialog.Again("请回邀请码前面的数字，或回“取消”。")
	}
	d.Cancelled = true
	return dialog.Done(civic.CancelInvite{By: byIn(t, d.Community), Invitation: d.Codes[i].ID})
}

func (d *PeopleDraft) picked(*Turn) bool { return d.Pick.Grant != 0 }

func (d *PeopleDraft) askConfirm(*Turn) Reply {
	return Reply{
		Text:    "收回" + d.Pick.Name + "在" + d.Place + "的“" + d.Pick.Role + "”身份？立刻生效，会告诉他。",
		Choices: numbered([]string{"收回", "不收"}), After: "他手上还有工作？先回“取消”，再回“交接”。",
	}
}

func (d *PeopleDraft) hearConfirm(t *Turn) Move {
	i, v := t.Choice("收回", "不收")
	switch {
	case v == zh.Sure && i == 1 || t.Said("不收", "不收回", "不"):
		return dialog.Done().Saying("好，没有收。")
	case v == zh.Sure && i == 0 || t.Said("收回", "确认", "确认收回"):
		return dialog.Done(
			civic.RevokeGrant{By: byIn(t, d.Community), Grant: d.Pick.Grant},
			officeNews(t, OfficeNews{What: newsRevoked, Place: d.Place, Role: d.Pick.Role}, d.Pick.Staff, t.Run))
	}
	return dialog.Again(askNumber(2))
}

func (d *PeopleDraft) told(*Turn, any) Reply {
	if d.Cancelled {
		return Reply{Text: "作废了，这个码不能再用。"}
	}
	return Reply{Text: "收回了，" + d.Pick.Name + "不再是" + d.Place + "的" + d.Pick.Role + "。已告诉他。"}
}

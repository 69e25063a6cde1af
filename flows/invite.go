package flows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// newPhone is the choice of who invites somebody that works here already.
const newPhone = "同事换了手机或微信"

// InviteDraft is an invitation as it is made.
type InviteDraft struct {
	Community civic.CommunityID `json:"community"`
	Place     string            `json:"place,omitempty"` // as the invitee reads it
	Roles     []civic.Role      `json:"roles,omitempty"` // as listed
	Role      civic.Role        `json:"role,omitempty"`
	Phone     bool              `json:"phone,omitempty"` // for a new phone
	Staff     []listed          `json:"staff,omitempty"` // as listed
	Who       listed            `json:"who,omitzero"`
	Grids     []listed          `json:"grids,omitempty"` // as listed
	Picked    []listed          `json:"picked,omitempty"`
	Name      string            `json:"name,omitempty"`
	Over      int64             `json:"over,omitempty"`
}

// listed is one thing of a list, so that a number keeps its meaning.
type listed struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

func names(ls []listed) []string {
	out := make([]string, len(ls))
	for i, l := range ls {
		out[i] = l.Name
	}
	return out
}

// invite 邀请 makes a code for somebody's office, to be passed on by phone or by hand.
var invite = Flow[InviteDraft]{
	ID: "invite", Version: 1, Title: "邀请",
	Opens: []string{"邀请", "邀请同事", "发邀请", "邀请人员"},
	For:   forAct(civic.ActInvite), Lost: civic.NoLonger,
	Begin: (*InviteDraft).begin,
	Steps: []Step[InviteDraft]{
		{ID: "role", Ask: (*InviteDraft).askRole, Hear: (*InviteDraft).hearRole, Label: "身份", Show: (*InviteDraft).showRole, Jumps: []string{"who", "grids", "name"}},
		{ID: "who", Open: (*InviteDraft).rebinds, Ask: (*InviteDraft).askWho, Hear: (*InviteDraft).hearWho, Label: "同事", Show: (*InviteDraft).showWho},
		{ID: "grids", Open: (*InviteDraft).hasGrids, Ask: (*InviteDraft).askGrids, Hear: (*InviteDraft).hearGrids, Label: "网格", Show: (*InviteDraft).showGrids, Jumps: []string{"name"}},
		{ID: "name", Open: (*InviteDraft).somebodyNew, Say: "他叫什么？请写姓名，同事看得到，居民看不到。", Hear: (*InviteDraft).hearName, Label: "姓名", Show: (*InviteDraft).showName},
		{ID: "confirm", Ask: (*InviteDraft).askConfirm, Hear: (*InviteDraft).hearConfirm, Commits: true},
	},
	Told: (*InviteDraft).told,
}

func (d *InviteDraft) begin(t *Turn, _ string) {
	_, c, ok := officeFor(t, civic.ActInvite)
	if !ok {
		return
	}
	d.Community, d.Place = c.ID, c.Name
	for _, g := range offices(t, civic.ActInvite) {
		if !g.Covers(c.ID, c.Area) {
			continue
		}
		for _, r := range civic.Gives(g.Role) {
			o := civic.Office{Role: r, Community: c.ID}
			if r == civic.Street {
				o = civic.Office{Role: r, Over: c.Area.Street}
			}
			if civic.MayGive(g, o, c.Area) && !slices.Contains(d.Roles, r) {
				d.Roles = append(d.Roles, r)
			}
		}
	}
	d.Over = c.Area.Street
}

func (d *InviteDraft) roleNames() []string {
	out := make([]string, 0, len(d.Roles)+1)
	for _, r := range d.Roles {
		out = append(out, r.String())
	}
	return append(out, newPhone)
}

func (d *InviteDraft) askRole(*Turn) Reply {
	return Reply{Text: d.Place + "：邀请谁来？", Choices: numbered(d.roleNames())}
}

func (d *InviteDraft) hearRole(t *Turn) Move {
	i, v := t.Choice(d.roleNames()...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(d.Roles) + 1))
	}
	was, phone := d.Role, d.Phone
	d.Phone = i == len(d.Roles)
	d.Role = ""
	if !d.Phone {
		d.Role = d.Roles[i]
	}
	if d.Role != civic.GridWorker {
		d.Picked = nil
	}
	switch {
	case !t.Editing() || was == d.Role && phone == d.Phone:
		return dialog.Next()
	case d.Phone:
		return dialog.Edit("who")
	case d.hasGrids(t):
		return dialog.Edit("grids")
	}
	return d.thenName(t)
}

// thenName asks for the name where an edit has made it needed.
func (d *InviteDraft) thenName(t *Turn) Move {
	if t.Editing() && !d.Phone && d.Name == "" {
		return dialog.Edit("name")
	}
	return dialog.Next()
}

func (d *InviteDraft) showRole() string {
	if d.Phone {
		return newPhone
	}
	return d.Role.String()
}

// rebinds lists whom a new phone may be for.
func (d *InviteDraft) rebinds(t *Turn) bool {
	if !d.Phone {
		return false
	}
	all, err := t.World.Offices.Members(t.Context(), civic.Account(t.Account), d.Community, civic.ActInvite)
	if t.Failed(err) {
		return false
	}
	d.Staff = nil
	for _, m := range all {
		if slices.ContainsFunc(m.Grants, func(g civic.Grant) bool { return slices.Contains(d.Roles, g.Role) }) {
			d.Staff = append(d.Staff, listed{int64(m.Staff), m.Name + "（" + rolesOf(m) + "）"})
		}
	}
	return true
}

// rolesOf names a member's offices.
func rolesOf(m civic.Member) string {
	var out []string
	for _, g := range m.Grants {
		if !slices.Contains(out, g.Role.String()) {
			out = append(out, g.Role.String())
		}
	}
	return strings.Join(out, "、")
}

func (d *InviteDraft) askWho(*Turn) Reply {
	return Reply{Text: "哪位同事？他的新微信用上邀请码，旧的就不能再办工作。", Choices: numbered(names(d.Staff))}
}

func (d *InviteDraft) hearWho(t *Turn) Move {
	i, v := t.Choice(names(d.Staff)...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(d.Staff)))
	}
	d.Who = d.Staff[i]
	return dialog.Next()
}

func (d *InviteDraft) showWho() string {
	if !d.Phone {
		return ""
	}
	return d.Who.Name
}

func (d *InviteDraft) hasGrids(t *Turn) bool {
	if d.Role != civic.GridWorker {
		return false
	}
	all, err := t.World.Areas.Grids(t.Context(), d.Community)
	if t.Failed(err) {
		return false
	}
	d.Grids = nil
	for _, g := range all {
		d.Grids = append(d.Grids, listed{g.ID, g.Name})
	}
	slices.SortStableFunc(d.Grids, func(x, y listed) int { return gridRank(x.Name) - gridRank(y.Name) })
	return len(d.Grids) > 1
}

// gridRank puts 二网格 before 三网格; grids without a number stay in their order, behind.
func gridRank(name string) int {
	n, ok := zh.Number(strings.TrimSuffix(strings.TrimPrefix(name, "第"), "网格"))
	if !ok {
		return 1 << 20
	}
	return n
}

func (d *InviteDraft) askGrids(*Turn) Reply {
	return Reply{Text: "管哪几个网格？可以几个一起回，比如“1 3”；都管回“全部”。", Choices: numbered(names(d.Grids))}
}

func (d *InviteDraft) hearGrids(t *Turn) Move {
	if t.Said("全部", "所有", "都管", "全都管", "整个社区") {
		d.Picked = nil
		return d.thenName(t)
	}
	picked, v := zh.Choices(t.Text, len(d.Grids), 0)
	if v != zh.Sure {
		i, one := t.Choice(names(d.Grids)...)
		if one != zh.Sure {
			return dialog.Again(fmt.Sprintf("请回 1 到 %d 的数字，可以几个一起；都管回“全部”。", len(d.Grids)))
		}
		picked = []int{i}
	}
	d.Picked = nil
	for _, i := range picked {
		d.Picked = append(d.Picked, d.Grids[i])
	}
	return d.thenName(t)
}

func (d *InviteDraft) showGrids() string {
	switch {
	case d.Role != civic.GridWorker:
		return ""
	case len(d.Picked) == 0:
		return "全部"
	}
	return strings.Join(names(d.Picked), "、")
}

func (d *InviteDraft) somebodyNew(*Turn) bool { return !d.Phone }

func (d *InviteDraft) hearName(t *Turn) Move {
	name := oneLine(t.Text)
	switch n := zh.Runes(name); {
	case n > civic.StaffNameMost:
		return dialog.Again(fmt.Sprintf("姓名最多 %d 个字。", civic.StaffNameMost))
	case n < 2 || strings.ContainsAny(name, "0123456789"):
		return dialog.Again("请写他的姓名，两个字以上，不要数字。")
	}
	d.Name = name
	return dialog.Next()
}

func (d *InviteDraft) showName() string {
	if d.Phone {
		return ""
	}
	return d.Name
}

func (d *InviteDraft) askConfirm(t *Turn) Reply {
	return askSure(t, d.Place+"，请看一遍：", "发邀请码", "对就回“发”；要改回“改1”；不发了回“取消”。")
}

// askSure shows a summary with one word that commits.
func askSure(t *Turn, text, word, after string) Reply {
	for i, l := range t.Summary() {
		text += fmt.Sprintf("\n%d %s：%s", i+1, l.Label, l.Text)
	}
	return Reply{Text: text, Choices: []Choice{{Label: word, Send: word}}, After: after}
}

func (d *InviteDraft) hearConfirm(t *Turn) Move {
	if !agreed(t, "发", "发邀请码", "确认发") {
		return dialog.Again("邀请码还没有发。")
	}
	e := civic.Invite{By: byIn(t, d.Community), Name: d.Name, Until: t.Now.Add(civic.InviteDays * 24 * time.Hour)}
	switch {
	case d.Phone:
		e.Staff, e.Name = civic.StaffID(d.Who.ID), ""
	case d.Role == civic.Street:
		e.Office = civic.Office{Role: d.Role, Over: d.Over}
	default:
		e.Office = civic.Office{Role: d.Role, Community: d.Community}
		for _, g := range d.Picked {
			e.Office.Grids = append(e.Office.Grids, g.ID)
		}
	}
	return dialog.Done(e)
}

func (d *InviteDraft) told(t *Turn, got any) Reply {
	all, err := t.World.Offices.OpenInvites(t.Context(), civic.Account(t.Account), d.Community)
	if t.Failed(err) {
		return Reply{}
	}
	for _, i := range all {
		if i.ID == receipt(got).Made {
			return Reply{Text: "邀请码：\n" + civic.ShowInviteCode(i.Code) + "\n请念给他，或发给他本人：在这个公众号里发“邀请”加这个码。\n" +
				day(i.Until, t.Now) + "前有效，只能用一次。要作废，回“人员”。"}
		}
	}
	return Reply{Text: "邀请码发好了。要再看一次，回“人员”。"}
}

package flows

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// HandOverDraft is a hand-over as it is made.
type HandOverDraft struct {
	Community civic.CommunityID `json:"community"`
	Place     string            `json:"place,omitempty"`
	Own       civic.StaffID     `json:"own,omitempty"`
	ForOthers bool              `json:"others,omitempty"` // may hand over for somebody
	Listed    []listed          `json:"listed,omitempty"`
	From      listed            `json:"from,omitzero"`
	To        listed            `json:"to,omitzero"`
	Until     int64             `json:"until,omitempty"` // unix seconds; zero: not said
	Last      string            `json:"last,omitempty"`  // the last day, in words
	Away      int64             `json:"away,omitempty"`  // the hand-over that From made before
	AwayTo    string            `json:"awayTo,omitempty"`
	Back      bool              `json:"back,omitempty"` // it was ended
	Took      listed            `json:"took,omitzero"`  // with whom it was
}

// handOver 交接 gives somebody's work to a colleague, for some days or for good.
var handOver = Flow[HandOverDraft]{
	ID: "hand-over", Version: 1, Title: "交接",
	Opens: []string{"交接", "工作交接", "请假", "交接工作"},
	For:   forAct(civic.ActHandOver), Lost: civic.NoLonger,
	Begin: (*HandOverDraft).begin,
	Steps: []Step[HandOverDraft]{
		{ID: "alone", Open: (*HandOverDraft).alone, Say: "这个社区还没有别的同事可以接手。请居委会先回“邀请”加一位。"},
		{ID: "from", Open: (*HandOverDraft).asksFrom, Ask: (*HandOverDraft).askFrom, Hear: (*HandOverDraft).hearFrom, Label: "谁的工作", Show: (*HandOverDraft).showFrom, Jumps: []string{"to"}},
		{ID: "away", Open: (*HandOverDraft).isAway, Ask: (*HandOverDraft).askAway, Hear: (*HandOverDraft).hearAway, Commits: true},
		{ID: "to", Open: (*HandOverDraft).listTo, Ask: (*HandOverDraft).askTo, Hear: (*HandOverDraft).hearTo, Label: "交给", Show: func(d *HandOverDraft) string { return d.To.Name }},
		{ID: "until", Say: "到什么时候？回“1 天”“3 天”“1 周”，或日子，比如“12月5日”；不回来了回“一直”。", Hear: (*HandOverDraft).hearUntil, Label: "到", Show: (*HandOverDraft).showUntil},
		{ID: "confirm", Ask: (*HandOverDraft).askConfirm, Hear: (*HandOverDraft).hearConfirm, Commits: true},
	},
	Told: (*HandOverDraft).told,
}

func (d *HandOverDraft) begin(t *Turn, _ string) {
	g, c, ok := officeFor(t, civic.ActHandOver)
	if !ok {
		return
	}
	d.Community, d.Place, d.Own = c.ID, c.Name, g.Staff
	d.ForOthers = g.Role == civic.Committee
	if !d.ForOthers {
		d.choose(t, g.Staff)
	}
}

// colleagues lists who works for the community; all with an account when reached.
func (d *HandOverDraft) colleagues(t *Turn, reached bool) []civic.Member {
	all, err := t.World.Offices.Members(t.Context(), civic.Account(t.Account), d.Community, civic.ActHandOver)
	if t.Failed(err) {
		return nil
	}
	return slices.DeleteFunc(all, func(m civic.Member) bool {
		return reached && !m.Reached || !slices.ContainsFunc(m.Grants, func(g civic.Grant) bool { return civic.May(g.Role, civic.ActHandOver) })
	})
}

// choose says whose work is handed over.
func (d *HandOverDraft) choose(t *Turn, s civic.StaffID) {
	all := d.colleagues(t, false)
	for _, m := range all {
		if m.Staff != s {
			continue
		}
		d.From = listed{int64(m.Staff), m.Name}
		d.Away, d.AwayTo, d.Took = m.Away, m.AwayTo, listed{}
		for _, o := range all {
			if o.Name == m.AwayTo && m.Away != 0 {
				d.Took = listed{int64(o.Staff), o.Name}
			}
		}
	}
}

func (d *HandOverDraft) alone(t *Turn) bool {
	return len(d.colleagues(t, false)) < 2
}

func (d *HandOverDraft) asksFrom(t *Turn) bool {
	if !d.ForOthers {
		return false
	}
	d.Listed = nil
	for _, m := range d.colleagues(t, false) {
		name := m.Name
		if m.Staff == d.Own {
			name = "我自己"
		}
		if m.Away != 0 {
			name += "（交接给" + m.AwayTo + "了）"
		}
		d.Listed = append(d.Listed, listed{int64(m.Staff), name})
	}
	return true
}

func (d *HandOverDraft) askFrom(*Turn) Reply {
	return Reply{Text: d.Place + "：交接谁的工作？", Choices: numbered(names(d.Listed))}
}

func (d *HandOverDraft) hearFrom(t *Turn) Move {
	i, v := t.Choice(names(d.Listed)...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(d.Listed)))
	}
	d.choose(t, civic.StaffID(d.Listed[i].ID))
	if t.Editing() && d.From.ID == d.To.ID {
		return dialog.Edit("to")
	}
	return dialog.Next()
}

func (d *HandOverDraft) showFrom() string {
	if !d.ForOthers {
		return ""
	}
	return d.From.Name
}

// whose names whose work it is to who reads it.
func (d *HandOverDraft) whose() string {
	if d.From.ID == int64(d.Own) {
		return "您"
	}
	return d.From.Name
}

func (d *HandOverDraft) isAway(*Turn) bool { return d.Away != 0 }

func (d *HandOverDraft) askAway(*Turn) Reply {
	return Reply{Text: d.whose() + "的工作交给" + d.AwayTo + "了。现在收回来？", Choices: numbered([]string{"收回", "先不收"})}
}

func (d *HandOverDraft) hearAway(t *Turn) Move {
	i, v := t.Choice("收回", "先不收")
	switch {
	case v == zh.Sure && i == 1 || t.Said("不收", "不"):
		return dialog.Done().Saying("好，照旧。")
	case v == zh.Sure && i == 0 || t.Said("收回", "收回来", "是"):
		d.Back = true
		effects := []any{
			civic.TakeBack{By: byIn(t, d.Community), Handover: d.Away},
			officeNews(t, OfficeNews{What: newsBack, Place: d.Place}, civic.StaffID(d.From.ID), t.Run),
		}
		if d.Took.ID != 0 {
			effects = append(effects, officeNews(t, OfficeNews{What: newsFree, Place: d.Place}, civic.StaffID(d.Took.ID), t.Run))
		}
		return dialog.Done(effects...)
	}
	return dialog.Again(askNumber(2))
}

func (d *HandOverDraft) listTo(t *Turn) bool {
	d.Listed = nil
	for _, m := range d.colleagues(t, true) {
		if int64(m.Staff) != d.From.ID && m.Away == 0 {
			d.Listed = append(d.Listed, listed{int64(m.Staff), m.Name})
		}
	}
	return true
}

func (d *HandOverDraft) askTo(*Turn) Reply {
	r := Reply{Text: "交给哪位同事？", Choices: numbered(names(d.Listed))}
	if len(d.Listed) == 0 {
		r.Text = "现在没有能接手的同事：要有这个社区的岗位、绑了微信、自己没交接出去。回“取消”。"
	}
	return r
}

func (d *HandOverDraft) hearTo(t *Turn) Move {
	i, v := t.Choice(names(d.Listed)...)
	if v != zh.Sure {
		return dialog.Again("请回名单里的数字，或回“取消”。")
	}
	d.To = d.Listed[i]
	return dialog.Next()
}

// hearUntil takes a number of days or weeks, a day, or no end. Work comes back on the morning after.
func (d *HandOverDraft) hearUntil(t *Turn) Move {
	if t.Said("一直", "不回来了", "长期", "永久", "离职", "调走") {
		d.Until, d.Last = 0, ""
		return dialog.Next()
	}
	last, ok := zh.Date(t.Text, t.Now)
	if !ok {
		n := spanDays(t.Text)
		if bare, is := zh.Number(t.Text); n == 0 && is {
			n = bare // of days
		}
		if n > 0 && n <= handOverMost {
			last, ok = t.Now.AddDate(0, 0, n-1), true // today counts
		}
	}
	if !ok || last.After(t.Now.AddDate(0, 0, handOverMost)) {
		return dialog.Again(fmt.Sprintf("没看懂是哪一天，最多 %d 天。", handOverMost))
	}
	d.Until = time.Date(last.Year(), last.Month(), last.Day()+1, 0, 0, 0, 0, t.Now.Location()).Unix()
	d.Last = day(last, t.Now)
	return dialog.Next()
}

// span is a length of time: 3 天, 一周, 两个月.
var span = regexp.MustCompile(`^(.{1,4}?)个?(天|日|周|星期|礼拜|月)$`)

// spanDays reads a length of time in days, 0 if it is none.
func spanDays(text string) int {
	m := span.FindStringSubmatch(strings.ReplaceAll(zh.Narrow(zh.Clean(text)), " ", ""))
	if m == nil {
		return 0
	}
	n, ok := zh.Number(m[1])
	switch {
	case !ok || n > handOverMost:
		return 0
	case m[2] == "天" || m[2] == "日":
		return n
	case m[2] == "月":
		return 30 * n
	}
	return 7 * n
}

// handOverMost is for how many days work can be handed over with an end.
const handOverMost = 180

func (d *HandOverDraft) showUntil() string {
	if d.Until == 0 {
		return "一直"
	}
	return d.Last
}

func (d *HandOverDraft) askConfirm(t *Turn) Reply {
	last := "一直由他办，不再自动还回来。"
	if d.Until != 0 {
		last = "到" + d.Last + "，第二天自动还回来。"
	}
	text := d.Place + "：" + d.whose() + "手上的工作全部交给" + d.To.Name + "，" + last + "两个人都会收到通知。"
	return askSure(t, text, "交接好", "对就回“好”；要改回“改1”；不办了回“取消”。")
}

func (d *HandOverDraft) hearConfirm(t *Turn) Move {
	if !agreed(t, "交接好", "交", "确认交接") {
		return dialog.Again("还没有交接。")
	}
	from, to := civic.StaffID(d.From.ID), civic.StaffID(d.To.ID)
	e := civic.HandOver{By: byIn(t, d.Community), From: from, To: to}
	if d.Until != 0 {
		e.Until = time.Unix(d.Until, 0).UTC()
		e.Told = []civic.MakePush{
			officeNews(t, OfficeNews{What: newsBack, Place: d.Place}, from, t.Run), officeNews(t, OfficeNews{What: newsFree, Place: d.Place}, to, t.Run),
		}
	}
	return dialog.Done(e,
		officeNews(t, OfficeNews{What: newsAway, Place: d.Place, Until: d.Last}, from, t.Run),
		officeNews(t, OfficeNews{What: newsTakes, Place: d.Place, Until: d.Last}, to, t.Run))
}

func (d *HandOverDraft) told(*Turn, any) Reply {
	if d.Back {
		return Reply{Text: "收回了，工作回到" + d.whose() + "手上。"}
	}
	return Reply{Text: "交接好了：" + d.whose() + " → " + d.To.Name + "。\n提前回来，回“交接”收回。"}
}

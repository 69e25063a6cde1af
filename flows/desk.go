package flows

import (
	"fmt"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// DeskDraft is the list of talks as it was shown, so that a number keeps its meaning.
type DeskDraft struct {
	Numbers []int    `json:"numbers,omitempty"`
	Labels  []string `json:"labels,omitempty"`
	Held    string   `json:"held,omitempty"` // said of words that were not sent
	All     int      `json:"all,omitempty"`
}

// desk 会话 lists the talks that a member of staff has, and those that wait.
var desk = Flow[DeskDraft]{
	ID: "desk", Version: 1, Title: "会话", Opens: []string{"会话", "接待", "看会话", "会话列表"},
	Glance: true, For: forAct(civic.ActRelay), Lost: civic.NoLonger,
	Leads: []string{answerID},
	Begin: (*DeskDraft).begin,
	Steps: []Step[DeskDraft]{
		{ID: "none", Open: func(d *DeskDraft, _ *Turn) bool { return len(d.Numbers) == 0 }, Say: "现在没有人在等，也没有您接的会话。"},
		{ID: "list", Open: always[DeskDraft], Ask: (*DeskDraft).ask, Hear: (*DeskDraft).hear},
	},
}

// deskShown is how many talks the list shows.
const deskShown = 8

func (d *DeskDraft) begin(t *Turn, _ string) {
	all, err := t.World.Talks.Desk(t.Context(), civic.Account(t.Account))
	if t.Failed(err) {
		return
	}
	d.All, d.Held = len(all), unsent(t)
	for _, k := range all[:min(len(all), deskShown)] {
		d.Numbers = append(d.Numbers, k.Number)
		d.Labels = append(d.Labels, deskLine(k, t.Now))
	}
}

// deskLine is a talk in the list: its number, whose it is, and what waits.
func deskLine(k civic.Talk, now time.Time) string {
	line := fmt.Sprintf("%d号 %s", k.Number, k.Who)
	switch {
	case k.Mine && k.Unread > 0:
		line += fmt.Sprintf("，您接的，%d 句没回", k.Unread)
	case k.Mine:
		line += "，您接的"
	case k.State == civic.TalkTaken:
		line += fmt.Sprintf("，同事接的，%s没人回", age(k.WaitsFrom, now))
	default:
		line += "，等了" + age(k.OpenedAt, now)
		if k.Unread > 0 {
			line += fmt.Sprintf("，说了 %d 句", k.Unread)
		}
	}
	return line
}

// age is how long ago, roughly: 5 分钟, 2 小时, 3 天.
func age(from, now time.Time) string {
	switch d := now.Sub(from); {
	case d < time.Minute:
		return "不到 1 分钟"
	case d < time.Hour:
		return fmt.Sprintf(" %d 分钟", int(d/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf(" %d 小时", int(d/time.Hour))
	default:
		return fmt.Sprintf(" %d 天", int(d/(24*time.Hour)))
	}
}

func (d *DeskDraft) ask(*Turn) Reply {
	r := Reply{Text: withLine(d.Held, fmt.Sprintf("有 %d 个会话。点一个就接，或回“接%d”。", d.All, d.Numbers[0]))}
	for i, l := range d.Labels {
		r.Choices = append(r.Choices, Choice{Label: "· " + l, Send: fmt.Sprintf("接%d", d.Numbers[i])})
	}
	if d.All > len(d.Numbers) {
		r.After = fmt.Sprintf("还有 %d 个排在后面。", d.All-len(d.Numbers))
	}
	return r
}

// hear takes a bare number for a talk's own number, never for a place in the list: there is only
// one way to count.
func (d *DeskDraft) hear(t *Turn) Move {
	n, ok := zh.Number(strings.TrimSuffix(strings.TrimSpace(t.Text), "号"))
	for _, have := range d.Numbers {
		if ok && n == have {
			return dialog.Open(answerID, &dialog.Input{Kind: dialog.Text, Text: fmt.Sprintf("接%d", n)})
		}
	}
	return dialog.Again("请回“接”加会话的号，比如“接" + fmt.Sprint(d.Numbers[0]) + "”。")
}

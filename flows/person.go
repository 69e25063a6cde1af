package flows

import (
	"fmt"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// PersonDraft is where somebody stands in their talk with the staff. The talk itself is in the
// store: what is said goes there first.
type PersonDraft struct {
	Phones bool `json:"phones,omitempty"` // nobody here can answer in the chat
	Called bool `json:"called,omitempty"` // 人工 was said just now
	Told   bool `json:"told,omitempty"`   // how it ends was said
	Over   bool `json:"over,omitempty"`   // the talk has ended, and what came can hardly be meant for anybody
}

// noteTalk says that the account had a talk open, so that most turns need not ask.
const noteTalk = "talk"

// endTalkWords end a talk from the resident's side.
var endTalkWords = []string{"结束", "结束会话", "结束人工", "退出人工", "结束对话"}

// person 人工 hands what a resident says on to the staff, until they end it.
var person = Flow[PersonDraft]{
	ID: "person", Version: 1, Title: "人工",
	Opens:  []string{"人工", "转人工", "找人工", "人工服务", "网格员", "找网格员"},
	Glance: true, Talk: stillTalking,
	Leads: []string{rateTalk.ID},
	Begin: (*PersonDraft).begin,
	Noted: (*PersonDraft).noted,
	Steps: []Step[PersonDraft]{
		{ID: "say", Open: func(d *PersonDraft, _ *Turn) bool { return d.Phones }, Ask: (*PersonDraft).askPhones},
		{
			ID: "talk", Open: always[PersonDraft], Ask: (*PersonDraft).ask, Hear: (*PersonDraft).hear,
			Hears: []dialog.Kind{dialog.Text, dialog.Photo, dialog.Voice, dialog.Location},
		},
	},
}

func (d *PersonDraft) begin(t *Turn, _ string) {
	c, ok := ours(t)
	if !ok {
		d.Phones = true
		return
	}
	reachable, err := t.World.Talks.Reachable(t.Context(), c.ID)
	if t.Failed(err) {
		return
	}
	if !reachable {
		d.Phones = true
		return
	}
	t.SetNote(noteTalk, "1")
	if !t.Seeded() {
		d.Called = true
		t.Also(civic.CallPerson{Account: civic.Account(t.Account), Community: c.ID, Typed: t.Kind == dialog.Text})
	}
}

// stillTalking says of an open talk how to come back to it.
func stillTalking(t *Turn) string {
	if _, open, err := t.World.Talks.Own(t.Context(), civic.Account(t.Account)); t.Failed(err) || !open {
		return ""
	}
	return "和网格员的会话还开着，回“人工”接着说。"
}

// maxPhones bounds the communities listed to somebody whose own is not known.
const maxPhones = 5

func (*PersonDraft) askPhones(t *Turn) Reply {
	if c, ok := ours(t); ok {
		return Reply{Text: phoneLine(c)}
	}
	all, err := t.World.Communities.Communities(t.Context())
	if t.Failed(err) {
		return Reply{}
	}
	if len(all) == 0 {
		return Reply{Text: "这里还没有登记网格员的电话，急事请打 12345。"}
	}
	text := []string{"网格员的电话："}
	for _, c := range all[:min(len(all), maxPhones)] {
		text = append(text, c.Name+" "+phoneOf(c))
	}
	return Reply{Text: strings.Join(text, "\n")}
}

func phoneLine(c civic.Community) string {
	if c.Phone == "" {
		return c.Name + "还没有登记网格员的电话，急事请打 12345。"
	}
	hours := c.Hours
	if hours == "" {
		hours = "工作日 9:00–17:00"
	}
	return c.Name + "网格员：" + c.Phone + "\n" + hours + " 有人接。您没办完的我都留着。"
}

func phoneOf(c civic.Community) string {
	if c.Phone == "" {
		return "（未登记，急事请打 12345）"
	}
	return c.Phone
}

func (d *PersonDraft) ask(*Turn) Reply {
	if d.Over {
		return Reply{Text: "会话已经结束了，这句没有转。帮到您了吗？回“帮到了”或“没帮到”；还有事就直接说。"}
	}
	return Reply{Text: "您在和网格员说话，直接说就行。说完回“结束”。"}
}

// hear hands on what was said. Thanks after the end open nothing anew.
func (d *PersonDraft) hear(t *Turn) Move {
	d.Called, d.Over = false, false
	own, open, err := t.World.Talks.Own(t.Context(), civic.Account(t.Account))
	if t.Failed(err) {
		return dialog.Again("")
	}
	if t.Said(endTalkWords...) {
		t.SetNote(noteTalk, "")
		if !open {
			return dialog.Done().Saying("会话已经结束了。有事再回“人工”。")
		}
		return dialog.Open(rateTalk.ID, nil).With(civic.HangUp{Account: civic.Account(t.Account)}).
			Saying(fmt.Sprintf("%d号会话结束了。7 天内再回“人工”，还是%d号。", own.Number, own.Number))
	}
	if said, rates := ratesAfter(t.Text); !open && rates {
		in := t.Input
		in.Text = said
		return dialog.Open(rateTalk.ID, &in)
	}
	if !open && politeWords(t.Text) {
		t.SetNote(noteTalk, "")
		return dialog.Done().Saying("不客气。还有事随时说。")
	}
	if !open && t.Kind == dialog.Text && accidental(t.Text) {
		d.Over = true
		return dialog.Again("")
	}
	c := home(t)
	if t.Failed(nil) {
		return dialog.Again("")
	}
	return dialog.Stay("").With(civic.Say{Account: civic.Account(t.Account), Community: c, Lines: linesOf(t)})
}

// linePart is how many characters one line of a talk has at most; longer words make several.
const linePart = 500

// linesOf are the lines of a talk that an input makes.
func linesOf(t *Turn) []civic.Line {
	switch t.Kind {
	case dialog.Photo:
		return []civic.Line{{Kind: civic.LinePhoto, Media: t.Media}}
	case dialog.Voice:
		return []civic.Line{{Kind: civic.LineVoice, Media: t.Media, Text: zh.Cut(t.Text, linePart)}}
	case dialog.Location:
		return []civic.Line{{Kind: civic.LineText, Text: placeLine(t.Place)}}
	case dialog.Text, dialog.Menu, dialog.Follow, dialog.Scan, dialog.Other:
	}
	var all []civic.Line
	for rest := []rune(t.Text); len(rest) > 0; {
		n := min(len(rest), linePart)
		all = append(all, civic.Line{Kind: civic.LineText, Text: string(rest[:n])})
		rest = rest[n:]
	}
	return all
}

func placeLine(p dialog.Place) string {
	return fmt.Sprintf("位置：%s（纬度 %.4f，经度 %.4f）", p.Label, p.Lat, p.Lng)
}

// noted says by the receipt what became of 人工, or of what was said.
func (d *PersonDraft) noted(t *Turn, got any) Reply {
	r := receipt(got)
	c, _ := ours(t)
	if t.Failed(nil) { // it is committed all the same
		return Reply{Text: "已转达。"}
	}
	hours := c.Settings.Service(zoneOf(c, t.Now))
	next := hours.Next(t.Now)
	open := next.Equal(t.Now)
	if d.Called {
		return Reply{Text: calledText(r, c, hours, open, whenText(next, t.Now))}
	}
	text := ""
	switch {
	case r.Talking == civic.TalkingTaken && open:
		text = "已转达。"
	case r.Talking == civic.TalkingTaken:
		text = "已转达。这会儿不在服务时间，没马上回的，" + whenText(next, t.Now) + " 后回您。"
	case !open:
		text = "记下了，" + whenText(next, t.Now) + " 转给网格员。"
	case r.Ahead > 0:
		text = fmt.Sprintf("记下了，前面还有 %d 位，网格员接了就看到。", r.Ahead)
	default:
		text = "记下了，网格员接了就看到。"
	}
	if r.Talking == civic.TalkingReopens {
		text = fmt.Sprintf("%d号会话重新开了。", r.Talk) + text
	}
	return Reply{Text: text}
}

// calledText answers 人工 itself.
func calledText(r civic.Receipt, c civic.Community, hours civic.ServiceHours, open bool, next string) string {
	urgent := "急事请打 12345。"
	if c.Phone != "" {
		urgent = "急事请打 " + c.Phone + "。"
	}
	how := "有什么事直接说，文字、照片、语音都行；说完回“结束”。\n" + urgent
	switch {
	case r.Talking == civic.TalkingTaken:
		return fmt.Sprintf("%d号会话开着，网格员在接。直接说就行，说完回“结束”。\n%s", r.Talk, urgent)
	case !open:
		return fmt.Sprintf("现在不是服务时间（%s）。您是%d号，说的我先记下，%s 转给网格员。\n%s", hours, r.Talk, next, how)
	case r.Ahead > 0:
		return fmt.Sprintf("已转网格员（%s 有人），您是%d号，前面还有 %d 位。\n%s", hours, r.Talk, r.Ahead, how)
	}
	return fmt.Sprintf("已转网格员（%s 有人），您是%d号，前面没有人了。\n%s", hours, r.Talk, how)
}

// zoneOf is where the clocks of a community go; its zone was checked when it was set.
func zoneOf(c civic.Community, now time.Time) *time.Location {
	if c.TimeZone != "" {
		if z, err := time.LoadLocation(c.TimeZone); err == nil {
			return z
		}
	}
	return now.Location()
}

// whenText says when within the next days: 今天 9:00, 明天 9:00, 周一 9:00.
func whenText(at, now time.Time) string {
	year, month, day := now.In(at.Location()).Date()
	clock := at.Format("15:04")
	clock = strings.TrimPrefix(clock, "0")
	switch y, m, d := at.Date(); {
	case y == year && m == month && d == day:
		return "今天 " + clock
	case at.Before(time.Date(year, month, day+2, 0, 0, 0, 0, at.Location())):
		return "明天 " + clock
	}
	return [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}[at.Weekday()] + " " + clock
}

// talking names the flow that hears what is said outside any flow: somebody in a talk goes on
// with it, whether or not another matter came in between.
func talking(t *Turn) string {
	if t.Note(noteDesk) != "" && len(offices(t, civic.ActRelay)) > 0 {
		desk, err := t.World.Talks.Desk(t.Context(), civic.Account(t.Account))
		if t.Failed(err) {
			return ""
		}
		if len(desk) > 0 && desk[0].Mine {
			return answerID
		}
		t.SetNote(noteDesk, "")
	}
	if t.Note(noteTalk) == "" && t.Note(noteCommunity) != "" {
		return ""
	}
	_, open, err := t.World.Talks.Own(t.Context(), civic.Account(t.Account))
	if t.Failed(err) || !open {
		t.SetNote(noteTalk, "")
		return ""
	}
	return person.ID
}

// RateDraft is whether a talk helped.
type RateDraft struct {
	Helped bool `json:"helped,omitempty"`
	Said   bool `json:"said,omitempty"`
}

// rateTalk asks once whether a talk helped; who says nothing is not asked again.
var rateTalk = Flow[RateDraft]{
	ID: "talk-rate", Version: 1, Title: "评会话", Glance: true, Small: true,
	Leads: []string{"unknown"},
	Match: rateWords,
	Begin: (*RateDraft).begin,
	Steps: []Step[RateDraft]{
		{ID: "thanks", Open: func(d *RateDraft, _ *Turn) bool { return d.Said }, Ask: (*RateDraft).thanks},
		{ID: "ask", Open: always[RateDraft], Ask: (*RateDraft).ask, Hear: (*RateDraft).hear, Commits: true},
	},
	Told: func(d *RateDraft, t *Turn, _ any) Reply { return d.thanks(t) },
}

func rateWords(text string) (string, bool) {
	switch {
	case zh.Said(text, "帮到了", "帮到我了"):
		return "1", true
	case zh.Said(text, "没帮到", "没有帮到", "没帮到我"):
		return "2", true
	}
	return "", false
}

// ratesAfter hears in more words whether a talk helped that has just ended, and says it in those of rateWords.
func ratesAfter(text string) (string, bool) {
	switch said, ok := rateWords(text); {
	case ok && said == "1", zh.Said(text, "满意", "很满意", "帮到", "帮上了", "有帮助", "很好", "挺好", "解决了"):
		return "帮到了", true
	case ok, zh.Said(text, "不满意", "没帮上", "没用", "没解决", "没有解决", "没有"):
		return "没帮到", true
	}
	return "", false
}

func (d *RateDraft) begin(t *Turn, arg string) {
	if arg == "" {
		return
	}
	d.Said, d.Helped = true, arg == "1"
	t.Also(civic.RateTalk{Account: civic.Account(t.Account), Helped: d.Helped})
}

func (*RateDraft) ask(*Turn) Reply {
	return Reply{Text: "这次帮到您了吗？", Choices: numbered([]string{"帮到了", "没有"})}
}

func (d *RateDraft) hear(t *Turn) Move {
	i, v := t.Choice("帮到了", "没有")
	if said, ok := ratesAfter(t.Text); ok {
		i, v = 0, zh.Sure
		if said != "帮到了" {
			i = 1
		}
	}
	switch {
	case t.Said("有用", "有", "解决了", "满意", "好了", "谢谢", "帮到了谢谢"):
		i, v = 0, zh.Sure
	case t.Said("没用", "没有用", "没解决", "没有解决", "不满意"):
		i, v = 1, zh.Sure
	}
	switch {
	case v == zh.Sure:
		d.Helped = i == 0
		return dialog.Done(civic.RateTalk{Account: civic.Account(t.Account), Helped: d.Helped})
	case zh.Runes(t.Text) > 1:
		return dialog.Open("unknown", nil)
	}
	return dialog.Again(askNumber(2))
}

func (d *RateDraft) thanks(*Turn) Reply {
	if d.Helped {
		return Reply{Text: "谢谢您。还有事随时说。"}
	}
	return Reply{Text: "对不起，没能帮上。想再说就回“人工”，也可以打 12345。"}
}

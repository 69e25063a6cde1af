package flows

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

const answerID = "talk"

// noteDesk is the number of the talk that a member of staff spoke in last, and when.
const noteDesk = "desk"

// noteHeld says that words wait for whom they are meant for. Whoever does something else first is told that
// they were not sent.
const noteHeld = "held"

// TalkDraft is in which talk a member of staff is.
type TalkDraft struct {
	Now     talkName     `json:"now,omitzero"`      // to which words without a number go
	Chose   int64        `json:"chose,omitempty"`   // when that was said or confirmed last, Unix s; 0: not in this conversation
	Pending []civic.Line `json:"pending,omitempty"` // not sent before it is sure to whom
	To      []talkName   `json:"to,omitempty"`      // to whom it may go, as asked
	At      string       `json:"at,omitempty"`      // the step that is to be asked
	Say     string       `json:"say,omitempty"`     // said there
	Sent    bool         `json:"sent,omitempty"`    // this turn answers somebody
}

// talkName is a talk as it was named to the member of staff.
type talkName struct {
	ID        civic.TalkID      `json:"id,omitempty"`
	Community civic.CommunityID `json:"community,omitempty"`
	Number    int               `json:"number,omitempty"`
	Who       string            `json:"who,omitempty"`
}

func nameOf(k civic.Talk) talkName { return talkName{k.ID, k.Community, k.Number, k.Who} }

// String is how it is written to staff: 3号 张**.
func (n talkName) String() string {
	who, _, _ := strings.Cut(n.Who, " · ")
	return fmt.Sprintf("%d号 %s", n.Number, who)
}

// The steps of answer.
const (
	stepSure = "sure"
	stepTalk = "talk"
	stepSaid = "said"
)

// answering is the staff's side of talks. 接3 makes a talk the present one: words without a number go
// there, and each answer says where it went. Where that may not be what is meant, it asks first.
var answering = Flow[TalkDraft]{
	ID: answerID, Version: 1, Title: "回话", Glance: true,
	Talk: func(t *Turn) string {
		if t.Note(noteDesk) == "" {
			return ""
		}
		return "您接的会话还开着，回“会话”接着回。"
	},
	For: forAct(civic.ActRelay), Lost: civic.NoLonger,
	Match: matchAnswer, Fits: fitsAnswer,
	Begin: (*TalkDraft).begin,
	Noted: (*TalkDraft).noted,
	Steps: []Step[TalkDraft]{
		{ID: stepSure, Open: answersAt(stepSure), Ask: (*TalkDraft).askSure, Hear: (*TalkDraft).hearSure, Hears: talkKinds, Jumps: []string{stepTalk, stepSaid, stepSure}},
		{ID: stepTalk, Open: answersAt(stepTalk), Ask: (*TalkDraft).askTalk, Hear: (*TalkDraft).hear, Hears: talkKinds, Jumps: []string{stepTalk, stepSaid, stepSure}},
		{ID: stepSaid, Open: always[TalkDraft], Ask: (*TalkDraft).askTalk},
	},
}

var talkKinds = []dialog.Kind{dialog.Text, dialog.Photo, dialog.Voice, dialog.Location}

func answersAt(step string) func(*TalkDraft, *Turn) bool {
	return func(d *TalkDraft, _ *Turn) bool { return d.At == step }
}

// begin takes up the talk spoken in last, then does what the words say.
func (d *TalkDraft) begin(t *Turn, arg string) {
	d.At, d.Say = stepSaid, "现在没有您在接的会话。回“会话”看看。"
	n, at, ok := readDesk(t.Note(noteDesk))
	if ok {
		k, found, err := t.World.Talks.Numbered(t.Context(), civic.Account(t.Account), n)
		if t.Failed(err) {
			return
		}
		if found && k.Mine {
			d.Now, d.At, d.Say = nameOf(k), stepTalk, ""
			if t.Amid() == answerID {
				d.Chose = at
			}
		}
	}
	if t.Seeded() {
		d.At = stepTalk
		return
	}
	held := unsent(t)
	t.Also(d.do(t, readVerb(arg))...)
	if d.Say != "" {
		d.Say = withLine(held, d.Say)
	}
}

// do carries a word with a number out: the effects, and what is said and asked next.
func (d *TalkDraft) do(t *Turn, v verb) []any {
	k, found, err := t.World.Talks.Numbered(t.Context(), civic.Account(t.Account), v.n)
	if t.Failed(err) {
		return nil
	}
	name, by := nameOf(k), civic.By{Account: civic.Account(t.Account), Community: k.Community}
	switch {
	case !found:
		return d.keep("没有" + strconv.Itoa(v.n) + "号会话。回“会话”看现在有哪些。")
	case v.word == verbTake, v.word == verbGo && k.Mine:
		return d.take(t, k, by)
	case v.word == verbGo:
		return d.keep(fmt.Sprintf("%s 不是您在接。回“接%d”先接下来。", name, k.Number))
	case v.word == verbSee:
		text, _ := d.lines(t, k, false)
		return d.keep(name.String() + " 说过的：\n" + text)
	case v.word == verbSay && !k.Mine:
		return d.keep(name.String() + " 不是您在接，这句没有发。")
	case v.word == verbSay:
		return d.answer(t, name, []civic.Line{{Kind: civic.LineText, Text: v.rest}})
	case v.word == verbBack:
		d.leave(t, k.ID)
		d.keep(name.String() + " 放回队列了，叫了同事来接。")
		return []any{civic.HandTalk{By: by, Talk: k.ID}}
	case v.word == verbEnd:
		d.leave(t, k.ID)
		d.keep(name.String() + " 结束了，也告诉对方了。" + d.others(t, k.ID))
		return []any{civic.EndTalk{By: by, Talk: k.ID}}
	}
	return d.hand(t, k, by, v.rest)
}

// keep says something and stays where one is.
func (d *TalkDraft) keep(text string) []any {
	d.Say = text
	if d.At = stepSaid; d.Now.ID != 0 {
		d.At = stepTalk
	}
	return nil
}

// leave forgets a talk as the present one.
func (d *TalkDraft) leave(t *Turn, id civic.TalkID) {
	if d.Now.ID == id {
		d.Now = talkName{}
		t.SetNote(noteDesk, "")
	}
}

// choose makes a talk the present one.
func (d *TalkDraft) choose(t *Turn, n talkName) {
	d.Now, d.Chose, d.At, d.Pending, d.To = n, t.Now.Unix(), stepTalk, nil, nil
	t.SetNote(noteHeld, "")
	t.SetNote(noteDesk, fmt.Sprintf("%d@%d", n.Number, d.Chose))
}

func readDesk(note string) (n int, at int64, ok bool) {
	_, err := fmt.Sscanf(note, "%d@%d", &n, &at)
	return n, at, err == nil
}

// deskSeen is how many lines of a talk are shown when it is taken or looked at.
const deskSeen = 12

// take takes a talk, or goes back to it, and shows what was said.
func (d *TalkDraft) take(t *Turn, k civic.Talk, by civic.By) []any {
	text, seen := d.lines(t, k, true)
	d.choose(t, nameOf(k))
	head := "您接了 "
	if k.Mine {
		head = "回到 "
	}
	d.Say = head + fmt.Sprintf("%d号 %s。\n", k.Number, k.Who) + text + "\n直接写就是回" + d.Now.String() + "；“放回”“结束”“转给谁”随您。"
	return []any{civic.TakeTalk{By: by, Talk: k.ID, Seen: seen}}
}

// lines shows the last lines of a talk, and up to which one. Where a talk is taken, photos and voices that
// were not answered yet follow as they are, with what came after them.
func (d *TalkDraft) lines(t *Turn, k civic.Talk, taken bool) (text string, seen int) {
	all, err := t.World.Talks.Lines(t.Context(), civic.Account(t.Account), k.ID, max(deskSeen, min(k.Unread, 3*deskSeen)))
	if t.Failed(err) {
		return "", 0
	}
	if len(all) == 0 {
		return "（还没有说什么）", k.Seq
	}
	fresh := len(all) - k.Unread
	var out []string
	for i, l := range all {
		if taken && i >= fresh && l.Role == civic.Resident && l.Media != "" {
			out = append(out, "（后面的照片或语音马上发给您）")
			return strings.Join(out, "\n"), l.Seq - 1
		}
		out = append(out, seenLine(l))
	}
	return strings.Join(out, "\n"), k.Seq
}

// seenLine is one line of a talk as staff read it back.
func seenLine(l civic.TalkLine) string {
	who := "居民"
	if l.Role != civic.Resident {
		who = "我们"
	}
	text := who + "：" + lineText(l.Kind, l.Text)
	if l.Still {
		text += "（还没送到）"
	}
	return text
}

// lineText is a line in words.
func lineText(kind civic.LineKind, text string) string {
	switch kind {
	case civic.LinePhoto:
		return "（照片）"
	case civic.LineVoice:
		if text != "" {
			return "（语音）" + text
		}
		return "（语音）"
	case civic.LineText, civic.LineNote:
	}
	return text
}

// answer sends lines to a talk, which is the present one from then on.
func (d *TalkDraft) answer(t *Turn, n talkName, lines []civic.Line) []any {
	d.choose(t, n)
	d.Sent, d.Say = true, ""
	return []any{civic.Answer{By: civic.By{Account: civic.Account(t.Account), Community: n.Community}, Talk: n.ID, Lines: lines}}
}

func (d *TalkDraft) askTalk(*Turn) Reply {
	if d.Say != "" {
		return Reply{Text: d.Say}
	}
	return Reply{Text: "您在回" + d.Now.String() + "，直接写就行。回“会话”看全部。"}
}

// noted says by the receipt where an answer went, or what became of another word.
func (d *TalkDraft) noted(_ *Turn, got any) Reply {
	if !d.Sent {
		return Reply{Text: d.Say}
	}
	switch receipt(got).Talking {
	case civic.TalkingGone:
		return Reply{Text: "→" + d.Now.String() + "：对方已取消关注，现在收不到。话留着，对方回来就看到；急事请打电话或上门。"}
	case civic.TalkingShut:
		return Reply{Text: "→" + d.Now.String() + "：要对方先来句话，微信才让送。话留着，对方下次来就看到；急事请打电话。"}
	}
	return Reply{Text: "→" + d.Now.String()}
}

// hear takes words without a number for the present talk, if it is sure that they are meant for it.
func (d *TalkDraft) hear(t *Turn) Move {
	d.Sent, d.Say = false, ""
	if t.Kind == dialog.Text {
		if v, ok := d.shortVerb(t); ok {
			fx := d.do(t, v)
			return dialog.Edit(d.At).With(fx...)
		}
	}
	if d.Now.ID == 0 {
		d.keep("现在没有您在接的会话，这句没有发。回“会话”看看。")
		return dialog.Edit(d.At)
	}
	others, err := d.doubts(t)
	if t.Failed(err) {
		return dialog.Again("")
	}
	stale := t.Now.Sub(time.Unix(d.Chose, 0)) > civic.TalkStale
	plain := t.Kind != dialog.Text || !accidental(t.Text)
	if len(others) == 0 && !stale && plain {
		return dialog.Edit(stepTalk).With(d.answer(t, d.Now, linesOf(t))...)
	}
	d.Pending, d.To, d.At = linesOf(t), append([]talkName{d.Now}, others...), stepSure
	t.SetNote(noteHeld, "1")
	return dialog.Edit(stepSure)
}

// accidental says that a text may be the answer to a question of the bot rather than words for
// somebody: a number, a letter, a yes or no, a single character.
func accidental(text string) bool {
	_, number := zh.Number(text)
	return number || zh.Runes(text) < 2 || zh.Runes(text) <= 2 && zh.YesNo(text) != zh.Neither ||
		zh.Said(text, "提交", "确认", "确认发送", "跳过", "返回", "取消", "下一页", "更多", "重来", "继续")
}

func (d *TalkDraft) askSure(*Turn) Reply {
	var said []string
	for _, l := range d.Pending {
		said = append(said, lineText(l.Kind, l.Text))
	}
	text := "“" + brief(strings.Join(said, " "), 40) + "”还没有发。发给谁？"
	var labels []string
	for _, n := range d.To {
		labels = append(labels, n.String())
	}
	return Reply{Text: text, Choices: numbered(append(labels, "不发"))}
}

// hearSure sends what waits to the one chosen. More words join what waits.
func (d *TalkDraft) hearSure(t *Turn) Move {
	d.Sent, d.Say = false, ""
	var labels []string
	for _, n := range d.To {
		labels = append(labels, n.String())
	}
	i, v := t.Choice(append(labels, "不发")...)
	switch {
	case v == zh.Sure && i < len(d.To):
		return dialog.Edit(stepTalk).With(d.answer(t, d.To[i], d.Pending)...)
	case v == zh.Sure, t.Said("取消", "算了"):
		d.choose(t, d.Now)
		d.keep("好，没有发。")
		return dialog.Edit(d.At)
	case t.Kind == dialog.Text && accidental(t.Text):
		return dialog.Again(askNumber(len(d.To) + 1))
	}
	d.Pending = append(d.Pending, linesOf(t)...)
	if len(d.Pending) > maxPending {
		d.Pending = d.Pending[:maxPending]
		return dialog.Stay("后面的记不下了，先说发给谁。")
	}
	return dialog.Stay("")
}

// maxPending bounds what waits to be sent.
const maxPending = 8

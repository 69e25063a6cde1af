package flows

import (
	"fmt"
	"strings"

	"yishi/flows/civic"
)

// quoted makes words of people fit for a message that may hold links: nobody can plant one.
var quoted = strings.NewReplacer("<", "＜", "\u202a", "", "\u202b", "", "\u202c", "", "\u202d", "", "\u202e", "", "\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "")

// tellRelay is what the other end of a talk has said.
func tellRelay(r civic.TalkTold, midStep bool) (Text, error) {
	if r.Number == 0 {
		return Text{}, fmt.Errorf("%w: which talk", ErrTell)
	}
	t := Text{Media: r.Media}
	if r.Who != "" {
		t.Plain, t.Line = toStaff(r)
		if midStep {
			t.Plain += fmt.Sprintf("\n您正在办别的：回“切%d”回话，回“继续”接着办。", r.Number)
		}
	} else {
		t.Plain, t.Line = toResident(r)
		if midStep {
			t.Plain += "\n您正在办别的：回“人工”回话，回“继续”接着办。"
		}
	}
	if r.Last && r.Media.ID == "" {
		t.Plain += "\n（微信要您回一句，后面的话才能马上送到。）"
	}
	t.Fields = map[string]string{"title": "您有新的回话", "content": "回“人工”看全部", "number": fmt.Sprint(r.Number)}
	if r.Who != "" {
		t.Fields["title"], t.Fields["content"] = fmt.Sprintf("%d号会话有新消息", r.Number), fmt.Sprintf("回“切%d”看全部", r.Number)
	}
	return t, nil
}

func toStaff(r civic.TalkTold) (plain, line string) {
	head := fmt.Sprintf("%d号 %s", r.Number, r.Who)
	switch {
	case r.Media.ID != "":
		plain = head + "：" + lineText(r.Media.Kind, "")
	case len(r.Lines) == 0:
		plain = head + "：这几句已经看不到了。"
	case r.Lines[0].Kind == civic.LineNote:
		plain = head + staffNote(civic.TalkNote(r.Lines[0].Text))
		plain += rest("\n", r.Lines[1:], staffNote)
	case r.Lines[0].Kind != civic.LineText && !r.Lines[0].Gone:
		plain = head + " " + wording(r.Lines[0])
	default:
		plain = head + "：" + wording(r.Lines[0]) + rest("\n", r.Lines[1:], staffNote)
	}
	return plain, plain
}

// rest adds further lines.
func rest(before string, lines []civic.ToldLine, note func(civic.TalkNote) string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(before)
		if l.Kind == civic.LineNote {
			b.WriteString(strings.TrimPrefix(note(civic.TalkNote(l.Text)), "："))
		} else {
			b.WriteString(wording(l))
		}
	}
	return b.String()
}

// wording is a line as it is told.
func wording(l civic.ToldLine) string {
	text := quoted.Replace(l.Text)
	switch {
	case l.Gone:
		return "（一张照片或一段语音过期了，请让对方再发一次）"
	case l.Kind == civic.LinePhoto:
		return "发来一张照片："
	case l.Kind == civic.LineVoice && text != "":
		return "发来一段语音（" + text + "）："
	case l.Kind == civic.LineVoice:
		return "发来一段语音："
	}
	return text
}

func staffNote(n civic.TalkNote) string {
	switch n {
	case civic.NoteLeft:
		return "：对方结束了会话。"
	case civic.NoteSilent:
		return "：一天没有新消息，会话结束了。"
	case civic.NoteGivenUp:
		return "：一直没有人回，会话结束了。请想办法联系对方。"
	case civic.NoteEscalated, civic.NoteUnheard, civic.NoteMoved, civic.NoteEnded:
	}
	return ""
}

// toResident names the office that speaks, at its first line and where it changes.
func toResident(r civic.TalkTold) (plain, line string) {
	var parts []string
	var before civic.Role
	for _, l := range r.Lines {
		switch {
		case l.Kind == civic.LineNote:
			before = ""
			parts = append(parts, residentNote(civic.TalkNote(l.Text), r))
		case l.Role != before:
			before = l.Role
			parts = append(parts, l.Role.String()+"："+wording(l))
		default:
			parts = append(parts, wording(l))
		}
	}
	plain = strings.Join(parts, "\n")
	switch {
	case r.Media.ID != "":
		plain = "网格员发来：" + lineText(r.Media.Kind, "") + "，回“人工”就发给您。"
	case plain == "":
		plain = "这几句已经看不到了。"
	}
	return plain, plain
}

func residentNote(n civic.TalkNote, r civic.TalkTold) string {
	phone := "12345"
	if r.Phone != "" {
		phone = r.Phone
	}
	switch n {
	case civic.NoteEscalated:
		return "还没有人接，已转给居委会；急事请打 " + phone + "。"
	case civic.NoteUnheard:
		return "还没有人接，已再催一遍；急事请打 " + phone + "。"
	case civic.NoteMoved:
		return "接您会话的人现在不接了，已请其他同事接。您说过的都在，不用再说一遍。"
	case civic.NoteEnded:
		return fmt.Sprintf("%d号会话结束了。这次帮到您了吗？回“帮到了”或“没帮到”。\n还有事回“人工”，7 天内还是%d号。", r.Number, r.Number)
	case civic.NoteSilent:
		return fmt.Sprintf("%d号会话一天没有新消息，先结束了。还有事回“人工”，7 天内还是%d号。", r.Number, r.Number)
	case civic.NoteGivenUp:
		return fmt.Sprintf("对不起，%d号会话一直没有人回，先结束了。请打 %s。", r.Number, phone)
	case civic.NoteLeft:
	}
	return ""
}

// tellCall calls a member of staff to a talk.
func tellCall(r civic.TalkTold, midStep bool) (Text, error) {
	if r.Number == 0 || r.Who == "" {
		return Text{Plain: "一个会话已经有人接了，或者结束了。", Line: "一个会话已经有人接了"}, nil
	}
	head := fmt.Sprintf("%d号 %s", r.Number, r.Who)
	said := ""
	if len(r.Lines) > 0 {
		said = "\n“" + brief(lineText(r.Lines[0].Kind, quoted.Replace(r.Lines[0].Text)), maxCall) + "”"
	}
	take := fmt.Sprintf("\n回“接%d”就接，回“会话”看全部。", r.Number)
	var plain string
	switch r.Why {
	case civic.CallBack:
		plain = head + " 又在排队。" + said + take
	case civic.CallLate:
		plain = head + " 等了" + waitedMinutes(r.Waits) + "没人回。" + said + take
	case civic.CallCommittee:
		plain = head + " 等了" + waitedMinutes(r.Waits) + "没人回，转给居委会了。" + said + take
	case civic.CallHanded:
		plain = fmt.Sprintf("同事把 %s 转给您了。%s\n回“切%d”看前面的话，再回话。", head, said, r.Number)
	case civic.CallTaken:
		plain = head + " 等得久了，同事接过去了，您不用再回。"
	default:
		plain = head + " 来找人工。" + said + take
	}
	if midStep {
		plain += "\n您没办完的还在，回“继续”接着办。"
	}
	return Text{
		Plain: plain, Line: head + " 来找人工",
		Fields: map[string]string{"title": "有人找人工", "content": fmt.Sprintf("回“接%d”就接", r.Number), "number": fmt.Sprint(r.Number)},
	}, nil
}

// maxCall is how many characters of a resident's words a call shows.
const maxCall = 40

func waitedMinutes(n int) string {
	if n >= 120 {
		return fmt.Sprintf(" %d 小时", n/60)
	}
	return fmt.Sprintf(" %d 分钟", n)
}

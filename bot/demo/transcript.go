package demo

import (
	"strconv"
	"strings"
)

// transcript prints the chat of one phone, or of all ("") in the order in which people spoke:
// a # line, then > lines for people, < lines for the account, ! lines for what it sent by
// itself, @ lines for the clock. It can be played again as a test once its world is set up.
func (s *Server) transcript(openid string) string {
	var b strings.Builder
	b.WriteString("# " + s.o.Title + "：" + s.heading(openid) + "\n")
	all := s.history.all()
	answers := map[int64][]record{}
	for _, r := range all {
		if r.Re != 0 {
			answers[r.Re] = append(answers[r.Re], r)
		}
	}
	photos := 0
	for _, r := range all {
		i, shown := s.phones[r.Openid]
		if r.Kind == kindClock {
			b.WriteString(clockLine(r))
		}
		if !shown || openid != "" && r.Openid != openid {
			continue
		}
		name := s.o.Phones[i].Name
		if r.Kind == kindPhoto {
			photos++
			r.Text = "photo-" + strconv.Itoa(photos)
		}
		switch {
		case r.Kind == kindConsent: // no part of the conversation: nothing answers it
			b.WriteString("# " + name + map[string]string{"accept": "同意", "reject": "没有同意"}[r.Key] + "收“" + r.Text + "”\n")
		case r.spoken():
			b.WriteString("> " + name + ": " + indented(did(r)) + "\n")
			for _, a := range answers[r.Seq] {
				b.WriteString(answered(a))
			}
		case r.Kind == kindReply && r.Re == 0:
			b.WriteString("! " + name + ": " + indented(r.Text) + "\n")
		}
	}
	return b.String()
}

func (s *Server) heading(openid string) string {
	var names []string
	for _, p := range s.o.Phones {
		if openid == "" || p.Openid == openid {
			names = append(names, p.Name)
		}
	}
	return strings.Join(names, "、") + "与" + s.o.Account + "的对话"
}

func clockLine(r record) string {
	if r.Offset == 0 {
		return "# " + r.Text + "\n"
	}
	return "@later " + r.Key + "\n"
}

func answered(a record) string {
	switch a.Kind {
	case kindReply:
		return "< bot: " + indented(a.Text) + "\n"
	case kindNote:
		return "# " + a.Text + "\n"
	}
	return ""
}

// did is what a person's line says.
func did(r record) string {
	switch r.Kind {
	case kindPhoto:
		return "[照片] " + r.Text
	case kindTap:
		return "[点] " + r.Text
	case kindPlace:
		return "[定位] " + r.Text
	case kindVoice:
		return strings.TrimSpace("[语音] " + r.Text)
	case kindFollow:
		return strings.TrimSpace("[关注] " + r.Key)
	case kindUnfollow:
		return "[取消关注]"
	case kindClick:
		return "[菜单] " + r.Key
	case kindScan:
		return "[扫码] " + r.Key
	}
	return r.Text
}

// indented sets the lines after the first in by two spaces.
func indented(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(text, "\n")
	return strings.TrimRight(strings.Join(lines, "\n  "), " \n")
}

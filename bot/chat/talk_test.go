package chat_test

import (
	"errors"
	"fmt"
	"strings"

	"yishi/flows/civic"
)

// describeTalk writes an effect on talks without ids that differ from run to run.
func describeTalk(e any) string {
	lines := func(all []civic.Line) string {
		var out []string
		for _, l := range all {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s%s", l.Kind, l.Text, l.Media)))
		}
		return strings.Join(out, " | ")
	}
	switch e := e.(type) {
	case civic.CallPerson:
		return "CallPerson"
	case civic.Say:
		return "Say{" + lines(e.Lines) + "}"
	case civic.HangUp:
		return "HangUp"
	case civic.RateTalk:
		return fmt.Sprintf("RateTalk{helped:%v}", e.Helped)
	case civic.TakeTalk:
		return fmt.Sprintf("TakeTalk{seen:%d}", e.Seen)
	case civic.Answer:
		return "Answer{" + lines(e.Lines) + "}"
	case civic.HandTalk:
		return fmt.Sprintf("HandTalk{queue:%v}", e.To == 0)
	case civic.EndTalk:
		return "EndTalk"
	}
	return ""
}

// mediaShown is how a photo or voice that arrives is written.
func mediaShown(m civic.ToldMedia) string {
	if m.Kind == civic.LineVoice {
		return "[语音 " + m.ID + "]"
	}
	return "[照片 " + m.ID + "]"
}

// revoke takes all offices of a speaker away: 小王.
func (p *player) revoke(args []string) error {
	grants, err := p.st.db().Staff().Grants(p.t.Context(), civic.Account(openid(args[0])))
	for _, g := range grants {
		err = errors.Join(err, p.st.db().RevokeStaff(p.t.Context(), g.ID))
	}
	return err
}

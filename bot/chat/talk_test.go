package chat_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
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
	return fmt.Sprintf("%T is not described", e)
}

// mediaShown is how a photo or voice that arrives is written.
func mediaShown(m civic.ToldMedia) string {
	if m.Kind == civic.LineVoice {
		return "[语音 " + m.ID + "]"
	}
	return "[照片 " + m.ID + "]"
}

// timerLease is longer than any test takes to fire what is due.
const timerLease = time.Minute

// fire does what timers are due for, as the bot's timer loop does.
func (o *office) fire(t *testing.T) {
	t.Helper()
	for {
		due, err := o.ClaimTimers(t.Context(), "script", 10, timerLease)
		if err != nil {
			t.Fatal(err)
		}
		if len(due) == 0 {
			return
		}
		for _, d := range due {
			todo, err := civic.Due(d, o.Clock().Now())
			if err != nil {
				t.Fatal(err)
			}
			guard := civic.FireTimer{ID: d.ID, Rev: d.Rev, DueAt: d.DueAt}
			_, err = o.Commit(t.Context(), store.Commit{
				Run: store.TimerRun(d), N: 1, Account: "yishi", Final: true, Effects: append([]any{guard}, todo.Effects...),
			})
			if err != nil && !errors.Is(err, store.ErrStale) {
				t.Fatal(err)
			}
		}
	}
}

func init() {
	directives["unfollow"] = (*player).unfollow
	directives["revoke"] = (*player).revoke
}

// unfollow has a speaker leave: 张三.
func (p *player) unfollow(args []string) error {
	return p.st.db().Unfollow(p.t.Context(), civic.Account(openid(args[0])), p.st.db().Clock().Now())
}

// revoke takes all offices of a speaker away: 小王.
func (p *player) revoke(args []string) error {
	return p.st.db().RevokeAll(p.t.Context(), civic.Account(openid(args[0])))
}

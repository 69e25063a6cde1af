package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"yishi/bot/chat"
	"yishi/bot/wechat"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/flows/dialog"
)

// teller is what checks need of a test, a fuzz target or a property.
type teller interface {
	Helper()
	Context() context.Context
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

// talk is one person with the bot, everything in memory.
type talk struct {
	*talker
	chat  *chat.Chat
	sess  *memory
	town  *town
	now   time.Time
	event chat.Event
	seq   int
}

func newTalk(e *dialog.Engine[flows.World]) *talk {
	k := &talk{talker: &talker{account: "oAnybody"}, now: start}
	clock := func() time.Time { return k.now }
	town := newTown(clock)
	k.town = town
	k.sess = newMemory(clock)
	k.chat = chat.New(chat.Options{
		Engine: e, World: town.world(), Sessions: k.sess, Ledger: town, Now: clock, Location: shanghai,
		Key: []byte(strings.Repeat("k", 32)), Log: slog.New(slog.DiscardHandler), Observe: func(e chat.Event) { k.event = e },
	})
	return k
}

// do takes one turn and checks what must hold of every answer.
func (k *talk) do(t teller, in dialog.Input) string {
	t.Helper()
	k.seq++
	return k.send(t, message(k.account, in, k.seq, k.now))
}

func (k *talk) send(t teller, m *wechat.Message) string {
	t.Helper()
	k.event = chat.Event{}
	text := k.chat.Turn(t.Context(), m).Text
	if w := k.event.Word; w == "fault" || w == "busy" || w == "unsure" {
		t.Errorf("%s %q %q: %s", m.Type, m.Event, m.Content, w)
	}
	checkAnswer(t, m, text)
	k.hear(text)
	return text
}

// standing is the session as it is now.
func (k *talk) standing(t teller) dialog.Session {
	t.Helper()
	v, err := k.sess.Load(t.Context(), k.account)
	if err != nil || !v.Known {
		return dialog.Session{}
	}
	_, s := decode(t, v.Data)
	return s
}

// tryOut says a word and checks that it leads out.
func (k *talk) tryOut(t teller, say string) {
	t.Helper()
	before := k.standing(t)
	text := k.do(t, k.say(say))
	checkWayOut(t, place(&before), say, text, before, k.standing(t))
}

// FuzzAdvance has one person say any lines at all. Kinds other than text are written as in
// transcripts; [等] lets minutes pass.
func FuzzAdvance(f *testing.F) {
	e := engine(f)
	for _, path := range files(f) {
		var lines []string
		for _, l := range readScript(f, path).lines {
			if l.mark == '>' {
				lines = append(lines, strings.ReplaceAll(l.text, "\n", " "))
			}
		}
		f.Add(strings.Join(lines, "\n"))
	}
	f.Add(strings.Join(walkOdd, "\n"))
	f.Add("你好\n[通知] 0\n[通知] 1\n[通知] 3\n你好\n通知\n2\n1\n1\n你好\n[等] 500\n退订\n1 3\n退订全部\n通知")
	f.Add("提需求\n" + strings.Join(walkOdd, "\n1\n取消\n"))
	f.Fuzz(func(t *testing.T, text string) {
		k := newTalk(e)
		for i, l := range strings.Split(text, "\n") {
			if i == 60 {
				break
			}
			k.line(t, l)
		}
		k.tryOut(t, "取消")
		k.tryOut(t, "菜单")
	})
}

// line does what one line of a fuzzed chat says.
func (k *talk) line(t *testing.T, l string) {
	m := rude.FindStringSubmatch(l)
	if m == nil {
		k.do(t, k.say(l))
		return
	}
	n, _ := strconv.Atoi(m[2]) // anything else is 0
	switch m[1] {
	case "照片":
		k.do(t, dialog.Input{Kind: dialog.Photo, Media: fmt.Sprintf("photo-%d", n)})
	case "语音":
		k.do(t, dialog.Input{Kind: dialog.Voice, Media: "voice-1", Text: m[2]})
	case "定位":
		k.do(t, dialog.Input{Kind: dialog.Location, Place: dialog.Place{Lat: 31.31872, Lng: 120.62914, Label: m[2]}})
	case "关注":
		k.do(t, dialog.Input{Kind: dialog.Follow, Text: m[2]})
	case "扫码":
		k.do(t, dialog.Input{Kind: dialog.Scan, Text: m[2]})
	case "菜单":
		k.do(t, dialog.Input{Kind: dialog.Menu, Text: m[2]})
	case "视频":
		k.do(t, dialog.Input{Kind: dialog.Other, Text: "视频"})
	case "点", "点旧":
		if len(k.taps) > 0 {
			at := k.taps[max(n, -n)%len(k.taps)]
			k.do(t, dialog.Input{Kind: dialog.Text, Text: at.send, Tap: at.id})
		}
	case "通知":
		k.mail(t, n)
	case "等":
		k.now = k.now.Add(time.Duration(n%100_000) * time.Minute)
	default:
		k.do(t, k.say(l))
	}
}

// mail puts a letter into the person's box.
func (k *talk) mail(t teller, n int) {
	l := letters[max(n, -n)%len(letters)]
	k.town.post(civic.Account(k.account), l.kind, json.RawMessage(l.args), k.now)
	if err := k.sess.MarkMail(t.Context(), k.account); err != nil {
		t.Error(err)
	}
}

// drawn chooses by rapid, so that a failure shrinks.
type drawn struct{ t *rapid.T }

func (d drawn) IntN(n int) int { return rapid.IntRange(0, n-1).Draw(d.t, "choice") }

// TestWaysOut: from wherever any talk has led, 菜单 shows the menu and 取消 ends what is under way,
// and afterwards a need can be raised.
func TestWaysOut(t *testing.T) {
	e := engine(t)
	for _, say := range []string{"菜单", "取消"} {
		t.Run(say, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				k := newTalk(e)
				for range rapid.IntRange(0, 40).Draw(rt, "length") {
					if n := rapid.IntRange(0, 20).Draw(rt, "letter"); n < len(letters) {
						k.mail(rt, n)
					}
					k.do(rt, k.next(drawn{rt}))
					if at := k.event.Flow + "/" + k.event.Step; answers[at] != "" && rapid.Bool().Draw(rt, "answer") {
						k.do(rt, k.say(answers[at]))
					}
				}
				k.tryOut(rt, say)
			})
		})
	}
}

package dialog_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"yishi/flows/dialog"
)

// clerk is a world in which the account may or may not do the work of staff.
type clerk struct {
	may   bool
	first string
}

type clerkDraft struct{ Said string }

func clerkEngine(t *testing.T) *dialog.Engine[*clerk] {
	t.Helper()
	pick := func(*clerkDraft, *dialog.Turn[*clerk]) dialog.Move { return dialog.Again("请选。") }
	menu := &dialog.Flow[clerkDraft, *clerk]{ID: "menu", Version: 1, Title: "菜单", Opens: []string{"菜单"}, Steps: []dialog.Step[clerkDraft, *clerk]{{ID: "pick", Say: "想办什么？", Hear: pick}}}
	unknown := &dialog.Flow[clerkDraft, *clerk]{ID: "unknown", Version: 1, Title: "听", Steps: []dialog.Step[clerkDraft, *clerk]{{ID: "say", Say: "听到了。"}}}
	work := &dialog.Flow[clerkDraft, *clerk]{
		ID: "work", Version: 1, Title: "初选", Opens: []string{"初选"}, Words: []string{"初选"},
		For: dialog.Whom[*clerk]{
			Right: "triage", Has: func(t *dialog.Turn[*clerk]) bool { return t.World.may },
			First: func(t *dialog.Turn[*clerk]) string { return t.World.first },
		}, Lost: "您现在没有权限了。",
		Steps: []dialog.Step[clerkDraft, *clerk]{
			{ID: "what", Say: "哪一件？", Hear: func(d *clerkDraft, t *dialog.Turn[*clerk]) dialog.Move {
				d.Said = t.Text
				return dialog.Next()
			}},
			{ID: "how", Say: "怎么办？", Hear: pick},
		},
	}
	where := &dialog.Flow[clerkDraft, *clerk]{
		ID: "where", Version: 1, Title: "在哪", Steps: []dialog.Step[clerkDraft, *clerk]{
			{ID: "say", Say: "在哪个社区？", Hear: func(*clerkDraft, *dialog.Turn[*clerk]) dialog.Move { return dialog.Done() }},
		},
	}
	e, err := dialog.New(dialog.Config[*clerk]{Generation: 1, Menu: "menu", Unknown: "unknown"}, menu, unknown, work, where)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestOfferedWords: words that open a flow elsewhere are the choice where the open question of a flow of
// staff offers them, or where they would only ask the same question again.
func TestOfferedWords(t *testing.T) {
	type step = dialog.Step[clerkDraft, *clerk]
	type flow = dialog.Flow[clerkDraft, *clerk]
	asking := func(label, send string) []step {
		return []step{{
			ID: "what",
			Ask: func(*clerkDraft, *dialog.Turn[*clerk]) dialog.Reply {
				return dialog.Reply{Text: "哪一个？", Choices: []dialog.Choice{{Label: label, Send: send}}}
			},
			Hear: func(*clerkDraft, *dialog.Turn[*clerk]) dialog.Move { return dialog.Again("听到了。") },
		}}
	}
	staff := dialog.Whom[*clerk]{Right: "all", Has: func(*dialog.Turn[*clerk]) bool { return true }}
	e, err := dialog.New(dialog.Config[*clerk]{Generation: 1, Menu: "menu", Unknown: "unknown"},
		&flow{ID: "menu", Version: 1, Title: "菜单", Opens: []string{"菜单"}, Steps: []step{{ID: "say", Say: "想办什么？"}}},
		&flow{ID: "unknown", Version: 1, Title: "听", Steps: []step{{ID: "say", Say: "没听懂。"}}},
		&flow{ID: "staff", Version: 1, Title: "甲", Opens: []string{"甲"}, For: staff, Lost: "没有了。", Steps: asking("1. 菜单", "1")},
		&flow{ID: "words", Version: 1, Title: "乙", Opens: []string{"乙"}, For: staff, Lost: "没有了。", Steps: asking("1. 菜单", "菜单")},
		&flow{ID: "all", Version: 1, Title: "丙", Opens: []string{"丙"}, Steps: asking("1. 菜单", "1")},
		&flow{ID: "same", Version: 1, Title: "丁", Opens: []string{"丁"}, Steps: asking("1. 丁", "1")},
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		open, then, want string
		after            time.Duration
	}{
		{"甲", "菜单", "听到了", 0},
		{"甲", " 菜单。", "听到了", 0},
		{"甲", "菜单", "想办什么", 3 * time.Hour}, // they hardly see the question any more
		{"甲", "丙", "哪一个", 0},
		{"乙", "菜单", "想办什么", 0},
		{"丙", "菜单", "想办什么", 0},
		{"丁", "丁", "听到了", 0},
	} {
		now, s := time.Date(2027, 5, 1, 9, 0, 0, 0, time.UTC), dialog.Session{}
		var out dialog.Outcome
		for i, text := range []string{c.open, c.then} {
			now = now.Add(time.Duration(i) * (time.Minute + c.after))
			s, out, err = e.Advance(s, dialog.NewTurn(t.Context(), dialog.Input{Kind: dialog.Text, Text: text}, now, "o", now.String(), &clerk{}))
			if err != nil {
				t.Fatal(err)
			}
		}
		if !strings.HasPrefix(out.Reply.Text, c.want) {
			t.Errorf("%s, then %s: %q, want %q", c.open, c.then, out.Reply.Text, c.want)
		}
	}
}

// TestForWhom: the words of staff are plain text to others, and a right lost half-way ends the flow.
func TestForWhom(t *testing.T) {
	e, w := clerkEngine(t), &clerk{}
	var s dialog.Session
	now := time.Date(2027, 5, 1, 9, 0, 0, 0, time.UTC)
	say := func(text, want string) dialog.Outcome {
		t.Helper()
		now = now.Add(time.Minute)
		next, out, err := e.Advance(s, dialog.NewTurn(t.Context(), dialog.Input{Kind: dialog.Text, Text: text}, now, "o", now.String(), w))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.Reply.Text, want) {
			t.Errorf("%q: %q, want %q", text, out.Reply.Text, want)
		}
		s = next
		return out
	}
	say("初选", "听到了") // as any other word
	w.may = true
	say("初选", "哪一件")
	say("018", "怎么办")
	w.may = false
	if out := say("受理", "没有权限了"); out.Word != "lost" || out.Commit != nil {
		t.Errorf("a right lost half-way: %+v", out)
	}
	say("继续", "没有办到一半的事")
	w.may = true
	say("初选", "哪一件")
	say("018", "怎么办")
	say("菜单", "想办什么") // it waits
	w.may = false
	say("继续", "没有权限了")
	say("继续", "没有办到一半的事")
}

// TestFirst: a flow may send those who have its right through another one first; nobody else.
func TestFirst(t *testing.T) {
	e, w := clerkEngine(t), &clerk{may: true, first: "where"}
	say := func(s dialog.Session, text, want string) dialog.Session {
		t.Helper()
		now := time.Date(2027, 5, 1, 9, 0, 0, 0, time.UTC)
		next, out, err := e.Advance(s, dialog.NewTurn(t.Context(), dialog.Input{Kind: dialog.Text, Text: text}, now, "o", text, w))
		if err != nil || !strings.Contains(out.Reply.Text, want) {
			t.Errorf("%q: %q %v, want %q", text, out.Reply.Text, err, want)
		}
		return next
	}
	s := say(dialog.Session{}, "初选", "在哪个社区")
	w.first = ""
	say(s, "东边", "哪一件")
	w.may, w.first = false, "where"
	say(dialog.Session{}, "初选", "听到了")
}

func TestRestricted(t *testing.T) {
	want := []dialog.Restricted{{Flow: "work", Right: "triage", Opens: []string{"初选"}}}
	if got := clerkEngine(t).Restricted(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestForNeedsLost(t *testing.T) {
	f := &dialog.Flow[clerkDraft, *clerk]{
		ID: "menu", Version: 1, Title: "菜单", For: dialog.Whom[*clerk]{Right: "any", Has: func(*dialog.Turn[*clerk]) bool { return true }},
		Steps: []dialog.Step[clerkDraft, *clerk]{{ID: "say", Say: "听到了。"}},
	}
	if _, err := dialog.New(dialog.Config[*clerk]{Menu: "menu", Unknown: "menu"}, f); err == nil || !strings.Contains(err.Error(), "Lost go together") {
		t.Errorf("For without Lost: %v", err)
	}
}

package dialog_test

import (
	"strings"
	"testing"
	"time"

	"yishi/flows/dialog"
)

// leafing is a flow that only shows things, and notes what was looked at.
func leafing() *dialog.Flow[order, *shelf] {
	return &dialog.Flow[order, *shelf]{
		ID: "leaf", Version: 1, Title: "翻翻", Opens: []string{"翻翻"}, Glance: true,
		Steps: []step{{ID: "list", Say: "看哪个？", Hear: func(d *order, t *turn) dialog.Move {
			if t.Said("完") {
				t.Also("last")
				return dialog.Done().Saying("看完了。")
			}
			d.Thing += t.Text
			t.Also(d.Thing)
			return dialog.Stay("这是" + d.Thing + "。")
		}}},
	}
}

func TestGlance(t *testing.T) {
	e, err := dialog.New(dialog.Config[*shelf]{Generation: 3, Menu: "menu", Unknown: "unknown"},
		ordering(), leafing(), saying("menu", "菜单", "菜单"), saying("unknown", "没听懂"))
	if err != nil {
		t.Fatal(err)
	}
	k := newTalk(t, e)
	k.want("翻翻", "看哪个")
	k.want("取消", "好，就到这里")
	k.want("订货", "要什么")
	k.want("盒子", "要几个")
	k.want("翻翻", "看哪个")
	k.want("甲", "这是甲")
	if e.Asking(k.s, k.now) || !e.Open(k.s) {
		t.Error("a list is open, and nobody would miss it")
	}
	k.want("翻翻", "看哪个") // anew, without being asked
	k.want("乙", "这是乙")
	k.want("取消", "您的“订货”还没办完")
	if len(k.s.Parked) != 1 || e.Open(k.s) {
		t.Errorf("only the order waits: %+v", k.s)
	}
	k.want("翻翻", "看哪个")
	k.lost = true
	for range 9 { // each look is a run of its own: none is in the way of the next
		k.want("丙", "这是丙")
	}
	k.lost = false
	k.want("完", "看完了。")
	if n := len(k.runs); n != 12 {
		t.Errorf("%d runs, want 12: %v", n, k.runs)
	}
	k.want("继续", "要几个")
	if !e.Asking(k.s, k.now) || e.Asking(k.s, k.now.Add(3*time.Hour)) {
		t.Error("the order is asked for, and for two hours")
	}
	for run := range k.runs {
		if !strings.HasSuffix(run, "/0") {
			t.Errorf("run %s", run)
		}
	}
}

// TestDoneEndsItsRun: a flow that is done commits the last of its run, whatever carried the effects.
func TestDoneEndsItsRun(t *testing.T) {
	f := leafing()
	f.Glance = false
	e, err := dialog.New(dialog.Config[*shelf]{Menu: "menu", Unknown: "unknown"}, f, saying("menu", "菜单", "菜单"), saying("unknown", "没听懂"))
	if err != nil {
		t.Fatal(err)
	}
	k := newTalk(t, e)
	k.say("翻翻")
	for said, final := range map[string]bool{"甲": false, "完": true} {
		in := dialog.Input{Kind: dialog.Text, Text: said}
		_, out, err := e.Advance(k.s, dialog.NewTurn(t.Context(), in, k.now, "someone", "run-"+said, k.w))
		if err != nil || out.Commit == nil || out.Commit.Final != final {
			t.Errorf("%s: %+v %v", said, out.Commit, err)
		}
	}
}

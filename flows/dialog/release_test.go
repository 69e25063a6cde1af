package dialog_test

import (
	"encoding/json"
	"strings"
	"testing"

	"yishi/flows/dialog"
)

func TestReleases(t *testing.T) {
	begin := func(t *testing.T) *talk {
		k := newTalk(t, newEngine(t, ordering()))
		k.say("订货")
		k.say("盒子")
		return k
	}
	later := func(t *testing.T, k *talk, change func(*flow)) {
		f := ordering()
		f.Version = 3
		change(f)
		k.e = newEngine(t, f)
	}
	t.Run("go on", func(t *testing.T) {
		k := begin(t)
		later(t, k, func(*flow) {})
		k.want("3", "几个=3")
	})
	t.Run("restart with the draft kept", func(t *testing.T) {
		k := begin(t)
		later(t, k, func(f *flow) { f.Old = dialog.Restart })
		k.want("3", "要什么")
		if !strings.Contains(string(k.s.Top.Draft), "盒子") {
			t.Error("the draft is gone")
		}
		k.want("箱子", "要几个")
	})
	t.Run("finish", func(t *testing.T) {
		k := begin(t)
		later(t, k, func(f *flow) { f.Old = dialog.Finish })
		k.want("菜单", "已经过期了，没有提交")
	})
	t.Run("step removed", func(t *testing.T) {
		k := begin(t)
		later(t, k, func(f *flow) { f.Steps = append(f.Steps[:2:2], f.Steps[3]); f.Steps[2].Jumps = nil })
		k.want("3", "要什么")
	})
	t.Run("a newer session is left alone", func(t *testing.T) {
		k := begin(t)
		later(t, k, func(*flow) {})
		k.say("3")
		before, _ := json.Marshal(k.s)
		k.e = newEngine(t, ordering())
		k.want("提交", "正在更新")
		if now, _ := json.Marshal(k.s); string(now) != string(before) || !k.out.Keep {
			t.Error("the session was touched")
		}
	})
	t.Run("an unknown flow of a later generation is left alone", func(t *testing.T) {
		k := begin(t)
		k.s.Top.Flow, k.s.Gen = "something-new", 4
		k.want("1", "正在更新")
		k.s.Gen = 3
		k.want("菜单", "已经过期")
	})
}

func TestFaultsAtStart(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		change     func(*flow)
	}{
		{"step id twice", "used twice", func(f *flow) { f.Steps[1].ID = "thing" }},
		{"asks nothing", "asks nothing", func(f *flow) { f.Steps[0].Say = "" }},
		{"jump to nowhere", "jumps to no step", func(f *flow) { f.Steps[3].Jumps = []string{"nowhere"} }},
		{"lead to nowhere", "leads to no flow", func(f *flow) { f.Leads = []string{"nowhere"} }},
		{"opens by a command", "is a command", func(f *flow) { f.Opens = []string{"取消"} }},
		{"opens by another's word", "opens", func(f *flow) { f.Opens = []string{"菜单"} }},
		{"commits in silence", "tells nothing", func(f *flow) { f.Told = nil }},
		{"unreachable", "cannot be reached", func(f *flow) { f.Steps[1].Hear = nil }},
		{"no version", "needs id", func(f *flow) { f.Version = 0 }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := ordering()
			tc.change(f)
			_, err := dialog.New(dialog.Config[*shelf]{Menu: "menu", Unknown: "unknown"},
				f, saying("menu", "菜单", "菜单"), saying("unknown", "没听懂"))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q in it", err, tc.want)
			}
		})
	}
}

// A step that does not say that it commits must not: leaving it would not close the run.
func TestUndeclaredCommit(t *testing.T) {
	f := ordering()
	f.Steps[3].Commits = false
	k := newTalk(t, newEngine(t, f))
	k.say("订货")
	k.say("盒子")
	k.say("3")
	k.want("提交", "not declared to commit")
}

func TestStepCap(t *testing.T) {
	f := ordering()
	f.Steps[2].Hear = func(*order, *turn) dialog.Move { return dialog.Edit("thing") }
	f.Steps[0].Open = func(*order, *turn) bool { return false }
	k := newTalk(t, newEngine(t, f))
	k.want("订货", "要几个")
	k.want("3", "要几个")
}

func TestMermaid(t *testing.T) {
	var b strings.Builder
	if err := newEngine(t, ordering()).Mermaid(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"title: 订货 (order v2)", "thing --> known", `known{{"known"}}`, "count -. 跳过 .-> confirm", "confirm -- 改 --> count"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

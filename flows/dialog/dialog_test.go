package dialog_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"yishi/flows/dialog"
)

// shelf is a tiny world: a list of things that can be ordered, or an error.
type shelf struct {
	things []string
	err    error
}

type order struct {
	Thing string   `json:"thing,omitempty"`
	Count string   `json:"count,omitempty"`
	Cards []string `json:"cards,omitempty"`
}

type place struct{ Thing, Count string }

type (
	turn = dialog.Turn[*shelf]
	flow = dialog.Flow[order, *shelf]
	step = dialog.Step[order, *shelf]
)

// ordering is a flow with everything the engine knows: a step that passes itself over, one that
// can be skipped, a summary and a commit.
func ordering() *flow {
	return &flow{
		ID: "order", Version: 2, Title: "订货", Opens: []string{"订货"}, Words: []string{"买"},
		Takes: []dialog.Kind{dialog.Photo},
		Steps: []step{
			{
				ID: "thing", Say: "要什么？", Label: "东西", Show: func(d *order) string { return d.Thing },
				Hears: []dialog.Kind{dialog.Text, dialog.Photo},
				Hear: func(d *order, t *turn) dialog.Move {
					if t.Kind == dialog.Photo {
						d.Cards = append(d.Cards, t.Media)
						t.Also(t.Media)
						return dialog.Stay("照片收到。")
					}
					if t.Text == "没用的" {
						return dialog.Again("没有这个。")
					}
					d.Thing = t.Text
					return dialog.Next()
				},
			},
			{
				ID: "known", Say: "架上有，要吗？",
				Open: func(d *order, t *turn) bool {
					if t.Failed(t.World.err) {
						return false
					}
					return slices.Contains(t.World.things, d.Thing) && !t.Editing()
				},
				Hear: func(*order, *turn) dialog.Move { return dialog.Next() },
			},
			{
				ID: "count", Say: "要几个？", Label: "几个", Show: func(d *order) string { return d.Count },
				Hear: func(d *order, t *turn) dialog.Move { d.Count = t.Text; return dialog.Next() },
				Skip: func(d *order) { d.Count = "1" },
			},
			{
				ID: "confirm", Commits: true, Jumps: []string{"count"},
				Ask: func(_ *order, t *turn) dialog.Reply {
					var b strings.Builder
					for _, l := range t.Summary() {
						b.WriteString(l.Label + "=" + l.Text + " ")
					}
					return dialog.Reply{Text: b.String(), Choices: []dialog.Choice{{Label: "提交", Send: "提交"}}}
				},
				Hear: func(d *order, t *turn) dialog.Move {
					if t.Said("数量不对") {
						return dialog.Edit("count")
					}
					if !t.Said("提交") {
						return dialog.Again("还没有提交。")
					}
					return dialog.Done(place{d.Thing, d.Count})
				},
			},
		},
		Told: func(_ *order, _ *turn, receipt any) dialog.Reply {
			s, _ := receipt.(string)
			return dialog.Reply{Text: "已订，" + s}
		},
	}
}

type nothing struct{}

func saying(id, title string, opens ...string) *dialog.Flow[nothing, *shelf] {
	return &dialog.Flow[nothing, *shelf]{
		ID: id, Version: 1, Title: title, Opens: opens,
		Steps: []dialog.Step[nothing, *shelf]{{ID: "say", Say: "这是" + title + "。"}},
	}
}

func newEngine(t *testing.T, f *flow) *dialog.Engine[*shelf] {
	t.Helper()
	e, err := dialog.New(dialog.Config[*shelf]{Generation: 3, Menu: "menu", Unknown: "unknown"},
		f, saying("menu", "菜单", "菜单"), saying("unknown", "没听懂"))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// talk is one account's conversation with a fake store.
type talk struct {
	t       *testing.T
	e       *dialog.Engine[*shelf]
	s       dialog.Session
	w       *shelf
	now     time.Time
	n       int
	out     dialog.Outcome
	runs    map[string]any // "run/n" → receipt
	refuse  string
	refuseA string
	lost    bool // commits succeed, but the session is not saved
}

func newTalk(t *testing.T, e *dialog.Engine[*shelf]) *talk {
	t.Helper()
	return &talk{t: t, e: e, w: &shelf{things: []string{"灯泡"}}, now: time.Unix(1800000000, 0), runs: map[string]any{}}
}

func (k *talk) say(text string) string { return k.do(dialog.Input{Kind: dialog.Text, Text: text}) }

// do takes one turn; the session goes through JSON.
func (k *talk) do(in dialog.Input) string {
	k.t.Helper()
	k.n++
	turn := dialog.NewTurn(context.Background(), in, k.now, "someone", "run"+string(rune('a'+k.n)), k.w)
	before := k.s
	s, out, err := k.e.Advance(k.s, turn)
	for err == nil && (out.Commit != nil || out.Close != nil) {
		s, out, err = k.settle(out)
	}
	if err != nil {
		k.s = before
		return "错误：" + err.Error()
	}
	k.out = out
	if !k.lost && !out.Keep {
		b, err := json.Marshal(s)
		if err != nil {
			k.t.Fatal(err)
		}
		k.s = dialog.Session{}
		if err := json.Unmarshal(b, &k.s); err != nil {
			k.t.Fatal(err)
		}
	}
	text := out.Reply.Text
	if out.Reply.After != "" {
		text += "\n" + out.Reply.After
	}
	return text
}

func (k *talk) settle(out dialog.Outcome) (dialog.Session, dialog.Outcome, error) {
	if c := out.Commit; c != nil {
		key := c.Run + "/" + string(rune('0'+c.N))
		if k.refuse != "" {
			return out.Refused(k.refuse, k.refuseA)
		}
		if _, ok := k.runs[key]; !ok {
			k.runs[key] = "第" + string(rune('1'+len(k.runs))) + "单"
		}
		return out.Committed(k.runs[key])
	}
	key := out.Close.Run + "/" + string(rune('0'+out.Close.N))
	if r, ok := k.runs[key]; ok {
		return out.Closed(r)
	}
	k.runs[key] = nil
	return out.Closed(nil)
}

func (k *talk) want(said, want string) {
	k.t.Helper()
	if got := k.say(said); !strings.Contains(got, want) {
		k.t.Errorf("said %q, got %q, want %q in it", said, got, want)
	}
}

func TestOrder(t *testing.T) {
	k := newTalk(t, newEngine(t, ordering()))
	k.want("订货", "要什么")
	k.want("灯泡", "架上有")
	k.want("要", "要几个")
	k.want("返回", "架上有")
	k.want("返回", "要什么")
	k.want("返回", "已经是第一步了")
	k.want("盒子", "要几个")
	k.want("跳过", "东西=盒子 几个=1")
	k.want("改2", "要几个")
	k.want("4", "东西=盒子 几个=4")
	k.want("数量不对", "要几个")
	k.want("5", "几个=5")
	k.want("改东西", "要什么")
	k.want("灯泡", "东西=灯泡 几个=5")
	k.want("改7", "要改哪一项")
	k.want("哦", "还没有提交")
	k.want("提交", "已订，第")
	if k.s.Top != nil {
		t.Error("the flow is still under way")
	}
}

// A kill between the store's commit and the saved session must never make two of one.
// An answer that is edited at the summary may lead to a step that depends on it, and from there
// back to the summary.
func TestEditWithinAnEdit(t *testing.T) {
	f := ordering()
	hear := f.Steps[0].Hear
	f.Steps[0].Jumps = []string{"known"}
	f.Steps[0].Hear = func(d *order, t *turn) dialog.Move {
		if m := hear(d, t); !t.Editing() {
			return m
		}
		return dialog.Edit("known").Saying("换好了。")
	}
	f.Steps[1].Open = func(d *order, t *turn) bool {
		return !t.Failed(t.World.err) && slices.Contains(t.World.things, d.Thing)
	}
	k := newTalk(t, newEngine(t, f))
	k.say("订货")
	k.say("盒子")
	k.want("3", "东西=盒子 几个=3")
	k.want("改1", "要什么")
	k.want("灯泡", "换好了。\n架上有")
	k.want("要", "东西=灯泡 几个=3")
	k.want("改1", "要什么")
	k.want("袋子", "换好了。\n东西=袋子 几个=3")
	k.want("改1", "要什么")
	k.w.err = errors.New("away")
	k.want("灯泡", "错误：away")
	k.w.err = nil
	k.want("灯泡", "架上有")
	k.want("要", "东西=灯泡 几个=3")
	k.want("提交", "已订")
}

func TestResendAfterLostSession(t *testing.T) {
	for _, tc := range []struct{ name, then, want string }{
		{"the same again", "提交", "已订，第1单"},
		{"cancelled", "取消", "已经办成了，没有取消：\n已订，第1单"},
		{"edited", "改2", "已经办成了，没有取消：\n已订，第1单"},
		{"gone back", "返回", "已经办成了，没有取消：\n已订，第1单"},
		{"begun again", "重新开始", "已经办成了，没有取消：\n已订，第1单"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			k := newTalk(t, newEngine(t, ordering()))
			k.say("订货")
			k.say("盒子")
			k.say("3")
			k.lost = true
			k.want("提交", "已订，第1单")
			k.lost = false
			k.want(tc.then, tc.want)
		})
	}
}

func TestCancelClosesTheRun(t *testing.T) {
	k := newTalk(t, newEngine(t, ordering()))
	k.say("订货")
	k.say("盒子")
	k.say("3")
	k.want("改1", "要什么")
	if len(k.runs) != 1 {
		t.Errorf("runs closed: %d, want 1", len(k.runs))
	}
	k.say("箱子")
	k.want("取消", "没有提交任何内容")
	if len(k.runs) != 2 {
		t.Errorf("runs closed: %d, want 2: an edit takes a new run", len(k.runs))
	}
}

func TestRefusal(t *testing.T) {
	k := newTalk(t, newEngine(t, ordering()))
	k.say("订货")
	k.say("盒子")
	k.say("3")
	k.refuse, k.refuseA = "没有那么多。", "count"
	k.want("提交", "没有那么多。\n要几个")
	k.refuse = ""
	k.want("2", "几个=2")
	k.refuse, k.refuseA = "已经停了。", ""
	k.want("提交", "已经停了。")
	if k.s.Top != nil {
		t.Error("a refusal without a step ends the flow")
	}
}

func TestParkAndResume(t *testing.T) {
	k := newTalk(t, newEngine(t, ordering()))
	k.say("订货")
	k.say("盒子")
	k.want("菜单", "这是菜单。\n您的“订货”还没办完")
	k.want("3", "几个=3")
	k.want("订货", "还没办完")
	k.want("嗯？", "请选 1 或 2")
	k.want("1", "几个=3")
	k.want("订货", "还没办完")
	k.want("重新开始", "要什么")
	k.want("继续", "要什么")
	k.want("取消", "已取消")
	k.want("继续", "没有办到一半的事")
}

func TestPhotoOpensAndIsKept(t *testing.T) {
	k := newTalk(t, newEngine(t, ordering()))
	if got := k.do(dialog.Input{Kind: dialog.Photo, Media: "m1"}); !strings.Contains(got, "照片收到") {
		t.Errorf("got %q", got)
	}
	if k.s.Top == nil || k.s.Top.N != 1 {
		t.Error("keeping the photo was not committed in the run")
	}
	if got := k.do(dialog.Input{Kind: dialog.Location}); !strings.Contains(got, "用不上位置") {
		t.Errorf("got %q", got)
	}
	k.want("盒子", "要几个")
}

func TestStale(t *testing.T) {
	k := newTalk(t, newEngine(t, ordering()))
	k.say("订货")
	k.say("盒子")
	k.now = k.now.Add(2*time.Hour + time.Second)
	k.want("1", "刚才发的先不算")
	k.want("1", "几个=1")
	card := k.s.Card
	k.say("哦")
	if got := k.do(dialog.Input{Kind: dialog.Text, Text: "提 交", Tap: card}); !strings.Contains(got, "前面的选项") {
		t.Errorf("an old card was taken: %q", got)
	}
	if got := k.do(dialog.Input{Kind: dialog.Text, Text: "提交", Tap: k.s.Card}); !strings.Contains(got, "已订") {
		t.Errorf("the present card was not taken: %q", got)
	}
	k.say("订货")
	k.say("盒子")
	k.now = k.now.Add(31 * 24 * time.Hour)
	k.want("1", "已经过期")
}

func TestThreeMisses(t *testing.T) {
	k := newTalk(t, newEngine(t, ordering()))
	k.say("订货")
	k.say("没用的")
	k.say("没用的")
	k.want("没用的", "回“菜单”另办别的")
}

func TestFailedLookupDropsTheTurn(t *testing.T) {
	k := newTalk(t, newEngine(t, ordering()))
	k.say("订货")
	k.w.err = errors.New("shelf is away")
	k.want("灯泡", "错误：shelf is away")
	k.w.err = nil
	k.want("灯泡", "架上有")
}

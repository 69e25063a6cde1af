package civic

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestDuring is the whole table: a change of it is a change of what residents may do when.
func TestDuring(t *testing.T) {
	want := map[Doing][]Stage{
		DoRaise:    {NoStage, Collect},
		DoEndorse:  {NoStage, Collect, Screen},
		DoDecide:   {NoStage, Collect, Screen},
		DoMerge:    {NoStage, Collect, Screen},
		DoList:     {Screen},
		DoWithdraw: {NoStage, Collect, Screen},
	}
	for d := DoRaise; d <= DoWithdraw; d++ {
		for s := NoStage; s <= Keep; s++ {
			if got := During(s, d); got != slices.Contains(want[d], s) {
				t.Errorf("doing %d during %s: %v", d, s, got)
			}
			if !During(s, d) && !strings.Contains(Closed(s, d), s.String()) {
				t.Errorf("doing %d during %s is refused by %q", d, s, Closed(s, d))
			}
		}
	}
	if During(Collect, DoWithdraw+1) {
		t.Error("what is not in the table is allowed")
	}
}

func TestRoundFits(t *testing.T) {
	now := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	for name, c := range map[string]struct {
		starts map[Stage]time.Time
		fault  string
	}{
		"none":          {nil, ""},
		"in order":      {map[Stage]time.Time{Screen: day(30), Plan: day(60)}, ""},
		"holes":         {map[Stage]time.Time{Screen: day(30), Choose: day(60)}, ""},
		"over":          {map[Stage]time.Time{Screen: day(-1)}, "“需求初选”的日期已经过了"},
		"wrong order":   {map[Stage]time.Time{Screen: day(60), Plan: day(30)}, "“编制方案”的日期要在前一个环节之后"},
		"same day":      {map[Stage]time.Time{Screen: day(30), Plan: day(30)}, "“编制方案”的日期要在前一个环节之后"},
		"past is past":  {map[Stage]time.Time{Collect: day(-9), Screen: day(30)}, ""},
		"over the hole": {map[Stage]time.Time{Screen: day(60), Choose: day(30)}, "“评议项目”的日期要在前一个环节之后"},
	} {
		r := Round{Stage: Collect}
		for s, at := range c.starts {
			r.Starts[s] = at
		}
		if err := r.Fits(now); (err == nil) != (c.fault == "") || err != nil && err.Error() != c.fault {
			t.Errorf("%s: %v, want %q", name, err, c.fault)
		}
	}
}

func TestStageTimer(t *testing.T) {
	at := time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC)
	r := Round{ID: 7, Stage: Collect, Rev: 3}
	if _, ok := StageTimer(r); ok {
		t.Error("a timer without a day")
	}
	r.Starts[Screen] = at
	timer, ok := StageTimer(r)
	if !ok || !timer.DueAt.Equal(at) || timer.Rev != 3 {
		t.Fatalf("timer %+v, %v", timer, ok)
	}
	todo, err := Due(timer, at)
	if err != nil || len(todo.Effects) != 1 || todo.Effects[0] != (StageDue{Round: 7, To: Screen, Rev: 3}) {
		t.Errorf("due: %+v, %v", todo, err)
	}
	r.Stage = Keep
	if _, ok := StageTimer(r); ok {
		t.Error("a timer after the last stage")
	}
}

func list(rule ShortlistRule, heats map[int]Category, order ...int) string {
	var needs []Need
	for i, h := range order {
		needs = append(needs, Need{ID: NeedID(i + 1), Number: Number{Seq: i + 1}, Heat: h, Category: heats[h]})
	}
	var b strings.Builder
	for _, l := range DrawUp(rule, needs) {
		if l.On {
			b.WriteByte('+')
		} else {
			b.WriteString(string(l.Why)[:1])
		}
	}
	return b.String()
}

func TestDrawUp(t *testing.T) {
	of := func(c Category, heats ...int) map[int]Category {
		m := map[int]Category{}
		for _, h := range heats {
			m[h] = c
		}
		return m
	}
	for name, c := range map[string]struct {
		rule  ShortlistRule
		of    map[int]Category
		heats []int
		want  string
	}{
		"the warmest":           {ShortlistRule{Most: 2}, nil, []int{5, 9, 1}, "++f"},
		"a tie gets on whole":   {ShortlistRule{Most: 2}, nil, []int{5, 9, 5, 4}, "+++f"},
		"too few":               {ShortlistRule{Most: 9, HeatFrom: 5}, nil, []int{5, 4}, "+f"},
		"nobody's wish":         {ShortlistRule{}, nil, []int{0, 0, 1}, "+ff"},
		"quota":                 {ShortlistRule{Most: 9, PerCategory: 1}, of(Culture, 9, 8), []int{9, 8, 7}, "+c+"},
		"quota does not fill":   {ShortlistRule{Most: 2, PerCategory: 1}, of(Culture, 9, 8), []int{9, 8, 7, 6}, "+c+f"},
		"nothing to be drawn":   {ShortlistRule{}, nil, nil, ""},
		"ten where no rule is":  {ShortlistRule{}, nil, []int{20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10}, "++++++++++f"},
		"ties over the quota":   {ShortlistRule{Most: 9, PerCategory: 1}, of(Culture, 9), []int{9, 9}, "++"},
		"colder than both ties": {ShortlistRule{Most: 1}, nil, []int{3, 3, 2}, "++f"},
	} {
		if got := list(c.rule, c.of, c.heats...); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestDrawUpIsFair: the order of raising decides nothing, nobody colder passes somebody warmer of
// the same category, and every need is there once with a reason.
func TestDrawUpIsFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := ShortlistRule{Most: rapid.IntRange(0, 6).Draw(t, "most"), PerCategory: rapid.IntRange(0, 3).Draw(t, "quota"), HeatFrom: rapid.IntRange(0, 4).Draw(t, "from")}
		n := rapid.IntRange(0, 15).Draw(t, "n")
		needs := make([]Need, n)
		for i := range needs {
			needs[i] = Need{ID: NeedID(i + 1), Number: Number{Seq: i + 1}, Heat: rapid.IntRange(0, 8).Draw(t, "heat"), Category: rapid.SampledFrom(Categories()).Draw(t, "category")}
		}
		first := DrawUp(rule, needs)
		on := map[NeedID]bool{}
		for _, l := range first {
			if l.Why == "" || l.Says(rule) == "" {
				t.Fatalf("no reason: %+v", l)
			}
			if _, twice := on[l.Need]; twice {
				t.Fatalf("twice: %+v", l)
			}
			on[l.Need] = l.On
			for _, o := range first {
				if o.On && !l.On && o.Category == l.Category && o.Heat <= l.Heat {
					t.Fatalf("%+v passes %+v", o, l)
				}
			}
		}
		if len(on) != n {
			t.Fatalf("%d of %d", len(on), n)
		}
		slices.Reverse(needs)
		for i := range needs {
			needs[i].Number.Seq = i + 1
		}
		for _, l := range DrawUp(rule, needs) {
			if on[l.Need] != l.On {
				t.Fatalf("the order of raising decides about %+v", l)
			}
		}
	})
}

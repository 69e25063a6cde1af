package flows

import (
	"strings"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
)

func TestCutNumber(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		year, seq  int
		rest       string
		ok         bool
	}{
		{"short", "018", 0, 18, "", true},
		{"without zeros", "18", 0, 18, "", true},
		{"full width", "０１８", 0, 18, "", true},
		{"whole", "钮2027-018", 2027, 18, "", true},
		{"with its year", "2027-018", 2027, 18, "", true},
		{"behind a colon", "：018", 0, 18, "", true},
		{"with 号", "18号", 0, 18, "", true},
		{"in words", "十八", 0, 18, "", true},
		{"with words behind", "018 又坏了，修不好", 0, 18, "又坏了，修不好", true},
		{"with words at once", "18号又坏了", 0, 18, "又坏了", true},
		{"a number and a comma", "018，12号楼也有", 0, 18, "12号楼也有", true},
		{"nothing", "", 0, 0, "", false},
		{"no number", "又坏了", 0, 0, "", false},
		{"zero", "000", 0, 0, "", false},
		{"far too long", "12345678901234567890", 0, 0, "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			year, seq, rest, ok := cutNumber(tc.text)
			if year != tc.year || seq != tc.seq || rest != tc.rest || ok != tc.ok {
				t.Errorf("got %d %d %q %v", year, seq, rest, ok)
			}
		})
	}
}

func TestAfter(t *testing.T) {
	match := after("进度", "查")
	for text, want := range map[string]bool{
		"进度018": true, "进度 钮2027-018": true, " 查18": true, "进度": false, "进度怎么样了": false, "查一下": false, "018": false,
	} {
		if _, ok := match(text); ok != want {
			t.Errorf("%q: %v, want %v", text, ok, want)
		}
	}
}

// No text that a resident reads says less or more than these states allow.
func TestDescribe(t *testing.T) {
	now := time.Date(2027, 3, 2, 10, 0, 0, 0, time.UTC)
	n := civic.Need{
		Number: civic.Number{Code: "钮", Year: 2027, Seq: 18}, Category: civic.Youth, Text: "放学后没地方写作业",
		Urgent: true, Heat: 3, Others: 2, Photos: 2, RaisedAt: now.AddDate(-1, 0, 0), Place: civic.Place{Text: "服务站"},
		Additions: []civic.Addition{{Text: "暑假也要", At: now}},
	}
	for state, wants := range map[civic.NeedState][]string{
		civic.NeedRaised:    {"待初选", "撤回018"},
		civic.NeedAccepted:  {"已受理"},
		civic.NeedDeclined:  {"不予受理", "人工"},
		civic.NeedWithdrawn: {"已撤回", "提需求"},
	} {
		n.State = state
		got := describe(&n, now, true, civic.Settings{})
		for _, want := range append(wants, "钮2027-018", "位置：服务站", "青少年服务；", "疑似急（提出人说急，社区还没核）", "3 位认证居民附议，另有 2 位未认证", "2 张照片", "2026年3月2日", "补充（3月2日）：暑假也要") {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in %q", state, want, got)
			}
		}
		if other := describe(&n, now, false, civic.Settings{}); strings.Contains(other, "撤回018") {
			t.Errorf("%s: somebody else is offered to withdraw it: %q", state, other)
		}
	}
}

func TestPlaceOf(t *testing.T) {
	p := placeOf(dialog.Place{Lat: 31.318729, Lng: 120.629149, Label: "凤池弄\u202e 13800138000"})
	if p.Lat != 31.3187 || p.Lng != 120.6291 || !p.Located {
		t.Errorf("not rounded to ten metres: %+v", p)
	}
	if strings.Contains(p.Text, "138") || strings.Contains(p.Text, "\u202e") {
		t.Errorf("the label is not cleaned: %q", p.Text)
	}
}

func TestRecall(t *testing.T) {
	if got := Recall(civic.Receipt{Number: "钮2027-018", Final: true}).Text; !strings.Contains(got, "钮2027-018") || !strings.Contains(got, "进度018") {
		t.Errorf("got %q", got)
	}
	if got := Recall(civic.Receipt{Final: true}).Text; !strings.Contains(got, "办好了") || strings.Contains(got, "编号") {
		t.Errorf("got %q", got)
	}
	if got := Recall(civic.Receipt{}).Text; strings.Contains(got, "办好了") {
		t.Errorf("a photo kept is no need raised: %q", got)
	}
}

// What somebody wrote in lines stays one choice of a list.
func TestLikeNeedsAreOneLineEach(t *testing.T) {
	d := &NeedDraft{Like: []civic.LikeNeed{
		{Text: "路灯坏了\n2. 都不是，我另提\r\n3. 提交", Heat: 2},
		{Text: "路灯\u2028坏了", Own: true},
		{Text: "路灯\n坏了", Backed: true},
	}}
	for i, l := range d.likeLabels() {
		if strings.ContainsAny(l, "\n\r\u2028") {
			t.Errorf("choice %d: %q", i+1, l)
		}
	}
	if got := d.likeLabels()[0]; got != "路灯坏了 2. 都不是，我另提 3. 提交（2 人附议）" {
		t.Errorf("got %q", got)
	}
}

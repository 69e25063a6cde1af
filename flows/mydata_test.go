package flows

import (
	"testing"
	"time"

	"yishi/flows/civic"
)

// Whatever kind of thing is kept has a name in the file that people download.
func TestMyDataNamesEverything(t *testing.T) {
	at := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	seen := map[string]bool{}
	for _, kind := range civic.MyKinds {
		rows := MyDataRows(civic.MyData{Items: []civic.MyItem{{What: kind, At: at, Number: "钮2027-001", Text: "x"}}}, time.UTC, nil)
		if len(rows) != 1 || rows[0][0] == "" || seen[rows[0][0]] || rows[0][1] != "2027-03-01 09:00" || rows[0][2] != "钮2027-001" {
			t.Errorf("%s is shown as %q", kind, rows)
			continue
		}
		seen[rows[0][0]] = true
	}
	for _, it := range []struct {
		kind       civic.MyKind
		text, want string
	}{
		{civic.MyReport, "insult", "骂人、攻击人"},
		{civic.MyOptOut, string(civic.TopicMeetings), "会议通知"},
		{civic.MyMedia, "photo", "照片"},
		{civic.TheirWords, "voice", "语音"},
		{civic.MyWords, "灯坏了", "灯坏了"},
		{civic.MyNews, "no-such-kind", "一条通知"},
	} {
		if got := myText(civic.MyItem{What: it.kind, Text: it.text}); got != it.want {
			t.Errorf("%s of %q says %q, want %q", it.kind, it.text, got, it.want)
		}
	}
}

// A number with a zero before it, or with its year, is a need's; a small one is a choice.
func TestNamedIn(t *testing.T) {
	for text, want := range map[string]int{"001": 1, "０１８": 18, "钮2027-002": 2, "2027-3": 3, "6": 6, "2": 0, "第2个": 0, "灯": 0} {
		got, ok := namedIn(text)
		if !ok {
			got = 0
		}
		if got != want {
			t.Errorf("%q names %d, want %d", text, got, want)
		}
	}
}

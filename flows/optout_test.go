package flows

import (
	"slices"
	"testing"
)

func TestMatchOptOut(t *testing.T) {
	for _, tc := range []struct {
		text   string
		ok     bool
		off    bool
		topics []int
	}{
		{"退订会议", true, true, []int{3}},
		{"退订 会议", true, true, []int{3}},
		{"退订+会议", true, true, []int{3}},
		{"退订了会议通知", true, true, []int{3}},
		{"退订投票的通知", true, true, []int{1}},
		{"退訂會議", true, true, []int{3}},
		{"不想收项目进展", true, true, []int{2}},
		{"退订需求、投票", true, true, []int{0, 1}},
		{"退订全部", true, true, []int{0, 1, 2, 3}},
		{"订阅需求和会议", true, false, []int{0, 3}},
		{"取消退订会议", true, false, []int{3}},
		{"恢复投票", true, false, []int{1}},
		{"退订水费", true, true, nil}, // the list is shown
		{"退订", false, true, nil},  // opens by itself
		{"退订牛奶的电话打不通", false, true, nil},
		{"恢复供水", false, false, nil},
		{"订阅报纸的箱子坏了", false, false, nil},
		{"不收垃圾三天了", false, true, nil},
		{"会议", false, false, nil},
	} {
		t.Run(tc.text, func(t *testing.T) {
			arg, ok := matchOptOut(tc.text)
			if ok != tc.ok {
				t.Fatalf("matches: %v", ok)
			}
			if !ok {
				return
			}
			off, rest, _ := cutOptOut(arg)
			got, _ := topicsIn(rest)
			if off != tc.off || !slices.Equal(got, tc.topics) {
				t.Errorf("off %v %v, want %v %v", off, got, tc.off, tc.topics)
			}
		})
	}
}

func TestNoSuch(t *testing.T) {
	for text, want := range map[string]string{
		"参加12": "参加12", "不参加 12": "不参加12", "参加１２": "参加12", "投12 1 3 确认": "投12", "投12 1、3": "投12", "结果12号": "结果12",
		"参加": "", "参加12人的活动": "", "投诉12号楼": "", "报名12个人都满了": "", "12": "",
	} {
		if got, ok := noSuch.Match(text); got != want || ok != (want != "") {
			t.Errorf("%s: %q %v, want %q", text, got, ok, want)
		}
	}
}

package chat_test

import (
	"strings"
	"testing"

	"yishi/flows/dialog"
	"yishi/store"
)

// TestLostAfterCommit loses the session between COMMIT and its save. 取消 then closes a run that
// has happened, and what is said of it must be true although the draft is older.
func TestLostAfterCommit(t *testing.T) {
	for _, row := range []struct {
		name  string
		says  []string // the last one commits
		told  string   // then
		later string   // what 取消 says
	}{
		{"an estate by its name", []string{"换社区", "荷塘苑"}, "好，记下了：乙社区荷塘苑。", "这件刚才已经办成了，没有取消：\n好，记下了：乙社区。"},
		{"an estate from the list", []string{"换社区", "桂花", "2"}, "好，记下了：甲社区桂花里。", "没有取消：\n好，记下了：甲社区桂花里。"},
		{
			"an endorsement",
			[]string{"换社区", "桂花园", "提需求", "楼下的路灯坏了三天没人管", "1", "1"},
			"已附议，现在 7 位认证居民附议，另有 1 位未认证。编号 甲2027-001",
			"没有取消：\n已附议，现在 7 位认证居民附议，另有 1 位未认证。编号 甲2027-001",
		},
		{
			"a need",
			[]string{"换社区", "桂花园", "提需求", "请给二号楼装个凉亭", "1", "跳过", "跳过", "2", "提交"},
			"已提交，编号 甲2027-002。",
			"没有取消：\n已提交，编号 甲2027-002。",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDirect(t, nil)
			for _, n := range []store.NewCommunity{
				{Code: "甲", Name: "甲社区", Estates: []string{"桂花园", "桂花里"}}, {Code: "乙", Name: "乙社区", Estates: []string{"荷塘苑"}},
			} {
				if _, err := d.db().AddCommunity(t.Context(), n); err != nil {
					t.Fatal(err)
				}
			}
			if err := addNeed(t.Context(), d.db(), "甲", 7, true, "楼下的路灯坏了三天没人管"); err != nil {
				t.Fatal(err)
			}
			lost := &faultySessions{Store: d.sess.Store}
			d.sess.Store = lost
			say := func(text string, n int) string {
				return d.chat.Turn(t.Context(), message("oLost", dialog.Input{Kind: dialog.Text, Text: text}, n, d.db().Clock().Now())).Text
			}
			for i, text := range row.says {
				if i == len(row.says)-1 {
					lost.set(lostBefore)
				}
				if got := say(text, i); i == len(row.says)-1 && !strings.Contains(got, row.told) {
					t.Fatalf("%s got %q, want %q", text, got, row.told)
				}
			}
			lost.set(fine)
			if got := say("取消", len(row.says)); !strings.Contains(got, row.later) {
				t.Errorf("取消 got %q, want %q", got, row.later)
			}
			if got := say("菜单", len(row.says)+1); !strings.Contains(got, menuText) {
				t.Errorf("菜单 got %q", got)
			}
		})
	}
}

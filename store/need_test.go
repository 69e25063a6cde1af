package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// released adds a need of "author" that everybody may read.
func released(t testing.TB, db *store.DB, c civic.CommunityID, text string) civic.Need {
	t.Helper()
	n, err := db.AddNeed(within(t, 5*time.Second), civic.Need{
		Community: c, Author: "author", Category: civic.Environment, Text: text, State: civic.NeedAccepted, Released: true,
	})
	if err != nil {
		t.Fatalf("add need: %v", err)
	}
	return n
}

func TestEndorse(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		n := released(t, db, c.ID, "北门的路灯坏了")
		var all sync.WaitGroup
		for i := range 40 { // twenty people, twice each
			a := civic.Account(fmt.Sprintf("openid-%d", i/2))
			all.Go(func() { must(t, db, commit(fmt.Sprintf("run-%d", i), 1, a, civic.EndorseNeed{Account: a, Need: n.ID})) })
		}
		all.Wait()
		r := must(t, db, commit("run-again", 1, "openid-3", civic.EndorseNeed{Account: "openid-3", Need: n.ID}))
		if r.Heat != 0 || r.Others != 20 || !r.Backed || r.Number != n.Number.String() {
			t.Errorf("receipt %+v, want 20 others of %v", r, n.Number)
		}
		if got, ok, err := db.Needs().Need(within(t, 10*time.Second), n.ID); !ok || err != nil || got.Heat != 0 || got.Others != 20 {
			t.Errorf("need %+v %v %v", got, ok, err)
		}
	})
}

func TestEndorseRefusals(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		open := released(t, db, c.ID, "北门的路灯坏了")
		must(t, db, commit("hidden", 1, "author", need("author", c.ID, "电梯坏了")))
		hidden, _, _ := db.Needs().ByNumber(within(t, 10*time.Second), c.ID, 0, 2)
		gone := released(t, db, c.ID, "垃圾没人收")
		must(t, db, commit("gone", 1, "author", civic.WithdrawNeed{Account: "author", Need: gone.ID}))
		rows := []struct {
			name string
			who  civic.Account
			need civic.NeedID
			says string
		}{
			{"own", "author", open.ID, "这是您自己提的需求，不用附议。"},
			{"not released", "openid-B", hidden.ID, "还没有公开"},
			{"withdrawn", "openid-B", gone.ID, "撤回"},
			{"missing", "openid-B", 5, "没有找到"},
		}
		for _, row := range rows {
			if s := refused(t, db, commit("run-"+row.name[:2], 1, row.who, civic.EndorseNeed{Account: row.who, Need: row.need})); !strings.Contains(s, row.says) {
				t.Errorf("%s: %q, want %q", row.name, s, row.says)
			}
		}
	})
}

func TestWithdrawAndAdd(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		a := civic.Account("author")
		r := must(t, db, commit("raise", 1, a, need(a, c.ID, "北门的路灯坏了")))
		n, _, _ := db.Needs().ByNumber(within(t, 10*time.Second), c.ID, 0, 1)
		add := func(run, text string) store.Commit {
			return commit(run, 1, a, civic.AddToNeed{Account: a, Need: n.ID, Text: text})
		}
		for i := range 10 {
			if got := must(t, db, add(fmt.Sprintf("add-%d", i), fmt.Sprintf("补充%d", i))); got.Number != r.Number {
				t.Errorf("receipt %+v", got)
			}
		}
		if s := refused(t, db, add("add-11", "还有")); !strings.Contains(s, "10次") {
			t.Errorf("eleventh addition: %q", s)
		}
		if s := refused(t, db, add("add-long", strings.Repeat("长", 501))); !strings.Contains(s, "500字") {
			t.Errorf("long addition: %q", s)
		}
		other := commit("other", 1, "openid-B", civic.AddToNeed{Account: "openid-B", Need: n.ID, Text: "我也有"})
		if s := refused(t, db, other); !strings.Contains(s, "不是您提的") {
			t.Errorf("another's need: %q", s)
		}
		if s := refused(t, db, commit("steal", 1, "openid-B", civic.WithdrawNeed{Account: "openid-B", Need: n.ID})); !strings.Contains(s, "不是您提的") {
			t.Errorf("withdrawing another's need: %q", s)
		}
		for i := range 2 {
			got := must(t, db, commit(fmt.Sprintf("withdraw-%d", i), 1, a, civic.WithdrawNeed{Account: a, Need: n.ID}))
			if got.Number != r.Number {
				t.Errorf("receipt %+v", got)
			}
		}
		if s := refused(t, db, add("late", "还有")); !strings.Contains(s, "撤回") {
			t.Errorf("addition to a withdrawn need: %q", s)
		}
		mine, total, err := db.Needs().Mine(within(t, 10*time.Second), a, 0, 5)
		if err != nil || total != 1 || mine[0].State != civic.NeedWithdrawn || len(mine[0].Additions) != 10 || mine[0].Additions[3].Text != "补充3" {
			t.Errorf("mine: %+v %d %v", mine, total, err)
		}
	})
}

func TestAdditionsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		n := released(t, db, c.ID, "北门的路灯坏了")
		var all sync.WaitGroup
		for i := range 30 {
			all.Go(func() {
				_, err := db.Commit(within(t, 10*time.Second), commit(fmt.Sprintf("run-%d", i), 1, "author", civic.AddToNeed{Account: "author", Need: n.ID, Text: "补充"}))
				if err != nil && !strings.Contains(err.Error(), "10次") {
					t.Errorf("add: %v", err)
				}
			})
		}
		all.Wait()
		if got, _, err := db.Needs().Need(within(t, 10*time.Second), n.ID); err != nil || len(got.Additions) != 10 {
			t.Errorf("%d additions, %v", len(got.Additions), err)
		}
	})
}

func TestRaiseKeepsAllOfIt(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		a := civic.Account("openid-A")
		must(t, db, commit("photo-first", 1, a, civic.KeepMedia{Account: a, MediaID: "media-1", Kind: civic.Photo}))
		e := civic.RaiseNeed{
			Account: a, Community: c.ID, Category: civic.Elderly, Text: "楼道里没有扶手🙏\x00", Urgent: true,
			Place:  civic.Place{Text: "3幢", Lat: 31.3, Lng: 120.6, Located: true},
			Photos: []string{"media-1", "media-2"}, VoiceID: "media-3",
		}
		must(t, db, commit("raise", 1, a, civic.Join{Account: a, Community: c.ID, Estate: 7}, e))
		mine, _, err := db.Needs().Mine(within(t, 10*time.Second), a, 0, 5)
		if err != nil || len(mine) != 1 {
			t.Fatalf("mine: %+v %v", mine, err)
		}
		n := mine[0]
		if n.Text != "楼道里没有扶手🙏" || n.Place != e.Place || !n.Urgent || n.Photos != 2 || n.Category != civic.Elderly ||
			n.State != civic.NeedRaised || n.Released || n.Author != a || n.Community != c.ID {
			t.Errorf("need %+v", n)
		}
		f, ok, err := db.Followers().Follower(within(t, 10*time.Second), a)
		if err != nil || !ok || f.Community != c.ID || f.Estate != 7 {
			t.Errorf("follower %+v %v %v", f, ok, err)
		}
		for name, bad := range map[string]civic.RaiseNeed{
			"字以内": {Account: a, Community: c.ID, Text: strings.Repeat("长", 1001)},
			"空的":  {Account: a, Community: c.ID, Text: " "},
			"社区":  {Account: a, Community: 5, Text: "路灯"},
		} {
			if s := refused(t, db, commit("bad", 1, a, bad)); !strings.Contains(s, name) {
				t.Errorf("refusal %q, want %q", s, name)
			}
		}
	})
}

func TestYearTurnsInTheCommunitysZone(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 10*time.Second)
		here := community(t, db, "钮")
		there, err := db.AddCommunity(ctx, store.NewCommunity{Code: "伦", Name: "伦敦社区", TimeZone: "Europe/London"})
		if err != nil {
			t.Fatal(err)
		}
		// 2027-12-31 23:30 in London, 2028-01-01 07:30 in Shanghai
		db.Clock().Shift(time.Date(2027, 12, 31, 23, 30, 0, 0, time.UTC).Sub(db.Clock().Now()))
		for i, row := range []struct {
			c    civic.CommunityID
			want string
		}{{here.ID, "钮2028-001"}, {there.ID, "伦2027-001"}, {here.ID, "钮2028-002"}} {
			r := must(t, db, commit(fmt.Sprintf("run-%d", i), 1, "openid-A", need("openid-A", row.c, "路灯坏了")))
			if r.Number != row.want {
				t.Errorf("number %s, want %s", r.Number, row.want)
			}
		}
		db.Clock().Shift(366 * 24 * time.Hour)
		must(t, db, commit("later", 1, "openid-A", need("openid-A", here.ID, "路灯又坏了")))
		n, ok, err := db.Needs().ByNumber(ctx, here.ID, 0, 1)
		if err != nil || !ok || n.Number.Year != 2029 || n.Text != "路灯又坏了" {
			t.Errorf("latest number 1: %+v %v %v", n, ok, err)
		}
		if n, ok, err = db.Needs().ByNumber(ctx, here.ID, 2028, 2); err != nil || !ok || n.Number.String() != "钮2028-002" {
			t.Errorf("number of a year: %+v %v %v", n, ok, err)
		}
		if _, ok, err = db.Needs().ByNumber(ctx, there.ID, 2028, 2); ok || err != nil {
			t.Errorf("a number nobody has: %v %v", ok, err)
		}
	})
}

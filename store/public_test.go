package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// clerk gives an account the office of a grid worker with all grids.
func clerk(t testing.TB, db *store.DB, c civic.CommunityID, a civic.Account) civic.By {
	t.Helper()
	_, err := db.AddStaff(within(t, 20*time.Second), store.NewStaff{Account: a, Name: string(a), Role: civic.GridWorker, Community: c})
	if err != nil {
		t.Fatal(err)
	}
	return civic.By{Account: a, Community: c}
}

// waiting is what the clerk is shown first of a kind.
func waiting(t testing.TB, db *store.DB, by civic.By, kind civic.ReviewKind) (civic.Review, bool) {
	t.Helper()
	grants, err := db.Staff().Grants(within(t, 10*time.Second), by.Account)
	if err != nil || len(grants) == 0 {
		t.Fatalf("grants %v, %v", grants, err)
	}
	r, ok, err := db.Reviews().Next(within(t, 10*time.Second), grants[0], by.Community, kind, civic.ReviewAt{})
	if err != nil {
		t.Fatal(err)
	}
	return r, ok
}

// Two of the staff release the same need at once, and its author writes it anew meanwhile: one of
// them has done it, the other reads so, and nothing is released that neither has read.
func TestReleaseAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		clerks := []civic.By{clerk(t, db, c.ID, "one"), clerk(t, db, c.ID, "two")}
		for i := range 8 {
			must(t, db, commit(fmt.Sprintf("raise-%d", i), 1, "author", need("author", c.ID, "看过的话")))
			r, ok := waiting(t, db, clerks[0], civic.ReviewRelease)
			if !ok {
				t.Fatal("nothing waits")
			}
			var all sync.WaitGroup
			var did [2]error
			for k, by := range clerks {
				all.Go(func() {
					_, did[k] = db.Commit(within(t, 20*time.Second), commit(fmt.Sprintf("show-%d-%d", i, k), 1, by.Account,
						civic.ReleaseNeed{By: by, Need: r.Need.ID, Text: true, Photos: k == 0, Seen: r.Rev}))
				})
			}
			all.Go(func() {
				err := settledOnly(db.Commit(within(t, 20*time.Second), commit(fmt.Sprintf("anew-%d", i), 1, "author",
					civic.RewriteNeed{Account: "author", Need: r.Need.ID, Text: "没看过的话"})))
				if err != nil {
					t.Errorf("rewrite: %v", err)
				}
			})
			all.Wait()
			n, _, err := db.Needs().Need(within(t, 10*time.Second), r.Need.ID)
			if err != nil {
				t.Fatal(err)
			}
			won := 0
			for _, err := range did {
				var no *civic.Refusal
				switch {
				case err == nil:
					won++
				case !errors.As(err, &no) || no.Sentence != "刚才已由同事公开。" && no.Sentence != civic.LookAgain:
					t.Errorf("the other reads %v", err)
				}
			}
			if n.Released != (won == 1) || won > 1 || n.Released && n.Text != "看过的话" {
				t.Errorf("released %v by %d, text %q", n.Released, won, n.Text)
			}
			must(t, db, commit(fmt.Sprintf("gone-%d", i), 1, "author", civic.WithdrawNeed{Account: "author", Need: r.Need.ID}))
		}
	})
}

// TestReportsOfUnverified: accounts alone, however many, call staff and hide nothing.
func TestReportsOfUnverified(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		c := community(t, db, "钮")
		by := clerk(t, db, c.ID, "clerk")
		n := released(t, db, c.ID, "路灯不亮")
		link(t, db, "away", person(t, db, community(t, db, "平").ID, "某乙")) // verified, and of another community
		for _, a := range []civic.Account{"one", "two", "three", "four", "away"} {
			must(t, db, commit("report-"+string(a), 1, a, civic.ReportNeed{Account: a, Need: n.ID, Code: "insult"}))
		}
		if _, ok, err := db.Needs().Sight(ctx, "oStranger", c.ID, 0, n.Number.Seq); err != nil || !ok {
			t.Errorf("shown %v, %v", ok, err)
		}
		if r, ok := waiting(t, db, by, civic.ReviewReport); !ok || r.Hidden || r.Reports[0].N != 5 {
			t.Errorf("staff see %+v", r)
		}
	})
}

// The third report of different people, one of them verified, hides a need at once; what staff left public
// is not hidden by more of them.
func TestReports(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		c := community(t, db, "钮")
		by := clerk(t, db, c.ID, "clerk")
		n := released(t, db, c.ID, "某某天天吵")
		p := person(t, db, c.ID, "某甲")
		link(t, db, "phone", p)
		link(t, db, "tablet", p)
		says := func(a civic.Account) store.Commit {
			return commit("report-"+string(a), 1, a, civic.ReportNeed{Account: a, Need: n.ID, Code: "insult"})
		}
		shown := func(want bool) {
			t.Helper()
			_, ok, err := db.Needs().Sight(ctx, "oStranger", c.ID, 0, n.Number.Seq)
			if err != nil || ok != want {
				t.Errorf("shown %v, %v; want %v", ok, err, want)
			}
		}
		for _, a := range []civic.Account{"phone", "tablet", "two"} {
			must(t, db, says(a))
		}
		shown(true) // two people so far
		again := says("two")
		again.Run = "again"
		if s := refused(t, db, again); !strings.Contains(s, "已经举报过") {
			t.Errorf("a second report of one account: %q", s)
		}
		var all sync.WaitGroup
		for _, a := range []civic.Account{"three", "four"} {
			all.Go(func() {
				if err := settledOnly(db.Commit(ctx, says(a))); err != nil {
					t.Errorf("report: %v", err)
				}
			})
		}
		all.Wait()
		shown(false)
		if s := refused(t, db, commit("late", 1, "late", endorse("late", n.ID))); !strings.Contains(s, "不公开") {
			t.Errorf("endorsing what is hidden: %q", s)
		}
		r, ok := waiting(t, db, by, civic.ReviewReport)
		if !ok || !r.Hidden || len(r.Reports) != 1 || r.Reports[0].Code != "insult" || r.Reports[0].N < 4 {
			t.Fatalf("staff see %+v", r)
		}
		must(t, db, commit("leave", 1, by.Account, civic.LeavePublic{By: by, Need: n.ID}))
		shown(true)
		for i := range 5 {
			must(t, db, says(civic.Account(fmt.Sprintf("more-%d", i))))
		}
		shown(true)
		if _, ok := waiting(t, db, by, civic.ReviewReport); !ok {
			t.Error("staff are not called again")
		}
	})
}

// An appeal is decided by somebody else than who took the need down, if there is one.
func TestAppealByAnother(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		one := clerk(t, db, c.ID, "one")
		down := func(text string) civic.Need {
			n := released(t, db, c.ID, text)
			must(t, db, commit("down"+text[:1], 1, one.Account, civic.TakeDownNeed{By: one, Need: n.ID, ReasonCode: "false"}))
			must(t, db, commit("plea"+text[:1], 1, "author", civic.AppealNeed{Account: "author", Need: n.ID, Text: "是真的"}))
			if s := refused(t, db, commit("plea2"+text[:1], 1, "author", civic.AppealNeed{Account: "author", Need: n.ID, Text: "再来"})); !strings.Contains(s, "一次") {
				t.Errorf("a second appeal: %q", s)
			}
			return n
		}
		settle := func(run string, by civic.By, n civic.Need) store.Commit {
			return commit(run, 1, by.Account, civic.SettleAppeal{By: by, Need: n.ID, Restore: true})
		}
		alone := down("A只有一个人")
		must(t, db, settle("alone", one, alone)) // nobody else is there
		two := clerk(t, db, c.ID, "two")
		n := down("B有两个人")
		if s := refused(t, db, settle("self", one, n)); !strings.Contains(s, "同事") {
			t.Errorf("who took it down decides: %q", s)
		}
		must(t, db, settle("other", two, n))
		if s := refused(t, db, settle("late", one, n)); !strings.Contains(s, "已由同事") {
			t.Errorf("decided twice: %q", s)
		}
		if _, ok, err := db.Needs().Sight(within(t, 10*time.Second), "oStranger", c.ID, 0, n.Number.Seq); err != nil || !ok {
			t.Errorf("restored: %v %v", ok, err)
		}
	})
}

// Residents, offices of other communities and of other grids release and take down nothing.
func TestPublicNeedsTheOffice(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		c, elsewhere := community(t, db, "钮"), community(t, db, "平")
		n := released(t, db, c.ID, "路灯坏了")
		link(t, db, "author", person(t, db, c.ID, "某甲"))
		far := clerk(t, db, elsewhere.ID, "far")
		if _, err := db.AddStaff(ctx, store.NewStaff{Account: "grid", Name: "grid", Role: civic.GridWorker, Community: c.ID, Grids: []int64{9}}); err != nil {
			t.Fatal(err)
		}
		bys := []civic.By{{Account: "oStranger", Community: c.ID}, far, {Account: "far", Community: c.ID}, {Account: "grid", Community: c.ID}}
		for i, by := range bys {
			for k, e := range []any{
				civic.ReleaseNeed{By: by, Need: n.ID, Text: true},
				civic.KeepBack{By: by, Need: n.ID, ReasonCode: "other"},
				civic.TakeDownNeed{By: by, Need: n.ID, ReasonCode: "other"},
				civic.LeavePublic{By: by, Need: n.ID},
				civic.SettleAppeal{By: by, Need: n.ID},
			} {
				if s := refused(t, db, commit(fmt.Sprintf("no-%d-%d", i, k), 1, by.Account, e)); s != civic.NoLonger && s != "没有找到这条需求。" {
					t.Errorf("%+v: %q", by, s)
				}
			}
		}
	})
}

// TestStrangersReadNothingUnreleased walks all look-ups of needs as somebody else and looks for
// words that nobody has released.
func TestStrangersReadNothingUnreleased(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		c := community(t, db, "钮")
		by := clerk(t, db, c.ID, "clerk")
		const canary = "金丝雀"
		raise := func(run string) civic.Need {
			must(t, db, commit(run, 1, "author", civic.RaiseNeed{
				Account: "author", Community: c.ID, Category: civic.Environment, Text: "路灯" + canary + run, Place: civic.Place{Text: canary},
				Photos: []string{"photo-" + run}, VoiceID: "voice-" + run,
			}))
			mine, _, err := db.Needs().Mine(ctx, "author", 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			return mine[0]
		}
		do := func(run string, a civic.Account, e any) { must(t, db, commit(run, 1, a, e)) }
		raise("plain")
		do("kept", by.Account, civic.KeepBack{By: by, Need: raise("kept-back").ID, ReasonCode: "private", Reason: canary})
		down := raise("down")
		do("show", by.Account, civic.ReleaseNeed{By: by, Need: down.ID, Text: true, Photos: true})
		if like, err := db.Needs().Like(ctx, "oStranger", c.ID, "路灯金丝雀坏了", 20); err != nil || len(like) != 1 { // it is in the index now
			t.Errorf("while it is public %+v, %v", like, err)
		}
		do("down2", by.Account, civic.TakeDownNeed{By: by, Need: down.ID, ReasonCode: "insult", Reason: canary})
		do("plea", "author", civic.AppealNeed{Account: "author", Need: down.ID, Text: canary})
		hidden := raise("hidden")
		do("show2", by.Account, civic.ReleaseNeed{By: by, Need: hidden.ID, Text: true})
		link(t, db, "reporter-0", person(t, db, c.ID, "某甲"))
		for i := range 3 {
			a := civic.Account(fmt.Sprintf("reporter-%d", i))
			do(string(a), a, civic.ReportNeed{Account: a, Need: hidden.ID, Code: "insult"})
		}
		open := released(t, db, c.ID, "路灯坏了，这是公开的")
		do("word", "author", civic.AddToNeed{Account: "author", Need: open.ID, Text: canary})
		source := raise("source")
		if err := store.Merge(ctx, db, source.ID, open.ID, false); err != nil {
			t.Fatal(err)
		}
		strangers := []civic.Account{"oStranger", "reporter-0"}
		for _, a := range strangers {
			for what, seen := range lookEverywhere(ctx, t, db, a, c.ID) {
				text, err := json.Marshal(seen)
				if err != nil || strings.Contains(string(text), canary) || strings.Contains(string(text), "photo-") || strings.Contains(string(text), `"author"`) {
					t.Errorf("%s shows %s, %v", what, text, err)
				}
			}
			for _, id := range []civic.NeedID{down.ID, hidden.ID, source.ID, open.ID} {
				if _, ok, err := db.Needs().Media(ctx, a, id); ok || err != nil {
					t.Errorf("%s sees the photos of %d: %v", a, id, err)
				}
			}
		}
		own, ok, err := db.Needs().Sight(ctx, "author", c.ID, 0, source.Number.Seq)
		if err != nil || !ok || !strings.Contains(own.Need.Text, canary) {
			t.Errorf("the author sees %+v %v", own, err)
		}
		if s, ok, err := db.Needs().Sight(ctx, "oStranger", c.ID, 0, source.Number.Seq); err != nil || !ok || s.Head.ID != open.ID {
			t.Errorf("the old number leads to %+v %v %v", s, ok, err)
		}
	})
}

// lookEverywhere asks all look-ups of needs that residents' flows have.
func lookEverywhere(ctx context.Context, t *testing.T, db *store.DB, a civic.Account, c civic.CommunityID) map[string]any {
	t.Helper()
	out := map[string]any{}
	note := func(what string, seen any, err error) {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		out[what] = seen
	}
	for seq := range 12 {
		s, _, err := db.Needs().Sight(ctx, a, c, 0, seq)
		note(fmt.Sprintf("sight %d", seq), s, err)
	}
	for _, v := range views() {
		v.From = 0
		page, err := db.Needs().Browse(ctx, a, c, v, civic.ViewAt{}, 50)
		note("browse "+string(v.Kind), page, err)
	}
	like, err := db.Needs().Like(ctx, a, c, "路灯金丝雀坏了", 20)
	like = slices.DeleteFunc(like, func(l civic.LikeNeed) bool { return l.Own })
	note("like", like, err)
	mine, _, err := db.Needs().Mine(ctx, a, 0, 50)
	note("mine", mine, err)
	items, _, _, err := db.Inbox(ctx, a, 0, 50)
	note("inbox", items, err)
	return out
}

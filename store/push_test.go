package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"yishi/flows/civic"
	"yishi/store"
)

func TestAudienceIsFrozen(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		a, b := community(t, db, "钮"), community(t, db, "园")
		join := func(who civic.Account, run string, c civic.Community) {
			t.Helper()
			must(t, db, commit("join-"+string(who)+run, 1, who, civic.Join{Account: who, Community: c.ID}))
		}
		for _, who := range accounts(6) {
			join(who, "", a)
		}
		join("elsewhere", "", b)
		join("left-before", "", a)
		db.Clock().Shift(time.Second)
		join("left-before", "2", b)
		db.Contact("just-looked", store.ContactFollow, db.Clock().Now())
		if err := store.Flush(within(t, time.Second), db); err != nil {
			t.Fatal(err)
		}
		db.Clock().Shift(time.Second)
		p := added(t, db, push("a"), civic.Audience{Community: a.ID})
		if p.Audience != 6 {
			t.Errorf("audience of %d, want 6", p.Audience)
		}
		db.Clock().Shift(time.Second)
		join("openid-0000", "2", b) // moves away
		join("openid-0003", "2", b) // moves away and comes back
		db.Clock().Shift(time.Second)
		join("openid-0003", "3", a)
		join("late", "", a)
		join("left-before", "3", a)
		join("just-looked", "", a)
		if n, err := db.Expand(within(t, 10*time.Second), 2); err != nil || n != 2 {
			t.Errorf("a part: %d %v", n, err)
		}
		join("openid-0001", "2", b) // after it was looked at
		join("openid-0005", "2", b) // before
		if r := reported(t, db, "a"); r.Waiting != 6 {
			t.Errorf("in the middle %+v", r)
		}
		expanded(t, db)
		var got []civic.Account
		for _, d := range claimed(t, db, "w", 100) {
			got = append(got, d.Account)
		}
		if diff := cmp.Diff(accounts(6), got); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
		if r := reported(t, db, "a"); r.Audience != 6 {
			t.Errorf("report %+v", r)
		}
	})
}

func TestPushWithATurn(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		n := released(t, db, c.ID, "路灯坏了")
		for _, who := range []civic.Account{"x", "y"} {
			must(t, db, commit("endorse-"+string(who), 1, who, civic.EndorseNeed{Account: who, Need: n.ID}))
		}
		tell := civic.MakePush{Push: push("a"), Audience: civic.Audience{Need: n.ID}}
		for range 2 {
			must(t, db, commit("tell", 1, "staff", tell))
		}
		must(t, db, commit("tell", 2, "staff", tell)) // the same push again
		must(t, db, commit("endorse-z", 1, "z", civic.EndorseNeed{Account: "z", Need: n.ID}))
		expanded(t, db)
		if r := reported(t, db, "a"); r.Audience != 3 {
			t.Errorf("author and endorsers: %+v", r)
		}
		refused(t, db, commit("no", 1, n.Author, civic.MakePush{Push: push("b"), Audience: civic.Audience{Accounts: accounts(1)}},
			civic.EndorseNeed{Account: n.Author, Need: n.ID}))
		if _, err := db.Report(within(t, time.Second), "b"); !errors.Is(err, store.ErrNoPush) {
			t.Errorf("made by a refused turn: %v", err)
		}
	})
}

func TestWrongPush(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		for name, change := range map[string]func(*civic.Push, *civic.Audience){
			"no id":                   func(p *civic.Push, _ *civic.Audience) { p.ID = "" },
			"no purpose":              func(p *civic.Push, _ *civic.Audience) { p.Purpose = "" },
			"no kind":                 func(p *civic.Push, _ *civic.Audience) { p.Kind = "" },
			"topic":                   func(p *civic.Push, _ *civic.Audience) { p.Topic = "需求" },
			"not JSON":                func(p *civic.Push, _ *civic.Audience) { p.Args = []byte("{") },
			"spread":                  func(p *civic.Push, _ *civic.Audience) { p.Spread = -1 },
			"two audiences":           func(_ *civic.Push, to *civic.Audience) { to.Need = 7 },
			"a community but for one": func(_ *civic.Push, to *civic.Audience) { *to = civic.Audience{Community: 7, Except: "openid-0001"} },
			"account":                 func(_ *civic.Push, to *civic.Audience) { to.Accounts = []civic.Account{""} },
		} {
			p, to := push("a"), civic.Audience{Accounts: accounts(1)}
			change(&p, &to)
			if _, err := db.AddPush(within(t, time.Second), p, to); err == nil {
				t.Errorf("%s: taken", name)
			}
		}
		p := added(t, db, push("but-one"), civic.Audience{Accounts: accounts(3), Except: accounts(2)[1]})
		if p.Audience != 2 {
			t.Errorf("audience of %d but for one", p.Audience)
		}
		added(t, db, push("nobody"), civic.Audience{})
		expanded(t, db)
		if r := reported(t, db, "nobody"); r.Audience != 0 {
			t.Errorf("nobody: %+v", r)
		}
	})
}

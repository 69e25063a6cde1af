package store_test

import (
	"errors"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

func TestPreview(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		people := accounts(7)
		for i, a := range people {
			effects := []any{civic.Join{Account: a, Community: c.ID}}
			if i == 2 {
				effects = append(effects, civic.OptOut{Account: a, Topic: civic.TopicVotes, Off: true})
			}
			must(t, db, commit("join-"+string(a), 1, a, effects...))
		}
		if err := db.Unfollow(t.Context(), people[3], db.Clock().Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		for name, to := range map[string]civic.Audience{"community": {Community: c.ID}, "list": {Accounts: append(people, people...)}} {
			var got []civic.Delivery
			for after := civic.Account(""); ; {
				page, err := db.Preview(t.Context(), push("p"), to, after, 3)
				if err != nil {
					t.Fatal(err)
				}
				if got = append(got, page...); len(page) < 3 {
					break
				}
				after = page[len(page)-1].Account
			}
			if len(got) != len(people) {
				t.Fatalf("%s: %d people", name, len(got))
			}
			for i, d := range got {
				if d.Account != people[i] || d.Reach.OptedOut != (i == 2) || d.Kind != "vote" || i == 3 && d.Reach.Following {
					t.Errorf("%s: %d is %+v", name, i, d)
				}
			}
		}
		if n := expanded(t, db); n != 0 {
			t.Errorf("a look made %d deliveries", n)
		}
		added(t, db, push("made"), civic.Audience{Community: c.ID})
		all, err := db.Pushes(t.Context(), 0, 10)
		if err != nil || len(all) != 1 || all[0].ID != "made" || all[0].Audience != 7 {
			t.Errorf("listed %+v, %v", all, err)
		}
	})
}

func TestCancelPush(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		people := accounts(20)
		added(t, db, push("now"), civic.Audience{Accounts: people[:10]})
		expanded(t, db)
		ds := claimed(t, db, "w", 4)
		calling(t, db, "w", civic.ByTemplate, ds[0].ID, ds[1].ID, ds[2].ID)
		recorded(t, db, "w", 0,
			civic.Outcome{ID: ds[0].ID, State: civic.Sent, Route: civic.ByTemplate},
			civic.Outcome{ID: ds[1].ID, State: civic.Waiting, Unsure: true, NextAt: db.Clock().Now().Add(time.Minute)})
		n, err := db.CancelPush(t.Context(), "now")
		if err != nil || n != 7 {
			t.Errorf("stopped %d, %v; want 6 that waited and one that may have arrived", n, err)
		}
		r := reported(t, db, "now")
		if r.Skipped["cancelled"] != 6 || r.Unknown != 1 || r.Sent[civic.ByTemplate] != 1 || r.Waiting != 2 {
			t.Errorf("%+v", r)
		}
		// What was under way still ends as it does, and what comes back is of no use any more.
		recorded(t, db, "w", 0,
			civic.Outcome{ID: ds[2].ID, State: civic.Sent, Route: civic.ByTemplate},
			civic.Outcome{ID: ds[3].ID, State: civic.Waiting, Free: true, NextAt: db.Clock().Now()})
		if ds = claimed(t, db, "w", 10); len(ds) != 1 || ds[0].Expires.IsZero() || ds[0].Expires.After(db.Clock().Now()) {
			t.Errorf("claimed %+v", ds)
		}

		later := push("later")
		later.DueAt = db.Clock().Now().Add(24 * time.Hour)
		added(t, db, later, civic.Audience{Accounts: people})
		if n, err := db.CancelPush(t.Context(), "later"); err != nil || n != 20 {
			t.Errorf("stopped %d, %v", n, err)
		}
		if r := reported(t, db, "later"); r.Skipped["cancelled"] != 20 || r.Audience != 20 {
			t.Errorf("%+v", r)
		}
		if _, err := db.CancelPush(t.Context(), "none"); !errors.Is(err, store.ErrNoPush) {
			t.Errorf("no such push: %v", err)
		}
	})
}

func TestArmTimerOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		now := db.Clock().Now()
		for i := range 3 { // programs that start one after the other
			timer := civic.Timer{ID: "sweep/daily", Kind: "sweep", DueAt: now.Add(time.Duration(i) * time.Hour), Every: 24 * time.Hour}
			if err := db.ArmTimerOnce(t.Context(), timer); err != nil {
				t.Fatal(err)
			}
		}
		ts, err := db.ClaimTimers(t.Context(), "w", 10, time.Minute)
		if err != nil || len(ts) != 1 || !ts[0].DueAt.Equal(now.Truncate(time.Millisecond)) {
			t.Errorf("claimed %+v, %v", ts, err)
		}
	})
}

func TestUnfollow(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		now := db.Clock().Now()
		if err := db.Unfollow(t.Context(), "o-1", now); err != nil {
			t.Fatal(err)
		}
		if is, err := store.Following(t.Context(), db, "o-1"); err != nil || is {
			t.Errorf("following %v, %v", is, err)
		}
		db.Contact("o-1", store.ContactFollow, now.Add(time.Second)) // comes back
		if err := store.Flush(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		if is, err := store.Following(t.Context(), db, "o-1"); err != nil || !is {
			t.Errorf("following %v, %v", is, err)
		}
		if err := db.Unfollow(t.Context(), "o-1", now); err != nil { // an old event, late
			t.Fatal(err)
		}
		if is, err := store.Following(t.Context(), db, "o-1"); err != nil || !is {
			t.Errorf("an old event: following %v, %v", is, err)
		}
	})
}

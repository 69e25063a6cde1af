package store_test

import (
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// TestUnfollowingLeavesAHash within a day, and coming back restores the link, for that account alone.
func TestUnfollowingLeavesAHash(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 30*time.Second)
		c := community(t, db, "钮")
		id := onRoll(t, db, c, store.NewPerson{Name: "某甲", Phone: "13800001234"})
		for i, a := range []civic.Account{"oGoes", "oStays"} {
			must(t, db, commit("v", i, a, verifying(a, matched(t, db, asSaid(a, c)))))
			db.Contact(a, store.ContactMessage, db.Clock().Now())
		}
		if err := db.FlushContacts(ctx); err != nil {
			t.Fatal(err)
		}
		was, _ := identified(t, db, "oGoes")
		sweeps := func(want int) {
			t.Helper()
			if n, err := db.SweepIdentities(ctx); err != nil || n != want {
				t.Errorf("swept %d, %v; want %d", n, err, want)
			}
		}
		db.Clock().Shift(time.Minute)
		if err := db.Unfollow(ctx, "oGoes", db.Clock().Now()); err != nil {
			t.Fatal(err)
		}
		sweeps(0) // perhaps by mistake
		db.Clock().Shift(61 * time.Minute)
		sweeps(1)
		sweeps(0)
		if links, err := store.LinkedAccounts(ctx, db); err != nil || len(links) != 1 || links[0] != "oStays" {
			t.Errorf("accounts linked in clear: %v, %v", links, err)
		}
		if got, ok := identified(t, db, "oOther"); ok {
			t.Errorf("a stranger is %+v", got)
		}
		// The very first message finds it, before anything was written.
		if got, ok := identified(t, db, "oGoes"); !ok || got != was {
			t.Errorf("coming back as %+v, %v; want %+v", got, ok, was)
		}
		if s, err := db.Verification().Standing(ctx, "oGoes"); err != nil || s.Identity != was || s.Consent != "t" {
			t.Errorf("standing %+v, %v", s, err)
		}
		db.Contact("oGoes", store.ContactFollow, db.Clock().Now())
		if err := db.FlushContacts(ctx); err != nil {
			t.Fatal(err)
		}
		if links, err := store.LinkedAccounts(ctx, db); err != nil || len(links) != 2 {
			t.Errorf("accounts linked after coming back: %v, %v", links, err)
		}
		if got, ok := identified(t, db, "oGoes"); !ok || got.Person != id || got != was {
			t.Errorf("restored as %+v, %v; want %+v", got, ok, was)
		}
	})
}

// TestMovingKeepsThePerson: the roll changes the door, the account stays who it is.
func TestMovingKeepsThePerson(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 30*time.Second)
		c, far := community(t, db, "钮"), community(t, db, "葑")
		id := onRoll(t, db, c, store.NewPerson{Name: "某甲", Phone: "13800001234"})
		onRoll(t, db, far, store.NewPerson{Name: "某乙", Building: "9", Room: "901"})
		must(t, db, commit("v", 1, "oA", verifying("oA", matched(t, db, asSaid("oA", c)))))
		if err := store.MovePerson(ctx, db, id, far.ID); err != nil {
			t.Fatal(err)
		}
		got, ok := identified(t, db, "oA")
		if !ok || got.Person != id || got.Community != far.ID {
			t.Errorf("after moving %+v, %v", got, ok)
		}
		if n, err := db.SweepHomes(ctx); err != nil || n != 1 {
			t.Errorf("%d accounts follow the roll, %v", n, err)
		}
		if f, _, err := db.Followers().Follower(ctx, "oA"); err != nil || f.Community != far.ID {
			t.Errorf("the account belongs to %+v, %v", f, err)
		}
		if n, err := db.SweepHomes(ctx); err != nil || n != 0 {
			t.Errorf("%d accounts follow the roll again, %v", n, err)
		}
	})
}

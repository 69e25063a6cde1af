package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// invited has the operator make a code for an office in a community.
func invited(t *testing.T, db *store.DB, o civic.Office, name string) string {
	t.Helper()
	code, err := db.InviteStaff(within(t, 10*time.Second), civic.Invite{By: civic.By{Community: o.Community}, Office: o, Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func accept(run string, a civic.Account, code string) store.Commit {
	return commit(run, 1, a, civic.AcceptInvite{Account: a, Code: code, Consent: "staff-1"})
}

func stateOf(t *testing.T, db *store.DB, a civic.Account, code string) civic.InviteState {
	t.Helper()
	_, state, err := db.Offices().Invitation(within(t, 10*time.Second), a, code)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func holds(t *testing.T, db *store.DB, a civic.Account) []civic.Grant {
	t.Helper()
	g, err := db.Staff().Grants(within(t, 10*time.Second), a)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestOneCodeOneOffice: of many who use one code at once, one gets the office.
func TestOneCodeOneOffice(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		code := invited(t, db, civic.Office{Role: civic.GridWorker, Community: c.ID}, "某网格员")
		var all sync.WaitGroup
		var mu sync.Mutex
		got := 0
		for i := range 8 {
			all.Go(func() {
				a := civic.Account(fmt.Sprintf("oTaker-%d", i))
				_, err := db.Commit(within(t, 20*time.Second), accept(fmt.Sprintf("take-%d", i), a, code))
				var no *civic.Refusal
				switch {
				case err == nil:
					mu.Lock()
					got++
					mu.Unlock()
				case !errors.As(err, &no) && !errors.Is(err, store.ErrBusy):
					t.Errorf("take %d: %v", i, err)
				}
			})
		}
		all.Wait()
		if got != 1 {
			t.Errorf("%d people hold it", got)
		}
		if s := refused(t, db, accept("later", "oLater", code)); s != civic.InviteGone {
			t.Errorf("used again: %q", s)
		}
	})
}

// TestCodesThatAreNoGood: late, called off, changed in the table, or given by somebody who may not any more.
func TestCodesThatAreNoGood(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		c := community(t, db, "钮")
		o := civic.Office{Role: civic.GridWorker, Community: c.ID}
		officeOf(t, db, "oChief", civic.Committee, c.ID)
		officeOf(t, db, "oOther", civic.Committee, c.ID)
		by := civic.By{Account: "oChief", Community: c.ID}
		until := db.Clock().Now().Add(time.Hour)
		ask := func(run string) string {
			r := must(t, db, commit(run, 1, "oChief", civic.Invite{By: by, Office: o, Name: "某人", Until: until}))
			all, err := db.Offices().OpenInvites(ctx, "oChief", c.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range all {
				if i.ID == r.Made {
					return i.Code
				}
			}
			t.Fatalf("no code of invitation %d", r.Made)
			return ""
		}
		tampered, late := ask("ask-1"), ask("ask-2")
		if s := stateOf(t, db, "oX", tampered); s != civic.InviteOpen {
			t.Fatalf("a fresh code is %s", s)
		}
		store.Exec(ctx, t, db, "UPDATE invitations SET role = 'committee'")
		if s := stateOf(t, db, "oX", tampered); s != civic.InviteUnknown {
			t.Errorf("made another office in the table: %s", s)
		}
		refused(t, db, accept("tampered", "oX", tampered))
		store.Exec(ctx, t, db, "UPDATE invitations SET role = 'gridWorker'")
		db.Clock().Shift(2 * time.Hour)
		if s := stateOf(t, db, "oX", late); s != civic.InviteLate {
			t.Errorf("after two hours: %s", s)
		}
		refused(t, db, accept("late", "oX", late))
		until = db.Clock().Now().Add(time.Hour)
		orphan := ask("ask-3")
		for _, g := range holds(t, db, "oChief") {
			must(t, db, commit("out", 1, "oOther", civic.RevokeGrant{By: civic.By{Account: "oOther", Community: c.ID}, Grant: g.ID}))
		}
		if s := refused(t, db, accept("orphan", "oX", orphan)); s != civic.InviteGone {
			t.Errorf("given by somebody who is out: %q", s)
		}
		if g := holds(t, db, "oX"); len(g) != 0 {
			t.Errorf("somebody got in: %v", g)
		}
	})
}

// TestNewPhoneGivesNothingMore: a new phone for somebody of a higher level cannot be given from below, and the old
// phone is out at once.
func TestNewPhoneGivesNothingMore(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		c := community(t, db, "钮")
		street, err := db.PutInStreet(ctx, c.ID, "平江街道", "姑苏区")
		if err != nil {
			t.Fatal(err)
		}
		chief := officeOf(t, db, "oChief", civic.Committee, c.ID)
		above := officeOf(t, db, "oAbove", civic.Street, civic.CommunityID(street))
		worker := officeOf(t, db, "oWorker", civic.GridWorker, c.ID)
		by, until := civic.By{Account: "oChief", Community: c.ID}, db.Clock().Now().Add(time.Hour)
		if s := refused(t, db, commit("up", 1, "oChief", civic.Invite{By: by, Staff: above, Until: until})); s != civic.NotYours {
			t.Errorf("a committee rebinds a street: %q", s)
		}
		r := must(t, db, commit("down", 1, "oChief", civic.Invite{By: by, Staff: worker, Until: until}))
		all, err := db.Offices().OpenInvites(ctx, "oChief", c.ID)
		if err != nil || len(all) != 1 || all[0].ID != r.Made || all[0].Name != "oWorker" {
			t.Fatalf("open %+v, %v", all, err)
		}
		// meanwhile the worker rises: the code must not give what the chief could not
		if _, err := db.AddStaff(ctx, store.NewStaff{Account: "oWorker", Role: civic.Street, Over: street}); err != nil {
			t.Fatal(err)
		}
		refused(t, db, accept("risen", "oNew", all[0].Code))
		for _, g := range holds(t, db, "oWorker") {
			if g.Role == civic.Street {
				if err := db.RevokeStaff(ctx, g.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		if r := must(t, db, accept("moved", "oNew", all[0].Code)); r.Made != int64(worker) {
			t.Errorf("bound to %d, want %d", r.Made, worker)
		}
		if o, n := holds(t, db, "oWorker"), holds(t, db, "oNew"); len(o) != 0 || len(n) != 1 || n[0].Staff != worker {
			t.Errorf("old phone %v, new phone %v", o, n)
		}
		if stateOf(t, db, "oNew", all[0].Code) != civic.InviteMine || stateOf(t, db, "oWorker", all[0].Code) != civic.InviteUsed {
			t.Error("the code is not told as used")
		}
		_ = chief
	})
}

// TestGuessingIsLimited: five wrong codes lock the account for an hour, even for a right one.
func TestGuessingIsLimited(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		code := invited(t, db, civic.Office{Role: civic.Observer, Community: c.ID}, "某人")
		for i := range 5 {
			if s := stateOf(t, db, "oGuess", civic.InviteCode([]byte{byte(i)})); s != civic.InviteUnknown {
				t.Fatalf("guess %d: %s", i, s)
			}
			must(t, db, commit(fmt.Sprintf("miss-%d", i), 1, "oGuess", civic.MissInvite{Account: "oGuess"}))
		}
		if s := stateOf(t, db, "oGuess", code); s != civic.InviteLocked {
			t.Errorf("after five: %s", s)
		}
		if s := refused(t, db, accept("locked", "oGuess", code)); s != civic.TooManyTries {
			t.Errorf("locked: %q", s)
		}
		if s := stateOf(t, db, "oOther", code); s != civic.InviteOpen {
			t.Errorf("somebody else: %s", s)
		}
		db.Clock().Shift(61 * time.Minute)
		if s := stateOf(t, db, "oGuess", code); s != civic.InviteOpen {
			t.Errorf("after an hour: %s", s)
		}
		must(t, db, commit("miss-9", 1, "oGuess", civic.MissInvite{Account: "oGuess"})) // the count begins anew
		must(t, db, accept("right", "oGuess", code))
	})
}

// TestSettingsKeepEachOther: two who change two things at once both have their way; what was is in the log.
func TestSettingsKeepEachOther(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		c := community(t, db, "钮")
		officeOf(t, db, "oA", civic.Committee, c.ID)
		officeOf(t, db, "oB", civic.Committee, c.ID)
		if got, _, err := db.Communities().Community(ctx, c.ID); err != nil || got.Settings.Hot() != 10 {
			t.Fatalf("before: %+v, %v", got.Settings, err)
		}
		var all sync.WaitGroup
		for i, e := range []civic.ChangeSettings{
			{By: civic.By{Account: "oA", Community: c.ID}, Setting: civic.SetHot, Values: []int{7}},
			{By: civic.By{Account: "oB", Community: c.ID}, Setting: civic.SetOld, Values: []int{3}},
		} {
			all.Go(func() { must(t, db, commit(fmt.Sprintf("set-%d", i), 1, e.By.Account, e)) })
		}
		all.Wait()
		got, _, err := db.Communities().Community(ctx, c.ID)
		if err != nil || got.Settings.Hot() != 7 || got.Settings.OldDays() != 3 {
			t.Errorf("after: %+v, %v", got.Settings, err)
		}
		if log := strings.Join(store.RawAudits(ctx, t, db), "\n"); !strings.Contains(log, `"after":[7],"before":[10],"setting":"hot"`) {
			t.Errorf("the log: %s", log)
		}
		must(t, db, commit("phone", 1, "oA", civic.ChangeSettings{By: civic.By{Account: "oA", Community: c.ID}, Setting: civic.SetPhone, Text: "0512-6500-0009"}))
		if _, err := db.Commit(ctx, commit("bad", 1, "oA", civic.ChangeSettings{By: civic.By{Account: "oA", Community: c.ID}, Setting: civic.SetHot, Values: []int{0}})); err == nil {
			t.Error("a value out of bounds was taken")
		}
	})
}

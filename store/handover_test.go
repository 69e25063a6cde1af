package store_test

import (
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// assign has a need raised, and assigned to a member of staff.
func assign(t *testing.T, db *store.DB, c civic.CommunityID, to civic.StaffID, s civic.NeedState) civic.NeedID {
	t.Helper()
	ctx := within(t, 10*time.Second)
	n, err := db.AddNeed(ctx, civic.Need{Community: c, Author: "oAuthor", Text: "路灯坏了", State: s, Category: civic.Environment})
	if err != nil {
		t.Fatal(err)
	}
	store.Exec(ctx, t, db, "UPDATE needs SET raised_by = ? WHERE id = ?", int64(to), int64(n.ID))
	return n.ID
}

// TestHandOver: what is open of somebody's goes to the colleague, in this community only, and comes back on the day;
// what the colleague has passed on meanwhile stays where it is.
func TestHandOver(t *testing.T) {
	store.Assigned(t)
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		c, there := community(t, db, "钮"), community(t, db, "平")
		ill := officeOf(t, db, "oIll", civic.GridWorker, c.ID)
		officeOf(t, db, "oIll", civic.GridWorker, there.ID)
		well := officeOf(t, db, "oWell", civic.GridWorker, c.ID)
		third := officeOf(t, db, "oThird", civic.GridWorker, c.ID)
		out := officeOf(t, db, "oOut", civic.GridWorker, there.ID)
		a, b := assign(t, db, c.ID, ill, civic.NeedRaised), assign(t, db, c.ID, ill, civic.NeedRaised)
		old, far := assign(t, db, c.ID, ill, civic.NeedAccepted), assign(t, db, there.ID, ill, civic.NeedRaised)
		own := assign(t, db, c.ID, well, civic.NeedRaised)
		by := civic.By{Account: "oIll", Community: c.ID}
		want := func(when string, of map[civic.NeedID]civic.StaffID) {
			t.Helper()
			for n, who := range of {
				if got := store.AssignedTo(ctx, t, db, n); got != who {
					t.Errorf("%s: need %d is with %d, want %d", when, n, got, who)
				}
			}
		}
		if s := refused(t, db, commit("no-reach", 1, "oIll", civic.HandOver{By: by, From: ill, To: out})); s != civic.NoReach {
			t.Errorf("to somebody of elsewhere: %q", s)
		}
		if s := refused(t, db, commit("others", 1, "oWell", civic.HandOver{By: civic.By{Account: "oWell", Community: c.ID}, From: ill, To: well})); s != civic.NotYours {
			t.Errorf("a colleague takes what is not theirs: %q", s)
		}
		late := commit("late", 1, "oIll", civic.HandOver{By: by, From: ill, To: well, Until: db.Clock().Now().Add(-time.Minute)})
		if s := refused(t, db, late); s == "" { // it was confirmed long after it was said
			t.Error("handed over until yesterday")
		}
		until := db.Clock().Now().Add(72 * time.Hour)
		told := []civic.MakePush{{Push: civic.Push{ID: "back", Purpose: "back", Kind: "office"}, Audience: civic.Audience{Staff: []civic.StaffID{ill}}}}
		h := must(t, db, commit("over", 1, "oIll", civic.HandOver{By: by, From: ill, To: well, Until: until, Told: told})).Made
		want("handed over", map[civic.NeedID]civic.StaffID{a: well, b: well, old: ill, far: ill, own: well})
		if s := refused(t, db, commit("again", 1, "oIll", civic.HandOver{By: by, From: ill, To: third})); s != civic.AwayAlready {
			t.Errorf("twice: %q", s)
		}
		refused(t, db, commit("chain", 1, "oThird", civic.HandOver{By: civic.By{Account: "oThird", Community: c.ID}, From: third, To: ill}))
		store.Exec(ctx, t, db, "UPDATE needs SET raised_by = ? WHERE id = ?", int64(third), int64(b)) // passed on

		due, err := db.ClaimTimers(ctx, "test", 5, time.Minute)
		if err != nil || len(due) != 0 {
			t.Fatalf("due too early: %v, %v", due, err)
		}
		db.Clock().Shift(73 * time.Hour)
		due, err = db.ClaimTimers(ctx, "test", 5, time.Minute)
		if err != nil || len(due) != 1 {
			t.Fatalf("due: %v, %v", due, err)
		}
		todo, err := civic.Due(due[0], db.Clock().Now())
		if err != nil || len(todo.Effects) != 2 {
			t.Fatalf("todo %+v, %v", todo, err)
		}
		fire := append([]any{civic.FireTimer{ID: due[0].ID, Rev: due[0].Rev, DueAt: due[0].DueAt}}, todo.Effects...)
		must(t, db, commit(store.TimerRun(due[0]), 1, "yishi", fire...))
		want("handed back", map[civic.NeedID]civic.StaffID{a: ill, b: third, old: ill, far: ill, own: well})
		if s := refused(t, db, commit("late", 1, "oIll", civic.TakeBack{By: by, Handover: h})); s != civic.BackAlready {
			t.Errorf("taken back after that: %q", s)
		}
		if p, err := db.AddPush(ctx, told[0].Push, told[0].Audience); err != nil || p.Audience != 1 {
			t.Errorf("what was told: %+v, %v", p, err)
		}
	})
}

// TestStandIn: what is told to somebody who handed over reaches the colleague, until the colleague is gone.
func TestStandIn(t *testing.T) {
	store.Assigned(t)
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		c := community(t, db, "钮")
		officeOf(t, db, "oChief", civic.Committee, c.ID)
		ill, well := officeOf(t, db, "oIll", civic.GridWorker, c.ID), officeOf(t, db, "oWell", civic.GridWorker, c.ID)
		n := assign(t, db, c.ID, ill, civic.NeedRaised)
		chief := civic.By{Account: "oChief", Community: c.ID}
		must(t, db, commit("over", 1, "oChief", civic.HandOver{By: chief, From: ill, To: well}))
		reaches := func(id string, p civic.Push) string {
			t.Helper()
			p.ID, p.Purpose, p.Kind = id, id, "office"
			must(t, db, commit(id, 1, "oChief", civic.MakePush{Push: p, Audience: civic.Audience{Staff: []civic.StaffID{ill}}}))
			return store.AudienceOf(ctx, t, db, id)
		}
		if a := reaches("work", civic.Push{Community: c.ID}); a != "oWell" {
			t.Errorf("work reaches %s", a)
		}
		if a := reaches("own", civic.Push{}); a != "oIll" {
			t.Errorf("what is about themselves reaches %s", a)
		}
		must(t, db, commit("gone", 1, "oChief", civic.RevokeGrant{By: chief, Grant: holds(t, db, "oWell")[0].ID}))
		if a := reaches("after", civic.Push{Community: c.ID}); a != "oIll" {
			t.Errorf("with the colleague gone, work reaches %s", a)
		}
		if got := store.AssignedTo(ctx, t, db, n); got != ill {
			t.Errorf("the need is with %d", got)
		}
	})
}

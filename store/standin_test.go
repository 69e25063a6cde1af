package store_test

import (
	"slices"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// TestStandInReaches: whoever stands in reaches the grids of the one who is away, in look-ups and in
// commits, and no longer once it goes back.
func TestStandInReaches(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 30*time.Second)
		c := community(t, db, "钮")
		grid := map[string]int64{}
		for i, name := range []string{"一网格", "二网格"} {
			if _, err := db.AddPerson(ctx, store.NewPerson{Community: c.ID, Estate: "钮家新村", Grid: name, Building: name[:3], Room: "101", Name: "某甲"}); err != nil {
				t.Fatal(i, err)
			}
		}
		all, err := db.Communities().Grids(ctx, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range all {
			grid[g.Name] = g.ID
		}
		give := func(a civic.Account, name string) civic.StaffID {
			id, err := db.AddStaff(ctx, store.NewStaff{Account: a, Name: string(a), Role: civic.GridWorker, Community: c.ID, Grids: []int64{grid[name]}})
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		ill, well := give("oIll", "一网格"), give("oWell", "二网格")
		n, err := db.AddNeed(ctx, civic.Need{Community: c.ID, Author: "oAuthor", Text: "路灯坏了", Category: civic.Environment, Grid: grid["一网格"]})
		if err != nil {
			t.Fatal(err)
		}
		by := civic.By{Account: "oWell", Community: c.ID}
		reaches := func(want bool) {
			t.Helper()
			grants, err := db.Staff().Grants(ctx, "oWell")
			if err != nil || len(grants) != 1 || slices.Contains(grants[0].Grids, grid["一网格"]) != want {
				t.Errorf("grants %+v, %v; want reach %v", grants, err, want)
			}
			if _, err := act(t, db, "oWell", civic.HoldNeed{By: by, Need: n.ID}); (err == nil) != want {
				t.Errorf("a need of the other's grid: %v, want reach %v", err, want)
			}
		}
		reaches(false)
		away := mustAct(t, db, "oIll", civic.HandOver{By: civic.By{Account: "oIll", Community: c.ID}, From: ill, To: well}).Made
		reaches(true)
		mustAct(t, db, "oIll", civic.TakeBack{By: civic.By{Account: "oIll", Community: c.ID}, Handover: away})
		reaches(false)

		mustAct(t, db, "oIll", civic.HandOver{By: civic.By{Account: "oIll", Community: c.ID}, From: ill, To: well})
		theirs, err := db.Staff().Grants(ctx, "oIll")
		if err != nil || len(theirs) != 1 {
			t.Fatalf("grants %v, %v", theirs, err)
		}
		if err := db.RevokeStaff(ctx, theirs[0].ID); err != nil { // they leave for good
			t.Fatal(err)
		}
		reaches(true)
	})
}

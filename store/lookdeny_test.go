package store_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// TestDefaultDenyOfLookUps asks every look-up of staff in every office, of the right community and of another. Who
// may not gets nothing, and names only go to those who may invite or hand over.
func TestDefaultDenyOfLookUps(t *testing.T) {
	db := storetest.Open(t)
	d := everything(t, db)
	ctx := within(t, 60*time.Second)
	there := community(t, db, "平")
	other, err := db.PutInStreet(ctx, there.ID, "娄葑街道", "园区")
	if err != nil {
		t.Fatal(err)
	}
	districts := map[int64]int64{}
	streets, err := db.Communities().Streets(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range streets {
		districts[s.ID] = s.District
	}
	looks := map[string]struct {
		act  civic.Act
		look func(a civic.Account) (any, error)
	}{
		"members": {civic.ActWork, func(a civic.Account) (any, error) { return db.Offices().Members(ctx, a, d.here, civic.ActInvite) }},
		"invites": {civic.ActInvite, func(a civic.Account) (any, error) { return db.Offices().OpenInvites(ctx, a, d.here) }},
		"audits": {civic.ActReadAudit, func(a civic.Account) (any, error) {
			return db.Audits().Page(ctx, a, d.here, civic.AuditLine{}, 10)
		}},
		"work": {civic.ActWork, func(a civic.Account) (any, error) { return db.Work().Counts(ctx, a, civic.Grant{}, d.here) }},
	}
	for _, r := range civic.Roles() {
		for i, c := range []civic.CommunityID{d.here, there.ID} {
			a := civic.Account(fmt.Sprintf("l%d-%s", i, r))
			street := []int64{d.street, other}[i]
			over := map[civic.Role]civic.CommunityID{civic.Street: civic.CommunityID(street), civic.District: civic.CommunityID(districts[street])}
			if r != civic.Resident {
				officeOf(t, db, a, r, cmp.Or(over[r], c))
			}
			for name, l := range looks {
				got, err := l.look(a)
				if err != nil {
					t.Fatal(err)
				}
				text, err := json.Marshal(got)
				if err != nil {
					t.Fatal(err)
				}
				let := len(text) > len("null")
				if want := i == 0 && civic.May(r, l.act); let != want {
					t.Errorf("%s to a %s (%d): %v, want %v: %s", name, r, i, let, want, text)
				}
				if named := strings.Contains(string(text), "oChief"); named && !civic.May(r, civic.ActInvite) {
					t.Errorf("%s tells a name to a %s", name, r)
				}
			}
		}
	}
}

// TestAuditHoldsNoNames plants names, phones and words in all that staff do: none is in the log.
func TestAuditHoldsNoNames(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		d := everything(t, db)
		by := civic.By{Account: "oChief", Community: d.here}
		const canary = "某只金丝雀"
		made := must(t, db, commit("c-1", 1, "oChief", civic.Invite{
			By: by, Office: civic.Office{Role: civic.Observer, Community: d.here}, Name: canary, Until: d.now.Add(time.Hour),
		})).Made
		all, err := db.Offices().OpenInvites(ctx, "oChief", d.here)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range all {
			if i.ID == made {
				must(t, db, accept("c-2", "oCanary", i.Code))
				for _, row := range store.RawAudits(ctx, t, db) {
					if strings.Contains(row, i.Code) {
						t.Errorf("a code in the log: %s", row)
					}
				}
			}
		}
		must(t, db, commit("c-3", 1, "oChief", civic.KeepBack{By: by, Need: d.need, ReasonCode: "private", Reason: canary}))
		rows := store.RawAudits(ctx, t, db)
		if len(rows) < 8 {
			t.Fatalf("only %d rows", len(rows))
		}
		for _, row := range rows {
			if strings.ContainsAny(row, canary) || strings.Contains(row, "oC") || strings.Contains(row, "oW") {
				t.Errorf("a name, a word or an account in the log: %s", row)
			}
		}
		members, err := db.Offices().Members(ctx, "oChief", d.here, civic.ActInvite)
		if err != nil || !strings.Contains(fmt.Sprint(members), canary) {
			t.Errorf("the name is not kept: %v, %v", members, err)
		}
	})
}

// TestStaffEndorseAsNeighbours: somebody with an office who endorses counts as the person they are, and
// nothing of it is an act of staff.
func TestStaffEndorseAsNeighbours(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		d := everything(t, db)
		p, err := db.AddPerson(ctx, store.NewPerson{Community: d.here, Estate: "钮家新村", Building: "3", Room: "501", Name: "某甲"})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range []civic.Account{"oWorker", "oWorkerTwo"} { // two phones of one person
			if err := db.AddIdentity(ctx, a, p, civic.ByRoll); err != nil {
				t.Fatal(err)
			}
		}
		must(t, db, commit("e-0", 1, "oChief", civic.ReleaseNeed{By: civic.By{Account: "oChief", Community: d.here}, Need: d.need, Text: true}))
		before := store.AuditCount(ctx, t, db)
		if r := must(t, db, commit("e-1", 1, "oWorker", civic.EndorseNeed{Account: "oWorker", Need: d.need})); r.Heat != 1 {
			t.Errorf("heat %d after the first", r.Heat)
		}
		r, err := db.Commit(ctx, commit("e-2", 1, "oWorkerTwo", civic.EndorseNeed{Account: "oWorkerTwo", Need: d.need}))
		if err == nil && r.Heat != 1 {
			t.Errorf("heat %d after the same person again", r.Heat)
		}
		if n := store.AuditCount(ctx, t, db); n != before {
			t.Errorf("%d rows more in the log of staff", n-before)
		}
	})
}

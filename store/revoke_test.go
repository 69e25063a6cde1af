package store_test

import (
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

// TestRevokedInTheMiddle has an office taken away while its holder commits by it, many times: what they do is
// either before, and in the log before the revocation, or refused and not there at all.
func TestRevokedInTheMiddle(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 120*time.Second)
		c := community(t, db, "钮")
		officeOf(t, db, "oChief", civic.Committee, c.ID)
		done, late := 0, 0
		for i := range 20 {
			a := civic.Account(fmt.Sprintf("oGoes-%d", i))
			officeOf(t, db, a, civic.Committee, c.ID)
			g := holds(t, db, a)[0]
			by := civic.By{Account: a, Community: c.ID}
			var both sync.WaitGroup
			var err error
			both.Go(func() {
				for range 50 { // a busy store may ask for another try
					_, err = db.Commit(ctx, commit(fmt.Sprintf("act-%d", i), 1, a, civic.ChangeSettings{By: by, Setting: civic.SetHot, Values: []int{i + 20}}))
					if !errors.Is(err, store.ErrBusy) && !errors.Is(err, store.ErrUnsure) {
						return
					}
				}
			})
			both.Go(func() {
				must(t, db, commit(fmt.Sprintf("out-%d", i), 1, "oChief", civic.RevokeGrant{By: civic.By{Account: "oChief", Community: c.ID}, Grant: g.ID}))
			})
			both.Wait()
			now, _, lerr := db.Communities().Community(ctx, c.ID)
			if lerr != nil {
				t.Fatal(lerr)
			}
			logged := slices.ContainsFunc(store.RawAudits(ctx, t, db), func(row string) bool { return strings.Contains(row, fmt.Sprintf(`"after":[%d]`, i+20)) })
			var no *civic.Refusal
			switch {
			case err == nil:
				done++
				if !logged || now.Settings.Hot() != i+20 {
					t.Errorf("round %d: done, and half of it is missing", i)
				}
			case errors.As(err, &no) && no.Sentence == civic.NoLonger:
				late++
				if logged || now.Settings.Hot() == i+20 {
					t.Errorf("round %d: refused, and half of it is there", i)
				}
			default:
				t.Errorf("round %d: %v", i, err)
			}
			if s := refused(t, db, commit(fmt.Sprintf("after-%d", i), 1, a, civic.ChangeSettings{By: by, Setting: civic.SetOld, Values: []int{9}})); s != civic.NoLonger {
				t.Errorf("round %d: afterwards %q", i, s)
			}
		}
		t.Logf("%d were before, %d after", done, late)
	})
}

// TestLastOfCommittee: two who take each other's office at once cannot leave nobody; only the street can.
func TestLastOfCommittee(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		c := community(t, db, "钮")
		street, err := db.PutInStreet(ctx, c.ID, "平江街道", "姑苏区")
		if err != nil {
			t.Fatal(err)
		}
		officeOf(t, db, "oA", civic.Committee, c.ID)
		officeOf(t, db, "oB", civic.Committee, c.ID)
		officeOf(t, db, "oAbove", civic.Street, civic.CommunityID(street))
		gone := func(run string, a civic.Account, g civic.Grant) error {
			_, err := db.Commit(ctx, commit(run, 1, a, civic.RevokeGrant{By: civic.By{Account: a, Community: c.ID}, Grant: g.ID}))
			return err
		}
		ofA, ofB := holds(t, db, "oA")[0], holds(t, db, "oB")[0]
		if s := refused(t, db, commit("self", 1, "oA", civic.RevokeGrant{By: civic.By{Account: "oA", Community: c.ID}, Grant: ofA.ID})); s != civic.NotYourself {
			t.Errorf("oneself: %q", s)
		}
		var both sync.WaitGroup
		var errs [2]error
		both.Go(func() { errs[0] = gone("a-b", "oA", ofB) })
		both.Go(func() { errs[1] = gone("b-a", "oB", ofA) })
		both.Wait()
		left := append(holds(t, db, "oA"), holds(t, db, "oB")...)
		if len(left) != 1 {
			t.Fatalf("%d are left: %v", len(left), errs)
		}
		last := civic.Account("oA")
		if len(holds(t, db, "oA")) == 0 {
			last = "oB"
		}
		officeOf(t, db, "", civic.Committee, c.ID) // whom nobody can reach does not count
		all, err := db.Offices().AllMembers(ctx, c.ID)
		if err != nil || len(all) != 2 {
			t.Fatalf("members %+v, %v", all, err)
		}
		for _, m := range all {
			if !m.Reached {
				must(t, db, commit("unreached", 1, last, civic.RevokeGrant{By: civic.By{Account: last, Community: c.ID}, Grant: m.Grants[0].ID}))
			}
		}
		if err := gone("last", "oAbove", left[0]); err != nil {
			t.Errorf("the street: %v", err)
		}
		if s := refused(t, db, commit("twice", 1, "oAbove", civic.RevokeGrant{By: civic.By{Account: "oAbove", Community: c.ID}, Grant: left[0].ID})); s != civic.GoneAlready {
			t.Errorf("twice: %q", s)
		}
	})
}

package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"yishi/flows/civic"
	"yishi/store"
)

func TestLeasesThatRunOut(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		added(t, db, push("a"), civic.Audience{Accounts: accounts(6)})
		expanded(t, db)
		ds := claimed(t, db, "dead", 10)
		recovered(t, db, 0)
		calling(t, db, "dead", civic.ByCustomer, ds[0].ID, ds[1].ID)
		calling(t, db, "dead", civic.ByTemplate, ds[2].ID)
		calling(t, db, "dead", civic.ByNotice, ds[3].ID)
		if mine := calling(t, db, "stranger", civic.ByCustomer, ds[4].ID); len(mine) != 0 {
			t.Errorf("a stranger may call %v", mine)
		}
		db.Clock().Shift(2 * leased)
		recovered(t, db, 6)
		r := reported(t, db, "a")
		if r.Unknown != 3 || r.Waiting != 3 {
			t.Errorf("after the lease %+v", r)
		}
		// The one believed dead comes back: its word settles what is unknown, nothing else.
		recorded(t, db, "dead", 2,
			civic.Outcome{ID: ds[0].ID, State: civic.Sent, Route: civic.ByCustomer},
			civic.Outcome{ID: ds[1].ID, State: civic.Inbox, Route: civic.ByInbox},
			civic.Outcome{ID: ds[5].ID, State: civic.Sent, Route: civic.ByCustomer})
		again := claimed(t, db, "w2", 10)
		if len(again) != 3 {
			t.Fatalf("claimed again: %+v", again)
		}
		for _, d := range again {
			if (d.ID == ds[2].ID) == d.FirstAt.IsZero() || d.Attempts != 2 {
				t.Errorf("claimed again: %+v", d)
			}
		}
		if mine := calling(t, db, "dead", civic.ByCustomer, ds[4].ID, ds[5].ID); len(mine) != 0 {
			t.Errorf("the dead may call %v", mine)
		}
		calling(t, db, "w2", civic.ByTemplate, ds[2].ID)
		db.Clock().Shift(9 * time.Minute) // the platform would take a second call for a new one
		recovered(t, db, 3)
		if r := reported(t, db, "a"); r.Unknown != 3 || r.Waiting != 2 || r.Sent[civic.ByCustomer] != 1 {
			t.Errorf("after ten minutes %+v", r)
		}
	})
}

func TestReceipts(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		added(t, db, push("a"), civic.Audience{Accounts: accounts(6)})
		expanded(t, db)
		ds := claimed(t, db, "w", 10)
		of := map[string]civic.Account{}
		for i, receipt := range []string{"early-bad", "early-good", "bad", "good", "torn", "skipped"} {
			of[receipt] = ds[i].Account
		}
		settle := func(receipt string, ok bool) {
			t.Helper()
			if err := db.SettleReceipt(within(t, 10*time.Second), of[receipt], receipt, ok, "user-block"); err != nil {
				t.Errorf("settle: %v", err)
			}
		}
		for receipt := range of { // as if they were of somebody else's messages
			if err := db.SettleReceipt(within(t, 10*time.Second), "somebody-else", receipt, receipt != "torn", ""); err != nil {
				t.Errorf("settle: %v", err)
			}
		}
		settle("early-bad", false)
		settle("early-good", true)
		settle("stranger", false)
		by := func(i int, s civic.DeliveryState, r string) civic.Outcome {
			return civic.Outcome{ID: ds[i].ID, State: s, Route: civic.ByTemplate, Receipt: r}
		}
		recorded(t, db, "w", 0, by(0, civic.Sent, "early-bad"), by(1, civic.Unknown, "early-good"), by(2, civic.Sent, "bad"),
			by(3, civic.Unknown, "good"), by(4, civic.Sent, "torn"), by(5, civic.Skipped, "skipped"))
		for range 2 {
			settle("bad", false)
			settle("good", true)
			settle("torn", true)
			settle("skipped", false)
		}
		settle("torn", false) // takes its word back: the first counts
		settle("bad", true)
		r := reported(t, db, "a")
		if r.Sent[civic.ByTemplate] != 3 || r.Failed["user-block"] != 2 || r.Skipped[""] != 1 || r.Unknown != 0 {
			t.Errorf("report %+v", r)
		}
		if n, err := db.ResendFailed(within(t, 10*time.Second), "a"); err != nil || n != 2 {
			t.Fatalf("resent %d %v", n, err)
		}
		for _, d := range claimed(t, db, "w", 10) {
			recorded(t, db, "w", 0, civic.Outcome{ID: d.ID, State: civic.Sent, Route: civic.ByTemplate, Receipt: fmt.Sprintf("new-%d", d.ID)})
		}
		settle("bad", false) // of the first time
		settle("early-bad", false)
		if r := reported(t, db, "a"); r.Sent[civic.ByTemplate] != 5 {
			t.Errorf("an old receipt moved a new message: %+v", r)
		}
	})
}

// What may have arrived is told to whoever tries next, for as long as it may.
func TestFirstCallIsRemembered(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		added(t, db, push("a"), civic.Audience{Accounts: accounts(1)})
		expanded(t, db)
		for _, step := range []struct {
			name         string
			call         civic.Route
			unsure, free bool
			want         bool // a first call is known afterwards
		}{
			{"given back", "", false, true, false},
			{"surely refused", civic.ByTemplate, false, false, false},
			{"no quota", civic.ByTemplate, false, true, false},
			{"no answer", civic.ByTemplate, true, false, true},
			{"given back unbegun", "", false, true, true},
			{"no answer again", civic.ByTemplate, true, false, true},
			{"postponed", "", true, true, true},
			{"at last refused", civic.ByTemplate, false, false, false},
		} {
			ds := claimed(t, db, "w", 1)
			if len(ds) != 1 {
				t.Fatalf("%s: nothing to claim", step.name)
			}
			before := ds[0].FirstAt
			if step.call != "" {
				calling(t, db, "w", step.call, ds[0].ID)
			}
			recorded(t, db, "w", 0, civic.Outcome{ID: ds[0].ID, State: civic.Waiting, Unsure: step.unsure, Free: step.free, Reason: "again"})
			db.Clock().Shift(time.Second)
			next := claimed(t, db, "w", 1)[0]
			if next.FirstAt.IsZero() == step.want || step.want && !before.IsZero() && !next.FirstAt.Equal(before) {
				t.Errorf("%s: first called at %v, before %v", step.name, next.FirstAt, before)
			}
			recorded(t, db, "w", 0, civic.Outcome{ID: next.ID, State: civic.Waiting, Free: true})
		}
	})
}

// Who marks again, or marks what is not all theirs, learns which are.
func TestMarksOfSeveral(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		added(t, db, push("a"), civic.Audience{Accounts: accounts(4)})
		expanded(t, db)
		mine, others := claimed(t, db, "w", 3), claimed(t, db, "other", 3)
		if len(mine) != 3 || len(others) != 1 {
			t.Fatalf("claimed %d and %d", len(mine), len(others))
		}
		ids := []int64{mine[0].ID, mine[1].ID}
		for range 2 {
			if got := sorted(calling(t, db, "w", civic.ByTemplate, ids...)); !cmp.Equal(got, ids) {
				t.Errorf("marked %v of %v", got, ids)
			}
		}
		all := []int64{mine[0].ID, mine[1].ID, mine[2].ID}
		if got := sorted(calling(t, db, "w", civic.ByTemplate, append(all, others[0].ID)...)); !cmp.Equal(got, all) {
			t.Errorf("marked %v, want %v", got, all)
		}
		db.Clock().Shift(leased / 2) // half of the lease is left: it is set anew
		calling(t, db, "w", civic.ByTemplate, ids...)
		db.Clock().Shift(leased * 3 / 4)
		recovered(t, db, 2)
	})
}

func sorted(ids []int64) []int64 {
	slices.Sort(ids)
	return ids
}

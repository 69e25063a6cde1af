package store_test

import (
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// TestRetained: each thing is there until its time is over, and gone then. Accounts that left are
// forgotten as by their own word, and those who are here, or have come back, are not.
func TestRetained(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		by := office(t, db, "oClerk", civic.GridWorker, c)
		seen := db.Clock().Now()
		for _, a := range []civic.Account{"oGone", "oBack", "oHere", "oClerk"} {
			mustAct(t, db, a, civic.Join{Account: a, Community: c.ID})
			db.Contact(a, store.ContactMessage, seen)
		}
		of := released(t, db, c.ID, "路灯坏了")
		mustAct(t, db, "oGone", endorse("oGone", of.ID), civic.ReportNeed{Account: "oGone", Need: of.ID, Code: "other"})
		mustAct(t, db, "oHere", civic.AskVerify{Said: asSaid("oHere", c), Consent: "t"})
		mustAct(t, db, by.Account, civic.LeavePublic{By: by, Need: of.ID})
		mustAct(t, db, by.Account, deciding(by.Account, c.ID, queue(t, db, by.Account, c.ID)[0].ID, civic.ClaimDecline, 0))
		for _, a := range []civic.Account{"oGone", "oBack", "oClerk"} {
			db.Contact(a, store.ContactUnfollow, seen.Add(time.Second))
		}
		now := time.Duration(0)
		for _, tc := range []struct {
			at                             time.Duration
			name                           string
			runs, claims, reports, endorse int
		}{
			{civic.RetainClaims - time.Hour, "a year, nearly", 8, 1, 1, 1},
			{civic.RetainClaims + time.Hour, "a year", 8, 0, 0, 1},
			{civic.RetainRuns + time.Hour, "400 days", 0, 0, 0, 1},
			{civic.RetainGone - time.Hour, "two years, nearly", 0, 0, 0, 1},
			{civic.RetainGone + time.Hour, "two years", 0, 0, 0, 0},
		} {
			db.Clock().Shift(tc.at - now)
			if now = tc.at; tc.name == "two years, nearly" {
				db.Contact("oBack", store.ContactFollow, db.Clock().Now())
			}
			if err := db.FlushContacts(within(t, 10*time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := db.SweepRetained(within(t, 30*time.Second)); err != nil {
				t.Fatal(err)
			}
			for table, want := range map[string]int{"runs": tc.runs, "claims": tc.claims, "reports": tc.reports, "endorsements": tc.endorse} {
				if n, err := store.CountRows(within(t, 10*time.Second), db, table); err != nil || n != want {
					t.Errorf("after %s: %d rows in %s, want %d; %v", tc.name, n, table, want, err)
				}
			}
		}
		for a, want := range map[civic.Account]bool{"oGone": false, "oBack": true, "oHere": true, "oClerk": true} {
			if _, is, err := db.Followers().Follower(within(t, 10*time.Second), a); err != nil || is != want {
				t.Errorf("%s known: %v, %v", a, is, err)
			}
		}
	})
}

// A sweep of runs that was cut goes on where it ended, and the one after it begins anew.
func TestSweepOfRunsGoesOn(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		for _, run := range []string{"a", "b", "c"} {
			must(t, db, commit(run, 1, "oJia", civic.Join{Account: "oJia", Community: c.ID}))
		}
		db.Clock().Shift(civic.RetainRuns + time.Hour)
		store.RunsWalkedTo(db, "b")
		for i, want := range []int{1, 0} { // a was passed over; b has a turn behind the one walked to
			if _, err := db.SweepRetained(within(t, 10*time.Second)); err != nil {
				t.Fatal(err)
			}
			if n, err := store.CountRows(within(t, 10*time.Second), db, "runs"); err != nil || n != want {
				t.Errorf("after sweep %d: %d runs, want %d; %v", i+1, n, want, err)
			}
		}
	})
}

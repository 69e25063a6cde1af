package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"yishi/flows/civic"
	"yishi/store"
)

func swept(t *testing.T, db *store.DB, want int) {
	t.Helper()
	if n, err := db.SweepDeliveries(within(t, 20*time.Second)); err != nil || n != want {
		t.Fatalf("swept %d, %v; want %d", n, err, want)
	}
}

// TestSweepKeepsTheNumbers: a report does not change when its deliveries are folded, nobody is
// told the same again, and nothing that somebody may still read or be sent is lost.
func TestSweepKeepsTheNumbers(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		all := accounts(9)
		added(t, db, push("a"), civic.Audience{Accounts: all})
		expanded(t, db)
		ds := claimed(t, db, "w", 100)
		end := func(i int, s civic.DeliveryState, by civic.Route, why string) civic.Outcome {
			return civic.Outcome{ID: ds[i].ID, State: s, Route: by, Reason: why}
		}
		recorded(t, db, "w", 0,
			end(0, civic.Sent, civic.ByCustomer, ""), end(1, civic.Sent, civic.ByCustomer, ""), end(2, civic.Sent, civic.ByTemplate, ""),
			end(3, civic.Inbox, civic.ByInbox, "cap"), end(4, civic.Inbox, civic.ByInbox, "cap"), end(5, civic.Skipped, "", "unfollowed"),
			end(6, civic.Failed, civic.ByTemplate, "refused"), end(7, civic.Unknown, civic.ByNotice, "no-answer"),
			civic.Outcome{ID: ds[8].ID, State: civic.Waiting, NextAt: db.Clock().Now().AddDate(1, 0, 0)})
		must(t, db, commit("read", 1, ds[3].Account, civic.ReadInbox{Account: ds[3].Account, IDs: []int64{ds[3].ID}}))
		before := reported(t, db, "a")
		swept(t, db, 0)
		db.Clock().Shift(31 * 24 * time.Hour)
		swept(t, db, 7) // all but the unread and the waiting one
		swept(t, db, 0)
		if diff := cmp.Diff(before, reported(t, db, "a")); diff != "" {
			t.Errorf("report (-before +after):\n%s", diff)
		}
		if _, total, unread, err := db.Inbox(within(t, time.Second), ds[4].Account, 0, 5); total != 1 || unread != 1 || err != nil {
			t.Errorf("unread item: %d %d %v", total, unread, err)
		}
		if n, err := db.ResendFailed(within(t, time.Second), "a"); n != 0 || err != nil {
			t.Errorf("resent %d of the folded, %v", n, err)
		}
		must(t, db, commit("read", 2, ds[4].Account, civic.ReadInbox{Account: ds[4].Account, IDs: []int64{ds[4].ID}}))
		db.Clock().Shift(31 * 24 * time.Hour)
		swept(t, db, 1)
		if diff := cmp.Diff(before, reported(t, db, "a")); diff != "" {
			t.Errorf("report after the second time (-before +after):\n%s", diff)
		}

		again := push("again")
		again.Purpose = push("a").Purpose
		added(t, db, again, civic.Audience{Accounts: append(all, "new")})
		expanded(t, db)
		if r := reported(t, db, "again"); r.Skipped["duplicate"] != 10 || len(claimed(t, db, "w", 100)) != 0 {
			t.Errorf("told again: %+v", r)
		}
	})
}

// TestSweepInSteps folds more than one transaction takes.
func TestSweepInSteps(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		const people = 2300
		added(t, db, push("a"), civic.Audience{Accounts: accounts(people)})
		expanded(t, db)
		for range 3 {
			var out []civic.Outcome
			for i, d := range claimed(t, db, "w", 1000) {
				o := civic.Outcome{ID: d.ID, State: civic.Inbox, Route: civic.ByInbox}
				if i%2 == 0 {
					o = civic.Outcome{ID: d.ID, State: civic.Sent, Route: civic.ByCustomer}
				}
				out = append(out, o)
			}
			recorded(t, db, "w", 0, out...)
		}
		before := reported(t, db, "a")
		db.Clock().Shift(31 * 24 * time.Hour)
		swept(t, db, people/2)
		if diff := cmp.Diff(before, reported(t, db, "a")); diff != "" {
			t.Errorf("report (-before +after):\n%s", diff)
		}
	})
}

// TestSweepOfMarks: marks of events and receipts go when nobody asks for them any more.
func TestSweepOfMarks(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 20*time.Second)
		mark := func(name string) {
			t.Helper()
			if err := db.NoteConsent(ctx, someone, "tmpl", "event-"+name, 1, nil); err != nil {
				t.Fatal(err)
			}
			if err := db.SettleReceipt(ctx, someone, "receipt-"+name, true, ""); err != nil {
				t.Fatal(err)
			}
		}
		mark("old")
		db.Clock().Shift(15 * 24 * time.Hour)
		mark("new")
		for _, want := range []int{4, 2} {
			if n, err := store.Marks(ctx, db); err != nil || n != want {
				t.Errorf("%d marks, %v; want %d", n, err, want)
			}
			if _, err := db.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := store.Marks(ctx, db); err != nil || n != 2 {
			t.Errorf("%d marks after the sweep, %v", n, err)
		}
	})
}

// TestSweepGivesNoNumberTwice: however much is swept, a later delivery has a number of its own.
func TestSweepGivesNoNumberTwice(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		last := int64(0)
		for _, id := range []string{"a", "b", "c"} {
			added(t, db, push(id), civic.Audience{Accounts: accounts(3)})
			expanded(t, db)
			var out []civic.Outcome
			for _, d := range claimed(t, db, "w", 100) {
				if d.ID <= last {
					t.Errorf("the number %d was given before", d.ID)
				}
				out = append(out, civic.Outcome{ID: d.ID, State: civic.Sent, Route: civic.ByCustomer})
			}
			for _, o := range out {
				last = max(last, o.ID)
			}
			recorded(t, db, "w", 0, out...)
			db.Clock().Shift(31 * 24 * time.Hour)
			if _, err := db.SweepDeliveries(within(t, 20*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"yishi/flows/civic"
	"yishi/store"
)

const leased = 10 * time.Second

func push(id string) civic.Push {
	return civic.Push{ID: id, Purpose: "purpose-" + id, Topic: civic.TopicVotes, Kind: "vote", Args: []byte(`{"n":1}`)}
}

func accounts(n int) []civic.Account {
	var all []civic.Account
	for i := range n {
		all = append(all, civic.Account(fmt.Sprintf("openid-%04d", i)))
	}
	return all
}

func added(t testing.TB, db *store.DB, p civic.Push, to civic.Audience) civic.Push {
	t.Helper()
	p, err := db.AddPush(within(t, 10*time.Second), p, to)
	if err != nil {
		t.Fatalf("add push: %v", err)
	}
	return p
}

func expanded(t testing.TB, db *store.DB) int {
	t.Helper()
	n, err := db.Expand(within(t, 60*time.Second), 1<<30)
	if err != nil {
		t.Fatalf("expand: %v", err)
	}
	return n
}

func claimed(t testing.TB, db *store.DB, owner string, n int) []civic.Delivery {
	t.Helper()
	ds, err := db.ClaimDeliveries(within(t, 10*time.Second), owner, n, leased)
	if err != nil {
		t.Fatalf("claim: %v", err)
	}
	return ds
}

func recorded(t testing.TB, db *store.DB, owner string, wantLost int, outcomes ...civic.Outcome) {
	t.Helper()
	lost, err := db.RecordDeliveries(within(t, 10*time.Second), owner, outcomes)
	if err != nil || lost != wantLost {
		t.Fatalf("record: %d lost, %v; want %d", lost, err, wantLost)
	}
}

func reported(t testing.TB, db *store.DB, id string) civic.Report {
	t.Helper()
	r, err := db.Report(within(t, 10*time.Second), id)
	if err != nil {
		t.Fatalf("report: %v", err)
	}
	if r.Total() != r.Audience {
		t.Errorf("%d in all states of an audience of %d: %+v", r.Total(), r.Audience, r)
	}
	return r
}

func calling(t testing.TB, db *store.DB, owner string, by civic.Route, ids ...int64) []int64 {
	t.Helper()
	mine, err := db.Calling(within(t, 10*time.Second), owner, ids, by, leased)
	if err != nil {
		t.Fatalf("calling: %v", err)
	}
	return mine
}

func recovered(t testing.TB, db *store.DB, want int) {
	t.Helper()
	if n, err := db.RecoverDeliveries(within(t, 10*time.Second)); err != nil || n != want {
		t.Fatalf("recovered %d, %v; want %d", n, err, want)
	}
}

func TestDeliveryEndsInEachState(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		p := added(t, db, push("a"), civic.Audience{Accounts: accounts(9)})
		if p.Audience != 9 || p.MadeAt.IsZero() {
			t.Errorf("push %+v", p)
		}
		if again := added(t, db, push("a"), civic.Audience{Accounts: accounts(3)}); again.Audience != 9 {
			t.Errorf("made twice: %+v", again)
		}
		if r := reported(t, db, "a"); r.Waiting != 9 {
			t.Errorf("before it was expanded: %+v", r)
		}
		if n := expanded(t, db); n != 9 {
			t.Errorf("expanded %d", n)
		}
		if n := expanded(t, db); n != 0 {
			t.Errorf("expanded %d more", n)
		}
		first := claimed(t, db, "w1", 4)
		rest := claimed(t, db, "w1", 100)
		if len(first) != 4 || len(rest) != 5 || len(claimed(t, db, "w2", 100)) != 0 {
			t.Fatalf("claimed %d and %d", len(first), len(rest))
		}
		ds := append(first, rest...)
		d := ds[0]
		if d.Push != "a" || d.Purpose != "purpose-a" || d.Kind != "vote" || string(d.Args) != `{"n":1}` || d.Topic != civic.TopicVotes ||
			d.Person != civic.RecipientOf(d.Account) || d.Attempts != 1 || !d.FirstAt.IsZero() || d.Urgent {
			t.Errorf("claimed %+v", d)
		}
		now := db.Clock().Now()
		recorded(t, db, "w1", 0,
			civic.Outcome{ID: ds[0].ID, State: civic.Sent, Route: civic.ByCustomer},
			civic.Outcome{ID: ds[1].ID, State: civic.Sent, Route: civic.ByTemplate, Receipt: "r1"},
			civic.Outcome{ID: ds[2].ID, State: civic.Inbox, Route: civic.ByInbox, Tried: []civic.Route{civic.ByCustomer}},
			civic.Outcome{ID: ds[3].ID, State: civic.Door, Route: civic.ByDoor},
			civic.Outcome{ID: ds[4].ID, State: civic.Skipped, Reason: "unfollowed"},
			civic.Outcome{ID: ds[5].ID, State: civic.Failed, Route: civic.ByTemplate, Reason: "refused", Code: 43004},
			civic.Outcome{ID: ds[6].ID, State: civic.Unknown, Route: civic.ByCustomer},
			civic.Outcome{ID: ds[7].ID, State: civic.Waiting, Reason: "busy", Code: -1, NextAt: now.Add(time.Hour), Tried: []civic.Route{civic.ByCustomer, civic.ByNotice}},
			civic.Outcome{ID: ds[8].ID, State: civic.Waiting, NextAt: now.Add(2 * time.Hour), Free: true},
		)
		want := civic.Report{
			Push: "a", Audience: 9, Waiting: 2, Sent: map[civic.Route]int{civic.ByCustomer: 1, civic.ByTemplate: 1}, Inbox: 1, Door: 1,
			Skipped: map[string]int{"unfollowed": 1}, Failed: map[string]int{"refused": 1}, Unknown: 1,
		}
		if diff := cmp.Diff(want, reported(t, db, "a")); diff != "" {
			t.Errorf("report (-want +got):\n%s", diff)
		}
		recorded(t, db, "w1", 1, civic.Outcome{ID: ds[0].ID, State: civic.Failed, Reason: "late"})
		if n := len(claimed(t, db, "w2", 10)); n != 0 {
			t.Errorf("%d claimed too early", n)
		}
		db.Clock().Shift(3 * time.Hour)
		if age, err := db.QueueAge(within(t, time.Second)); err != nil || age < 2*time.Hour-time.Minute || age > 2*time.Hour+time.Minute {
			t.Errorf("age %v %v", age, err)
		}
		late := claimed(t, db, "w2", 10)
		if len(late) != 2 || late[0].Attempts != 2 || late[1].Attempts != 1 || !cmp.Equal(late[0].Tried, []civic.Route{civic.ByCustomer, civic.ByNotice}) {
			t.Errorf("tried again: %+v", late)
		}
	})
}

func TestResendGoesToTheFailedOnly(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		added(t, db, push("a"), civic.Audience{Accounts: accounts(3)})
		expanded(t, db)
		ds := claimed(t, db, "w1", 10)
		recorded(t, db, "w1", 0,
			civic.Outcome{ID: ds[0].ID, State: civic.Failed, Reason: "refused", Tried: []civic.Route{civic.ByCustomer}},
			civic.Outcome{ID: ds[1].ID, State: civic.Unknown, Route: civic.ByCustomer},
			civic.Outcome{ID: ds[2].ID, State: civic.Sent, Route: civic.ByCustomer})
		ctx := within(t, 10*time.Second)
		for _, want := range []int{1, 0} {
			if n, err := db.ResendFailed(ctx, "a"); err != nil || n != want {
				t.Errorf("resent %d, %v; want %d", n, err, want)
			}
		}
		again := claimed(t, db, "w1", 10)
		if len(again) != 1 || again[0].ID != ds[0].ID || again[0].Attempts != 1 || again[0].Tried != nil {
			t.Errorf("claimed %+v", again)
		}
		if r := reported(t, db, "a"); r.Resent != 1 || r.Unknown != 1 || r.Waiting != 1 {
			t.Errorf("report %+v", r)
		}
		if _, err := db.ResendFailed(ctx, "none"); !errors.Is(err, store.ErrNoPush) {
			t.Errorf("resend of none: %v", err)
		}
		if _, err := db.Report(ctx, "none"); !errors.Is(err, store.ErrNoPush) {
			t.Errorf("report of none: %v", err)
		}
	})
}

func TestOneIsToldOnceForAPurpose(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		added(t, db, push("a"), civic.Audience{Accounts: accounts(3)})
		p := push("b")
		p.Purpose = "purpose-a"
		added(t, db, p, civic.Audience{Accounts: accounts(5)})
		if n := expanded(t, db); n != 8 {
			t.Errorf("looked at %d", n)
		}
		if n := len(claimed(t, db, "w", 100)); n != 5 {
			t.Errorf("%d deliveries, want 5", n)
		}
		a, b := reported(t, db, "a"), reported(t, db, "b")
		if a.Waiting+b.Waiting != 5 || a.Skipped["duplicate"]+b.Skipped["duplicate"] != 3 || a.Audience != 3 || b.Audience != 5 {
			t.Errorf("reports %+v %+v", a, b)
		}
	})
}

func TestUrgentFirstAndSpread(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		calm := push("calm")
		calm.Spread = time.Hour
		added(t, db, calm, civic.Audience{Accounts: accounts(60)})
		expanded(t, db)
		if n := len(claimed(t, db, "w", 100)); n > 30 {
			t.Errorf("%d of 60 at once in spite of an hour's spread", n)
		}
		db.Clock().Shift(time.Hour)
		urgent := push("urgent")
		urgent.Urgent, urgent.ExpiresAt = "停水", db.Clock().Now().Add(time.Hour).Truncate(time.Millisecond)
		added(t, db, urgent, civic.Audience{Accounts: accounts(5)})
		later := push("later")
		later.DueAt = db.Clock().Now().Add(time.Hour)
		added(t, db, later, civic.Audience{Accounts: accounts(5)})
		expanded(t, db)
		ds := claimed(t, db, "w", 10)
		for i, d := range ds {
			if d.Urgent != (i < 5) || d.Urgent && !d.Expires.Equal(urgent.ExpiresAt) {
				t.Errorf("claimed as %d: %+v", i, d)
			}
		}
		if r := reported(t, db, "later"); r.Waiting != 5 || r.Audience != 5 {
			t.Errorf("not due yet: %+v", r)
		}
	})
}

func TestDeliveriesAreClaimedOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		const people = 600
		added(t, db, push("a"), civic.Audience{Accounts: accounts(people)})
		var mu sync.Mutex
		var all sync.WaitGroup
		seen := map[int64]int{}
		for w := range 4 {
			all.Go(func() {
				owner := fmt.Sprintf("worker-%d", w)
				if _, err := db.Expand(within(t, 20*time.Second), people); err != nil {
					t.Errorf("expand: %v", err)
				}
				for {
					ds, err := db.ClaimDeliveries(within(t, 20*time.Second), owner, 37, time.Minute)
					if err != nil {
						t.Errorf("claim: %v", err)
					}
					if len(ds) == 0 {
						return
					}
					var out []civic.Outcome
					mu.Lock()
					for _, d := range ds {
						seen[d.ID]++
						out = append(out, civic.Outcome{ID: d.ID, State: civic.Sent, Route: civic.ByCustomer})
					}
					mu.Unlock()
					if lost, err := db.RecordDeliveries(within(t, 20*time.Second), owner, out); err != nil || lost != 0 {
						t.Errorf("record: %d lost, %v", lost, err)
					}
				}
			})
		}
		all.Wait()
		expanded(t, db)
		for _, d := range claimed(t, db, "last", 1000) {
			seen[d.ID]++
			recorded(t, db, "last", 0, civic.Outcome{ID: d.ID, State: civic.Sent, Route: civic.ByCustomer})
		}
		if r := reported(t, db, "a"); len(seen) != people || r.Sent[civic.ByCustomer] != people {
			t.Errorf("%d seen, %+v", len(seen), r)
		}
		for id, times := range seen {
			if times != 1 {
				t.Errorf("delivery %d claimed %d times", id, times)
			}
		}
	})
}

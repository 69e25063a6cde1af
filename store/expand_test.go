package store_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// TestExpandGoesOn: an expansion that is stopped again and again goes on where it was, in steps
// of at most two thousand, and nobody is told twice.
func TestExpandGoesOn(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		const people = 4500
		c := community(t, db, "钮")
		if err := store.Crowd(within(t, 20*time.Second), db, c.ID, people); err != nil {
			t.Fatal(err)
		}
		added(t, db, push("a"), civic.Audience{Community: c.ID})
		added(t, db, push("b"), civic.Audience{Accounts: accounts(2001)})
		walked := 0
		for _, want := range []int{700, 700, 2000} { // and each is the end of a transaction
			n, err := db.Expand(within(t, 20*time.Second), want)
			walked += n
			if err != nil || n != want {
				t.Fatalf("expanded %d, %v; want %d", n, err, want)
			}
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if n, err := db.Expand(ended, 1000); n != 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("after its end it expanded %d, %v", n, err)
		}
		if walked += expanded(t, db); walked != people+2001 {
			t.Errorf("walked %d in all", walked)
		}
		a, b := reported(t, db, "a"), reported(t, db, "b")
		if a.Waiting != people || b.Waiting != 2001 || len(a.Skipped)+len(b.Skipped) != 0 {
			t.Errorf("reports %+v %+v", a, b)
		}
	})
}

// TestSpreadIsTheSame: a person's moment within the spread is theirs, whatever the database.
func TestSpreadIsTheSame(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		p := push("a")
		p.Spread = time.Hour
		p = added(t, db, p, civic.Audience{Accounts: accounts(50)})
		expanded(t, db)
		due, err := store.Due(within(t, time.Second), db)
		if err != nil || len(due) != 50 {
			t.Fatalf("%d due, %v", len(due), err)
		}
		for a, d := range due {
			moment := crc32.ChecksumIEEE([]byte(fmt.Sprint(d.Purpose) + string(a)))
			want := p.MadeAt.Add(time.Duration(moment%3_600_000) * time.Millisecond)
			if !d.At.Equal(want) {
				t.Errorf("due at %v, want %v", d.At, want)
			}
		}
	})
}

// TestClaimsLookBehind: a claim goes on where the last one ended, but what has become due before
// that place waits for a second at most, and not at all once the queue is empty.
func TestClaimsLookBehind(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		late := push("late")
		late.DueAt = db.Clock().Now().Add(time.Minute)
		added(t, db, late, civic.Audience{Accounts: accounts(30)})
		early := push("early")
		early.DueAt = db.Clock().Now().Add(time.Second)
		db.Clock().Shift(2 * time.Minute)
		expanded(t, db)
		if n := len(claimed(t, db, "w", 10)); n != 10 {
			t.Fatalf("claimed %d", n)
		}
		added(t, db, early, civic.Audience{Accounts: accounts(5)})
		urgent := push("urgent")
		urgent.Urgent = "停水"
		added(t, db, urgent, civic.Audience{Accounts: accounts(5)})
		expanded(t, db)
		db.Clock().Shift(time.Second)
		if ds := claimed(t, db, "w", 10); len(ds) != 10 || ds[0].Push != "urgent" || ds[4].Push != "urgent" {
			t.Errorf("after a second: %+v", ds)
		}
		seen := 20
		for _, n := range []int{10, 10, 10} {
			seen += len(claimed(t, db, "w", n))
		}
		if seen != 40 {
			t.Errorf("%d claimed of 40", seen)
		}
		if err := store.ResetDeliveries(within(t, 10*time.Second), db); err != nil {
			t.Fatal(err)
		}
		if n := len(claimed(t, db, "w", 100)); n != 40 {
			t.Errorf("%d of 40 after the queue was empty", n)
		}
	})
}

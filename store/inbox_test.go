package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"yishi/flows/civic"
	"yishi/store"
)

// unread are the ids of the newest unread items.
func unread(t testing.TB, db *store.DB, a civic.Account, limit, want int) []int64 {
	t.Helper()
	items, n, err := db.Unread(within(t, time.Second), a, limit)
	if err != nil || n != want {
		t.Fatalf("%d unread, %v; want %d", n, err, want)
	}
	var ids []int64
	for _, it := range items {
		ids = append(ids, it.ID)
	}
	return ids
}

// waits makes a push that waits for one account, under a lease or not.
func waits(t testing.TB, db *store.DB, p civic.Push, a civic.Account) int64 {
	t.Helper()
	added(t, db, p, civic.Audience{Accounts: []civic.Account{a}})
	expanded(t, db)
	db.Clock().Shift(time.Second)
	items, _, n, err := db.Inbox(within(t, time.Second), a, 0, 100)
	if err != nil || n == 0 {
		t.Fatalf("%d unread, %v", n, err)
	}
	return items[n-1].ID
}

// TestInboxTakesFromTheQueue: what is read while it still waits is told that way and no other.
func TestInboxTakesFromTheQueue(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		a := civic.Account("openid-A")
		read := func(n int, ids ...int64) {
			t.Helper()
			must(t, db, commit("read", n, a, civic.ReadInbox{Account: a, IDs: ids}))
		}
		idle := waits(t, db, push("idle"), a)
		must(t, db, commit("B", 1, "openid-B", civic.ReadInbox{Account: "openid-B", IDs: []int64{idle}})) // not theirs
		read(1, idle)
		if ds := claimed(t, db, "w", 10); len(ds) != 0 {
			t.Errorf("claimed after it was read: %+v", ds)
		}
		if r := reported(t, db, "idle"); r.Inbox != 1 || r.Waiting != 0 {
			t.Errorf("report %+v", r)
		}

		held := waits(t, db, push("held"), a)
		d := claimed(t, db, "w", 10)[0]
		if got := unread(t, db, a, 5, 1); !cmp.Equal(got, []int64{held}) {
			t.Errorf("under a lease and not called: %v", got)
		}
		read(2, held)
		if mine := calling(t, db, "w", civic.ByCustomer, d.ID); len(mine) != 0 {
			t.Error("it may be called although it was read")
		}
		recorded(t, db, "w", 1, civic.Outcome{ID: d.ID, State: civic.Sent, Route: civic.ByCustomer})
		if r := reported(t, db, "held"); r.Inbox != 1 {
			t.Errorf("report %+v", r)
		}

		called := waits(t, db, push("called"), a)
		claimed(t, db, "w", 10)
		calling(t, db, "w", civic.ByCustomer, called)
		unread(t, db, a, 5, 0)
		read(3, called)
		recorded(t, db, "w", 0, civic.Outcome{ID: called, State: civic.Sent, Route: civic.ByCustomer})
		if r := reported(t, db, "called"); r.Inbox != 0 || r.Sent[civic.ByCustomer] != 1 {
			t.Errorf("what may have arrived was taken: %+v", r)
		}
	})
}

func TestUnread(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		a := civic.Account("openid-A")
		var ids []int64
		for i := range 4 {
			ids = append(ids, waits(t, db, push(fmt.Sprint(i)), a))
		}
		if got := unread(t, db, a, 3, 4); !cmp.Equal(got, ids[1:]) {
			t.Errorf("the newest three are %v, want %v", got, ids[1:])
		}
		if it, ok, err := db.InboxItem(within(t, time.Second), a, ids[2]); err != nil || !ok || it.ID != ids[2] || it.Kind == "" {
			t.Errorf("one item: %+v %v %v", it, ok, err)
		}
		if _, ok, err := db.InboxItem(within(t, time.Second), "openid-B", ids[2]); err != nil || ok {
			t.Errorf("another's item: %v %v", ok, err)
		}
		if items, total, n, err := db.Inbox(within(t, time.Second), a, 9, 5); len(items) != 0 || total != 4 || n != 4 || err != nil {
			t.Errorf("behind the last page: %v %d %d %v", items, total, n, err)
		}
		p := push("late")
		p.ExpiresAt = db.Clock().Now().Add(time.Hour)
		waits(t, db, p, a)
		unread(t, db, a, 3, 5)
		db.Clock().Shift(2 * time.Hour)
		unread(t, db, a, 3, 4)
		must(t, db, commit("off", 1, a, civic.OptOut{Account: a, Topic: push("x").Topic, Off: true}))
		unread(t, db, a, 3, 0)
		must(t, db, commit("off", 2, a, civic.OptOut{Account: a, Topic: push("x").Topic}))
		unread(t, db, a, 3, 4)
		unread(t, db, "openid-B", 3, 0)
	})
}

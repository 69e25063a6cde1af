package store_test

import (
	"strings"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// TestNoStatementWalksATable runs all that deliveries do and asks MySQL how: each statement
// must find its rows by an index, and an audience must be walked from where it was left.
func TestNoStatementWalksATable(t *testing.T) {
	db := storetest.OpenMySQL(t)
	c := community(t, db, "钮")
	if err := store.Crowd(within(t, 20*time.Second), db, c.ID, 6000); err != nil {
		t.Fatal(err)
	}
	if err := store.StrangeReceipts(within(t, 20*time.Second), db, 20_000); err != nil {
		t.Fatal(err)
	}
	ctx := within(t, 60*time.Second)
	all, err := store.Recorded(db, func() {
		added(t, db, push("a"), civic.Audience{Community: c.ID})
		added(t, db, push("b"), civic.Audience{Accounts: accounts(3000)})
		expanded(t, db)
		for range 2 {
			var out []civic.Outcome
			ds := claimed(t, db, "w", 500)
			for _, d := range ds {
				out = append(out, civic.Outcome{ID: d.ID, State: civic.Sent, Route: civic.ByTemplate, Receipt: "r" + d.Push})
			}
			calling(t, db, "w", civic.ByTemplate, out[0].ID)
			recorded(t, db, "w", 0, out...)
			recovered(t, db, 0)
			if _, _, _, err := db.Inbox(ctx, ds[0].Account, 0, 5); err != nil {
				t.Error(err)
			}
		}
		reported(t, db, "a")
		if _, err := db.QueueAge(ctx); err != nil {
			t.Error(err)
		}
		if _, err := db.ResendFailed(ctx, "a"); err != nil {
			t.Error(err)
		}
		db.Clock().Shift(31 * 24 * time.Hour)
		swept(t, db, 1000)
		if _, err := db.Sweep(ctx); err != nil {
			t.Error(err)
		}
	})
	if err != nil || len(all) < 40 {
		t.Fatalf("%d statements, %v", len(all), err)
	}
	large := map[string]bool{"deliveries": true, "d": true, "accounts": true, "receipts": true, "moves": true, "audiences": true}
	walks := 0
	for _, sql := range all {
		steps, err := store.Explain(ctx, db, sql)
		if err != nil {
			t.Errorf("explain %.60s: %v", sql, err)
		}
		for _, s := range steps {
			if large[s.Table] && (s.Type == "ALL" || s.Type == "index" || s.Key == "") {
				t.Errorf("%s is read by %s: %.160s", s.Table, s.Type, sql)
			}
			if s.Table == "accounts" && strings.Contains(sql, "stayed") {
				walks++
				if s.Type != "range" || s.Key != "accounts_members" {
					t.Errorf("members are walked by %s of %s", s.Type, s.Key)
				}
			}
		}
	}
	if walks < 6 {
		t.Errorf("%d walks of members seen", walks)
	}
}

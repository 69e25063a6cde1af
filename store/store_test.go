package store_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", rapidChecks); err != nil { // the command line may say another
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// each runs a test on both kinds of database.
func each(t *testing.T, test func(*testing.T, *store.DB)) {
	t.Run("sqlite", func(t *testing.T) { test(t, storetest.Open(t)) })
	t.Run("mysql", func(t *testing.T) { test(t, storetest.OpenMySQL(t)) })
}

// unprepared runs a test on databases that are migrated for it, in memory too.
func unprepared(t *testing.T, test func(*testing.T, *store.DB)) {
	t.Run("sqlite in memory", func(t *testing.T) { test(t, storetest.OpenMemory(t)) })
	t.Run("sqlite in a file", func(t *testing.T) { test(t, storetest.OpenDSN(t, "sqlite:"+t.TempDir()+"/yishi.db")) })
	t.Run("mysql", func(t *testing.T) { test(t, storetest.OpenDSN(t, "mysql:"+storetest.MySQL(t))) })
}

// TestEveryKindOfDatabase: the shortest way through, where nothing was prepared.
func TestEveryKindOfDatabase(t *testing.T) {
	unprepared(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		if r := must(t, db, commit("run-1", 1, "openid-A", need("openid-A", c.ID, "路灯坏了"))); !strings.HasSuffix(r.Number, "-001") {
			t.Errorf("the first need is %q", r.Number)
		}
		if _, n, err := db.Needs().Mine(within(t, 10*time.Second), "openid-A", 0, 5); err != nil || n != 1 {
			t.Errorf("%d needs, %v", n, err)
		}
	})
}

// within is a context that ends with the test, or before it takes too long.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func community(t testing.TB, db *store.DB, code string) civic.Community {
	t.Helper()
	c, err := db.AddCommunity(within(t, 10*time.Second), store.NewCommunity{
		Code: code, Name: code + "社区", Phone: "0512-0000", Hours: "每天9:00–17:00",
		Estates: []string{code + "家新村", code + "园小区"}, Scene: "scene-" + code,
	})
	if err != nil {
		t.Fatalf("add community: %v", err)
	}
	return c
}

func need(a civic.Account, c civic.CommunityID, text string) civic.RaiseNeed {
	return civic.RaiseNeed{Account: a, Community: c, Category: civic.Environment, Text: text, Place: civic.Place{Text: "北门"}}
}

func commit(run string, n int, a civic.Account, effects ...any) store.Commit {
	return store.Commit{Run: run, N: n, Account: a, Final: true, Effects: effects}
}

// must commits. A busy machine may make the store say busy or unsure: sending again is harmless.
func must(t testing.TB, db *store.DB, c store.Commit) civic.Receipt {
	t.Helper()
	ctx := within(t, 20*time.Second)
	for {
		r, err := db.Commit(ctx, c)
		if err == nil {
			return r
		}
		if ctx.Err() != nil || !errors.Is(err, store.ErrBusy) && !errors.Is(err, store.ErrUnsure) {
			t.Fatalf("commit: %v", err)
		}
	}
}

func refused(t testing.TB, db *store.DB, c store.Commit) string {
	t.Helper()
	r, err := db.Commit(within(t, 10*time.Second), c)
	var refusal *civic.Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("commit gave %+v, %v; want a refusal", r, err)
	}
	return refusal.Sentence
}

func TestOneNeedFromManyIdenticalCommits(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		turn := commit("run-a", 3, "openid-A", need("openid-A", c.ID, "北门的路灯坏了"))
		turn.Key = "message-1"
		receipts := make([]civic.Receipt, 64)
		var all sync.WaitGroup
		for i := range receipts {
			all.Go(func() { receipts[i] = must(t, db, turn) })
		}
		all.Wait()
		for _, r := range receipts {
			if r != receipts[0] || r.Number == "" || !r.Final {
				t.Fatalf("receipts %+v and %+v", receipts[0], r)
			}
		}
		if again := must(t, db, turn); again != receipts[0] {
			t.Errorf("a later repeat got %+v, the first %+v", again, receipts[0])
		}
		needs, total, err := db.Needs().Mine(within(t, 10*time.Second), "openid-A", 0, 10)
		if err != nil || total != 1 || len(needs) != 1 || needs[0].Number.String() != receipts[0].Number {
			t.Errorf("needs: %+v, %d, %v", needs, total, err)
		}
		other := turn
		other.Run = "run-b" // the session store forgot the run and the message came again
		if again := must(t, db, other); again != receipts[0] {
			t.Errorf("the same message in another run got %+v, the first %+v", again, receipts[0])
		}
		r, run, n, found, err := db.Seen(within(t, 10*time.Second), "message-1")
		if r != receipts[0] || run != "run-a" || n != 3 || !found || err != nil {
			t.Errorf("seen: %+v %q %d %v %v", r, run, n, found, err)
		}
	})
}

func TestNumbersHaveNoHoles(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		const communities, needs = 5, 500
		var ids []civic.CommunityID
		for i := range communities {
			ids = append(ids, community(t, db, string(rune('甲'+i))).ID)
		}
		var all sync.WaitGroup
		var mu sync.Mutex
		seen := map[string]bool{}
		for i := range needs {
			all.Go(func() {
				a := civic.Account(fmt.Sprintf("openid-%d", i))
				r := must(t, db, commit(fmt.Sprintf("run-%d", i), 1, a, need(a, ids[i%communities], "电梯坏了")))
				mu.Lock()
				defer mu.Unlock()
				seen[r.Number] = true
			})
		}
		all.Wait()
		if len(seen) != needs {
			t.Fatalf("%d numbers for %d needs", len(seen), needs)
		}
		for _, id := range ids {
			for seq := 1; seq <= needs/communities; seq++ {
				if _, ok, err := db.Needs().ByNumber(within(t, 10*time.Second), id, 0, seq); !ok || err != nil {
					t.Fatalf("number %d is missing: %v", seq, err)
				}
			}
		}
		if s := db.Stats(); s.Commits != needs || s.Batches >= s.Commits {
			t.Errorf("stats %+v: want %d commits in fewer batches", s, needs)
		}
	})
}

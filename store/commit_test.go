package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

func TestRefusalHarmsNoNeighbour(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		own, err := db.AddNeed(within(t, 10*time.Second), civic.Need{Community: c.ID, Author: "openid-0", Text: "路灯坏了", Released: true})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for i := range 60 {
			a := civic.Account(fmt.Sprintf("openid-%d", i%3))
			switch i % 3 {
			case 0: // the author endorses: refused
				all.Go(func() {
					err := unhurried(t, db, commit(fmt.Sprintf("own-%d", i), 1, a, civic.EndorseNeed{Account: a, Need: own.ID}))
					var refusal *civic.Refusal
					if !errors.As(err, &refusal) {
						t.Errorf("the author's endorsement gave %v", err)
					}
				})
			default:
				all.Go(func() {
					if err := unhurried(t, db, commit(fmt.Sprintf("raise-%d", i), 1, a, need(a, c.ID, "电梯坏了"))); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		for seq := 2; seq <= 41; seq++ {
			if _, ok, err := db.Needs().ByNumber(within(t, 10*time.Second), c.ID, 0, seq); !ok || err != nil {
				t.Errorf("number %d is missing: %v", seq, err)
			}
		}
		if _, ok, _ := db.Needs().ByNumber(within(t, 10*time.Second), c.ID, 0, 42); ok {
			t.Error("a number too many")
		}
	})
}

// unhurried commits as residents do who read that it was too busy, which a slow machine may be: the same again.
func unhurried(t *testing.T, db *store.DB, c store.Commit) (err error) {
	for range 5 {
		if _, err = db.Commit(within(t, 20*time.Second), c); !errors.Is(err, store.ErrBusy) && !errors.Is(err, store.ErrUnsure) {
			break
		}
	}
	return err
}

func TestRefusedTurnLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		a := civic.Account("openid-A")
		turn := commit("run-1", 1, a, civic.Join{Account: a, Community: c.ID}, need(a, c.ID, "路灯坏了"), civic.EndorseNeed{Account: a, Need: 77})
		if s := refused(t, db, turn); !strings.Contains(s, "没有找到") {
			t.Errorf("refusal %q", s)
		}
		if _, ok, err := db.Followers().Follower(within(t, 10*time.Second), a); ok || err != nil {
			t.Errorf("the account was joined all the same: %v", err)
		}
		turn.Effects = []any{need(a, c.ID, "路灯坏了")} // the resident goes on in the same run
		if r := must(t, db, turn); !strings.HasSuffix(r.Number, "-001") {
			t.Errorf("receipt %+v: the refused turn used up a number", r)
		}
	})
}

func TestCloseOrCommitExactlyOneWins(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		a := civic.Account("openid-A")
		committed := 0
		for i := range 60 {
			run := fmt.Sprintf("run-%d", i)
			var all sync.WaitGroup
			var got, closed civic.Receipt
			var errCommit, errClose error
			commits := func() {
				got, errCommit = db.Commit(within(t, 10*time.Second), commit(run, 2, a, need(a, c.ID, "路灯坏了")))
			}
			closes := func() { closed, errClose = db.CloseRun(within(t, 10*time.Second), run, 2, a) }
			if i%2 == 0 {
				commits, closes = closes, commits
			}
			all.Go(commits)
			all.Go(closes)
			all.Wait()
			switch {
			case errClose != nil:
				t.Fatalf("close: %v", errClose)
			case errCommit == nil && got == closed && got.Number != "" && !closed.Closed:
				committed++
			case errors.Is(errCommit, store.ErrClosed) && closed.Closed && closed.Number == "":
			default:
				t.Fatalf("commit %+v %v, close %+v", got, errCommit, closed)
			}
		}
		if _, total, err := db.Needs().Mine(within(t, 10*time.Second), a, 0, 1); err != nil || total != committed {
			t.Errorf("%d needs for %d commits: %v", total, committed, err)
		}
	})
}

func TestClosedRunStaysClosed(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		for range 2 {
			if r, err := db.CloseRun(within(t, 10*time.Second), "run-1", 1, "openid-A"); err != nil || !r.Closed {
				t.Fatalf("close: %+v %v", r, err)
			}
		}
		turn := commit("run-1", 1, "openid-A", need("openid-A", c.ID, "路灯坏了"))
		if _, err := db.Commit(within(t, 10*time.Second), turn); !errors.Is(err, store.ErrClosed) {
			t.Errorf("commit of a closed run: %v", err)
		}
		turn.N = 2
		if r := must(t, db, turn); r.Number == "" {
			t.Errorf("the next turn got %+v", r)
		}
		if r, err := db.CloseRun(within(t, 10*time.Second), "run-1", 2, "openid-A"); err != nil || r.Closed || !r.Final || r.Number == "" {
			t.Errorf("closing a committed run gave %+v, %v", r, err)
		}
	})
}

func TestNobodyActsForAnother(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		must(t, db, commit("run-1", 1, "openid-A", need("openid-A", c.ID, "路灯坏了")))
		rows := map[string]store.Commit{
			"effect of another":     commit("run-2", 1, "openid-B", need("openid-A", c.ID, "路灯坏了")),
			"run of another":        commit("run-1", 1, "openid-B", need("openid-B", c.ID, "路灯坏了")),
			"case differs":          commit("run-1", 1, "openid-a", need("openid-a", c.ID, "路灯坏了")),
			"no account":            commit("run-3", 1, ""),
			"no run":                commit("", 1, "openid-A"),
			"run with a line":       commit("run\n3", 1, "openid-A"),
			"unknown effect":        commit("run-4", 1, "openid-A", 42),
			"turn before the first": commit("run-5", -1, "openid-A"),
		}
		for name, turn := range rows {
			r, err := db.Commit(within(t, 5*time.Second), turn)
			var refusal *civic.Refusal
			if err == nil || errors.As(err, &refusal) || errors.Is(err, store.ErrUnsure) {
				t.Errorf("%s: %+v, %v", name, r, err)
			} else if strings.Contains(err.Error(), "openid-") {
				t.Errorf("%s: the error names an account", name)
			}
		}
	})
}

func TestCallersTimeIsKept(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := db.Commit(ctx, commit("run-1", 1, "openid-A", need("openid-A", c.ID, "路灯坏了")))
		if !errors.Is(err, store.ErrBusy) || !errors.Is(err, context.Canceled) {
			t.Errorf("a caller that has left: %v", err)
		}
		if _, total, err := db.Needs().Mine(within(t, 10*time.Second), "openid-A", 0, 1); total != 0 || err != nil {
			t.Errorf("%d needs, %v", total, err)
		}
	})
}

func TestClosedStoreSaysSo(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		var all sync.WaitGroup
		for i := range 50 { // what is queued is written, what comes later is not
			all.Go(func() {
				_, err := db.Commit(within(t, 5*time.Second), commit(fmt.Sprintf("run-%d", i), 1, "openid-A", need("openid-A", c.ID, "路灯坏了")))
				if err != nil && !errors.Is(err, store.ErrBusy) {
					t.Errorf("commit while closing: %v", err)
				}
			})
		}
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		all.Wait()
		if _, err := db.Commit(within(t, 10*time.Second), commit("run-x", 1, "openid-A")); !errors.Is(err, store.ErrBusy) {
			t.Errorf("commit after close: %v", err)
		}
	})
}

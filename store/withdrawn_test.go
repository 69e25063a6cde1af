package store_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// TestWithdrawalTellsAllEndorsers: whoever could still endorse is told, however close it was, and
// the one who withdrew is not.
func TestWithdrawalTellsAllEndorsers(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		for round := range 5 {
			n, err := db.AddNeed(within(t, 5*time.Second), civic.Need{
				Community: c.ID, Author: "author", Category: civic.Environment, Text: fmt.Sprintf("第%d盏路灯坏了", round), Released: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			tell := civic.MakePush{Push: push(fmt.Sprint("gone-", round)), Audience: civic.Audience{Need: n.ID, Except: n.Author}}
			var all sync.WaitGroup
			var endorsed atomic.Int32
			do := func(run string, a civic.Account, effects ...any) bool {
				_, err := db.Commit(within(t, 10*time.Second), commit(run, 1, a, effects...))
				var no *civic.Refusal
				if err != nil && !errors.As(err, &no) {
					t.Errorf("%s: %v", run, err)
				}
				return err == nil
			}
			for i := range 24 {
				a := civic.Account(fmt.Sprintf("openid-%d", i))
				all.Go(func() {
					if do(fmt.Sprintf("endorse-%d-%d", round, i), a, civic.EndorseNeed{Account: a, Need: n.ID}) {
						endorsed.Add(1)
					}
				})
				if i == 8+round {
					all.Go(func() {
						if !do(fmt.Sprint("withdraw-", round), n.Author, civic.WithdrawNeed{Account: n.Author, Need: n.ID}, tell) {
							t.Error("not withdrawn")
						}
					})
				}
			}
			all.Wait()
			expanded(t, db)
			if r := reported(t, db, tell.Push.ID); r.Audience != int(endorsed.Load()) {
				t.Errorf("round %d: %d are told of %d endorsers", round, r.Audience, endorsed.Load())
			}
			for _, d := range claimed(t, db, "w", 100) {
				if d.Account == n.Author {
					t.Error("the author is told of their own withdrawal")
				}
			}
		}
	})
}

package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

const charger = "北门增加电瓶车充电桩"

// found is how many needs are like charger, and how long that took.
func found(t *testing.T, db *store.DB, c civic.CommunityID) (int, time.Duration) {
	t.Helper()
	begin := time.Now()
	like, err := db.Needs().Like(within(t, 10*time.Second), "asker", c, charger, 5)
	if err != nil {
		t.Error(err)
	}
	return len(like), time.Since(begin)
}

// Nobody waits for the renewal of an index that is good enough, and not for long for one of an
// old index; who is first waits for it.
func TestLikeWhileTheIndexIsRenewed(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		released(t, db, c.ID, "小区北门加电动车充电桩")
		var first sync.WaitGroup
		for range 8 {
			first.Go(func() {
				if n, _ := found(t, db, c.ID); n != 1 {
					t.Errorf("one of the first finds %d", n)
				}
			})
		}
		first.Wait()
		for _, row := range []struct {
			name        string
			ago         time.Duration
			least, most time.Duration
		}{
			{"a young index", time.Second, 0, 240 * time.Millisecond},
			{"an old index", time.Hour, 240 * time.Millisecond, 5 * time.Second},
		} {
			release := store.StallLikes(db, c.ID, row.ago)
			shortest := time.Hour
			for range 5 { // one of them is not held up by a busy machine
				n, took := found(t, db, c.ID)
				if shortest = min(shortest, took); n != 1 {
					t.Errorf("%s: %d found", row.name, n)
				}
			}
			release()
			if shortest < row.least || shortest > row.most {
				t.Errorf("%s: found after %v", row.name, shortest)
			}
		}
	})
}

// What was released or withdrawn meanwhile is seen by the next who asks after a while, whether
// changes are read or everything.
func TestLikeAfterAWhile(t *testing.T) {
	for name, ago := range map[string]time.Duration{"changes": time.Minute, "everything": time.Hour} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, db *store.DB) {
				c := community(t, db, "钮")
				first := released(t, db, c.ID, "小区北门加电动车充电桩")
				if n, _ := found(t, db, c.ID); n != 1 {
					t.Errorf("%d found", n)
				}
				finds := func(want int) {
					eventually(t, func() bool { // an index that is just being built is taken as it is
						store.AgeLikes(db, c.ID, ago)
						n, _ := found(t, db, c.ID)
						return n == want
					})
				}
				released(t, db, c.ID, "北门增设电动车充电桩")
				finds(2)
				must(t, db, commit("gone", 1, "author", civic.WithdrawNeed{Account: "author", Need: first.ID}))
				finds(1)
			})
		})
	}
}

// A first look that gets no answer says so in time.
func TestLikeWithoutAnAnswer(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		released(t, db, c.ID, "小区北门加电动车充电桩")
		release := store.StallLikes(db, c.ID, -1)
		_, err := db.Needs().Like(within(t, 10*time.Second), "asker", c.ID, charger, 5)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("nothing was looked at: %v", err)
		}
		release()
		if n, _ := found(t, db, c.ID); n != 1 {
			t.Errorf("%d found afterwards", n)
		}
	})
}

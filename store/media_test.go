package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

func TestMediaQueue(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 10*time.Second)
		c := community(t, db, "钮")
		a := civic.Account("openid-A")
		e := need(a, c.ID, "路灯坏了")
		e.Photos = []string{"p1", "p2"}
		must(t, db, commit("keep", 1, a, civic.KeepMedia{Account: a, MediaID: "v1", Kind: civic.Voice}))
		must(t, db, commit("keep", 2, a, civic.KeepMedia{Account: a, MediaID: "v1", Kind: civic.Voice}))
		r := must(t, db, commit("raise", 1, a, e))
		jobs, err := db.ClaimMedia(ctx, "worker-1", 10, time.Minute)
		if err != nil || len(jobs) != 3 {
			t.Fatalf("claim: %+v %v", jobs, err)
		}
		byID := map[string]civic.MediaJob{}
		for _, j := range jobs {
			byID[j.MediaID] = j
			if j.Account != a || j.Attempts != 1 {
				t.Errorf("job %+v", j)
			}
		}
		if byID["p1"].NeedNumber != r.Number || byID["v1"].NeedNumber != "" || byID["v1"].Kind != civic.Voice || byID["p2"].Kind != civic.Photo {
			t.Errorf("jobs %+v", byID)
		}
		if more, err := db.ClaimMedia(ctx, "worker-2", 10, time.Minute); err != nil || len(more) != 0 {
			t.Errorf("claimed twice: %+v %v", more, err)
		}
		if err := db.MediaKept(ctx, byID["p1"].ID, "worker-2", "blob", 5); !errors.Is(err, store.ErrLost) {
			t.Errorf("kept by a stranger: %v", err)
		}
		if err := db.MediaKept(ctx, byID["p1"].ID, "worker-1", "blob", 5); err != nil {
			t.Errorf("kept: %v", err)
		}
		if err := db.MediaFailed(ctx, byID["p2"].ID, "worker-1", "gone"); err != nil {
			t.Errorf("failed: %v", err)
		}
		if err := db.MediaFailed(ctx, byID["p2"].ID, "worker-1", "gone"); !errors.Is(err, store.ErrLost) {
			t.Errorf("failed twice: %v", err)
		}
		if err := db.MediaRetry(ctx, byID["v1"].ID, "worker-1", db.Clock().Now().Add(time.Hour)); err != nil {
			t.Errorf("retry: %v", err)
		}
		if early, err := db.ClaimMedia(ctx, "worker-2", 10, time.Minute); err != nil || len(early) != 0 {
			t.Errorf("claimed too early: %+v %v", early, err)
		}
		db.Clock().Shift(2 * time.Hour)
		if age, err := db.MediaAge(ctx); err != nil || age < 2*time.Hour-time.Minute {
			t.Errorf("age %v %v", age, err)
		}
		if late, err := db.ClaimMedia(ctx, "worker-2", 10, time.Minute); err != nil || len(late) != 1 || late[0].Attempts != 2 {
			t.Errorf("after the pause: %+v %v", late, err)
		}
		db.Clock().Shift(2 * time.Minute) // worker-2 died
		if again, err := db.ClaimMedia(ctx, "worker-3", 10, time.Minute); err != nil || len(again) != 1 || again[0].Attempts != 3 {
			t.Errorf("after the lease: %+v %v", again, err)
		}
		if err := db.MediaKept(ctx, byID["v1"].ID, "worker-2", "blob", 5); !errors.Is(err, store.ErrLost) {
			t.Errorf("the dead worker settles: %v", err)
		}
		n, _, err := db.Needs().ByNumber(ctx, c.ID, 0, 1)
		if err != nil || n.Photos != 1 {
			t.Errorf("%d photos, %v: a failed one does not count", n.Photos, err)
		}
	})
}

func TestMediaIsClaimedOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		a := civic.Account("openid-A")
		var all sync.WaitGroup
		for i := range 60 {
			all.Go(func() {
				must(t, db, commit("keep", i, a, civic.KeepMedia{Account: a, MediaID: fmt.Sprintf("m%d", i/2), Kind: civic.Photo}))
			})
		}
		all.Wait()
		var mu sync.Mutex
		seen := map[int64]int{}
		for w := range 4 {
			all.Go(func() {
				for range 5 {
					jobs, err := db.ClaimMedia(within(t, 10*time.Second), fmt.Sprintf("worker-%d", w), 3, time.Minute)
					if err != nil {
						t.Errorf("claim: %v", err)
					}
					mu.Lock()
					for _, j := range jobs {
						seen[j.ID]++
					}
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if len(seen) != 30 {
			t.Errorf("%d rows claimed, want 30", len(seen))
		}
		for id, times := range seen {
			if times != 1 {
				t.Errorf("row %d claimed %d times", id, times)
			}
		}
	})
}

// Photos of drafts that came to nothing go after sixty days, their blobs first.
func TestSweepMedia(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 20*time.Second)
		c := community(t, db, "钮")
		a := civic.Account("openid-A")
		for i, id := range []string{"loose", "taken", "broken"} {
			must(t, db, commit("keep", i, a, civic.KeepMedia{Account: a, MediaID: id, Kind: civic.Photo}))
		}
		jobs, err := db.ClaimMedia(ctx, "worker", 10, time.Minute)
		if err != nil || len(jobs) != 3 {
			t.Fatalf("claim: %+v %v", jobs, err)
		}
		for _, j := range jobs {
			if j.MediaID == "broken" {
				err = db.MediaFailed(ctx, j.ID, "worker", "gone")
			} else {
				err = db.MediaKept(ctx, j.ID, "worker", "blob-"+j.MediaID, 5)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		e := need(a, c.ID, "路灯坏了")
		e.Photos = []string{"taken"}
		must(t, db, commit("raise", 1, a, e))
		var forgotten []string
		full := errors.New("the disk is away")
		var fault error
		sweep := func() (int, error) {
			return db.SweepMedia(ctx, func(_ context.Context, key string) error {
				forgotten = append(forgotten, key)
				return fault
			})
		}
		db.Clock().Shift(59 * 24 * time.Hour)
		must(t, db, commit("keep", 4, a, civic.KeepMedia{Account: a, MediaID: "young", Kind: civic.Photo}))
		if n, err := sweep(); n != 0 || err != nil || len(forgotten) > 0 {
			t.Errorf("too early: %d, %v, %v", n, err, forgotten)
		}
		db.Clock().Shift(2 * 24 * time.Hour)
		fault = full
		if n, err := sweep(); n > 1 || !errors.Is(err, full) {
			t.Errorf("without the disk: %d, %v", n, err)
		}
		fault = nil
		if _, err := sweep(); err != nil {
			t.Error(err)
		}
		if n, err := sweep(); n != 0 || err != nil || !slices.Equal(forgotten, []string{"blob-loose", "blob-loose"}) {
			t.Errorf("at last: %d, %v, %v", n, err, forgotten)
		}
		left, err := db.ClaimMedia(ctx, "worker", 10, time.Minute)
		if err != nil || len(left) != 1 || left[0].MediaID != "young" {
			t.Errorf("left to fetch: %+v, %v", left, err)
		}
		if n, _, err := db.Needs().ByNumber(ctx, c.ID, 0, 1); err != nil || n.Photos != 1 {
			t.Errorf("the need has %d photos, %v", n.Photos, err)
		}
		// A draft that comes after all has its photo fetched anew, or does without.
		late := need(a, c.ID, "长椅坏了")
		late.Photos = []string{"loose"}
		must(t, db, commit("raise", 2, a, late))
		if jobs, err := db.ClaimMedia(ctx, "worker", 10, time.Minute); err != nil || len(jobs) != 1 || jobs[0].MediaID != "loose" {
			t.Errorf("a late draft: %+v, %v", jobs, err)
		}
	})
}

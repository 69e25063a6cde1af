package store_test

import (
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// TestWordsOfTalksAreForgotten: ninety days after the end nothing of what was said is left.
func TestWordsOfTalksAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := talkDesk(t, db)
		mustAct(t, db, "oZhang", sayLine("oZhang", c.ID, "路灯坏了"))
		k := theTalk(t, db)
		mustAct(t, db, "oZhang", civic.HangUp{Account: "oZhang"})
		lines := func() int {
			all, err := db.Talks().Lines(within(t, 10*time.Second), "oWang", k.ID, 10)
			if err != nil {
				t.Fatal(err)
			}
			return len(all)
		}
		for _, step := range []struct {
			later       time.Duration
			swept, left int
		}{{civic.RetainTalks - time.Minute, 0, 1}, {2 * time.Minute, 1, 0}, {0, 0, 0}} {
			db.Clock().Shift(step.later)
			n, err := db.SweepTalks(within(t, 10*time.Second))
			if err != nil || n != step.swept || lines() != step.left {
				t.Errorf("swept %d, %v; %d lines are left; want %+v", n, err, lines(), step)
			}
		}
	})
}

package store_test

import (
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// TestUndoKeepsTheDecision: a need that was accepted before it was merged is again as it was, with the day
// and the colleague of its acceptance.
func TestUndoKeepsTheDecision(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		a, b := d.raise("oA", "装晾衣架"), d.raise("oB", "晒被子没地方")
		if _, no := d.do(committee, civic.AcceptNeed{By: d.by(committee), Need: a.ID}); no != "" {
			t.Fatal(no)
		}
		before := d.need(a.ID)
		db.Clock().Shift(time.Hour)
		if _, no := d.do(worker, civic.MergeNeeds{By: d.by(worker), Source: a.ID, Target: b.ID}); no != "" {
			t.Fatal(no)
		}
		db.Clock().Shift(time.Hour)
		if _, no := d.do(worker, civic.UndoMerge{By: d.by(worker), Source: a.ID}); no != "" {
			t.Fatal(no)
		}
		if n := d.need(a.ID); n.State != civic.NeedAccepted || before.DecidedAt.IsZero() || !n.DecidedAt.Equal(before.DecidedAt) {
			t.Errorf("it was decided at %v and is, as %s, at %v", before.DecidedAt, n.State, n.DecidedAt)
		}
		if _, no := d.do(worker, civic.AcceptNeed{By: d.by(worker), Need: a.ID}); no != "这件刚才已由同事受理。" {
			t.Errorf("whoever did not accept it reads %q", no)
		}
		if _, no := d.do(committee, civic.AcceptNeed{By: d.by(committee), Need: a.ID}); no != "这件刚才已由您受理。" {
			t.Errorf("who accepted it reads %q", no)
		}
	})
}

package store_test

import (
	"strings"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// TestStageClosesOverTriage: once 初选 has ended nothing of its round is decided or merged any more,
// and whoever was in the middle of it reads so.
func TestStageClosesOverTriage(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		n, m := d.raise("oA", "门禁失灵"), d.raise("oB", "门禁刷不开")
		if _, no := d.do(committee, civic.OpenRound{By: d.by(committee), Name: "2027年", Year: 2027}); no != "" {
			t.Fatal(no)
		}
		if d.need(n.ID).Round == 0 {
			t.Fatal("the need is of no round")
		}
		rounds, err := db.Rounds().Rounds(within(t, 10*time.Second), d.c.ID)
		if err != nil || len(rounds) != 1 {
			t.Fatal(len(rounds), err)
		}
		if err := store.SetStage(within(t, 10*time.Second), db, rounds[0].ID, civic.Plan); err != nil {
			t.Fatal(err)
		}
		for name, e := range map[string]any{
			"accept": civic.AcceptNeed{By: d.by(worker), Need: n.ID}, "decline": d.decline(worker, n.ID),
			"hand":  civic.HandNeed{By: d.by(worker), Need: n.ID, Duty: "某某物业"},
			"merge": civic.MergeNeeds{By: d.by(worker), Source: n.ID, Target: m.ID},
		} {
			if _, no := d.do(worker, e, news(n.ID, name)); !strings.Contains(no, "编制方案") || !strings.Contains(no, "初选已经结束") {
				t.Errorf("%s: %q", name, no)
			}
		}
		if got := d.need(n.ID); got.State != civic.NeedRaised || len(d.pushes()) != 0 {
			t.Errorf("%s, %v", got.State, d.pushes())
		}
	})
}

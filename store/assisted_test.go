package store_test

import (
	"fmt"
	"testing"

	"yishi/flows/civic"
	"yishi/store"
)

// TestMergedForNobody: a need that staff raised for somebody without an account counts as one other
// where it is merged, and takes nobody's endorsement away.
func TestMergedForNobody(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		by := office(t, db, "oClerk", civic.GridWorker, c)
		mustAct(t, db, by.Account, civic.RaiseFor{By: by, Agreed: "t", BeganAt: db.Clock().Now(), Raise: need(by.Account, c.ID, "扶手松了")})
		of, target := needNumbered(t, db, c, 1), released(t, db, c.ID, "扶手坏了")
		mustAct(t, db, by.Account, civic.MergeNeeds{By: by, Source: of.ID, Target: target.ID})
		wantCounts(t, db, target.ID, 0, 1)
		for i, name := range []string{"某甲", "某乙"} {
			a := civic.Account(fmt.Sprint("oEndorser", i))
			link(t, db, a, person(t, db, c.ID, name))
			mustAct(t, db, a, endorse(a, target.ID))
			wantCounts(t, db, target.ID, i+1, 1)
		}
	})
}

package store_test

import (
	"testing"

	"yishi/flows/civic"
	"yishi/store"
)

// TestResendOfWhatTheReceiptRefused sends again at once what a receipt called refused: the platform
// takes it for a repeat under the same id and names the same message, so that it is refused still.
func TestResendOfWhatTheReceiptRefused(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		added(t, db, push("p"), civic.Audience{Accounts: accounts(1)})
		expanded(t, db)
		send := func() {
			t.Helper()
			ds := claimed(t, db, "w", 1)
			if len(ds) != 1 {
				t.Fatalf("claimed %d", len(ds))
			}
			calling(t, db, "w", civic.ByTemplate, ds[0].ID)
			recorded(t, db, "w", 0, civic.Outcome{ID: ds[0].ID, State: civic.Sent, Route: civic.ByTemplate, Receipt: "1000"})
		}
		send()
		if err := db.SettleReceipt(t.Context(), accounts(1)[0], "1000", false, "blocked"); err != nil {
			t.Fatal(err)
		}
		if n, err := db.ResendFailed(t.Context(), "p"); err != nil || n != 1 {
			t.Fatalf("resent %d, %v", n, err)
		}
		send()
		if r := reported(t, db, "p"); r.Failed["blocked"] != 1 || r.Total() != 1 {
			t.Errorf("%+v", r)
		}
	})
}

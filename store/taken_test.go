package store_test

import (
	"errors"
	"testing"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// Two replicas take a photo each in the same state of the conversation: both are kept.
func TestTwoMessagesForOneNumber(t *testing.T) {
	db := storetest.Open(t)
	keep := func(key, media string, n int, final bool) (civic.Receipt, error) {
		return db.Commit(t.Context(), store.Commit{
			Run: "run-taken", N: n, Key: key, Account: "oTaken", Final: final,
			Effects: []any{civic.KeepMedia{Account: "oTaken", MediaID: media, Kind: civic.Photo}},
		})
	}
	if _, err := keep("key-1", "media-1", 0, false); err != nil {
		t.Fatal(err)
	}
	if _, err := keep("key-1", "media-1", 0, false); err != nil {
		t.Errorf("the same message again: %v", err)
	}
	if _, err := keep("key-2", "media-2", 0, false); !errors.Is(err, store.ErrTaken) {
		t.Errorf("another message for the same number: %v, want ErrTaken", err)
	}
	if _, err := keep("key-2", "media-2", 1, false); err != nil {
		t.Errorf("the next number: %v", err)
	}
	if _, err := keep("key-3", "media-3", 2, true); err != nil {
		t.Fatal(err)
	}
	if r, err := keep("key-4", "media-3", 2, true); err != nil || !r.Final {
		t.Errorf("the end sent again in another message: %+v, %v; want the first receipt", r, err)
	}
}

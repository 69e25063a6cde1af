package store_test

import (
	"bytes"
	"testing"

	"yishi/store/storetest"
)

// A repeat of a run is known after the master key was changed, and is still nobody else's.
func TestRepeatAcrossRotation(t *testing.T) {
	dsn := "sqlite:" + t.TempDir() + "/yishi.db"
	o := storetest.Options(dsn)
	db := storetest.OpenWith(t, o)
	c := community(t, db, "钮")
	first := must(t, db, commit("run-1", 1, "openid-A", need("openid-A", c.ID, "路灯坏了")))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	o.Key, o.KeyPrevious = bytes.Repeat([]byte{7}, 32), o.Key
	db = storetest.OpenWith(t, o)
	if again := must(t, db, commit("run-1", 1, "openid-A", need("openid-A", c.ID, "路灯坏了"))); again != first {
		t.Errorf("the repeat got %+v, want %+v", again, first)
	}
	if _, err := db.Commit(t.Context(), commit("run-1", 1, "openid-B", need("openid-B", c.ID, "路灯坏了"))); err == nil {
		t.Error("another account got the run")
	}
}

package store_test

import (
	"bytes"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

func TestGrants(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 30*time.Second)
		c := community(t, db, "钮")
		if g, err := db.Staff().Grants(ctx, "oResident"); err != nil || len(g) != 0 {
			t.Errorf("a resident holds %v, %v", g, err)
		}
		first, err := db.AddStaff(ctx, store.NewStaff{Account: "oWorker", Name: "某网格员", Role: civic.Committee, Community: c.ID})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // giving it again changes nothing
			id, err := db.AddStaff(ctx, store.NewStaff{Account: "oWorker", Role: civic.GridWorker, Community: c.ID, Grids: []int64{9, 7}})
			if err != nil || id != first {
				t.Fatalf("staff %d, %v; want %d", id, err, first)
			}
		}
		g, err := db.Staff().Grants(ctx, "oWorker")
		if err != nil || len(g) != 2 {
			t.Fatalf("grants %v, %v", g, err)
		}
		if g[0].Role != civic.GridWorker || len(g[0].Grids) != 2 || g[0].Grids[0] != 7 || g[1].Role != civic.Committee {
			t.Errorf("grants %+v: want the narrower first, grids ascending", g)
		}
	})
}

func TestVault(t *testing.T) {
	ctx := within(t, 30*time.Second)
	dsn := "sqlite:" + t.TempDir() + "/yishi.db"
	o := storetest.Options(dsn)
	o.Vault = bytes.Repeat([]byte{1}, 32)
	db := storetest.OpenWith(t, o)
	c := community(t, db, "钮")
	n := store.NewPerson{Community: c.ID, Estate: "钮家新村", Building: "3", Room: "501", Name: "某甲", Phone: "13800000000"}
	id, err := db.AddPerson(ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	if raw := store.RawPerson(ctx, t, db, id); bytes.Contains(raw, []byte(n.Name)) || bytes.Contains(raw, []byte(n.Phone)) {
		t.Error("a name or a phone stands in the table in clear")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	o.Vault, o.VaultPrevious = bytes.Repeat([]byte{2}, 32), o.Vault // the master key is changed
	db = storetest.OpenWith(t, o)
	if again, err := db.AddPerson(ctx, n); err != nil || again != id {
		t.Errorf("found %d, %v after the change; want %d", again, err, id)
	}
	for i, want := range []bool{true, false} {
		if did, err := db.Rewrap(ctx); err != nil || did != want {
			t.Errorf("rewrap %d: %v, %v", i, did, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	o.VaultPrevious = nil // the key before is thrown away
	db = storetest.OpenWith(t, o)
	if again, err := db.AddPerson(ctx, n); err != nil || again != id {
		t.Errorf("found %d, %v under the new key alone; want %d", again, err, id)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	o.Vault = bytes.Repeat([]byte{3}, 32)
	db = storetest.OpenWith(t, o)
	if _, err := db.AddPerson(ctx, n); err == nil {
		t.Error("a wrong master key opened the vault")
	}
}

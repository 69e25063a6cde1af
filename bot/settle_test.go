package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"yishi/config"
	"yishi/flows/civic"
	"yishi/store"
)

// sampleDB makes the sample neighbourhood and opens it.
func sampleDB(t *testing.T) (*store.DB, config.Config) {
	t.Helper()
	cfg := config.Config{
		SQL: config.Secret("sqlite:" + filepath.Join(t.TempDir(), "demo.db")), TZ: "Asia/Shanghai", MasterKey: config.Secret(strings.Repeat("0123456789abcdef", 4)),
	}
	if err := settleDemo(t.Context(), cfg, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	db, err := openStore(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db, cfg
}

// TestSampleHasAllStates: whoever opens the demo finds a need in each state, endorsed as the sample
// says, and something that waits for both of the staff.
func TestSampleHasAllStates(t *testing.T) {
	db, _ := sampleDB(t)
	c := sampleCommunity(t, db)
	states := map[civic.NeedState]int{}
	samples := sampleNeeds()
	for i, want := range samples {
		n, found, err := db.Needs().ByNumber(t.Context(), c, 0, i+1)
		if err != nil || !found {
			t.Fatalf("need %d: %v %v", i+1, found, err)
		}
		states[n.State]++
		if n.Text != want.Text || n.Released != want.Public {
			t.Errorf("need %d: %+v", i+1, n)
		}
		if n.State != civic.NeedMerged && i != 5 && n.Heat != want.Heat {
			t.Errorf("need %d has heat %d, want %d", i+1, n.Heat, want.Heat)
		}
	}
	for _, s := range civic.NeedStates() {
		if states[s] == 0 {
			t.Errorf("no need is %s", s)
		}
	}
}

// TestSampleIsMadeAgain: a demo that was stopped while it made the sample makes it anew, and one that
// has a database leaves it as it is.
func TestSampleIsMadeAgain(t *testing.T) {
	db, cfg := sampleDB(t)
	before := sampleCommunity(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(cfg.SQL.Reveal(), "sqlite:")
	settle := func() civic.CommunityID {
		if err := settleDemo(t.Context(), cfg, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
		db, err := openStore(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		return sampleCommunity(t, db)
	}
	if after := settle(); after != before {
		t.Errorf("the database was made anew")
	}
	if err := os.Rename(path, path+".making"); err != nil { // stopped before it took its place
		t.Fatal(err)
	}
	if after := settle(); after == before {
		t.Errorf("half a sample was kept")
	}
	left, err := filepath.Glob(path + ".making*")
	if err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// sampleCommunity is that of the sample needs.
func sampleCommunity(t *testing.T, db *store.DB) civic.CommunityID {
	t.Helper()
	all, err := db.Communities().Communities(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatalf("%d communities, %v", len(all), err)
	}
	for _, c := range all {
		if c.Code == sampleCommunities()[0].Code {
			return c.ID
		}
	}
	t.Fatal("no sample community")
	return 0
}

package store_test

import (
	"fmt"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

func TestContactsAreFlushed(t *testing.T) {
	addresses := map[string]func(*testing.T) string{
		"sqlite": func(t *testing.T) string { return "sqlite:" + t.TempDir() + "/yishi.db" },
		"mysql":  func(t *testing.T) string { return "mysql:" + storetest.MySQL(t) },
	}
	for name, address := range addresses {
		t.Run(name, func(t *testing.T) {
			ctx := within(t, 20*time.Second)
			dsn := address(t)
			db := storetest.OpenDSN(t, dsn)
			c := community(t, db, "钮")
			must(t, db, commit("join", 1, "openid-0", civic.Join{Account: "openid-0", Community: c.ID}))
			now := db.Clock().Now()
			for i := range 600 {
				a := civic.Account(fmt.Sprintf("openid-%d", i))
				db.Contact(a, store.ContactFollow, now)
				db.Contact(a, store.ContactMessage, now.Add(time.Second))
			}
			db.Contact("openid-1", store.ContactUnfollow, now.Add(time.Minute))
			db.Contact("openid-2", store.ContactUnfollow, now.Add(-time.Minute)) // came late
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			again := storetest.OpenDSN(t, dsn)
			if f, ok, err := again.Followers().Follower(ctx, "openid-0"); !ok || err != nil || f.Community != c.ID {
				t.Errorf("the community was forgotten: %+v %v %v", f, ok, err)
			}
			if _, ok, err := again.Followers().Follower(ctx, "openid-599"); !ok || err != nil {
				t.Errorf("the last contact: %v %v", ok, err)
			}
			for a, want := range map[civic.Account]bool{"openid-1": false, "openid-2": true, "openid-3": true} {
				if got, err := store.Following(ctx, again, a); err != nil || got != want {
					t.Errorf("following of %s: %v %v", a[7:], got, err)
				}
			}
			again.Contact("openid-1", store.ContactFollow, now.Add(2*time.Minute))
			again.Contact("openid-3", store.ContactUnfollow, now.Add(3*time.Minute))
			if err := store.Flush(ctx, again); err != nil {
				t.Fatal(err)
			}
			for a, want := range map[civic.Account]bool{"openid-1": true, "openid-2": true, "openid-3": false} {
				if got, err := store.Following(ctx, again, a); err != nil || got != want {
					t.Errorf("following of %s later: %v %v", a[7:], got, err)
				}
			}
		})
	}
}

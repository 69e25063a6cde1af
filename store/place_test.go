package store_test

import (
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

func TestCommunities(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 10*time.Second)
		first := community(t, db, "钮")
		second := community(t, db, "平")
		again, err := db.AddCommunity(ctx, store.NewCommunity{Code: "钮", Name: "钮家巷社区", Estates: []string{"钮家新村", "临顿里"}})
		if err != nil || again.ID != first.ID || again.Name != "钮家巷社区" || again.Phone != "" {
			t.Errorf("again: %+v %v", again, err)
		}
		all, err := db.Communities().Communities(ctx)
		if err != nil || len(all) != 2 {
			t.Errorf("communities: %+v %v", all, err)
		}
		got, ok, err := db.Communities().Community(ctx, first.ID)
		if err != nil || !ok || got != again {
			t.Errorf("community: %+v %v %v", got, ok, err)
		}
		if _, ok, err := db.Communities().Community(ctx, 1); ok || err != nil {
			t.Errorf("no community: %v %v", ok, err)
		}
		c, estate, ok, err := db.Communities().Scene(ctx, "scene-平")
		if c != second.ID || estate != 0 || !ok || err != nil {
			t.Errorf("scene: %v %v %v %v", c, estate, ok, err)
		}
		if _, _, ok, err := db.Communities().Scene(ctx, "Scene-平"); ok || err != nil {
			t.Errorf("scene of another case: %v %v", ok, err)
		}
		for said, want := range map[string]string{
			"钮家新村": "钮家新村", "我住在钮家新村3幢": "钮家新村", "临顿": "临顿里", "平园": "平园小区", "钮园小区": "钮园小区",
		} {
			found, err := db.Communities().EstatesNamed(ctx, said, 3)
			if err != nil || len(found) == 0 || found[0].Name != want {
				t.Errorf("%s: %+v %v, want %s", said, found, err, want)
			}
		}
		for c, want := range map[civic.CommunityID]string{first.ID: "临顿里", second.ID + 1: ""} {
			if e, ok, err := db.Communities().EstateIn(ctx, c); err != nil || e.Name != want || ok != (want != "") {
				t.Errorf("the first estate: %+v %v %v, want %q", e, ok, err, want)
			}
		}
		for _, said := range []string{"", "！", "完全不同"} {
			if found, err := db.Communities().EstatesNamed(ctx, said, 3); err != nil || len(found) != 0 {
				t.Errorf("%q: %+v %v", said, found, err)
			}
		}
	})
}

func TestWrongCommunity(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		for name, n := range map[string]store.NewCommunity{
			"no code":  {Name: "钮家巷社区"},
			"no name":  {Code: "钮"},
			"bad zone": {Code: "钮", Name: "钮家巷社区", TimeZone: "Mars/North"},
			"estate":   {Code: "钮", Name: "钮家巷社区", Estates: []string{""}},
		} {
			if c, err := db.AddCommunity(within(t, 10*time.Second), n); err == nil {
				t.Errorf("%s: %+v", name, c)
			}
		}
	})
}

func TestLike(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 10*time.Second)
		c := community(t, db, "钮")
		elsewhere := community(t, db, "平")
		near := released(t, db, c.ID, "小区北门加电动车充电桩")
		released(t, db, c.ID, "健身器材旧了想换新的")
		released(t, db, elsewhere.ID, "小区北门加电动车充电桩")
		must(t, db, commit("hidden", 1, "author", need("author", c.ID, "北门增加电瓶车充电桩，没公开")))
		must(t, db, commit("own", 1, "openid-A", need("openid-A", c.ID, "北门要有充电桩给电瓶车")))
		must(t, db, commit("back", 1, "openid-A", civic.EndorseNeed{Account: "openid-A", Need: near.ID}))
		like := func(a civic.Account, limit int) []civic.LikeNeed {
			found, err := db.Needs().Like(ctx, a, c.ID, "北门增加电瓶车充电桩", limit)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		found := like("openid-A", 5)
		if len(found) != 2 || !found[0].Own || found[1].ID != near.ID || !found[1].Backed || found[1].Own || found[1].Others != 1 ||
			found[1].Number != near.Number || found[1].Score < 0.4 {
			t.Fatalf("like: %+v", found)
		}
		if found := like("openid-B", 5); len(found) != 1 || found[0].Backed || found[0].Own {
			t.Errorf("for another: %+v", found)
		}
		if found := like("openid-A", 1); len(found) != 1 || !found[0].Own {
			t.Errorf("only one: %+v", found)
		}
		must(t, db, commit("gone", 1, "author", civic.WithdrawNeed{Account: "author", Need: near.ID}))
		newer := released(t, db, c.ID, "北门增设电动车充电桩")
		db.Clock().Shift(0) // the index is built anew when the clock was touched
		if found := like("openid-B", 5); len(found) != 1 || found[0].ID != newer.ID {
			t.Errorf("after withdrawal: %+v", found)
		}
	})
}

func TestMinePages(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		for i := range 7 {
			db.Clock().Shift(time.Minute)
			must(t, db, commit("run", i, "openid-A", need("openid-A", c.ID, "路灯坏了")))
		}
		page, total, err := db.Needs().Mine(within(t, 10*time.Second), "openid-A", 2, 3)
		if err != nil || total != 7 || len(page) != 3 || page[0].Number.Seq != 5 || page[2].Number.Seq != 3 {
			t.Errorf("page %+v of %d, %v", page, total, err)
		}
		if page, total, err := db.Needs().Mine(within(t, 10*time.Second), "openid-a", 0, 3); err != nil || total != 0 || len(page) != 0 {
			t.Errorf("another account's: %+v %d %v", page, total, err)
		}
	})
}

package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

const asker = civic.Account("oAsker0001")

func makeLink() civic.MakeLink {
	return civic.MakeLink{Account: asker, Community: 7, Kind: "upload-roll", Title: "上传名册", Args: json.RawMessage(`{"round":3}`)}
}

// linkOf makes a link and returns its reference.
func linkOf(t testing.TB, db *store.DB, run string, e civic.MakeLink) string {
	t.Helper()
	r := must(t, db, commit(run, 1, e.Account, e))
	if !store.ValidRef(r.Link) {
		t.Fatalf("reference %q", r.Link)
	}
	return r.Link
}

func find(t testing.TB, db *store.DB, ref, browser string) store.Link {
	t.Helper()
	l, found, err := db.Links().Find(within(t, 10*time.Second), ref, browser)
	if err != nil || !found {
		t.Fatalf("find link: %v %v", found, err)
	}
	return l
}

// want checks the answer of a conditional change.
func want(t testing.TB, what string, yes bool) func(bool, error) {
	return func(got bool, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got != yes {
			t.Errorf("%s: %v, want %v", what, got, yes)
		}
	}
}

// A repeat of the turn tells the same reference, and no table holds it.
func TestReferenceStandsNowhere(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 20*time.Second)
		c := commit("run-link", 3, asker, makeLink())
		c.Key = "message-1"
		first := must(t, db, c)
		if again := must(t, db, c); again != first {
			t.Errorf("a repeat tells %+v, the first %+v", again, first)
		}
		seen, _, _, found, err := db.Seen(ctx, "message-1")
		if err != nil || !found || seen != first {
			t.Errorf("looked up by its message: %+v %v %v", seen, found, err)
		}
		browser := "BROWSERWORD"
		want(t, "bind", true)(db.Links().Bind(ctx, first.Link, browser, asker))
		for _, secret := range []string{first.Link, browser} {
			where, err := store.Holding(ctx, db, []string{"links", "runs"}, secret)
			if err != nil || len(where) > 0 {
				t.Errorf("%s stands in %v (%v)", secret, where, err)
			}
		}
		if where, err := store.Holding(ctx, db, []string{"links", "runs"}, "upload-roll"); err != nil || len(where) != 2 {
			t.Errorf("the kind stands in %v (%v); the look-up proves nothing", where, err)
		}
		other := must(t, db, commit("run-link", 4, asker, makeLink()))
		if other.Link == first.Link {
			t.Error("two turns have one reference")
		}
		l := find(t, db, first.Link, browser)
		if l.Account != asker || l.Community != 7 || l.Kind != "upload-roll" || l.Title != "上传名册" || string(l.Args) != `{"round":3}` || l.Late || !l.Mine {
			t.Errorf("found %+v", l)
		}
		if d := l.Expires.Sub(db.Clock().Now()); d > civic.LinkLife || d < civic.LinkLife-time.Minute {
			t.Errorf("lives for %v", d)
		}
	})
}

func TestLinksThatCannotBe(t *testing.T) {
	db := storetest.Open(t)
	for name, change := range map[string]func(*civic.MakeLink){
		"another's":     func(e *civic.MakeLink) { e.Account = "oOther" },
		"no kind":       func(e *civic.MakeLink) { e.Kind = "" },
		"bad kind":      func(e *civic.MakeLink) { e.Kind = "Roll_1" },
		"no title":      func(e *civic.MakeLink) { e.Title = "" },
		"long title":    func(e *civic.MakeLink) { e.Title = strings.Repeat("册", 41) },
		"bad arguments": func(e *civic.MakeLink) { e.Args = json.RawMessage("{") },
		"too long":      func(e *civic.MakeLink) { e.For = 25 * time.Hour },
		"negative":      func(e *civic.MakeLink) { e.For = -time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			e := makeLink()
			change(&e)
			if _, err := db.Commit(within(t, 10*time.Second), commit("bad-"+strings.ReplaceAll(name, " ", "-"), 1, asker, e)); err == nil {
				t.Error("it was made")
			}
		})
	}
	if _, err := db.Commit(within(t, 10*time.Second), commit("two", 1, asker, makeLink(), makeLink())); err == nil {
		t.Error("one turn has made two")
	}
}

func TestBind(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx, links := within(t, 20*time.Second), db.Links()
		ref := linkOf(t, db, "bind", makeLink())
		want(t, "a foreign account", false)(links.Bind(ctx, ref, "b1", "oOther"))
		want(t, "no account", false)(links.Bind(ctx, ref, "b1", ""))
		want(t, "no such link", false)(links.Bind(ctx, "aaaaaaaaaaaaaaaaaaaaaaaaaa", "b1", asker))
		want(t, "the asker", true)(links.Bind(ctx, ref, "b1", asker))
		want(t, "the asker again", true)(links.Bind(ctx, ref, "b1", asker))
		want(t, "the asker elsewhere", false)(links.Bind(ctx, ref, "b2", asker))
		if l := find(t, db, ref, "b2"); !l.Bound || l.Mine {
			t.Errorf("seen from elsewhere: %+v", l)
		}
		late := linkOf(t, db, "late", makeLink())
		db.Clock().Shift(civic.LinkLife)
		want(t, "too late", false)(links.Bind(ctx, late, "b1", asker))
		want(t, "a code too late", false)(links.Draw(ctx, late, "b1"))
		if l := find(t, db, late, "b1"); !l.Late {
			t.Error("not late")
		}
	})
}

// Of browsers that come at once, one is let in.
func TestBindRace(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx, ref := within(t, 60*time.Second), linkOf(t, db, "race", makeLink())
		var in atomic.Int32
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				ok, err := db.Links().Bind(ctx, ref, fmt.Sprintf("b%d", i), asker)
				if err != nil {
					t.Errorf("bind: %v", err)
				}
				if ok {
					in.Add(1)
				}
			})
		}
		all.Wait()
		if in.Load() != 1 {
			t.Errorf("%d browsers were let in", in.Load())
		}
	})
}

func TestPairing(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx, links := within(t, 30*time.Second), db.Links()
		ref := linkOf(t, db, "pair", makeLink())
		want(t, "draw", true)(links.Draw(ctx, ref, "b1"))
		code := find(t, db, ref, "b1").Code
		if len(code) != 6 || find(t, db, ref, "b2").Code != "" {
			t.Fatalf("code %q, elsewhere %q", code, find(t, db, ref, "b2").Code)
		}
		if p, found, err := links.Pairing(ctx, asker, code); err != nil || !found || p.Title != "上传名册" {
			t.Errorf("pairing %+v %v %v", p, found, err)
		}
		if _, found, _ := links.Pairing(ctx, "oVictim", code); found {
			t.Error("another account finds the code")
		}
		if got := refused(t, db, commit("victim", 1, "oVictim", civic.OpenLink{Account: "oVictim", Code: code})); !strings.Contains(got, "没有打开") {
			t.Errorf("another account opens it: %q", got)
		}
		if _, err := db.Commit(ctx, commit("for-another", 1, "oVictim", civic.OpenLink{Account: asker, Code: code})); err == nil {
			t.Error("an account acts for another")
		}
		want(t, "draw elsewhere", true)(links.Draw(ctx, ref, "b2"))
		if l := find(t, db, ref, "b1"); l.Code != "" {
			t.Error("the first browser still shows a code")
		}
		refused(t, db, commit("old-code", 1, asker, civic.OpenLink{Account: asker, Code: code}))
		code = find(t, db, ref, "b2").Code
		must(t, db, commit("open", 1, asker, civic.OpenLink{Account: asker, Code: code}))
		if !find(t, db, ref, "b2").Mine || find(t, db, ref, "b1").Mine {
			t.Error("not the browser with the code was let in")
		}
		refused(t, db, commit("twice", 1, asker, civic.OpenLink{Account: asker, Code: code}))
		want(t, "draw for one that is open", false)(links.Draw(ctx, ref, "b3"))
	})
}

func TestCodesEnd(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx, links := within(t, 30*time.Second), db.Links()
		ref := linkOf(t, db, "ends", makeLink())
		code := func() string {
			t.Helper()
			want(t, "draw", true)(links.Draw(ctx, ref, "b1"))
			return find(t, db, ref, "b1").Code
		}
		live := func(code string) bool {
			t.Helper()
			_, found, err := links.Pairing(ctx, asker, code)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		c := code()
		for i := range 5 {
			if !live(c) {
				t.Fatalf("void after %d wrong codes", i)
			}
			must(t, db, commit(fmt.Sprintf("miss-%d", i), 1, asker, civic.MissLink{Account: asker}))
		}
		if live(c) || find(t, db, ref, "b1").Code != "" {
			t.Error("five wrong codes have not made it void")
		}
		c = code()
		must(t, db, commit("shut", 1, asker, civic.ShutLink{Account: asker, Code: c}))
		if live(c) {
			t.Error("shut and still good")
		}
		c = code()
		db.Clock().Shift(civic.PairLife)
		if live(c) {
			t.Error("good after five minutes")
		}
		refused(t, db, commit("too-late", 1, asker, civic.OpenLink{Account: asker, Code: c}))
		for range 7 {
			code()
		}
		want(t, "an eleventh code", false)(links.Draw(ctx, ref, "b1"))
		if !find(t, db, ref, "b1").Spent {
			t.Error("not spent")
		}
	})
}

// An upload goes in once: whoever comes while it is under way, or later, gets nothing.
func TestUploadOnce(t *testing.T) {
	const lease = time.Minute
	each(t, func(t *testing.T, db *store.DB) {
		ctx, links := within(t, 30*time.Second), db.Links()
		ref := linkOf(t, db, "upload", makeLink())
		want(t, "before it is open", false)(links.Receive(ctx, ref, "b1", "h0", "key0", lease))
		want(t, "bind", true)(links.Bind(ctx, ref, "b1", asker))
		want(t, "another browser", false)(links.Receive(ctx, ref, "b2", "h0", "key0", lease))
		want(t, "begin", true)(links.Receive(ctx, ref, "b1", "h1", "key1", lease))
		want(t, "begin at the same time", false)(links.Receive(ctx, ref, "b1", "h2", "key2", lease))
		if err := links.Release(ctx, ref, "h2", ""); err != nil || find(t, db, ref, "b1").State != store.LinkReceiving {
			t.Errorf("somebody else gave it up (%v)", err)
		}
		db.Clock().Shift(lease)
		want(t, "begin after the first has died", true)(links.Receive(ctx, ref, "b1", "h3", "key3", lease))
		want(t, "the dead one ends", false)(links.Received(ctx, ref, "h1", "a.csv", 5, lease))
		want(t, "end", true)(links.Received(ctx, ref, "h3", "a.csv", 5, lease))
		if l := find(t, db, ref, "b1"); l.State != store.LinkWorking || l.BlobKey != "key3" || l.BlobName != "a.csv" || l.BlobBytes != 5 {
			t.Errorf("received %+v", l)
		}
		want(t, "begin while it is worked off", false)(links.Receive(ctx, ref, "b1", "h4", "key4", lease))
		want(t, "take over what is alive", false)(links.TakeOver(ctx, ref, "h5", lease))
		want(t, "renew", true)(links.Renew(ctx, ref, "h3", "已读 10 行", lease))
		db.Clock().Shift(civic.LinkLife + lease)
		if l := find(t, db, ref, "b1"); l.Late || l.Progress != "已读 10 行" || !l.Stalled {
			t.Errorf("under way: %+v", l)
		}
		want(t, "take over", true)(links.TakeOver(ctx, ref, "h5", lease))
		want(t, "renew what is another's", false)(links.Renew(ctx, ref, "h3", "", lease))
		want(t, "finish what is another's", false)(links.Finish(ctx, ref, "h3", "{}", ""))
		want(t, "finish", true)(links.Finish(ctx, ref, "h5", `{"title":"好"}`, "key9"))
		want(t, "begin after the end", false)(links.Receive(ctx, ref, "b1", "h6", "key6", lease))
		if l := find(t, db, ref, "b1"); l.State != store.LinkDone || l.Result != `{"title":"好"}` || l.ResultKey != "key9" {
			t.Errorf("done: %+v", l)
		}
	})
}

func TestReleasedLinkTakesAnother(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx, links := within(t, 20*time.Second), db.Links()
		ref := linkOf(t, db, "again", makeLink())
		want(t, "bind", true)(links.Bind(ctx, ref, "b1", asker))
		want(t, "begin", true)(links.Receive(ctx, ref, "b1", "h1", "key1", time.Minute))
		want(t, "end", true)(links.Received(ctx, ref, "h1", "", 5, time.Minute))
		if err := links.Release(ctx, ref, "h1", `{"title":"列不对"}`); err != nil {
			t.Fatal(err)
		}
		if l := find(t, db, ref, "b1"); l.State != store.LinkOpen || l.Result == "" || l.BlobKey != "key1" {
			t.Errorf("released: %+v", l)
		}
		want(t, "begin again", true)(links.Receive(ctx, ref, "b1", "h2", "key2", time.Minute))
	})
}

func TestReceiveAndFetchRace(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx, links := within(t, 60*time.Second), db.Links()
		ref := linkOf(t, db, "races", makeLink())
		want(t, "bind", true)(links.Bind(ctx, ref, "b1", asker))
		var received, fetched atomic.Int32
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() {
				ok, err := links.Receive(ctx, ref, "b1", fmt.Sprintf("r%d", i), "key", time.Minute)
				if ok {
					received.Add(1)
				}
				got, also := links.Fetch(ctx, ref, "b1", fmt.Sprintf("f%d", i))
				if got {
					fetched.Add(1)
				}
				if err := errors.Join(err, also); err != nil {
					t.Errorf("race: %v", err)
				}
			})
		}
		all.Wait()
		if received.Load() != 1 || fetched.Load() != store.FetchMost {
			t.Errorf("%d uploads and %d downloads began", received.Load(), fetched.Load())
		}
		want(t, "another browser", false)(links.Fetch(ctx, ref, "b2", "f"))
	})
}

func TestSweepLinks(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx, links := within(t, 30*time.Second), db.Links()
		ended := linkOf(t, db, "ended", makeLink())
		want(t, "bind", true)(links.Bind(ctx, ended, "b1", asker))
		want(t, "begin", true)(links.Receive(ctx, ended, "b1", "h1", "key1", time.Minute))
		want(t, "end", true)(links.Received(ctx, ended, "h1", "", 5, time.Minute))
		want(t, "finish", true)(links.Finish(ctx, ended, "h1", "{}", "key2"))
		forgotten := map[string]bool{}
		sweep := func() {
			t.Helper()
			for {
				n, err := db.SweepLinks(ctx, func(_ context.Context, key string) error { forgotten[key] = true; return nil })
				if err != nil {
					t.Fatal(err)
				}
				if n == 0 {
					return
				}
			}
		}
		sweep()
		if len(forgotten) != 0 {
			t.Errorf("swept while it lives: %v", forgotten)
		}
		db.Clock().Shift(2 * time.Hour)
		live := linkOf(t, db, "live", makeLink())
		sweep()
		if !forgotten["key1"] || !forgotten["key2"] || len(forgotten) != 2 {
			t.Errorf("forgotten %v", forgotten)
		}
		if l := find(t, db, ended, "b1"); !l.Late || l.Result != "" {
			t.Errorf("ended: %+v", l)
		}
		db.Clock().Shift(24 * time.Hour)
		sweep()
		for ref, there := range map[string]bool{ended: false, live: true} {
			if _, found, err := links.Find(ctx, ref, "b1"); err != nil || found != there {
				t.Errorf("found %v %v, want %v", found, err, there)
			}
		}
	})
}

func FuzzValidRef(f *testing.F) {
	for _, s := range []string{"", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaab", "7d4rcdcxvlosrgfkjdee2xgsnq", "AAAAAAAAAAAAAAAAAAAAAAAAAA", "../../../../../../../../ab", "a\x00aaaaaaaaaaaaaaaaaaaaaaaa", strings.Repeat("a", 4000), "aaaaaaaaaaaaa\naaaaaaaaaaaaa"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !store.ValidRef(s) {
			return
		}
		if len(s) != 26 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") != "" {
			t.Errorf("%q passes", s)
		}
	})
}

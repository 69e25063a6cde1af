package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// onRoll puts somebody on the roll of a community, with a card for their household.
func onRoll(t testing.TB, db *store.DB, c civic.Community, n store.NewPerson) civic.PersonID {
	t.Helper()
	n.Community, n.Estate = c.ID, c.Code+"家新村"
	if n.Building == "" {
		n.Building, n.Unit, n.Room = "3", "2", "501"
	}
	id, err := db.AddPerson(within(t, 10*time.Second), n)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

const (
	cardCode  = "123456786"
	otherCode = "864201359"
)

// asSaid is what the person at 3-2-501 says.
func asSaid(a civic.Account, c civic.Community) civic.Said {
	return civic.Said{Account: a, Community: c.ID, Building: "3", Unit: "2", Room: "501", Name: "某甲", Digits: "1234"}
}

func matched(t testing.TB, db *store.DB, s civic.Said) civic.Match {
	t.Helper()
	m, err := db.Verification().Match(within(t, 10*time.Second), s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func identified(t testing.TB, db *store.DB, a civic.Account) (civic.Identity, bool) {
	t.Helper()
	id, ok, err := db.People().Identity(within(t, 10*time.Second), a)
	if err != nil {
		t.Fatal(err)
	}
	return id, ok
}

var toldClaimed = civic.Push{Kind: "claimed", Args: []byte("{}")}

func verifying(a civic.Account, m civic.Match) civic.Verify {
	return civic.Verify{Account: a, Print: m.Print, Tell: toldClaimed, Link: civic.Linkage{Person: m.Person, How: civic.ByRoll, Consent: "t"}}
}

// TestMatchTellsNothing: whatever is wrong, the answer is the same but for the opaque place where
// the try is counted, and it holds nothing of the roll.
func TestMatchTellsNothing(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		id := onRoll(t, db, c, store.NewPerson{Name: "某甲", Phone: "13800001234"})
		onRoll(t, db, c, store.NewPerson{Name: "某乙"})
		if err := db.AddCard(within(t, 10*time.Second), id, cardCode); err != nil {
			t.Fatal(err)
		}
		right := matched(t, db, asSaid("oA", c))
		if right.Person != id || right.Print == "" || right.Community != c.ID {
			t.Fatalf("the right words gave %+v", right)
		}
		card, err := db.Verification().Card(within(t, 10*time.Second), otherCode)
		if err != nil || card.Print == "" {
			t.Fatalf("a wrong code gave %+v, %v", card, err)
		}
		good, err := db.Verification().Card(within(t, 10*time.Second), cardCode)
		if err != nil || good.Household == 0 {
			t.Fatalf("a right code gave %+v, %v", good, err)
		}
		if m := matched(t, db, civic.Said{Account: "oA", Community: c.ID, Name: "某甲", Card: good}); m.Person != id {
			t.Errorf("card and name gave %+v", m)
		}
		for what, change := range map[string]func(*civic.Said){
			"name":           func(s *civic.Said) { s.Name = "某丙" },
			"digits":         func(s *civic.Said) { s.Digits = "4321" },
			"no digits":      func(s *civic.Said) { s.Digits = "" },
			"door":           func(s *civic.Said) { s.Room = "502" },
			"estate":         func(s *civic.Said) { s.Estate = "天边小区" },
			"community":      func(s *civic.Said) { s.Community = c.ID + 1 },
			"no phone there": func(s *civic.Said) { s.Name = "某乙" },
			"code":           func(s *civic.Said) { s.Card = card },
			"name of a card": func(s *civic.Said) { s.Card, s.Name = good, "某丙" },
			"forged card":    func(s *civic.Said) { s.Card = civic.Card{Household: good.Household, Print: card.Print} },
		} {
			s := asSaid("oA", c)
			change(&s)
			m := matched(t, db, s)
			if diff := cmp.Diff(civic.Match{}, m, cmpopts.IgnoreFields(civic.Match{}, "At")); diff != "" || len(m.At) != 32 {
				t.Errorf("wrong %s: %s, counted at %q", what, diff, m.At)
			}
			m.At = "" // a hash, which may hold any digits
			if text := fmt.Sprintf("%+v", m); strings.Contains(text, "某") || strings.Contains(text, "501") || strings.Contains(text, "1234") && what != "" && strings.Contains(text, "13800001234") {
				t.Errorf("wrong %s: the answer tells %s", what, text)
			}
		}
	})
}

// TestLookUpsAreOneStatementEach: the whole of a verification asks three times at most.
func TestLookUpsAreOneStatementEach(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 10*time.Second)
		c := community(t, db, "钮")
		onRoll(t, db, c, store.NewPerson{Name: "某甲", Phone: "13800001234"})
		matched(t, db, asSaid("oA", c)) // places and keys are in memory now
		for name, ask := range map[string]func() error{
			"standing": func() error { _, err := db.Verification().Standing(ctx, "oA"); return err },
			"card":     func() error { _, err := db.Verification().Card(ctx, cardCode); return err },
			"match":    func() error { _, err := db.Verification().Match(ctx, asSaid("oA", c)); return err },
			"identity": func() error { _, _, err := db.People().Identity(ctx, "oA"); return err },
		} {
			var err error
			sql, e := store.Recorded(db, func() { err = ask() })
			if err != nil || e != nil || len(sql) != 1 {
				t.Errorf("%s: %d statements, %v, %v", name, len(sql), err, e)
			}
		}
	})
}

func TestVerify(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 30*time.Second)
		c, far := community(t, db, "钮"), community(t, db, "葑")
		id := onRoll(t, db, c, store.NewPerson{Name: "某甲", Phone: "13800001234", Grid: "一网格"})
		must(t, db, commit("join", 1, "oA", civic.Join{Account: "oA", Community: far.ID}))
		must(t, db, commit("need", 1, "oA", need("oA", c.ID, "路灯坏了")))
		m := matched(t, db, asSaid("oA", c))
		v := verifying("oA", m)
		first := must(t, db, commit("v", 1, "oA", v))
		if first.Word != civic.Verified {
			t.Errorf("receipt %+v", first)
		}
		if again := must(t, db, commit("v", 1, "oA", v)); again != first {
			t.Errorf("a repeat gave %+v", again)
		}
		got, ok := identified(t, db, "oA")
		if !ok || got.Person != id || got.Community != c.ID || got.How != civic.ByRoll || got.Grid == 0 {
			t.Errorf("identity %+v, %v", got, ok)
		}
		if f, _, err := db.Followers().Follower(ctx, "oA"); err != nil || f.Community != c.ID || f.Estate != got.Estate {
			t.Errorf("the account belongs to %+v, %v", f, err)
		}
		mine, _, err := db.Needs().Mine(ctx, "oA", 0, 5)
		if err != nil || len(mine) != 1 || mine[0].Person != id || mine[0].Estate != got.Estate || mine[0].Grid != got.Grid {
			t.Errorf("needs %+v, %v", mine, err)
		}
		if said := refused(t, db, commit("v", 2, "oB", civic.Verify{Account: "oB", Print: m.Print, Link: v.Link})); !strings.Contains(said, "没有认证成") {
			t.Errorf("somebody else's proof: %s", said)
		}
		if _, err := db.Commit(ctx, commit("v", 3, "oB", v)); err == nil {
			t.Error("somebody verified another account")
		}
		other := onRoll(t, db, c, store.NewPerson{Name: "某乙", Phone: "13800005678"})
		s := asSaid("oA", c)
		s.Name, s.Digits = "某乙", "5678"
		if m := matched(t, db, s); m.Person != other {
			t.Fatal("no match")
		} else if said := refused(t, db, commit("v", 4, "oA", verifying("oA", m))); !strings.Contains(said, "不是同一个人") {
			t.Errorf("a second person: %s", said)
		}
	})
}

// TestVerifyLooksAgain: the roll may change between the look-up and the commit.
func TestVerifyLooksAgain(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 30*time.Second)
		c := community(t, db, "钮")
		id := onRoll(t, db, c, store.NewPerson{Name: "某甲", Phone: "13800001234"})
		for i, change := range []string{"phone_hash = NULL", "left_ms = 1"} {
			m := matched(t, db, asSaid("oA", c))
			if err := store.ChangePerson(ctx, db, id, change); err != nil {
				t.Fatal(err)
			}
			if said := refused(t, db, commit("v", i, "oA", verifying("oA", m))); !strings.Contains(said, "名册刚有变动") {
				t.Errorf("%s: %s", change, said)
			}
		}
		if _, ok := identified(t, db, "oA"); ok {
			t.Error("verified all the same")
		}
	})
}

func TestWrongTries(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		onRoll(t, db, c, store.NewPerson{Name: "某甲", Phone: "13800001234"})
		good := matched(t, db, asSaid("oA", c))
		wrong := asSaid("oA", c)
		wrong.Digits = "0000"
		for i := range 5 {
			m := matched(t, db, wrong)
			for range 2 { // a repeat of the message counts once
				must(t, db, commit("w", i, "oA", civic.NoteWrong{Account: "oA", At: m.At, How: civic.ByRoll}))
			}
			if got := matched(t, db, wrong).Tries.Wrong; got != i+1 {
				t.Fatalf("%d wrong tries counted as %d", i+1, got)
			}
		}
		m := matched(t, db, asSaid("oA", c))
		if !m.Locked || m.Person != 0 || m.Until.Sub(db.Clock().Now()) > 30*time.Minute {
			t.Errorf("after five wrong tries %+v", m)
		}
		if said := refused(t, db, commit("v", 1, "oA", verifying("oA", good))); !strings.Contains(said, "再试") {
			t.Errorf("a proof from before the lock: %s", said)
		}
		// To ask the grid worker and to take that back does not end the lock.
		must(t, db, commit("ask", 1, "oA", civic.AskVerify{Said: asSaid("oA", c), Consent: "t"}))
		must(t, db, commit("back", 1, "oA", civic.Unverify{Account: "oA"}))
		if m := matched(t, db, asSaid("oA", c)); !m.Locked {
			t.Error("taking a request back ends the lock")
		}
		// The door is slowed for others, whether it exists or not, and the card is not.
		strange := asSaid("oC", c)
		strange.Building, strange.Room = "99", "999"
		for i := range 5 {
			must(t, db, commit("s", i, "oC", civic.NoteWrong{Account: "oC", At: matched(t, db, strange).At, How: civic.ByRoll}))
		}
		strange.Account = "oB"
		there, none := matched(t, db, asSaid("oB", c)), matched(t, db, strange)
		if there.Until.IsZero() || there.Locked || none.Until.IsZero() || none.Locked || there.Person != 0 {
			t.Errorf("the door %+v, no door %+v: want both slowed alike", there, none)
		}
		db.Clock().Shift(16 * time.Second)
		if m := matched(t, db, asSaid("oB", c)); m.Person == 0 {
			t.Errorf("the family still waits: %+v", m)
		}
		db.Clock().Shift(30 * time.Minute)
		must(t, db, commit("v", 2, "oA", verifying("oA", matched(t, db, asSaid("oA", c)))))
		if m := matched(t, db, asSaid("oA", c)); m.Tries.Wrong != 0 {
			t.Errorf("after the right one %+v", m.Tries)
		}
	})
}

// TestTwoClaimOnePersonAtOnce: neither loses anything, one is told that it was second, and the
// first is told of it.
func TestTwoClaimOnePersonAtOnce(t *testing.T) {
	replicas(t, func(t *testing.T, one, two *store.DB) {
		c := community(t, one, "钮")
		for i := range 12 {
			name := fmt.Sprintf("某%c", '丙'+rune(i))
			n := store.NewPerson{Name: name, Phone: "13800001234"}
			id := onRoll(t, one, c, n)
			words := map[string]int{}
			var mu sync.Mutex
			var all sync.WaitGroup
			for k, db := range []*store.DB{one, two} {
				all.Go(func() {
					a := civic.Account(fmt.Sprintf("o%d-%d", i, k))
					s := asSaid(a, c)
					s.Name = name
					m, err := db.Verification().Match(within(t, 20*time.Second), s)
					if err != nil || m.Person != id {
						t.Errorf("match %+v, %v", m, err)
						return
					}
					r := must(t, db, commit(fmt.Sprintf("run-%d-%d", i, k), 1, a, verifying(a, m)))
					mu.Lock()
					defer mu.Unlock()
					words[r.Word]++
				})
			}
			all.Wait()
			if words[civic.Verified] != 1 || words[civic.VerifiedToo] != 1 {
				t.Fatalf("round %d: %v", i, words)
			}
			for k := range 2 {
				if got, ok := identified(t, one, civic.Account(fmt.Sprintf("o%d-%d", i, k))); !ok || got.Person != id {
					t.Errorf("round %d: account %d is %+v, %v", i, k, got, ok)
				}
			}
		}
		if n, err := store.CountPushes(within(t, 10*time.Second), one, "claimed"); err != nil || n != 12 {
			t.Errorf("%d pushes, %v; want one each", n, err)
		}
	})
}

// TestVerifyErrorsHoldNoValues breaks the database under each of them.
func TestVerifyErrorsHoldNoValues(t *testing.T) {
	db := storetest.Open(t)
	ctx := within(t, 30*time.Second)
	c := community(t, db, "钮")
	onRoll(t, db, c, store.NewPerson{Name: "某金丝雀", Phone: "13812345678"})
	s := civic.Said{Account: "oCanary", Community: c.ID, Building: "77", Room: "7777", Name: "某金丝雀", Digits: "5678"}
	m := matched(t, db, s)
	if err := store.Down(ctx, db); err != nil {
		t.Fatal(err)
	}
	ask := func(e any) error {
		_, err := db.Commit(ctx, commit("r", 1, "oCanary", e))
		return err
	}
	_, errMatch := db.Verification().Match(ctx, s)
	_, errCard := db.Verification().Card(ctx, cardCode)
	_, errStanding := db.Verification().Standing(ctx, "oCanary")
	for name, err := range map[string]error{
		"match": errMatch, "card": errCard, "standing": errStanding, "verify": ask(verifying("oCanary", m)),
		"ask": ask(civic.AskVerify{Said: s, Consent: "t"}), "wrong": ask(civic.NoteWrong{Account: "oCanary", At: m.At}),
		"dispute": ask(civic.DisputeClaim{Account: "oCanary"}), "unverify": ask(civic.Unverify{Account: "oCanary"}),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, canary := range []string{"金丝雀", "5678", "7777", cardCode, "oCanary"} {
			if strings.Contains(err.Error(), canary) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if err := db.Migrate(context.Background()); err != nil { // so that Close can flush
		t.Error(err)
	}
	if errors.Is(errMatch, store.ErrBusy) {
		t.Error("the look-up was not even tried")
	}
}

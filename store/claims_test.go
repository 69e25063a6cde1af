package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// staffOf gives an account an office in a community, with the grids given.
func staffOf(t testing.TB, db *store.DB, a civic.Account, r civic.Role, c civic.CommunityID, grids ...int64) civic.Grant {
	t.Helper()
	ctx := within(t, 10*time.Second)
	if _, err := db.AddStaff(ctx, store.NewStaff{Account: a, Name: "某", Role: r, Community: c, Grids: grids}); err != nil {
		t.Fatal(err)
	}
	all, err := db.Staff().Grants(ctx, a)
	if err != nil || len(all) != 1 {
		t.Fatalf("grants %v, %v", all, err)
	}
	return all[0]
}

func deciding(a civic.Account, c civic.CommunityID, claim int64, d civic.Decision, p civic.PersonID) civic.DecideClaim {
	return civic.DecideClaim{
		By: civic.By{Account: a, Community: c}, Claim: claim, Decision: d, Person: p, Beside: d == civic.ClaimAccept,
		Tell: civic.Push{Kind: "verify", Args: []byte("{}")}, TellOthers: civic.Push{Kind: "claimed", Args: []byte("{}")},
	}
}

func queue(t testing.TB, db *store.DB, g civic.Grant, c civic.CommunityID) []civic.Claim {
	t.Helper()
	list, total, err := db.Claims().Claims(within(t, 10*time.Second), g, c, 0, 5)
	if err != nil || total < len(list) {
		t.Fatalf("claims: %d of %d, %v", len(list), total, err)
	}
	return list
}

// TestClaimsAreSeenByTheirOfficeAlone, and decided by it alone.
func TestClaimsAreSeenByTheirOfficeAlone(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c, far := community(t, db, "钮"), community(t, db, "葑")
		id := onRoll(t, db, c, store.NewPerson{Name: "某甲", Grid: "一网格"})
		onRoll(t, db, c, store.NewPerson{Name: "某乙", Grid: "二网格", Building: "5", Room: "101"})
		grids, err := db.Communities().Grids(within(t, 10*time.Second), c.ID)
		if err != nil || len(grids) != 2 {
			t.Fatal(grids, err)
		}
		grid := map[string]int64{grids[0].Name: grids[0].ID, grids[1].Name: grids[1].ID}
		s := asSaid("oA", c)
		s.Digits = ""
		must(t, db, commit("ask", 1, "oA", civic.AskVerify{Said: s, Consent: "t"}))
		must(t, db, commit("ask", 2, "oA", civic.AskVerify{Said: s, Consent: "t"})) // it replaces the first
		offices := map[civic.Account]civic.Grant{
			"oOne": staffOf(t, db, "oOne", civic.GridWorker, c.ID, grid["一网格"]), "oTwo": staffOf(t, db, "oTwo", civic.GridWorker, c.ID, grid["二网格"]),
			"oFar": staffOf(t, db, "oFar", civic.Committee, far.ID), "oLooks": staffOf(t, db, "oLooks", civic.Supervisor, c.ID),
			"oHead": staffOf(t, db, "oHead", civic.Committee, c.ID),
		}
		claim := queue(t, db, offices["oOne"], c.ID)[0]
		if claim.Name != "某甲" || claim.Door != "钮家新村3幢2单元501室" || claim.Grid != grid["一网格"] {
			t.Errorf("the claim is %+v", claim)
		}
		for a, want := range map[civic.Account]int{"oOne": 1, "oTwo": 0, "oFar": 0, "oLooks": 0, "oHead": 1} {
			if got := queue(t, db, offices[a], c.ID); len(got) != want {
				t.Errorf("%s sees %d claims, want %d", a, len(got), want)
			}
			if _, ok, err := db.Claims().Claim(within(t, 10*time.Second), offices[a], c.ID, claim.ID); err != nil || ok != (want == 1) {
				t.Errorf("%s opens it: %v, %v", a, ok, err)
			}
			if want == 0 {
				if said := refused(t, db, commit("no-"+string(a), 1, a, deciding(a, c.ID, claim.ID, civic.ClaimAccept, id))); said != civic.NoLonger {
					t.Errorf("%s decides: %s", a, said)
				}
			}
		}
		refused(t, db, commit("no-far", 1, "oFar", deciding("oFar", far.ID, claim.ID, civic.ClaimAccept, id)))
		refused(t, db, commit("no-res", 1, "oA", deciding("oA", c.ID, claim.ID, civic.ClaimAccept, id)))
		must(t, db, commit("pass", 1, "oOne", deciding("oOne", c.ID, claim.ID, civic.ClaimPass, 0)))
		if got := queue(t, db, offices["oOne"], c.ID); len(got) != 0 {
			t.Error("what was passed on is still there")
		}
		refused(t, db, commit("late", 1, "oOne", deciding("oOne", c.ID, claim.ID, civic.ClaimAccept, id)))
		other := onRoll(t, db, c, store.NewPerson{Name: "某丙", Building: "5", Room: "101"})
		if said := refused(t, db, commit("wrong", 1, "oHead", deciding("oHead", c.ID, claim.ID, civic.ClaimAccept, other))); !strings.Contains(said, "没有这个人") {
			t.Errorf("somebody of another door: %s", said)
		}
		must(t, db, commit("yes", 1, "oHead", deciding("oHead", c.ID, claim.ID, civic.ClaimAccept, id)))
		if got, ok := identified(t, db, "oA"); !ok || got.Person != id || got.How != civic.ByHand {
			t.Errorf("identity %+v, %v", got, ok)
		}
		rows, err := store.AuditTexts(within(t, 10*time.Second), db)
		if err != nil || len(rows) < 2 {
			t.Fatal(rows, err)
		}
		for _, r := range rows {
			if strings.Contains(r, "某") || strings.Contains(r, "oA") {
				t.Errorf("the audit log tells %s", r)
			}
		}
		if left, err := store.ClaimBytes(within(t, 10*time.Second), db, claim.ID); err != nil || left != 0 {
			t.Errorf("%d bytes of name and door are left, %v", left, err)
		}
	})
}

// TestTwoDecideAtOnce: one of them does, the other reads so.
func TestTwoDecideAtOnce(t *testing.T) {
	replicas(t, func(t *testing.T, one, two *store.DB) {
		c := community(t, one, "钮")
		g := staffOf(t, one, "oOne", civic.GridWorker, c.ID)
		staffOf(t, one, "oTwo", civic.GridWorker, c.ID)
		for i := range 10 {
			name := fmt.Sprintf("某%c", '丙'+rune(i))
			id := onRoll(t, one, c, store.NewPerson{Name: name})
			a := civic.Account(fmt.Sprintf("oA%d", i))
			s := asSaid(a, c)
			s.Name, s.Digits = name, ""
			must(t, one, commit("ask", i, a, civic.AskVerify{Said: s, Consent: "t"}))
			claim := queue(t, one, g, c.ID)[0]
			var all sync.WaitGroup
			var mu sync.Mutex
			done, late := 0, 0
			for k, db := range []*store.DB{one, two} {
				all.Go(func() {
					who := []civic.Account{"oOne", "oTwo"}[k]
					what := []civic.Decision{civic.ClaimAccept, civic.ClaimDecline}[k]
					ctx := within(t, 20*time.Second)
					e := commit(fmt.Sprintf("d%d-%d", i, k), 1, who, deciding(who, c.ID, claim.ID, what, id))
					_, err := db.Commit(ctx, e)
					for errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrUnsure) {
						_, err = db.Commit(ctx, e)
					}
					var no *civic.Refusal
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						done++
					case errors.As(err, &no) && strings.Contains(no.Sentence, "已经有人办了"):
						late++
					default:
						t.Errorf("decide: %v", err)
					}
				})
			}
			all.Wait()
			if done != 1 || late != 1 {
				t.Fatalf("round %d: %d decided, %d were late", i, done, late)
			}
		}
	})
}

// TestDisputeLosesAndDoublesNothing: what was counted stays so while staff look, and is put right
// by what they decide.
func TestDisputeLosesAndDoublesNothing(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 30*time.Second)
		c := community(t, db, "钮")
		id := onRoll(t, db, c, store.NewPerson{Name: "某甲", Phone: "13800001234"})
		n, err := db.AddNeed(ctx, civic.Need{Community: c.ID, Author: "oAuthor", Category: civic.Environment, Text: "路灯坏了", State: civic.NeedRaised, Released: true})
		if err != nil {
			t.Fatal(err)
		}
		g := staffOf(t, db, "oStaff", civic.GridWorker, c.ID)
		counts := func(when string, heat, others int) {
			t.Helper()
			got, _, err := db.Needs().ByNumber(ctx, c.ID, n.Number.Year, n.Number.Seq)
			if err != nil || got.Heat != heat || got.Others != others {
				t.Errorf("%s: heat %d and %d others, %v; want %d and %d", when, got.Heat, got.Others, err, heat, others)
			}
		}
		for _, a := range []civic.Account{"oOld", "oNew"} {
			must(t, db, commit("e-"+string(a), 1, a, civic.EndorseNeed{Account: a, Need: n.ID}))
		}
		counts("before", 0, 2)
		must(t, db, commit("v1", 1, "oOld", verifying("oOld", matched(t, db, asSaid("oOld", c)))))
		counts("one verified", 1, 1)
		db.Clock().Shift(time.Minute)
		must(t, db, commit("v2", 1, "oNew", verifying("oNew", matched(t, db, asSaid("oNew", c)))))
		counts("both verified", 1, 0)
		if r := must(t, db, commit("d", 1, "oOld", civic.DisputeClaim{Account: "oOld", Tell: civic.Push{Kind: "verify"}})); r.Word != civic.Disputed {
			t.Errorf("receipt %+v", r)
		}
		if _, ok := identified(t, db, "oNew"); ok {
			t.Error("the newer claim is not frozen")
		}
		if s, err := db.Verification().Standing(ctx, "oNew"); err != nil || !s.Frozen {
			t.Errorf("standing %+v, %v", s, err)
		}
		counts("in dispute", 1, 0)
		if said := refused(t, db, commit("v3", 1, "oNew", verifying("oNew", matched(t, db, asSaid("oNew", c))))); !strings.Contains(said, "核对") {
			t.Errorf("while frozen: %s", said)
		}
		claim := queue(t, db, g, c.ID)[0]
		if claim.Kind != civic.ClaimDispute || !claim.Frozen || claim.Name != "某甲" {
			t.Errorf("claim %+v", claim)
		}
		must(t, db, commit("yes", 1, "oStaff", deciding("oStaff", c.ID, claim.ID, civic.ClaimAccept, 0)))
		if got, ok := identified(t, db, "oNew"); !ok || got.Person != id || got.How != civic.ByRoll {
			t.Errorf("given back as %+v, %v", got, ok)
		}
		counts("given back", 1, 0)
		must(t, db, commit("d", 2, "oOld", civic.DisputeClaim{Account: "oOld", Tell: civic.Push{Kind: "verify"}}))
		must(t, db, commit("no", 1, "oStaff", deciding("oStaff", c.ID, queue(t, db, g, c.ID)[0].ID, civic.ClaimDecline, 0)))
		counts("taken away", 1, 1)
		if said := refused(t, db, commit("v4", 1, "oNew", verifying("oNew", matched(t, db, asSaid("oNew", c))))); !strings.Contains(said, "没有通过") {
			t.Errorf("after it was declined: %s", said)
		}
		must(t, db, commit("u", 1, "oOld", civic.Unverify{Account: "oOld"}))
		counts("consent taken back", 0, 2)
	})
}

// TestNewerFreezesNothing: whoever came second can ask staff to look, and no more.
func TestNewerFreezesNothing(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		onRoll(t, db, c, store.NewPerson{Name: "某甲", Phone: "13800001234"})
		if said := refused(t, db, commit("d", 0, "oNew", civic.DisputeClaim{Account: "oNew"})); !strings.Contains(said, "没有别的") {
			t.Errorf("a stranger disputes: %s", said)
		}
		for i, a := range []civic.Account{"oOld", "oNew"} {
			must(t, db, commit("v", i, a, verifying(a, matched(t, db, asSaid(a, c)))))
			db.Clock().Shift(time.Minute)
		}
		if r := must(t, db, commit("d", 1, "oNew", civic.DisputeClaim{Account: "oNew"})); r.Word != civic.DisputeKept {
			t.Errorf("receipt %+v", r)
		}
		if _, ok := identified(t, db, "oOld"); !ok {
			t.Error("the older claim was frozen")
		}
	})
}

package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// sealedWorld is a community with something in every column that is sealed, and two replicas.
type sealedWorld struct {
	t          *testing.T
	dsn        string
	db, other  *store.DB
	c          civic.Community
	roll       []civic.RollRow
	first      civic.PersonID
	people     map[string]store.KnownPerson
	talk       civic.TalkID
	open, used string // codes of invitations
	twice      bool   // it may be sealed anew twice, after which nobody knows a used code
}

// sealedWorlds runs a test on both kinds of database.
func sealedWorlds(t *testing.T, test func(*testing.T, *sealedWorld)) {
	for name, dsn := range map[string]func(*testing.T) string{
		"sqlite": func(t *testing.T) string { return "sqlite:" + t.TempDir() + "/yishi.db" },
		"mysql":  func(t *testing.T) string { return "mysql:" + storetest.MySQL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			w := &sealedWorld{t: t, dsn: dsn(t)}
			w.db = storetest.OpenDSN(t, w.dsn)
			w.fill()
			w.other = storetest.OpenDSN(t, w.dsn)
			w.intact(w.other) // it has read the key of now
			test(t, w)
		})
	}
}

func (w *sealedWorld) ctx() context.Context { return within(w.t, 60*time.Second) }

func (w *sealedWorld) fill() {
	t, db := w.t, w.db
	w.c = talkDesk(t, db)
	w.first = onRoll(t, db, w.c, store.NewPerson{Name: "某甲", Phone: "13800001234"})
	for i := range 7 {
		w.roll = append(w.roll, lineOf(i+2, w.c, "钮家新村", "", "8", "1", fmt.Sprint(100+i), "某"+string(rune('丙'+i)), fmt.Sprint("1390000000", i), fmt.Sprint("C", i), "备注"))
	}
	w.roll[3].Phone, w.roll[4].Note = "", ""
	takeRoll(t, db, store.RollOptions{}, w.roll...)
	w.roll[5].Phone, w.roll[5].Note = "", "" // empty cells leave what was known
	takeRoll(t, db, store.RollOptions{}, w.roll...)
	w.people = people(t, db)
	must(t, db, commit("v-stays", 1, "oStays", verifying("oStays", matched(t, db, asSaid("oStays", w.c)))))
	w.leave("oGone")
	mustAct(t, db, "oZhang", sayLine("oZhang", w.c.ID, "路灯坏了"))
	w.talk = theTalk(t, db).ID
	for i := range 4 {
		mustAct(t, db, "oZhang", sayLine("oZhang", w.c.ID, fmt.Sprint("第", i, "句")))
	}
	staffOf(t, db, "oHead", civic.Committee, w.c.ID)
	s := asSaid("oAsks", w.c)
	must(t, db, commit("ask", 1, "oAsks", civic.AskVerify{Said: s, Consent: "t"}))
	must(t, db, commit("wrong", 1, "oWrong", civic.NoteWrong{Account: "oWrong", At: matched(t, db, asSaid("oWrong", w.c)).At, How: civic.ByRoll}))
	office := civic.Office{Role: civic.GridWorker, Community: w.c.ID}
	w.open, w.used = invited(t, db, office, "某待来"), invited(t, db, office, "某已来")
	must(t, db, accept("accept", "oCame", w.used))
	if err := db.AddCard(w.ctx(), w.first, cardCode); err != nil {
		t.Fatal(err)
	}
}

// leave verifies an account as the first person and lets it unfollow for good.
func (w *sealedWorld) leave(a civic.Account) {
	w.t.Helper()
	must(w.t, w.db, commit("v-"+string(a), 1, a, verifying(a, matched(w.t, w.db, asSaid(a, w.c)))))
	inTouch(w.t, w.db, a)
	w.db.Clock().Shift(time.Minute)
	if err := w.db.Unfollow(w.ctx(), a, w.db.Clock().Now()); err != nil {
		w.t.Fatal(err)
	}
	w.db.Clock().Shift(2 * time.Hour)
	if n, err := w.db.SweepIdentities(w.ctx()); err != nil || n != 1 {
		w.t.Fatalf("swept %d, %v", n, err)
	}
}

// intact reads all that is sealed and finds all that is hashed.
func (w *sealedWorld) intact(db *store.DB) {
	w.t.Helper()
	if diff := cmp.Diff(w.people, people(w.t, db)); diff != "" {
		w.t.Errorf("people (-) were not read as they are (+):\n%s", diff)
	}
	for _, a := range []civic.Account{"oStays", "oGone"} {
		if id, ok := identified(w.t, db, a); !ok || id.Person != w.first {
			w.t.Errorf("%s is %+v, %v", a, id, ok)
		}
	}
	if m := matched(w.t, db, asSaid("oNew", w.c)); m.Person != w.first {
		w.t.Errorf("the roll gave %+v", m)
	}
	lines, err := db.Talks().Lines(w.ctx(), "oWang", w.talk, 1000)
	if err != nil || len(lines) < 5 || lines[0].Text != "路灯坏了" {
		w.t.Errorf("%d lines, %v", len(lines), err)
	}
	if claims := queue(w.t, db, "oHead", w.c.ID); len(claims) != 1 || claims[0].Name != "某甲" {
		w.t.Errorf("claims %+v", claims)
	}
	if all, err := db.Talks().Colleagues(w.ctx(), "oWang", w.c.ID); err != nil || len(all) == 0 || all[0].Name == "" {
		w.t.Errorf("colleagues %v, %v", all, err)
	}
	if s := stateOf(w.t, db, "oCame", w.used); s != civic.InviteMine && (!w.twice || s != civic.InviteUnknown) {
		w.t.Errorf("the used invitation is %s", s)
	}
}

// renewed says that everything is under the key id alone.
func (w *sealedWorld) renewed(id int64) {
	w.t.Helper()
	if keys, err := store.DataKeys(w.ctx(), w.db); err != nil || !slices.Equal(keys, []int64{id}) {
		w.t.Errorf("data keys %v, %v; want %d", keys, err, id)
	}
	for was := range id {
		if n, err := store.SealedUnder(w.ctx(), w.db, was); err != nil || n != 0 {
			w.t.Errorf("%d values are under key %d, %v", n, was, err)
		}
	}
}

func TestReseal(t *testing.T) {
	sealedWorlds(t, func(t *testing.T, w *sealedWorld) {
		w.leave("oLost")
		if err := errors.Join(
			store.ForgetAccount(w.ctx(), w.db, "oLost"), store.ChangePerson(w.ctx(), w.db, civic.PersonID(w.people["某丙"].ID), "roll_hash = name_hash"),
		); err != nil {
			t.Fatal(err)
		}
		before, err := w.db.CountReseal(w.ctx())
		if err != nil {
			t.Fatal(err)
		}
		if before.Former != 2 || before.Void != 1 || before.Cards != 1 || before.Tries != 2 || before.People != 8 {
			t.Errorf("counted before: %+v", before)
		}
		got, err := w.db.Reseal(w.ctx(), store.ResealOptions{})
		if err != nil {
			t.Fatal(err)
		}
		want := before
		want.Former, want.Lost, want.Unlike = 1, 1, 1
		if got != want {
			t.Errorf("sealed anew %+v, want %+v", got, want)
		}
		w.renewed(2)
		w.intact(w.db)
		w.intact(w.other) // which knows the first key only
		if s := stateOf(t, w.other, "oNobody", w.open); s != civic.InviteRevoked {
			t.Errorf("the invitation that was open is %s", s)
		}
		if id, err := w.other.HouseholdOf(w.ctx(), cardCode); err != nil || id != 0 {
			t.Errorf("the card opens %d, %v", id, err)
		}
		if _, ok := identified(t, w.db, "oLost"); ok {
			t.Error("an account was found whose hash nobody can make anew")
		}
		for _, db := range []*store.DB{w.other, w.db} { // it writes under the new key
			inTouch(t, db, "oZhang")
			mustAct(t, db, "oZhang", sayLine("oZhang", w.c.ID, "还有一句"))
			office := civic.Office{Role: civic.GridWorker, Community: w.c.ID}
			if s := stateOf(t, w.db, "oNobody", invited(t, db, office, "某新人")); s != civic.InviteOpen {
				t.Errorf("a new invitation is %s", s)
			}
		}
		w.renewed(2)
		if n, faults := takeRoll(t, w.other, store.RollOptions{Complete: true}, w.roll...); n.Same != len(w.roll)-1 || n.Changed != 1 || n.Left != 1 || len(faults) > 0 {
			t.Errorf("the same roll again: %+v, %v", n, faults)
		}
		texts, err := store.AuditTexts(w.ctx(), w.db)
		if err != nil || !slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, "reseal vault:1") }) ||
			!slices.ContainsFunc(texts, func(s string) bool {
				return strings.Contains(s, `resealed vault:2`) && strings.Contains(s, `"people":8`)
			}) {
			t.Errorf("audit log: %v, %v", texts, err)
		}
		if got, err := w.db.Reseal(w.ctx(), store.ResealOptions{Batch: 3}); err != nil || got.People != 8 || got.Unlike != 0 {
			t.Errorf("a second time: %+v, %v", got, err)
		}
		w.renewed(3)
	})
}

// TestResealDiesAnywhere: after each batch, and in each step before COMMIT. What a run after it reads
// is whole, by a replica that knows of it and by one that does not, and in the end all is done once.
func TestResealDiesAnywhere(t *testing.T) {
	sealedWorlds(t, func(t *testing.T, w *sealedWorld) {
		want, err := w.db.CountReseal(w.ctx())
		if err != nil {
			t.Fatal(err)
		}
		for step := range store.ResealSteps {
			live := store.DieIn(step)
			_, err := w.db.Reseal(w.ctx(), store.ResealOptions{Batch: 2, Tell: func(store.ResealProgress) {}})
			live()
			if !errors.Is(err, store.ErrDies) {
				t.Fatalf("step %d did not die: %v", step, err)
			}
			w.intact(w.db)
		}
		w.intact(w.other)
		for deaths := 0; ; deaths++ {
			ctx, die := context.WithCancel(w.ctx())
			got, err := w.db.Reseal(ctx, store.ResealOptions{Batch: 2, Tell: func(store.ResealProgress) { die() }})
			die()
			if err == nil {
				if got != want {
					t.Errorf("sealed anew %+v, want %+v", got, want)
				}
				break
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			if deaths > 100 {
				t.Fatal("it does not come to an end")
			}
			w.intact(w.db)
			w.intact(w.other)
		}
		w.renewed(2)
	})
}

package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// TestResealWhileOthersWork: another replica reads and writes all the while, and a second reseal runs
// at once. Every answer is right, and nothing that was written is lost.
func TestResealWhileOthersWork(t *testing.T) {
	sealedWorlds(t, func(t *testing.T, w *sealedWorld) {
		w.twice = true // of two at once the second may begin when the first has ended
		done := make(chan struct{})
		var all sync.WaitGroup
		written := 0
		all.Go(func() {
			for i := 0; ; i++ {
				w.intact(w.other)
				if _, err := w.other.Commit(w.ctx(), commit("say", i, "oZhang", sayLine("oZhang", w.c.ID, fmt.Sprint("说", i)))); err != nil {
					t.Errorf("line %d: %v", i, err)
				} else {
					written++
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
		var both sync.WaitGroup
		for _, db := range []*store.DB{w.db, w.other} {
			both.Go(func() {
				if _, err := db.Reseal(w.ctx(), store.ResealOptions{Batch: 1}); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		close(done)
		all.Wait()
		keys, err := store.DataKeys(w.ctx(), w.db)
		if err != nil || len(keys) != 1 {
			t.Fatalf("data keys %v, %v", keys, err)
		}
		w.renewed(keys[0])
		lines, err := w.db.Talks().Lines(w.ctx(), "oWang", w.talk, 5+written+10)
		if err != nil || len(lines) != 5+written {
			t.Errorf("%d lines, %v; %d were written", len(lines), err, written)
		}
	})
}

// TestResealWaitsForWriters: no new key is made while somebody is about to write under the old one.
func TestResealWaitsForWriters(t *testing.T) {
	sealedWorlds(t, func(t *testing.T, w *sealedWorld) {
		end, err := store.WriteSealed(w.ctx(), w.other)
		if err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(w.ctx(), 300*time.Millisecond)
		defer cancel()
		if _, err := w.db.Reseal(short, store.ResealOptions{}); err == nil {
			t.Error("a key was made over the head of a writer")
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if keys, err := store.DataKeys(w.ctx(), w.db); err != nil || len(keys) != 1 {
			t.Errorf("data keys %v, %v", keys, err)
		}
		if _, err := w.db.Reseal(w.ctx(), store.ResealOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// TestResealKeepsOutImports, and they keep it out; cards too are not made meanwhile.
func TestResealKeepsOutImports(t *testing.T) {
	sealedWorlds(t, func(t *testing.T, w *sealedWorld) {
		in, err := w.db.BeginRoll(w.ctx(), store.RollOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.db.Reseal(w.ctx(), store.ResealOptions{}); !errors.Is(err, store.ErrImports) {
			t.Errorf("during an import: %v", err)
		}
		store.Die(in)
		w.db.Clock().Shift(time.Minute)
		live := store.DieIn(3)
		if _, err := w.db.Reseal(w.ctx(), store.ResealOptions{}); !errors.Is(err, store.ErrDies) { // the dead import was swept
			t.Errorf("after an import died: %v", err)
		}
		live()
		if _, err := w.other.BeginRoll(w.ctx(), store.RollOptions{}); !errors.Is(err, store.ErrResealing) {
			t.Errorf("an import: %v", err)
		}
		cards := func([]store.NewDoorCode) error { return nil }
		order := store.CodesOrder{By: civic.By{Community: w.c.ID}, Seed: []byte("x")}
		if err := w.other.MakeDoorCodes(w.ctx(), order, cards); !errors.Is(err, store.ErrResealing) {
			t.Errorf("cards: %v", err)
		}
		if _, err := w.db.Reseal(w.ctx(), store.ResealOptions{}); err != nil {
			t.Error(err)
		}
		if err := w.other.MakeDoorCodes(w.ctx(), order, cards); err != nil {
			t.Errorf("cards afterwards: %v", err)
		}
	})
}

// TestResealLooksBeforeItDestroys: a value that somebody wrote under the old key after all is found.
func TestResealLooksBeforeItDestroys(t *testing.T) {
	sealedWorlds(t, func(t *testing.T, w *sealedWorld) {
		planted := false
		_, err := w.db.Reseal(w.ctx(), store.ResealOptions{Tell: func(p store.ResealProgress) {
			if p.Step == "people" && !planted {
				planted = true
				grants := holds(t, w.db, "oWang")
				if err := store.PlantSealed(w.ctx(), w.db, 1, grants[0].Staff); err != nil {
					t.Error(err)
				}
			}
		}})
		if err == nil {
			t.Error("the old key was destroyed")
		}
		w.intact(w.other)
		if _, err := w.db.Reseal(w.ctx(), store.ResealOptions{}); err != nil {
			t.Error(err)
		}
		w.renewed(2)
		w.intact(w.other)
	})
}

// TestResealAndTheMasterKey: rotation comes first, and may come in the middle.
func TestResealAndTheMasterKey(t *testing.T) {
	sealedWorlds(t, func(t *testing.T, w *sealedWorld) {
		o := storetest.Options(w.dsn)
		wrong := o
		wrong.Key = bytes.Repeat([]byte{9}, 32)
		if _, err := storetest.OpenWith(t, wrong).Reseal(w.ctx(), store.ResealOptions{}); !errors.Is(err, store.ErrVault) {
			t.Errorf("under a wrong key: %v", err)
		}
		turn := o
		turn.Key, turn.Vault, turn.VaultPrevious = bytes.Repeat([]byte{7}, 32), bytes.Repeat([]byte{8}, 32), store.VaultKey(o.Key)
		db := storetest.OpenWith(t, turn)
		if _, err := db.Reseal(w.ctx(), store.ResealOptions{}); !errors.Is(err, store.ErrRewrapFirst) {
			t.Errorf("before the rotation: %v", err)
		}
		live := store.DieIn(4)
		if _, err := w.db.Reseal(w.ctx(), store.ResealOptions{}); !errors.Is(err, store.ErrDies) {
			t.Error(err)
		}
		live()
		if did, err := db.Rewrap(w.ctx()); err != nil || !did {
			t.Fatal(did, err)
		}
		turn.VaultPrevious = nil
		db = storetest.OpenWith(t, turn)
		w.intact(db)
		if _, err := db.Reseal(w.ctx(), store.ResealOptions{}); err != nil {
			t.Error(err)
		}
		w.intact(db)
	})
}

// TestResealedIsFoundByWhoKnowsNothingOfIt: each look-up by hash is the first thing that a replica asks
// which has the first key at hand.
func TestResealedIsFoundByWhoKnowsNothingOfIt(t *testing.T) {
	sealedWorlds(t, func(t *testing.T, w *sealedWorld) {
		looks := map[string]func(*store.DB) bool{
			"identity": func(db *store.DB) bool { id, ok := identified(t, db, "oGone"); return ok && id.Person == w.first },
			"standing": func(db *store.DB) bool {
				s, err := db.Verification().Standing(w.ctx(), "oGone")
				return err == nil && s.Identity.Person == w.first
			},
			"match":      func(db *store.DB) bool { return matched(t, db, asSaid("oNew", w.c)).Person == w.first },
			"invitation": func(db *store.DB) bool { return stateOf(t, db, "oCame", w.used) == civic.InviteMine },
			"card": func(db *store.DB) bool {
				id, err := db.HouseholdOf(w.ctx(), otherCode)
				return err == nil && id != 0
			},
		}
		replicas := map[string]*store.DB{}
		for name := range looks {
			replicas[name] = storetest.OpenDSN(t, w.dsn)
			identified(t, replicas[name], "oStays")
		}
		if _, err := w.db.Reseal(w.ctx(), store.ResealOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := w.db.AddCard(w.ctx(), w.first, otherCode); err != nil {
			t.Fatal(err)
		}
		for name, found := range looks {
			if !found(replicas[name]) {
				t.Errorf("%s: not found", name)
			}
		}
	})
}

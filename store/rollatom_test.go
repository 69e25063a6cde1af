package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// A switch that fails at its very last person leaves nothing of it, and an import after it is whole.
func TestRollFailsAtTheLastRow(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		c := community(t, db, "钮")
		var rows []civic.RollRow
		for i := range 30 {
			rows = append(rows, lineOf(i+2, c, "新村", "一网格", "1", "", fmt.Sprint(i+1), "某"+string(rune('一'+i)), "", fmt.Sprint("C", i)))
		}
		allow, err := store.RefusePersonAfter(ctx, db, len(rows)-1)
		if err != nil {
			t.Fatalf("have the last person refused: %v", err)
		}
		r, err := db.BeginRoll(ctx, store.RollOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Add(ctx, rows); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Plan(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Switch(ctx); err == nil {
			t.Error("the switch succeeded")
		}
		if err := r.Close(ctx); err != nil {
			t.Fatal(err)
		}
		left, err := store.StagedLines(ctx, db)
		if err != nil || left != 0 || len(people(t, db)) != 0 {
			t.Errorf("%d lines and %d people are left, %v", left, len(people(t, db)), err)
		}
		doors, err := db.DoorList(ctx, c.ID, nil)
		if err != nil || len(doors) != 0 {
			t.Errorf("%d doors are left, %v", len(doors), err)
		}
		if err := allow(); err != nil {
			t.Fatal(err)
		}
		if n, _ := takeRoll(t, db, store.RollOptions{}, rows...); n.New != len(rows) {
			t.Errorf("afterwards %+v", n)
		}
	})
}

// One of several communities is in force when an import dies: the next one finishes the rest first.
func TestRollOfSeveralIsFinished(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		a, b := community(t, db, "钮"), community(t, db, "园")
		allow, err := store.RefusePersonAfter(ctx, db, 1)
		if err != nil {
			t.Fatalf("have the last person refused: %v", err)
		}
		r, err := db.BeginRoll(ctx, store.RollOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Die(r)
		if _, err := r.Add(ctx, []civic.RollRow{lineOf(2, a, "新村", "", "1", "", "1", "某甲"), lineOf(3, b, "新村", "", "1", "", "1", "某乙")}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Plan(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Switch(ctx); err == nil {
			t.Fatal("the switch succeeded")
		}
		if n := len(people(t, db)); n != 1 {
			t.Fatalf("%d people after the first community", n)
		}
		if err := allow(); err != nil {
			t.Fatal(err)
		}
		db.Clock().Shift(time.Minute)
		next, err := db.BeginRoll(ctx, store.RollOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(people(t, db)); n != 2 || next.Finished() != 1 {
			t.Errorf("%d people, %d communities finished", n, next.Finished())
		}
		texts, err := store.AuditTexts(ctx, db)
		texts = slices.DeleteFunc(texts, func(s string) bool { return !strings.Contains(s, " import roll:") })
		if err != nil || len(texts) != 2 { // the one in force before is not put in force again
			t.Errorf("imports in the audit log: %v, %v", texts, err)
		}
		if err := next.Close(ctx); err != nil {
			t.Fatal(err)
		}
		if left, err := store.StagedLines(ctx, db); err != nil || left != 0 {
			t.Errorf("%d lines are left, %v", left, err)
		}
	})
}

// Whatever rolls come one after the other, each person is there once and ids are never used again.
func TestRollsKeepOnePersonEach(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		db := storetest.Open(t)
		defer func() { _ = db.Close() }() // closed again at the end, which is harmless
		c := community(t, db, "钮")
		was := map[int64]bool{}      // every id there ever was
		byCode := map[string]int64{} // who has a number keeps the id
		for range rapid.IntRange(1, 5).Draw(rt, "imports") {
			rows := drawRoll(rt, c)
			before := len(people(t, db))
			n, faults, err := tryRoll(db, store.RollOptions{Complete: rapid.Bool().Draw(rt, "complete")}, rows...)
			if err != nil {
				rt.Fatal(err)
			}
			all := people(t, db)
			if len(all) != before+n.New {
				rt.Fatalf("%d people, %d before and %d new", len(all), before, n.New)
			}
			ids := map[int64]bool{}
			for _, p := range all {
				ids[p.ID] = true
				if p.Code != "" {
					if id, ok := byCode[p.Code]; ok && id != p.ID {
						rt.Fatalf("the number %s went from one person to another", p.Code)
					}
				}
			}
			for id := range was {
				if !ids[id] {
					rt.Fatal("somebody has gone from the table")
				}
			}
			for id := range ids {
				was[id] = true
			}
			clear(byCode) // a number that its owner has given up may go to another
			for _, p := range all {
				if p.Code != "" {
					byCode[p.Code] = p.ID
				}
			}
			again, f, err := tryRoll(db, store.RollOptions{}, good(rows, faults)...)
			if err != nil {
				rt.Fatal(err)
			}
			if again.New != 0 || again.Changed != 0 || again.Moved != 0 || len(f) != 0 {
				rt.Fatalf("the same roll again: %+v, %v", again, f)
			}
		}
	})
}

func good(rows []civic.RollRow, faults []civic.RollFault) []civic.RollRow {
	return slices.DeleteFunc(slices.Clone(rows), func(r civic.RollRow) bool {
		return slices.ContainsFunc(faults, func(f civic.RollFault) bool { return f.Line == r.Line })
	})
}

// drawRoll is a roll of few doors, names, numbers and phones, as its reader lets it through: no door
// and name twice, no number twice, no phone and name twice.
func drawRoll(t *rapid.T, c civic.Community) []civic.RollRow {
	seen := map[string]bool{}
	var rows []civic.RollRow
	for i := range rapid.IntRange(1, 8).Draw(t, "rows") {
		of := func(what string, all ...string) string { return rapid.SampledFrom(all).Draw(t, what) }
		room, name := of("room", "1", "2", "3"), of("name", "甲", "乙", "丙")
		code, phone := of("code", "", "", "A", "B", "C"), of("phone", "", "", "13800000001", "13800000002")
		keys := []string{"d" + room + name}
		if code != "" {
			keys = append(keys, "c"+code)
		}
		if phone != "" {
			keys = append(keys, "p"+phone+name)
		}
		if slices.ContainsFunc(keys, func(k string) bool { return seen[k] }) {
			continue
		}
		for _, k := range keys {
			seen[k] = true
		}
		rows = append(rows, lineOf(i+2, c, "新村", "", "1", "", room, name, phone, code))
	}
	return rows
}

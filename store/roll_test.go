package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// lineOf is a line of a test's roll: 小区 网格 幢 单元 室 姓名 手机 编号 备注.
func lineOf(line int, c civic.Community, f ...string) civic.RollRow {
	for len(f) < 9 {
		f = append(f, "")
	}
	return civic.RollRow{
		Line: line, Community: c.Name, Estate: f[0], Grid: f[1], Building: f[2], Unit: f[3], Room: f[4], Name: f[5], Phone: f[6], Code: f[7], Note: f[8],
	}
}

// takeRoll imports rows, leaving out those with faults.
func takeRoll(t testing.TB, db *store.DB, o store.RollOptions, rows ...civic.RollRow) (store.RollCounts, []civic.RollFault) {
	t.Helper()
	n, faults, err := tryRoll(db, o, rows...)
	if err != nil {
		t.Fatal(err)
	}
	return n, faults
}

// tryRoll is takeRoll for properties, which have to hear of errors themselves to find the shortest case.
func tryRoll(db *store.DB, o store.RollOptions, rows ...civic.RollRow) (n store.RollCounts, faults []civic.RollFault, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	r, err := db.BeginRoll(ctx, o)
	if err != nil {
		return n, nil, err
	}
	defer func() { err = errors.Join(err, r.Close(ctx)) }()
	if faults, err = r.Add(ctx, rows); err != nil {
		return n, nil, err
	}
	more, err := r.Plan(ctx)
	if err != nil {
		return n, nil, err
	}
	planned := r.Counts()
	if n, err = r.Switch(ctx); err == nil && n != planned {
		err = fmt.Errorf("planned %+v, did %+v", planned, n)
	}
	return n, append(faults, more...), err
}

func people(t testing.TB, db *store.DB) map[string]store.KnownPerson {
	t.Helper()
	all, err := store.Everybody(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRollWhoIsWho(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		first := []civic.RollRow{
			lineOf(2, c, "钮家新村", "一网格", "3", "2", "501", "某甲", "13800000001", "A1"),
			lineOf(3, c, "钮家新村", "一网格", "3", "2", "501", "某乙", "13800000002"),
			lineOf(4, c, "钮家新村", "一网格", "3", "2", "502", "某丙"),
			lineOf(5, c, "新小区", "", "1", "", "101", "某丁", "13800000004", "", "备注"),
		}
		n, faults := takeRoll(t, db, store.RollOptions{}, first...)
		if n != (store.RollCounts{New: 4, Houses: 3}) || len(faults) != 0 {
			t.Fatalf("first import: %+v, %v", n, faults)
		}
		before := people(t, db)
		if n, faults := takeRoll(t, db, store.RollOptions{}, first...); n != (store.RollCounts{Same: 4}) || len(faults) != 0 {
			t.Errorf("the same again: %+v, %v", n, faults)
		}
		n, faults = takeRoll(t, db, store.RollOptions{Complete: true},
			lineOf(2, c, "钮家新村", "一网格", "3", "2", "502", "某甲", "13800000009", "A1"), // moved, by number
			lineOf(3, c, "新小区", "", "1", "", "102", "某乙", "13800000002"),            // moved, by phone and name
			lineOf(4, c, "钮家新村", "一网格", "3", "2", "502", "某丙", "", "A3"),            // got a number, by door and name
		)
		if n != (store.RollCounts{Changed: 1, Moved: 2, Left: 1, Houses: 1}) || len(faults) != 0 {
			t.Errorf("changed: %+v, %v", n, faults)
		}
		after := people(t, db)
		if len(after) != 4 {
			t.Fatalf("%d people", len(after))
		}
		for name, p := range before {
			if after[name].ID != p.ID {
				t.Errorf("%s has another id", name)
			}
		}
		if d := after["某丁"]; !d.Left || d.Note != "备注" {
			t.Errorf("who was not named: %+v", d)
		}
		if a := after["某甲"]; a.Phone != "13800000009" || a.Code != "A1" || a.Door != "钮家新村/3/2/502" || after["某乙"].Door != "新小区/1//102" {
			t.Errorf("moved to %+v and %+v", a, after["某乙"])
		}
		if n, _ := takeRoll(t, db, store.RollOptions{}, first[3]); n != (store.RollCounts{Returned: 1}) || people(t, db)["某丁"].ID != before["某丁"].ID {
			t.Errorf("came back: %+v", n)
		}
	})
}

func TestRollTwoChangePlaces(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		takeRoll(t, db, store.RollOptions{}, lineOf(2, c, "钮家新村", "", "1", "", "1", "某甲", "", "A"), lineOf(3, c, "钮家新村", "", "1", "", "2", "某甲", "", "B"))
		n, faults := takeRoll(t, db, store.RollOptions{}, lineOf(2, c, "钮家新村", "", "1", "", "1", "某甲", "", "B"), lineOf(3, c, "钮家新村", "", "1", "", "2", "某甲", "", "A"))
		if n != (store.RollCounts{Moved: 2}) || len(faults) != 0 {
			t.Errorf("%+v, %v", n, faults)
		}
	})
}

func TestRollFaults(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c, other := community(t, db, "钮"), community(t, db, "园")
		takeRoll(t, db, store.RollOptions{}, lineOf(2, c, "钮家新村", "一网格", "1", "", "1", "某甲", "", "A"), lineOf(3, c, "钮家新村", "一网格", "1", "", "2", "某甲"))
		takeRoll(t, db, store.RollOptions{}, lineOf(2, c, "钮家新村", "", "1", "", "3", "某庚", "", "G"))
		takeRoll(t, db, store.RollOptions{}, lineOf(2, c, "钮家新村", "", "1", "", "3", "某庚")) // an empty cell leaves the number
		for _, tc := range []struct {
			name   string
			only   civic.CommunityID
			rows   []civic.RollRow
			lines  []int
			column string
		}{
			{"no such community", 0, []civic.RollRow{lineOf(7, civic.Community{Name: "没有社区"}, "甲", "", "1", "", "1", "某丙")}, []int{7}, "社区"},
			{"another community", c.ID, []civic.RollRow{lineOf(8, other, "甲", "", "1", "", "1", "某丙")}, []int{8}, "社区"},
			{
				"two grids in one building", 0,
				[]civic.RollRow{lineOf(2, c, "钮家新村", "一网格", "9", "", "1", "某丙"), lineOf(3, c, "钮家新村", "二网格", "9", "", "2", "某丁")},
				[]int{3},
				"网格",
			},
			{
				"one name in two writings", 0,
				[]civic.RollRow{lineOf(2, c, "钮家新村", "", "8", "", "1", "张三丰"), lineOf(3, c, "钮家新村", "", "8", "", "1", "張三丰")},
				[]int{3},
				"姓名",
			},
			{
				"a number under two writings of the community", 0,
				[]civic.RollRow{
					lineOf(2, c, "钮家新村", "", "8", "", "1", "某戊", "", "Z"), lineOf(3, civic.Community{Name: "钮"}, "钮家新村", "", "8", "", "2", "某己", "", "Z"),
				},
				[]int{3},
				"编号",
			},
			{
				"a number that its owner keeps", 0,
				[]civic.RollRow{lineOf(2, c, "钮家新村", "", "1", "", "3", "某庚"), lineOf(3, c, "钮家新村", "", "1", "", "4", "某辛", "", "G")},
				[]int{3},
				"编号",
			},
			{"to live with one's own name", 0, []civic.RollRow{lineOf(4, c, "钮家新村", "", "1", "", "2", "某甲", "", "A")}, []int{4}, "姓名"},
		} {
			ctx := within(t, 30*time.Second)
			r, err := db.BeginRoll(ctx, store.RollOptions{Community: tc.only})
			if err != nil {
				t.Fatal(err)
			}
			faults, err := r.Add(ctx, tc.rows)
			if err != nil {
				t.Fatal(err)
			}
			more, err := r.Plan(ctx)
			if err != nil {
				t.Fatal(err)
			}
			var lines []int
			for _, f := range append(faults, more...) {
				if lines = append(lines, f.Line); f.Column != tc.column {
					t.Errorf("%s: column %s", tc.name, f.Column)
				}
			}
			if !slices.Equal(lines, tc.lines) {
				t.Errorf("%s: faults in %v, want %v", tc.name, lines, tc.lines)
			}
			if err := r.Close(ctx); err != nil {
				t.Error(err)
			}
		}
		if n := len(people(t, db)); n != 3 {
			t.Errorf("%d people after faults", n)
		}
	})
}

// Whoever imports while another does is told to wait; one that died is cleared away.
func TestRollOneAtATime(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		c := community(t, db, "钮")
		row := lineOf(2, c, "钮家新村", "", "1", "", "1", "某甲")
		begin := func() *store.Roll {
			r, err := db.BeginRoll(ctx, store.RollOptions{})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		first := begin()
		defer store.Die(first)
		if _, err := first.Add(ctx, []civic.RollRow{row}); err != nil {
			t.Fatal(err)
		}
		second := begin()
		if _, err := second.Add(ctx, []civic.RollRow{row}); !errors.Is(err, store.ErrRollBusy) {
			t.Errorf("a second import: %v", err)
		}
		if err := second.Close(ctx); err != nil {
			t.Fatal(err)
		}
		db.Clock().Shift(time.Minute) // the first one died, between staging and switch
		third := begin()
		if _, err := third.Add(ctx, []civic.RollRow{row}); err != nil {
			t.Errorf("after it died: %v", err)
		}
		if _, err := first.Plan(ctx); err != nil {
			if !errors.Is(err, store.ErrRollLost) {
				t.Errorf("the dead one: %v", err)
			}
		} else if _, err := first.Switch(ctx); err != nil && !errors.Is(err, store.ErrRollLost) {
			t.Errorf("the dead one: %v", err)
		}
		if n := len(people(t, db)); n != 0 {
			t.Errorf("%d people", n)
		}
		if err := third.Close(ctx); err != nil {
			t.Fatal(err)
		}
		if left, err := store.StagedLines(ctx, db); err != nil || left != 0 {
			t.Errorf("%d lines are left, %v", left, err)
		}
	})
}

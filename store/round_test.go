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

// office gives an account an office in the community and returns who acts.
func office(t *testing.T, db *store.DB, a civic.Account, role civic.Role, c civic.Community) civic.By {
	t.Helper()
	if _, err := db.AddStaff(within(t, 10*time.Second), store.NewStaff{Account: a, Name: "某社工", Role: role, Community: c.ID}); err != nil {
		t.Fatal(err)
	}
	return civic.By{Account: a, Community: c.ID}
}

var acts int

// act commits effects of one account as a turn of its own.
func act(t *testing.T, db *store.DB, a civic.Account, effects ...any) (civic.Receipt, error) {
	t.Helper()
	acts++
	return db.Commit(within(t, 20*time.Second), commit(fmt.Sprintf("act-%d", acts), 1, a, effects...))
}

func mustAct(t *testing.T, db *store.DB, a civic.Account, effects ...any) civic.Receipt {
	t.Helper()
	r, err := act(t, db, a, effects...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func refusedWith(t *testing.T, err error, want string) {
	t.Helper()
	var refusal *civic.Refusal
	if !errors.As(err, &refusal) || !strings.Contains(refusal.Sentence, want) {
		t.Errorf("%v, want the sentence %q", err, want)
	}
}

func front(t *testing.T, db *store.DB, c civic.Community) civic.Round {
	t.Helper()
	r, ok, err := db.Rounds().Front(within(t, 10*time.Second), c.ID)
	if err != nil || !ok {
		t.Fatalf("front round: %v, %v", ok, err)
	}
	return r
}

func needNumbered(t *testing.T, db *store.DB, c civic.Community, seq int) civic.Need {
	t.Helper()
	n, ok, err := db.Needs().ByNumber(within(t, 10*time.Second), c.ID, 0, seq)
	if err != nil || !ok {
		t.Fatalf("need %d: %v, %v", seq, ok, err)
	}
	return n
}

func TestRounds(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		by := office(t, db, "oCommittee", civic.Committee, c)
		worker := office(t, db, "oWorker", civic.GridWorker, c)
		mustAct(t, db, "oA", need("oA", c.ID, "没有轮次时提的路灯"))
		if _, err := act(t, db, "oWorker", civic.OpenRound{By: worker, Name: "2027年", Year: 2027}); err == nil {
			t.Error("a grid worker opened a round")
		}
		_, err := act(t, db, "oA", civic.OpenRound{By: civic.By{Account: "oA", Community: c.ID}, Name: "2027年", Year: 2027})
		refusedWith(t, err, civic.NoLonger)
		mustAct(t, db, "oCommittee", civic.OpenRound{By: by, Name: "2027年", Year: 2027})
		_, err = act(t, db, "oCommittee", civic.OpenRound{By: by, Name: "又一轮", Year: 2027})
		refusedWith(t, err, "已经有一轮")
		r := front(t, db, c)
		if n := needNumbered(t, db, c, 1); n.Round != int64(r.ID) {
			t.Error("a need that waited is not part of the new round")
		}
		if got := mustAct(t, db, "oB", need("oB", c.ID, "征集时提的长椅")); got.Later != civic.NoStage || needNumbered(t, db, c, 2).Round != int64(r.ID) {
			t.Errorf("a need raised during the collection: %+v", got)
		}
		mustAct(t, db, "oCommittee", civic.MoveStage{By: by, Round: r.ID, From: civic.Collect, To: civic.Screen})
		_, err = act(t, db, "oCommittee", civic.MoveStage{By: by, Round: r.ID, From: civic.Collect, To: civic.Screen})
		refusedWith(t, err, "已经有人改过")
		_, err = act(t, db, "oCommittee", civic.MoveStage{By: by, Round: r.ID, From: civic.Screen, To: civic.Plan})
		refusedWith(t, err, "入围名单")
		if got := mustAct(t, db, "oB", need("oB", c.ID, "初选时提的雨棚")); got.Later != civic.Screen || needNumbered(t, db, c, 3).Round != 0 {
			t.Errorf("a need raised too late: %+v", got)
		}
	})
}

// TestShortlist: what was previewed is what is published, or nothing; unlisted needs come back.
func TestShortlist(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		c := community(t, db, "钮")
		by := office(t, db, "oCommittee", civic.Committee, c)
		mustAct(t, db, "oCommittee", civic.OpenRound{By: by, Name: "2027年", Year: 2027})
		r := front(t, db, c)
		for i, heat := range []int{12, 0, 7} {
			if _, err := db.AddNeed(ctx, civic.Need{
				Community: c.ID, Author: "oA", Category: civic.Culture, Text: fmt.Sprintf("第%d件要办的事", i+1), State: civic.NeedAccepted,
				Released: true, Heat: heat, Round: int64(r.ID),
			}); err != nil {
				t.Fatal(err)
			}
		}
		draw := func() []civic.Listing {
			needs, err := db.Rounds().Candidates(ctx, r)
			if err != nil {
				t.Fatal(err)
			}
			return civic.DrawUp(civic.ShortlistRule{}, needs)
		}
		publish := civic.PublishShortlist{By: by, Round: r.ID, Items: draw()}
		_, err := act(t, db, "oCommittee", publish)
		refusedWith(t, err, "需求征集")
		mustAct(t, db, "oCommittee", civic.MoveStage{By: by, Round: r.ID, From: civic.Collect, To: civic.Screen})
		mustAct(t, db, "oB", civic.EndorseNeed{Account: "oB", Need: needNumbered(t, db, c, 3).ID}) // meanwhile
		if err := store.Warm(ctx, db, needNumbered(t, db, c, 3).ID); err != nil {
			t.Fatal(err)
		}
		_, err = act(t, db, "oCommittee", publish)
		refusedWith(t, err, "名单有变动")
		publish.Items = draw()
		mustAct(t, db, "oCommittee", publish)
		_, err = act(t, db, "oCommittee", publish)
		refusedWith(t, err, "已经公布")
		if got := front(t, db, c); got.Stage != civic.Plan || !got.Listed {
			t.Errorf("after the list: %+v", got)
		}
		items, _, ok, err := db.Rounds().Shortlist(ctx, r.ID)
		if err != nil || !ok || len(items) != 3 || !items[0].On || items[0].Number.Seq != 1 || items[2].On || items[2].Why != civic.TooFew {
			t.Errorf("published: %+v, %v, %v", items, ok, err)
		}
		_, err = act(t, db, "oC", civic.EndorseNeed{Account: "oC", Need: items[0].Need})
		refusedWith(t, err, "附议已经截止")

		for s := civic.Plan; s < civic.Build; s++ {
			mustAct(t, db, "oCommittee", civic.MoveStage{By: by, Round: r.ID, From: s, To: s + 1})
		}
		mustAct(t, db, "oCommittee", civic.OpenRound{By: by, Name: "2028年", Year: 2028})
		next := front(t, db, c)
		for seq, want := range map[int]civic.RoundID{1: r.ID, 2: next.ID, 3: r.ID} {
			if got := needNumbered(t, db, c, seq).Round; got != int64(want) {
				t.Errorf("need %d is of round %d, want %d", seq, got, want)
			}
		}
		_, err = act(t, db, "oCommittee", civic.MoveStage{By: by, Round: r.ID, From: civic.Build, To: civic.Choose})
		refusedWith(t, err, "新一轮已经开始")
	})
}

// TestStageDue: a stage begins by its day, once, and not if somebody changed the round since.
func TestStageDue(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		c := community(t, db, "钮")
		by := office(t, db, "oCommittee", civic.Committee, c)
		e := civic.OpenRound{By: by, Name: "2027年", Year: 2027}
		e.Starts[civic.Screen] = db.Clock().Now().Add(48 * time.Hour)
		e.Starts[civic.Plan] = db.Clock().Now().Add(96 * time.Hour)
		mustAct(t, db, "oCommittee", e)
		r := front(t, db, c)
		stale := civic.StageDue{Round: r.ID, To: civic.Screen, Rev: r.Rev + 1}
		mustAct(t, db, "yishi", stale)
		if got := front(t, db, c); got.Stage != civic.Collect {
			t.Errorf("a stale timer moved the round to %s", got.Stage)
		}
		fire := func() int {
			timers, err := db.ClaimTimers(ctx, "test", 10, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			for _, timer := range timers {
				todo, err := civic.Due(timer, db.Clock().Now())
				if err != nil {
					t.Fatal(err)
				}
				guard := civic.FireTimer{ID: timer.ID, Rev: timer.Rev, DueAt: timer.DueAt}
				for range 2 { // the second is the same run
					if _, err := db.Commit(ctx, store.Commit{Run: store.TimerRun(timer), N: 1, Account: "yishi", Final: true, Effects: append([]any{guard}, todo.Effects...)}); err != nil {
						t.Fatal(err)
					}
				}
			}
			return len(timers)
		}
		if n := fire(); n != 0 {
			t.Errorf("%d timers before the day", n)
		}
		db.Clock().Shift(49 * time.Hour)
		if n := fire(); n != 1 || front(t, db, c).Stage != civic.Screen {
			t.Errorf("%d timers, now %s", n, front(t, db, c).Stage)
		}
		for day := range 2 { // the list is not published: the stage stays, the committee is told each day
			db.Clock().Shift(49 * time.Hour)
			if n := fire(); n != 1 || front(t, db, c).Stage != civic.Screen {
				t.Errorf("day %d: %d timers, now %s", day, n, front(t, db, c).Stage)
			}
		}
		if n, err := store.Count(ctx, db, "pushes"); err != nil || n != 2 {
			t.Errorf("%d reminders, %v", n, err)
		}
	})
}

// TestStageClosesMeanwhile: a need raised while the collection closes is in the round, or its
// author is told that it waits for the next; the same for endorsements. Nothing lies between.
func TestStageClosesMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := within(t, 60*time.Second)
		c := community(t, db, "钮")
		by := office(t, db, "oCommittee", civic.Committee, c)
		mustAct(t, db, "oCommittee", civic.OpenRound{By: by, Name: "2027年", Year: 2027})
		r := front(t, db, c)
		var all sync.WaitGroup
		var mu sync.Mutex
		told := map[string]civic.Stage{}
		for i := range 24 {
			a := civic.Account(fmt.Sprintf("oR%d", i))
			all.Go(func() {
				if i == 12 {
					_, err := db.Commit(ctx, commit("move", 1, "oCommittee", civic.MoveStage{By: by, Round: r.ID, From: civic.Collect, To: civic.Screen}))
					if err != nil {
						t.Error(err)
					}
					return
				}
				got, err := db.Commit(ctx, commit("raise-"+string(a), 1, a, need(a, c.ID, fmt.Sprintf("第%d件事情", i))))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				told[got.Number] = got.Later
			})
		}
		all.Wait()
		for seq := 1; seq <= 23; seq++ {
			n := needNumbered(t, db, c, seq)
			later, ok := told[n.Number.String()]
			if !ok || (later == civic.NoStage) != (n.Round == int64(r.ID)) {
				t.Errorf("%s is of round %d, its author was told %v", n.Number, n.Round, later)
			}
		}
	})
}

package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// fate is what the test knows of one need.
type fate struct {
	id     civic.NeedID
	author civic.Account
	state  civic.NeedState
	into   int // index of the need it goes on in, -1 none
}

// lives is any order of acts upon a few needs, and who endorsed what.
type lives struct {
	*desk
	t       *rapid.T
	needs   []*fate
	backed  map[civic.Account]map[int]bool
	tellers map[string]bool // pushes that were committed
}

func (l *lives) head(i int) int {
	for l.needs[i].into >= 0 {
		i = l.needs[i].into
	}
	return i
}

// do commits an act and what it tells. The state may only move along the table.
func (l *lives) act(a civic.Account, what string, i int, effects ...any) {
	n := l.needs[i]
	tell := news(n.id, what)
	_, no := l.do(a, append(effects, tell)...)
	now := l.need(n.id)
	if no == "" {
		l.tellers[tell.Push.ID] = true
	}
	if now.State != n.state && !civic.CanMove(n.state, now.State) {
		l.t.Fatalf("%s took a need from %s to %s", what, n.state, now.State)
	}
	if no != "" && now.State != n.state {
		l.t.Fatalf("%s was refused (%s) and changed %s to %s", what, no, n.state, now.State)
	}
	n.state = now.State
	n.into = slices.IndexFunc(l.needs, func(m *fate) bool { return m.id == now.MergedInto })
}

// step is one act of somebody.
func (l *lives) step() {
	i := rapid.IntRange(0, len(l.needs)-1).Draw(l.t, "need")
	j := rapid.IntRange(0, len(l.needs)-1).Draw(l.t, "other")
	staff := rapid.SampledFrom([]civic.Account{worker, committee}).Draw(l.t, "staff")
	n, by := l.needs[i], l.by(staff)
	switch what := rapid.SampledFrom([]string{"merge", "merge", "undo", "undo", "endorse", "endorse", "decline", "confirm", "reject", "accept", "withdraw", "hand", "appeal", "final"}).Draw(l.t, "act"); what {
	case "merge":
		l.act(staff, fmt.Sprintf("merged-%d", j), i, civic.MergeNeeds{By: by, Source: n.id, Target: l.needs[j].id})
	case "undo":
		l.act(staff, fmt.Sprintf("parted-%d", n.into), i, civic.UndoMerge{By: by, Source: n.id})
	case "endorse":
		who := civic.Account(fmt.Sprintf("oE%d", j))
		if _, no := l.do(who, civic.EndorseNeed{Account: who, Need: n.id}); no == "" {
			if l.backed[who] == nil {
				l.backed[who] = map[int]bool{}
			}
			if !l.stands(who, l.head(i)) {
				l.backed[who][l.head(i)] = true
			}
		}
	case "decline":
		l.act(staff, "declining", i, l.decline(staff, n.id))
	case "confirm":
		l.act(staff, "declined", i, civic.ConfirmDecline{By: by, Need: n.id})
	case "reject":
		l.act(staff, "rejected", i, civic.RejectDecline{By: by, Need: n.id})
	case "accept":
		l.act(staff, "accepted", i, civic.AcceptNeed{By: by, Need: n.id})
	case "withdraw":
		l.act(n.author, "withdrawn", i, civic.WithdrawNeed{Account: n.author, Need: n.id})
	case "hand":
		l.act(staff, "handed", i, civic.HandNeed{By: by, Need: n.id, Duty: "某某物业"})
	case "appeal":
		l.act(n.author, "appealed", i, civic.AppealDecline{Account: n.author, Need: n.id, Text: "请再看一遍"})
	case "final":
		e := l.decline(staff, n.id)
		e.Final = true
		l.act(staff, "final", i, e)
	}
}

// stands says whether somebody endorses what counts on a head.
func (l *lives) stands(who civic.Account, head int) bool {
	for i := range l.backed[who] {
		if l.head(i) == head {
			return true
		}
	}
	return false
}

// check is what must hold at any moment.
func (l *lives) check() {
	for i, n := range l.needs {
		mine, total, err := l.db.Needs().Mine(within(l.desk.t, 10*time.Second), n.author, 0, 10)
		if err != nil || total != 1 || mine[0].ID != n.id {
			l.t.Fatalf("author %d has %d needs, %v", i, total, err)
		}
		if (n.into >= 0) != (n.state == civic.NeedMerged) {
			l.t.Fatalf("need %d is %s and goes on in %d", i, n.state, n.into)
		}
		if l.head(i) != i { // what was merged counts with its head
			continue
		}
		want := 0
		for who := range l.backed {
			if l.stands(who, i) {
				want++
			}
		}
		for j := range l.needs {
			if j != i && l.head(j) == i {
				want++ // its author
			}
		}
		if got := l.need(n.id); got.Others != want {
			l.t.Fatalf("%d stand behind need %d, want %d", got.Others, i, want)
		}
	}
	for id := range l.tellings() {
		if !l.tellers[id] {
			l.t.Fatalf("told of %s, which was refused", id)
		}
	}
}

// TestAnyOrderOfActs: whatever is done in whatever order, every author keeps their need, everybody
// counts once on what goes on, states move along the table, and nothing that was refused is told.
// That nobody is told the same twice is kept by the deliveries' key, see TestExpandTellsOnce.
func TestAnyOrderOfActs(t *testing.T) {
	db := storetest.Open(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		d := &desk{t: t, db: db, runs: run * 10_000, c: anew(t, db, run)}
		l := &lives{desk: d, t: rt, backed: map[civic.Account]map[int]bool{}, tellers: map[string]bool{}}
		for i := range 4 {
			author := civic.Account(fmt.Sprintf("oAuthor%d-%d", run, i))
			l.needs = append(l.needs, &fate{id: d.raise(author, fmt.Sprintf("第%d件", i)).ID, author: author, state: civic.NeedRaised, into: -1})
		}
		for range rapid.IntRange(5, 25).Draw(rt, "acts") {
			l.step()
		}
		l.check()
	})
}

// anew is a community of its own with the two of the staff.
func anew(t *testing.T, db *store.DB, run int) civic.Community {
	t.Helper()
	c := community(t, db, fmt.Sprintf("钮%d", run))
	for a, role := range map[civic.Account]civic.Role{worker: civic.GridWorker, committee: civic.Committee} {
		if _, err := db.AddStaff(within(t, 10*time.Second), store.NewStaff{Account: a, Name: "某人", Role: role, Community: c.ID}); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// tellings lists the pushes about the needs of this life.
func (l *lives) tellings() map[string]int {
	out := map[string]int{}
	for id, n := range l.pushes() {
		for _, f := range l.needs {
			var need civic.NeedID
			if _, err := fmt.Sscanf(id, "need-%d-", &need); err == nil && need == f.id {
				out[id] = n
			}
		}
	}
	return out
}

package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// desk is a community with two of the staff and some needs.
type desk struct {
	t    *testing.T
	db   *store.DB
	c    civic.Community
	runs int
	mu   sync.Mutex
}

const (
	worker    = civic.Account("oWorker")
	committee = civic.Account("oCommittee")
)

func newDesk(t *testing.T, db *store.DB) *desk {
	t.Helper()
	d := &desk{t: t, db: db, c: community(t, db, "钮")}
	ctx := within(t, 10*time.Second)
	for a, role := range map[civic.Account]civic.Role{worker: civic.GridWorker, committee: civic.Committee} {
		if _, err := db.AddStaff(ctx, store.NewStaff{Account: a, Name: "某" + role.String(), Role: role, Community: d.c.ID}); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func (d *desk) by(a civic.Account) civic.By { return civic.By{Account: a, Community: d.c.ID} }

// do commits effects of one account in a run of their own; a refusal's sentence is returned. A busy
// machine may make the store say busy or unsure: sending again is harmless.
func (d *desk) do(a civic.Account, effects ...any) (civic.Receipt, string) {
	d.t.Helper()
	d.mu.Lock()
	d.runs++
	c := commit(fmt.Sprintf("desk-%d", d.runs), 1, a, effects...)
	d.mu.Unlock()
	ctx := within(d.t, 30*time.Second)
	for {
		r, err := d.db.Commit(ctx, c)
		var no *civic.Refusal
		switch {
		case err == nil:
			return r, ""
		case errors.As(err, &no):
			return r, no.Sentence
		case ctx.Err() != nil || !errors.Is(err, store.ErrBusy) && !errors.Is(err, store.ErrUnsure):
			d.t.Errorf("commit: %v", err)
			return r, "?"
		}
	}
}

// raise has an account raise a need that is public.
func (d *desk) raise(a civic.Account, text string) civic.Need {
	d.t.Helper()
	n, err := d.db.AddNeed(within(d.t, 10*time.Second), civic.Need{
		Community: d.c.ID, Author: a, Category: civic.Environment, Text: text, State: civic.NeedRaised, Released: true,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

func (d *desk) need(id civic.NeedID) civic.Need {
	d.t.Helper()
	n, ok, err := d.db.Needs().Need(within(d.t, 10*time.Second), id)
	if err != nil || !ok {
		d.t.Fatalf("need: %v %v", ok, err)
	}
	return n
}

func (d *desk) decline(a civic.Account, n civic.NeedID) civic.DeclineNeed {
	return civic.DeclineNeed{By: d.by(a), Need: n, Reason: civic.ReasonCost, Text: "今年的资金用完了。"}
}

func news(n civic.NeedID, what string) civic.MakePush {
	id := fmt.Sprintf("need-%d-%s", n, what)
	return civic.MakePush{Push: civic.Push{ID: id, Purpose: id, Kind: "need-news"}, Audience: civic.Audience{Need: n}}
}

// told counts who was told what of needs.
func (d *desk) pushes() map[string]int {
	d.t.Helper()
	all, err := d.db.Pushes(within(d.t, 10*time.Second), 0, 100)
	if err != nil {
		d.t.Fatal(err)
	}
	out := map[string]int{}
	for _, p := range all {
		out[p.ID] = p.Audience
	}
	return out
}

// TestQueueIsInTheOrderOfTheRule: the made column that an index keeps says the same as civic.
func TestQueueIsInTheOrderOfTheRule(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		ctx := within(t, 60*time.Second)
		r := rand.New(rand.NewPCG(7, 7))
		states := civic.NeedStates()
		for i := range 60 {
			_, err := db.AddNeed(ctx, civic.Need{
				Community: d.c.ID, Author: "oA", Category: civic.Environment, Text: []string{"井盖松了", "添一张长椅"}[r.IntN(2)],
				State: states[r.IntN(len(states))], Heat: r.IntN(30), Urgent: r.IntN(3) == 0, MarkedUrgent: r.IntN(3) - 1, Grid: int64(r.IntN(3)),
				RaisedAt: db.Clock().Now().Add(-time.Duration(r.IntN(30*24)) * time.Hour).Add(-time.Duration(i) * time.Second),
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, grids := range [][]int64{nil, {2}, {1, 2}} {
			got, total, err := db.Triage().Queue(ctx, d.c.ID, grids, time.Time{}, 0, 100)
			if err != nil || total != len(got) || total < 3 {
				t.Fatalf("%d of %d, %v", len(got), total, err)
			}
			want := slices.Clone(got)
			slices.SortStableFunc(want, func(x, y civic.Queued) int { return x.Need.QueuePlace().Compare(y.Need.QueuePlace()) })
			for i, q := range got {
				if q.Need.ID != want[i].Need.ID || !civic.Waits(q.Need.State) || len(grids) > 0 && q.Need.Grid != 0 && !slices.Contains(grids, q.Need.Grid) {
					t.Fatalf("grids %v, place %d: %+v", grids, i, q.Need)
				}
			}
			page, _, err := db.Triage().Queue(ctx, d.c.ID, grids, time.Time{}, 1, 2)
			if err != nil || len(page) != 2 || page[0].Need.ID != got[1].Need.ID {
				t.Errorf("a page: %v, %v", page, err)
			}
			after, _, err := db.Triage().Queue(ctx, d.c.ID, grids, got[1].Need.QueuePlace(), 0, 100)
			if err != nil || len(after) != len(got)-1 || after[0].Need.ID != got[1].Need.ID {
				t.Errorf("from a place: %d, %v", len(after), err)
			}
		}
	})
}

// TestTwoDecideANeedAtOnce: one act counts; whoever comes second reads what was done, and leaves no trace.
func TestTwoDecideANeedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		for i := range 8 {
			n := d.raise("oAuthor", "门禁失灵")
			said := make([]string, 4)
			var all sync.WaitGroup
			for j, do := range []func() (civic.Receipt, string){
				func() (civic.Receipt, string) {
					return d.do(worker, civic.AcceptNeed{By: d.by(worker), Need: n.ID}, news(n.ID, "accepted"))
				},
				func() (civic.Receipt, string) {
					return d.do(committee, civic.AcceptNeed{By: d.by(committee), Need: n.ID}, news(n.ID, "accepted"))
				},
				func() (civic.Receipt, string) { return d.do(committee, d.decline(committee, n.ID)) },
				func() (civic.Receipt, string) {
					return d.do("oAuthor", civic.WithdrawNeed{Account: "oAuthor", Need: n.ID})
				},
			} {
				all.Go(func() { _, said[j] = do() })
			}
			all.Wait()
			done := 0
			for j, s := range said[:3] {
				if s == "" {
					done++
				} else if !strings.Contains(s, "刚才") {
					t.Errorf("need %d, act %d reads %q", i, j, s)
				}
			}
			k, ok, err := db.Triage().Docket(within(t, 10*time.Second), n.ID)
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			if done > 1 || len(k.Deeds) != done || done == 0 && k.Need.State != civic.NeedWithdrawn {
				t.Errorf("need %d: %d acts done, %d in the log, %s, said %q", i, done, len(k.Deeds), k.Need.State, said)
			}
		}
	})
}

// TestDeclinesWaitForAnother: a decline waits for the word of anybody but the one who would decline.
func TestDeclinesWaitForAnother(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		ctx := within(t, 20*time.Second)
		n := d.raise("oAuthor", "门禁失灵")
		d.raise("oAuthor", "路灯不亮")
		if _, no := d.do(worker, d.decline(worker, n.ID)); no != "" {
			t.Fatal(no)
		}
		k, _, err := db.Triage().Docket(ctx, n.ID)
		if err != nil || k.Decliner == 0 {
			t.Fatalf("who would decline: %v %v", k.Decliner, err)
		}
		if found, err := db.Triage().Declines(ctx, d.c.ID, nil, k.Decliner, 5); err != nil || len(found) != 0 {
			t.Errorf("it waits for the one who would decline: %v %v", found, err)
		}
		for _, grids := range [][]int64{nil, {77}} { // of no grid: everybody's
			if found, err := db.Triage().Declines(ctx, d.c.ID, grids, k.Decliner+1, 5); err != nil || len(found) != 1 || found[0].ID != n.ID {
				t.Errorf("grids %v: %v %v", grids, found, err)
			}
		}
		if found, err := db.Triage().Declines(ctx, d.c.ID+1, nil, k.Decliner+1, 5); err != nil || len(found) != 0 {
			t.Errorf("of another community: %v %v", found, err)
		}
		if _, no := d.do(committee, civic.ConfirmDecline{By: d.by(committee), Need: n.ID}, news(n.ID, "declined")); no != "" {
			t.Fatal(no)
		}
		if found, err := db.Triage().Declines(ctx, d.c.ID, nil, k.Decliner+1, 5); err != nil || len(found) != 0 {
			t.Errorf("it was confirmed: %v %v", found, err)
		}
	})
}

// TestDeclineConfirmedWhileWithdrawn: either the decline is told, or the author has withdrawn; never both.
func TestDeclineConfirmedWhileWithdrawn(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		for range 8 {
			n := d.raise("oAuthor", "门禁失灵")
			if _, no := d.do(worker, d.decline(worker, n.ID), civic.ArmTimer{Timer: civic.DeclineTimer(n.ID, news(n.ID, "declined").Push, db.Clock().Now(), db.Clock().Now().Add(time.Hour))}); no != "" {
				t.Fatal(no)
			}
			if _, no := d.do(worker, civic.ConfirmDecline{By: d.by(worker), Need: n.ID}); !strings.Contains(no, "另一位同事") {
				t.Errorf("one's own decline is confirmed: %q", no)
			}
			var all sync.WaitGroup
			var confirm, withdraw string
			all.Go(func() {
				_, confirm = d.do(committee, civic.ConfirmDecline{By: d.by(committee), Need: n.ID}, news(n.ID, "declined"))
			})
			all.Go(func() { _, withdraw = d.do("oAuthor", civic.WithdrawNeed{Account: "oAuthor", Need: n.ID}) })
			all.Wait()
			_, told := d.pushes()[fmt.Sprintf("need-%d-declined", n.ID)]
			switch state := d.need(n.ID).State; {
			case state == civic.NeedDeclined && confirm == "" && strings.Contains(withdraw, "已经答复") && told:
			case state == civic.NeedWithdrawn && withdraw == "" && strings.Contains(confirm, "撤回") && !told:
			default:
				t.Errorf("%s, told %v: confirm %q, withdraw %q", state, told, confirm, withdraw)
			}
		}
		db.Clock().Shift(2 * time.Hour)
		if due, err := db.ClaimTimers(within(t, 10*time.Second), "w", 100, time.Minute); err != nil || len(due) != 0 {
			t.Errorf("%d timers are left, %v", len(due), err)
		}
	})
}

// TestMergeDuringEndorsement: everybody who endorsed either counts once on what goes on.
func TestMergeDuringEndorsement(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		a, b := d.raise("oA", "装晾衣架"), d.raise("oB", "晒被子没地方")
		var all sync.WaitGroup
		for i := range 12 {
			who := civic.Account(fmt.Sprintf("oE%d", i))
			for _, n := range []civic.NeedID{a.ID, b.ID} {
				all.Go(func() {
					if _, no := d.do(who, civic.EndorseNeed{Account: who, Need: n}); no != "" {
						t.Errorf("endorse: %s", no)
					}
				})
			}
		}
		var there, back string
		all.Go(func() { _, there = d.do(worker, civic.MergeNeeds{By: d.by(worker), Source: a.ID, Target: b.ID}) })
		all.Go(func() { _, back = d.do(committee, civic.MergeNeeds{By: d.by(committee), Source: b.ID, Target: a.ID}) })
		all.Wait()
		if (there == "") == (back == "") {
			t.Fatalf("merged both ways or none: %q, %q", there, back)
		}
		head, source := b.ID, a.ID
		if back == "" {
			head, source = a.ID, b.ID
		}
		if n := d.need(head); n.Others != 13 { // and the author of the other one
			t.Errorf("%d stand behind it", n.Others)
		}
		if _, no := d.do(worker, civic.UndoMerge{By: d.by(worker), Source: source}); no != "" {
			t.Fatal(no)
		}
		if x, y := d.need(head), d.need(source); x.Others > 12 || y.Others > 12 || y.State != civic.NeedRaised || y.MergedInto != 0 {
			t.Errorf("after undoing %d and %d, %s", x.Others, y.Others, y.State)
		}
	})
}

// TestAnswerAfterDecision: no word of an author is lost, and they read that it came late.
func TestAnswerAfterDecision(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		n := d.raise("oAuthor", "楼道灯坏了")
		if _, no := d.do(worker, civic.AskAuthor{By: d.by(worker), Need: n.ID, Text: "几楼？"}, civic.ArmTimer{Timer: civic.AskTimer(n.ID, db.Clock().Now())}); no != "" {
			t.Fatal(no)
		}
		if _, total, err := db.Triage().Queue(within(t, 10*time.Second), d.c.ID, nil, time.Time{}, 0, 5); err != nil || total != 0 {
			t.Errorf("%d wait while the author is asked, %v", total, err)
		}
		var all sync.WaitGroup
		var r civic.Receipt
		var accepted, answered, again string
		all.Go(func() { _, accepted = d.do(committee, civic.AcceptNeed{By: d.by(committee), Need: n.ID}) })
		all.Go(func() {
			r, answered = d.do("oAuthor", civic.AnswerAuthor{Account: "oAuthor", Need: n.ID, Text: "三楼"})
		})
		all.Wait()
		if accepted != "" || answered != "" {
			t.Fatalf("accept %q, answer %q", accepted, answered)
		}
		if _, again = d.do("oAuthor", civic.AnswerAuthor{Account: "oAuthor", Need: n.ID, Text: "三楼"}); !strings.Contains(again, "答过了") {
			t.Errorf("answered twice: %q", again)
		}
		if _, no := d.do("oOther", civic.AnswerAuthor{Account: "oOther", Need: n.ID, Text: "五楼"}); no == "" {
			t.Error("somebody else answered")
		}
		k, _, err := db.Triage().Docket(within(t, 10*time.Second), n.ID)
		if err != nil || len(k.Asked) != 1 || k.Asked[0].Answer != "三楼" || k.Need.State != civic.NeedAccepted {
			t.Errorf("%+v %v (late: %v)", k.Asked, err, r.Late)
		}
		m := d.raise("oAuthor", "门禁失灵")
		d.do(worker, civic.AskAuthor{By: d.by(worker), Need: m.ID, Text: "几号楼？"})
		d.do(worker, civic.AcceptNeed{By: d.by(worker), Need: m.ID})
		if r, no := d.do("oAuthor", civic.AnswerAuthor{Account: "oAuthor", Need: m.ID, Text: "二号楼"}); no != "" || !r.Late {
			t.Errorf("%+v %q", r, no)
		}
	})
}

// TestOfficeTakenAwayMeanwhile: the commit asks again, and nothing is half done.
func TestOfficeTakenAwayMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		other := community(t, db, "菉")
		n := d.raise("oAuthor", "门禁失灵")
		if err := store.RevokeAll(context.Background(), db, worker); err != nil {
			t.Fatal(err)
		}
		for name, effect := range map[string]any{
			"accept": civic.AcceptNeed{By: d.by(worker), Need: n.ID}, "decline": d.decline(worker, n.ID),
			"merge":   civic.MergeNeeds{By: d.by(worker), Source: n.ID, Target: d.raise("oB", "门禁").ID},
			"ask":     civic.AskAuthor{By: d.by(worker), Need: n.ID, Text: "几楼？"},
			"hold":    civic.HoldNeed{By: d.by(worker), Need: n.ID},
			"another": civic.AcceptNeed{By: civic.By{Account: committee, Community: other.ID}, Need: n.ID},
			"for":     civic.RaiseFor{By: d.by(worker), BeganAt: db.Clock().Now(), Raise: need(worker, d.c.ID, "扶手松了")},
		} {
			e := effect
			who := worker
			if name == "another" {
				who = committee
			}
			if _, no := d.do(who, e, news(n.ID, name)); no != civic.NoLonger {
				t.Errorf("%s: %q", name, no)
			}
		}
		if got := d.need(n.ID); got.State != civic.NeedRaised || len(d.pushes()) != 0 {
			t.Errorf("%s, %v", got.State, d.pushes())
		}
	})
}

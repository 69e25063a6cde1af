package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"yishi/flows/civic"
	"yishi/store"
)

// talkDesk is a community with two grid workers.
func talkDesk(t *testing.T, db *store.DB) civic.Community {
	t.Helper()
	c := community(t, db, "钮")
	for _, a := range []civic.Account{"oWang", "oChen"} {
		if _, err := db.AddStaff(within(t, 10*time.Second), store.NewStaff{Account: a, Name: "某网格员", Role: civic.GridWorker, Community: c.ID}); err != nil {
			t.Fatal(err)
		}
	}
	inTouch(t, db, "oWang", "oChen", "oZhang")
	return c
}

func inTouch(t *testing.T, db *store.DB, all ...civic.Account) {
	t.Helper()
	for _, a := range all {
		db.Contact(a, store.ContactMessage, db.Clock().Now())
	}
	if err := db.FlushContacts(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
}

func sayLine(a civic.Account, c civic.CommunityID, text string) civic.Say {
	return civic.Say{Account: a, Community: c, Lines: []civic.Line{{Kind: civic.LineText, Text: text}}}
}

// theTalk is the only talk that oWang sees as staff.
func theTalk(t *testing.T, db *store.DB) civic.Talk {
	t.Helper()
	all, err := db.Talks().Desk(within(t, 10*time.Second), "oWang")
	if err != nil || len(all) != 1 {
		t.Fatalf("desk: %d talks, %v", len(all), err)
	}
	return all[0]
}

// TestTwoTakeATalkAtOnce: one gets it, the other reads so.
func TestTwoTakeATalkAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := talkDesk(t, db)
		for round := range 8 {
			a := civic.Account(fmt.Sprintf("oZhang%d", round))
			mustAct(t, db, a, sayLine(a, c.ID, "路灯坏了"))
			k := theTalk(t, db)
			var wins, refusals int
			var mu sync.Mutex
			var all sync.WaitGroup
			for _, who := range []civic.Account{"oWang", "oChen"} {
				all.Go(func() {
					_, err := db.Commit(within(t, 20*time.Second), commit(fmt.Sprintf("take-%d-%s", round, who), 1, who,
						civic.TakeTalk{By: civic.By{Account: who, Community: c.ID}, Talk: k.ID, Seen: k.Seq}))
					mu.Lock()
					defer mu.Unlock()
					var no *civic.Refusal
					switch {
					case err == nil:
						wins++
					case errors.As(err, &no) && strings.Contains(no.Sentence, "同事刚接了"):
						refusals++
					default:
						t.Errorf("take: %v", err)
					}
				})
			}
			all.Wait()
			if wins != 1 || refusals != 1 {
				t.Fatalf("%d took it, %d were refused", wins, refusals)
			}
			mustAct(t, db, a, civic.HangUp{Account: a})
		}
	})
}

// TestTwoMessagesAtOnceOpenOneTalk: nothing is lost either.
func TestTwoMessagesAtOnceOpenOneTalk(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := talkDesk(t, db)
		const n = 6
		var all sync.WaitGroup
		for i := range n {
			all.Go(func() {
				must(t, db, commit(fmt.Sprintf("say-%d", i), 1, "oZhang", sayLine("oZhang", c.ID, fmt.Sprintf("第%d句", i))))
			})
		}
		all.Wait()
		if k := theTalk(t, db); k.Unread != n || k.Seq != n {
			t.Errorf("%d lines, %d unread, want %d", k.Seq, k.Unread, n)
		}
	})
}

// carrier delivers what is due, by chance: it arrives, is refused, has no clear answer, or the worker dies.
type carrier struct {
	t       *testing.T
	db      *store.DB
	rnd     *rand.Rand
	calm    bool                              // everything arrives
	got     map[civic.Account][]string        // as phones show it
	doubted map[civic.Account]map[string]bool // was in a call whose end nobody knows
	claims  int
	cuts    int // statements that a busy machine cut
}

// round works one claim off and says how many rows it held. Where a busy machine cut a statement there
// may be more.
func (p *carrier) round() int {
	ctx := within(p.t, 20*time.Second)
	switch _, err := p.db.Expand(ctx, 100); {
	case errors.Is(err, mysql.ErrInvalidConn) && p.cuts < 5:
		p.cuts++
		return 1
	case err != nil:
		p.t.Fatal(err)
	}
	p.claims++
	owner := fmt.Sprintf("carrier-%d", p.claims)
	rows, err := p.db.ClaimDeliveries(ctx, owner, 10, 10*time.Second)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, d := range rows {
		p.deliver(owner, d)
	}
	return len(rows)
}

func (p *carrier) deliver(owner string, d civic.Delivery) {
	ctx := within(p.t, 20*time.Second)
	out := civic.Outcome{ID: d.ID, State: civic.Skipped, Reason: civic.SkipExpired}
	if d.Expires.IsZero() || d.Expires.After(p.db.Clock().Now()) {
		var told civic.TalkTold
		if err := json.Unmarshal(d.Args, &told); err != nil {
			p.t.Fatal(err)
		}
		chance := 0
		if !p.calm {
			chance = p.rnd.IntN(10)
		}
		if chance == 7 { // dies before the call: the row waits again
			return
		}
		if chance != 6 {
			if mine, err := p.db.Calling(ctx, owner, []int64{d.ID}, civic.ByCustomer, 10*time.Second); err != nil || len(mine) != 1 {
				p.t.Fatalf("calling: %v %v", mine, err)
			}
		}
		switch chance {
		case 6:
			out.State, out.Route, out.Reason = civic.Inbox, civic.ByInbox, "window_closed"
		case 8: // no answer; it may have arrived
			p.doubt(d, told, p.rnd.IntN(2) == 0)
			out.State, out.Route, out.Reason = civic.Unknown, civic.ByCustomer, "no-answer"
		case 9: // dies after the call
			p.doubt(d, told, true)
			return
		default:
			p.arrive(d, told)
			out.State, out.Route, out.Reason = civic.Sent, civic.ByCustomer, ""
		}
	}
	if _, err := p.db.RecordDeliveries(ctx, owner, []civic.Outcome{out}); err != nil {
		p.t.Fatal(err)
	}
}

func (p *carrier) arrive(d civic.Delivery, told civic.TalkTold) {
	if d.Kind != civic.TellRelay {
		return
	}
	for _, l := range told.Lines {
		if l.Kind != civic.LineNote {
			p.got[d.Account] = append(p.got[d.Account], l.Text)
		}
	}
	if told.Media.ID != "" {
		p.got[d.Account] = append(p.got[d.Account], told.Media.ID)
	}
}

func (p *carrier) doubt(d civic.Delivery, told civic.TalkTold, arrived bool) {
	if d.Kind != civic.TellRelay {
		return
	}
	if p.doubted[d.Account] == nil {
		p.doubted[d.Account] = map[string]bool{}
	}
	for _, l := range told.Lines {
		p.doubted[d.Account][l.Text] = true
	}
	if told.Media.ID != "" {
		p.doubted[d.Account][told.Media.ID] = true
	}
	if arrived {
		p.arrive(d, told)
	}
}

// TestNoLineIsLostTwiceOrOutOfOrder: whatever becomes of the calls, each end reads the lines of
// the other in their order and none twice. Only what was in a call without an answer may be missing,
// and what was refused before such a call waits in the inbox.
func TestNoLineIsLostTwiceOrOutOfOrder(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		for seed := range uint64(6) {
			a := civic.Account(fmt.Sprintf("oZhang%d", seed))
			t.Run(fmt.Sprint(seed), func(t *testing.T) { relayByChance(t, db, a, rand.New(rand.NewPCG(seed, 1))) })
		}
	})
}

var desks sync.Map // of a database: its community

func deskOf(t *testing.T, db *store.DB) civic.Community {
	if c, ok := desks.Load(db); ok {
		return c.(civic.Community)
	}
	c := talkDesk(t, db)
	desks.Store(db, c)
	return c
}

func relayByChance(t *testing.T, db *store.DB, a civic.Account, rnd *rand.Rand) {
	c := deskOf(t, db)
	inTouch(t, db, a)
	p := &carrier{t: t, db: db, rnd: rnd, got: map[civic.Account][]string{}, doubted: map[civic.Account]map[string]bool{}}
	mustAct(t, db, a, civic.CallPerson{Account: a, Community: c.ID, Typed: true})
	k := theTalk(t, db)
	by := civic.By{Account: "oWang", Community: c.ID}
	mustAct(t, db, "oWang", civic.TakeTalk{By: by, Talk: k.ID})
	var said, answered []string
	for i := range 40 {
		switch text := fmt.Sprintf("%s%03d", a[len(a)-1:], i); rnd.IntN(6) {
		case 0:
			said = append(said, text)
			mustAct(t, db, a, sayLine(a, c.ID, text))
		case 1: // a photo, which staff are told of by a line of its own
			said = append(said, "", text)
			mustAct(t, db, a, civic.Say{Account: a, Community: c.ID, Lines: []civic.Line{{Kind: civic.LinePhoto, Media: text}}})
		case 2, 3:
			answered = append(answered, text)
			mustAct(t, db, "oWang", civic.Answer{By: by, Talk: k.ID, Lines: []civic.Line{{Kind: civic.LineText, Text: text}}})
		case 4:
			db.Clock().Shift(11 * time.Second)
			if _, err := db.RecoverDeliveries(within(t, 20*time.Second)); err != nil {
				t.Fatal(err)
			}
		default:
			p.round()
		}
	}
	p.calm = true
	for range 4 { // a worker's lease ends, and both write once more: what waits comes
		db.Clock().Shift(11 * time.Second)
		if _, err := db.RecoverDeliveries(within(t, 20*time.Second)); err != nil {
			t.Fatal(err)
		}
		said, answered = append(said, "完"), append(answered, "完")
		mustAct(t, db, a, sayLine(a, c.ID, "完"))
		mustAct(t, db, "oWang", civic.Answer{By: by, Talk: k.ID, Lines: []civic.Line{{Kind: civic.LineText, Text: "完"}}})
		for range 60 {
			if p.round() == 0 {
				break
			}
		}
	}
	compareRead(t, "oWang", said, p)
	compareRead(t, a, answered, p)
	mustAct(t, db, a, civic.HangUp{Account: a})
}

func compareRead(t *testing.T, who civic.Account, said []string, p *carrier) {
	t.Helper()
	number := func(l string) bool { return l != "" && l != "完" }
	got := slices.DeleteFunc(slices.Clone(p.got[who]), func(l string) bool { return !number(l) })
	want := slices.DeleteFunc(slices.Clone(said), func(l string) bool { return !number(l) })
	if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
		t.Errorf("%s reads %v: twice or out of order", who, got)
	}
	items, _, _, err := p.db.Inbox(within(t, 10*time.Second), who, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var box strings.Builder
	for _, it := range items {
		if !it.Read {
			box.Write(it.Args)
		}
	}
	boxed := box.String()
	for _, l := range want {
		if strings.Contains(boxed, `"`+l+`"`) {
			if slices.Contains(got, l) {
				t.Errorf("%s reads %s, which lies in the inbox too", who, l)
			}
			continue
		}
		if !slices.Contains(got, l) && !p.doubted[who][l] {
			t.Errorf("%s never reads %s: %v of %v", who, l, got, want)
		}
	}
	if n := len(p.got[who]); n == 0 || p.got[who][n-1] != "完" {
		t.Errorf("%s does not read the last line: %v", who, p.got[who])
	}
}

package chat_test

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"yishi/bot/chat"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/flows/zh"
	"yishi/store"
)

// town is a community work without a database: enough of the store's rules for conversations
// to run through, fast enough for fuzzing.
type town struct {
	*mailbox
	mu    sync.Mutex
	now   func() time.Time
	homes map[civic.Account]civic.CommunityID
	needs []civic.Need
	runs  map[string]ran // by run and number
	keys  map[string]string
}

type ran struct {
	receipt civic.Receipt
	run     string
	n       int
}

var (
	_ chat.Ledger       = (*town)(nil)
	_ flows.Communities = (*town)(nil)
	_ flows.Followers   = (*town)(nil)
	_ flows.Needs       = (*town)(nil)
)

func newTown(now func() time.Time) *town {
	return &town{mailbox: newMailbox(), now: now, homes: map[civic.Account]civic.CommunityID{}, runs: map[string]ran{}, keys: map[string]string{}}
}

func (w *town) world() flows.World {
	return lookups(w)
}

func (*town) communities() []civic.Community {
	return []civic.Community{
		{ID: 1, Code: "甲", Name: "甲社区", Phone: "0512-12345678", Hours: "每天 9:00–17:00"}, {ID: 2, Code: "乙", Name: "乙社区"},
	}
}

func (*town) estates() []civic.Estate {
	return []civic.Estate{{ID: 1, Community: 1, Name: "桂花园"}, {ID: 2, Community: 1, Name: "桂花里"}, {ID: 3, Community: 2, Name: "荷塘苑"}}
}

func (w *town) Commit(_ context.Context, c store.Commit) (civic.Receipt, error) {
	return w.do(c, func(r *civic.Receipt) error {
		for _, e := range c.Effects {
			if err := w.effect(e, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *town) CloseRun(_ context.Context, run string, n int, a civic.Account) (civic.Receipt, error) {
	c := store.Commit{Run: run, N: n, Account: a, Final: true}
	return w.do(c, func(r *civic.Receipt) error { r.Closed = true; return nil })
}

func (w *town) do(c store.Commit, act func(*civic.Receipt) error) (civic.Receipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := c.Run + "/" + strconv.Itoa(c.N)
	if was, ok := w.runs[id]; ok {
		if was.receipt.Closed && len(c.Effects) > 0 {
			return civic.Receipt{}, store.ErrClosed
		}
		return was.receipt, nil
	}
	if first, ok := w.keys[c.Key]; ok && c.Key != "" {
		return w.runs[first].receipt, nil
	}
	r := civic.Receipt{Final: c.Final}
	if err := act(&r); err != nil {
		return civic.Receipt{}, err
	}
	w.runs[id] = ran{r, c.Run, c.N}
	w.keys[c.Key] = id
	return r, nil
}

func (w *town) effect(e any, r *civic.Receipt) error {
	find := func(id civic.NeedID) (*civic.Need, error) {
		if id < 1 || int(id) > len(w.needs) {
			return nil, &civic.Refusal{Sentence: "没有找到这条需求。"}
		}
		r.Number = w.needs[id-1].Number.String()
		return &w.needs[id-1], nil
	}
	switch e := e.(type) {
	case civic.ReadInbox, civic.OptOut, civic.MakeLink, civic.MissLink:
		w.mailed(e)
	case civic.Join:
		w.homes[e.Account] = e.Community
	case civic.RaiseNeed:
		w.raise(e)
		_, err := find(civic.NeedID(len(w.needs)))
		return err
	case civic.EndorseNeed:
		n, err := find(e.Need)
		if err == nil {
			n.Heat++
			r.Heat, r.Backed, r.Number = n.Heat, true, n.Number.String()
		}
		return err
	case civic.WithdrawNeed:
		n, err := find(e.Need)
		if err == nil {
			n.State = civic.NeedWithdrawn
		}
		return err
	case civic.AddToNeed:
		n, err := find(e.Need)
		if err == nil {
			n.Additions = append(n.Additions, civic.Addition{Text: e.Text, At: w.now()})
		}
		return err
	}
	return townPublic(e, find, r)
}

func (w *town) raise(e civic.RaiseNeed) {
	seq := 1
	for _, n := range w.needs {
		if n.Community == e.Community {
			seq++
		}
	}
	code := w.communities()[max(0, int(e.Community)-1)].Code
	w.needs = append(w.needs, civic.Need{
		ID: civic.NeedID(len(w.needs) + 1), Community: e.Community, Number: civic.Number{Code: code, Year: 2027, Seq: seq},
		Author: e.Account, Category: e.Category, Text: e.Text, Place: e.Place, Urgent: e.Urgent, State: civic.NeedRaised,
		Released: seq%2 == 0, Photos: len(e.Photos), RaisedAt: w.now(),
	})
}

func (w *town) Seen(_ context.Context, key string) (civic.Receipt, string, int, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id, ok := w.keys[key]
	if !ok || key == "" {
		return civic.Receipt{}, "", 0, false, nil
	}
	r := w.runs[id]
	return r.receipt, r.run, r.n, true, nil
}

func (*town) Contact(civic.Account, string, time.Time) {}

func (w *town) Community(_ context.Context, id civic.CommunityID) (civic.Community, bool, error) {
	all := w.communities()
	if id < 1 || int(id) > len(all) {
		return civic.Community{}, false, nil
	}
	return all[id-1], true, nil
}

func (w *town) Communities(context.Context) ([]civic.Community, error) { return w.communities(), nil }

func (*town) Scene(_ context.Context, scene string) (civic.CommunityID, int64, bool, error) {
	return 1, 1, scene == "scene1", nil
}

func (w *town) EstateIn(_ context.Context, c civic.CommunityID) (civic.Estate, bool, error) {
	first := civic.Estate{}
	for _, e := range w.estates() {
		if e.Community == c && (first.ID == 0 || e.Name < first.Name) {
			first = e
		}
	}
	return first, first.ID != 0, nil
}

func (w *town) EstatesNamed(_ context.Context, name string, limit int) ([]civic.Estate, error) {
	var found []civic.Estate
	for _, e := range w.estates() {
		if strings.Contains(e.Name, name) || zh.Likeness(e.Name, name) > 0.5 {
			found = append(found, e)
		}
	}
	return found[:min(limit, len(found))], nil
}

func (w *town) Follower(_ context.Context, a civic.Account) (civic.Follower, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.homes[a]
	return civic.Follower{Account: a, Community: c}, ok, nil
}

func (w *town) Like(_ context.Context, a civic.Account, c civic.CommunityID, text string, limit int) ([]civic.LikeNeed, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var like []civic.LikeNeed
	for _, n := range w.needs {
		own := n.Author == a
		if n.Community == c && n.State == civic.NeedRaised && (own || n.Released) && zh.Likeness(n.Text, text) >= 0.4 {
			like = append(like, civic.LikeNeed{ID: n.ID, Number: n.Number, Text: n.Text, Heat: n.Heat, Own: own})
		}
	}
	slices.SortStableFunc(like, func(x, y civic.LikeNeed) int { return cmp.Compare(y.Heat, x.Heat) })
	return like[:min(limit, len(like))], nil
}

func (w *town) Mine(_ context.Context, a civic.Account, offset, limit int) ([]civic.Need, int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var mine []civic.Need
	for _, n := range slices.Backward(w.needs) {
		if n.Author == a {
			mine = append(mine, n)
		}
	}
	return slices.Clone(mine[min(offset, len(mine)):min(offset+limit, len(mine))]), len(mine), nil
}

func (w *town) ByNumber(_ context.Context, c civic.CommunityID, year, seq int) (civic.Need, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.needs {
		if n.Community == c && (year == 0 || n.Number.Year == year) && n.Number.Seq == seq {
			return n, true, nil
		}
	}
	return civic.Need{}, false, nil
}

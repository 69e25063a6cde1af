package chat_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"yishi/bot/push"
	"yishi/bot/wechat"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
)

// notary passes commits on to the store and compares, after each, what the tables say with what was to be
// done: every effect of staff has its one line of the log, no line is without its effect, and needs move
// only as the effects allow.
type notary struct {
	*store.DB
	t        *testing.T
	books    *books
	runs     map[string]bool // committed, by run and number
	logged   map[int64]bool  // lines of the log that are accounted for
	since    int64
	needs    map[int64]needBook
	merged   map[int64]needBook // as they were before the merge
	declines map[int64]decline
	did      []string // effects of the present turn
	resident bool     // among them one of residents that may reach another community
	count    map[string]int
}

// decline is who would decline a need, and when they said so.
type decline struct {
	by int64
	at time.Time
}

func newNotary(t *testing.T, db *store.DB, b *books) *notary {
	return &notary{
		DB: db, t: t, books: b, runs: map[string]bool{}, logged: map[int64]bool{}, needs: map[int64]needBook{}, merged: map[int64]needBook{},
		declines: map[int64]decline{}, count: map[string]int{},
	}
}

// Commit is the store's.
func (n *notary) Commit(ctx context.Context, c store.Commit) (civic.Receipt, error) {
	began := n.Clock().Now().UnixMilli()
	r, err := n.DB.Commit(ctx, c)
	if err == nil {
		key := fmt.Sprintf("%s/%d", c.Run, c.N)
		if n.runs[key] || r.Final != c.Final {
			c.Effects = nil // it was there before
		}
		n.runs[key] = true
	} else {
		c.Effects = nil
	}
	for _, e := range c.Effects {
		name := strings.TrimPrefix(fmt.Sprintf("%T", e), "civic.")
		n.did = append(n.did, name)
		n.count[name]++
		switch e := e.(type) {
		case civic.EndorseNeed, civic.UnendorseNeed, civic.ReportNeed:
			n.resident = true
		case civic.MakePush:
			if made := n.books.count("SELECT made_ms FROM pushes WHERE push = ?", e.Push.ID); made < began {
				n.t.Errorf("%s is not told: there was one of that name", e.Push.ID)
			}
		}
	}
	n.witness(string(c.Account), c.Effects)
	return r, err
}

// overdue tells staff what waits too long.
func (n *notary) overdue(id civic.CommunityID, due time.Time) (effects []any) {
	ctx := n.t.Context()
	c, _, err := n.Communities().Community(ctx, id)
	waits, e2 := n.Triage().Overdue(ctx, id)
	staff, e3 := n.Triage().Watchers(ctx, id)
	if err := errors.Join(err, e2, e3); err != nil {
		n.t.Fatal(err)
	}
	for _, m := range flows.OverduePushes(id, due.UTC().Format("20060102"), civic.Digests(c.Settings, staff, waits)) {
		effects = append(effects, m)
	}
	return effects
}

// byOperator accounts for lines of the log that the operator's command line wrote.
func (n *notary) byOperator() {
	for _, a := range n.fresh() {
		if a.staff != 0 || a.act != "community.run" {
			n.t.Errorf("the operator's act was logged as %+v", a)
		}
	}
}

// fresh are the lines of the log that came since the last look.
func (n *notary) fresh() (out []auditBook) {
	for _, a := range n.books.audits(n.since) {
		if !n.logged[a.id] {
			n.logged[a.id] = true
			out = append(out, a)
		}
		n.since = max(n.since, a.at)
	}
	return out
}

// logs is how the log has to call an effect of staff: what, and upon what; "" for any. False is no effect
// of staff. The words are written out here once more: they are what the log is read by for years.
func logs(e any) (by civic.By, what, object string, is bool) {
	v := reflect.ValueOf(e)
	f := v.FieldByName("By")
	if !f.IsValid() {
		return by, "", "", false
	}
	by, _ = reflect.TypeAssert[civic.By](f)
	word, ok := logWords[strings.TrimPrefix(v.Type().String(), "civic.")]
	if !ok {
		return by, "?", "", true
	}
	what, of, _ := strings.Cut(word, " ")
	switch of {
	case "":
		return by, what, "", true
	default:
		kind := map[string]string{"Need": "need", "Source": "need", "Talk": "talk", "Claim": "claim", "Round": "round", "From": "staff"}[of]
		object = fmt.Sprintf("%s:%d", kind, v.FieldByName(of).Int())
	}
	switch e := e.(type) {
	case civic.DeclineNeed:
		if e.Final {
			what = "decline-appeal"
		}
	case civic.DecideClaim:
		what = string(e.Decision)
	}
	return by, what, object, true
}

var logWords = map[string]string{
	"HoldNeed": "look Need", "LeaveNeed": "leave Need", "AcceptNeed": "accept Need", "ClassifyNeed": "classify Need", "MarkNeed": "mark Need", "TypeNeed": "type Need",
	"HandNeed": "hand Need", "AskAuthor": "ask Need", "MergeNeeds": "merge Source", "UndoMerge": "unmerge Source", "KeepMerge": "keep-merge Source", "DeclineNeed": "decline Need",
	"ConfirmDecline": "confirm-decline Need", "RejectDecline": "reject-decline Need", "ReleaseNeed": "release Need", "KeepBack": "keep-back Need", "TakeDownNeed": "take-down Need",
	"LeavePublic": "leave-public Need", "SettleAppeal": "settle-appeal Need", "RaiseFor": "raise-for", "TakeTalk": "take Talk", "Answer": "answer Talk", "HandTalk": "hand Talk",
	"EndTalk": "end Talk", "DecideClaim": "? Claim", "HandOver": "hand-over From", "TakeBack": "take-back", "RevokeGrant": "revoke", "Invite": "invite", "CancelInvite": "cancel-invite",
	"OpenRound": "open", "MoveStage": "move Round", "PlanStage": "plan Round", "PublishShortlist": "publish Round", "ChangeSettings": "set",
}

// denies are the acts that a grid worker has no right to; the committee has all of these.
var denies = []string{"round.stage", "round.list", "roll.import", "role.invite", "community.set", "audit.read", "export"}

// witness compares what was done with what the tables say.
func (n *notary) witness(account string, effects []any) {
	fresh := n.fresh()
	for _, e := range effects {
		by, what, object, is := logs(e)
		if !is {
			continue
		}
		i := slices.IndexFunc(fresh, func(a auditBook) bool {
			return a.what == what && (object == "" || a.obj == object) && a.community == int64(by.Community) && a.from == account
		})
		if i < 0 {
			n.t.Errorf("%T %s is not in the log: %+v", e, object, fresh)
			continue
		}
		n.rightful(fresh[i])
		fresh = slices.Delete(fresh, i, i+1)
	}
	now := n.books.needs()
	for _, a := range fresh {
		switch {
		case a.staff == 0 && a.what == "lapse-decline" && n.moved(now, a.obj, "declining", "declined"):
		case a.staff == 0 && a.what == "due" && account == "yishi":
		default:
			n.t.Errorf("the log has %+v, which nobody did in %v", a, n.did)
		}
	}
	n.moves(now, effects)
	n.needs = now
}

func (n *notary) moved(now map[int64]needBook, object, from, to string) bool {
	var id int64
	_, err := fmt.Sscanf(object, "need:%d", &id)
	return err == nil && n.needs[id].state == from && now[id].state == to
}

// rightful checks that who is logged held the office at that time, in that community and grid.
func (n *notary) rightful(a auditBook) {
	var need int64
	grid := int64(0)
	if _, err := fmt.Sscanf(a.obj, "need:%d", &need); err == nil {
		grid = n.books.count("SELECT grid_id FROM needs WHERE id = ?", need)
		if c := n.books.count("SELECT community_id FROM needs WHERE id = ?", need); c != a.community {
			n.t.Errorf("%+v is about a need of another community", a)
		}
	}
	for _, g := range n.books.grants(a.staff) {
		if g.role == a.role && g.community == a.community && g.given <= a.at && (g.revoked == 0 || g.revoked > a.at) &&
			(g.role != "gridWorker" || !slices.Contains(denies, a.act)) &&
			(g.grids == "" || grid == 0 || slices.Contains(strings.Split(g.grids, ","), fmt.Sprint(grid))) {
			return
		}
	}
	n.t.Errorf("%+v was done without the right", a)
}

// ways are the moves of a need, and the effects that make them.
var ways = map[string][]string{
	"raised→accepted": {"AcceptNeed"}, "raised→declining": {"DeclineNeed"}, "raised→handed": {"HandNeed"}, "raised→merged": {"MergeNeeds"}, "raised→withdrawn": {"WithdrawNeed"},
	"declining→declined": {"ConfirmDecline", "LapseDecline"}, "declining→raised": {"RejectDecline"}, "declining→withdrawn": {"WithdrawNeed"},
	"declined→appealed": {"AppealDecline"}, "appealed→accepted": {"AcceptNeed"}, "appealed→handed": {"HandNeed"}, "appealed→declined": {"DeclineNeed"}, "appealed→withdrawn": {"WithdrawNeed"},
	"accepted→merged": {"MergeNeeds"}, "accepted→handed": {"HandNeed"}, "accepted→withdrawn": {"WithdrawNeed"}, "handed→withdrawn": {"WithdrawNeed"},
	"merged→raised": {"UndoMerge"}, "merged→accepted": {"UndoMerge"},
}

// upon finds the effect of such a name upon a need.
func upon(effects []any, names []string, need int64) any {
	for _, e := range effects {
		v := reflect.ValueOf(e)
		for _, name := range names {
			if v.Type().Name() != name {
				continue
			}
			f := v.FieldByName("Need")
			if !f.IsValid() {
				f = v.FieldByName("Source")
			}
			if f.IsValid() && f.Int() == need {
				return e
			}
		}
	}
	return nil
}

// moves checks what changed in needs.
func (n *notary) moves(now map[int64]needBook, effects []any) {
	for id, was := range n.needs {
		is, ok := now[id]
		if !ok {
			n.t.Errorf("need %d is gone", id)
			continue
		}
		if is.community != was.community || is.year != was.year || is.seq != was.seq || is.raised != was.raised || is.account != was.account && was.account != "" {
			n.t.Errorf("need %d was %+v and is %+v", id, was, is)
		}
		if is.text != was.text && upon(effects, []string{"TypeNeed", "RewriteNeed"}, id) == nil || is.category != was.category && upon(effects, []string{"ClassifyNeed"}, id) == nil {
			n.t.Errorf("the words of need %d changed by %v", id, n.did)
		}
		if is.released != was.released && upon(effects, []string{"ReleaseNeed", "TakeDownNeed", "LeavePublic", "SettleAppeal", "ReportNeed"}, id) == nil {
			n.t.Errorf("need %d was released %d and is %d by %v", id, was.released, is.released, n.did)
		}
		if is.state != was.state {
			n.move(was, is, effects)
		}
	}
	for id, is := range now {
		if _, old := n.needs[id]; !old && (is.state != "raised" || is.heat != 0 || is.into != 0) {
			n.t.Errorf("a new need is %+v", is)
		}
	}
}

func (n *notary) move(was, is needBook, effects []any) {
	e := upon(effects, ways[was.state+"→"+is.state], is.id)
	if e == nil {
		n.t.Errorf("need %d went from %s to %s by %T", is.id, was.state, is.state, effects)
	}
	at := n.Clock().Now()
	switch e := e.(type) {
	case civic.DeclineNeed:
		if e.Final != (was.state == "appealed") {
			n.t.Errorf("a decline of a need that was %s, final: %v", was.state, e.Final)
		}
		n.declines[is.id] = decline{is.decidedBy, at}
	case civic.ConfirmDecline:
		if d := n.declines[is.id]; n.staffOf(e.By.Account) == d.by {
			n.t.Errorf("need %d was declined and confirmed by the same %d", is.id, d.by)
		}
	case civic.LapseDecline:
		said := n.declines[is.id].at.In(shanghai)
		if night := time.Date(said.Year(), said.Month(), said.Day()+1, 9, 0, 0, 0, shanghai); at.Before(night) {
			n.t.Errorf("need %d was declined at %v, and finally at %v without a second word", is.id, said, at)
		}
	case civic.MergeNeeds:
		n.merged[is.id] = was
	case civic.UndoMerge:
		n.undone(n.merged[is.id], is)
	}
}

func (n *notary) staffOf(a civic.Account) int64 {
	return n.books.count("SELECT id FROM staff WHERE account = ?", string(a))
}

// undone checks that an undone merge left nothing: the need is as it was before, but for what others may
// do to one that is merged.
func (n *notary) undone(before, is needBook) {
	if is.state != before.state || is.waiting != before.waiting || is.into != 0 || is.decidedBy != before.decidedBy || is.decided != before.decided ||
		is.lastWord != before.lastWord || is.asked != before.asked && is.asked != 0 {
		n.t.Errorf("a merge was undone: before\n%+v\nafterwards\n%+v", before, is)
	}
}

// postmen are a platform that lets everything through, and note who was told what.
type postmen struct {
	t     *testing.T
	books *books
	sent  map[int64]bool
	told  map[string]bool
}

// Fits is what the platform's rules say.
func (*postmen) Fits(_ civic.Route, _ string, text push.Text) error {
	return wechat.CheckText(text.Plain)
}

// Send checks that no phone is told the same thing twice, and that no delivery has the number of another.
func (p *postmen) Send(_ context.Context, route civic.Route, m push.Message) (string, error) {
	var purpose, person string
	p.books.each("SELECT p.purpose, d.person FROM deliveries d JOIN pushes p ON p.id = d.push_id WHERE d.id = ?", []any{m.Delivery}, func(scan func(...any)) { scan(&purpose, &person) })
	relay := m.Kind == civic.TellRelay // goes on in one delivery, a part at a time
	if key := purpose + " to " + person; !relay && (p.told[key] || p.sent[m.Delivery]) {
		p.t.Errorf("%s was told twice: delivery %d by %s, %v %v", key, m.Delivery, route, p.told[key], p.sent[m.Delivery])
	} else {
		p.told[key], p.sent[m.Delivery] = true, true
	}
	return "", nil
}

// Judge is what an error means.
func (*postmen) Judge(err error) push.Verdict {
	if err == nil {
		return push.Verdict{Answer: push.Accepted}
	}
	return push.Verdict{Answer: push.Unsure}
}

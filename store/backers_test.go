package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// person puts somebody on the roll, by a name of the test's own.
func person(t testing.TB, db *store.DB, c civic.CommunityID, name string) civic.PersonID {
	t.Helper()
	id, err := db.AddPerson(within(t, 20*time.Second), store.NewPerson{Community: c, Estate: "钮家新村", Grid: "一网格", Building: "3", Room: name, Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func link(t testing.TB, db *store.DB, a civic.Account, p civic.PersonID) {
	t.Helper()
	if err := db.AddIdentity(within(t, 20*time.Second), a, p, civic.ByRoll); err != nil {
		t.Fatal(err)
	}
}

// counts are what a need's row says; the backers must agree with it.
func counts(t testing.TB, db *store.DB, id civic.NeedID) (heat, others int) {
	t.Helper()
	heat, others, backers, err := store.Counts(within(t, 20*time.Second), db, id)
	if err != nil {
		t.Fatal(err)
	}
	if backers != heat {
		t.Errorf("heat %d, %d backers", heat, backers)
	}
	return heat, others
}

func wantCounts(t testing.TB, db *store.DB, id civic.NeedID, heat, others int) {
	t.Helper()
	if h, o := counts(t, db, id); h != heat || o != others {
		t.Errorf("%d verified and %d others, want %d and %d", h, o, heat, others)
	}
}

func endorse(a civic.Account, n civic.NeedID) civic.EndorseNeed {
	return civic.EndorseNeed{Account: a, Need: n}
}

// Two accounts of one person at once, each several times: the person is counted once.
func TestOnePersonAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		n := released(t, db, c.ID, "北门的路灯坏了")
		p := person(t, db, c.ID, "某甲")
		link(t, db, "phone", p)
		link(t, db, "tablet", p)
		var all sync.WaitGroup
		for i := range 24 {
			a := []civic.Account{"phone", "tablet", "stranger"}[i%3]
			all.Go(func() { must(t, db, commit(fmt.Sprintf("run-%d", i), 1, a, endorse(a, n.ID))) })
		}
		all.Wait()
		wantCounts(t, db, n.ID, 1, 1)
		must(t, db, commit("less", 1, "phone", civic.UnendorseNeed{Account: "phone", Need: n.ID}))
		wantCounts(t, db, n.ID, 1, 1)
		for i := range 2 {
			must(t, db, commit(fmt.Sprintf("none-%d", i), 1, "tablet", civic.UnendorseNeed{Account: "tablet", Need: n.ID}))
		}
		wantCounts(t, db, n.ID, 0, 1)
	})
}

// An account is verified in the moment in which it endorses: whichever comes first, it is counted
// once, as its person.
func TestAdoptWhileEndorsing(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		for i := range 12 {
			n := released(t, db, c.ID, fmt.Sprintf("第%d盏路灯坏了", i))
			a := civic.Account(fmt.Sprintf("openid-%d", i))
			p := person(t, db, c.ID, string(a))
			var all sync.WaitGroup
			all.Go(func() { must(t, db, commit(fmt.Sprintf("run-%d", i), 1, a, endorse(a, n.ID))) })
			all.Go(func() { link(t, db, a, p) })
			all.Go(func() { must(t, db, commit(fmt.Sprintf("raise-%d", i), 1, a, need(a, c.ID, "另一件事"))) })
			all.Wait()
			wantCounts(t, db, n.ID, 1, 0)
			mine, _, err := db.Needs().Mine(within(t, 10*time.Second), a, 0, 1)
			if err != nil || len(mine) != 1 || mine[0].Person != p || mine[0].Grid == 0 || mine[0].Estate == 0 {
				t.Errorf("raised meanwhile: %+v, %v", mine, err)
			}
		}
	})
}

// A merge during an endorsement: whichever comes first, the person is counted once and told the
// number where it landed.
func TestMergeWhileEndorsing(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		p := person(t, db, c.ID, "某甲")
		link(t, db, "phone", p)
		link(t, db, "tablet", p)
		for i := range 12 {
			one, two := released(t, db, c.ID, fmt.Sprintf("第%d盏灯坏了", i)), released(t, db, c.ID, fmt.Sprintf("路灯%d不亮", i))
			var all sync.WaitGroup
			var told civic.Receipt
			all.Go(func() { told = must(t, db, commit(fmt.Sprintf("a-%d", i), 1, "phone", endorse("phone", one.ID))) })
			all.Go(func() { must(t, db, commit(fmt.Sprintf("b-%d", i), 1, "tablet", endorse("tablet", two.ID))) })
			all.Go(func() { must(t, db, commit(fmt.Sprintf("c-%d", i), 1, "stranger", endorse("stranger", one.ID))) })
			all.Go(func() {
				if err := store.Merge(within(t, 20*time.Second), db, one.ID, two.ID, false); err != nil {
					t.Errorf("merge: %v", err)
				}
			})
			all.Wait()
			wantCounts(t, db, two.ID, 1, 1)
			landed := told.Number == two.Number.String() && told.From == one.Number.String()
			if before := told.Number == one.Number.String() && told.From == ""; !before && !landed {
				t.Errorf("told %+v", told)
			}
			again := must(t, db, commit(fmt.Sprintf("d-%d", i), 1, "phone", endorse("phone", one.ID)))
			if again.Number != two.Number.String() || again.From != one.Number.String() || again.Heat != 1 {
				t.Errorf("afterwards told %+v", again)
			}
		}
	})
}

// Endorsing while the need is withdrawn or taken down: counted before, or refused after.
func TestEndorseWhileItGoes(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c := community(t, db, "钮")
		by := clerk(t, db, c.ID, "clerk")
		for i := range 10 {
			n := released(t, db, c.ID, fmt.Sprintf("第%d盏灯坏了", i))
			var all sync.WaitGroup
			var err error
			all.Go(func() {
				_, err = db.Commit(within(t, 20*time.Second), commit(fmt.Sprintf("run-%d", i), 1, "openid-A", endorse("openid-A", n.ID)))
			})
			all.Go(func() {
				if i%2 == 0 {
					must(t, db, commit(fmt.Sprintf("gone-%d", i), 1, "author", civic.WithdrawNeed{Account: "author", Need: n.ID}))
					return
				}
				must(t, db, commit(fmt.Sprintf("down-%d", i), 1, by.Account, civic.TakeDownNeed{By: by, Need: n.ID, ReasonCode: "other"}))
			})
			all.Wait()
			var no *civic.Refusal
			_, others := counts(t, db, n.ID)
			if err != nil && !errors.As(err, &no) || (err == nil) != (others == 1) {
				t.Errorf("%d others, and the endorser was told %v", others, err)
			}
		}
	})
}

// Whoever endorses does so as a person: not a need of their own, whichever account it was.
func TestOwnNeedByPerson(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		c, elsewhere := community(t, db, "钮"), community(t, db, "平")
		p := person(t, db, c.ID, "某甲")
		link(t, db, "author", p)
		must(t, db, commit("raise", 1, "author", need("author", c.ID, "路灯坏了")))
		mine, _, err := db.Needs().Mine(within(t, 10*time.Second), "author", 0, 1)
		if err != nil || mine[0].Person != p {
			t.Fatalf("raised %+v, %v", mine, err)
		}
		by := clerk(t, db, c.ID, "clerk")
		must(t, db, commit("show", 1, by.Account, civic.ReleaseNeed{By: by, Need: mine[0].ID, Text: true}))
		must(t, db, commit("early", 1, "tablet", endorse("tablet", mine[0].ID)))
		wantCounts(t, db, mine[0].ID, 0, 1)
		link(t, db, "tablet", p) // it was the author's all along
		wantCounts(t, db, mine[0].ID, 0, 0)
		link(t, db, "watch", p)
		if s := refused(t, db, commit("own", 1, "watch", endorse("watch", mine[0].ID))); s != "这是您自己提的需求，不用附议。" {
			t.Errorf("refused with %q", s)
		}
		// On another community's matters a person of this roll is counted apart.
		far := released(t, db, elsewhere.ID, "那边的路灯坏了")
		must(t, db, commit("far", 1, "watch", endorse("watch", far.ID)))
		wantCounts(t, db, far.ID, 0, 1)
	})
}

// model is what should be so, worked out from scratch.
type model struct {
	author map[int]string
	into   map[int]int // need → the one it was merged into
	backed map[int]map[string]bool
	whose  map[string]int // account → person; 0 nobody
}

func (m *model) head(n int) int {
	for m.into[n] != 0 {
		n = m.into[n]
	}
	return n
}

func (m *model) endorses(n int, a string) bool {
	for k := range m.author {
		if m.head(k) == m.head(n) && (m.backed[k][a] || k != m.head(n) && m.author[k] == a) {
			return true
		}
	}
	return false
}

func (m *model) counts(head int) (heat, others int) {
	persons, accounts := map[int]bool{}, map[string]bool{}
	for _, a := range accountsOfModel {
		if m.endorses(head, a) {
			if p := m.whose[a]; p != 0 {
				persons[p] = true
			} else {
				accounts[a] = true
			}
		}
	}
	for k, a := range m.author {
		if k != head && m.head(k) == head && strings.HasPrefix(a, gone) {
			accounts[a] = true
		}
	}
	delete(accounts, m.author[head])
	if p := m.whose[m.author[head]]; p != 0 {
		delete(persons, p)
	}
	return len(persons), len(accounts)
}

// gone begins the name of an author who had their data deleted: each is somebody, and nobody known.
const gone = "gone"

// forget gives up all that is an account's.
func (m *model) forget(a string) {
	m.whose[a] = 0
	for k := range m.author {
		delete(m.backed[k], a)
		if m.author[k] == a {
			m.author[k] = fmt.Sprint(gone, k)
		}
	}
}

var accountsOfModel = []string{"a", "b", "c", "d", "e"}

// Any sequence of endorsing, taking back, verifying, losing it, merging, parting and being forgotten keeps heat the
// number of distinct verified persons and others that of distinct accounts of nobody.
func TestCountsAlwaysAgree(t *testing.T) {
	for name, open := range map[string]func(testing.TB) *store.DB{"sqlite": storetest.Open, "mysql": storetest.OpenMySQL} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			c := community(t, db, "钮")
			persons := []civic.PersonID{person(t, db, c.ID, "某甲"), person(t, db, c.ID, "某乙")}
			world := 0
			rapid.Check(t, func(r *rapid.T) {
				world++
				walkCounts(r, t, db, c.ID, persons, world)
			})
		})
	}
}

func walkCounts(r *rapid.T, t *testing.T, db *store.DB, c civic.CommunityID, persons []civic.PersonID, world int) {
	const needs = 3
	account := func(a string) civic.Account { return civic.Account(fmt.Sprintf("%s-%d", a, world)) }
	m := &model{author: map[int]string{}, into: map[int]int{}, backed: map[int]map[string]bool{}, whose: map[string]int{}}
	var id [needs + 1]civic.NeedID
	for n := 1; n <= needs; n++ {
		m.author[n], m.backed[n] = rapid.SampledFrom(accountsOfModel).Draw(r, "author"), map[string]bool{}
		made, err := db.AddNeed(within(t, 20*time.Second), civic.Need{Community: c, Author: account(m.author[n]), Text: "路灯坏了", Released: true})
		if err != nil {
			r.Fatal(err)
		}
		id[n] = made.ID
	}
	steps := rapid.IntRange(1, 14).Draw(r, "steps")
	for s := range steps {
		if err := stepCounts(r, t, db, m, persons, id[:], account, fmt.Sprintf("w%d-%d", world, s)); err != nil {
			r.Fatal(err)
		}
		for k := 1; k <= needs; k++ {
			if m.head(k) != k {
				continue
			}
			wantHeat, wantOthers := m.counts(k)
			if heat, others := counts(t, db, id[k]); heat != wantHeat || others != wantOthers {
				r.Fatalf("need %d has %d verified and %d others, want %d and %d", k, heat, others, wantHeat, wantOthers)
			}
		}
	}
}

// stepCounts does one thing to the database and to the model.
func stepCounts(r *rapid.T, t *testing.T, db *store.DB, m *model, persons []civic.PersonID, id []civic.NeedID, account func(string) civic.Account, run string) error {
	n, a := rapid.IntRange(1, len(id)-1).Draw(r, "need"), rapid.SampledFrom(accountsOfModel).Draw(r, "account")
	ctx := within(t, 20*time.Second)
	switch do := rapid.SampledFrom([]string{"endorse", "endorse", "undo", "adopt", "disown", "merge", "part", "forget"}).Draw(r, "do"); do {
	case "endorse":
		own := m.author[m.head(n)] == a || m.whose[a] != 0 && m.whose[m.author[m.head(n)]] == m.whose[a]
		if !m.endorses(n, a) && !own {
			m.backed[m.head(n)][a] = true
		}
		return settledOnly(db.Commit(ctx, commit(run, 1, account(a), endorse(account(a), id[n]))))
	case "undo":
		for k := range m.author {
			if m.head(k) == m.head(n) {
				delete(m.backed[k], a)
			}
		}
		return settledOnly(db.Commit(ctx, commit(run, 1, account(a), civic.UnendorseNeed{Account: account(a), Need: id[n]})))
	case "adopt":
		m.whose[a] = rapid.IntRange(1, len(persons)).Draw(r, "person")
		return db.AddIdentity(ctx, account(a), persons[m.whose[a]-1], civic.ByRoll)
	case "disown":
		m.whose[a] = 0
		return store.Disown(ctx, db, account(a))
	case "forget":
		m.forget(a)
		_, err := db.Commit(ctx, commit(run, 1, account(a), civic.ForgetMe{Account: account(a)}))
		return err
	default:
		return mergeInModel(t, db, m, id, n, rapid.IntRange(1, len(id)-1).Draw(r, "other"), do == "part")
	}
}

// settledOnly passes over refusals.
func settledOnly(_ civic.Receipt, err error) error {
	var no *civic.Refusal
	if errors.As(err, &no) {
		return nil
	}
	return err
}

// mergeInModel merges the head of one need into that of another, or parts a need from the one it
// was merged into.
func mergeInModel(t *testing.T, db *store.DB, m *model, id []civic.NeedID, n, other int, part bool) error {
	ctx := within(t, 20*time.Second)
	if part {
		into := m.into[n]
		if into == 0 || m.into[into] != 0 {
			return nil
		}
		delete(m.into, n)
		return store.Merge(ctx, db, id[n], id[into], true)
	}
	from, to := m.head(n), m.head(other)
	if from == to {
		return nil
	}
	m.into[from] = to
	return store.Merge(ctx, db, id[from], id[to], false)
}

//go:build unix

package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// TestKilledWhileExpanding kills one of two workers while an audience of 50,000 is turned into
// deliveries, and people join and leave its community all the while: the other goes on from
// where it was, and the audience is the one of the beginning.
func TestKilledWhileExpanding(t *testing.T) {
	t.Parallel()
	f := newFleet(t, plan{seed: seed(t)}, crowdSize(t, 50_000))
	f.announce("-spread", "24h") // so that few are due, and none before its audience is known
	f.sql.delay.Store(int64(20 * time.Millisecond))
	a, b := f.worker(program), f.worker(program)
	f.start(a)
	walked := func() int { return f.count("SELECT walked FROM pushes") }
	if _, ok := until(t.Context(), settleTime, func() bool { return walked() > 0 }); !ok {
		t.Fatal("nobody was looked at")
	}
	var moving sync.WaitGroup
	moving.Go(f.move)
	f.start(b)
	until(t.Context(), settleTime, func() bool { return walked() > len(f.people)/5 })
	a.kill()
	at := walked()
	moving.Wait()
	f.sql.delay.Store(0)
	took, ok := until(t.Context(), settleTime, func() bool { return f.count("SELECT expanded FROM pushes") == 1 })
	t.Logf("killed after %d, all known %v later", at, took)
	if !ok || at == 0 || at >= len(f.people) {
		t.Errorf("killed after %d of %d people", at, len(f.people))
	}
	if n := f.count("SELECT audience FROM pushes"); n != len(f.people) {
		t.Errorf("an audience of %d, want %d", n, len(f.people))
	}
	if n := f.count("SELECT COUNT(DISTINCT account) FROM deliveries WHERE account LIKE 'oFleet%'"); n != len(f.people) {
		t.Errorf("deliveries to %d people, want %d", n, len(f.people))
	}
	if n := f.count("SELECT COUNT(*) FROM deliveries"); n != len(f.people) {
		t.Errorf("%d deliveries to %d people", n, len(f.people))
	}
	if again := f.p.Repeated(); len(again) > 0 {
		t.Errorf("%d people were told twice", len(again))
	}
}

// move has forty people of the audience leave, from its beginning to its end, some of whom come
// back, and as many come in.
func (f *fleet) move() {
	db, err := store.Open(f.t.Context(), storetest.Options("mysql:"+f.straight))
	if err != nil {
		f.t.Error(err)
		return
	}
	defer func() { _ = db.Close() }()
	here, there := int64(f.count("SELECT id FROM communities WHERE code = '钮'")), int64(f.count("SELECT id FROM communities WHERE code = '平'"))
	join := func(who string, times int, to int64) {
		ctx := within(f.t, 30*time.Second)
		c := store.Commit{Run: fmt.Sprintf("move-%s-%d", who, times), N: 1, Account: civic.Account(who), Final: true, Effects: []any{
			civic.Join{Account: civic.Account(who), Community: civic.CommunityID(to)},
		}}
		_, err := db.Commit(ctx, c)
		for (errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrUnsure)) && pause(ctx, 50*time.Millisecond) {
			_, err = db.Commit(ctx, c)
		}
		if err != nil {
			f.t.Errorf("join: %v", err)
		}
	}
	const people = 40
	for i := range people {
		old := f.people[i*(len(f.people)-1)/(people-1)]
		join(old, 1, there)
		if i%2 == 0 {
			join(old, 2, here)
		}
		join(fmt.Sprintf("oFleet%06dnew", i*len(f.people)/people), 1, here) // among the others by name
	}
}

// TestUnfitTextIsRefused gives an operator's words to the command that no route can carry: it
// names the field and the limit, and nothing is made.
func TestUnfitTextIsRefused(t *testing.T) {
	t.Parallel()
	f := newFleet(t, plan{lite: true, seed: seed(t)}, 3)
	tight := "YISHI_PUSH=kinds: {announce: {template: {id: t, fields: {thing1: {from: title, max: 5}}}}}"
	for _, row := range []struct {
		title, body, push string
		want              []string
	}{
		{strings.Repeat("长", 21), "x", "", []string{"title", "1 to 20 characters"}},
		{"停水", strings.Repeat("长", 501), "", []string{"body", "1 to 500 characters"}},
		{"今天晚上停水", "x", tight, []string{"by template", "field thing1", "at most 5"}},
	} {
		env := f.env("127.0.0.1:0", "127.0.0.1:0")
		if row.push != "" {
			env = append(env, row.push)
		}
		code, out := command(t, env, "push", "announce", "-community", "钮", "-title", row.title, "-body", row.body, "-confirm", "3")
		if code != 1 {
			t.Errorf("exit code %d: %s", code, out)
		}
		for _, want := range row.want {
			if !strings.Contains(out, want) {
				t.Errorf("%q is not in %s", want, out)
			}
		}
	}
	if n := f.count("SELECT COUNT(*) FROM pushes"); n != 0 {
		t.Errorf("%d pushes were made", n)
	}
}

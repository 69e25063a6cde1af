//go:build unix

package fault_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	customerPath = "/cgi-bin/message/custom/send"
	// hands is how many deliveries a worker has in hand at once: as many may be unknown after a kill.
	hands = 256
	// settleTime is for a whole push, on a machine that others use too.
	settleTime = time.Minute + 30*time.Second
)

// fleet is a site with a crowd that is to be told something.
type fleet struct {
	*site
	people []string
	late   time.Duration // the longest that a row was seen under a lease that had ended
}

// newFleet makes a site whose first community has n people with open windows. Nothing runs yet.
func newFleet(t testing.TB, want plan, n int) *fleet {
	t.Helper()
	f := &fleet{site: open(t, want)}
	f.people = f.p.Populate("oFleet", n)
	f.p.SetLatency(customerPath, 20*time.Millisecond)
	var of int64
	if err := f.db.QueryRowContext(within(t, 30*time.Second), "SELECT id FROM communities WHERE code = '钮'").Scan(&of); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UnixMilli()
	for some := range slices.Chunk(f.people, 500) {
		var args []any
		for _, openid := range some {
			args = append(args, openid, of, now-3_600_000, now, now-3_600_000)
		}
		f.exec("INSERT INTO accounts (openid, community_id, estate_id, following, first_ms, last_message_ms, last_event_ms, unfollowed_ms, community_ms, sent_in_window) VALUES "+
			strings.TrimSuffix(strings.Repeat("(?, ?, 0, 1, ?, ?, 0, 0, ?, 0), ", len(some)), ", "), args...)
	}
	return f
}

func (s *site) exec(query string, args ...any) {
	s.t.Helper()
	if _, err := s.db.ExecContext(within(s.t, 30*time.Second), query, args...); err != nil {
		s.t.Fatalf("exec: %v", err)
	}
}

// crowdSize is usual, or what YISHI_TEST_DELIVERIES says.
func crowdSize(t testing.TB, usual int) int {
	t.Helper()
	text := os.Getenv("YISHI_TEST_DELIVERIES")
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1000 {
		t.Fatalf("YISHI_TEST_DELIVERIES is %q, want a number from 1000", text)
	}
	return n
}

// announce has an operator tell the crowd something. The command may be given twice.
func (f *fleet) announce(more ...string) {
	f.t.Helper()
	f.mustCommand(append([]string{
		"push", "announce", "-community", "钮", "-title", "停水", "-body", "今晚停水。", "-urgent", "测试", "-confirm", strconv.Itoa(len(f.people)),
	}, more...)...)
}

// worker makes a replica that only works off what waits. More are variables over the usual.
func (s *site) worker(name string, more ...string) *bot {
	b := &bot{admin: freeAddr(s.t)}
	health := "http://" + b.admin + "/healthz"
	b.process = newProcess(s.t, name, append(s.env("127.0.0.1:0", b.admin), more...), func(ctx context.Context) bool {
		return answers(ctx, health)
	}, "worker")
	return b
}

// workers makes two that run.
func (f *fleet) workers() (a, b *bot) {
	f.t.Helper()
	a, b = f.worker(program), f.worker(program)
	f.start(a)
	f.start(b)
	return a, b
}

// reaches waits until as many phones were told.
func (f *fleet) reaches(n int) {
	f.t.Helper()
	ctx := within(f.t, settleTime)
	for f.p.Tally().Received.All() < n {
		if !pause(ctx, time.Millisecond) {
			f.t.Fatalf("only %d of %d were told: %v", f.p.Tally().Received.All(), n, f.states())
		}
	}
}

// states counts the deliveries by the code of their state: 1 waiting, 2 sending, 3 sent, 4 inbox,
// 5 door, 6 skipped, 7 failed, 8 unknown.
func (f *fleet) states() map[int]int {
	f.t.Helper()
	rows, err := f.db.QueryContext(within(f.t, 30*time.Second), "SELECT state, COUNT(*) FROM deliveries GROUP BY state")
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	all := map[int]int{}
	for rows.Next() {
		var state, n int
		if err := rows.Scan(&state, &n); err != nil {
			f.t.Fatal(err)
		}
		all[state] = n
	}
	if err := rows.Err(); err != nil {
		f.t.Fatal(err)
	}
	return all
}

// settle waits until nobody waits any more. It notes leases that ended and were not taken up.
func (f *fleet) settle() {
	f.t.Helper()
	ctx, begin := within(f.t, settleTime), time.Now()
	for {
		ends := f.count("SELECT COALESCE(MIN(at_ms), 0) FROM deliveries WHERE state = 2")
		if ends > 0 {
			f.late = max(f.late, time.Since(time.UnixMilli(int64(ends))))
		}
		if f.count("SELECT (SELECT COUNT(*) FROM pushes WHERE expanded = 0) + (SELECT COUNT(*) FROM deliveries WHERE state IN (1, 2))") == 0 {
			f.t.Logf("settled after %v", time.Since(begin).Round(time.Millisecond))
			return
		}
		if !pause(ctx, 100*time.Millisecond) {
			f.t.Fatalf("not settled after %v: %v", settleTime, f.states())
		}
	}
}

// lateness is how long a lease may have ended before somebody takes it up: a second's poll, and a busy machine.
const lateness = 4 * time.Second

// audit checks that everybody of the crowd has one delivery, that it is sent or, at most that
// many, unknown, and that phones got what the deliveries say, nobody twice.
func (f *fleet) audit(unknown int) {
	f.t.Helper()
	states := f.states()
	f.t.Logf("states %v, %d calls refreshed %d tokens, latest lease %v", states, f.p.Tally().Received.All(), f.p.Tally().Refreshes, f.late.Round(time.Millisecond))
	if states[3]+states[8] != len(f.people) || states[8] > unknown || len(states) > 2 {
		f.t.Errorf("states %v of %d people, want sent, and at most %d unknown", states, len(f.people), unknown)
	}
	if again := f.p.Repeated(); len(again) > 0 {
		f.t.Errorf("%d people were told twice", len(again))
	}
	if f.late > lateness {
		f.t.Errorf("a row was %v past its lease", f.late)
	}
	f.told()
}

// told compares each delivery with its phone.
func (f *fleet) told() {
	f.t.Helper()
	rows, err := f.db.QueryContext(within(f.t, time.Minute), "SELECT account, state FROM deliveries")
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	wrong := 0
	for rows.Next() {
		var openid string
		var state int
		if err := rows.Scan(&openid, &state); err != nil {
			f.t.Fatal(err)
		}
		got := f.p.Received(openid).All()
		if got > 1 || state == 3 && got != 1 || state != 3 && state != 8 && got != 0 {
			if wrong++; wrong <= 10 {
				f.t.Errorf("%s is in state %d and got %d", openid, state, got)
			}
		}
	}
	if err := rows.Err(); err != nil {
		f.t.Fatal(err)
	}
}

// leased are the rows under a lease, by their owners.
func (f *fleet) leased() map[string]int {
	f.t.Helper()
	rows, err := f.db.QueryContext(within(f.t, 30*time.Second), "SELECT id, owner_key, calling FROM deliveries WHERE state = 2")
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]int{}
	for rows.Next() {
		var id, owner int64
		var calling int
		if err := rows.Scan(&id, &owner, &calling); err != nil {
			f.t.Fatal(err)
		}
		all[fmt.Sprintf("%d by %d", id, owner)] = calling
	}
	if err := rows.Err(); err != nil {
		f.t.Fatal(err)
	}
	return all
}

// takenUp waits until none of these rows is under the same lease any more.
func (f *fleet) takenUp(left map[string]int) time.Duration {
	f.t.Helper()
	took, ok := until(f.t.Context(), time.Minute, func() bool {
		now := f.leased()
		for row := range left {
			if _, still := now[row]; still {
				return false
			}
		}
		return true
	})
	if !ok {
		f.t.Errorf("rows of a dead worker are still under its lease after %v", took)
	}
	return took
}

// goesOn is how long it takes until somebody else is told.
func (f *fleet) goesOn() time.Duration {
	f.t.Helper()
	before := f.p.Tally().Received.All()
	took, ok := until(f.t.Context(), time.Minute, func() bool { return f.p.Tally().Received.All() > before || before == len(f.people) })
	if !ok {
		f.t.Errorf("nobody is told any more after %v", took)
	}
	return took
}

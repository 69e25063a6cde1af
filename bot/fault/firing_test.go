//go:build unix

package fault_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// arm sets a timer that tells these accounts something, as another replica would.
func (f *fleet) arm(t civic.Timer, to ...civic.Account) {
	f.t.Helper()
	db, err := store.Open(f.t.Context(), storetest.Options("mysql:"+f.straight))
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	args, err := json.Marshal(flows.Announce{Title: "明天议事会", Body: "请带上身份证。", From: "钮家社区"})
	if err == nil {
		t.Args, err = json.Marshal(civic.TimedPush{
			Push:     civic.Push{ID: "timed", Purpose: "timed", Kind: flows.TellAnnounce, Args: args, Urgent: "测试"},
			Audience: civic.Audience{Accounts: to},
		})
	}
	if err != nil {
		f.t.Fatal(err)
	}
	t.Kind, t.DueAt = civic.TimerPush, db.Clock().Now()
	if err := db.ArmTimer(within(f.t, 20*time.Second), t); err != nil {
		f.t.Fatal(err)
	}
}

// TestKilledBetweenClaimAndFire loses the commit of a timer that a worker has claimed, and kills
// the worker: another one fires it once when the lease has ended.
func TestKilledBetweenClaimAndFire(t *testing.T) {
	t.Parallel()
	f := newFleet(t, plan{seed: seed(t)}, 1)
	a, b := f.workers()
	b.kill()
	f.sql.swallow(func(request []byte) bool { return bytes.Contains(request, []byte("FROM timers WHERE id = ")) })
	f.arm(civic.Timer{ID: "killed", Rev: 1}, civic.Account(f.people[0]))
	if _, ok := until(t.Context(), settleTime, func() bool { return f.sql.swallowed() > 0 }); !ok {
		t.Fatal("nobody claims the timer")
	}
	a.kill()
	f.sql.swallow(nil)
	if n := f.count("SELECT COUNT(*) FROM timers WHERE id = 'killed' AND owner_key <> 0"); n != 1 || f.count("SELECT COUNT(*) FROM pushes") != 0 {
		t.Errorf("%d timers are claimed, and %d pushes made", n, f.count("SELECT COUNT(*) FROM pushes"))
	}
	f.start(a)
	f.start(b)
	took, ok := until(t.Context(), settleTime, func() bool { return f.count("SELECT COUNT(*) FROM pushes") > 0 })
	t.Logf("fired %v after the kill", took)
	if !ok || took > 9*time.Second+lateness {
		t.Errorf("fired after %v", took)
	}
	f.settle()
	f.audit(0)
	if n := f.count("SELECT COUNT(*) FROM timers WHERE id = 'killed'"); n != 0 {
		t.Error("the timer is still there")
	}
}

// TestRepeatingTimer has two workers fire a timer each second for a while: one push a period,
// one message a push.
func TestRepeatingTimer(t *testing.T) {
	t.Parallel()
	f := newFleet(t, plan{seed: seed(t)}, 3)
	f.workers()
	f.arm(civic.Timer{ID: "tick", Rev: 1, Every: time.Second}, civic.Account(f.people[0]))
	const times = 4
	if _, ok := until(t.Context(), settleTime, func() bool { return f.p.Received(f.people[0]).All() >= times }); !ok {
		t.Fatalf("%d messages", f.p.Received(f.people[0]).All())
	}
	f.exec("DELETE FROM timers WHERE id = 'tick'")
	f.settle()
	pushes, periods := f.count("SELECT COUNT(*) FROM pushes"), f.count("SELECT COUNT(DISTINCT push) FROM pushes")
	if got := f.p.Received(f.people[0]).All(); got != pushes || pushes != periods || f.count("SELECT COUNT(*) FROM deliveries") != pushes {
		t.Errorf("%d messages for %d pushes of %d periods", got, pushes, periods)
	}
	if n := f.count("SELECT (MAX(due_ms) - MIN(due_ms)) DIV 1000 FROM pushes"); pushes > n+2 {
		t.Errorf("%d pushes within %d s", pushes, n)
	}
}

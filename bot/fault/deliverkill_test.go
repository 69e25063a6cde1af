//go:build unix

package fault_test

import (
	"testing"
	"time"
)

// TestWorkerKilled kills one of two workers when 40 % of a crowd were told: the other goes on and
// takes up what it held, nobody is told twice, and unknown are at most those it had in hand.
func TestWorkerKilled(t *testing.T) {
	t.Parallel()
	f := newFleet(t, plan{seed: seed(t)}, crowdSize(t, 20_000))
	f.announce()
	a, _ := f.workers()
	f.reaches(len(f.people) * 4 / 10)
	a.kill()
	left, calling := f.leased(), 0
	for _, is := range left {
		calling += is
	}
	told, gap := f.p.Tally().Received.All(), f.goesOn()
	taken := f.takenUp(left)
	t.Logf("killed after %d, went on after %v, %d rows under lease of which %d being called, taken up after %v", told, gap, len(left), calling, taken)
	if gap > 10*time.Second || taken > 10*time.Second+lateness {
		t.Errorf("went on after %v, and had taken all up after %v", gap, taken)
	}
	f.settle()
	f.audit(min(hands, calling))
}

// TestWorkersStopped tells one of two workers to stop in the middle, and then the other one as
// well: none is unknown, and a third one tells the rest.
func TestWorkersStopped(t *testing.T) {
	t.Parallel()
	f := newFleet(t, plan{seed: seed(t)}, crowdSize(t, 6000))
	f.announce()
	a, b := f.workers()
	f.reaches(len(f.people) * 3 / 10)
	if code := a.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	f.reaches(len(f.people) * 5 / 10)
	if code := b.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if states := f.states(); states[2]+states[8] != 0 || states[1]+states[3] != len(f.people) {
		t.Errorf("when both had stopped: %v", states)
	}
	f.start(b)
	f.settle()
	f.audit(0)
}

// TestServeAloneKilled kills the program of a small community, which has SQLite and no Redis,
// and starts it again.
func TestServeAloneKilled(t *testing.T) {
	t.Parallel()
	f := newFleet(t, plan{lite: true, seed: seed(t)}, 2000)
	b := f.bots[0]
	f.start(b)
	f.announce()
	f.reaches(len(f.people) * 4 / 10)
	b.kill()
	left, calling := f.leased(), 0
	for _, is := range left {
		calling += is
	}
	f.start(b)
	taken := f.takenUp(left)
	t.Logf("%d rows under lease of which %d being called, taken up after %v", len(left), calling, taken)
	if taken > 10*time.Second+lateness {
		t.Errorf("what it held was taken up after %v", taken)
	}
	f.settle()
	f.audit(min(hands, calling))
}

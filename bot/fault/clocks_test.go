//go:build unix

package fault_test

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// wrongProgram is the bot on a machine whose clock can be wrong, built when it is first asked for.
var wrongProgram = sync.OnceValues(func() (string, error) {
	path := program + "-wrongclock"
	return path, build(path, "-tags", "wrongclock")
})

// off makes a worker whose machine's clock is wrong, or whose clock nothing puts right.
func (s *site) off(variable string) *bot {
	s.t.Helper()
	name, err := wrongProgram()
	if err != nil {
		s.t.Fatal(err)
	}
	return s.worker(name, variable)
}

const (
	machineClock = "YISHI_TEST_MACHINE_CLOCK="
	clockOffset  = "YISHI_TEST_CLOCK_OFFSET="
)

// TestMachineClockOff has one of two workers run on a machine whose clock is two hours off. All
// go by the database's time, so that no lease is taken early.
func TestMachineClockOff(t *testing.T) {
	for _, by := range []string{"2h", "-2h"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, plan{seed: seed(t)}, 4000)
			a, b := f.worker(program), f.off(machineClock+by)
			f.start(b)
			f.start(a)
			f.announce()
			f.settle()
			f.audit(0)
			for _, w := range []*bot{a, b} {
				if code := w.stop(); code != 0 {
					t.Errorf("exit code %d", code)
				}
				if n := w.said("deliveries recovered") + w.said("deliveries not recorded"); n > 0 {
					t.Errorf("%d leases were taken early:\n%s", n, tail(w.log, 1500))
				}
			}
		})
	}
}

// said counts the lines of the log that hold some words.
func (p *process) said(words string) int {
	b, err := os.ReadFile(p.log)
	if err != nil {
		return 0
	}
	return strings.Count(string(b), words)
}

// TestMachineClockOffAndDatabaseAway starts a worker on such a machine while the database does
// not answer, so that it cannot know the time, and kills it once it has begun to work: what it
// held is taken up as soon as ever.
func TestMachineClockOffAndDatabaseAway(t *testing.T) {
	t.Parallel()
	f := newFleet(t, plan{seed: seed(t)}, 4000)
	f.announce()
	a, b := f.worker(program), f.off(machineClock+"2h")
	f.sql.set(cut)
	f.start(b)
	f.sql.set(pass)
	f.reaches(len(f.people) * 2 / 10)
	b.kill()
	left := f.leased()
	f.start(a)
	taken := f.takenUp(left)
	t.Logf("%d rows under lease, taken up after %v", len(left), taken)
	if len(left) == 0 || taken > 10*time.Second+lateness {
		t.Errorf("%d rows were taken up after %v", len(left), taken)
	}
	f.settle()
	f.audit(hands)
}

// TestClockThatNothingPutsRight has one of two workers go by a time of its own: leases are taken
// early, and still nobody is told twice and nothing is lost.
func TestClockThatNothingPutsRight(t *testing.T) {
	for _, by := range []string{"2h", "-2h"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, plan{seed: seed(t)}, 4000)
			a, b := f.worker(program), f.off(clockOffset+by)
			f.start(b)
			f.start(a)
			f.announce()
			f.settle()
			f.late = 0 // leases are what b's clock says
			f.audit(2 * hands)
		})
	}
}

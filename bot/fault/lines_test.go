//go:build unix

package fault_test

import (
	"syscall"
	"testing"
	"time"

	"yishi/bot/wechat/platform"
)

// TestLinesOfWorkers spoils what two workers stand on in the middle of a push: everybody is told
// once all the same. What was marked and whose mark got lost may be unknown.
func TestLinesOfWorkers(t *testing.T) {
	flush := func(s *site) {
		if err := s.store.flush(s.t.Context()); err != nil {
			s.t.Error(err)
		}
	}
	for _, row := range []struct {
		name       string
		down, heal func(*site)
		span       time.Duration
		unknown    int
	}{
		{"sql cut", func(s *site) { s.sql.set(cut) }, func(s *site) { s.sql.set(pass) }, 2 * time.Second, 2 * hands},
		{"sql frozen", func(s *site) { s.sql.set(freeze) }, func(s *site) { s.sql.set(pass) }, 3 * time.Second, 2 * hands},
		{"sql deaf for longer than a lease", func(s *site) { s.sql.set(deaf) }, func(s *site) { s.sql.set(pass) }, 10 * time.Second, 2 * hands},
		{"redis emptied again and again", flush, flush, 200 * time.Millisecond, 0},
		{"redis cut", func(s *site) { s.line.set(cut) }, func(s *site) { s.line.set(pass) }, time.Second, 0},
		{
			"redis stopped", func(s *site) { s.store.signal(syscall.SIGSTOP) },
			func(s *site) { s.store.signal(syscall.SIGCONT) }, 2 * time.Second, 0,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, plan{seed: seed(t)}, 3000)
			f.announce()
			f.workers()
			f.reaches(len(f.people) * 3 / 10)
			row.down(f.site)
			pause(t.Context(), row.span)
			row.heal(f.site)
			if took := f.goesOn(); took > 10*time.Second {
				t.Errorf("went on %v after all was well again", took)
			}
			f.settle()
			f.late = 0 // nobody could take up a lease that ended meanwhile
			f.audit(row.unknown)
		})
	}
}

// TestTokenExpires ends the life of the token twice in the middle of a push by two workers with
// hundreds of calls at once: the fleet asks for a new one once each time, and nobody has to wait.
func TestTokenExpires(t *testing.T) {
	t.Parallel()
	f := newFleet(t, plan{seed: seed(t)}, 3000)
	f.p.SetLatency("/cgi-bin/stable_token", 200*time.Millisecond) // long enough for both to ask
	f.announce()
	f.workers()
	const times = 2
	for i := range times {
		f.reaches(len(f.people) * (2 + 4*i) / 10)
		f.p.ExpireToken()
	}
	begin := time.Now()
	f.settle()
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("took %v to tell the rest", took)
	}
	f.audit(0)
	tally := f.p.Tally()
	refused := 0
	for _, code := range []int{40001, 40014, 42001} {
		refused += tally.Calls[customerPath][code]
	}
	asked := tally.Calls["/cgi-bin/stable_token"][0]
	t.Logf("%d calls met an expired token, %d calls asked for one", refused, asked)
	if asked != 1+times {
		t.Errorf("%d calls asked for a token, want one for the start and one for each that expired", asked)
	}
	if tally.Refreshes != 1+times || refused == 0 {
		t.Errorf("%d tokens were fetched for %d expired ones, %d calls met one", tally.Refreshes, times, refused)
	}
}

// TestPlatformStumbles has the platform answer two workers in ways that leave a doubt, now and
// then, carried out or not: who met one is unknown and nobody else, and nobody is told twice.
func TestPlatformStumbles(t *testing.T) {
	t.Parallel()
	f := newFleet(t, plan{seed: seed(t)}, 3000)
	f.announce()
	const each = 7
	var faults []platform.Fault
	for _, done := range []bool{true, false} {
		for _, kind := range []platform.FaultKind{platform.FaultHTML, platform.FaultCut, platform.FaultReset, platform.FaultStatus, platform.FaultHang, platform.FaultStall} {
			faults = append(faults, platform.Fault{Kind: kind, Done: done, Times: each, Every: 3})
		}
	}
	f.p.Fault(customerPath, faults...)
	f.workers()
	f.settle()
	played := 0
	for _, n := range f.p.Tally().Faults[customerPath] {
		played += n
	}
	f.audit(played)
	if states := f.states(); played != each*len(faults) || states[8] != played {
		t.Errorf("%d answers left a doubt, %d are unknown", played, states[8])
	}
	if got := f.p.Tally().Received.All(); got != len(f.people)-played/2 {
		t.Errorf("%d were told, want all but %d", got, played/2)
	}
}

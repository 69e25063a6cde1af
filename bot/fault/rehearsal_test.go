//go:build unix

package fault_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"yishi/bot/wechat/platform"
)

const (
	rehearsalTime = 40 * time.Second
	rehearsalLow  = 2000 // fewer claims would prove too little

	// A slow machine gets more time for its claims, in rounds of roundTime.
	rehearsalMost = 4 * time.Minute
	roundTime     = 10 * time.Second

	// So many that nobody writes faster than the bot lets one person write.
	rehearsalCrowd = 160
)

// figures of a rehearsal, for the log.
func figures(r platform.Report) string {
	return fmt.Sprintf("%d claims, %d messages, %d unsure, %d unanswered, %d faulty, %d different, %d abandoned, slowest %v; strange: %q",
		len(r.Claims), r.Sent, r.Unsure, r.Unanswered, r.Faulty, r.Different, r.Abandoned, r.Slowest.Round(time.Millisecond), r.Strange)
}

// chaos breaks a site again and again until it is told to stop.
type chaos struct {
	s    *site
	stop context.Context
	wg   sync.WaitGroup

	mu    sync.Mutex
	count map[string]int
	errs  []error
}

// unleash kills replicas, empties Redis and spoils the line to SQL, each by its own rhythm; Redis
// in the second quarter of each d.
func (s *site) unleash(ctx context.Context, number uint64, d time.Duration) *chaos {
	c := &chaos{s: s, stop: ctx, count: map[string]int{}}
	begin := time.Now()
	rng := func(of uint64) *rand.Rand { return rand.New(rand.NewPCG(number, of)) }
	c.wg.Go(func() { c.kills(rng(1)) })
	c.wg.Go(func() { c.spoils(rng(2)) })
	c.wg.Go(func() {
		for pause(ctx, time.Second) {
			if since := time.Since(begin) % d; since > d/4 && since < d/2 {
				c.did("flush", s.store.flush(ctx))
			}
		}
	})
	return c
}

func (c *chaos) did(what string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count[what]++
	if err != nil && c.stop.Err() == nil {
		c.errs = append(c.errs, fmt.Errorf("%s: %w", what, err))
	}
}

// kills ends one replica or the other and starts it again.
func (c *chaos) kills(r *rand.Rand) {
	for pause(c.stop, 2*time.Second+time.Duration(r.Int64N(int64(time.Second)))) {
		b := c.s.bots[r.IntN(len(c.s.bots))]
		b.kill()
		if !pause(c.stop, time.Duration(r.Int64N(int64(300*time.Millisecond)))) {
			return
		}
		c.did("kill", b.start(c.stop))
	}
}

// spoils gives the line to SQL short faults.
func (c *chaos) spoils(r *rand.Rand) {
	line := c.s.sql
	defer func() {
		line.delay.Store(0)
		line.set(pass)
	}()
	for pause(c.stop, 2*time.Second+time.Duration(r.Int64N(int64(2*time.Second)))) {
		switch r.IntN(4) {
		case 0:
			line.set(cut)
			pause(c.stop, 200*time.Millisecond)
			c.did("cut", nil)
		case 1:
			line.set(deaf)
			pause(c.stop, 500*time.Millisecond)
			c.did("deaf", nil)
		case 2:
			line.set(freeze)
			pause(c.stop, 400*time.Millisecond)
			c.did("freeze", nil)
		case 3:
			line.delay.Store(int64(100 * time.Millisecond))
			pause(c.stop, time.Second)
			line.delay.Store(0)
			c.did("slow", nil)
		}
		line.set(pass)
	}
}

// rehearse has residents raise needs under chaos, for d first and then in rounds until it is
// enough or there is no more time. Each round has other residents.
func (s *site) rehearse(number uint64, d time.Duration, enough func(platform.Report) bool) platform.Report {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	c := s.unleash(ctx, number, d)
	var all platform.Report
	begin := time.Now()
	for round := uint64(0); round == 0 || !enough(all) && time.Since(begin) < rehearsalMost; round++ {
		add(&all, platform.Rehearse(ctx, s.p, platform.RehearseOptions{
			Residents: rehearsalCrowd, For: d, Seed: number + round, Prefix: fmt.Sprintf("oRehearse%dx", round),
			Scenes: scenes, Script: script(), Unsure: again, Claimed: "，编号 ",
			Copies: 0.05, Hurry: 0.05, Cancel: 0.01, Ask: 0.1,
		}))
		d = min(d, roundTime)
	}
	cancel()
	c.wg.Wait()
	s.t.Logf("%v, faults %v; %s", time.Since(begin).Round(time.Second), c.count, figures(all))
	if all.Err != nil || len(c.errs) > 0 {
		s.t.Fatalf("rehearsal: %v, %v", all.Err, c.errs)
	}
	if c.count["kill"] == 0 || c.count["flush"] == 0 || len(c.count) < 3 {
		s.t.Errorf("too few faults: %v", c.count)
	}
	return all
}

// add puts the report of another round to those before.
func add(all *platform.Report, r platform.Report) {
	all.Claims = append(all.Claims, r.Claims...)
	all.Strange = append(all.Strange, r.Strange[:min(len(r.Strange), max(0, 10-len(all.Strange)))]...)
	all.Slowest = max(all.Slowest, r.Slowest)
	all.Sent, all.Unsure, all.Unanswered = all.Sent+r.Sent, all.Unsure+r.Unsure, all.Unanswered+r.Unanswered
	all.Faulty, all.Different, all.Abandoned = all.Faulty+r.Faulty, all.Different+r.Different, all.Abandoned+r.Abandoned
	all.Err = errors.Join(all.Err, r.Err)
}

// TestRehearsal is forty seconds of simulated residents while replicas are killed, Redis is
// emptied and SQL is cut off: whatever anybody was told to be kept is kept, once.
func TestRehearsal(t *testing.T) {
	number := seed(t)
	s := run(t, plan{replicas: 2, deadline: 1500 * time.Millisecond, pause: 50 * time.Millisecond, seed: number})
	h := s.listen()
	r := s.rehearse(number, rehearsalTime, func(r platform.Report) bool { return len(r.Claims) >= rehearsalLow })
	if len(r.Claims) < rehearsalLow {
		t.Errorf("%d claims, want %d", len(r.Claims), rehearsalLow)
	}
	if most := r.Sent / 20; r.Faulty > most {
		t.Errorf("%d of %d messages were not answered, more than %d", r.Faulty, r.Sent, most)
	}
	s.cleanAfter(h, r.Claims)
}

// TestRehearsalSeesDoubles runs the same against tables without the keys that make each turn
// happen once: the audit must see needs doubled.
func TestRehearsalSeesDoubles(t *testing.T) {
	number := seed(t)
	s := open(t, plan{replicas: 2, deadline: 1500 * time.Millisecond, pause: 50 * time.Millisecond, seed: number})
	_, err := s.db.ExecContext(t.Context(), "ALTER TABLE runs DROP PRIMARY KEY, DROP INDEX runs_msg_key, "+
		"ADD KEY loose_run (run, n), ADD KEY loose_message (msg_key)")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range s.bots {
		s.start(b)
	}
	h := s.listen()
	var found []finding
	doubled := 0
	s.rehearse(number, roundTime, func(r platform.Report) bool {
		if found, err = audit(within(t, 30*time.Second), s.db, h.own(r.Claims)); err != nil {
			t.Fatal(err)
		}
		doubled = 0
		for _, f := range found {
			if f.kind == kindDoubled {
				doubled++
			}
		}
		return doubled > 0
	})
	t.Logf("the audit finds %d things, %d of them needs with two rows", len(found), doubled)
	if doubled == 0 {
		t.Errorf("no need is doubled without the keys: the rehearsal proves nothing; found %s", kinds(found))
	}
}

func kinds(found []finding) string {
	count := map[string]int{}
	for _, f := range found {
		count[f.kind]++
	}
	return strings.TrimPrefix(fmt.Sprint(count), "map")
}

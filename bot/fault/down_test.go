//go:build unix

package fault_test

import (
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"yishi/bot/wechat/platform"
)

// answerTime is how long any request may take whatever is down.
const answerTime = 4500 * time.Millisecond

// honest are the sentences for turns that could not be taken, or not surely.
func honest(text string) bool { return strings.Contains(text, again) }

// TestServiceAway stops, blackholes and cuts Redis and SQL under traffic: each request is answered in
// time with an honest sentence, and all is well two seconds after the end.
func TestServiceAway(t *testing.T) {
	for _, row := range []struct {
		name       string
		down, heal func(*site)
		redis      bool
	}{
		{
			"redis stopped", func(s *site) { s.store.signal(syscall.SIGSTOP) },
			func(s *site) { s.store.signal(syscall.SIGCONT) }, true,
		},
		{"redis blackholed", func(s *site) { s.line.set(deaf) }, func(s *site) { s.line.set(pass) }, true},
		{"redis cut", func(s *site) { s.line.set(cut) }, func(s *site) { s.line.set(pass) }, true},
		{"sql stopped", func(s *site) { s.sql.set(freeze) }, func(s *site) { s.sql.set(pass) }, false},
		{"sql blackholed", func(s *site) { s.sql.set(deaf) }, func(s *site) { s.sql.set(pass) }, false},
		{"sql cut", func(s *site) { s.sql.set(cut) }, func(s *site) { s.sql.set(pass) }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := run(t, plan{deadline: answerTime, seed: seed(t)})
			people, needs := crowd("oAway", 12), crowd("away 楼道灯不亮 ", 12)
			for i, openid := range people {
				s.ripen(openid, needs[i])
			}
			row.down(s)
			claims := s.duringFault(people, needs, row.redis)
			row.heal(s)
			s.recovers()
			for i, openid := range people {
				text := s.say(openid, "提交")
				if strings.Contains(text, claimed) {
					claims = append(claims, claim(openid, needs[i], numberIn(text)))
				}
			}
			if n := s.count("SELECT COUNT(*) FROM needs"); n != len(people) {
				t.Errorf("%d needs of %d people", n, len(people))
			}
			s.clean(claims)
		})
	}
}

// duringFault lets everybody talk while a service is away, in three waves, and returns what they
// were told to be true.
func (s *site) duringFault(people, needs []string, redis bool) []platform.Claim {
	s.t.Helper()
	var (
		mu      sync.Mutex
		claims  []platform.Claim
		slowest time.Duration
		put     int // told to try again
	)
	for wave := range 3 {
		var wg sync.WaitGroup
		tell := func(openid, text string, check func(string)) {
			wg.Go(func() {
				d := s.send(openid, text)
				mu.Lock()
				defer mu.Unlock()
				if d.Err != nil || len(d.Tries) != 1 || d.Reply.Text == "" {
					s.t.Errorf("wave %d, %q: %v, answer %q, tries %+v", wave, text, d.Err, d.Reply.Text, d.Tries)
					return
				}
				slowest = max(slowest, d.Tries[0].Took)
				if honest(d.Reply.Text) {
					put++
				}
				check(d.Reply.Text)
			})
		}
		for i, openid := range people[:8] {
			tell(openid, "提交", func(text string) {
				switch {
				case strings.Contains(text, claimed):
					claims = append(claims, claim(openid, needs[i], numberIn(text)))
				case !honest(text):
					s.t.Errorf("wave %d: 提交 was answered %q", wave, text)
				}
			})
		}
		for _, openid := range people[8:] {
			tell(openid, "我的", func(text string) {
				if !honest(text) && !strings.Contains(text, "需求") {
					s.t.Errorf("wave %d: 我的 was answered %q", wave, text)
				}
			})
		}
		for _, openid := range crowd("oAwayNew", 4) {
			wg.Go(func() {
				d := s.p.Person(openid).Follow(s.t.Context(), scenes[1])
				mu.Lock()
				defer mu.Unlock()
				if d.Err != nil || len(d.Tries) != 1 || d.Reply.Text == "" {
					s.t.Errorf("wave %d, a follower: %v, answer %q, tries %+v", wave, d.Err, d.Reply.Text, d.Tries)
				}
			})
		}
		wg.Wait()
	}
	s.t.Logf("slowest answer %v, %d put off, %d claims", slowest.Round(time.Millisecond), put, len(claims))
	if slowest > answerTime {
		s.t.Errorf("slowest answer %v", slowest)
	}
	if put == 0 || redis && len(claims) > 0 && put < 8 {
		s.t.Errorf("only %d answers said to try again: was the service away?", put)
	}
	return claims
}

// recovers checks that turns are taken again within two seconds. Each try is somebody else's, so
// that nobody is taken for a flood.
func (s *site) recovers() {
	s.t.Helper()
	last, n := "", 0
	watchers := crowd("oAwayNew", 4)
	took, ok := until(s.t.Context(), 2*time.Second, func() bool {
		n++
		last = s.send(watchers[n%len(watchers)], "菜单").Reply.Text
		return strings.Contains(last, menu)
	})
	if !ok {
		s.t.Errorf("not well again after %v: %q", took, last)
	}
	s.t.Logf("well again after %v", took.Round(time.Millisecond))
}

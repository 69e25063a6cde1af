//go:build unix

package fault_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"yishi/bot/wechat/platform"
)

// saves says whether bytes to Redis hold the script that saves a session.
func saves(request []byte) bool { return bytes.Contains(bytes.ToLower(request), []byte("eval")) }

// TestKilledBetweenCommitAndSave kills a replica when a need is committed and the session is not
// yet saved: whatever the resident does then, there is one need, and its number is told.
func TestKilledBetweenCommitAndSave(t *testing.T) {
	t.Parallel()
	s := run(t, plan{replicas: 2, deadline: answerTime, pause: 10 * time.Millisecond, seed: seed(t)})
	rows := []struct {
		name string
		then func(s *site, openid string, d *platform.Delivery) string
		want string
	}{
		{"the platform repeats", func(s *site, openid string, d *platform.Delivery) string {
			return s.p.Person(openid).Repeat(s.t.Context(), d).Reply.Text
		}, claimed},
		{"the resident submits again", func(s *site, openid string, _ *platform.Delivery) string {
			return s.say(openid, "提交")
		}, claimed},
		{"the resident cancels", func(s *site, openid string, _ *platform.Delivery) string {
			return s.say(openid, "取消")
		}, "没有取消"},
		{"the resident changes an answer", func(s *site, openid string, _ *platform.Delivery) string {
			return s.say(openid, "改1")
		}, "没有取消"},
		{"the resident goes back", func(s *site, openid string, _ *platform.Delivery) string {
			return s.say(openid, "返回")
		}, "没有取消"},
		{"Redis is emptied and the platform repeats", func(s *site, openid string, d *platform.Delivery) string {
			if err := s.store.flush(s.t.Context()); err != nil {
				s.t.Fatal(err)
			}
			return s.p.Person(openid).Repeat(s.t.Context(), d).Reply.Text
		}, "编号 "},
	}
	first, second := s.bots[0], s.bots[1]
	people, needs := crowd("oKilled", len(rows)), crowd("killed 楼道灯不亮 ", len(rows))
	for i, openid := range people {
		s.ripen(openid, needs[i])
	}
	s.call(first)
	s.line.swallow(saves)
	told := make([]*platform.Delivery, len(rows))
	var wg sync.WaitGroup
	for i, openid := range people {
		wg.Go(func() { told[i] = s.send(openid, "提交") })
	}
	_, committed := until(t.Context(), 15*time.Second, func() bool {
		return s.line.swallowed() > 0 && s.count("SELECT COUNT(*) FROM needs") == len(rows)
	})
	first.kill()
	wg.Wait()
	if !committed || s.line.swallowed() == 0 {
		t.Fatalf("%d needs are committed, %d saves were lost", s.count("SELECT COUNT(*) FROM needs"), s.line.swallowed())
	}
	s.line.swallow(nil)
	s.call(second)
	var claims []platform.Claim
	for i, row := range rows {
		text := row.then(s, people[i], told[i])
		if !strings.Contains(text, row.want) || numberIn(text) == "" {
			t.Errorf("%s: told %q, want %q with its number", row.name, text, row.want)
			continue
		}
		claims = append(claims, claim(people[i], needs[i], numberIn(text)))
		if d := told[i]; strings.Contains(d.Reply.Text, claimed) && numberIn(d.Reply.Text) != numberIn(text) {
			t.Errorf("%s: told %q, before the kill %q", row.name, text, d.Reply.Text)
		}
	}
	if len(claims) != len(rows) || s.count("SELECT COUNT(*) FROM needs") != len(rows) {
		t.Errorf("%d claims, %d needs of %d people", len(claims), s.count("SELECT COUNT(*) FROM needs"), len(rows))
	}
	s.clean(claims)
}

// TestRedisEmptiedEachSecond loses all drafts again and again while residents raise needs. They
// are so few that a need takes less than a second also on a slow machine.
func TestRedisEmptiedEachSecond(t *testing.T) {
	t.Parallel()
	number := seed(t)
	s := run(t, plan{replicas: 2, deadline: answerTime, pause: 50 * time.Millisecond, seed: number})
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	var flushes atomic.Int32
	wg.Go(func() {
		for pause(ctx, time.Second) {
			if err := s.store.flush(ctx); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
			flushes.Add(1)
		}
	})
	h := s.listen()
	r := s.waves(ctx, platform.RehearseOptions{
		Residents: 8, Seed: number, Copies: 0.2, Hurry: 0.1, Cancel: 0.02,
	}, func(r platform.Report) bool { return flushes.Load() >= 8 && len(r.Claims) >= 100 })
	cancel()
	wg.Wait()
	t.Logf("%d flushes, %s", flushes.Load(), figures(r))
	if r.Faulty > 0 {
		t.Errorf("%d messages were not answered", r.Faulty)
	}
	s.cleanAfter(h, r.Claims)
}

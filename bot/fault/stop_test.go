//go:build unix

package fault_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"yishi/bot/wechat/platform"
)

// TestStopUnderLoad tells a replica to stop while 40 requests are on their way: all are answered
// and the program ends well.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	s := run(t, plan{seed: seed(t)})
	people := crowd("oStop", 40)
	all := func(text string) []*platform.Delivery {
		told := make([]*platform.Delivery, len(people))
		var wg sync.WaitGroup
		for i, openid := range people {
			wg.Go(func() { told[i] = s.send(openid, text) })
		}
		wg.Wait()
		return told
	}
	for i, openid := range people {
		s.ripen(openid, fmt.Sprintf("stop %d 楼道灯不亮", i))
	}
	all("也许")                                        // from here on each has its connection
	s.line.delay.Store(int64(20 * time.Millisecond)) // far below what Redis is given
	s.sql.delay.Store(int64(100 * time.Millisecond))
	var told []*platform.Delivery
	begun, ended := make(chan struct{}), make(chan struct{})
	var sent sync.WaitGroup
	sent.Add(len(people))
	unwatch := s.p.Watch(func(e platform.Event) {
		if e.Kind == platform.KindIn {
			sent.Done()
		}
	})
	go func() { sent.Wait(); close(begun) }()
	go func() { told = all("提交"); close(ended) }()
	<-begun
	unwatch()
	pause(t.Context(), 60*time.Millisecond) // from the phones into the program; none is answered yet
	code := s.bots[0].stop()
	<-ended
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	s.clean(s.claimsOf(people, told))
}

// claimsOf checks that all who submitted were answered at the first try, and returns what they were told.
func (s *site) claimsOf(people []string, told []*platform.Delivery) []platform.Claim {
	s.t.Helper()
	var claims []platform.Claim
	unsure := 0
	for i, d := range told {
		switch {
		case d.Err != nil || len(d.Tries) != 1:
			s.t.Errorf("%s: %v, told %q, tries %+v", people[i], d.Err, d.Reply.Text, d.Tries)
		case strings.Contains(d.Reply.Text, claimed):
			claims = append(claims, claim(people[i], fmt.Sprintf("stop %d 楼道灯不亮", i), numberIn(d.Reply.Text)))
		case honest(d.Reply.Text):
			unsure++
		default:
			s.t.Errorf("%s was told %q", people[i], d.Reply.Text)
		}
	}
	if unsure > len(people)/4 { // a machine that stands still makes some; stores closed too early make all
		s.t.Errorf("%d of %d were asked to say it again", unsure, len(people))
	}
	return claims
}

// TestRollingRestart restarts two replicas in turn, again and again, while residents raise needs:
// no message is lost and hardly anybody is unsure. A load balancer that asks for readiness has not even
// one request cut; for one that only notices refused connections the platform's repeats make up.
func TestRollingRestart(t *testing.T) {
	for _, row := range []struct {
		name    string
		watched bool // the balancer asks for readiness
	}{{"balancer asks for readiness", true}, {"balancer notices refusals", false}} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			number := seed(t)
			s := run(t, plan{replicas: 2, seed: number})
			cuts, h := s.watchCuts(), s.listen()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			var wg sync.WaitGroup
			if row.watched {
				wg.Go(func() { s.balance(ctx) })
			}
			var ended atomic.Bool
			wg.Go(func() {
				defer ended.Store(true)
				s.roll(ctx, 4)
			})
			r := s.waves(ctx, platform.RehearseOptions{
				Residents: 12, Seed: number, Copies: -1, Hurry: -1, Cancel: -1,
			}, func(platform.Report) bool { return ended.Load() })
			cancel()
			wg.Wait()
			t.Logf("%d requests were cut, %s", cuts.get(""), figures(r))
			if len(r.Claims) < 50 {
				t.Errorf("only %d claims", len(r.Claims))
			}
			if r.Faulty+r.Unanswered+r.Different > 0 {
				t.Errorf("not all went through: %s", figures(r))
			}
			// Where the machine stands still for a quarter of a second Redis is given up, and somebody
			// is asked to say it again. A replica that closes its stores too early does that to many.
			if r.Unsure+r.Abandoned > r.Sent/20 {
				t.Errorf("too many were asked to say it again: %s", figures(r))
			}
			if row.watched && cuts.get("") > 0 {
				t.Errorf("%d requests were cut", cuts.get(""))
			}
			s.cleanAfter(h, r.Claims)
		})
	}
}

// watchCuts counts the tries that got no answer from a replica, and shows the deliveries that got none.
func (s *site) watchCuts() *tally {
	cuts := &tally{of: map[string]int{}}
	s.p.Watch(func(e platform.Event) {
		if e.Delivery == nil || e.Kind == platform.KindIn {
			return
		}
		for _, try := range e.Delivery.Tries {
			if try.Err != "" {
				cuts.add("")
				s.t.Logf("cut: %+v", try)
			}
		}
		if e.Kind == platform.KindFault {
			s.t.Logf("not answered: %+v", e.Delivery.Tries)
		}
	})
	return cuts
}

// balance has the platform call the replicas that say they are ready, as a load balancer does.
// When none is, the last ones are called on.
func (s *site) balance(ctx context.Context) {
	for pause(ctx, 50*time.Millisecond) {
		var ready []*bot
		for _, b := range s.bots {
			if answers(ctx, "http://"+b.admin+"/readyz") {
				ready = append(ready, b)
			}
		}
		if len(ready) > 0 && ctx.Err() == nil {
			s.call(ready...)
		}
	}
}

// roll restarts the replicas in turn, each one when the other has been ready for a while.
func (s *site) roll(ctx context.Context, times int) {
	for i := range times {
		if !pause(ctx, time.Second) {
			s.t.Errorf("only %d restarts", i)
			return
		}
		b := s.bots[i%len(s.bots)]
		if code := b.stop(); code != 0 {
			s.t.Errorf("exit code %d", code)
		}
		if err := b.start(ctx); err != nil {
			s.t.Error(err)
			return
		}
		until(ctx, startTime, func() bool { return answers(ctx, "http://"+b.admin+"/readyz") })
	}
}

// waves of residents raise needs one after the other until it is enough. Few at a time, so that
// a slow machine is slow and not overwhelmed, and few needs each, so that nobody is taken for a
// flood: only then is every answer owed.
func (s *site) waves(ctx context.Context, o platform.RehearseOptions, enough func(platform.Report) bool) platform.Report {
	s.t.Helper()
	o.Needs, o.For, o.Scenes, o.Script = 3, time.Minute, scenes, script()
	o.Unsure, o.Claimed = again, "，编号 "
	var all platform.Report
	for wave := 0; wave == 0 || !enough(all); wave++ {
		if ctx.Err() != nil {
			s.t.Errorf("it is never enough: %s", figures(all))
			break
		}
		o.Prefix = fmt.Sprintf("oRehearse%dx", wave)
		add(&all, platform.Rehearse(ctx, s.p, o))
		if all.Err != nil {
			s.t.Fatal(all.Err)
		}
		o.Seed++
	}
	return all
}

// TestStopDrains tells a replica to stop and goes on calling it as a load balancer does that has
// not noticed yet: it says that it leaves, and answers on the connection that is kept and on new
// ones, and each answer ends its connection.
func TestStopDrains(t *testing.T) {
	t.Parallel()
	s := run(t, plan{lite: true, seed: seed(t)})
	b := s.bots[0]
	kept := &http.Transport{MaxConnsPerHost: 1}
	defer kept.CloseIdleConnections()
	ask := func(rt http.RoundTripper) (closes bool) {
		t.Helper()
		req, err := http.NewRequestWithContext(within(t, 5*time.Second), http.MethodPost, b.webhook(), strings.NewReader("<xml></xml>"))
		if err != nil {
			t.Fatal(err)
		}
		res, err := rt.RoundTrip(req)
		if err != nil {
			t.Fatalf("not answered: %v", err)
		}
		_ = res.Body.Close() // empty
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("status %d", res.StatusCode)
		}
		return res.Close
	}
	if ask(kept) {
		t.Error("the connection is not kept in ordinary times")
	}
	begin := time.Now()
	b.signal(syscall.SIGTERM)
	took, red := until(t.Context(), stopTime, func() bool {
		status, body, err := get(t.Context(), "http://"+b.admin+"/readyz")
		return err == nil && status == http.StatusServiceUnavailable && strings.Contains(body, "stopping")
	})
	if !red {
		t.Fatal("readiness does not go red")
	}
	fresh := &http.Transport{}
	defer fresh.CloseIdleConnections()
	for name, rt := range map[string]http.RoundTripper{"kept": kept, "fresh": fresh} {
		if !ask(rt) {
			t.Errorf("the answer on the %s connection does not end it although the program is leaving", name)
		}
	}
	if code := b.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	t.Logf("red after %v, ended after %v", took, time.Since(begin))
}

// TestStopWithNothingBehind stops a replica whose database and Redis hang.
func TestStopWithNothingBehind(t *testing.T) {
	t.Parallel()
	s := run(t, plan{seed: seed(t)})
	s.ripen("oHang", "hang 楼道灯不亮")
	s.sql.set(freeze)
	s.store.signal(syscall.SIGSTOP)
	told := make(chan *platform.Delivery, 1)
	go func() { told <- s.send("oHang", "提交") }()
	pause(t.Context(), 50*time.Millisecond)
	code := s.bots[0].stop()
	t.Logf("exit code %d", code)
	if code < 0 {
		t.Errorf("still there after %v", stopTime)
	}
	if d := <-told; d.Err != nil || !honest(d.Reply.Text) {
		t.Errorf("%v, told %q", d.Err, d.Reply.Text)
	}
	s.store.signal(syscall.SIGCONT)
	s.sql.set(pass)
}

//go:build unix

package fault_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
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
	all("也许") // from here on each has its connection
	s.line.delay.Store(int64(100 * time.Millisecond))
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
	var claims []platform.Claim
	for i, d := range told {
		if d.Err != nil || len(d.Tries) != 1 || !strings.Contains(d.Reply.Text, claimed) {
			t.Errorf("%s: %v, told %q, tries %+v", people[i], d.Err, d.Reply.Text, d.Tries)
			continue
		}
		claims = append(claims, claim(people[i], fmt.Sprintf("stop %d 楼道灯不亮", i), numberIn(d.Reply.Text)))
	}
	s.clean(claims)
}

// TestRollingRestart restarts two replicas in turn, again and again, while residents raise needs:
// with the platform's repeats no message is lost and nobody is unsure.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	number := seed(t)
	s := run(t, plan{replicas: 2, seed: number})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	restarts := 0
	s.p.Watch(func(e platform.Event) {
		if e.Kind == platform.KindFault && e.Delivery != nil {
			t.Logf("not answered: %+v", e.Delivery.Tries)
		}
	})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; pause(ctx, 1800*time.Millisecond); i++ {
			b := s.bots[i%len(s.bots)]
			if code := b.stop(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			if err := b.start(t.Context()); err != nil {
				t.Error(err)
			}
			restarts++
		}
	})
	// Four needs each stay below what one follower may send; only then is every answer owed.
	r := platform.Rehearse(t.Context(), s.p, platform.RehearseOptions{
		Residents: 1000, Needs: 4, For: 10 * time.Second, Seed: number, Scenes: scenes, Script: script(),
		Unsure: again, Claimed: "，编号 ", Copies: -1, Hurry: -1, Cancel: -1,
	})
	cancel()
	wg.Wait()
	t.Logf("%d restarts, %s", restarts, figures(r))
	if r.Err != nil || restarts < 3 || len(r.Claims) < 50 {
		t.Errorf("%v: %d restarts, %d claims", r.Err, restarts, len(r.Claims))
	}
	if r.Faulty+r.Unanswered+r.Unsure+r.Different+r.Abandoned > 0 {
		t.Errorf("not all went through: %s", figures(r))
	}
	s.clean(r.Claims)
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

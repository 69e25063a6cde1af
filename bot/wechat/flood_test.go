package wechat

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestFloodOfOneFollower(t *testing.T) {
	b := newBench(t, testConfig(ModePlain), Limits{Burst: 3, PerSecond: 1})
	say := func(id string) string { return b.do(plainCall(textXML("1", id, ""))).Body.String() }
	for i, tt := range []struct {
		name, id string
		after    time.Duration
		want     string
	}{
		{"first", "1", 0, "收到"},
		{"second", "2", 0, "收到"},
		{"third", "3", 0, "收到"},
		{"too fast", "4", 0, tooFastText},
		{"told already", "5", 0, "success"},
		{"repeat of an accepted one", "2", 0, "收到"},
		{"after a pause", "6", time.Second, "收到"},
		{"too fast again", "7", 0, "success"},
		{"after a long pause", "8", tellEvery - time.Second, "收到"},
		{"and again", "9", 0, "收到"},
		{"and again", "10", 0, "收到"},
		{"told again after a while", "11", 0, tooFastText},
	} {
		b.clock = b.clock.Add(tt.after)
		if got := say(tt.id); !strings.Contains(got, tt.want) {
			t.Errorf("%d %s: got %q, want %q", i, tt.name, got, tt.want)
		}
	}
	other := strings.ReplaceAll(textXML("1", "20", ""), testOpenID, "oOther")
	if got := b.do(plainCall(other)).Body.String(); !strings.Contains(got, "收到") {
		t.Errorf("another follower got %q", got)
	}
	if got := b.do(plainCall(eventXML("unsubscribe", ""))).Body.String(); got != "success" || b.seen[len(b.seen)-1].Event != "unsubscribe" {
		t.Errorf("leaving was held up: %q", got)
	}
}

func TestFloodIsOffWhenBurstIsNegative(t *testing.T) {
	b := newBench(t, testConfig(ModePlain), Limits{Burst: -1})
	for i := range 100 {
		b.do(plainCall(textXML("1", strconv.Itoa(i+1), "")))
	}
	if len(b.seen) != 100 {
		t.Errorf("%d turns of 100", len(b.seen))
	}
}

func TestFloodForgetsFollowers(t *testing.T) {
	f := newFlood(Limits{}.withDefaults())
	for i := range 3*maxBuckets + 7 {
		f.take("o"+strconv.Itoa(i), "k", testNow)
	}
	if n := len(f.young) + len(f.old); n > 2*maxBuckets {
		t.Errorf("%d buckets are kept, want at most %d", n, 2*maxBuckets)
	}
}

func TestFloodWithAClockThatGoesBack(t *testing.T) {
	f := newFlood(Limits{Burst: 1, PerSecond: 1}.withDefaults())
	f.take("o", "1", testNow)
	if v := f.take("o", "2", testNow.Add(-time.Hour)); v != tell {
		t.Errorf("verdict %v, want to be told", v)
	}
	if v := f.take("o", "3", testNow.Add(-time.Hour+time.Second)); v != pass {
		t.Errorf("verdict %v, want to pass", v)
	}
}

func TestParallelRepeatsPassTogether(t *testing.T) {
	f := newFlood(Limits{Burst: 1}.withDefaults())
	var wg sync.WaitGroup
	got := make([]verdict, 64)
	for i := range got {
		wg.Go(func() { got[i] = f.take("o", "same", testNow) })
	}
	wg.Wait()
	if s := fmt.Sprint(got); strings.Trim(s, "[0 ]") != "" {
		t.Errorf("verdicts %s", s)
	}
}

func TestTooManyTurnsAtOnce(t *testing.T) {
	inside, leave := make(chan struct{}), make(chan struct{})
	var outcomes []string
	var mu sync.Mutex
	h, err := NewHandler(testConfig(ModePlain), turnFunc(func(context.Context, *Message) Answer {
		inside <- struct{}{}
		<-leave
		return Answer{Text: "好"}
	}), HandlerOptions{
		Now: func() time.Time { return testNow }, Limits: Limits{Turns: 1},
		Observe: func(out string) { mu.Lock(); outcomes = append(outcomes, out); mu.Unlock() },
	})
	if err != nil {
		t.Fatal(err)
	}
	say := func(from string) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, plainCall(strings.ReplaceAll(textXML("1", "7", ""), testOpenID, from)))
		return w.Body.String()
	}
	done := make(chan string)
	go func() { done <- say("oA") }()
	<-inside
	if got := say("oB"); !strings.Contains(got, busyText) {
		t.Errorf("got %q while all places were taken", got)
	}
	if got := say("oB"); got != "success" {
		t.Errorf("got %q after being told", got)
	}
	close(leave)
	if got := <-done; !strings.Contains(got, "好") {
		t.Errorf("the turn that had a place got %q", got)
	}
	if fmt.Sprint(outcomes) != "[busy busy ok]" {
		t.Errorf("outcomes %v", outcomes)
	}
}

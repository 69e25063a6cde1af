package push

import (
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"yishi/flows/civic"
)

type states = map[civic.DeliveryState]int

func (o *office) want(t *testing.T, want states) {
	t.Helper()
	if got := o.queue.count(); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEverybodyIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(5000)
		_, stop := start(t, o.config())
		_, stopB := start(t, o.config())
		took := o.settle(t, time.Minute)
		stop()
		stopB()
		o.audit(t)
		o.want(t, states{civic.Sent: 5000})
		if took > 5*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// TestAnswers has the platform answer 200 people in one way, each for a while, and then well.
func TestAnswers(t *testing.T) {
	const n = 200
	all := civic.Means{Customer: true, Notice: "N", Template: "T"}
	customer, notice, template := civic.Means{Customer: true}, civic.Means{Notice: "N"}, civic.Means{Template: "T"}
	rows := map[string]struct {
		means   civic.Means
		route   civic.Route // that answers so; "": all
		answer  error
		arrives bool // although the answer is no yes
		calls   int  // that are answered so; 0: all
		want    states
	}{
		"45015 moves down to a notice":          {means: all, route: civic.ByCustomer, answer: answers(Refused, 45015, "window"), want: states{civic.Sent: n}},
		"45047 moves down to the inbox":         {means: customer, answer: answers(Refused, 45047, "window-used"), want: states{civic.Inbox: n}},
		"43101 moves down to a template":        {means: all, route: civic.ByNotice, answer: answers(Refused, 43101, "no-consent"), want: states{civic.Sent: n}},
		"all refused ends in the inbox":         {means: all, answer: answers(Refused, 43101, "no-consent"), want: states{civic.Inbox: n}},
		"40003 is final":                        {means: all, answer: answers(Gone, 40003, "no-such-account"), want: states{civic.Failed: n}},
		"-1 passes":                             {means: customer, answer: answers(Busy, -1, "busy"), calls: 300, want: states{civic.Sent: n}},
		"-1 for ever":                           {means: customer, answer: answers(Busy, -1, "busy"), want: states{civic.Failed: n}},
		"99999 is tried a few times":            {means: all, answer: answers(Busy, 99999, "code"), want: states{civic.Failed: n}},
		"no connection for a while":             {means: customer, answer: answers(NotSent, 0, "not-sent"), calls: 1000, want: states{civic.Sent: n}},
		"HTML to a customer message":            {means: all, answer: answers(Unsure, 0, "unsure"), want: states{civic.Unknown: n}},
		"cut JSON to a notice that arrived":     {means: notice, answer: answers(Unsure, 0, "unsure"), arrives: true, want: states{civic.Unknown: n}},
		"502 to a template that arrived":        {means: template, answer: answers(Unsure, 0, "unsure"), arrives: true, calls: 300, want: states{civic.Sent: n}},
		"502 to a template, for ever":           {means: template, answer: answers(Unsure, 0, "unsure"), arrives: true, want: states{civic.Unknown: n}},
		"minute quota":                          {means: customer, answer: answers(MinuteQuota, 45011, "quota"), calls: 40, want: states{civic.Sent: n}},
		"day quota":                             {means: customer, answer: answers(DayQuota, 45009, "quota"), calls: 40, want: states{civic.Sent: n}},
		"address not listed, then it is":        {means: customer, answer: answers(Broken, 40164, "address"), calls: 40, want: states{civic.Sent: n}},
		"token refused twice, then it is right": {means: customer, answer: answers(Broken, 40001, "token"), calls: 40, want: states{civic.Sent: n}},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(n)
				o.means = row.means
				o.routes = allRoutes()
				o.means.Zone = time.FixedZone("", 4*60*60)
				for _, r := range o.queue.rows {
					r.Urgent = true // neither hours nor caps
				}
				o.wire.answer = func(call int, route civic.Route, _ Message) (bool, error) {
					if row.route != "" && route != row.route || row.calls > 0 && call > row.calls {
						return true, nil
					}
					return row.arrives, row.answer
				}
				_, stop := start(t, o.config())
				o.settle(t, 40*time.Hour)
				stop()
				o.audit(t)
				o.want(t, row.want)
			})
		})
	}
}

func TestFaultsStopTheAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(1000)
		listed := false
		o.wire.answer = func(int, civic.Route, Message) (bool, error) {
			if listed {
				return true, nil
			}
			return false, answers(Broken, 40164, "address")
		}
		d, stop := start(t, o.config())
		<-time.After(10*time.Minute + 30*time.Second)
		o.wire.mu.Lock()
		calls := o.wire.calls
		listed = true
		o.wire.mu.Unlock()
		if calls > 50+11 {
			t.Errorf("%d calls while the set-up was wrong, want those in hand and one a minute", calls)
		}
		if err := d.Healthy(); err == nil {
			t.Error("healthy while the set-up is wrong")
		}
		for _, r := range o.queue.rows {
			if r.Attempts > 1 {
				t.Fatalf("%d attempts were burnt", r.Attempts)
			}
		}
		o.settle(t, 5*time.Minute)
		if err := d.Healthy(); err != nil {
			t.Errorf("not healthy: %v", err)
		}
		stop()
		o.audit(t)
		o.want(t, states{civic.Sent: 1000})
	})
}

func TestDayQuotaWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(1000) // at 8:00 of a platform's day
		limit := map[string]Limit{CustomerAPI: {Day: 600}}
		o.meter = NewMemoryMeter(limit, time.Now)
		for _, r := range o.queue.rows {
			r.Urgent = true
		}
		_, stop := start(t, o.config())
		<-time.After(15 * time.Hour)
		if n := o.queue.count(); n[civic.Sent] != 600 || o.wire.calls != 600 {
			t.Errorf("%v after %d calls, want 600 sent today", n, o.wire.calls)
		}
		if o.queue.claimed > 600 {
			t.Errorf("%d rows claimed, want no more than the meter grants", o.queue.claimed)
		}
		o.settle(t, 2*time.Hour)
		stop()
		o.audit(t)
		o.want(t, states{civic.Sent: 1000})
	})
}

func TestMeterPacesTheCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(3000)
		o.meter = NewMemoryMeter(map[string]Limit{CustomerAPI: {Second: 500}}, time.Now)
		_, stop := start(t, o.config())
		took := o.settle(t, time.Minute)
		stop()
		o.audit(t)
		if took < 5900*time.Millisecond || took > 6200*time.Millisecond {
			t.Errorf("3,000 at 500/s took %v", took)
		}
		for i, at := range o.wire.at {
			if j := i + 510 + 50; j < len(o.wire.at) && o.wire.at[j].Sub(at) < time.Second {
				t.Fatalf("more than 560 calls within a second from %d", i)
			}
		}
	})
}

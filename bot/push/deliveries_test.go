package push

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
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
		"99999 is tried a few times":            {means: all, answer: answers(Odd, 99999, "code"), want: states{civic.Failed: n}},
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

// killable is a worker's way to the queue and the platform, which a kill cuts.
type killable struct {
	*parcels
	*wire
	dead chan struct{}
}

var errDead = errors.New("worker is dead")

func (k *killable) cut() error {
	select {
	case <-k.dead:
		return errDead
	default:
		return nil
	}
}

func (k *killable) ClaimDeliveries(ctx context.Context, owner string, n int, lease time.Duration) ([]civic.Delivery, error) {
	if err := k.cut(); err != nil {
		return nil, err
	}
	return k.parcels.ClaimDeliveries(ctx, owner, n, lease)
}

func (k *killable) Calling(ctx context.Context, owner string, ids []int64, by civic.Route, lease time.Duration) ([]int64, error) {
	if err := k.cut(); err != nil {
		return nil, err
	}
	return k.parcels.Calling(ctx, owner, ids, by, lease)
}

func (k *killable) RecordDeliveries(ctx context.Context, owner string, all []civic.Outcome) (int, error) {
	if err := k.cut(); err != nil {
		return 0, err
	}
	return k.parcels.RecordDeliveries(ctx, owner, all)
}

func (k *killable) RecoverDeliveries(ctx context.Context) (int, error) {
	if err := k.cut(); err != nil {
		return 0, err
	}
	return k.parcels.RecoverDeliveries(ctx)
}

func (k *killable) Send(ctx context.Context, route civic.Route, m Message) (string, error) {
	if err := k.cut(); err != nil {
		return "", err
	}
	return k.wire.Send(ctx, route, m)
}

func TestKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const people = 10_000
		o := newOffice(people)
		k := &killable{parcels: o.queue, wire: o.wire, dead: make(chan struct{})}
		c := o.config()
		c.Queue, c.Sender = k, k
		_, stopA := start(t, c)
		for o.queue.count()[civic.Sent] < people*4/10 {
			<-time.After(time.Millisecond)
		}
		close(k.dead)
		killed := time.Now()
		before := o.queue.count()
		_, stopB := start(t, o.config())
		for o.queue.count()[civic.Sent] == before[civic.Sent] {
			<-time.After(time.Millisecond)
		}
		if gap := time.Since(killed); gap > time.Second {
			t.Errorf("went on after %v", gap)
		}
		took := o.settle(t, time.Minute)
		if pace := time.Duration(people/50) * 150 * time.Millisecond; took > 10*time.Second+pace {
			t.Errorf("took %v to end", took)
		}
		for _, r := range o.queue.rows {
			if r.state == civic.Unknown && r.at.Sub(killed) > 10*time.Second {
				t.Errorf("unknown only after %v", r.at.Sub(killed))
			}
		}
		stopB()
		stopA()
		o.audit(t)
		if n := o.queue.count(); n[civic.Unknown] > 50 || n[civic.Sent]+n[civic.Unknown] != people {
			t.Errorf("%v with 50 in flight", n)
		}
	})
}

func TestStopLeavesNothingUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(3000)
		for range 8 {
			_, stop := start(t, o.config())
			<-time.After(time.Duration(rand.IntN(300)) * time.Millisecond)
			from := time.Now()
			stop()
			if took := time.Since(from); took > time.Second {
				t.Errorf("took %v to stop", took)
			}
			if n := o.queue.count(); n[civic.Sending]+n[civic.Unknown] != 0 || n[civic.Sent]+n[civic.Waiting] != 3000 {
				t.Errorf("left %v", n)
			}
		}
		_, stop := start(t, o.config())
		o.settle(t, time.Minute)
		stop()
		o.audit(t)
		o.want(t, states{civic.Sent: 3000})
	})
}

func TestClocksThatAreOff(t *testing.T) {
	for name, off := range map[string]time.Duration{"two hours ahead": 2 * time.Hour, "two hours behind": -2 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(3000)
				o.means.Template, o.routes = "T", allRoutes()
				o.wire.answer = func(n int, _ civic.Route, _ Message) (bool, error) {
					if n%20 == 0 {
						return true, answers(Unsure, 0, "unsure")
					}
					return true, nil
				}
				for _, r := range o.queue.rows {
					r.Urgent = true
					if r.ID%2 == 0 {
						r.Reach.LastMessageAt = time.Time{} // by template
					}
				}
				_, stopA := start(t, o.config())
				c := o.config()
				c.Now = func() time.Time { return time.Now().Add(off) }
				_, stopB := start(t, c)
				o.settle(t, 3*time.Hour)
				stopA()
				stopB()
				o.audit(t)
				if n := o.queue.count(); n[civic.Sent]+n[civic.Unknown] != 3000 || n[civic.Unknown] > 200 {
					t.Errorf("ended as %v", n)
				}
			})
		})
	}
}

func TestDatabaseAway(t *testing.T) {
	for name, span := range map[string]time.Duration{"shorter than a lease": 3 * time.Second, "longer than a lease": 30 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(3000)
				_, stop := start(t, o.config())
				<-time.After(300 * time.Millisecond)
				o.queue.fault(errors.New("gone away"))
				<-time.After(span)
				o.queue.fault(nil)
				o.settle(t, time.Minute)
				<-time.After(5 * time.Second) // late words still count
				stop()
				o.audit(t)
				o.want(t, states{civic.Sent: 3000})
			})
		})
	}
}

// TestStorm has everything go wrong by chance, with two workers, one of which is killed.
func TestStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(2000)
		o.means = civic.Means{Customer: true, Notice: "N", Template: "T", Zone: o.means.Zone}
		o.routes = allRoutes()
		o.wire.answer = func(int, civic.Route, Message) (bool, error) {
			switch rand.IntN(20) {
			case 0:
				return rand.IntN(2) == 0, answers(Unsure, 0, "unsure")
			case 1:
				return false, answers(Busy, -1, "busy")
			case 2:
				return false, answers(Refused, 45015, "window")
			case 3:
				return false, answers(NotSent, 0, "not-sent")
			case 4:
				return false, answers(MinuteQuota, 45011, "quota")
			case 5:
				return false, answers(Odd, 99999, "code")
			case 6:
				panic("stumbles")
			}
			return true, nil
		}
		k := &killable{parcels: o.queue, wire: o.wire, dead: make(chan struct{})}
		c := o.config()
		c.Queue, c.Sender = k, &unlocking{k}
		_, stopA := start(t, c)
		b := o.config()
		b.Sender = &unlocking{&killable{wire: o.wire, dead: make(chan struct{})}}
		_, stopB := start(t, b)
		<-time.After(200 * time.Millisecond)
		close(k.dead)
		o.settle(t, 48*time.Hour)
		stopB()
		stopA()
		o.audit(t)
	})
}

// unlocking lets the fake's lock go when it panics.
type unlocking struct{ *killable }

func (u *unlocking) Send(ctx context.Context, route civic.Route, m Message) (string, error) {
	defer func() {
		if cause := recover(); cause != nil {
			u.wire.mu.Unlock()
			panic(cause)
		}
	}()
	return u.killable.Send(ctx, route, m)
}

func TestTheLadderIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(8)
		o.means = civic.Means{Customer: true, Notice: "N", Zone: o.means.Zone}
		o.routes = allRoutes()
		rows := o.queue.rows
		rows[1].Reach.LastMessageAt = time.Time{}
		rows[2].Reach = civic.Reach{Following: true}
		rows[3].Account = ""
		rows[4].Reach.Following = false
		rows[5].Reach.OptedOut = true
		rows[6].Expires = time.Now()
		rows[7].Reach.MidStep = true
		_, stop := start(t, o.config())
		o.settle(t, time.Minute)
		stop()
		want := []struct {
			state  civic.DeliveryState
			route  civic.Route
			reason string
			notice string
		}{
			{civic.Sent, civic.ByCustomer, "", ""},
			{civic.Sent, civic.ByNotice, "", "N"},
			{civic.Inbox, civic.ByInbox, "", ""},
			{civic.Door, civic.ByDoor, "", ""},
			{civic.Skipped, "", civic.SkipUnfollowed, ""},
			{civic.Skipped, "", civic.SkipOptedOut, ""},
			{civic.Skipped, "", civic.SkipExpired, ""},
			{civic.Sent, civic.ByCustomer, "", ""},
		}
		for i, r := range rows {
			if r.state != want[i].state || r.out.Route != want[i].route || r.out.Reason != want[i].reason || r.out.Notice != want[i].notice {
				t.Errorf("row %d: got %s, %+v; want %v", i, r.state, r.out, want[i])
			}
		}
		if got := o.wire.texts[rows[7].Account]; got != "通知。回“继续”接着办。" {
			t.Errorf("somebody in the middle of a step is told %q", got)
		}
	})
}

func TestNoConsentIsNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(1)
		o.means, o.routes = civic.Means{Notice: "N", Zone: o.means.Zone}, allRoutes()
		o.wire.answer = func(int, civic.Route, Message) (bool, error) { return false, answers(Refused, 43101, "no-consent") }
		_, stop := start(t, o.config())
		o.settle(t, time.Minute)
		stop()
		if len(o.spent) != 1 || o.spent[0] != "o000000 N" || o.queue.rows[0].out.Code != 43101 {
			t.Errorf("noted %q, outcome %+v", o.spent, o.queue.rows[0].out)
		}
	})
}

func TestQuietHoursWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(20)
		o.means.Zone = time.UTC // midnight
		o.queue.rows[0].Urgent = true
		_, stop := start(t, o.config())
		<-time.After(7*time.Hour + 59*time.Minute)
		o.want(t, states{civic.Sent: 1, civic.Waiting: 19})
		o.settle(t, time.Hour)
		stop()
		o.audit(t)
		o.want(t, states{civic.Sent: 20})
	})
}

func TestCheck(t *testing.T) {
	errLong := errors.New("content: at most 20 characters")
	o := newOffice(0)
	c := o.config()
	d, err := NewDeliveries(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Check("announce", nil); err != nil {
		t.Errorf("refused: %v", err)
	}
	o.wire.fits = func(civic.Route, Text) error { return errLong }
	if err := d.Check("announce", nil); !errors.Is(err, ErrUnfit) || !errors.Is(err, errLong) {
		t.Errorf("got %v, want ErrUnfit and why", err)
	}
	c.Render = func(string, json.RawMessage, bool) (Text, error) { return Text{}, errLong }
	if d, err = NewDeliveries(c); err != nil {
		t.Fatal(err)
	}
	if err := d.Check("announce", nil); !errors.Is(err, ErrUnfit) || !errors.Is(err, errLong) {
		t.Errorf("got %v, want ErrUnfit and why", err)
	}
}

func TestTextsThatDoNotFit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(2)
		o.wire.fits = func(route civic.Route, _ Text) error { return errors.New("too long for " + string(route)) }
		c := o.config()
		render := c.Render
		c.Render = func(kind string, args json.RawMessage, midStep bool) (Text, error) {
			if kind == "unknown" {
				return Text{}, errors.New("unknown kind")
			}
			return render(kind, args, midStep)
		}
		o.queue.rows[1].Kind = "unknown"
		_, stop := start(t, c)
		o.settle(t, time.Minute)
		stop()
		if a, b := o.queue.rows[0], o.queue.rows[1]; a.state != civic.Inbox || a.out.Reason != reasonUnfit || b.state != civic.Failed || b.out.Reason != reasonNoText {
			t.Errorf("got %s %q and %s %q", a.state, a.out.Reason, b.state, b.out.Reason)
		}
	})
}

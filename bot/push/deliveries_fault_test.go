package push

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"yishi/flows/civic"
)

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
				return false, answers(Busy, 99999, "code")
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

package push

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"yishi/flows/civic"
)

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

// TestMailIsMarked marks who was not reached now, and nobody else.
func TestMailIsMarked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(4)
		o.means.Zone = time.UTC // midnight: all but the urgent wait
		rows := o.queue.rows
		rows[0].Urgent = true                              // sent
		rows[1].Reach.LastMessageAt = time.Time{}          // inbox
		rows[2].Account, rows[3].Reach.OptedOut = "", true // door, skipped
		o.queue.rows = append(rows, &parcel{Delivery: rows[0].Delivery, state: civic.Waiting, at: time.Now()})
		late := o.queue.rows[4]
		late.ID, late.Account, late.Urgent = 5, "late", false
		marked := make(chan []civic.Account, 10)
		c := o.config()
		c.Mark = func(_ context.Context, all []civic.Account) error {
			marked <- all
			return errors.New("hints may fail")
		}
		_, stop := start(t, c)
		<-time.After(2 * time.Second)
		stop()
		close(marked)
		got := map[civic.Account]int{}
		for all := range marked {
			for _, a := range all {
				got[a]++
			}
		}
		if len(got) != 2 || got[rows[1].Account] != 1 || got["late"] != 1 {
			t.Errorf("marked %v", got)
		}
	})
}

// TestOneBadTemplate stops its kind alone: others go on, and it does when it is put right.
func TestOneBadTemplate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(200)
		o.means, o.routes = civic.Means{}, allRoutes()
		for i, r := range o.queue.rows {
			if r.Urgent = true; i%2 == 0 {
				r.Kind = "bad"
			}
		}
		right := false
		calls := 0
		o.wire.answer = func(_ int, _ civic.Route, m Message) (bool, error) {
			if m.Kind == "bad" && !right {
				calls++
				return false, &callError{Verdict{Answer: Broken, Code: 40037, Reason: "template", Template: true}}
			}
			return true, nil
		}
		c := o.config()
		c.Means = func(d civic.Delivery) civic.Means { return civic.Means{Template: "T-" + d.Kind} }
		d, stop := start(t, c)
		<-time.After(10*time.Minute + 30*time.Second)
		o.want(t, states{civic.Sent: 100, civic.Waiting: 100})
		if err := d.Healthy(); err == nil || !strings.Contains(err.Error(), "template/T-bad") {
			t.Errorf("healthy: %v", err)
		}
		o.wire.mu.Lock()
		if calls > 50+11 {
			t.Errorf("%d calls with a bad template", calls)
		}
		right = true
		o.wire.mu.Unlock()
		o.settle(t, 5*time.Minute)
		if err := d.Healthy(); err != nil {
			t.Errorf("not healthy: %v", err)
		}
		stop()
		o.audit(t)
		o.want(t, states{civic.Sent: 200})
	})
}

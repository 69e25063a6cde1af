package main

import (
	"testing"
	"time"

	"yishi/bot/wechat/platform"
	"yishi/flows/civic"
)

// TestRefusals has the platform refuse clearly: what its code says happens, and nobody is told
// by a way that was refused.
func TestRefusals(t *testing.T) {
	const always = -1
	for _, row := range []struct {
		name     string
		code     int
		times    int
		only     civic.Route // that is refused; "": all
		customer int         // how the people of each rung end
		notice   int
		template int
	}{
		{name: "window closed", code: 45015, times: always, only: civic.ByCustomer, customer: rowSent, notice: rowSent, template: rowSent},
		{name: "window used", code: 45047, times: always, only: civic.ByCustomer, customer: rowSent, notice: rowSent, template: rowSent},
		{name: "no consent", code: 43101, times: always, only: civic.ByNotice, customer: rowSent, notice: rowSent, template: rowSent},
		{name: "all refused", code: 45047, times: always, customer: rowInbox, notice: rowInbox, template: rowInbox},
		{name: "blocked", code: 48002, times: always, customer: rowInbox, notice: rowInbox, template: rowInbox},
		{name: "not following", code: 43004, times: always, customer: rowFailed, notice: rowFailed, template: rowFailed},
		{name: "account deleted", code: 40003, times: always, customer: rowFailed, notice: rowFailed, template: rowFailed},
		{name: "wrong value", code: 47003, times: always, customer: rowInbox, notice: rowInbox, template: rowInbox},
		{name: "sent before", code: 45065, times: always, customer: rowSent, notice: rowSent, template: rowSent},
		{name: "busy twice", code: -1, times: 2, customer: rowSent, notice: rowSent, template: rowSent},
		{name: "busy for ever", code: -1, times: always, customer: rowFailed, notice: rowFailed, template: rowFailed},
		{name: "unknown code", code: 99999, times: always, customer: rowFailed, notice: rowFailed, template: rowFailed},
		{name: "two at once", code: 43108, times: 3, customer: rowSent, notice: rowSent, template: rowSent},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := openStage(t, 2)
			f := platform.Fault{Code: row.code, Times: row.times}
			if row.only == "" {
				s.fault(f)
			} else {
				s.platform.Fault(pathOf(row.only), f)
			}
			s.announced(t, "p")
			r := s.drive(t, 30*time.Second, time.Hour, nil)
			if r.Waiting+r.Unknown != 0 || r.Audience != 6 {
				t.Errorf("ended as %+v", r)
			}
			for route, state := range map[civic.Route]int{civic.ByCustomer: row.customer, civic.ByNotice: row.notice, civic.ByTemplate: row.template} {
				for _, q := range s.people[route] {
					got := 0
					if state == rowSent && row.code != 45065 {
						got = 1
					}
					s.want(t, q, state, got)
				}
			}
			if row.only == civic.ByCustomer && r.Sent[civic.ByNotice] != 4 || row.only == civic.ByNotice && r.Sent[civic.ByTemplate] != 4 {
				t.Errorf("the next rung was not taken: %+v", r)
			}
			if row.code == 43101 {
				for _, q := range s.people[civic.ByNotice] {
					if left := s.reach(t, q).Consents["N-announce"]; left != 0 {
						t.Errorf("%d consents are left by the ledger", left)
					}
				}
			}
		})
	}
}

// TestQuotas uses up the quota of each API in the middle of a push: what waits goes on when the
// quota turns, with no attempt spent on it, and the API is not called before.
func TestQuotas(t *testing.T) {
	h := openHall(t, nil, false)
	people := h.followers(t, 12)
	for _, q := range people {
		q.Say(t.Context(), "菜单")
	}
	h.noted(t, people, true)
	d, err := h.newDeliveries()
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{hall: h, Deliveries: d}
	s.openRows(t)
	h.platform.SetLimits(customerSend, platform.Limits{Day: 9, Minute: 5})
	h.announced(t, "p")
	for range 20 { // within the minute
		s.sums(t, 5)
	}
	if n := h.platform.Tally().Calls[customerSend][45011]; n != 1 {
		t.Errorf("%d calls met the used up minute, want 1", n)
	}
	h.db.Clock().Shift(70 * time.Second)
	for range 8 {
		s.sums(t, 9) // the day's
		h.db.Clock().Shift(time.Hour)
	}
	if n := h.platform.Tally().Calls[customerSend][45009]; n != 1 {
		t.Errorf("%d calls met the used up day, want 1", n)
	}
	if left, err := h.meter.Left(t.Context(), "customer"); err != nil || left != 0 {
		t.Errorf("the meter says that %d calls are left today, %v", left, err)
	}
	h.until(0) // the platform's midnight is Shanghai's
	if r := s.drive(t, 10*time.Minute, 2*time.Hour, nil); r.Sent[civic.ByCustomer] != 12 {
		t.Errorf("the day after: %+v", r)
	}
	for _, q := range people {
		s.want(t, q, rowSent, 1)
		if _, attempts, _ := s.state(t, q); attempts != 1 {
			t.Errorf("%d attempts were counted", attempts)
		}
	}
}

// sums works off what is due and checks how many were told so far.
func (s *stage) sums(t *testing.T, sent int) {
	t.Helper()
	if r := s.drain(t); r.Sent[civic.ByCustomer] != sent || r.Waiting != r.Audience-sent {
		t.Errorf("%+v, want %d sent and the rest waiting", r, sent)
	}
}

// TestFaultsOfTheAccount has the platform refuse everybody for a fault of the set-up: it stops
// at once, shows it, burns no attempt, and goes on by itself when it is healed.
func TestFaultsOfTheAccount(t *testing.T) {
	for name, row := range map[string]struct {
		spoil, heal func(*stage)
		note        bool
	}{
		"no permission": {func(s *stage) { s.refuse(48001) }, func(s *stage) { s.refuse(0) }, true},
		"banned":        {func(s *stage) { s.refuse(50002) }, func(s *stage) { s.refuse(0) }, true},
		"bad template":  {func(s *stage) { s.refuse(40037) }, func(s *stage) { s.refuse(0) }, true},
		"token refused": {func(s *stage) { s.refuse(40001) }, func(s *stage) { s.refuse(0) }, true},
		"IP not listed": {func(s *stage) { s.platform.ListIP(false); s.platform.ExpireToken() }, func(s *stage) { s.platform.ListIP(true) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openStage(t, 2)
			row.spoil(s)
			s.announced(t, "p")
			r := s.drive(t, 20*time.Second, 30*time.Minute, nil)
			if r.Waiting != 6 {
				t.Errorf("while it lasts: %+v", r)
			}
			if calls := s.platform.Tally().Received.All(); calls != 0 {
				t.Errorf("%d were told", calls)
			}
			if err := s.Healthy(); (err != nil) != row.note {
				t.Errorf("says it is %v", err)
			}
			row.heal(s)
			if r = s.drive(t, 20*time.Second, 10*time.Minute, nil); r.Sent[civic.ByCustomer] != 2 || r.Sent[civic.ByNotice] != 2 || r.Sent[civic.ByTemplate] != 2 {
				t.Errorf("when it is healed: %+v", r)
			}
			if err := s.Healthy(); err != nil {
				t.Errorf("when it is healed: %v", err)
			}
			for _, all := range s.people {
				for _, q := range all {
					s.want(t, q, rowSent, 1)
					if _, attempts, _ := s.state(t, q); attempts != 1 {
						t.Errorf("%d attempts were counted", attempts)
					}
				}
			}
		})
	}
}

// refuse has every send meet a code until it is 0.
func (s *stage) refuse(code int) {
	for _, path := range []string{customerSend, noticeSend, templateSend} {
		s.platform.Refuse(path, code)
	}
}

// TestOneFaultyAPI has the platform forbid notices only, for a while: all others are told at
// once, and those with a consent when notices are allowed again, although the first route is
// open all the time.
func TestOneFaultyAPI(t *testing.T) {
	t.Parallel()
	s := openStage(t, 2)
	s.platform.Refuse(noticeSend, 48001)
	s.announced(t, "p")
	if r := s.drive(t, 20*time.Second, 10*time.Minute, nil); r.Waiting != 2 || r.Sent[civic.ByCustomer] != 2 || r.Sent[civic.ByTemplate] != 2 {
		t.Errorf("while notices are forbidden: %+v", r)
	}
	if n := s.platform.Tally().Calls[noticeSend][48001]; n < 5 || n > 12 {
		t.Errorf("tried %d times in ten minutes, want once a minute", n)
	}
	s.platform.Refuse(noticeSend, 0)
	if r := s.drive(t, 20*time.Second, 3*time.Minute, nil); r.Sent[civic.ByNotice] != 2 || r.Waiting != 0 {
		t.Errorf("when they are allowed again: %+v", r)
	}
}

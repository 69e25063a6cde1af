package main

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/glebarez/go-sqlite" // looks at attempts, which no report shows

	"yishi/bot/push"
	"yishi/bot/wechat/platform"
	"yishi/flows/civic"
)

// Paths of the platform by which people are told.
const (
	customerSend = "/cgi-bin/message/custom/send"
	noticeSend   = "/cgi-bin/message/subscribe/bizsend"
	templateSend = "/cgi-bin/message/template/send"
)

// pathOf is the platform's path of a route.
func pathOf(r civic.Route) string {
	return map[civic.Route]string{civic.ByCustomer: customerSend, civic.ByNotice: noticeSend, civic.ByTemplate: templateSend}[r]
}

// stage is a hall whose people differ in the first rung that is open to them. All rungs below it
// are open to them as well. Deliveries are worked off one by one, so that the clock moves only
// while nobody is being told.
type stage struct {
	*hall
	*push.Deliveries
	people map[civic.Route][]*platform.Person
	rows   *sql.DB
	ctx    context.Context // of the test
}

// openStage makes a stage with n people a route.
func openStage(t *testing.T, n int) *stage {
	t.Helper()
	s := &stage{hall: openHall(t, townHall(), false), people: map[civic.Route][]*platform.Person{}}
	fields := []platform.TemplateField{{Name: "thing1"}, {Name: "thing2"}}
	s.platform.SetTemplates(platform.Template{ID: "T-announce", Fields: fields})
	s.platform.SetNoticeTemplates(platform.Template{ID: "N-announce", Fields: fields})
	all := s.followers(t, 3*n)
	s.people[civic.ByCustomer], s.people[civic.ByNotice], s.people[civic.ByTemplate] = all[:n], all[n:2*n], all[2*n:]
	s.db.Clock().Shift(72 * time.Hour) // no window is open any more
	for i, q := range all[:2*n] {
		if d := q.AnswerPopup(t.Context(), platform.Answer{TemplateID: "N-announce", Accept: true}); d.Err != nil {
			t.Fatal(d.Err)
		}
		if i < n {
			q.Say(t.Context(), "菜单")
		}
	}
	wait(t, func() bool {
		if err := s.db.FlushContacts(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, q := range s.people[civic.ByCustomer] {
			if s.db.Clock().Now().Sub(s.reach(t, q).LastMessageAt) > time.Hour {
				return false
			}
		}
		return true
	})
	var err error
	if s.Deliveries, err = s.newDeliveries(); err != nil {
		t.Fatal(err)
	}
	s.openRows(t)
	return s
}

// openRows opens the tables, and forgets what was counted before.
func (s *stage) openRows(t *testing.T) {
	t.Helper()
	var err error
	if s.rows, err = sql.Open("sqlite", "file:"+filepath.Join(s.cfg.Data, "yishi.db")+"?_pragma=busy_timeout(2000)"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.rows.Close() })
	s.platform.ResetTally()
}

// reach is what the bot knows of somebody.
func (s *stage) reach(t *testing.T, q *platform.Person) civic.Reach {
	t.Helper()
	a := civic.Account(q.Openid())
	all, err := s.db.Reach(t.Context(), []civic.Account{a})
	if err != nil {
		t.Fatal(err)
	}
	return all[a]
}

// drain works off what is due now.
func (s *stage) drain(t *testing.T) civic.Report {
	t.Helper()
	if _, err := s.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := s.db.Report(t.Context(), "p")
	if err != nil || r.Total() != r.Audience {
		t.Fatalf("%+v does not add up to its audience: %v", r, err)
	}
	return r
}

// drive works off what is due and moves the clock on until nobody waits, for that long at most.
// Each is told how it stands after each step.
func (s *stage) drive(t *testing.T, step, most time.Duration, each func(civic.Report)) civic.Report {
	t.Helper()
	for past := time.Duration(0); ; past += step {
		r := s.drain(t)
		if each != nil {
			each(r)
		}
		if r.Waiting == 0 || past >= most {
			return r
		}
		s.db.Clock().Shift(step)
	}
}

// state is how the delivery to somebody stands, and its attempts.
func (s *stage) state(t *testing.T, q *platform.Person) (state, attempts int, reason string) {
	t.Helper()
	err := s.rows.QueryRowContext(t.Context(), "SELECT state, attempts, reason FROM deliveries WHERE account = ?", q.Openid()).Scan(&state, &attempts, &reason)
	if err != nil {
		t.Fatal(err)
	}
	return state, attempts, reason
}

// Codes of states in the tables.
const (
	rowSent    = 3
	rowInbox   = 4
	rowSkipped = 6
	rowFailed  = 7
	rowUnknown = 8
)

// want checks how somebody ended, and that at most that many messages reached the phone.
func (s *stage) want(t *testing.T, q *platform.Person, state, got int) {
	t.Helper()
	have, _, reason := s.state(t, q)
	if have != state {
		t.Errorf("%s ended in state %d (%s), want %d", q.Openid(), have, reason, state)
	}
	if n := s.platform.Received(q.Openid()).All(); n != got {
		t.Errorf("%s got %d messages, want %d", q.Openid(), n, got)
	}
}

// played is how many calls of a route met a fault.
func (s *stage) played(r civic.Route) int {
	n := 0
	for _, of := range s.platform.Tally().Faults[pathOf(r)] {
		n += of
	}
	return n
}

// fault has all routes meet a fault.
func (s *stage) fault(f platform.Fault) {
	for _, r := range []civic.Route{civic.ByCustomer, civic.ByNotice, civic.ByTemplate} {
		s.platform.Fault(pathOf(r), f)
	}
}

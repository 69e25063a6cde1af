package main

import (
	"context"
	"sync"
	"testing"
	"time"

	"yishi/bot/push"
	"yishi/bot/wechat/platform"
	"yishi/flows/civic"
	"yishi/store"
)

// between makes the deliveries of the stage, with something that happens to an account after its
// delivery was claimed and before the platform is called.
func (s *stage) between(t *testing.T, happens func(civic.Account)) {
	t.Helper()
	p, now := s.cfg.Pushes(), s.db.Clock().Now
	left := func(who civic.Account) { s.db.Contact(who, store.ContactUnfollow, now()) }
	var err error
	s.Deliveries, err = push.NewDeliveries(push.DeliveriesConfig{
		Queue: s.db, Sender: newSender(s.client, p, subkey(s.cfg.MasterKey, "client id"), left, now, s.app.log), Meter: s.meter,
		Render: render, Means: meansOf(p, s.cfg.Location()), Routes: routesOf(p), NoConsent: s.noConsent, Now: now, Log: s.app.log,
		MidStep: func(_ context.Context, a civic.Account) bool {
			happens(a)
			return false
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// optsOut has somebody unsubscribe from meetings.
func (s *stage) optsOut(t *testing.T, q *platform.Person) {
	t.Helper()
	a := civic.Account(q.Openid())
	off := civic.OptOut{Account: a, Topic: civic.TopicMeetings, Off: true}
	if _, err := s.db.Commit(t.Context(), store.Commit{Run: "off-" + q.Openid(), N: 1, Account: a, Final: true, Effects: []any{off}}); err != nil {
		t.Fatal(err)
	}
}

// TestPeopleWhoChange has people leave, unsubscribe and take consents back after the audience
// was frozen, before they are claimed or between the claim and the call: each ends with the
// reason, or by the next way that is still open.
func TestPeopleWhoChange(t *testing.T) {
	leaves := func(s *stage, q *platform.Person) { q.Unfollow(s.ctx) }
	leavesUnnoticed := func(s *stage, q *platform.Person) {
		s.platform.SetWebhooks()
		q.Unfollow(s.ctx)
	}
	takesBack := func(s *stage, q *platform.Person) {
		q.ChangeSettings(s.ctx, platform.Answer{TemplateID: "N-announce"})
	}
	for _, row := range []struct {
		name    string
		who     civic.Route
		claimed bool // it happens between the claim and the call
		change  func(*stage, *platform.Person)
		state   int
		reason  string
		got     platform.Received
	}{
		{"leaves", civic.ByCustomer, false, leaves, rowSkipped, civic.SkipUnfollowed, platform.Received{}},
		{"leaves, by template", civic.ByTemplate, false, leaves, rowSkipped, civic.SkipUnfollowed, platform.Received{}},
		{"leaves unnoticed", civic.ByTemplate, false, leavesUnnoticed, rowFailed, "not_following", platform.Received{}},
		{"takes a consent back", civic.ByNotice, false, takesBack, rowSent, "", platform.Received{Template: 1}},
		{"unsubscribes", civic.ByCustomer, false, nil, rowSkipped, civic.SkipOptedOut, platform.Received{}},
		{"leaves before the call", civic.ByTemplate, true, leaves, rowFailed, "not_following", platform.Received{}},
		{"takes a consent back before the call", civic.ByNotice, true, takesBack, rowSent, "", platform.Received{Template: 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := openStage(t, 2)
			s.ctx = t.Context()
			q := s.people[row.who][0]
			change := func() {
				if row.change == nil {
					s.optsOut(t, q)
					return
				}
				row.change(s, q)
			}
			if once := sync.OnceFunc(change); row.claimed {
				s.between(t, func(a civic.Account) {
					if string(a) == q.Openid() {
						once()
					}
				})
			}
			p := civic.Push{
				ID: "p", Purpose: "p", Kind: "announce", Topic: civic.TopicMeetings, Urgent: "测试", Community: s.community.ID,
				Args: []byte(`{"title":"停水","body":"今晚停水。","from":"钮家巷社区"}`),
			}
			if _, err := s.db.AddPush(t.Context(), p, civic.Audience{Community: s.community.ID}); err != nil {
				t.Fatal(err)
			}
			if !row.claimed {
				change()
			}
			r := s.drive(t, 10*time.Second, time.Minute, nil)
			if r.Waiting+r.Unknown != 0 || r.Audience != 6 {
				t.Errorf("ended as %+v", r)
			}
			if state, _, reason := s.state(t, q); state != row.state || reason != row.reason {
				t.Errorf("ended in state %d (%s), want %d (%s)", state, reason, row.state, row.reason)
			}
			if got := s.platform.Received(q.Openid()); got != row.got {
				t.Errorf("the phone got %+v, want %+v", got, row.got)
			}
			if row.who == civic.ByNotice && s.reach(t, q).Consents["N-announce"] != 0 {
				t.Error("the ledger still knows a consent")
			}
			for _, all := range s.people {
				for _, other := range all {
					if other != q {
						s.want(t, other, rowSent, 1)
					}
				}
			}
		})
	}
}

// TestNoSuchAccount tells somebody of whom the platform knows nothing any more, and somebody who
// has no account.
func TestNoSuchAccount(t *testing.T) {
	s := openStage(t, 1)
	if _, err := s.db.Commit(t.Context(), store.Commit{Run: "gone", N: 1, Account: "oHallGone", Final: true, Effects: []any{
		civic.Join{Account: "oHallGone", Community: s.community.ID},
	}}); err != nil {
		t.Fatal(err)
	}
	s.announced(t, "gone")
	s.announced(t, "p")
	if r := s.drive(t, 10*time.Second, time.Minute, nil); r.Failed["no_account"] != 1 || r.Audience != 4 || r.Waiting+r.Unknown != 0 {
		t.Errorf("ended as %+v", r)
	}
	if _, err := s.rows.ExecContext(t.Context(), "UPDATE deliveries SET account = '', state = 1, at_ms = 0, first_ms = 0 WHERE account = 'oHallGone'"); err != nil {
		t.Fatal(err)
	}
	if r := s.drain(t); r.Door != 1 || r.Waiting+r.Unknown != 0 {
		t.Errorf("without an account: %+v", r)
	}
}

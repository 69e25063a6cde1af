package main

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"yishi/bot/push"
	"yishi/config"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
)

// announced makes an urgent push to everybody of the hall by a turn, as a flow would.
func (h *hall) announced(t *testing.T, id string) {
	t.Helper()
	args := `{"title":"停水","body":"今晚停水。","from":"钮家巷社区"}`
	ledger := &wakingLedger{h.metrics.ledger(h.db), h.app}
	_, err := ledger.Commit(t.Context(), store.Commit{Run: "run-" + id, N: 1, Account: "oHallStaff", Final: true, Effects: []any{civic.MakePush{
		Push:     civic.Push{ID: id, Purpose: id, Kind: flows.TellAnnounce, Args: []byte(args), Urgent: "测试", Community: h.community.ID},
		Audience: civic.Audience{Community: h.community.ID},
	}}})
	if err != nil {
		t.Fatal(err)
	}
}

// TestForbiddenAPI has the platform refuse customer messages for this account: nobody is called
// failed, readiness shows it and stays ready, and all are told when it is put right.
func TestForbiddenAPI(t *testing.T) {
	const path = "/cgi-bin/message/custom/send"
	h := openHall(t, nil, false)
	people := h.followers(t, 20)
	for _, q := range people {
		q.Say(t.Context(), "菜单")
	}
	h.noted(t, people, true)
	h.platform.Allow(path, false)
	h.start(t)
	h.forget()
	h.announced(t, "p")
	adm := httptest.NewServer((&admin{probes: h.probes, notes: h.notes, metric: h.metrics.handler()}).handler())
	defer adm.Close()
	wait(t, func() bool {
		status, body := get(t, adm.URL+"/readyz")
		return status == 200 && strings.Contains(body, `"deliveries":"degraded"`)
	})
	_, body := get(t, adm.URL+"/metrics")
	for _, want := range []string{
		`yishi_send_errors_total{api="customer",code="48001"}`, `yishi_quota_left{api="customer"} `, `yishi_quota_left{api="notice"} -1`,
		"yishi_deliveries_queue_age_seconds", "yishi_timers_age_seconds", `yishi_message_events_total{kind="consent",outcome="lost"} 0`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
	if r, err := h.db.Report(t.Context(), "p"); err != nil || r.Waiting != 20 {
		t.Errorf("%+v, %v", r, err)
	}
	h.platform.Allow(path, true)
	last := time.Now()
	wait(t, func() bool { // each minute of the clock one delivery tries; nobody is in hand when it moves on
		if time.Since(last) > time.Second {
			last = time.Now()
			h.db.Clock().Shift(70 * time.Second)
		}
		r, err := h.db.Report(t.Context(), "p")
		return err == nil && r.Sent[civic.ByCustomer] == 20
	})
	for _, q := range people {
		if n := h.got(q.Openid()); n != 1 {
			t.Errorf("told %d times", n)
		}
	}
	if status, body := get(t, adm.URL+"/readyz"); status != 200 || !strings.Contains(body, `"deliveries":"ok"`) {
		t.Errorf("ready: %d %s", status, body)
	}
	_, body = get(t, adm.URL+"/metrics")
	if !strings.Contains(body, `yishi_deliveries_total{route="customer",state="sent"} `) || !strings.Contains(body, `yishi_deliveries_total{route="",state="waiting"} `) {
		t.Error("the metrics do not count who was sent to and who had to wait")
	}
	h.auditLog(t)
}

// TestStopInTheMiddle ends the loops while a push goes out, as SIGTERM does: nothing is unknown,
// and the next start tells the rest.
func TestStopInTheMiddle(t *testing.T) {
	h := openHall(t, nil, false)
	people := h.followers(t, 60)
	for _, q := range people {
		q.Say(t.Context(), "菜单")
	}
	h.noted(t, people, true)
	h.forget()
	h.announced(t, "p")
	for range 3 {
		stop := h.start(t)
		wait(t, func() bool {
			r, err := h.db.Report(t.Context(), "p")
			return err == nil && (len(r.Sent) > 0 || r.Waiting == 0)
		})
		from := time.Now()
		stop()
		if took := time.Since(from); took > stopTime {
			t.Errorf("took %v to stop", took)
		}
		if r, err := h.db.Report(t.Context(), "p"); err != nil || r.Unknown != 0 || r.Total() != 60 {
			t.Errorf("%+v, %v", r, err)
		}
	}
	h.start(t)
	if r := h.settled(t, "p"); r.Sent[civic.ByCustomer] != 60 {
		t.Errorf("%+v", r)
	}
	for _, q := range people {
		if n := h.got(q.Openid()); n != 1 {
			t.Errorf("told %d times", n)
		}
	}
}

// TestMailIsMarked marks the sessions of those who find something in the inbox.
func TestMailIsMarked(t *testing.T) {
	h := openHall(t, nil, false)
	people := h.followers(t, 3)
	h.db.Clock().Shift(10 * time.Minute) // the windows of following are over
	people[0].Say(t.Context(), "菜单")
	h.noted(t, people[:1], true)
	h.start(t)
	h.announced(t, "p")
	if r := h.settled(t, "p"); r.Inbox != 2 || r.Sent[civic.ByCustomer] != 1 {
		t.Fatalf("%+v", r)
	}
	wait(t, func() bool { return h.marked(t, people[1].Openid()) && h.marked(t, people[2].Openid()) })
	if h.marked(t, people[0].Openid()) {
		t.Error("somebody who was told is marked")
	}
}

// marked says whether mail waits in somebody's session.
func (h *hall) marked(t *testing.T, openid string) bool {
	t.Helper()
	v, err := h.sessions.Load(t.Context(), openid)
	if err != nil {
		t.Fatal(err)
	}
	return v.Mail != 0
}

// TestWhoIsWoken wakes those for whom a commit has left work, and nobody for the rest.
func TestWhoIsWoken(t *testing.T) {
	var got []waits
	a := &app{wake: func(w waits) { got = append(got, w) }}
	a.committed(nil)
	a.committed([]any{civic.EndorseNeed{}, civic.Join{}})
	a.committed([]any{civic.RaiseNeed{}})
	a.committed([]any{civic.Join{}, civic.MakePush{}, civic.KeepMedia{}})
	a.committed([]any{civic.ArmTimer{}})
	want := []waits{{media: true}, {media: true, pushes: true}, {pushes: true}}
	if len(got) != len(want) {
		t.Fatalf("woken %+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: %+v, want %+v", i, got[i], want[i])
		}
	}
}

// TestCommitsRingTheOthers has another replica hear of a push that this one has committed. When
// Redis is gone nobody hears, and people are told all the same.
func TestCommitsRingTheOthers(t *testing.T) {
	server := miniredis.RunT(t)
	h := openHall(t, nil, false, func(c *config.Config) { c.Redis = config.Secret("redis://" + server.Addr()) })
	people := h.followers(t, 3)
	other := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer func() { _ = other.Close() }()
	heard := make(chan struct{}, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		push.NewBell(other, "yishi:", demoAppID, h.app.log).Run(ctx, func() { heard <- struct{}{} })
	}()
	<-heard // it can hear
	h.start(t)
	h.forget()
	h.announced(t, "p")
	select {
	case <-heard:
	case <-time.After(10 * time.Second):
		t.Error("the others did not hear of it")
	}
	if r := h.settled(t, "p"); r.Sent[civic.ByCustomer] != 3 || h.got(people[0].Openid()) != 1 {
		t.Errorf("%+v", r)
	}
	server.Close() // Redis goes: what is committed is told all the same
	h.announced(t, "q")
	if r := h.settled(t, "q"); r.Sent[civic.ByCustomer] != 3-r.Inbox || r.Unknown != 0 {
		t.Errorf("%+v", r)
	}
	cancel()
	<-ended
}

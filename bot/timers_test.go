package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"yishi/bot/push"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// timedPush is the arguments of a timer that reminds some accounts.
func timedPush(t *testing.T, id string, to civic.Audience) json.RawMessage {
	t.Helper()
	args, err := json.Marshal(flows.Announce{Title: "明天议事会", Body: "请带上身份证。", From: "钮家巷社区"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(civic.TimedPush{Push: civic.Push{ID: id, Purpose: id, Kind: flows.TellAnnounce, Args: args, Urgent: "测试"}, Audience: to})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestReminder arms a timer and moves the clock: who belongs to the community by then is told,
// once each time, and whom nobody could tell finds it in the inbox.
func TestReminder(t *testing.T) {
	h := openHall(t, nil, false)
	people := h.followers(t, 2)
	h.start(t)
	h.forget()
	due := h.db.Clock().Now().Add(24 * time.Hour)
	err := h.db.ArmTimer(t.Context(), civic.Timer{
		ID: "meeting-1/remind", Rev: 1, Kind: civic.TimerPush, Args: timedPush(t, "remind-1", civic.Audience{Community: h.community.ID}), DueAt: due, Every: 24 * time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.db.Clock().Shift(23 * time.Hour)
	for _, q := range people {
		q.Say(t.Context(), "菜单")
	}
	h.noted(t, people, true)
	late := h.platform.Person("oHallComesLater0000000001")
	late.Follow(t.Context(), "door")
	h.db.Clock().Shift(time.Hour)
	wait(t, func() bool { return h.got(people[0].Openid()) == 1 && h.got(people[1].Openid()) == 1 })
	h.db.Clock().Shift(24 * time.Hour)
	wait(t, func() bool { return h.got(people[0].Openid()) == 2 && h.got(people[1].Openid()) == 2 })
	all, err := h.db.Pushes(t.Context(), 0, 10)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d pushes, %v", len(all), err)
	}
	for _, p := range all {
		if r := h.settled(t, p.ID); r.Sent[civic.ByCustomer] != 2 || r.Inbox != 1 || r.Audience != 3 {
			t.Errorf("%s: %+v", p.ID, r)
		}
	}
	h.auditLog(t)
}

// newFirings are replicas over one store.
func newFirings(db timerStore, log *bytes.Buffer, n int) []*firing {
	all := make([]*firing, n)
	for i := range all {
		all[i] = &firing{
			store: db, now: time.Now, done: func([]any) {}, unknown: map[string]bool{}, log: slog.New(slog.NewTextHandler(log, nil)),
		}
	}
	return all
}

// TestOneOfManyFires has eight replicas fire one timer: one push is made, and whoever comes late
// is told that there is nothing to do.
func TestOneOfManyFires(t *testing.T) {
	db := storetest.Open(t)
	timer := civic.Timer{ID: "a", Kind: civic.TimerPush, Args: timedPush(t, "p", civic.Audience{Accounts: []civic.Account{"o-1"}}), DueAt: time.Now().Truncate(time.Millisecond)}
	if err := db.ArmTimer(t.Context(), timer); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, f := range newFirings(db, &bytes.Buffer{}, 8) {
		all.Go(func() {
			if err := f.fire(t.Context(), timer); err != nil {
				t.Errorf("fire: %v", err)
			}
		})
	}
	all.Wait()
	if made, err := db.Pushes(t.Context(), 0, 10); err != nil || len(made) != 1 {
		t.Errorf("%d pushes, %v", len(made), err)
	}
	moved := timer
	moved.DueAt = timer.DueAt.Add(time.Hour)
	if err := newFirings(db, &bytes.Buffer{}, 1)[0].fire(t.Context(), moved); !errors.Is(err, push.ErrStale) {
		t.Errorf("a stale timer: %v", err)
	}
	if made, err := db.Pushes(t.Context(), 0, 10); err != nil || len(made) != 1 {
		t.Errorf("%d pushes after a stale timer, %v", len(made), err)
	}
}

// sweeper counts sweeps, which may fail.
type sweeper struct {
	*store.DB
	swept int
	err   error
	loose []string // blobs of no need, one a call
}

func (s *sweeper) Sweep(context.Context) (int, error) {
	s.swept++
	return 0, s.err
}

func (s *sweeper) SweepMedia(ctx context.Context, forget func(context.Context, string) error) (int, error) {
	if len(s.loose) == 0 {
		return 0, nil
	}
	key := s.loose[0]
	s.loose = s.loose[1:]
	return 1, forget(ctx, key)
}

func TestSweepsAndStrangers(t *testing.T) {
	var log bytes.Buffer
	db := &sweeper{DB: storetest.Open(t), err: errors.New("busy"), loose: []string{"a", "b"}}
	f := newFirings(db, &log, 1)[0]
	var forgotten []string
	f.forget = func(_ context.Context, key string) error { forgotten = append(forgotten, key); return nil }
	sweep := civic.DailySweep(db.Clock().Now().Add(-48*time.Hour), time.UTC)
	for range 2 { // the bot starts twice
		if err := db.ArmTimerOnce(t.Context(), sweep); err != nil {
			t.Fatal(err)
		}
	}
	due, err := db.ClaimTimers(t.Context(), "w", 10, time.Minute)
	if err != nil || len(due) != 1 {
		t.Fatalf("due %+v, %v", due, err)
	}
	if err := f.fire(t.Context(), due[0]); err != nil || db.swept != 1 {
		t.Errorf("swept %d times, %v", db.swept, err)
	}
	if due, err = db.ClaimTimers(t.Context(), "w", 10, time.Minute); err != nil || len(due) != 0 {
		t.Errorf("due again at once: %+v, %v", due, err)
	}
	db.err = nil
	db.Clock().Shift(time.Minute) // what was left is swept a little later, once
	if due, err = db.ClaimTimers(t.Context(), "w", 10, time.Minute); err != nil || len(due) != 1 || due[0].ID != "sweep/more" {
		t.Fatalf("due %+v, %v", due, err)
	}
	if err := f.fire(t.Context(), due[0]); err != nil || db.swept != 2 {
		t.Errorf("swept %d times, %v", db.swept, err)
	}
	if !slices.Equal(forgotten, []string{"a", "b"}) {
		t.Errorf("forgot %v", forgotten)
	}
	db.Clock().Shift(time.Hour)
	due, err = db.ClaimTimers(t.Context(), "w", 10, time.Minute)
	due = slices.DeleteFunc(due, func(d civic.Timer) bool { return d.ID == sweep.ID }) // it is half past three
	if err != nil || len(due) != 0 {
		t.Errorf("due again: %+v, %v", due, err)
	}
	for range 10 {
		if err := f.fire(t.Context(), civic.Timer{ID: "x", Kind: "dance"}); !errors.Is(err, push.ErrLeft) {
			t.Errorf("a newer kind: %v", err)
		}
	}
	if n := strings.Count(log.String(), "left alone"); n != 1 || strings.Count(log.String(), "store not swept") != 1 {
		t.Errorf("logged %s", log.String())
	}
	if err := f.fire(t.Context(), civic.Timer{ID: "x", Kind: civic.TimerPush, Args: []byte(`[]`)}); err == nil || errors.Is(err, push.ErrStale) {
		t.Errorf("wrong arguments: %v", err)
	}
}

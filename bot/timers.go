package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"yishi/bot/blobs"
	"yishi/bot/push"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
)

// program is whose turn a timer's commit counts as when it is nobody's.
const program = civic.Account("yishi")

// timerStore is where timers act. *store.DB is one.
type timerStore interface {
	Commit(ctx context.Context, c store.Commit) (civic.Receipt, error)
	Sweep(ctx context.Context) (int, error)
	SweepDeliveries(ctx context.Context) (int, error)
	SweepHomes(ctx context.Context) (int, error)
	SweepTalks(ctx context.Context) (int, error)
	SweepRetained(ctx context.Context) (int, error)
	SweepMedia(ctx context.Context, forget func(ctx context.Context, blobKey string) error) (int, error)
	ArmTimerOnce(ctx context.Context, t civic.Timer) error
	Triage() *store.Triage
	Communities() *store.Communities
}

// firing does what due timers are for: civic says what, the store commits it together with the
// guard that the timer is still armed as it was claimed.
type firing struct {
	store  timerStore
	now    func() time.Time
	done   func(effects []any)                             // told of what was committed
	forget func(ctx context.Context, blobKey string) error // deletes a photo or voice
	zone   *time.Location                                  // of communities that have none of their own
	log    *slog.Logger

	mu      sync.Mutex
	unknown map[string]bool // kinds that were logged
}

func (a *app) newFiring(kept blobs.Store) *firing {
	return &firing{
		store: a.db, now: a.db.Clock().Now, done: a.committed, forget: kept.Delete, zone: a.cfg.Location(), log: a.log, unknown: map[string]bool{},
	}
}

// fire does what a timer is for. push.ErrStale means that it was done, or moved, before.
func (f *firing) fire(ctx context.Context, t civic.Timer) error {
	todo, err := civic.Due(t, f.now())
	if errors.Is(err, civic.ErrTimerKind) {
		f.leave(ctx, t)
		return push.ErrLeft
	}
	if err != nil {
		return fmt.Errorf("see what is due: %w", err)
	}
	if todo.Overdue != 0 {
		if todo.Effects, err = f.overdue(ctx, todo.Overdue, t.DueAt); err != nil {
			return err
		}
	}
	who := t.Account
	if who == "" {
		who = program
	}
	guard := civic.FireTimer{ID: t.ID, Rev: t.Rev, DueAt: t.DueAt}
	_, err = f.store.Commit(ctx, store.Commit{
		Run: store.TimerRun(t), N: 1, Account: who, Final: true, Effects: append([]any{guard}, todo.Effects...),
	})
	switch {
	case errors.Is(err, store.ErrStale):
		return push.ErrStale
	case err != nil:
		return fmt.Errorf("fire timer: %w", err)
	}
	f.done(todo.Effects)
	if todo.Sweep {
		f.sweep(ctx)
		if err := armOverdue(ctx, f.store, f.now(), f.zone); err != nil { // of communities that came since; tomorrow again
			f.log.WarnContext(ctx, "looks for what waits too long not armed", "error", err)
		}
	}
	return nil
}

// overdue tells the staff of a community of what waits too long. Nothing that waits is nothing told.
func (f *firing) overdue(ctx context.Context, id civic.CommunityID, due time.Time) ([]any, error) {
	c, ok, err := f.store.Communities().Community(ctx, id)
	if err != nil || !ok {
		return nil, err
	}
	waits, err := f.store.Triage().Overdue(ctx, id)
	if err != nil {
		return nil, err
	}
	staff, err := f.store.Triage().Watchers(ctx, id)
	if err != nil {
		return nil, err
	}
	var effects []any
	for _, m := range flows.OverduePushes(id, due.UTC().Format("20060102"), civic.Digests(c.Settings, staff, waits)) {
		effects = append(effects, m)
	}
	return effects, nil
}

// armOverdue has what waits too long looked for each day in every community.
func armOverdue(ctx context.Context, s timerStore, now time.Time, zone *time.Location) error {
	all, err := s.Communities().Communities(ctx)
	if err != nil {
		return err
	}
	for _, c := range all {
		z := zone
		if own, err := time.LoadLocation(c.TimeZone); c.TimeZone != "" && err == nil {
			z = own
		}
		if err := s.ArmTimerOnce(ctx, civic.OverdueTimer(c.ID, now, z)); err != nil {
			return err
		}
	}
	return nil
}

// moreSoon is when a sweep goes on that did not come to its end in a timer's time.
const moreSoon = 10 * time.Second

// sweep clears away what it can in a timer's time; what is left is swept a little later.
func (f *firing) sweep(ctx context.Context) {
	_, err := f.store.Sweep(ctx)
	if err == nil {
		_, err = f.store.SweepDeliveries(ctx)
	}
	if err == nil {
		_, err = f.store.SweepHomes(ctx)
	}
	if err == nil {
		_, err = f.store.SweepTalks(ctx)
	}
	for n := 1; err == nil && n > 0; {
		n, err = f.store.SweepMedia(ctx, f.forget)
	}
	if err == nil { // the longest comes last
		_, err = f.store.SweepRetained(ctx)
	}
	if err == nil {
		return
	}
	f.log.WarnContext(ctx, "store not swept to the end", "error", err)
	arming, done := context.WithTimeout(context.WithoutCancel(ctx), armTime)
	defer done()
	more := civic.Timer{ID: "sweep/more", Kind: civic.TimerSweep, DueAt: f.now().Add(moreSoon)}
	if err := f.store.ArmTimerOnce(arming, more); err != nil { // then tomorrow
		f.log.WarnContext(ctx, "store not swept again", "error", err)
	}
}

// leave tells once that a newer version has armed what this one does not know.
func (f *firing) leave(ctx context.Context, t civic.Timer) {
	f.mu.Lock()
	known := f.unknown[t.Kind]
	f.unknown[t.Kind] = true
	f.mu.Unlock()
	if !known {
		f.log.WarnContext(ctx, "timer of an unknown kind is left alone", "timer", t.ID, "kind", t.Kind)
	}
}

// armTime bounds the arming of daily timers at the start.
const armTime = 3 * time.Second

// armDaily arms what is due each day, unless it is armed. A database that does not answer yet is
// no fault: the next start arms it.
func (a *app) armDaily(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, armTime)
	defer cancel()
	now := a.db.Clock().Now()
	if err := a.db.ArmTimerOnce(ctx, civic.DailySweep(now, a.cfg.Location())); err != nil {
		return err
	}
	return armOverdue(ctx, a.db, now, a.cfg.Location())
}

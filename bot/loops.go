package main

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"yishi/bot/blobs"
	"yishi/bot/chat"
	"yishi/bot/push"
	"yishi/flows/civic"
	"yishi/store"
)

// loops work off what waits in the database: photos and voices, deliveries, timers. Any number
// of replicas may run them.
type loops struct {
	media      *push.Loop[civic.MediaJob]
	deliveries *push.Deliveries
	timers     *push.Loop[civic.Timer]
	bell       *push.Bell
	stalls     *stalls
	clock      *store.Clock
}

// openLoops puts the loops together and has commits wake them.
func (a *app) openLoops(ctx context.Context) (*loops, error) {
	l := &loops{bell: a.bell, clock: a.db.Clock()}
	folder, err := blobs.NewFolder(filepath.Join(a.cfg.Data, "blobs"))
	if err != nil {
		return nil, fmt.Errorf("open blobs: %w", err)
	}
	if l.media, err = a.newMedia(folder); err != nil {
		return nil, err
	}
	if l.deliveries, err = a.newDeliveries(); err != nil {
		return nil, err
	}
	l.timers, err = push.NewTimers(push.TimersConfig{
		Queue: a.db, Fire: a.newFiring(folder).fire, Now: a.db.Clock().Now, Observe: a.metrics.job, Log: a.log,
	})
	if err != nil {
		return nil, fmt.Errorf("open timers: %w", err)
	}
	l.stalls = &stalls{age: a.db.QueueAge, held: l.deliveries.Held, settled: l.deliveries.Settled, log: a.log}
	if err := a.armDaily(ctx); err != nil {
		a.log.Warn("daily timers not armed", "error", err.Error())
	}
	a.notes["deliveries"] = l.deliveries.Healthy
	a.wake = func(what waits) {
		if what.media {
			l.media.Wake()
		}
		if what.pushes {
			l.deliveries.Wake()
			l.timers.Wake()
			l.bell.Ring()
		}
	}
	return l, nil
}

// Run works until ctx ends, and lets what is in hand end. Run it once.
func (l *loops) Run(ctx context.Context) {
	if !l.timed(ctx) {
		return
	}
	var all sync.WaitGroup
	all.Go(func() { l.media.Run(ctx) })
	all.Go(func() { l.deliveries.Run(ctx) })
	all.Go(func() { l.timers.Run(ctx) })
	all.Go(func() { l.stalls.watch(ctx) })
	all.Go(func() {
		l.bell.Run(ctx, func() {
			l.deliveries.Wake()
			l.timers.Wake()
		})
	})
	all.Wait()
}

// askTime is between two questions to a database that does not tell its time.
const askTime = 250 * time.Millisecond

// timed waits until the database has told its time: leases that began by the clock of a machine
// that is wrong might not end for hours, or end those of others. False means that ctx ended.
func (l *loops) timed(ctx context.Context) bool {
	tick := time.NewTicker(askTime)
	defer tick.Stop()
	for !l.clock.Synced() && ctx.Err() == nil {
		asking, done := context.WithTimeout(ctx, time.Second)
		err := l.clock.Sync(asking)
		done()
		if err == nil {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	return ctx.Err() == nil
}

// newMedia returns the loop that fetches photos and voices.
func (a *app) newMedia(folder blobs.Store) (*push.Loop[civic.MediaJob], error) {
	loop, err := push.NewMedia(push.MediaConfig{
		Queue: a.db, Fetch: a.client, Tell: a.client, Blobs: folder, Secret: subkey(a.cfg.MasterKey, "blobs"),
		Now: a.db.Clock().Now, Observe: a.metrics.job, Log: a.log,
	})
	if err != nil {
		return nil, fmt.Errorf("open media loop: %w", err)
	}
	return loop, nil
}

// newDeliveries returns the sender of what is to be told.
func (a *app) newDeliveries() (*push.Deliveries, error) {
	p, now := a.cfg.Pushes(), a.db.Clock().Now
	left := func(who civic.Account) { a.db.Contact(who, store.ContactUnfollow, now()) }
	d, err := push.NewDeliveries(push.DeliveriesConfig{
		Queue: a.db, Sender: newSender(a.client, p, subkey(a.cfg.MasterKey, "client id"), left, now, a.log),
		Meter: a.meter, Render: render, Means: a.means(), Routes: routesOf(p),
		NoConsent: a.noConsent, Mark: a.markMail,
		MidStep: a.chat.MidStep, Now: now, Observe: a.metrics.delivery, Refused: a.metrics.refusal, Log: a.log,
	})
	if err != nil {
		return nil, fmt.Errorf("open deliveries: %w", err)
	}
	return d, nil
}

// noConsent sets the ledger to what the platform says: nothing is left.
func (a *app) noConsent(ctx context.Context, who civic.Account, template string) error {
	none := 0
	return a.db.NoteConsent(ctx, who, template, "", 0, &none)
}

// markers is how many sessions are marked at once.
const markers = 8

// markMail marks the sessions of people for whom something waits, all that it can.
func (a *app) markMail(ctx context.Context, accounts []civic.Account) error {
	var (
		all    sync.WaitGroup
		hands  = make(chan struct{}, markers)
		mu     sync.Mutex
		failed error
	)
	for _, who := range accounts {
		hands <- struct{}{}
		all.Go(func() {
			defer func() { <-hands }()
			if err := a.sessions.MarkMail(ctx, string(who)); err != nil {
				mu.Lock()
				failed = err
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return failed
}

// waits says for which loops a commit has left work.
type waits struct{ media, pushes bool }

// wakingLedger wakes the loops for which a commit has left work.
type wakingLedger struct {
	chat.Ledger
	a *app
}

// Commit commits, then wakes.
func (l *wakingLedger) Commit(ctx context.Context, c store.Commit) (civic.Receipt, error) {
	r, err := l.Ledger.Commit(ctx, c)
	if err == nil {
		l.a.committed(c.Effects)
	}
	return r, err
}

// committed wakes who has to do with the effects.
func (a *app) committed(effects []any) {
	var what waits
	for _, e := range effects {
		switch e.(type) {
		case civic.RaiseNeed, civic.KeepMedia:
			what.media = true
		case civic.MakePush, civic.ArmTimer, civic.CallPerson, civic.Say, civic.HangUp, civic.TakeTalk, civic.Answer, civic.HandTalk, civic.EndTalk, civic.TalkDue,
			civic.ReleaseNeed, civic.KeepBack, civic.TakeDownNeed, civic.LeavePublic, civic.SettleAppeal:
			what.pushes = true
		}
	}
	if what != (waits{}) {
		a.wake(what)
	}
}

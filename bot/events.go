package main

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"yishi/bot/wechat"
	"yishi/config"
	"yishi/flows/civic"
)

// What events of the platform tell about messages, and what becomes of it, as metrics name them.
const (
	eventConsent = "consent"
	eventReceipt = "receipt"
	eventLeft    = "left"
	eventKept    = "kept"
	eventLost    = "lost"
)

const (
	eventTime  = 4 * time.Second        // for all that one event says; the platform waits for 5 s
	eventPause = 100 * time.Millisecond // before it is tried again
	longTerm   = 1_000_000              // what is left of a consent that is never used up
)

// eventLedger is where consents and receipts are kept. *store.DB is one.
type eventLedger interface {
	NoteConsent(ctx context.Context, a civic.Account, template, event string, delta int, set *int) error
	SettleReceipt(ctx context.Context, a civic.Account, receipt string, ok bool, reason string) error
	Unfollow(ctx context.Context, a civic.Account, when time.Time) error
}

// eventTurner keeps what events say about messages that were sent, or may be, and hands every
// message on. Doing it again for the same event changes nothing.
type eventTurner struct {
	next   wechat.Turner
	ledger eventLedger
	always map[string]bool // templates to which one consent is good for any number of notices
	now    func() time.Time
	count  func(kind, outcome string)
	log    *slog.Logger
}

// events puts the keeper of events in front of the conversation.
func (a *app) events(next wechat.Turner) wechat.Turner {
	return &eventTurner{
		next: next, ledger: a.db, now: a.db.Clock().Now, always: alwaysOf(a.cfg.Pushes()), log: a.log,
		count: func(kind, outcome string) { a.metrics.pushes.events.WithLabelValues(kind, outcome).Inc() },
	}
}

// alwaysOf are the templates of long-term notices.
func alwaysOf(p config.Push) map[string]bool {
	all := map[string]bool{}
	for _, k := range p.Kinds {
		if k.Notice != nil && k.Notice.LongTerm {
			all[k.Notice.ID] = true
		}
	}
	return all
}

// Turn implements wechat.Turner. No event that is kept here is also a turn of the conversation,
// so that the whole time is there.
func (e *eventTurner) Turn(ctx context.Context, m *wechat.Message) wechat.Answer {
	if m.Type == "event" {
		limited, done := context.WithTimeout(ctx, eventTime)
		e.keep(limited, m)
		done()
	}
	return e.next.Turn(ctx, m)
}

// keep takes in all that an event says.
func (e *eventTurner) keep(ctx context.Context, m *wechat.Message) {
	for i, n := range m.Notices {
		if m.Event == "subscribe_msg_sent_event" {
			e.receipt(ctx, m, n.JobID, n.Sent, "code_"+strconv.Itoa(n.Code))
			continue
		}
		e.consent(ctx, m, n, m.Key()+"#"+strconv.Itoa(i))
	}
	if m.Event == "unsubscribe" {
		e.surely(ctx, eventLeft, func(ctx context.Context) error { return e.ledger.Unfollow(ctx, civic.Account(m.Account), e.now()) })
	}
	if result, ok := m.Job(); ok {
		e.receipt(ctx, m, m.JobID, result == wechat.JobDone, string(result))
	}
}

// consent notes what somebody answered. A no in the popup is about that one question; in the
// settings it takes back what was given. A yes in the settings gives nothing that was not asked.
func (e *eventTurner) consent(ctx context.Context, m *wechat.Message, n wechat.NoticeEvent, key string) {
	delta, set := 0, (*int)(nil)
	left := 0
	switch popup := m.Event == "subscribe_msg_popup_event"; {
	case e.always[n.TemplateID] && n.Accepted:
		left, set = longTerm, &left
	case popup && n.Accepted:
		delta = 1
	case !popup && !n.Accepted, e.always[n.TemplateID]:
		set = &left
	default:
		return
	}
	e.surely(ctx, eventConsent, func(ctx context.Context) error {
		return e.ledger.NoteConsent(ctx, civic.Account(m.Account), n.TemplateID, key, delta, set)
	})
}

// receipt settles what became of a message. The platform's code of one that arrived is no reason.
func (e *eventTurner) receipt(ctx context.Context, m *wechat.Message, id string, arrived bool, reason string) {
	if id == "" {
		return
	}
	if arrived {
		reason = ""
	}
	e.surely(ctx, eventReceipt, func(ctx context.Context) error {
		return e.ledger.SettleReceipt(ctx, civic.Account(m.Account), id, arrived, reason)
	})
}

// surely tries until it is done or the time is over. The platform repeats no event that was
// answered, so what is given up then is lost, and counted.
func (e *eventTurner) surely(ctx context.Context, kind string, do func(context.Context) error) {
	var err error
	for {
		if err = do(ctx); err == nil {
			e.count(kind, eventKept)
			return
		}
		pause := time.NewTimer(eventPause)
		select {
		case <-pause.C:
			continue
		case <-ctx.Done():
		}
		pause.Stop()
		break
	}
	e.count(kind, eventLost)
	e.log.ErrorContext(ctx, "event lost", "kind", kind, "error", fmt.Errorf("keep %s: %w", kind, err))
}

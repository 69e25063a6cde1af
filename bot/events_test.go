package main

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"yishi/bot/wechat"
	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// eventBook is a turner of events over a real ledger.
func eventBook(ledger eventLedger, count map[string]int) *eventTurner {
	return &eventTurner{
		next: nobody{}, ledger: ledger, always: map[string]bool{"long": true}, now: time.Now, log: slog.New(slog.DiscardHandler),
		count: func(kind, outcome string) { count[kind+" "+outcome]++ },
	}
}

func TestConsentsAreKept(t *testing.T) {
	yes := func(template string) wechat.NoticeEvent {
		return wechat.NoticeEvent{TemplateID: template, Accepted: true}
	}
	no := func(template string) wechat.NoticeEvent { return wechat.NoticeEvent{TemplateID: template} }
	const popup, change = "subscribe_msg_popup_event", "subscribe_msg_change_event"
	type event struct {
		name  string
		at    int64
		items []wechat.NoticeEvent
	}
	for name, row := range map[string]struct {
		events []event
		want   map[string]int
	}{
		"one yes":                      {[]event{{popup, 1, []wechat.NoticeEvent{yes("a")}}}, map[string]int{"a": 1}},
		"the same event three times":   {[]event{{popup, 1, []wechat.NoticeEvent{yes("a")}}, {popup, 1, []wechat.NoticeEvent{yes("a")}}, {popup, 1, []wechat.NoticeEvent{yes("a")}}}, map[string]int{"a": 1}},
		"several in one":               {[]event{{popup, 1, []wechat.NoticeEvent{yes("a"), no("b"), yes("c"), yes("a")}}}, map[string]int{"a": 2, "c": 1}},
		"two events":                   {[]event{{popup, 1, []wechat.NoticeEvent{yes("a")}}, {popup, 2, []wechat.NoticeEvent{yes("a")}}}, map[string]int{"a": 2}},
		"a no in the popup":            {[]event{{popup, 1, []wechat.NoticeEvent{yes("a")}}, {popup, 2, []wechat.NoticeEvent{no("a")}}}, map[string]int{"a": 1}},
		"a no in the settings":         {[]event{{popup, 1, []wechat.NoticeEvent{yes("a"), yes("b")}}, {change, 2, []wechat.NoticeEvent{no("a")}}}, map[string]int{"b": 1}},
		"a yes in the settings":        {[]event{{change, 1, []wechat.NoticeEvent{yes("a")}}}, map[string]int{}},
		"long-term":                    {[]event{{popup, 1, []wechat.NoticeEvent{yes("long")}}}, map[string]int{"long": longTerm}},
		"long-term in the settings":    {[]event{{change, 1, []wechat.NoticeEvent{yes("long")}}}, map[string]int{"long": longTerm}},
		"long-term, then no":           {[]event{{popup, 1, []wechat.NoticeEvent{yes("long")}}, {popup, 2, []wechat.NoticeEvent{no("long")}}}, map[string]int{}},
		"a template of a strange name": {[]event{{popup, 1, []wechat.NoticeEvent{yes("x_-9")}}}, map[string]int{"x_-9": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			db, count := storetest.Open(t), map[string]int{}
			e := eventBook(db, count)
			for _, ev := range row.events {
				e.Turn(t.Context(), &wechat.Message{Type: "event", Event: ev.name, Account: "o-1", CreateTime: ev.at, Notices: ev.items})
			}
			all, err := db.Reach(t.Context(), []civic.Account{"o-1"})
			if err != nil || !maps.Equal(all["o-1"].Consents, row.want) {
				t.Errorf("left %v, %v; want %v", all["o-1"].Consents, err, row.want)
			}
			if count["consent lost"] != 0 {
				t.Errorf("counted %v", count)
			}
		})
	}
}

// TestReceiptsOfNobody has events about messages that are not ours, and about ours in any order.
func TestReceiptsOfNobody(t *testing.T) {
	db, count := storetest.Open(t), map[string]int{}
	e := eventBook(db, count)
	if _, err := db.AddPush(t.Context(), civic.Push{ID: "p", Purpose: "p", Kind: "announce"}, civic.Audience{Accounts: []civic.Account{"o-1", "o-2"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Expand(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	ds, err := db.ClaimDeliveries(t.Context(), "w", 10, time.Minute)
	if err != nil || len(ds) != 2 {
		t.Fatal(ds, err)
	}
	if _, err := db.Calling(t.Context(), "w", []int64{ds[0].ID, ds[1].ID}, civic.ByTemplate, time.Minute); err != nil {
		t.Fatal(err)
	}
	whose := map[string]civic.Account{"1000": ds[0].Account, "1001": ds[1].Account}
	job := func(id, status string) {
		e.Turn(t.Context(), &wechat.Message{Type: "event", Event: "TEMPLATESENDJOBFINISH", Account: string(whose[id]), CreateTime: 1, JobID: id, Status: status})
	}
	job("1000", "failed:user block") // before it is known to be ours
	job("7777", "failed: system failed")
	outcomes := []civic.Outcome{
		{ID: ds[0].ID, State: civic.Sent, Route: civic.ByTemplate, Receipt: "1000"},
		{ID: ds[1].ID, State: civic.Unknown, Route: civic.ByTemplate, Receipt: "1001"},
	}
	if lost, err := db.RecordDeliveries(t.Context(), "w", outcomes); lost != 0 || err != nil {
		t.Fatal(lost, err)
	}
	job("1001", "success")
	job("1001", "failed:user block") // its first word counts
	job("1000", "success")
	job("1001", "nonsense")
	e.Turn(t.Context(), &wechat.Message{Type: "event", Event: "subscribe_msg_sent_event", Account: "o-9", Notices: []wechat.NoticeEvent{{TemplateID: "a", JobID: "8888", Code: 43101}, {TemplateID: "b"}}})
	r, err := db.Report(t.Context(), "p")
	if err != nil || r.Sent[civic.ByTemplate] != 1 || r.Failed["blocked"] != 1 || r.Total() != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	if count["receipt lost"] != 0 || count["receipt kept"] != 6 {
		t.Errorf("counted %v", count)
	}
}

// TestLeavingCountsAtOnce has the very next claim know that somebody has left.
func TestLeavingCountsAtOnce(t *testing.T) {
	db, count := storetest.Open(t), map[string]int{}
	if _, err := db.Commit(t.Context(), store.Commit{Run: "join", Account: "o-1", Final: true, Effects: []any{civic.Join{Account: "o-1", Community: 1}}}); err != nil {
		t.Fatal(err)
	}
	following := func() bool {
		all, err := db.Reach(t.Context(), []civic.Account{"o-1"})
		if err != nil {
			t.Fatal(err)
		}
		return all["o-1"].Following
	}
	if !following() {
		t.Fatal("does not follow before")
	}
	eventBook(db, count).Turn(t.Context(), &wechat.Message{Type: "event", Event: "unsubscribe", Account: "o-1"})
	if following() || count["left kept"] != 1 {
		t.Errorf("still follows; counted %v", count)
	}
}

// awayLedger does not answer for a while.
type awayLedger struct {
	until time.Time
}

func (a *awayLedger) away() error {
	if time.Now().Before(a.until) {
		return errors.New("sql away")
	}
	return nil
}

func (a *awayLedger) NoteConsent(context.Context, civic.Account, string, string, int, *int) error {
	return a.away()
}

func (a *awayLedger) SettleReceipt(context.Context, civic.Account, string, bool, string) error {
	return a.away()
}
func (a *awayLedger) Unfollow(context.Context, civic.Account, time.Time) error { return a.away() }

// TestEventsAreTriedForFourSeconds answers in time whatever is down.
func TestEventsAreTriedForFourSeconds(t *testing.T) {
	for name, row := range map[string]struct {
		away time.Duration
		want map[string]int
	}{
		"a second":  {time.Second, map[string]int{"left kept": 1}},
		"an hour":   {time.Hour, map[string]int{"left lost": 1}},
		"no outage": {0, map[string]int{"left kept": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				count := map[string]int{}
				e := eventBook(&awayLedger{until: time.Now().Add(row.away)}, count)
				from := time.Now()
				e.Turn(t.Context(), &wechat.Message{Type: "event", Event: "unsubscribe", Account: "o-1"})
				if took := time.Since(from); took > 4200*time.Millisecond {
					t.Errorf("answered after %v", took)
				}
				if !maps.Equal(count, row.want) {
					t.Errorf("counted %v", count)
				}
			})
		})
	}
}

var _ eventLedger = (*store.DB)(nil)

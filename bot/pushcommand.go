package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"yishi/config"
	"yishi/flows/civic"
	"yishi/store"
)

// pushUsage is how bot push is called.
const pushUsage = `push announce -community 钮 -title … -body … [-from …] [-topic …] [-at "2027-03-01 09:00"] [-urgent REASON] [-spread 30m] -dry-run | -confirm N
       bot push list | report ID | resend ID | cancel ID`

// pushListed is how many pushes are listed.
const pushListed = 50

// pushCommand tells many people something, and says what became of it.
func pushCommand(ctx context.Context, e env) error {
	want := map[string]int{"announce": -1, "list": 1, "report": 2, "resend": 2, "cancel": 2}
	if len(e.args) == 0 || want[e.args[0]] == 0 || want[e.args[0]] > 0 && len(e.args) != want[e.args[0]] {
		_, _ = fmt.Fprintln(e.stderr, "usage: bot "+pushUsage)
		return errUsage
	}
	cfg, err := load(e, config.Database)
	if err != nil {
		return err
	}
	db, err := openChecked(ctx, e, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // what was written is committed
	switch e.args[0] {
	case "announce":
		return announce(ctx, e, cfg, db)
	case "list":
		return listPushes(ctx, e, cfg, db)
	case "report":
		return reportPush(ctx, e, db, e.args[1])
	case "resend":
		n, err := db.ResendFailed(ctx, e.args[1])
		return changed(ctx, e, db, "tried again: %d that had failed", n, err)
	}
	n, err := db.CancelPush(ctx, e.args[1])
	return changed(ctx, e, db, "stopped for %d people", n, err)
}

// changed says what a command has changed, and how the push stands now.
func changed(ctx context.Context, e env, db *store.DB, what string, n int, err error) error {
	if err != nil {
		return noPush(err)
	}
	e.say(what, n)
	return reportPush(ctx, e, db, e.args[1])
}

func noPush(err error) error {
	if errors.Is(err, store.ErrNoPush) {
		return errors.New("there is no such push; see bot push list")
	}
	return err
}

func listPushes(ctx context.Context, e env, cfg config.Config, db *store.DB) error {
	all, err := db.Pushes(ctx, 0, pushListed)
	if err != nil {
		return err
	}
	for _, p := range all {
		r, err := db.Report(ctx, p.ID)
		if err != nil {
			return err
		}
		urgent := ""
		if p.Urgent != "" {
			urgent = "\turgent: " + p.Urgent
		}
		e.say("%s\t%s\tdue %s\taudience %d\twaiting %d%s", p.ID, p.Kind, p.DueAt.In(cfg.Location()).Format(minute), r.Audience, r.Waiting, urgent)
	}
	if len(all) == 0 {
		e.say("nothing was told yet; see bot push announce")
	}
	return nil
}

// reportPush prints where everybody of the audience is. The numbers add up to it.
func reportPush(ctx context.Context, e env, db *store.DB, id string) error {
	r, err := db.Report(ctx, id)
	if err != nil {
		return noPush(err)
	}
	e.say("%s", r.Push)
	line := func(state, what string, n int) {
		if n > 0 {
			e.say("  %-8s %-20s %7d", state, what, n)
		}
	}
	for _, route := range []civic.Route{civic.ByCustomer, civic.ByNotice, civic.ByTemplate} {
		line("sent", string(route), r.Sent[route])
	}
	line("inbox", "", r.Inbox)
	line("door", "", r.Door)
	for _, reason := range slices.Sorted(maps.Keys(r.Skipped)) {
		line("skipped", reason, r.Skipped[reason])
	}
	for _, reason := range slices.Sorted(maps.Keys(r.Failed)) {
		line("failed", reason, r.Failed[reason])
	}
	line("unknown", "", r.Unknown)
	line("waiting", "", r.Waiting)
	e.say("  %-8s %-20s %7d", "audience", "", r.Audience)
	if r.Resent > 0 {
		e.say("the failed ones were tried again %d times", r.Resent)
	}
	return nil
}

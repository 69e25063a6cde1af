package main

import (
	"context"
	"fmt"
	"time"

	"yishi/store"
)

// reseal seals everything under a new data key and destroys the old one.
func reseal(ctx context.Context, e env) error {
	dry := len(e.args) == 2 && (e.args[1] == "--dry-run" || e.args[1] == "-dry-run")
	if len(e.args) > 1 && !dry {
		_, _ = fmt.Fprintln(e.stderr, "usage: bot "+keysUsage)
		return errUsage
	}
	if dry {
		return withStore(ctx, e, func(db *store.DB) error { return countReseal(ctx, e, db) })
	}
	return withStore(ctx, e, func(db *store.DB) error { return resealAll(ctx, e, db) })
}

// countReseal says what there is to do.
func countReseal(ctx context.Context, e env, db *store.DB) error {
	c, err := db.CountReseal(ctx)
	if err != nil {
		return err
	}
	e.say("would seal anew: %s", sealedAnew(c))
	e.say("would be void: %d invitations not used yet, the codes of %d households; %d counts of wrong tries would be forgotten", c.Void, c.Cards, c.Tries)
	return nil
}

func resealAll(ctx context.Context, e env, db *store.DB) error {
	begin, last := db.Clock().Now(), time.Time{}
	c, err := db.Reseal(ctx, store.ResealOptions{Tell: func(p store.ResealProgress) {
		if now := db.Clock().Now(); now.Sub(last) >= time.Second {
			last = now
			e.say("%s: %d of about %d", p.Step, p.Done, p.All)
		}
	}})
	if err != nil {
		_, _ = fmt.Fprintln(e.stderr, "nothing is lost: each key opens what is sealed under it; run it again to go on")
		return err
	}
	e.say("sealed anew in %s: %s", db.Clock().Now().Sub(begin).Round(time.Second), sealedAnew(c))
	e.say("the old data key is destroyed; it is in older backups still")
	for _, n := range []struct {
		n    int
		what string
	}{
		{c.Void, "invitations not used yet are void: invite again"},
		{c.Cards, "households need a new card: bot door-codes"},
		{c.Tries, "counts of wrong tries were forgotten"},
		{c.Lost, "accounts that left have to be verified again if they come back"},
		{c.Unlike, "people were changed since the last roll: the next one changes them to what it says"},
	} {
		if n.n > 0 {
			e.say("%d %s", n.n, n.what)
		}
	}
	return nil
}

func sealedAnew(c store.ResealCounts) string {
	return fmt.Sprintf("%d people, %d staff, %d invitations, %d claims, %d lines of talks, %d accounts that left", c.People, c.Staff, c.Invitations, c.Claims, c.Lines, c.Former)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"yishi/bot/wechat"
	"yishi/config"
	"yishi/store/session"
)

// checkTime bounds each part of a check.
const checkTime = 8 * time.Second

// check tries everything that serve will need and gives a verdict on each.
func check(ctx context.Context, e env) error {
	cfg, err := load(e, config.Serve)
	if err != nil {
		return err
	}
	e.say("ok    configuration")
	failed := 0
	verdict := func(what string, err error) {
		if err != nil {
			failed++
			e.say("FAIL  %s: %v", what, err)
			return
		}
		e.say("ok    %s", what)
	}
	verdict("database", checkDatabase(ctx, e, cfg))
	verdict("sessions", checkSessions(ctx, cfg))
	a := &app{cfg: cfg}
	part, cancel := context.WithTimeout(ctx, 3*checkTime)
	defer cancel()
	client := wechat.NewClient(a.account(), nil, machineTime, nil)
	for _, can := range client.Abilities(part) {
		if can.OK {
			e.say("ok    %s", can.Name)
			continue
		}
		failed++
		e.say("no    %s: %s", can.Name, can.Why)
	}
	for what, err := range checkTemplates(part, client, cfg.Pushes()) {
		verdict(what, err)
	}
	if cfg.WeChat.Mode == wechat.ModePlain {
		e.say("warn  plain mode: only for the first set-up, and for one replica")
	}
	if failed > 0 {
		return fmt.Errorf("%d of the checks failed", failed)
	}
	return nil
}

// templateLists is what the account is asked for its templates. *wechat.Client is one.
type templateLists interface {
	Templates(ctx context.Context) ([]wechat.TemplateInfo, error)
	NoticeTemplates(ctx context.Context) ([]wechat.TemplateInfo, error)
}

// checkTemplates compares the configured templates with those of the account.
func checkTemplates(ctx context.Context, account templateLists, p config.Push) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, way := range []struct {
			name string
			list func(context.Context) ([]wechat.TemplateInfo, error)
			of   func(config.PushKind) *config.PushTemplate
		}{
			{"template", account.Templates, func(k config.PushKind) *config.PushTemplate { return k.Template }},
			{"notice", account.NoticeTemplates, func(k config.PushKind) *config.PushTemplate { return k.Notice }},
		} {
			list := sync.OnceValues(func() ([]wechat.TemplateInfo, error) { return way.list(ctx) })
			for _, kind := range slices.Sorted(maps.Keys(p.Kinds)) {
				t := way.of(p.Kinds[kind])
				if t == nil {
					continue
				}
				have, err := list()
				if err == nil {
					err = compareTemplate(t, have)
				}
				if !yield(way.name+" of "+kind, err) {
					return
				}
			}
		}
	}
}

// compareTemplate says how a configured template differs from the account's.
func compareTemplate(t *config.PushTemplate, have []wechat.TemplateInfo) error {
	for _, h := range have {
		if h.ID != t.ID {
			continue
		}
		var theirs, ours []string
		for _, f := range h.Fields {
			theirs = append(theirs, f.Name)
		}
		for _, f := range t.Fields {
			ours = append(ours, f.Name)
		}
		slices.Sort(theirs)
		slices.Sort(ours)
		if !slices.Equal(theirs, ours) {
			return fmt.Errorf("its fields are %s, the configuration fills %s", strings.Join(theirs, ", "), strings.Join(ours, ", "))
		}
		if h.LongTerm != t.LongTerm {
			return fmt.Errorf("long_term must be %t", h.LongTerm)
		}
		return nil
	}
	return errors.New("the account has no template of this id")
}

func checkDatabase(ctx context.Context, e env, cfg config.Config) error {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	db, err := openStore(ctx, cfg, newLog(e, cfg))
	if err != nil {
		return err
	}
	return errors.Join(db.CheckSchema(ctx), db.Close())
}

func checkSessions(ctx context.Context, cfg config.Config) error {
	if cfg.Redis.Reveal() == "none" {
		return nil // they are in the database
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	rdb, err := session.Dial(cfg.Redis.Reveal())
	if err != nil {
		return err
	}
	s := session.NewRedis(rdb, subkey(cfg.MasterKey, "session"), machineTime)
	return errors.Join(s.Ping(ctx), s.Close(), rdb.Close())
}

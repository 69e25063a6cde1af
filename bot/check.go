package main

import (
	"context"
	"errors"
	"fmt"
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
	for _, can := range wechat.NewClient(a.account(), nil, machineTime, nil).Abilities(part) {
		if can.OK {
			e.say("ok    %s", can.Name)
			continue
		}
		failed++
		e.say("no    %s: %s", can.Name, can.Why)
	}
	if cfg.WeChat.Mode == wechat.ModePlain {
		e.say("warn  plain mode: only for the first set-up, and for one replica")
	}
	if failed > 0 {
		return fmt.Errorf("%d of the checks failed", failed)
	}
	return nil
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

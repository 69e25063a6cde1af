package main

import (
	"context"
	"errors"
	"fmt"

	"yishi/config"
)

const keysUsage = "keys | keys rotate | keys reseal [--dry-run]"

// keys makes what an operator must not invent, or changes the master key or the data key.
func keys(ctx context.Context, e env) error {
	switch {
	case len(e.args) == 1 && e.args[0] == "rotate":
		return rotate(ctx, e)
	case len(e.args) > 0 && e.args[0] == "reseal":
		return reseal(ctx, e)
	case len(e.args) > 0:
		_, _ = fmt.Fprintln(e.stderr, "usage: bot "+keysUsage)
		return errUsage
	}
	k, err := config.NewKeys()
	if err != nil {
		return fmt.Errorf("make keys: %w", err)
	}
	e.say("YISHI_MASTER_KEY=%s", k.MasterKey.Reveal())
	e.say("YISHI_WECHAT_TOKEN=%s", k.Token.Reveal())
	e.say("YISHI_WECHAT_AES_KEY=%s", k.AESKey.Reveal())
	return nil
}

// rotate seals the data key, under which people's data is, under the present master key. Nothing
// else is sealed by the master key itself.
func rotate(ctx context.Context, e env) error {
	cfg, err := load(e, config.Database)
	if err != nil {
		return err
	}
	if cfg.MasterKeyPrevious == "" {
		return errors.New("set YISHI_MASTER_KEY to the new key and YISHI_MASTER_KEY_PREVIOUS to the one before")
	}
	db, err := openChecked(ctx, e, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // what was written is committed
	did, err := db.Rewrap(ctx)
	switch {
	case err != nil:
		return err
	case !did:
		e.say("the data key is under YISHI_MASTER_KEY already")
	default:
		e.say("the data key is under YISHI_MASTER_KEY now")
	}
	e.say("once every replica runs with both, YISHI_MASTER_KEY_PREVIOUS can go")
	return nil
}

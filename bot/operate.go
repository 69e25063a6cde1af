package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"yishi/bot/wechat"
	"yishi/config"
	"yishi/flows"
	"yishi/store"
)

// migrate brings the tables up to date.
func migrate(ctx context.Context, e env) error {
	cfg, err := load(e, config.Database)
	if err != nil {
		return err
	}
	db, err := openStore(ctx, cfg, newLog(e, cfg))
	if err != nil {
		return err
	}
	if err := db.Migrate(ctx); err != nil {
		return errors.Join(fmt.Errorf("migrate: %w", err), db.Close())
	}
	e.say("the tables are up to date")
	return db.Close()
}

// flagSet makes a flag set whose faults go to stderr and end with errUsage.
func flagSet(e env, name, usage string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(flagFaults{e.stderr})
	fs.Usage = func() {
		_, _ = fmt.Fprintln(e.stderr, "usage: bot "+usage) // nobody is left to tell
		fs.PrintDefaults()
	}
	return fs
}

// flagFaults prints what package flag complains of, without the values that it quotes: an operator
// who mixes up the order types names and phones where a number belongs.
type flagFaults struct{ w io.Writer }

var (
	wrongValue = regexp.MustCompile(`(?s)^invalid (?:boolean )?value ".*" for (?:flag )?(-[a-z-]+: .*\n)$`)
	noFlag     = regexp.MustCompile(`(?s)^(flag provided but not defined|bad flag syntax): .*[^a-z\n-].*\n$`)
)

// Write is called with one complaint at a time.
func (f flagFaults) Write(p []byte) (int, error) {
	text := noFlag.ReplaceAllString(wrongValue.ReplaceAllString(string(p), "wrong value for $1"), "$1\n")
	_, err := io.WriteString(f.w, text)
	return len(p), err
}

// communityUsage is how bot community is called.
const communityUsage = `community add -code 钮 -name 钮家巷社区 [-phone …] [-hours …] [-estates 甲,乙] [-street … [-district …]] [-scene …] [-qr]
       bot community set -code 钮 [-name …] [-street … [-district …]] [-phone …] [-hours 周一到周五 9:00-17:00] [-hot 10] …   (-h lists all)
       bot community list`

// communityFlags are what an operator says of a community.
type communityFlags struct {
	store.NewCommunity
	in store.CommunityChange // where it lies
	qr bool                  // ask the platform for the QR code of the scene
}

func readCommunity(e env) (communityFlags, error) {
	var f communityFlags
	fs := flagSet(e, "community", communityUsage)
	fs.StringVar(&f.Code, "code", "", "one or two characters that begin public numbers, such as 钮")
	fs.StringVar(&f.Name, "name", "", "the community's name")
	fs.StringVar(&f.Phone, "phone", "", "the grid worker's phone")
	fs.StringVar(&f.Hours, "hours", "", "when it is answered, as residents read it")
	fs.StringVar(&f.TimeZone, "tz", "", "time zone of its year, if not the program's")
	fs.StringVar(&f.Scene, "scene", "", "scene of a QR code that leads here")
	streetFlags(fs, &f.in)
	estates := fs.String("estates", "", "names of its estates, with commas")
	fs.BoolVar(&f.qr, "qr", false, "ask the platform for the QR code of -scene")
	if err := fs.Parse(e.args[1:]); err != nil {
		return f, errUsage
	}
	for _, s := range strings.FieldsFunc(*estates, func(r rune) bool { return r == ',' || r == '，' || r == '、' }) {
		f.Estates = append(f.Estates, strings.TrimSpace(s))
	}
	return f, nil
}

// community adds, changes or lists communities.
func community(ctx context.Context, e env) error {
	if len(e.args) > 0 && e.args[0] == "set" {
		return setCommunity(ctx, e)
	}
	if len(e.args) == 0 || e.args[0] != "add" && e.args[0] != "list" {
		_, _ = fmt.Fprintln(e.stderr, "usage: bot "+communityUsage)
		return errUsage
	}
	n, err := readCommunity(e)
	if err != nil {
		return err
	}
	need := config.Database
	if n.qr {
		need = config.Serve
	}
	cfg, err := load(e, need)
	if err != nil {
		return err
	}
	db, err := openChecked(ctx, e, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // what was written is committed
	if e.args[0] == "list" {
		return listCommunities(ctx, e, db)
	}
	c, err := db.AddCommunity(ctx, n.NewCommunity)
	if err != nil {
		return err
	}
	if n.in.Street != "" || n.in.District != "" {
		if _, err := db.ChangeCommunity(ctx, c.ID, n.in); err != nil {
			return err
		}
	}
	e.say("%s %s: done", c.Code, c.Name)
	if !n.qr {
		return nil
	}
	a := &app{cfg: cfg}
	code, err := wechat.NewClient(a.account(), nil, db.Clock().Now, nil).QRCode(ctx, n.Scene, 0)
	if err != nil {
		return fmt.Errorf("make QR code: %w", err)
	}
	e.say("QR code of scene %s, as a picture: %s", n.Scene, code.ImageURL())
	return nil
}

// menuButtons are what the account shows below the chat. The keys are words that the bot hears.
func menuButtons() []wechat.Button {
	return []wechat.Button{
		{Name: "提需求", Key: "提需求"},
		{Name: "看需求", Sub: []wechat.Button{
			{Name: "附议最多的", Key: "热门需求"}, {Name: "附近的需求", Key: "附近的需求"}, {Name: "按类别看", Key: "看需求"}, {Name: "我的", Key: "我的"},
		}},
		{Name: "更多", Sub: []wechat.Button{
			{Name: "通知", Key: "通知"}, {Name: "菜单", Key: "菜单"}, {Name: "帮助", Key: "帮助"}, {Name: "规则", Key: "规则"}, {Name: "人工", Key: "人工"},
		}},
	}
}

// menuCommand publishes the account's menu.
func menuCommand(ctx context.Context, e env) error {
	cfg, err := load(e, config.Serve)
	if err != nil {
		return err
	}
	a := &app{cfg: cfg}
	if err := wechat.NewClient(a.account(), nil, machineTime, nil).SetMenu(ctx, menuButtons()); err != nil {
		return fmt.Errorf("publish menu: %w", err)
	}
	e.say("the menu is published; phones show it within five minutes")
	return nil
}

// machineTime is the clock of commands that open no database.
func machineTime() time.Time {
	return time.Now() //nolint:forbidigo // there is no other clock without a database
}

func printFlows(_ context.Context, e env) error {
	engine, err := flows.New()
	if err != nil {
		return fmt.Errorf("check flows: %w", err)
	}
	return engine.Mermaid(e.stdout)
}

// healthcheck asks a running bot's admin address.
func healthcheck(ctx context.Context, e env) error {
	addr := e.getenv("YISHI_ADMIN_ADDR")
	if addr == "" {
		addr = config.DefaultAdminAddr
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("read YISHI_ADMIN_ADDR: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("ask health: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask health: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // nothing was read
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ask health: status %d", resp.StatusCode)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"yishi/bot/demo"
	"yishi/bot/wechat"
	"yishi/bot/wechat/platform"
	"yishi/config"
	"yishi/flows"
)

// The demo's account. It talks to the local platform only; there is nothing to protect.
const (
	demoAppID   = "wxde30000000000001"
	demoSecret  = "demo-app-secret"
	demoToken   = "demoToken"
	demoAESKey  = "ZGVtby1vbmx5LWRlbW8tb25seS1kZW1vLW9ubHktMDA"
	demoAccount = "gh_demo0000001"
	demoAddr    = "127.0.0.1:8080"
)

// demoCommand shows the bot on phones in the browser: SQLite in one file, the local platform,
// a sample community. The bot itself is the one of serve, called by signed, encrypted HTTP.
func demoCommand(ctx context.Context, e env) error {
	data := e.getenv("YISHI_DATA")
	if data == "" {
		data = "./yishi-data"
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	key, err := demoKey(filepath.Join(data, "demo.key"))
	if err != nil {
		return err
	}
	pages, err := listenDemo(ctx, e.getenv("YISHI_ADDR"))
	if err != nil {
		return err
	}
	api, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(fmt.Errorf("listen: %w", err), pages.Close())
	}
	d := &demoRun{
		env: e, data: data, pages: pages, api: api,
		cfg: config.Config{
			Addr: pages.Addr().String(), AdminAddr: "127.0.0.1:0", Data: data, TZ: "Asia/Shanghai",
			BaseURL: "http://" + loopback(pages.Addr()),
			SQL:     config.Secret("sqlite:" + filepath.Join(data, "demo.db")), Redis: "none", MasterKey: key, Push: demoPush(),
			WeChat: config.WeChat{
				AppID: demoAppID, Secret: demoSecret, Token: demoToken, AESKey: demoAESKey,
				Account: demoAccount, Mode: wechat.ModeSafe,
				API: "http://" + api.Addr().String(), Open: "http://" + api.Addr().String(),
			},
		},
		log: slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	return d.run(ctx)
}

// demoKey reads the demo's master key, or makes one that later runs find again.
func demoKey(path string) (config.Secret, error) {
	b, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(b))) == 64 {
		return config.Secret(strings.TrimSpace(string(b))), nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read demo key: %w", err)
	}
	k, err := config.NewKeys()
	if err != nil {
		return "", fmt.Errorf("make demo key: %w", err)
	}
	if err := os.WriteFile(path, []byte(k.MasterKey.Reveal()+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep demo key: %w", err)
	}
	return k.MasterKey, nil
}

// listenDemo opens the page's address; where none was asked for and the usual one is taken, a free one.
func listenDemo(ctx context.Context, addr string) (net.Listener, error) {
	asked := addr
	if asked == "" {
		addr = demoAddr
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil && asked == "" {
		l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return l, nil
}

// demoRun is one run of the demo.
type demoRun struct {
	env        env
	data       string
	pages, api net.Listener
	cfg        config.Config
	log        *slog.Logger
}

func (d *demoRun) run(ctx context.Context) error {
	if err := settleDemo(ctx, d.cfg, d.log); err != nil {
		return err
	}
	db, err := openStore(ctx, d.cfg, d.log)
	if err != nil {
		return err
	}
	if err := errors.Join(db.Migrate(ctx), db.Close()); err != nil {
		return fmt.Errorf("prepare database: %w", err)
	}
	a, err := newApp(ctx, d.cfg, d.log)
	if err != nil {
		return err
	}
	routes := &valves{}
	a.narrow = routes.narrow
	webhook := "http://" + loopback(d.pages.Addr()) + "/wechat"
	p := platform.New(platform.Options{
		AppID: demoAppID, Secret: demoSecret, Token: demoToken, AESKey: demoAESKey, Account: demoAccount,
		Mode: platform.Safe, Webhooks: []string{webhook}, Now: a.db.Clock().Now, LoginDomain: loopback(d.pages.Addr()),
		Templates: demoTemplates(), NoticeTemplates: demoNotices(),
	})
	defer p.Close()
	page, err := demo.New(demo.Options{
		Platform: p, Phones: demoPhones(), Title: "议事 演示", Account: "钮家巷社区议事", Clock: a.db.Clock(),
		History: filepath.Join(d.data, "demo-chats.jsonl"), State: filepath.Join(d.data, "demo-platform.json"),
		Scenes: demoScenes(), Hosts: demoHosts(d.pages.Addr()), Log: d.log,
		Desk: a.newDesk(sampleCommunities()[0].Code, d.log), Turn: routes.Turn, Switches: filepath.Join(d.data, "demo-switches.json"),
		Templates: demoTemplates(), Notices: demoNotices(),
		Pages: d.cfg.BaseURL + flows.LinkPath, Login: d.cfg.WeChat.Open,
	})
	if err != nil {
		return errors.Join(err, a.Close())
	}
	p.Populate(sampleCrowd, 1)
	err = d.serve(ctx, a, p, page)
	return errors.Join(err, a.Close())
}

// serve runs the page, the webhook and the platform's API until ctx ends.
func (d *demoRun) serve(ctx context.Context, a *app, p *platform.Platform, page *demo.Server) error {
	loops, err := a.openLoops(ctx)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/wechat", a.webhook)
	if err := a.openPages(mux); err != nil {
		return err
	}
	mux.Handle("/", page.Handler())
	front, back := server(mux, d.log), server(p.Handler(), d.log)
	front.WriteTimeout = 0 // the page's event stream stays open
	failed := make(chan error, 2)
	for _, s := range []struct {
		server *http.Server
		l      net.Listener
	}{{front, d.pages}, {back, d.api}} {
		go func() {
			if err := s.server.Serve(s.l); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serve: %w", err)
			}
		}()
	}
	if err := a.client.SetMenu(ctx, menuButtons()); err != nil {
		d.log.Warn("menu not published", "error", err.Error())
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	worked := make(chan struct{})
	go func() { loops.Run(work); close(worked) }()
	d.env.say("议事演示已经开始，请用浏览器打开（Ctrl+C 结束，下次接着来）：\n\n  http://%s/\n", loopback(d.pages.Addr()))
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stop()
	err = errors.Join(err, page.Close(), shutdown([]*http.Server{back, front}))
	<-worked
	return err
}

// loopback is how this machine reaches a listener that may listen on all addresses.
func loopback(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

func demoHosts(a net.Addr) []string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return nil
	}
	return []string{host}
}

func demoPhones() []demo.Phone {
	return []demo.Phone{
		{Openid: string(demoAunt), Name: "李阿姨", Role: "居民，68岁，已认证", Scene: "demo-fenghuang"},
		{Openid: string(demoYoung), Name: "小周", Role: "居民，31岁，还没认证", Scene: "demo-lujia"},
		{Openid: string(demoWorker), Name: "小陈", Role: "网格员", Scene: "demo-niujia"},
		{Openid: string(demoCommittee), Name: "小王", Role: "居委会", Scene: "demo-niujia"},
	}
}

func demoScenes() []demo.Scene {
	return []demo.Scene{
		{Scene: "demo-fenghuang", Label: "凤凰新村门口的海报"},
		{Scene: "demo-lujia", Label: "菉葭巷居民小组的通知"},
		{Scene: "demo-niujia", Label: "社区服务站的台卡"},
		{Scene: "somebody-elses", Label: "别处捡来的二维码"},
	}
}

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"time"

	"yishi/bot/chat"
	"yishi/bot/push"
	"yishi/bot/wechat"
	"yishi/config"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/session"
)

// app is the bot put together: everything that serve, worker and demo share.
type app struct {
	cfg     config.Config
	log     *slog.Logger
	db      *store.DB
	metrics *metrics
	client  *wechat.Client
	chat    *chat.Chat
	webhook http.Handler
	probes  map[string]func(context.Context) error
	notes   map[string]func() error // what an operator has to see to, although the bot works
	wake    func(waits)             // has loops look for rows at once; set before turns come in
	close   []func() error

	sessions session.Store
	meter    push.Meter
	bell     *push.Bell                    // nil without Redis
	narrow   func(civic.Means) civic.Means // leaves out ways to tell people; nil: none of those configured
}

// means says by which ways deliveries may go.
func (a *app) means() func(civic.Delivery) civic.Means {
	of := meansOf(a.cfg.Pushes(), a.cfg.Location())
	if a.narrow == nil {
		return of
	}
	return func(d civic.Delivery) civic.Means { return a.narrow(of(d)) }
}

// load reads the configuration for a command.
func load(e env, need config.Need) (config.Config, error) {
	return config.Load(e.getenv, e.environ, need, checkPushes)
}

func isFault(err error) bool {
	var f config.Faults
	return errors.As(err, &f)
}

// subkey derives the key for one purpose from the master key, so that no two purposes share one.
func subkey(master config.Secret, purpose string) []byte {
	raw, err := hex.DecodeString(master.Reveal())
	if err != nil { // config has checked it
		raw = []byte(master.Reveal())
	}
	sum := sha256.Sum256(append([]byte("yishi/"+purpose+"\x00"), raw...))
	return sum[:]
}

func newLog(e env, cfg config.Config) *slog.Logger {
	return slog.New(slog.NewJSONHandler(e.stderr, &slog.HandlerOptions{Level: cfg.Level()}))
}

// openStore opens the database of a command that needs nothing else.
func openStore(ctx context.Context, cfg config.Config, log *slog.Logger) (*store.DB, error) {
	o := store.Options{
		DSN: cfg.SQL.Reveal(), Location: cfg.Location(), Key: subkey(cfg.MasterKey, "store"), Log: log,
		Vault: subkey(cfg.MasterKey, "vault"),
	}
	if cfg.MasterKeyPrevious != "" {
		o.VaultPrevious = subkey(cfg.MasterKeyPrevious, "vault")
	}
	db, err := store.Open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return db, nil
}

// newApp puts the bot together. The database and the platform need not answer yet; a database
// that answers with an old schema is an error.
func newApp(ctx context.Context, cfg config.Config, log *slog.Logger) (*app, error) {
	a := &app{cfg: cfg, log: log, metrics: newMetrics(), wake: func(waits) {}, probes: map[string]func(context.Context) error{}, notes: map[string]func() error{}}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	db, err := openStore(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	a.db = db
	a.close = append(a.close, db.Close)
	if err := db.CheckSchema(ctx); errors.Is(err, store.ErrSchema) {
		return nil, errors.Join(err, a.Close())
	} else if err != nil {
		log.Warn("database does not answer yet", "error", err.Error())
	}
	a.metrics.watch(db)
	a.probes["sql"] = db.CheckSchema
	tokens, err := a.openSessions()
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	a.probes["sessions"] = a.sessions.Ping
	a.metrics.quota(a.meter, push.CustomerAPI, push.NoticeAPI, push.TemplateAPI)
	a.client = wechat.NewClient(a.account(), a.metrics.tokenStore(tokens), db.Clock().Now, nil)
	if err := a.openWebhook(); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *app) account() wechat.Config {
	w := a.cfg.WeChat
	return wechat.Config{
		AppID: w.AppID, Secret: w.Secret.Reveal(), Token: w.Token.Reveal(), AESKey: w.AESKey.Reveal(),
		AESKeyPrevious: w.AESKeyPrevious.Reveal(), Account: w.Account, Mode: w.Mode, API: w.API, Open: w.Open,
	}
}

// openSessions opens the session store, and what replicas share besides it: in Redis, or in the
// database where there is no Redis.
func (a *app) openSessions() (wechat.TokenStore, error) {
	now, limits := a.db.Clock().Now, limitsOf(a.cfg.Pushes())
	if a.cfg.Redis.Reveal() == config.NoRedis {
		s := a.db.Sessions()
		a.close = append(a.close, s.Close)
		a.sessions, a.meter = a.metrics.timed("sql", s), push.NewMemoryMeter(limits, now)
		return nil, nil
	}
	rdb, err := session.Dial(a.cfg.Redis.Reveal())
	if err != nil {
		return nil, fmt.Errorf("open redis: %w", err)
	}
	s := session.NewRedis(rdb, subkey(a.cfg.MasterKey, "session"), now)
	a.close = append(a.close, rdb.Close, s.Close) // ended the other way round
	a.sessions = a.metrics.timed("redis", s)
	a.meter = push.NewRedisMeter(rdb, "yishi:", a.cfg.WeChat.AppID, limits, now)
	a.bell = push.NewBell(rdb, "yishi:", a.cfg.WeChat.AppID, a.log)
	return wechat.NewRedisTokens(rdb, "yishi:token:"), nil
}

func (a *app) openWebhook() error {
	engine, err := flows.New()
	if err != nil {
		return fmt.Errorf("check flows: %w", err)
	}
	a.chat = chat.New(chat.Options{
		Engine:   engine,
		World:    chat.World(a.db, a.cfg.BaseURL),
		Sessions: a.sessions, Ledger: &wakingLedger{a.metrics.ledger(a.db), a}, Now: a.db.Clock().Now, Location: a.cfg.Location(),
		Key: subkey(a.cfg.MasterKey, "chat"), Log: a.log, Observe: a.metrics.turn,
	})
	a.webhook, err = wechat.NewHandler(a.account(), a.events(a.chat), wechat.HandlerOptions{
		Now: a.db.Clock().Now, Log: a.log, Observe: a.metrics.call,
	})
	if err != nil {
		return fmt.Errorf("open webhook: %w", err)
	}
	return nil
}

// Close ends everything, in the reverse order of opening.
func (a *app) Close() error {
	var errs []error
	for _, c := range slices.Backward(a.close) {
		errs = append(errs, c())
	}
	a.close = nil
	return errors.Join(errs...)
}

// server is an HTTP server with time-outs fit for the platform's short calls.
func server(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 3 * time.Second, ReadTimeout: 4 * time.Second,
		WriteTimeout: 15 * time.Second, IdleTimeout: 90 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

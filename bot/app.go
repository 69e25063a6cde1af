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
	"path/filepath"
	"slices"
	"time"

	"yishi/bot/blobs"
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
	webhook http.Handler
	probes  map[string]func(context.Context) error
	wake    func() // has the loops look for rows at once; set before turns come in
	close   []func() error
}

// load reads the configuration for a command.
func load(e env, need config.Need) (config.Config, error) {
	return config.Load(e.getenv, e.environ, need)
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
	db, err := store.Open(ctx, store.Options{
		DSN: cfg.SQL.Reveal(), Location: cfg.Location(), Key: subkey(cfg.MasterKey, "store"), Log: log,
	})
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return db, nil
}

// newApp puts the bot together. The database and the platform need not answer yet; a database
// that answers with an old schema is an error.
func newApp(ctx context.Context, cfg config.Config, log *slog.Logger) (*app, error) {
	a := &app{cfg: cfg, log: log, metrics: newMetrics(), probes: map[string]func(context.Context) error{}, wake: func() {}}
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
	sessions, tokens, err := a.openSessions()
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	a.probes["sessions"] = sessions.Ping
	a.client = wechat.NewClient(a.account(), a.metrics.tokenStore(tokens), db.Clock().Now, nil)
	if err := a.openWebhook(sessions); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *app) account() wechat.Config {
	w := a.cfg.WeChat
	return wechat.Config{
		AppID: w.AppID, Secret: w.Secret.Reveal(), Token: w.Token.Reveal(), AESKey: w.AESKey.Reveal(),
		AESKeyPrevious: w.AESKeyPrevious.Reveal(), Account: w.Account, Mode: w.Mode, API: w.API,
	}
}

// openSessions opens the session store: Redis, or the database where there is no Redis.
func (a *app) openSessions() (session.Store, wechat.TokenStore, error) {
	if a.cfg.Redis.Reveal() == "none" {
		s := a.db.Sessions()
		a.close = append(a.close, s.Close)
		return a.metrics.timed("sql", s), nil, nil
	}
	rdb, err := session.Dial(a.cfg.Redis.Reveal())
	if err != nil {
		return nil, nil, fmt.Errorf("open redis: %w", err)
	}
	s := session.NewRedis(rdb, subkey(a.cfg.MasterKey, "session"), a.db.Clock().Now)
	a.close = append(a.close, rdb.Close, s.Close) // ended the other way round
	return a.metrics.timed("redis", s), wechat.NewRedisTokens(rdb, "yishi:token:"), nil
}

func (a *app) openWebhook(sessions session.Store) error {
	engine, err := flows.New()
	if err != nil {
		return fmt.Errorf("check flows: %w", err)
	}
	c := chat.New(chat.Options{
		Engine:   engine,
		World:    flows.World{Communities: a.db.Communities(), Followers: a.db.Followers(), Needs: a.db.Needs(), Inbox: a.db, Preferences: a.db},
		Sessions: sessions, Ledger: a.metrics.ledger(a.db), Now: a.db.Clock().Now, Location: a.cfg.Location(),
		Key: subkey(a.cfg.MasterKey, "chat"), Log: a.log, Observe: a.turned,
	})
	a.webhook, err = wechat.NewHandler(a.account(), c, wechat.HandlerOptions{
		Now: a.db.Clock().Now, Log: a.log, Observe: a.metrics.call,
	})
	if err != nil {
		return fmt.Errorf("open webhook: %w", err)
	}
	return nil
}

// turned counts a turn; one that committed may have left work for the loops.
func (a *app) turned(e chat.Event) {
	a.metrics.turn(e)
	if e.Effects > 0 {
		a.wake()
	}
}

// newWorker returns the loop that fetches photos and voices.
func (a *app) newWorker() (*push.Loop[civic.MediaJob], error) {
	folder, err := blobs.NewFolder(filepath.Join(a.cfg.Data, "blobs"))
	if err != nil {
		return nil, fmt.Errorf("open blobs: %w", err)
	}
	loop, err := push.NewMedia(push.MediaConfig{
		Queue: a.db, Fetch: a.client, Tell: a.client, Blobs: folder, Secret: subkey(a.cfg.MasterKey, "blobs"),
		Now: a.db.Clock().Now, Observe: a.metrics.job, Log: a.log,
	})
	if err != nil {
		return nil, fmt.Errorf("open media loop: %w", err)
	}
	a.wake = loop.Wake
	return loop, nil
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

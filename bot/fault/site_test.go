//go:build unix

package fault_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/glebarez/go-sqlite" // the audit looks into SQLite files, too
	"github.com/go-sql-driver/mysql"
	"github.com/redis/go-redis/v9"

	"yishi/bot/wechat/platform"
	"yishi/store/storetest"
)

// The account of all tests; the corpus is signed for it.
const (
	appID     = "wx0123456789abcdef"
	appSecret = "5ec2e7f0c0ffee0123456789abcdef01"
	token     = "corpus-token"
	aesKey    = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	account   = "gh_0123456789ab"
	masterKey = "00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef"
)

// plan says what a test needs.
type plan struct {
	mode     string // of the account; empty means safe
	replicas int    // 0 means 1
	lite     bool   // SQLite and no Redis: one replica only
	deadline time.Duration
	pause    time.Duration
	seed     uint64
	env      []string // over the usual, NAME=value
}

// site is a running bot with all that stands around it.
type site struct {
	t        testing.TB
	plan     plan
	dsn      string // of the database as bots are to reach it, with its scheme
	straight string // the same, past the proxy and without the scheme; "" with SQLite
	db       *sql.DB
	sql      *proxy // nil with SQLite
	line     *proxy // to Redis; nil without
	store    *redisServer
	api      string
	bots     []*bot
	p        *platform.Platform
}

// bot is one replica.
type bot struct {
	*process
	addr, admin string
}

func (b *bot) webhook() string { return "http://" + b.addr + "/wechat" }

// scenes lead to the three communities of every site.
var scenes = []string{"door-1", "door-2", "door-3"}

// open makes a site with its tables, communities and services. No replica runs yet.
func open(t testing.TB, want plan) *site {
	t.Helper()
	s := &site{t: t, plan: want}
	if want.lite {
		s.openLite()
	} else {
		s.openServers()
	}
	s.mustCommand("migrate")
	for i, c := range []string{"钮", "平", "耦"} {
		s.mustCommand("community", "add", "-code", c, "-name", c+"家社区", "-phone", "0512-65000001",
			"-estates", c+"园", "-scene", scenes[i])
	}
	s.p = platform.New(platform.Options{
		AppID: appID, Secret: appSecret, Token: token, AESKey: aesKey, Account: account, Mode: want.mode,
		Deadline: want.deadline, Pause: want.pause, Seed: want.seed,
	})
	api := httptest.NewServer(s.p.Handler())
	s.api = api.URL
	t.Cleanup(func() {
		s.p.Close()
		api.Close()
	})
	for range max(1, want.replicas) {
		s.bots = append(s.bots, s.newBot())
	}
	s.callAll()
	return s
}

// run makes a site whose replicas all run.
func run(t testing.TB, want plan) *site {
	t.Helper()
	s := open(t, want)
	for _, b := range s.bots {
		s.start(b)
	}
	return s
}

func (s *site) openLite() {
	path := s.t.TempDir() + "/yishi.db"
	s.dsn = "sqlite:" + path
	var err error
	if s.db, err = sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(2000)"); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = s.db.Close() })
}

func (s *site) openServers() {
	s.straight = storetest.MySQL(s.t)
	cfg, err := mysql.ParseDSN(s.straight)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.db, err = sql.Open("mysql", s.straight); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = s.db.Close() })
	s.sql = newProxy(s.t, cfg.Addr)
	cfg.Addr = s.sql.addr()
	s.dsn = "mysql:" + cfg.FormatDSN()
	s.store = startRedis(s.t)
	s.line = newProxy(s.t, s.store.addr)
}

// env is the whole environment of a replica on these addresses.
func (s *site) env(addr, admin string) []string {
	mode := s.plan.mode
	if mode == "" {
		mode = platform.Safe
	}
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.t.TempDir(), "GOTRACEBACK=single",
		"YISHI_ADDR=" + addr, "YISHI_ADMIN_ADDR=" + admin, "YISHI_DATA=" + s.t.TempDir(),
		"YISHI_SQL=" + s.dsn, "YISHI_REDIS=none", "YISHI_MASTER_KEY=" + masterKey,
		"YISHI_WECHAT_APPID=" + appID, "YISHI_WECHAT_SECRET=" + appSecret, "YISHI_WECHAT_TOKEN=" + token,
		"YISHI_WECHAT_AES_KEY=" + aesKey, "YISHI_WECHAT_ACCOUNT=" + account,
		"YISHI_WECHAT_MODE=" + mode, "YISHI_WECHAT_API=" + s.api,
	}
	if s.line != nil {
		env = append(env, "YISHI_REDIS=redis://"+s.line.addr()+"/0") // the last of a name counts
	}
	return append(env, s.plan.env...)
}

// mustCommand runs a command that may be given twice, as an operator does when a busy machine
// is too slow for it.
func (s *site) mustCommand(args ...string) {
	s.t.Helper()
	code, out := 1, ""
	for range 5 {
		if code, out = command(s.t, s.env("127.0.0.1:0", "127.0.0.1:0"), args...); code == 0 {
			return
		}
	}
	s.t.Fatalf("bot %v: exit %d: %s", args, code, out)
}

func (s *site) newBot() *bot {
	b := &bot{addr: freeAddr(s.t), admin: freeAddr(s.t)}
	health := "http://" + b.admin + "/healthz"
	b.process = newProcess(s.t, program, s.env(b.addr, b.admin), func(ctx context.Context) bool {
		return answers(ctx, health) && listens(ctx, b.addr)
	}, "serve")
	return b
}

func (s *site) start(b *bot) {
	s.t.Helper()
	if err := b.start(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// call makes the platform deliver to these replicas.
func (s *site) call(bots ...*bot) {
	var urls []string
	for _, b := range bots {
		urls = append(urls, b.webhook())
	}
	s.p.SetWebhooks(urls...)
}

func (s *site) callAll() { s.call(s.bots...) }

// count asks the tables for one number.
func (s *site) count(query string) int {
	s.t.Helper()
	var n int
	if err := s.db.QueryRowContext(within(s.t, 30*time.Second), query).Scan(&n); err != nil {
		s.t.Fatalf("count: %v", err)
	}
	return n
}

// redisServer is a Redis of the test's own.
type redisServer struct {
	*process
	addr   string
	client *redis.Client
}

func startRedis(t testing.TB) *redisServer {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		missing(t, "redis-server")
	}
	r := &redisServer{addr: freeAddr(t)}
	r.client = redis.NewClient(&redis.Options{Addr: r.addr, MaxRetries: -1})
	t.Cleanup(func() { _ = r.client.Close() })
	_, port, _ := strings.Cut(r.addr, ":")
	r.process = newProcess(t, path, []string{"PATH=" + os.Getenv("PATH")}, func(ctx context.Context) bool {
		return r.client.Ping(ctx).Err() == nil
	}, "--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", "", "--appendonly", "no")
	if err := r.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.signal(syscall.SIGCONT) }) // a stopped process ends by kill only
	return r
}

// flush empties Redis as a restart without a file would.
func (r *redisServer) flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := r.client.FlushAll(ctx).Err(); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	return nil
}

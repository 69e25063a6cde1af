package store_test

import (
	"bytes"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// What a proxy does when it sees a COMMIT, or with every byte.
const (
	pass   int32 = iota
	lose         // COMMIT arrives, its answer does not; the line is cut
	hold         // COMMIT arrives, its answer never comes
	drop         // COMMIT does not arrive; the line is cut
	vanish       // as lose, and no new line afterwards
	refuse       // no line at all
)

// proxy stands between the store and the server.
type proxy struct {
	t      testing.TB
	ln     net.Listener
	server string
	mode   atomic.Int32
	times  atomic.Int32 // COMMITs still to be spoiled; then pass
	mu     sync.Mutex
	conns  []net.Conn
	work   sync.WaitGroup
}

// throughProxy returns a store whose lines all go through a proxy, and one that goes straight.
func throughProxy(t *testing.T) (*store.DB, *store.DB, *proxy) {
	t.Helper()
	dsn := storetest.MySQL(t)
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, ln: ln, server: cfg.Addr}
	p.work.Go(p.accept)
	t.Cleanup(func() {
		_ = ln.Close()
		p.cut()
		p.work.Wait()
	})
	straight := storetest.OpenDSN(t, "mysql:"+dsn)
	cfg.Addr = ln.Addr().String()
	return storetest.OpenDSN(t, "mysql:"+cfg.FormatDSN()), straight, p
}

func (p *proxy) accept() {
	for {
		c, err := p.ln.Accept()
		if err != nil {
			return
		}
		if p.mode.Load() == refuse {
			_ = c.Close()
			continue
		}
		s, err := net.Dial("tcp", p.server) //nolint:noctx // loopback
		if err != nil {
			_ = c.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, c, s)
		p.mu.Unlock()
		var silent atomic.Bool
		p.work.Go(func() { p.up(c, s, &silent) })
		p.work.Go(func() { p.down(s, c, &silent) })
	}
}

// up carries the store's words and watches for COMMIT.
func (p *proxy) up(from, to net.Conn, silent *atomic.Bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			_ = to.Close()
			return
		}
		spoil := bytes.Contains(buf[:n], []byte("\x03COMMIT")) && p.mode.Load() != pass && p.times.Add(-1) >= 0
		if spoil && p.mode.Load() == drop {
			_ = to.Close()
			return
		}
		if spoil && p.mode.CompareAndSwap(vanish, refuse) || spoil {
			silent.Store(true)
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
		if spoil && p.mode.Load() != hold {
			return // down reads the answer and cuts the line
		}
	}
}

// down carries the server's words unless it was told to be silent.
func (p *proxy) down(from, to net.Conn, silent *atomic.Bool) {
	defer func() { _, _ = from.Close(), to.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil || silent.Load() && p.mode.Load() != hold {
			return // a lost answer has been read: it is committed
		}
		if silent.Load() {
			continue
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

func TestCutAroundCommit(t *testing.T) {
	rows := []struct {
		name   string
		mode   int32
		times  int32
		unsure bool
	}{
		{"answer lost once", lose, 1, false},
		{"answer lost each time", lose, 1000, false},
		{"answer lost, then no line", vanish, 1, true},
		{"commit lost once", drop, 1, false},
		{"commit lost each time", drop, 1000, true},
		{"answer held once", hold, 1, false},
		{"answer held each time", hold, 1000, false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			db, straight, p := throughProxy(t)
			c := community(t, straight, "钮")
			a := civic.Account("openid-canary")
			turn := commit("run-1", 1, a, need(a, c.ID, "路灯坏了"))
			p.times.Store(row.times)
			p.mode.Store(row.mode)
			begin := time.Now()
			first, err := db.Commit(within(t, 4*time.Second), turn)
			if took := time.Since(begin); took > 4500*time.Millisecond { // what the platform allows a whole answer
				t.Errorf("took %v", took)
			}
			if errors.Is(err, store.ErrUnsure) != row.unsure || err != nil != row.unsure {
				t.Fatalf("commit gave %+v, %v", first, err)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Error("the error names the account")
			}
			p.mode.Store(pass)
			again := must(t, db, turn)
			if again.Number == "" || first.Number != "" && first != again {
				t.Errorf("the retry got %+v, the first %+v", again, first)
			}
			_, total, err := straight.Needs().Mine(within(t, 10*time.Second), a, 0, 1)
			if total != 1 || err != nil {
				t.Errorf("%d needs, %v", total, err)
			}
		})
	}
}

func TestServerAway(t *testing.T) {
	db, straight, p := throughProxy(t)
	c := community(t, straight, "钮")
	a := civic.Account("openid-canary")
	if _, ok, err := db.Communities().Community(within(t, 10*time.Second), c.ID); !ok || err != nil {
		t.Fatalf("community: %v %v", ok, err)
	}
	p.mode.Store(refuse)
	p.cut()
	if err := db.Ping(within(t, 2*time.Second)); err == nil {
		t.Error("ping succeeds without a server")
	}
	_, err := db.Commit(within(t, 4*time.Second), commit("run-1", 1, a, need(a, c.ID, "路灯坏了")))
	if !errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrUnsure) || strings.Contains(err.Error(), "canary") {
		t.Errorf("commit without a server: %v", err)
	}
	if got, ok, err := db.Communities().Community(within(t, 10*time.Second), c.ID); !ok || err != nil || got.Code != "钮" {
		t.Errorf("the community is not served from memory: %+v %v %v", got, ok, err)
	}
	db.Contact(a, store.ContactMessage, db.Clock().Now())
	p.mode.Store(pass)
	if r := must(t, db, commit("run-1", 1, a, need(a, c.ID, "路灯坏了"))); r.Number == "" {
		t.Errorf("receipt %+v", r)
	}
}

func TestOpenWithoutServer(t *testing.T) {
	db, err := store.Open(within(t, 5*time.Second), storetest.Options("mysql:root@tcp(127.0.0.1:1)/none"))
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err := db.Ping(within(t, 10*time.Second)); err == nil {
		t.Error("ping succeeds")
	}
	if err := db.CheckSchema(within(t, 10*time.Second)); err == nil || errors.Is(err, store.ErrSchema) {
		t.Errorf("check schema: %v", err)
	}
	if _, err := db.Commit(within(t, 2*time.Second), commit("run-1", 1, "openid-A")); !errors.Is(err, store.ErrBusy) {
		t.Errorf("commit: %v", err)
	}
}

func TestWrongOptions(t *testing.T) {
	rows := map[string]store.Options{
		"no key":         {DSN: "sqlite::memory:"},
		"no scheme":      {DSN: "yishi.db", Key: storetest.Key()},
		"unknown scheme": {DSN: "postgres:x", Key: storetest.Key()},
		"no path":        {DSN: "sqlite:", Key: storetest.Key()},
		"bad mysql":      {DSN: "mysql:secret@@@", Key: storetest.Key()},
	}
	for name, o := range rows {
		if db, err := store.Open(within(t, 10*time.Second), o); err == nil {
			t.Errorf("%s: opened", name)
			_ = db.Close()
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error repeats the address", name)
		}
	}
}

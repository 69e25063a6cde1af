package session_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/glebarez/sqlite"
	gomysql "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"yishi/store/session"
	"yishi/store/session/sessiontest"
)

const (
	sqliteTable = `CREATE TABLE sessions (account_hash BLOB NOT NULL PRIMARY KEY, rev INTEGER NOT NULL,
		mail INTEGER NOT NULL, data BLOB, expires_ms INTEGER NOT NULL)`
	mysqlTable = `CREATE TABLE sessions (account_hash BINARY(32) NOT NULL PRIMARY KEY, rev BIGINT NOT NULL,
		mail TINYINT(1) NOT NULL, data MEDIUMBLOB NULL, expires_ms BIGINT NOT NULL) ENGINE=InnoDB`
)

func openGorm(t testing.TB, d gorm.Dialector) *gorm.DB {
	t.Helper()
	g, err := gorm.Open(d, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := g.DB()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// newSQLite returns handles for writing and reading on one file, the first with one connection.
func newSQLite(t testing.TB) (w, r *gorm.DB) {
	t.Helper()
	dsn := "file:" + filepath.Join(t.TempDir(), "s.db") +
		"?_pragma=busy_timeout(1200)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"
	w = openGorm(t, sqlite.Open(dsn))
	pool, err := w.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	if err := w.Exec(sqliteTable).Error; err != nil {
		t.Fatal(err)
	}
	return w, openGorm(t, sqlite.Open(dsn))
}

// newMySQL returns a handle on a database of the test's own.
func newMySQL(t testing.TB) *gorm.DB {
	t.Helper()
	c := mysqlConfig(t)
	g := openGorm(t, mysql.Open(c.FormatDSN()))
	pool, err := g.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(32)
	pool.SetMaxIdleConns(32)
	if err := g.Exec(mysqlTable).Error; err != nil {
		t.Fatal(err)
	}
	return g
}

func mysqlConfig(t testing.TB) *gomysql.Config {
	t.Helper()
	dsn := os.Getenv("YISHI_TEST_MYSQL_DSN")
	if dsn == "" {
		if os.Getenv("YISHI_TEST_REQUIRE") == "1" {
			t.Fatal("YISHI_TEST_MYSQL_DSN is not set and YISHI_TEST_REQUIRE is")
		}
		t.Skip("YISHI_TEST_MYSQL_DSN is not set")
	}
	c, err := gomysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	c.DBName = fmt.Sprintf("yishi_session_%d", rand.Uint64())
	if _, err := pool.ExecContext(t.Context(), "CREATE DATABASE "+c.DBName); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := pool.ExecContext(context.Background(), "DROP DATABASE "+c.DBName); err != nil {
			t.Error(err)
		}
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func openSQL(t testing.TB, g *gorm.DB, now func() time.Time) *session.SQL {
	t.Helper()
	s := session.NewSQL(g, sessiontest.Key(), now)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSQLite(t *testing.T) {
	c := newClock()
	w, r := newSQLite(t)
	sessiontest.Suite(t, func(t *testing.T) session.Store { return openSQL(t, w, c.now).ReadFrom(r) }, c.now, c.advance)
}

func TestSQLiteInMemory(t *testing.T) {
	c := newClock()
	w := openGorm(t, sqlite.Open("file:/session-test?vfs=memdb&_pragma=busy_timeout(5000)&_txlock=immediate"))
	pool, err := w.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	if err := w.Exec(sqliteTable).Error; err != nil {
		t.Fatal(err)
	}
	sessiontest.Suite(t, func(t *testing.T) session.Store { return openSQL(t, w, c.now) }, c.now, c.advance)
}

func TestMySQL(t *testing.T) {
	c := newClock()
	g := newMySQL(t)
	sessiontest.Suite(t, func(t *testing.T) session.Store { return openSQL(t, g, c.now) }, c.now, c.advance)
}

func TestSQLHidesTheAccount(t *testing.T) {
	c := newClock()
	w, _ := newSQLite(t)
	s := openSQL(t, w, c.now)
	save(t, s, c, "o-canary-1234", 0, "data")
	var row struct {
		AccountHash []byte
		Data        []byte
	}
	if err := w.Raw("SELECT * FROM sessions").Scan(&row).Error; err != nil {
		t.Fatal(err)
	}
	if len(row.AccountHash) != 32 || strings.Contains(string(row.AccountHash)+string(row.Data), "canary") {
		t.Errorf("row %x %q", row.AccountHash, row.Data)
	}
}

func TestSQLSweep(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) *gorm.DB{
		"sqlite": func(t *testing.T) *gorm.DB { w, _ := newSQLite(t); return w },
		"mysql":  func(t *testing.T) *gorm.DB { return newMySQL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			g := open(t)
			s := openSQL(t, g, c.now)
			for i := range 3 {
				save(t, s, c, fmt.Sprint("o-old-", i), 0, "old")
			}
			c.advance(2 * time.Hour)
			save(t, s, c, "o-new", 0, "new")
			n, err := s.Sweep(t.Context())
			if err != nil || n != 3 {
				t.Errorf("swept %d, %v", n, err)
			}
			if n, err := s.Sweep(t.Context()); err != nil || n != 0 {
				t.Errorf("swept again %d, %v", n, err)
			}
			var left int64
			if err := g.Table("sessions").Count(&left).Error; err != nil || left != 1 {
				t.Errorf("%d rows left, %v", left, err)
			}
		})
	}
}

// While another connection writes, saves wait; they give up with their callers and leave nothing.
func TestSQLiteLocked(t *testing.T) {
	c := newClock()
	w, r := newSQLite(t)
	s := openSQL(t, w, c.now).ReadFrom(r)
	save(t, s, c, "o-1", 0, "one")
	v := load(t, s)
	lock := r.Begin()
	if lock.Error != nil {
		t.Fatal(lock.Error)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := s.Save(ctx, "o-1", v.Rev, []byte("two"), 0, c.now().Add(time.Hour))
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 50*time.Millisecond+slack {
		t.Errorf("save: %v after %v", err, time.Since(start))
	}
	if v := load(t, s); string(v.Data) != "one" {
		t.Errorf("load while it is locked: %q", v.Data)
	}
	if err := lock.Rollback().Error; err != nil {
		t.Fatal(err)
	}
	v = load(t, s) // the late save may have come through; both are allowed
	if !save(t, s, c, "o-1", v.Rev, "three") && !save(t, s, c, "o-1", load(t, s).Rev, "three") {
		t.Error("not saved after the lock")
	}
}

func TestSQLiteGone(t *testing.T) {
	c := newClock()
	w, _ := newSQLite(t)
	s := openSQL(t, w, c.now)
	if err := w.Exec("DROP TABLE sessions").Error; err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if ok, err := s.Save(t.Context(), fmt.Sprint("o-", i), 0, nil, 0, c.now().Add(time.Hour)); err == nil || ok {
				t.Errorf("save: %v, %v", ok, err)
			}
			if _, err := s.Load(t.Context(), fmt.Sprint("o-", i)); err == nil {
				t.Error("load: no error")
			}
		})
	}
	wg.Wait()
}

func TestSQLiteClosed(t *testing.T) {
	c := newClock()
	w, _ := newSQLite(t)
	s := session.NewSQL(w, sessiontest.Key(), c.now)
	save(t, s, c, "o-1", 0, "one")
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Save(t.Context(), "o-1", 1, nil, 0, c.now()); !errors.Is(err, session.ErrClosed) {
		t.Errorf("save after close: %v", err)
	}
}

// A server that takes connections and never answers costs no more than a statement's time.
func TestMySQLMuted(t *testing.T) {
	c := newClock()
	cfg := mysqlConfig(t)
	p := newProxy(t, cfg.Addr)
	cfg.Addr, cfg.InterpolateParams = p.addr, true // in one message, so that it arrives
	g := openGorm(t, mysql.Open(cfg.FormatDSN()))
	if err := g.Exec(mysqlTable).Error; err != nil {
		t.Fatal(err)
	}
	s := openSQL(t, g, c.now)
	save(t, s, c, "o-1", 0, "one")
	v := load(t, s)
	p.mute(true)
	start := time.Now()
	if ok, err := s.Save(t.Context(), "o-1", v.Rev, []byte("two"), 0, c.now().Add(time.Hour)); ok || err == nil {
		t.Errorf("save: %v, %v", ok, err)
	}
	if took := time.Since(start); took > 1200*time.Millisecond+slack {
		t.Errorf("save took %v", took)
	}
	p.mute(false)
	p.cut()
	eventually(t, "a load after it", func() bool {
		now, err := s.Load(t.Context(), "o-1")
		if err == nil && string(now.Data) != "two" {
			t.Errorf("data %q, the save had arrived", now.Data)
		}
		return err == nil
	})
	if save(t, s, c, "o-1", v.Rev, "two") {
		t.Error("the same save was taken twice")
	}
}

package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	gosqlite "github.com/glebarez/go-sqlite"
	"github.com/glebarez/sqlite"
	"gorm.io/gorm"
)

// openSQLite opens path with one writing connection and a few readers. ":memory:" is shared
// by this DB's connections and kept until Close by one that does nothing else.
func (db *DB) openSQLite(path string) error {
	if err := addFunctions(); err != nil {
		return fmt.Errorf("open sqlite: %w", err)
	}
	db.dia = dialect{name: inSQLite, lanes: 1, max: "MAX"}
	args := url.Values{"_pragma": {"busy_timeout(1200)", "synchronous(FULL)", "foreign_keys(1)"}, "_txlock": {"immediate"}}
	if path == ":memory:" {
		args["_pragma"][0] = "busy_timeout(5000)"
		args.Set("vfs", "memdb")
		dsn := fmt.Sprintf("file:/yishi-%d?%s", rand.Int64(), args.Encode())
		keeper, err := sql.Open(sqlite.DriverName, dsn)
		if err != nil {
			return fmt.Errorf("open sqlite: %w", err)
		}
		keeper.SetMaxOpenConns(1)
		if err := keeper.Ping(); err != nil { //nolint:noctx // in memory: nothing to wait for
			return fmt.Errorf("open sqlite: %w", clean(err))
		}
		return db.sqliteHandles(dsn, keeper.Close)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make folder of sqlite file: %w", err)
	}
	name := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: args.Encode()}
	if err := logAhead(name.String()); err != nil {
		return fmt.Errorf("open sqlite: %w", err)
	}
	return db.sqliteHandles(name.String(), nil)
}

// addFunctions gives SQLite, once a process, what MySQL has and statements rely on.
var addFunctions = sync.OnceValue(func() error {
	return gosqlite.RegisterDeterministicScalarFunction("crc32", 1, func(_ *gosqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		text, ok := args[0].(string)
		if !ok {
			return nil, nil // as of NULL
		}
		return int64(crc32.ChecksumIEEE([]byte(text))), nil
	})
})

// logAhead sets the file's journal to WAL, which it remembers. Several programs that open a new
// file at once get in each other's way here, whatever the busy time-out says.
func logAhead(dsn string) error {
	pool, err := sql.Open(sqlite.DriverName, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
	defer cancel()
	for try := 1; ; try++ {
		var mode string
		err = clean(pool.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode))
		switch {
		case err == nil && mode != "wal":
			return fmt.Errorf("the file system keeps the journal in mode %s", mode)
		case err == nil || !passing(err) || !pause(ctx, try):
			return err
		}
	}
}

func (db *DB) sqliteHandles(dsn string, keeper func() error) error {
	var err error
	if db.w, err = db.sqliteHandle(dsn, 1); err != nil {
		return err
	}
	if db.r, err = db.sqliteHandle(dsn, max(4, runtime.GOMAXPROCS(0))); err != nil {
		return err
	}
	if keeper != nil {
		db.close = append(db.close, keeper)
	}
	return nil
}

func (db *DB) sqliteHandle(dsn string, conns int) (*gorm.DB, error) {
	pool, err := sql.Open(sqlite.DriverName, dsn)
	if err != nil {
		return nil, fmt.Errorf("open sqlite: %w", err)
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	db.close = append(db.close, pool.Close)
	g, err := gorm.Open(cleanSQLite{&sqlite.Dialector{Conn: pool}}, gormConfig())
	if err != nil {
		return nil, fmt.Errorf("open sqlite: %w", clean(err))
	}
	return g, nil
}

// cleanSQLite is GORM's dialect whose errors hold no values.
type cleanSQLite struct{ *sqlite.Dialector }

// Translate is called by GORM for every error.
func (cleanSQLite) Translate(err error) error { return clean(err) }

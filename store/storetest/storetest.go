// Package storetest opens stores for tests, of this module's other packages too.
package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"

	_ "github.com/go-sql-driver/mysql" // makes and drops the test's database

	"yishi/store"
)

// Key is the key of every test store, so that two of them agree on hashes.
func Key() []byte { return []byte("0123456789abcdef0123456789abcdef") }

// Options are those that a test's store is opened with.
func Options(dsn string) store.Options {
	return store.Options{DSN: dsn, Key: Key(), Log: slog.New(slog.DiscardHandler)}
}

// OpenMemory returns a migrated SQLite store in memory, closed when the test ends.
func OpenMemory(t testing.TB) *store.DB {
	t.Helper()
	return OpenDSN(t, "sqlite::memory:")
}

// Open returns a migrated SQLite store in a file of the test's own, closed when the test ends. The
// migrations run once a process, as they take longer than most tests: see TestMigrateUpDownUp.
func Open(t testing.TB) *store.DB {
	t.Helper()
	file, err := migrated()
	if err != nil {
		t.Fatalf("make migrated file: %v", err)
	}
	path := t.TempDir() + "/yishi.db"
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatalf("copy migrated file: %v", err)
	}
	return open(t, Options("sqlite:"+path))
}

// migrated is the content of a migrated SQLite file without any row of ours.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "yishi-migrated")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // what stays is in the system's folder of passing files
	ctx, path := context.Background(), dir+"/yishi.db"
	db, err := store.Open(ctx, Options("sqlite:"+path))
	if err != nil {
		return nil, err
	}
	if err := errors.Join(db.Migrate(ctx), db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// OpenMySQL returns a migrated store in a database of its own on the server that
// YISHI_TEST_MYSQL_DSN names. Without one the test is skipped, or fails if
// YISHI_TEST_REQUIRE is 1. As with Open, the migrations run once a process.
func OpenMySQL(t testing.TB) *store.DB {
	t.Helper()
	dsn := MySQL(t)
	tables, err := made(strings.TrimPrefix(os.Getenv("YISHI_TEST_MYSQL_DSN"), "mysql:"))
	if err != nil {
		t.Fatalf("make migrated database: %v", err)
	}
	pool, err := sql.Open("mysql", dsn+separator(dsn)+"multiStatements=true")
	if err != nil {
		t.Fatalf("open test database: %v", err)
	}
	_, err = pool.ExecContext(context.Background(), tables)
	if err := errors.Join(err, pool.Close()); err != nil {
		t.Fatalf("copy migrated database: %v", err)
	}
	return open(t, Options("mysql:"+dsn))
}

func separator(dsn string) string {
	if strings.Contains(dsn, "?") {
		return "&"
	}
	return "?"
}

var (
	madeOnce sync.Once
	madeText string
	errMade  error
)

// made are the statements that make the tables as the migrations leave them, in one text.
func made(base string) (string, error) {
	madeOnce.Do(func() { madeText, errMade = describe(base) })
	return madeText, errMade
}

// describe migrates a database of its own, writes down what it holds and drops it.
func describe(base string) (text string, err error) {
	ctx := context.Background()
	name := fmt.Sprintf("yishi_test_%d", rand.Uint64())
	pool, err := sql.Open("mysql", base)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	if _, err := pool.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	defer func() {
		_, e := pool.ExecContext(ctx, "DROP DATABASE "+name)
		err = errors.Join(err, e)
	}()
	db, err := store.Open(ctx, Options("mysql:"+inDatabase(base, name)))
	if err != nil {
		return "", err
	}
	if err := errors.Join(db.Migrate(ctx), db.Close()); err != nil {
		return "", err
	}
	rows, err := pool.QueryContext(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name", name)
	if err != nil {
		return "", err
	}
	var names []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return "", errors.Join(err, rows.Close())
		}
		names = append(names, n)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return "", err
	}
	return statements(ctx, pool, name, names)
}

// statements makes tables as they are, and the versions that they stand for.
func statements(ctx context.Context, pool *sql.DB, database string, names []string) (string, error) {
	var text strings.Builder
	for _, n := range names {
		var create string
		if err := pool.QueryRowContext(ctx, "SHOW CREATE TABLE "+database+"."+n).Scan(&n, &create); err != nil {
			return "", err
		}
		text.WriteString(create + ";\n")
	}
	rows, err := pool.QueryContext(ctx, "SELECT version_id, is_applied FROM "+database+"."+store.VersionTable+" ORDER BY id")
	if err != nil {
		return "", err
	}
	for rows.Next() {
		var version, applied int64
		if err := rows.Scan(&version, &applied); err != nil {
			return "", errors.Join(err, rows.Close())
		}
		fmt.Fprintf(&text, "INSERT INTO %s (version_id, is_applied) VALUES (%d, %d);\n", store.VersionTable, version, applied)
	}
	return text.String(), errors.Join(rows.Err(), rows.Close())
}

// MySQL creates a database that is dropped when the test ends, and returns its DSN without
// the scheme. It skips or fails as OpenMySQL does.
func MySQL(t testing.TB) string {
	t.Helper()
	base := os.Getenv("YISHI_TEST_MYSQL_DSN")
	if base == "" {
		if os.Getenv("YISHI_TEST_REQUIRE") == "1" {
			t.Fatal("YISHI_TEST_MYSQL_DSN is not set and YISHI_TEST_REQUIRE is")
		}
		t.Skip("YISHI_TEST_MYSQL_DSN is not set")
	}
	base = strings.TrimPrefix(base, "mysql:")
	name := fmt.Sprintf("yishi_test_%d", rand.Uint64())
	pool, err := sql.Open("mysql", base)
	if err != nil {
		t.Fatalf("open test server: %v", err)
	}
	ctx := context.Background()
	if _, err := pool.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		t.Fatalf("create test database: %v", err)
	}
	t.Cleanup(func() {
		if _, err := pool.ExecContext(ctx, "DROP DATABASE "+name); err != nil {
			t.Errorf("drop test database: %v", err)
		}
		if err := pool.Close(); err != nil {
			t.Errorf("close test server: %v", err)
		}
	})
	return inDatabase(base, name)
}

// inDatabase is the address base with another database.
func inDatabase(base, name string) string {
	slash := strings.LastIndexByte(base, '/')
	_, query, _ := strings.Cut(base[slash:], "?")
	if query != "" {
		query = "?" + query
	}
	return base[:slash+1] + name + query
}

// OpenDSN returns a migrated store at an address such as Options takes.
func OpenDSN(t testing.TB, dsn string) *store.DB {
	t.Helper()
	return OpenWith(t, Options(dsn))
}

// OpenWith returns a migrated store opened in the way asked for.
func OpenWith(t testing.TB, o store.Options) *store.DB {
	t.Helper()
	db := open(t, o)
	if err := db.Migrate(context.Background()); err != nil {
		t.Fatalf("migrate store: %v", err)
	}
	return db
}

// open opens a store and closes it when the test ends.
func open(t testing.TB, o store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), o)
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	return db
}

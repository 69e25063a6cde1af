// Package storetest opens stores for tests, of this module's other packages too.
package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
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

// Open returns a migrated SQLite store in memory, closed when the test ends.
func Open(t testing.TB) *store.DB {
	t.Helper()
	return OpenDSN(t, "sqlite::memory:")
}

// OpenFile returns a migrated SQLite store in a file of the test's own.
func OpenFile(t testing.TB) *store.DB {
	t.Helper()
	return OpenDSN(t, "sqlite:"+t.TempDir()+"/yishi.db")
}

// OpenMySQL returns a migrated store in a database of its own on the server that
// YISHI_TEST_MYSQL_DSN names. Without one the test is skipped, or fails if
// YISHI_TEST_REQUIRE is 1.
func OpenMySQL(t testing.TB) *store.DB {
	t.Helper()
	return OpenDSN(t, "mysql:"+MySQL(t))
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
	ctx := context.Background()
	db, err := store.Open(ctx, o)
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	if err := db.Migrate(ctx); err != nil {
		t.Fatalf("migrate store: %v", err)
	}
	return db
}

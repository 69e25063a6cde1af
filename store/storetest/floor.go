package storetest

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// floorRows is how many rows a statement of the floor inserts.
const floorRows = 100

// Floor is how long the database that a store's dsn names (sqlite:… or mysql:…) needs to take in lines
// bare: under a number each, some a statement, in one transaction, into a table without an index more.
// No import of those bytes can be faster. Now tells the time.
func Floor(t testing.TB, dsn string, lines []string, now func() time.Time) time.Duration {
	t.Helper()
	driver, name, _ := strings.Cut(dsn, ":")
	ctx := context.Background()
	pool, err := sql.Open(driver, name)
	if err != nil {
		t.Fatalf("open database of the floor: %v", err)
	}
	if _, err = pool.ExecContext(ctx, "CREATE TABLE floor_rows (id BIGINT PRIMARY KEY, line VARBINARY(1000) NOT NULL)"); err != nil {
		t.Fatalf("make table of the floor: %v", err)
	}
	began := now()
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		t.Fatalf("begin floor: %v", err)
	}
	id := 0
	for some := range slices.Chunk(lines, floorRows) {
		args := make([]any, 0, 2*len(some))
		for _, l := range some {
			id++
			args = append(args, id, []byte(l))
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO floor_rows (id, line) VALUES "+strings.TrimSuffix(strings.Repeat("(?, ?),", len(some)), ","), args...)
		if err != nil {
			t.Fatalf("insert rows of the floor: %v", err)
		}
	}
	err = tx.Commit()
	took := now().Sub(began)
	_, e := pool.ExecContext(ctx, "DROP TABLE floor_rows")
	if err := errors.Join(err, e, pool.Close()); err != nil {
		t.Fatalf("end floor: %v", err)
	}
	return took
}

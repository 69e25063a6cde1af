package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Where says in which columns of the whole database, as table.column, one of the words stands.
func Where(ctx context.Context, db *DB, words ...string) (map[string]bool, error) {
	tables, err := db.w.WithContext(ctx).Migrator().GetTables()
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, table := range tables {
		if err := whereIn(ctx, db, table, words, found); err != nil {
			return nil, fmt.Errorf("%s: %w", table, err)
		}
	}
	return found, nil
}

func whereIn(ctx context.Context, db *DB, table string, words []string, found map[string]bool) error {
	rows, err := db.w.WithContext(ctx).Table(table).Rows()
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	cells, into := make([]sql.RawBytes, len(names)), make([]any, len(names))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, c := range cells {
			for _, w := range words {
				if strings.Contains(string(c), w) {
					found[table+"."+names[i]] = true
				}
			}
		}
	}
	return rows.Err()
}

// AccountColumns are the columns that hold an account or may, as table.column, by their names. Left out
// is walked_to, which does so only while a push is expanded.
func AccountColumns(db *DB) (map[string]bool, error) {
	made, _, err := Columns(db)
	if err != nil {
		return nil, err
	}
	all := map[string]bool{}
	for table, names := range made {
		for _, n := range names {
			switch n {
			case "account", "openid", "by_account", "live", "open_key", "person":
				all[table+"."+n] = true
			}
		}
	}
	return all, nil
}

// CountRows counts the rows of a table.
func CountRows(ctx context.Context, db *DB, table string) (int, error) {
	var n int64
	err := db.w.WithContext(ctx).Table(table).Count(&n).Error
	return int(n), err
}

// RunsWalkedTo has the next sweep of runs go on behind one, as after a sweep whose time has ended there.
func RunsWalkedTo(db *DB, run string) { db.runsWalked.to = runRow{Run: run} }

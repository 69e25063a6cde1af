package store

import (
	"fmt"
	"strings"
)

// dialect is what differs between the two families of databases, in words of SQL.
type dialect struct {
	name   string
	lanes  int    // batches written at once
	now    string // the database's UTC time in ms; "" when it is this process's
	max    string // function: the greatest of its arguments
	locked bool   // rows can be locked by SELECT … FOR UPDATE
}

const (
	inMySQL  = "mysql"
	inSQLite = "sqlite"
)

// incoming names the value that an upsert would have inserted.
func (d dialect) incoming(column string) string {
	if d.name == inMySQL {
		return "VALUES(" + column + ")"
	}
	return "excluded." + column
}

// conflict begins an upsert's second half for the unique key on columns.
func (d dialect) conflict(columns string) string {
	if d.name == inMySQL {
		return " ON DUPLICATE KEY UPDATE "
	}
	return fmt.Sprintf(" ON CONFLICT (%s) DO UPDATE SET ", columns)
}

// later keeps the greater of the stored and the incoming value.
func (d dialect) later(table, column string) string {
	return fmt.Sprintf("%s(%s.%s, %s)", d.max, table, column, d.incoming(column))
}

// forUpdate locks what a SELECT inside a transaction reads; SQLite's one writer needs none.
func (d dialect) forUpdate() string {
	if d.locked {
		return " FOR UPDATE"
	}
	return ""
}

// share keeps what a SELECT inside a transaction reads from being changed before COMMIT; many may
// do so at once. LOCK IN SHARE MODE is what both MySQL and MariaDB know.
func (d dialect) share() string {
	if d.locked {
		return " LOCK IN SHARE MODE"
	}
	return ""
}

// skipLocked locks what a SELECT reads and passes over what others have locked.
func (d dialect) skipLocked() string {
	if d.locked {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// force names the one index to read a table by, where servers choose badly.
func (d dialect) force(index string) string {
	if d.name == inMySQL {
		return " FORCE INDEX (" + index + ")"
	}
	return ""
}

// updateFrom is an UPDATE of table by what stands in another, as FROM or JOIN names it with its
// short name. Set has pairs of a column and its value; values name their tables.
func (d dialect) updateFrom(table, other, on, where string, set ...string) string {
	var to []string
	for i := 0; i < len(set); i += 2 {
		column := set[i]
		if d.name == inMySQL {
			column = table + "." + column
		}
		to = append(to, column+" = "+set[i+1])
	}
	if d.name == inMySQL {
		return "UPDATE " + table + " JOIN " + other + " ON " + on + " SET " + strings.Join(to, ", ") + " WHERE " + where
	}
	return "UPDATE " + table + " SET " + strings.Join(to, ", ") + " FROM " + other + " WHERE " + on + " AND " + where
}

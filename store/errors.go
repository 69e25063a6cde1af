package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"regexp"

	gosqlite "github.com/glebarez/go-sqlite"
	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors that callers branch on.
var (
	// ErrUnsure means that the turn may or may not have been committed. Committing it again
	// under the same run and number is harmless and finds out.
	ErrUnsure = errors.New("not known whether it was committed")
	// ErrBusy means that surely nothing was committed: the queue is full, the database does
	// not answer or the caller's time ended before the turn was begun.
	ErrBusy = errors.New("nothing was committed")
	// ErrClosed means that the run was closed before: nothing was and nothing will be
	// committed under this run and number.
	ErrClosed = errors.New("the run is closed")
	// ErrTaken means that another message has committed this number of the run and neither ends
	// it, as when two replicas take a photo each: nothing was done, and the next number is free.
	ErrTaken = errors.New("the number is another message's")
	// ErrLost means that another worker holds the row now: the lease ran out.
	ErrLost = errors.New("the lease is lost")
	// ErrStale means that the timer is not armed any more as it was claimed: nothing was done.
	ErrStale = errors.New("the timer is not armed any more")
	// ErrSchema means that the tables are older or newer than the program.
	ErrSchema = errors.New("the schema does not fit")
)

// SQLError is a database's refusal without the values that its text would quote.
type SQLError struct {
	Number int    // MySQL's error number or SQLite's extended result code
	Text   string // only for errors whose text holds no values
}

// Error names the number.
func (e *SQLError) Error() string {
	if e.Text != "" {
		return fmt.Sprintf("sql error %d: %s", e.Number, e.Text)
	}
	return fmt.Sprintf("sql error %d", e.Number)
}

// plain lists MySQL's errors whose texts name users, tables or columns but never values.
func plain(number uint16) bool {
	switch number {
	case 1020, 1040, 1044, 1045, 1046, 1049, 1050, 1054, 1091, 1130, 1142, 1146, 1205, 1213, 1290, 1317, 1364, 1406, 1836:
		return true
	}
	return false
}

// clean takes values out of a database's error: error 1062, for one, quotes the key.
func clean(err error) error {
	if err == nil {
		return nil
	}
	var known *SQLError
	if errors.As(err, &known) {
		return err
	}
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		if my.Number == 1062 {
			return gorm.ErrDuplicatedKey
		}
		e := &SQLError{Number: int(my.Number)}
		if plain(my.Number) {
			e.Text = my.Message
		}
		return e
	}
	var lite *gosqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return gorm.ErrDuplicatedKey
		}
		return &SQLError{Number: lite.Code(), Text: lite.Error()} // names columns, never values
	}
	if misfit.MatchString(err.Error()) {
		return errMisfit
	}
	return err
}

// errMisfit stands for the errors of values that are not of their column's kind, all of which quote
// them. A database that was meddled with has such.
var errMisfit = errors.New("a value in the database is not of its column's kind")

// misfit finds them: those of database/sql, of strconv behind it, and of GORM.
var misfit = regexp.MustCompile(`sql: Scan error|converting driver\.Value|strconv\.\w+: parsing|failed to set value`)

// passing says that the same transaction may well succeed if it is tried again: deadlock,
// lock time-out, record changed, busy.
func passing(err error) bool {
	var e *SQLError
	if !errors.As(err, &e) {
		return false
	}
	switch e.Number {
	case 1020, 1205, 1213:
		return true
	}
	return e.Number&0xff == sqlite3.SQLITE_BUSY && e.Number < 1000 || e.Number&0xff == sqlite3.SQLITE_LOCKED && e.Number < 1000
}

// cut says that the connection or the time ended, so that trying each turn alone is idle.
func cut(err error) bool {
	var n net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.As(err, &n) || away(err)
}

// slow says that time ran out, so that another try would only cost more of it.
func slow(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

// away says that the server answers but takes no work: too many connections, shutting down,
// read-only.
func away(err error) bool {
	var e *SQLError
	if !errors.As(err, &e) {
		return false
	}
	switch e.Number {
	case 1040, 1053, 1290, 1317, 1792, 1836, 1927, 3024, 4031:
		return true
	}
	return false
}

// missing says that a table does not exist yet.
func missing(err error) bool {
	var e *SQLError
	return errors.As(err, &e) && e.Number == 1146
}

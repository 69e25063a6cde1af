package store

import (
	"context"
	"errors"
	"fmt"
)

// KnownPerson is a person of the roll in clear.
type KnownPerson struct {
	ID                            int64
	Door, Name, Phone, Code, Note string
	Left                          bool
}

// Everybody reads the whole roll, by name; a name twice is an error.
func Everybody(ctx context.Context, db *DB) (map[string]KnownPerson, error) {
	v, err := db.vault(ctx)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Person                       personRow `gorm:"embedded"`
		Estate, Building, Unit, Room string
	}
	err = db.r.WithContext(ctx).Raw("SELECT p.*, e.name AS estate, b.name AS building, h.unit, h.room FROM persons p JOIN households h ON h.id = p.household_id " +
		"JOIN buildings b ON b.id = h.building_id JOIN estates e ON e.id = b.estate_id").Scan(&rows).Error
	out := map[string]KnownPerson{}
	for _, row := range rows {
		r := row.Person
		k := KnownPerson{ID: r.ID, Door: row.Estate + "/" + row.Building + "/" + row.Unit + "/" + row.Room, Left: r.LeftMS != 0}
		for _, f := range []struct {
			to     *string
			sealed []byte
			column string
		}{{&k.Name, r.Name, "persons.name"}, {&k.Phone, r.Phone, "persons.phone"}, {&k.Code, r.Code, "persons.code"}, {&k.Note, r.Note, "persons.note"}} {
			var e error
			*f.to, e = v.Open(f.sealed, f.column, r.ID)
			err = errors.Join(err, e)
		}
		key := k.Name
		if _, twice := out[key]; twice {
			key += "@" + k.Door
		}
		out[key] = k
	}
	return out, err
}

// StagedLines counts what imports have left behind.
func StagedLines(ctx context.Context, db *DB) (n int, err error) {
	err = db.r.WithContext(ctx).Raw("SELECT (SELECT COUNT(*) FROM roll_lines) + (SELECT COUNT(*) FROM roll_claims) + (SELECT COUNT(*) FROM rolls)").Scan(&n).Error
	return n, err
}

// Die gives back what an import that is never closed holds.
func Die(r *Roll) { r.end() }

// RefusePersonAfter has the database refuse people once it holds n of them, until it is told otherwise.
func RefusePersonAfter(ctx context.Context, db *DB, n int) (allow func() error, err error) {
	exec := func(query string) error { return clean(db.w.WithContext(ctx).Exec(query).Error) }
	if db.dia.name == inSQLite {
		err = exec(fmt.Sprintf("CREATE TRIGGER refuse BEFORE INSERT ON persons WHEN (SELECT COUNT(*) FROM persons) >= %d BEGIN SELECT RAISE(ABORT, 'no'); END", n))
	} else {
		err = exec(fmt.Sprintf("CREATE TRIGGER refuse BEFORE INSERT ON persons FOR EACH ROW BEGIN IF (SELECT COUNT(*) FROM persons) >= %d THEN SIGNAL SQLSTATE '45000'; END IF; END", n))
	}
	return func() error { return exec("DROP TRIGGER refuse") }, err
}

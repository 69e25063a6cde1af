package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// VersionTable remembers which numbered files were applied.
const VersionTable = "schema_versions"

// Migrate brings the tables up to this program's version. Two replicas may do so at once;
// one that dies in the middle is taken up by the next, as every file can be run again.
func (db *DB) Migrate(ctx context.Context) error {
	pool, end, err := db.migrationPool()
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer end()
	// On SQLite a file and its version are one transaction: whoever loses a race fails
	// without a trace, and finds nothing pending the next time.
	for try := 0; ; try++ {
		if err = db.up(ctx, pool); err == nil || db.dia.name != inSQLite || try == 3 {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", clean(err))
	}
	return nil
}

func (db *DB) up(ctx context.Context, pool *sql.DB) error {
	p, err := db.provider(pool)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

func (db *DB) provider(pool *sql.DB) (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations/"+db.dia.name)
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{
		goose.WithTableName(VersionTable), goose.WithSlog(db.log), goose.WithDisableGlobalRegistry(true),
	}
	if db.dia.name == inSQLite {
		return goose.NewProvider(goose.DialectSQLite3, pool, dir, options...)
	}
	one, err := lock.NewMySQLTableLocker(lock.WithTableName("schema_lock"), lock.WithTableLogger(db.log),
		lock.WithTableLockTimeout(250*time.Millisecond, 400), lock.WithTableUnlockTimeout(250*time.Millisecond, 40))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectMySQL, pool, dir, append(options, goose.WithLocker(one))...)
}

// migrationPool is a pool whose statements may take their time: tables are altered by it.
func (db *DB) migrationPool() (*sql.DB, func(), error) {
	pool, err := db.w.DB()
	if err != nil || db.dia.name == inSQLite {
		return pool, func() {}, err
	}
	my, ok := db.w.Dialector.(cleanMySQL)
	if !ok {
		return nil, nil, errors.New("not a mysql handle")
	}
	cfg := my.DSNConfig.Clone()
	cfg.ReadTimeout, cfg.WriteTimeout = 10*time.Minute, time.Minute
	cfg.ParseTime = true
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, nil, err
	}
	pool = sql.OpenDB(readCommitted{connector})
	return pool, func() { _ = pool.Close() }, nil
}

// CheckSchema returns ErrSchema, with a line that says what to do, unless the tables are
// exactly of this program's version.
func (db *DB) CheckSchema(ctx context.Context) error {
	want, err := latest(db.dia.name)
	if err != nil {
		return fmt.Errorf("check schema: %w", err)
	}
	have, err := db.version(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("check schema: %w", err)
	case have < want:
		return fmt.Errorf("the database has schema %d, this program needs %d: run `bot migrate`: %w", have, want, ErrSchema)
	case have > want:
		return fmt.Errorf("the database has schema %d, this program knows %d: run a newer program: %w", have, want, ErrSchema)
	}
	return nil
}

// version is the greatest number applied, 0 for an empty database.
func (db *DB) version(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	if db.dia.name == inSQLite {
		var tables int
		err := db.r.WithContext(ctx).Raw("SELECT COUNT(*) FROM sqlite_master WHERE name = ?", VersionTable).Scan(&tables).Error
		if err != nil || tables == 0 {
			return 0, clean(err)
		}
	}
	var v int64
	err := db.r.WithContext(ctx).Raw("SELECT COALESCE(MAX(version_id), 0) FROM " + VersionTable + " WHERE is_applied").Scan(&v).Error
	if err = clean(err); missing(err) { // Raw and Scan go past GORM's translation
		return 0, nil
	}
	return v, err
}

// latest is the greatest number among the embedded files.
func latest(dialect string) (int64, error) {
	files, err := fs.Glob(migrations, "migrations/"+dialect+"/*.sql")
	if err != nil {
		return 0, err
	}
	var most int64
	for _, f := range files {
		name := f[strings.LastIndexByte(f, '/')+1:]
		number, _, _ := strings.Cut(name, "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", name, err)
		}
		most = max(most, n)
	}
	return most, nil
}

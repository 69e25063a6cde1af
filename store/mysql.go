package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
	gormysql "gorm.io/driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Pools of one replica. A server's default is 151 connections in all.
const (
	mysqlWriters = 8
	mysqlReaders = 12
)

// openMySQL makes the two handles without asking the server.
func (db *DB) openMySQL(dsn string) error {
	cfg, err := mysqlConfig(dsn)
	if err != nil {
		return err
	}
	db.dia = dialect{
		name: inMySQL, lanes: 2, max: "GREATEST", locked: true,
		now: "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)",
	}
	if db.w, err = db.mysqlHandle(cfg, mysqlWriters); err != nil {
		return err
	}
	db.r, err = db.mysqlHandle(cfg, mysqlReaders)
	return err
}

// mysqlConfig reads dsn and adds what the store relies on.
func mysqlConfig(dsn string) (*mysql.Config, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("read mysql address: %w", err)
	}
	cfg.Timeout = shorter(cfg.Timeout, dialTimeout)
	cfg.ReadTimeout = shorter(cfg.ReadTimeout, statementTimeout)
	cfg.WriteTimeout = shorter(cfg.WriteTimeout, statementTimeout)
	cfg.Loc = time.UTC
	cfg.RejectReadOnly = true // after a failover the old primary is left at once
	cfg.InterpolateParams = true
	cfg.Logger = &mysql.NopLogger{}
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	cfg.Params["time_zone"] = "'+00:00'"
	cfg.Params["sql_mode"] = "'STRICT_ALL_TABLES,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO'"
	cfg.Params["innodb_lock_wait_timeout"] = "1"
	if err := cfg.Apply(mysql.Charset("utf8mb4", "utf8mb4_bin")); err != nil {
		return nil, fmt.Errorf("set mysql charset: %w", err)
	}
	return cfg, nil
}

func shorter(have, most time.Duration) time.Duration {
	if have > 0 && have < most {
		return have
	}
	return most
}

// mysqlHandle opens a pool. The driver escapes arguments itself, one round trip a statement:
// batches have as many shapes as sizes, which would fill the server's table of prepared ones.
func (db *DB) mysqlHandle(cfg *mysql.Config, conns int) (*gorm.DB, error) {
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("read mysql address: %w", err)
	}
	pool := sql.OpenDB(readCommitted{connector})
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	pool.SetConnMaxLifetime(5 * time.Minute)
	g, err := gorm.Open(cleanMySQL{&gormysql.Dialector{Config: &gormysql.Config{
		Conn: pool, DSNConfig: cfg, SkipInitializeWithVersion: true, DisableWithReturning: true,
	}}}, gormConfig())
	if err != nil {
		return nil, fmt.Errorf("open mysql: %w", clean(err))
	}
	db.close = append(db.close, pool.Close)
	return g, nil
}

// gormConfig is the same for all handles: no hidden transactions, silent, values never in
// texts. GORM's cache of prepared statements stays off: it grows with every size of a batch
// and leaves a goroutine behind for ever.
func gormConfig() *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction: true, TranslateError: true,
		DisableAutomaticPing: true, Logger: logger.Discard,
		NowFunc: func() time.Time { return local().UTC() },
	}
}

// cleanMySQL is GORM's dialect whose errors hold no values.
type cleanMySQL struct{ *gormysql.Dialector }

// Translate is called by GORM for every error.
func (cleanMySQL) Translate(err error) error { return clean(err) }

// readCommitted sets the isolation of each new connection, the one way that MySQL and
// MariaDB of every version share.
type readCommitted struct{ driver.Connector }

// Connect opens a connection.
func (c readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	x, ok := conn.(driver.ExecerContext)
	if !ok {
		_ = conn.Close()
		return nil, driver.ErrBadConn
	}
	if _, err := x.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("set isolation: %w", clean(err))
	}
	return conn, nil
}

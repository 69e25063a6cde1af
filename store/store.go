// Package store keeps what must not be lost: communities, accounts, needs, media and the
// runs that made them. It speaks to MySQL or MariaDB, or to one SQLite file, through GORM.
//
// Writes of residents go through Commit: one turn, one transaction, once. Look-ups are
// methods of small types, one a noun, that flows declare as interfaces of their own.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	_ "time/tzdata" // community years need zones where the machine has none

	"gorm.io/gorm"

	"yishi/store/session"
)

// Time-outs of one statement and of one attempt to connect. A turn has 4.2 s in all.
const (
	dialTimeout      = 600 * time.Millisecond
	statementTimeout = 1200 * time.Millisecond
)

// Options says which database is opened and how.
type Options struct {
	// DSN is "mysql:user:pw@tcp(host)/db" or "sqlite:PATH". "sqlite::memory:" is a database
	// of this DB alone that vanishes with Close.
	DSN string
	// Location is where a community's year turns unless it names its own zone; nil means
	// Asia/Shanghai.
	Location *time.Location
	// Key is 32 bytes that key the hashes of accounts in runs and sessions. KeyPrevious is the one
	// before the last change of the master key, by which repeats of older runs are known; nil: none.
	Key, KeyPrevious []byte
	// Vault is 32 bytes under which the key of people's data is sealed; nil derives them from Key.
	// VaultPrevious are those before the last change of the master key; nil: none.
	Vault, VaultPrevious []byte
	// Log gets what no caller can be told, such as contacts that could not be flushed; nil
	// discards it.
	Log *slog.Logger
	// Offset moves the clock; tests and the demo only.
	Offset time.Duration
}

// DB is an open database. All methods may be called at once from many goroutines.
type DB struct {
	w     *gorm.DB // writes; on SQLite its pool is one connection
	r     *gorm.DB // reads
	dia   dialect
	close []func() error

	key    []byte
	keyOld []byte // nil: none
	loc    *time.Location
	log    *slog.Logger
	clock  *Clock

	lanes      []*lane
	lanesWG    sync.WaitGroup
	shut       sync.RWMutex // held for reading while a commit is queued
	closed     bool
	sessions   []*session.SQL // handed out
	stats      counts
	places     places
	likes      likes
	claims     claims
	contacts   contacts
	runsWalked runsWalk

	safe                  vault
	wrapping, wrappingOld []byte // under which the vault's key is sealed; old may be nil

	stop   context.CancelFunc // ends the background loop
	tended chan struct{}      // closed when it has ended
	once   sync.Once
}

// counts are the figures behind Stats.
type counts struct {
	commits, batches, repeats, refused, unsure, busy atomic.Uint64
	waiting                                          atomic.Int64
}

// Stats is a snapshot of the figures since Open.
type Stats struct {
	Commits uint64 // turns and closings that were written
	Batches uint64 // transactions they shared
	Repeats uint64 // answered with the receipt of an earlier commit
	Refused uint64
	Unsure  uint64
	Busy    uint64 // surely not written: full queue, server away
	Waiting int    // in the queue now
	Open    int    // connections open now, readers and writers
}

// Stats returns the present figures.
func (db *DB) Stats() Stats {
	s := Stats{
		Commits: db.stats.commits.Load(), Batches: db.stats.batches.Load(),
		Repeats: db.stats.repeats.Load(), Refused: db.stats.refused.Load(),
		Unsure: db.stats.unsure.Load(), Busy: db.stats.busy.Load(),
		Waiting: int(db.stats.waiting.Load()),
	}
	for _, g := range []*gorm.DB{db.w, db.r} {
		if pool, err := g.DB(); err == nil {
			s.Open += pool.Stats().OpenConnections
		}
	}
	return s
}

// Open prepares the database and starts what runs in the background. A MySQL server that
// does not answer now is no error: Ping tells, and calls fail until it is back. A wrong DSN,
// a key of the wrong length and a SQLite file that cannot be opened are errors.
func Open(ctx context.Context, o Options) (*DB, error) {
	if len(o.Key) != 32 {
		return nil, fmt.Errorf("open store: key has %d bytes, want 32", len(o.Key))
	}
	loc := o.Location
	if loc == nil {
		var err error
		if loc, err = time.LoadLocation("Asia/Shanghai"); err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
	}
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	db := &DB{key: append([]byte(nil), o.Key...), keyOld: append([]byte(nil), o.KeyPrevious...), loc: loc, log: log, tended: make(chan struct{})}
	if err := db.setVault(o); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := db.connect(o.DSN); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	db.clock = newClock(o.Offset, db.dia.now, db.r)
	db.startLanes()
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	db.stop = stop
	first, cancel := context.WithTimeout(ctx, dialTimeout+statementTimeout)
	defer cancel()
	if err := db.clock.Sync(first); err != nil {
		log.WarnContext(ctx, "database does not answer yet", "error", err.Error())
	}
	go db.tend(work)
	return db, nil
}

// connect opens the handles that dsn's scheme asks for.
func (db *DB) connect(dsn string) error {
	scheme, rest, _ := strings.Cut(dsn, ":")
	switch {
	case scheme == "mysql" && rest != "":
		return db.openMySQL(rest)
	case scheme == "sqlite" && rest != "":
		return db.openSQLite(rest)
	}
	return errors.New("the address must begin with mysql or sqlite and a colon")
}

// Ping says whether the database answers, within a statement's time-out.
func (db *DB) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	var one int
	if err := db.r.WithContext(ctx).Raw("SELECT 1").Scan(&one).Error; err != nil {
		return fmt.Errorf("ping database: %w", clean(err))
	}
	return nil
}

// Clock is the database's clock, the one that all of the program goes by.
func (db *DB) Clock() *Clock { return db.clock }

// Close ends what runs in the background: commits already queued are written, noted
// contacts are flushed, connections are closed. Later calls fail.
func (db *DB) Close() error {
	var err error
	db.once.Do(func() {
		db.stopLanes()
		for _, s := range db.sessions {
			err = errors.Join(err, s.Close())
		}
		db.stop()
		<-db.tended
		db.likes.close()
		ctx, cancel := context.WithTimeout(context.Background(), dialTimeout+statementTimeout)
		defer cancel()
		if e := db.FlushContacts(ctx); e != nil {
			// They are hints: nothing that was promised is lost with them.
			db.log.WarnContext(ctx, "contacts not flushed", "error", e.Error())
		}
		for _, c := range db.close {
			if e := c(); e != nil {
				err = errors.Join(err, clean(e))
			}
		}
	})
	return err
}

// tend flushes contacts each second, measures the clock each minute (each five seconds until
// it was measured once) and sweeps each ten minutes. Replicas may all do so.
func (db *DB) tend(ctx context.Context) {
	defer close(db.tended)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		turn, cancel := context.WithTimeout(ctx, dialTimeout+statementTimeout)
		if err := db.FlushContacts(turn); err != nil && ctx.Err() == nil && n%60 == 0 {
			db.log.WarnContext(ctx, "contacts wait", "error", err.Error(), "count", db.contacts.size())
		}
		if n%60 == 0 || n%5 == 0 && !db.clock.Synced() {
			if err := db.clock.Sync(turn); err != nil && ctx.Err() == nil {
				db.log.WarnContext(ctx, "clock not measured", "error", err.Error())
			}
		}
		if n%600 == 0 {
			if _, err := db.Sweep(turn); err != nil && ctx.Err() == nil {
				db.log.WarnContext(ctx, "sessions not swept", "error", err.Error())
			}
		}
		cancel()
	}
}

package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// statementTimeout bounds a statement, or a transaction of shared saves.
const statementTimeout = 1200 * time.Millisecond

// sweepMost is how many expired rows one Sweep removes.
const sweepMost = 500

// SQL keeps sessions in the table sessions, which the store's migrations make. On SQLite, where
// each commit waits for the disk, saves share transactions; servers do that by themselves.
type SQL struct {
	w, r  *gorm.DB
	names *names
	now   func() time.Time
	saves *batcher[*change] // nil where each statement goes by itself
}

var _ Store = (*SQL)(nil)

// NewSQL returns a Store on g, which stays the caller's to close, after Close. key keys the hashes
// of accounts; now is the clock by which values expire.
func NewSQL(g *gorm.DB, key []byte, now func() time.Time) *SQL {
	g = quiet(g)
	s := &SQL{w: g, r: g, names: newNames(key), now: now}
	if g.Name() == "sqlite" {
		s.saves = newBatcher(1, s.commit)
	}
	return s
}

// ReadFrom makes Load and Ping use another handle on the same database, so that they do not wait
// for the one connection that writes. It returns s and must be called before s is used.
func (s *SQL) ReadFrom(g *gorm.DB) *SQL {
	s.r = quiet(g)
	return s
}

// quiet is g with duplicate keys told as gorm.ErrDuplicatedKey and without logs, which quote values.
func quiet(g *gorm.DB) *gorm.DB {
	g = g.Session(&gorm.Session{NewDB: true, Logger: logger.Discard, SkipDefaultTransaction: true})
	c := *g.Config
	c.TranslateError = true
	g.Config = &c
	return g
}

// Close ends the store after the saves that are under way; others get ErrClosed.
func (s *SQL) Close() error {
	if s.saves != nil {
		s.saves.close()
	}
	return nil
}

// Load implements Store.
func (s *SQL) Load(ctx context.Context, account string) (Value, error) {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	var rows []struct {
		Rev  int64
		Mail int
		Data []byte
	}
	err := s.r.WithContext(ctx).Raw("SELECT rev, mail, data FROM sessions WHERE account_hash = ? AND expires_ms > ?",
		s.names.hash(account), s.now().UnixMilli()).Scan(&rows).Error
	if err != nil {
		return Value{}, fmt.Errorf("select session: %w", err)
	}
	if len(rows) == 0 {
		return Value{}, nil
	}
	return Value{Known: true, Rev: uint64(rows[0].Rev), Mail: rows[0].Mail, Data: rows[0].Data}, nil
}

// Save implements Store.
func (s *SQL) Save(ctx context.Context, account string, rev uint64, data []byte, read int, expiresAt time.Time) (bool, error) {
	now := s.now()
	if data == nil {
		data = []byte{}
	}
	c := &change{
		hash: s.names.hash(account), rev: int64(rev), next: int64(nextRev(rev, now)), data: data,
		read: read, expires: expiresAt.UnixMilli(), now: now.UnixMilli(),
	}
	if err := s.change(ctx, c); err != nil {
		return false, fmt.Errorf("save session: %w", err)
	}
	return c.done, nil
}

// MarkMail implements Store.
func (s *SQL) MarkMail(ctx context.Context, account string) error {
	if err := s.change(ctx, &change{hash: s.names.hash(account), mark: true}); err != nil {
		return fmt.Errorf("mark mail: %w", err)
	}
	return nil
}

// Ping implements Store.
func (s *SQL) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	var n int
	if err := s.r.WithContext(ctx).Raw("SELECT 1").Scan(&n).Error; err != nil {
		return fmt.Errorf("ping sessions: %w", err)
	}
	return nil
}

// Sweep removes some of the rows that have expired and returns how many. Nothing depends on it
// but the size of the table. A row that is saved meanwhile stays.
func (s *SQL) Sweep(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	now := s.now().UnixMilli()
	var hashes [][]byte
	err := s.r.WithContext(ctx).Raw("SELECT account_hash FROM sessions WHERE expires_ms <= ? LIMIT ?", now, sweepMost).Scan(&hashes).Error
	if err == nil && len(hashes) > 0 {
		err = s.w.WithContext(ctx).Exec("DELETE FROM sessions WHERE account_hash IN ? AND expires_ms <= ?", hashes, now).Error
	}
	if err != nil {
		return 0, fmt.Errorf("sweep sessions: %w", err)
	}
	return len(hashes), nil
}

// change is one write and, afterwards, whether it was done.
type change struct {
	hash         []byte
	mark         bool // set the mail mark and nothing else
	rev, next    int64
	data         []byte
	read         int   // the mail mark that was read, 0: none
	expires, now int64 // ms
	done         bool
}

// change carries c out, with others where that helps.
func (s *SQL) change(ctx context.Context, c *change) error {
	if s.saves != nil {
		_, err := s.saves.do(ctx, c)
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	return c.write(s.w.WithContext(ctx))
}

// commit carries changes out in one transaction. Nobody is told before its end, as one change
// may have met what another has written.
func (s *SQL) commit(calls []*call[*change]) {
	ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
	defer cancel()
	err := s.w.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		for _, c := range calls {
			if err := c.work.write(tx); err != nil {
				return err
			}
		}
		return nil
	})
	for _, c := range calls {
		c.end(err)
	}
}

// write carries the change out by statements that are each true or not by themselves.
func (c *change) write(g *gorm.DB) error {
	if c.mark {
		return g.Exec("UPDATE sessions SET mail = mail % ? + 1 WHERE account_hash = ?", marks, c.hash).Error
	}
	set := "UPDATE sessions SET rev = ?, mail = CASE WHEN mail = ? THEN 0 ELSE mail END, data = ?, expires_ms = ? WHERE account_hash = ? AND "
	if c.rev > 0 {
		u := g.Exec(set+"rev = ? AND expires_ms > ?", c.next, c.read, c.data, c.expires, c.hash, c.rev, c.now)
		c.done = u.RowsAffected == 1 // rev always changes, so every engine counts the same
		return u.Error
	}
	// GORM takes bytes that follow a parenthesis apart, so a number stands there.
	err := g.Exec("INSERT INTO sessions (rev, account_hash, mail, data, expires_ms) VALUES (?, ?, 0, ?, ?)",
		c.next, c.hash, c.data, c.expires).Error
	if !errors.Is(err, gorm.ErrDuplicatedKey) {
		c.done = err == nil
		return err
	}
	set = "UPDATE sessions SET rev = ?, mail = 0, data = ?, expires_ms = ? WHERE account_hash = ? AND "
	u := g.Exec(set+"expires_ms <= ?", c.next, c.data, c.expires, c.hash, c.now)
	c.done = u.RowsAffected == 1
	return u.Error
}

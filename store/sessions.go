package store

import (
	"context"

	"yishi/store/session"
)

// Sessions opens a session store in this database, for communities without Redis. It may be
// closed before the database, and is closed with it.
func (db *DB) Sessions() *session.SQL {
	s := session.NewSQL(db.w, db.key, db.clock.Now).ReadFrom(db.r)
	db.shut.Lock()
	defer db.shut.Unlock()
	db.sessions = append(db.sessions, s)
	return s
}

// Sweep removes a few thousand sessions that have expired and says how many; old marks of
// events and the identities of those who left go too. Runs are kept: they are what makes a late repeat harmless.
func (db *DB) Sweep(ctx context.Context) (int, error) {
	if err := db.sweepMarks(ctx); err != nil {
		return 0, err
	}
	if _, err := db.SweepIdentities(ctx); err != nil {
		return 0, err
	}
	db.shut.RLock()
	sessions := db.sessions
	db.shut.RUnlock()
	if len(sessions) == 0 {
		return 0, nil // they are kept elsewhere
	}
	gone := 0
	for range 10 {
		n, err := sessions[0].Sweep(ctx)
		gone += n
		if err != nil || n == 0 {
			return gone, err
		}
	}
	return gone, nil
}

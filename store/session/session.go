// Package session keeps where each account's conversation stands: a small value under
// compare-and-swap, in Redis or in SQL. Losing it loses half-typed drafts and nothing else.
package session

import (
	"context"
	"errors"
	"time"
)

// ErrDown says that the store did not answer lately and was not asked again just now.
var ErrDown = errors.New("session store is down")

// ErrClosed says that the store was closed before the call was sent.
var ErrClosed = errors.New("session store is closed")

// Store keeps one value an account. Implementations: Redis and SQL; both pass the suite in
// sessiontest.
//
// account is the openid; implementations derive their key by a keyed hash and never store it.
// Every call ends by ctx's deadline at the latest. After an error of Save or MarkMail it is
// unknown whether it happened; saying it again is harmless.
type Store interface {
	// Load returns the account's value. A missing or expired one has Rev 0 and Known false.
	Load(ctx context.Context, account string) (Value, error)
	// Save replaces the value if its revision still is rev (0: must be missing or expired), and
	// reports whether it did. It clears the mail mark if readMail is true and else leaves it alone.
	// expiresAt is kept in the value and decides; a TTL only helps to clean up. data must not be
	// changed afterwards.
	Save(ctx context.Context, account string, rev uint64, data []byte, readMail bool, expiresAt time.Time) (bool, error)
	// MarkMail notes that mail waits for the account, without touching the revision. The mark is a
	// hint: where the account has no value nothing is noted, so whoever takes the first turn of
	// a forgotten account asks the database for mail.
	MarkMail(ctx context.Context, account string) error
	// Ping says whether the store answers.
	Ping(ctx context.Context) error
}

// Value is what Load found.
type Value struct {
	Known bool
	Rev   uint64 // rises with each Save, also across a loss of the store; 0 if not Known
	Mail  bool   // mail waits
	Data  []byte // as saved
}

// nextRev is the revision after rev. It follows the clock, so that a store which was emptied
// or went back to an older copy does not come to a revision that an old turn still holds.
func nextRev(rev uint64, now time.Time) uint64 {
	return max(rev+1, uint64(max(0, now.UnixMicro())))
}

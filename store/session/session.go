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
	// reports whether it did. It clears the mail mark if that still is read, as Load found it, and
	// else leaves it alone: mail that came meanwhile is not lost. With read 0 nothing is cleared.
	// expiresAt is kept in the value and decides; a TTL only helps to clean up. data must not be
	// changed afterwards.
	Save(ctx context.Context, account string, rev uint64, data []byte, read int, expiresAt time.Time) (bool, error)
	// MarkMail notes that mail waits for the account, by another mark than before and without
	// touching the revision. The mark is a hint: where the account has no value nothing is noted,
	// so whoever takes the first turn of a forgotten account asks the database for mail.
	MarkMail(ctx context.Context, account string) error
	// Ping says whether the store answers.
	Ping(ctx context.Context) error
}

// Value is what Load found.
type Value struct {
	Known bool
	Rev   uint64 // rises with each Save, also across a loss of the store; 0 if not Known
	Mail  int    // the mark that mail waits, 1 to 15, another with each; 0: none does
	Data  []byte // as saved
}

// marks is how many mail marks there are before they begin again: one hex digit without 0. So
// many would have to be set within one turn for a newer one to be taken for that which was read.
const marks = 15

// nextRev is the revision after rev. It follows the clock, so that a store which was emptied
// or went back to an older copy does not come to a revision that an old turn still holds.
func nextRev(rev uint64, now time.Time) uint64 {
	return max(rev+1, uint64(max(0, now.UnixMicro())))
}

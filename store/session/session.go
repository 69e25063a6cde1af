// Package session keeps where each account's conversation stands: a small value under
// compare-and-swap, in Redis or in SQL. Losing it loses half-typed drafts and nothing else.
package session

import (
	"context"
	"time"
)

// Store keeps one value an account. Implementations: Redis and SQL; both pass Suite.
//
// account is the openid; implementations derive their key by a keyed hash and never store it.
// Every call ends by ctx's deadline at the latest.
type Store interface {
	// Load returns the account's value. A missing or expired one has Rev 0 and Known false.
	Load(ctx context.Context, account string) (Value, error)
	// Save replaces the value if its revision still is rev (0: must not exist), and reports
	// whether it did. The mail mark is left alone unless v.Mail is false and readMail is true.
	// expiresAt is kept in the value; a TTL only helps to clean up.
	Save(ctx context.Context, account string, rev uint64, data []byte, readMail bool, expiresAt time.Time) (bool, error)
	// MarkMail notes that mail waits for the account, without touching the revision.
	MarkMail(ctx context.Context, account string) error
	// Ping says whether the store answers.
	Ping(ctx context.Context) error
}

// Value is what Load found.
type Value struct {
	Known bool
	Rev   uint64 // from 1; rises by one with each Save
	Mail  bool   // mail waits
	Data  []byte // as saved
}

package store

import (
	"context"

	"yishi/flows/civic"
)

// Flush writes the contacts noted so far.
func Flush(ctx context.Context, db *DB) error { return db.flushContacts(ctx) }

// Following reads an account's flag.
func Following(ctx context.Context, db *DB, a civic.Account) (bool, error) {
	var row accountRow
	err := db.r.WithContext(ctx).Where("openid = ?", string(a)).Take(&row).Error
	return row.Following, err
}

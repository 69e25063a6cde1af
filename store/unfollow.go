package store

import (
	"context"
	"errors"
	"time"

	"yishi/flows/civic"
)

// Unfollow writes at once that an account has left, so that nothing more is sent to it. Contact
// would write it within a second.
func (db *DB) Unfollow(ctx context.Context, a civic.Account, when time.Time) error {
	if a == "" || !token(string(a), 64) {
		return errors.New("unfollow: account is not 1 to 64 ASCII characters")
	}
	return db.upsertContacts(ctx, []accountRow{{Openid: string(a), FirstMS: ms(when), UnfollowedMS: ms(when)}})
}

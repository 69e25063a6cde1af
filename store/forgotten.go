package store

import (
	"context"
	"fmt"
	"time"

	"yishi/flows/civic"
)

// forgottenAgain is how long after a deletion a contact may still be the message that asked for it,
// which the platform repeats when it got no answer.
const forgottenAgain = 30 * time.Second

// forgottenRow remembers for a while that an account's data were deleted, so that a hint from before
// does not bring it back.
type forgottenRow struct {
	AccountHash []byte `gorm:"primaryKey"`
	AtMS        int64  `gorm:"column:at_ms"`
}

// TableName is the plural noun of the migration.
func (forgottenRow) TableName() string { return "forgotten" }

// notForgotten leaves out what was noted of accounts, here or by another replica, before their data
// were deleted. Whoever writes again after that is somebody new. One question, while nobody was forgotten
// lately; two else.
func (db *DB) notForgotten(ctx context.Context, noted []accountRow) ([]accountRow, error) {
	var some int
	if err := db.w.WithContext(ctx).Raw("SELECT 1 FROM forgotten LIMIT 1").Scan(&some).Error; err != nil || some == 0 {
		return noted, clean(err)
	}
	v, err := db.vault(ctx)
	if err != nil {
		return nil, err
	}
	var hashes [][]byte
	for _, a := range noted {
		hashes = append(hashes, formerHashes(v, civic.Account(a.Openid))...)
	}
	var rows []forgottenRow
	if err := db.w.WithContext(ctx).Raw("SELECT * FROM forgotten WHERE account_hash IN ?", hashes).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("look for forgotten accounts: %w", clean(err))
	}
	gone := make(map[string]int64, len(rows))
	for _, r := range rows {
		gone[string(r.AccountHash)] = r.AtMS
	}
	out := make([]accountRow, 0, len(noted))
	for _, a := range noted {
		var at int64
		for _, h := range formerHashes(v, civic.Account(a.Openid)) {
			at = max(at, gone[string(h)])
		}
		if at == 0 || max(a.LastMessageMS, a.LastEventMS, a.UnfollowedMS) > at+forgottenAgain.Milliseconds() {
			out = append(out, a)
		}
	}
	return out, nil
}

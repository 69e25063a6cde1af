package store

import (
	"context"
	"fmt"

	"yishi/flows/civic"
)

// People looks up who an account belongs to.
type People struct{ db *DB }

// People returns the look-ups of people.
func (db *DB) People() *People { return &People{db} }

// Identity returns the person that the account was verified as; false while it is not verified,
// or when the person has left.
func (p *People) Identity(ctx context.Context, a civic.Account) (civic.Identity, bool, error) {
	row, err := look(ctx, p.db, func(v *openVault) (found identityFound, newest int64, err error) {
		var rows []identityFound
		err = p.db.r.WithContext(ctx).Raw("SELECT "+identityRead+" UNION ALL SELECT 0, MAX(id), 0, 0, 0, '', 0, '' FROM vault_keys",
			string(a), formerHashes(v, a)).Scan(&rows).Error
		if err != nil {
			return found, 0, fmt.Errorf("read identity: %w", clean(err))
		}
		for _, r := range rows {
			if r.PersonID == 0 {
				newest = r.HouseholdID
			} else {
				found = r
			}
		}
		return found, newest, nil
	})
	if err != nil || row.PersonID == 0 {
		return civic.Identity{}, false, err
	}
	return row.identity(), true, nil
}

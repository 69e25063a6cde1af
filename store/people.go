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
	v, err := p.db.vault(ctx)
	if err != nil {
		return civic.Identity{}, false, err
	}
	var row identityFound
	if err := p.db.r.WithContext(ctx).Raw("SELECT "+identityRead, string(a), formerHash(v, a)).Scan(&row).Error; err != nil {
		return civic.Identity{}, false, fmt.Errorf("read identity: %w", clean(err))
	}
	if row.PersonID == 0 {
		return civic.Identity{}, false, nil
	}
	return row.identity(), true, nil
}

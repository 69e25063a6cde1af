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
	var row struct {
		PersonID, HouseholdID, CommunityID, EstateID, GridID int64
		How                                                  string
		SinceMS                                              int64 `gorm:"column:since_ms"`
	}
	res := p.db.r.WithContext(ctx).Raw("SELECT i.person_id, p.household_id, p.community_id, b.estate_id, b.grid_id, i.how, i.since_ms "+
		"FROM identities i JOIN persons p ON p.id = i.person_id JOIN households h ON h.id = p.household_id "+
		"JOIN buildings b ON b.id = h.building_id WHERE i.account = ? AND p.left_ms = 0", string(a)).Scan(&row)
	if res.Error != nil {
		return civic.Identity{}, false, fmt.Errorf("read identity: %w", clean(res.Error))
	}
	if row.PersonID == 0 {
		return civic.Identity{}, false, nil
	}
	return civic.Identity{
		Person: civic.PersonID(row.PersonID), Household: civic.HouseholdID(row.HouseholdID), Community: civic.CommunityID(row.CommunityID),
		Estate: row.EstateID, Grid: row.GridID, How: civic.VerifiedBy(row.How), Since: at(row.SinceMS),
	}, true, nil
}

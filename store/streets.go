package store

import (
	"context"
	"errors"
	"fmt"

	"yishi/flows/civic"
)

// Streets lists all streets with their districts, by name.
func (c *Communities) Streets(ctx context.Context) ([]civic.StreetArea, error) {
	var out []civic.StreetArea
	err := c.db.r.WithContext(ctx).Raw("SELECT s.id, s.district_id AS district, s.name, d.name AS district_name FROM streets s " +
		"JOIN districts d ON d.id = s.district_id ORDER BY d.name, s.name, s.id").Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("read streets: %w", clean(err))
	}
	return out, nil
}

// PutInStreet says on behalf of the operator in which street, of which district, a community lies;
// both are made where they are not there yet. It returns the street.
func (db *DB) PutInStreet(ctx context.Context, c civic.CommunityID, street, district string) (int64, error) {
	if street == "" {
		return 0, errors.New("put community into street: it has no name")
	}
	changed, err := db.ChangeCommunity(ctx, c, CommunityChange{Street: street, District: district})
	return changed.Area.Street, err
}

package store

import (
	"context"
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

package store

import (
	"context"
	"fmt"

	"yishi/flows/civic"
)

// Grids lists the grids of a community by name.
func (c *Communities) Grids(ctx context.Context, id civic.CommunityID) ([]civic.Grid, error) {
	var rows []gridRow
	if err := c.db.r.WithContext(ctx).Where("community_id = ?", int64(id)).Order("name, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read grids: %w", clean(err))
	}
	out := make([]civic.Grid, len(rows))
	for i, r := range rows {
		out[i] = civic.Grid{ID: r.ID, Community: civic.CommunityID(r.CommunityID), Name: r.Name}
	}
	return out, nil
}

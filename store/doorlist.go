package store

import (
	"context"
	"fmt"

	"yishi/flows/civic"
)

// DoorList lists the households of a community, or of some of its grids (nil: all), by estate, building,
// unit and room, with how many people live there and how many of them are verified. It names nobody.
func (db *DB) DoorList(ctx context.Context, c civic.CommunityID, grids []int64) ([]civic.DoorCount, error) {
	query := "SELECT e.name AS estate, COALESCE(g.name, '') AS grid, b.name AS building, h.unit AS unit, h.room AS room, h.id AS household, " +
		"h.code_hash IS NOT NULL AS carded, COUNT(DISTINCT p.id) AS people, COUNT(DISTINCT i.person_id) AS verified " +
		"FROM households h JOIN buildings b ON b.id = h.building_id JOIN estates e ON e.id = b.estate_id LEFT JOIN grids g ON g.id = b.grid_id " +
		"LEFT JOIN persons p ON p.household_id = h.id AND p.left_ms = 0 LEFT JOIN identities i ON i.person_id = p.id WHERE h.community_id = ?"
	args := []any{int64(c)}
	if grids != nil {
		query += " AND b.grid_id IN ?"
		args = append(args, grids)
	}
	query += " GROUP BY e.name, g.name, b.name, h.unit, h.room, h.id, h.code_hash"
	var out []civic.DoorCount
	if err := db.r.WithContext(ctx).Raw(query, args...).Scan(&out).Error; err != nil {
		return nil, fmt.Errorf("read door list: %w", clean(err))
	}
	civic.SortDoors(out)
	return out, nil
}

// Buildings lists the buildings of a community, in the order in which one walks.
func (c *Communities) Buildings(ctx context.Context, id civic.CommunityID) ([]civic.BuildingAt, error) {
	var out []civic.BuildingAt
	err := c.db.r.WithContext(ctx).Raw("SELECT b.id, b.estate_id, e.name AS estate, b.name, b.grid_id AS grid FROM buildings b JOIN estates e ON e.id = b.estate_id "+
		"WHERE b.community_id = ?", int64(id)).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("read buildings: %w", clean(err))
	}
	civic.SortBuildings(out)
	return out, nil
}

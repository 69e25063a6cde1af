package store

import (
	"context"
	"fmt"
)

// StreetNames gives the names of all streets by their ids.
func (db *DB) StreetNames(ctx context.Context) (map[int64]string, error) {
	var rows []streetRow
	if err := db.r.WithContext(ctx).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read streets: %w", clean(err))
	}
	out := make(map[int64]string, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Name
	}
	return out, nil
}

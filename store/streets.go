package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

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
	var of struct{ District, Street int64 }
	err := db.retried(ctx, func(tx *gorm.DB) error {
		find := func(id *int64, row any, query string, args ...any) error {
			if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(row).Error; err != nil {
				return err
			}
			return tx.Raw(query, args...).Scan(id).Error
		}
		err := find(&of.District, &districtRow{ID: newID(), Name: district}, "SELECT id FROM districts WHERE name = ?", district)
		if err != nil {
			return err
		}
		err = find(&of.Street, &streetRow{ID: newID(), DistrictID: of.District, Name: street},
			"SELECT id FROM streets WHERE district_id = ? AND name = ?", of.District, street)
		if err != nil {
			return err
		}
		return tx.Exec("UPDATE communities SET street_id = ? WHERE id = ?", of.Street, int64(c)).Error
	})
	if err != nil {
		return 0, fmt.Errorf("put community into street: %w", err)
	}
	db.places.forget()
	return of.Street, nil
}

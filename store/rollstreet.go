package store

import (
	"context"
	"database/sql"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// putStreet says in which street a community lies, where nobody has said so yet.
func (r *Roll) putStreet(ctx context.Context, tx *sql.Tx, b *batch, c int64) error {
	claim := r.places.claimed[c]
	if claim.Street == "" || r.o.By.Account != "" {
		return nil
	}
	district, err := districtFor(b.tx, claim.District)
	if err != nil {
		return err
	}
	if district == 0 {
		if !slices.Contains(r.homeless, claim.Street) {
			r.homeless = append(r.homeless, claim.Street)
		}
		return nil
	}
	street, err := streetIn(b.tx, district, claim.Street)
	if err != nil {
		return err
	}
	return r.exec(ctx, tx, "UPDATE communities SET street_id = ? WHERE id = ? AND street_id = 0", street, c)
}

// districtFor finds the district of a name, or makes it; for no name, the only one. Zero: nobody knows.
func districtFor(tx *gorm.DB, name string) (int64, error) {
	var row districtRow
	if name == "" {
		var all []districtRow
		if err := tx.Limit(2).Find(&all).Error; err != nil || len(all) != 1 {
			return 0, clean(err)
		}
		return all[0].ID, nil
	}
	err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&districtRow{ID: newID(), Name: name}).Error
	if err != nil {
		return 0, clean(err)
	}
	err = tx.Where("name = ?", name).Take(&row).Error
	return row.ID, clean(err)
}

// streetIn finds a street of a district, or makes it.
func streetIn(tx *gorm.DB, district int64, name string) (int64, error) {
	err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&streetRow{ID: newID(), DistrictID: district, Name: name}).Error
	if err != nil {
		return 0, clean(err)
	}
	var row streetRow
	err = tx.Where("district_id = ? AND name = ?", district, name).Take(&row).Error
	return row.ID, clean(err)
}

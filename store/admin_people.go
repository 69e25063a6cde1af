package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"yishi/flows/civic"
)

// NewPerson is one person of the roll with the door they live at.
type NewPerson struct {
	Community civic.CommunityID
	Estate    string // name; made where it is not there yet
	Grid      string // name; "" for none
	Building  string
	Unit      string // "" in a building without units
	Room      string
	Name      string
	Phone     string // digits; "" for none
}

// AddPerson puts one person on the roll, for the demo and for tests; a roll comes in by import,
// to which it is the same. Doing it again finds the same person and leaves them as they are.
func (db *DB) AddPerson(ctx context.Context, n NewPerson) (civic.PersonID, error) {
	if _, err := db.vault(ctx); err != nil { // there is a key
		return 0, err
	}
	row := civic.RollRow{
		Estate: n.Estate, Grid: n.Grid, Building: civic.Building(n.Building), Unit: civic.Unit(n.Unit), Room: civic.Room(n.Room),
		Name: n.Name, Phone: n.Phone,
	}
	id := newID()
	err := db.w.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		v, err := b.vault()
		if err != nil {
			return err
		}
		if v.resealing() { // somebody of that name may still be found by another hash
			return ErrResealing
		}
		p, err := v.sealPerson(id, row)
		if err != nil {
			return err
		}
		k := v.newest()
		p.CommunityID, p.MadeMS, p.PhoneHash, p.RollHash = int64(n.Community), ms(b.now), phoneHash(k, n.Phone), rollHash(k, row)
		if p.HouseholdID, err = addDoor(tx, p.CommunityID, row); err != nil {
			return err
		}
		p.NameHash = nameHash(k, p.HouseholdID, n.Name)
		if err := tx.Create(&p).Error; !errors.Is(err, gorm.ErrDuplicatedKey) {
			return err
		}
		return tx.Raw("SELECT id FROM persons WHERE household_id = ? AND name_hash = ?", p.HouseholdID, p.NameHash).Scan(&id).Error
	})
	if err != nil {
		return 0, fmt.Errorf("add person: %w", clean(err))
	}
	db.places.forget()
	return civic.PersonID(id), nil
}

// addDoor makes what is missing on the way to a household and returns its id.
func addDoor(tx *gorm.DB, c int64, n civic.RollRow) (int64, error) {
	find := func(id *int64, row any, query string, args ...any) error {
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(row).Error; err != nil {
			return err
		}
		return tx.Raw(query, args...).Scan(id).Error
	}
	var estate, grid, building, house int64
	for _, step := range []func() error{
		func() error {
			return find(&estate, &estateRow{ID: newID(), CommunityID: c, Name: n.Estate}, "SELECT id FROM estates WHERE community_id = ? AND name = ?", c, n.Estate)
		},
		func() error {
			if n.Grid == "" {
				return nil
			}
			return find(&grid, &gridRow{ID: newID(), CommunityID: c, Name: n.Grid}, "SELECT id FROM grids WHERE community_id = ? AND name = ?", c, n.Grid)
		},
		func() error {
			return find(&building, &buildingRow{ID: newID(), CommunityID: c, EstateID: estate, GridID: grid, Name: n.Building},
				"SELECT id FROM buildings WHERE estate_id = ? AND name = ?", estate, n.Building)
		},
		func() error {
			return find(&house, &householdRow{ID: newID(), CommunityID: c, BuildingID: building, Unit: n.Unit, Room: n.Room},
				"SELECT id FROM households WHERE building_id = ? AND unit = ? AND room = ?", building, n.Unit, n.Room)
		},
	} {
		if err := step(); err != nil {
			return 0, err
		}
	}
	return house, nil
}

// AddIdentity says on behalf of the operator who an account belongs to, for the demo and for tests.
func (db *DB) AddIdentity(ctx context.Context, a civic.Account, p civic.PersonID, how civic.VerifiedBy) error {
	err := db.retried(ctx, func(tx *gorm.DB) error {
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		err := tx.Clauses(clause.OnConflict{
			Columns: []clause.Column{{Name: "account"}}, DoUpdates: clause.AssignmentColumns([]string{"person_id", "how", "since_ms"}),
		}).Create(&identityRow{Account: string(a), PersonID: int64(p), How: string(how), SinceMS: ms(b.now)}).Error
		if err != nil {
			return err
		}
		who, err := b.identities([]string{string(a)})
		if err != nil {
			return err
		}
		w := who[string(a)]
		return b.adopt(nil, a, civic.Identity{Person: civic.PersonID(w.PersonID), Community: civic.CommunityID(w.CommunityID), Estate: w.EstateID, Grid: w.GridID})
	})
	if err != nil {
		return fmt.Errorf("add identity: %w", clean(err))
	}
	return nil
}

// AddCard gives the household of a person the code on its card, for the demo and for tests; cards are
// printed with codes of their own. Code is nine digits.
func (db *DB) AddCard(ctx context.Context, p civic.PersonID, code string) error {
	if _, err := db.vault(ctx); err != nil { // there is a key
		return err
	}
	err := db.w.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		v, err := (&batch{db: db, tx: tx, now: db.clock.Now()}).vault()
		if err != nil {
			return err
		}
		if v.resealing() {
			return ErrResealing
		}
		return tx.Exec("UPDATE households SET code_hash = ? WHERE id = (SELECT household_id FROM persons WHERE id = ?)",
			householdHash(v.openVault, code), int64(p)).Error
	})
	if err != nil {
		return fmt.Errorf("add card: %w", clean(err))
	}
	return nil
}

// SetSettings changes what a community decides for itself, for the demo and for tests; its staff
// change it in the chat.
func (db *DB) SetSettings(ctx context.Context, c civic.CommunityID, s civic.Settings) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	if err := db.w.WithContext(ctx).Exec("UPDATE communities SET settings = ? WHERE id = ?", string(text), int64(c)).Error; err != nil {
		return fmt.Errorf("write settings: %w", clean(err))
	}
	db.places.forget()
	return nil
}

package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// ErrNoDoors means that there is no household for which a code was asked.
var ErrNoDoors = errors.New("no household there needs a code")

// CodesOrder says for which households codes are made.
type CodesOrder struct {
	By        civic.By // of staff; of the operator only the community
	Buildings []int64  // ids; none: the whole community
	// Replace makes codes for all of them, and those on the cards before are void; otherwise only for
	// households that have none.
	Replace bool
	// Seed is random, or at least never used before. The same order gives the same codes, so that a
	// page that is loaded again voids nothing. Without the key of the vault it tells nothing.
	Seed []byte
}

// NewDoorCode is a household's code, in clear only here: the table holds its hash.
type NewDoorCode struct {
	civic.DoorCount
	BuildingID int64
	Code       string // nine digits
	hash       []byte
}

// MakeDoorCodes makes codes and has them printed. They are good once issue has returned nil and
// the transaction, in which it is called, was committed; before, the old ones are.
func (db *DB) MakeDoorCodes(ctx context.Context, o CodesOrder, issue func([]NewDoorCode) error) error {
	if _, err := db.vault(ctx); err != nil { // there is a key
		return err
	}
	var codes []NewDoorCode
	err := db.w.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		kept, err := b.vault()
		if err != nil {
			return err
		}
		if kept.resealing() { // which makes the codes void one after the other
			return ErrResealing
		}
		v := kept.openVault
		if codes, err = b.doorsWithout(v, o); err != nil {
			return err
		}
		for some := range slices.Chunk(codes, codesAtOnce) {
			if err := b.giveCodes(v, o, some); err != nil {
				return err
			}
		}
		err = b.actFor(deed{
			by: o.By, act: civic.ActRoll, what: "codes", object: "community:" + strconv.FormatInt(int64(o.By.Community), 10),
			detail: map[string]any{"households": len(codes), "buildings": o.Buildings[:min(len(o.Buildings), 20)], "replace": o.Replace},
		})
		if err != nil { // nobody learns without an office whether doors are without a card
			return err
		}
		if len(codes) == 0 {
			return ErrNoDoors
		}
		return issue(codes)
	})
	if err != nil {
		return fmt.Errorf("make door codes: %w", clean(err))
	}
	return nil
}

// codesAtOnce is for how many households one statement keeps codes.
const codesAtOnce = 50

// doorsWithout lists the households that get codes.
func (b *batch) doorsWithout(v *openVault, o CodesOrder) ([]NewDoorCode, error) {
	query := "SELECT e.name AS estate, b.name AS building, b.id AS building_id, h.unit, h.room, h.id AS household, h.code_hash AS hash " +
		"FROM households h JOIN buildings b ON b.id = h.building_id JOIN estates e ON e.id = b.estate_id WHERE h.community_id = ?"
	args := []any{int64(o.By.Community)}
	if len(o.Buildings) > 0 {
		query += " AND b.id IN ?"
		args = append(args, o.Buildings)
	}
	var rows []struct {
		civic.DoorCount
		BuildingID int64
		Hash       []byte
	}
	if err := b.tx.Raw(query+b.db.dia.forUpdate(), args...).Scan(&rows).Error; err != nil {
		return nil, err
	}
	var doors []civic.DoorCount
	of := map[civic.HouseholdID]int64{}
	for _, r := range rows {
		if o.Replace || len(r.Hash) == 0 || o.gave(v, int64(r.Household), r.Hash) {
			doors = append(doors, r.DoorCount)
			of[r.Household] = r.BuildingID
		}
	}
	civic.SortDoors(doors)
	out := make([]NewDoorCode, len(doors))
	for i, d := range doors {
		out[i] = NewDoorCode{DoorCount: d, BuildingID: of[d.Household]}
	}
	return out, nil
}

// codeTries is how many codes are tried for a household until one is free.
const codeTries = 8

// code is the nth code that an order has for a household.
func (o CodesOrder) code(v *openVault, household int64, nth byte) string {
	of := binary.BigEndian.AppendUint64(append(slices.Clone(o.Seed), nth), uint64(household))
	return civic.HouseholdCode([civic.HouseholdCodeSeed]byte(v.Hash("new code", string(of))))
}

// gave says whether a household's code came of this very order.
func (o CodesOrder) gave(v *openVault, household int64, hash []byte) bool {
	for nth := range byte(codeTries) {
		if slices.Equal(householdHash(v, o.code(v, household, nth)), hash) {
			return true
		}
	}
	return false
}

// giveCodes finds codes that no other household has, and keeps their hashes.
func (b *batch) giveCodes(v *openVault, o CodesOrder, doors []NewDoorCode) error {
	for nth := range byte(codeTries) {
		var hashes [][]byte
		for i := range doors {
			if doors[i].Code == "" {
				doors[i].hash = householdHash(v, o.code(v, int64(doors[i].Household), nth))
				hashes = append(hashes, doors[i].hash)
			}
		}
		if len(hashes) == 0 {
			break
		}
		var taken []householdRow
		if err := b.tx.Where("code_hash IN ?", hashes).Find(&taken).Error; err != nil {
			return err
		}
		holds := map[string]int64{}
		for _, h := range taken {
			holds[string(h.CodeHash)] = h.ID
		}
		for i := range doors {
			d := &doors[i]
			if owner, is := holds[string(d.hash)]; d.Code == "" && (!is || owner == int64(d.Household)) {
				d.Code = o.code(v, int64(d.Household), nth)
				holds[string(d.hash)] = int64(d.Household)
			}
		}
	}
	var cases, ids []any
	for i := range doors {
		if doors[i].Code == "" {
			return errors.New("found no free code")
		}
		cases = append(cases, int64(doors[i].Household), doors[i].hash)
		ids = append(ids, int64(doors[i].Household))
	}
	query := "UPDATE households SET code_hash = CASE id" + strings.Repeat(" WHEN ? THEN ?", len(doors)) + " END WHERE id IN " + tuples(1, len(doors))
	return b.tx.Exec(query, append(cases, ids...)...).Error
}

// HouseholdOf returns the household that has a code, nine digits as civic.ReadHouseholdCode gives
// them; zero if none has.
func (db *DB) HouseholdOf(ctx context.Context, code string) (civic.HouseholdID, error) {
	c, err := db.Verification().Card(ctx, code)
	return c.Household, err
}

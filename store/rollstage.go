package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"yishi/flows/civic"
	"yishi/flows/zh"
)

func isTaken(err error) bool { return errors.Is(err, gorm.ErrDuplicatedKey) }

// rollPlaces are the communities that a roll may name, and those that it has claimed.
type rollPlaces struct {
	named   map[string][]civic.Community // by folded name without 社区 or 居委会
	streets map[int64]streetRow
	seen    map[[2]string]int64     // street and community as written → id
	claimed map[int64]*rollClaimRow // by community
}

func (p *rollPlaces) again() *rollPlaces {
	return &rollPlaces{named: p.named, streets: p.streets, seen: map[[2]string]int64{}, claimed: map[int64]*rollClaimRow{}}
}

func (r *Roll) readPlaces(ctx context.Context) (*rollPlaces, error) {
	r.db.places.forget()
	k, err := r.db.places.known(ctx, r.db)
	if err != nil {
		return nil, err
	}
	p := (&rollPlaces{named: map[string][]civic.Community{}, streets: map[int64]streetRow{}}).again()
	for _, c := range k.list {
		p.named[communityName(c.Name)] = append(p.named[communityName(c.Name)], c)
	}
	var streets []streetRow
	if err := r.db.r.WithContext(ctx).Find(&streets).Error; err != nil {
		return nil, fmt.Errorf("read streets: %w", clean(err))
	}
	for _, s := range streets {
		p.streets[s.ID] = s
	}
	return p, nil
}

// communityName is a community's name as it is compared: 钮家巷 and 钮家巷社区居委会 are one.
func communityName(name string) string {
	name = zh.Fold(name)
	for _, end := range [...]string{"居民委员会", "居委会", "社区"} {
		if t := strings.TrimSuffix(name, end); t != "" {
			name = t
		}
	}
	return name
}

// community finds the community of a row, or says what is wrong with it.
func (p *rollPlaces) community(row civic.RollRow, only civic.CommunityID) (civic.Community, *civic.RollFault) {
	fault := func(column, reason string) (civic.Community, *civic.RollFault) {
		return civic.Community{}, &civic.RollFault{Line: row.Line, Column: column, Reason: reason}
	}
	found := p.named[communityName(row.Community)]
	if len(found) > 1 { // of one name in several streets
		found = slices.DeleteFunc(slices.Clone(found), func(c civic.Community) bool {
			return row.Street == "" || zh.Fold(p.streets[c.Area.Street].Name) != zh.Fold(row.Street)
		})
	}
	if only != 0 {
		found = slices.DeleteFunc(slices.Clone(found), func(c civic.Community) bool { return c.ID != only })
	}
	switch {
	case len(found) == 0 && only != 0:
		return fault("社区", "这一行写的是另一个社区，这次只导入一个社区的名册。")
	case len(found) == 0 && len(p.named[communityName(row.Community)]) == 0:
		return fault("社区", "没有登记过这个社区，请先登记再导入。")
	case len(found) != 1:
		return fault("社区", "有几个社区同名，请写对街道。")
	}
	street := p.streets[found[0].Area.Street].Name
	if row.Street != "" && street != "" && zh.Fold(street) != zh.Fold(row.Street) {
		return fault("街道", "和这个社区登记的街道不一样。")
	}
	return found[0], nil
}

// Add stages rows that were read. It returns faults of rows that were left out, and claims each
// community that comes up: ErrRollBusy says that another import has it.
func (r *Roll) Add(ctx context.Context, rows []civic.RollRow) ([]civic.RollFault, error) {
	var faults []civic.RollFault
	var args []any
	for _, row := range rows {
		c, fault, err := r.place(ctx, row)
		if err != nil {
			return faults, fmt.Errorf("stage a roll: %w", err)
		}
		if fault != nil {
			faults = append(faults, *fault)
			continue
		}
		line, err := r.stage(c, row)
		if err != nil {
			return faults, fmt.Errorf("stage a roll: %w", err)
		}
		args = append(args, line...)
	}
	if err := r.alive(ctx); err != nil {
		return faults, fmt.Errorf("stage a roll: %w", err)
	}
	if len(args) == 0 {
		return faults, nil
	}
	if err := r.insertAll(ctx, "INSERT INTO roll_lines "+stagedColumns+" VALUES ", "", stagedWidth, args); err != nil {
		return faults, fmt.Errorf("stage a roll: %w", err)
	}
	return faults, nil
}

// place finds a row's community and claims it on its first appearance.
func (r *Roll) place(ctx context.Context, row civic.RollRow) (int64, *civic.RollFault, error) {
	written := [2]string{row.Street, row.Community}
	if id, ok := r.places.seen[written]; ok {
		return id, nil, nil
	}
	c, fault := r.places.community(row, r.o.Community)
	if fault != nil {
		return 0, fault, nil
	}
	id := int64(c.ID)
	switch claim := r.places.claimed[id]; {
	case claim == nil:
		claim = &rollClaimRow{CommunityID: id, RollID: r.id, Street: row.Street, District: r.o.District}
		if c.Area.Street != 0 {
			claim.Street, claim.District = "", ""
		}
		if err := r.claim(ctx, *claim); err != nil {
			return 0, nil, err
		}
		r.places.claimed[id] = claim
	case row.Street != "" && claim.Street != "" && zh.Fold(claim.Street) != zh.Fold(row.Street):
		return 0, &civic.RollFault{Line: row.Line, Column: "街道", Reason: "同一个社区在名册里写了不同的街道。"}, nil
	}
	r.places.seen[written] = id
	return id, nil, nil
}

const (
	stagedColumns = "(roll_id, community_id, line, act, person_id, estate, grid, building, unit, room, roll_hash, code_hash, phone_hash, name, phone, code, note)"
	stagedWidth   = 17
)

// stage is a row as the table holds it, sealed for the person that it will be if nobody is found.
func (r *Roll) stage(c int64, row civic.RollRow) ([]any, error) {
	s, err := r.v.sealPerson(newID(), row)
	if err != nil {
		return nil, err
	}
	return []any{
		r.id, c, row.Line, actStaged, s.ID, row.Estate, row.Grid, civic.Building(row.Building), civic.Unit(row.Unit), civic.Room(row.Room),
		rollHash(r.v.newest(), row), null(codeHash(r.v.newest(), row.Code)), null(phoneHash(r.v.newest(), row.Phone)), s.Name, s.Phone, s.Code, s.Note,
	}, nil
}

// null is b, or NULL for nil.
func null(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

// sealPerson seals what a roll says of a person for the row id.
func (v keptVault) sealPerson(id int64, row civic.RollRow) (personRow, error) {
	p := personRow{ID: id}
	for _, f := range []struct {
		to     *[]byte
		text   string
		column string
	}{{&p.Name, row.Name, "persons.name"}, {&p.Phone, row.Phone, "persons.phone"}, {&p.Code, row.Code, "persons.code"}, {&p.Note, row.Note, "persons.note"}} {
		sealed, err := v.Seal(f.text, f.column, id)
		if err != nil {
			return p, err
		}
		*f.to = sealed
	}
	return p, nil
}

package store

import (
	"context"
	"fmt"
	"slices"

	"yishi/flows/civic"
	"yishi/flows/zh"
)

// rollDoors are the places of one community, and those that an import will make.
type rollDoors struct {
	community int64
	estates   map[string]int64         // by folded name
	grids     map[string]int64         // by folded name
	buildings map[string]*rollBuilding // by estate and number
	houses    map[string]int64         // by building, unit and room

	newEstates   []estateRow
	newGrids     []gridRow
	newBuildings []*rollBuilding
	newHouses    []householdRow
}

// rollBuilding is a building and the grid that the roll puts it in.
type rollBuilding struct {
	buildingRow
	was   int64 // grid before
	made  bool
	heard bool // the roll has said a grid
}

func (r *Roll) readDoors(ctx context.Context, c int64) (*rollDoors, error) {
	d := &rollDoors{
		community: c, estates: map[string]int64{}, grids: map[string]int64{}, buildings: map[string]*rollBuilding{}, houses: map[string]int64{},
	}
	tx := r.db.r.WithContext(ctx)
	var estates []estateRow
	var grids []gridRow
	var buildings []buildingRow
	for _, to := range []any{&estates, &grids, &buildings} {
		if err := tx.Where("community_id = ?", c).Find(to).Error; err != nil {
			return nil, clean(err)
		}
	}
	for _, e := range estates {
		d.estates[zh.Fold(e.Name)] = e.ID
	}
	for _, g := range grids {
		d.grids[zh.Fold(g.Name)] = g.ID
	}
	for _, b := range buildings {
		d.buildings[buildingKey(b.EstateID, b.Name)] = &rollBuilding{buildingRow: b, was: b.GridID}
	}
	rows, err := tx.Raw("SELECT id, building_id, unit, room FROM households WHERE community_id = ?", c).Rows()
	if err != nil {
		return nil, clean(err)
	}
	defer func() { _ = rows.Close() }() // Err has told
	for rows.Next() {
		var h householdRow
		if err := rows.Scan(&h.ID, &h.BuildingID, &h.Unit, &h.Room); err != nil {
			return nil, clean(err)
		}
		d.houses[houseKey(h.BuildingID, h.Unit, h.Room)] = h.ID
	}
	return d, clean(rows.Err())
}

func buildingKey(estate int64, name string) string {
	return fmt.Sprintf("%x/%s", estate, civic.Building(name))
}

func houseKey(building int64, unit, room string) string {
	return fmt.Sprintf("%x/%s/%s", building, civic.Unit(unit), civic.Room(room))
}

// house finds the door of a line, or makes it; fault says why the line contradicts another, and no
// door is made then.
func (d *rollDoors) house(l *rollLineRow) (id int64, fault string) {
	estate, ok := d.estates[zh.Fold(l.Estate)]
	if !ok {
		estate = newID()
		d.estates[zh.Fold(l.Estate)] = estate
		d.newEstates = append(d.newEstates, estateRow{ID: estate, CommunityID: d.community, Name: l.Estate})
	}
	key := buildingKey(estate, l.Building)
	b := d.buildings[key]
	if b == nil {
		b = &rollBuilding{buildingRow: buildingRow{ID: newID(), CommunityID: d.community, EstateID: estate, Name: l.Building}, made: true}
		d.buildings[key] = b
		d.newBuildings = append(d.newBuildings, b)
	}
	if l.Grid != "" {
		switch grid := d.grid(l.Grid); {
		case !b.heard:
			b.GridID, b.heard = grid, true
		case b.GridID != grid:
			return 0, "同一幢楼，前面的行写的是另一个网格。一幢楼只能在一个网格里。"
		}
	}
	door := houseKey(b.ID, l.Unit, l.Room)
	if id, ok = d.houses[door]; !ok {
		id = newID()
		d.houses[door] = id
		d.newHouses = append(d.newHouses, householdRow{ID: id, CommunityID: d.community, BuildingID: b.ID, Unit: l.Unit, Room: l.Room})
	}
	return id, fault
}

func (d *rollDoors) grid(name string) int64 {
	id, ok := d.grids[zh.Fold(name)]
	if !ok {
		id = newID()
		d.grids[zh.Fold(name)] = id
		d.newGrids = append(d.newGrids, gridRow{ID: id, CommunityID: d.community, Name: name})
	}
	return id
}

// onlyUsed forgets new doors that nobody is to live behind: their lines had faults.
func (d *rollDoors) onlyUsed(lines []plannedLine) {
	used := map[int64]bool{}
	for i := range lines {
		if !lines[i].bad {
			used[lines[i].house] = true
		}
	}
	d.newHouses = slices.DeleteFunc(d.newHouses, func(h householdRow) bool { return !used[h.ID] })
}

package civic

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"yishi/flows/zh"
)

// DoorCount is one household of a door list 上门名单: where it is and whether its people are reached by
// the bot. Nobody is named.
type DoorCount struct {
	Household HouseholdID
	Estate    string
	Grid      string // "" where none is known
	Building  string
	Unit      string // "" where the building has none
	Room      string
	People    int
	Verified  int  // of them
	Carded    bool // a card was printed whose code is good
}

// Door is the household's door as people write it: 3幢2单元501室.
func (d DoorCount) Door() string { return ShowDoor(d.Building, d.Unit, d.Room) }

// BuildingAt is a building and where it stands.
type BuildingAt struct {
	ID       int64
	EstateID int64
	Estate   string
	Name     string // as [Building] has it
	Grid     int64  // zero: none known
}

// String is the building as people write it: 钮家新村3幢.
func (b BuildingAt) String() string { return b.Estate + ShowDoor(b.Name, "", "") }

// SortBuildings puts buildings in the order in which one walks.
func SortBuildings(all []BuildingAt) {
	slices.SortFunc(all, func(a, b BuildingAt) int {
		return cmp.Or(strings.Compare(a.Estate, b.Estate), byNumber(a.Name, b.Name))
	})
}

// FindBuildings finds the buildings that a text names: 3幢 in any estate, 钮家新村3幢 in one.
func FindBuildings(all []BuildingAt, text string) []BuildingAt {
	text = zh.Fold(text)
	var out []BuildingAt
	for _, b := range all {
		estate := zh.Fold(b.Estate)
		rest, named := strings.CutPrefix(text, estate)
		if Building(text) == b.Name || named && Building(strings.TrimSpace(rest)) == b.Name {
			out = append(out, b)
		}
	}
	return out
}

// SortDoors puts doors in the order in which one walks: estate, building, unit, room, by their numbers.
func SortDoors(doors []DoorCount) {
	slices.SortFunc(doors, func(a, b DoorCount) int {
		return cmp.Or(strings.Compare(a.Estate, b.Estate), byNumber(a.Building, b.Building), byNumber(a.Unit, b.Unit), byNumber(a.Room, b.Room))
	})
}

// byNumber compares 3, 12 and 12A by their numbers first.
func byNumber(a, b string) int {
	number := func(s string) (int, string) {
		end := 0
		for end < len(s) && end < 9 && s[end] >= '0' && s[end] <= '9' {
			end++
		}
		n, err := strconv.Atoi(s[:end])
		if err != nil {
			n = 1 << 30 // words after numbers
		}
		return n, s[end:]
	}
	x, more := number(a)
	y, rest := number(b)
	return cmp.Or(x-y, strings.Compare(more, rest))
}

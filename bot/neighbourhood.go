package main

import (
	"context"
	"fmt"

	"yishi/flows/civic"
	"yishi/store"
)

// The people of the demo who have a phone on its page.
const (
	demoAunt      = civic.Account("oDemoResident0000000000001") // verified
	demoYoung     = civic.Account("oDemoResident0000000000002") // on the roll, not verified yet
	demoWorker    = civic.Account("oDemoGridWorker00000000001")
	demoCommittee = civic.Account("oDemoCommittee000000000001")
)

// Sample neighbours without a phone on the page who come up by name.
const (
	sampleCrowd    = "oSampleCaller0000000000"
	sampleCaller   = sampleCrowd + "000000" // follows, and waits for a grid worker
	sampleNewcomer = civic.Account("oSampleNewcomer0000000001")
)

// demoYoungDoor is what the demo's page tells of the one who is to be verified by hand: their
// door, name and the last digits of their phone.
const demoYoungDoor = "菉葭巷5幢1单元302 周小敏 2002"

// block is one building of the sample neighbourhood.
type block struct {
	estate, grid, building string
	units, floors, rooms   int // rooms on a floor of a unit
}

// blocks make sixty households in three grids.
func blocks() []block {
	return []block{
		{"凤凰新村", "一网格", "3", 2, 5, 2},
		{"凤凰新村", "一网格", "5", 1, 5, 2},
		{"菉葭巷", "二网格", "5", 1, 5, 2},
		{"菉葭巷", "二网格", "7", 1, 5, 2},
		{"河沿小区", "三网格", "1", 1, 5, 2},
	}
}

// sampleFamilies are names made up for the demo; by door they repeat with another given name.
var (
	sampleFamilies = []string{"钱", "孙", "郑", "冯", "褚", "卫", "蒋", "沈", "韩", "杨", "朱", "秦", "尤", "许", "何"}
	sampleGiven    = []string{"桂芳", "建平", "小妹", "志强", "秀兰", "国栋", "文英", "海涛", "玉珍", "永康", "丽华", "家宁"}
)

// settleNeighbourhood puts sixty households on the roll, verifies some of them, and gives the
// demo's staff their offices. It returns the accounts of verified neighbours.
func settleNeighbourhood(ctx context.Context, db *store.DB, c civic.Community) ([]civic.Account, error) {
	var verified []civic.Account
	n := 0
	for _, b := range blocks() {
		for unit := 1; unit <= b.units; unit++ {
			for floor := 1; floor <= b.floors; floor++ {
				for room := 1; room <= b.rooms; room++ {
					door := store.NewPerson{
						Community: c.ID, Estate: b.estate, Grid: b.grid, Building: b.building, Unit: fmt.Sprint(unit), Room: fmt.Sprintf("%d%02d", floor, room),
					}
					of, err := settleDoor(ctx, db, door, n)
					if err != nil {
						return nil, err
					}
					verified = append(verified, of...)
					n++
				}
			}
		}
	}
	return verified, settleStaff(ctx, db, c)
}

// settleDoor puts the people behind one door on the roll; the n-th door of all.
func settleDoor(ctx context.Context, db *store.DB, door store.NewPerson, n int) ([]civic.Account, error) {
	var verified []civic.Account
	family := sampleFamilies[n%len(sampleFamilies)]
	for i := range 1 + n%3 {
		p := door
		p.Name, p.Phone = family+sampleGiven[(n/len(sampleFamilies)*3+n+i)%len(sampleGiven)], fmt.Sprintf("138%04d%04d", n+1, 3000+10*n+i)
		account := civic.Account(fmt.Sprintf("oSampleNeighbour%08d", 10*n+i))
		switch at := door.Estate + door.Building + "-" + door.Unit + "-" + door.Room; {
		case at == "凤凰新村3-2-501" && i == 0:
			p.Name, p.Phone, account = "李桂香", "13800001001", demoAunt
		case at == "菉葭巷5-1-302" && i == 0:
			p.Name, p.Phone, account = "周小敏", "13800002002", ""
		case at == "菉葭巷7-1-101" && i == 0:
			account = sampleCaller
		case i > 0 || n%4 == 3:
			account = "" // has no phone with this account, or is not verified
		}
		id, err := db.AddPerson(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("make sample neighbours: %w", err)
		}
		if account == "" {
			continue
		}
		if err := db.AddIdentity(ctx, account, id, civic.ByRoll); err != nil {
			return nil, fmt.Errorf("make sample neighbours: %w", err)
		}
		if account != demoAunt {
			verified = append(verified, account)
		}
	}
	return verified, nil
}

func settleStaff(ctx context.Context, db *store.DB, c civic.Community) error {
	for _, s := range []store.NewStaff{
		{Account: demoWorker, Name: "网格员小陈", Role: civic.GridWorker, Community: c.ID},
		{Account: demoCommittee, Name: "社工小王", Role: civic.Committee, Community: c.ID},
	} {
		if _, err := db.AddStaff(ctx, s); err != nil {
			return fmt.Errorf("give sample offices: %w", err)
		}
	}
	return nil
}

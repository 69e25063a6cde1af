package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"yishi/bot/files"
	"yishi/config"
	"yishi/flows/civic"
	"yishi/store"
)

const doorListUsage = "door-list --community 钮 [--grid 一网格] OUT.xlsx | OUT.csv"

// doorColumns are those of a door list 上门名单. It names nobody, neither to grid workers nor to the
// committee: to ring at a door one needs to know that somebody there is not reached yet, not who.
var doorColumns = []string{"小区", "网格", "幢", "单元", "室", "人数", "已认证", "门牌卡"}

// writeDoors writes a door list as a workbook, or as CSV.
func writeDoors(w io.Writer, workbook bool, temp string, doors []civic.DoorCount) error {
	begin := func() (files.List, error) { return files.CSV(w, doorColumns...) }
	if workbook {
		begin = func() (files.List, error) { return files.XLSX(w, temp, "上门名单", doorColumns...) }
	}
	list, err := begin()
	if err != nil {
		return err
	}
	for _, d := range doors {
		carded := "没有"
		if d.Carded {
			carded = "有"
		}
		if err := list.Row(d.Estate, d.Grid, d.Building, d.Unit, d.Room, d.People, d.Verified, carded); err != nil {
			return errors.Join(err, list.Close())
		}
	}
	return list.Close()
}

// doorList writes a door list on behalf of the operator.
func doorList(ctx context.Context, e env) error {
	fs := flagSet(e, "door-list", doorListUsage)
	code := fs.String("community", "", "its code")
	grid := fs.String("grid", "", "only this grid")
	if err := fs.Parse(e.args); err != nil {
		return errUsage
	}
	out := fs.Arg(0)
	workbook := strings.HasSuffix(out, ".xlsx")
	if fs.NArg() != 1 || *code == "" || !workbook && !strings.HasSuffix(out, ".csv") {
		fs.Usage()
		return errUsage
	}
	cfg, err := load(e, config.Database)
	if err != nil {
		return err
	}
	db, err := openChecked(ctx, e, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // it was only read
	c, err := communityByCode(ctx, db, *code)
	if err != nil {
		return err
	}
	grids, err := gridNamed(ctx, db, c.ID, *grid)
	if err != nil {
		return err
	}
	doors, err := db.DoorList(ctx, c.ID, grids)
	if err != nil {
		return err
	}
	if err := writeWhole(out, func(w io.Writer) error { return writeDoors(w, workbook, "", doors) }); err != nil {
		return err
	}
	people, verified := 0, 0
	for _, d := range doors {
		people, verified = people+d.People, verified+d.Verified
	}
	e.say("%d households, %d people, %d of them verified", len(doors), people, verified)
	return nil
}

// gridNamed finds a grid; "" stands for all, which is nil.
func gridNamed(ctx context.Context, db *store.DB, c civic.CommunityID, name string) ([]int64, error) {
	if name == "" {
		return nil, nil
	}
	all, err := db.Communities().Grids(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("look for the grid: %w", err)
	}
	i := slices.IndexFunc(all, func(g civic.Grid) bool { return g.Name == name })
	if i < 0 {
		return nil, errors.New("there is no such grid")
	}
	return []int64{all[i].ID}, nil
}

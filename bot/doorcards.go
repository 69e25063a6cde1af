package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"yishi/bot/files"
	"yishi/bot/wechat"
	"yishi/config"
	"yishi/flows/civic"
	"yishi/store"
)

// doorCodesUsage is how bot door-codes is called.
const doorCodesUsage = "door-codes --community 钮 [--building 新村3幢] [--qr] --new | --replace OUT.html"

// cardsOrder says which door cards are printed, and how.
type cardsOrder struct {
	store.CodesOrder
	community civic.Community
	account   string // the account's name
	// scene makes what a QR code of the scene says; nil: no QR codes.
	scene func(ctx context.Context, scene string) (string, error)
}

// printCards makes codes and writes the page with the cards of their households. The page is whole
// before the codes are good, and they are good only if it could be written.
func printCards(ctx context.Context, db *store.DB, o cardsOrder, w io.Writer) (households int, err error) {
	codes := map[int64]string{}
	if o.scene != nil {
		if codes, err = buildingCodes(ctx, db, o); err != nil {
			return 0, err
		}
	}
	err = db.MakeDoorCodes(ctx, o.CodesOrder, func(made []store.NewDoorCode) error {
		households = len(made)
		return files.DoorCards(w, doorSheet(o, made, codes))
	})
	return households, err
}

// doorSheet puts households under their buildings.
func doorSheet(o cardsOrder, made []store.NewDoorCode, codes map[int64]string) files.DoorSheet {
	sheet := files.DoorSheet{Community: o.community.Name, Account: o.account, Phone: o.community.Phone}
	at := int64(0)
	for _, m := range made {
		if m.BuildingID != at {
			at = m.BuildingID
			sheet.Buildings = append(sheet.Buildings, files.DoorBuilding{Name: m.Estate + " " + civic.ShowDoor(m.Building, "", ""), QR: codes[at]})
		}
		b := &sheet.Buildings[len(sheet.Buildings)-1]
		b.Cards = append(b.Cards, files.DoorCard{Door: m.Door(), Code: m.Code})
	}
	return sheet
}

// buildingCodes asks the platform for one QR code a building. Its scene leads to the community.
func buildingCodes(ctx context.Context, db *store.DB, o cardsOrder) (map[int64]string, error) {
	all, err := db.Communities().Buildings(ctx, o.community.ID)
	if err != nil {
		return nil, err
	}
	wanted := map[int64]bool{}
	for _, id := range o.Buildings {
		wanted[id] = true
	}
	out := map[int64]string{}
	for _, b := range all {
		if len(wanted) > 0 && !wanted[b.ID] {
			continue
		}
		scene := "b" + strconv.FormatInt(b.ID, 36)
		if err := db.AddScene(ctx, scene, o.community.ID, b.EstateID); err != nil {
			return nil, err
		}
		if out[b.ID], err = o.scene(ctx, scene); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// codesFlags are what an operator says of door cards.
type codesFlags struct {
	community, building, out string
	qr, fresh, replace       bool
}

func readCodes(e env) (codesFlags, error) {
	var f codesFlags
	fs := flagSet(e, "door-codes", doorCodesUsage)
	fs.StringVar(&f.community, "community", "", "its code")
	fs.StringVar(&f.building, "building", "", "only this building, such as 新村3幢")
	fs.BoolVar(&f.qr, "qr", false, "ask the platform for a QR code a building")
	fs.BoolVar(&f.fresh, "new", false, "cards for households that have none")
	fs.BoolVar(&f.replace, "replace", false, "cards for all: those that were given out are void")
	if err := fs.Parse(e.args); err != nil {
		return f, errUsage
	}
	if f.out = fs.Arg(0); fs.NArg() != 1 || f.community == "" || f.fresh == f.replace {
		fs.Usage()
		return f, errUsage
	}
	return f, nil
}

// doorCodes prints door cards on behalf of the operator.
func doorCodes(ctx context.Context, e env) error {
	f, err := readCodes(e)
	if err != nil {
		return err
	}
	need := config.Database
	if f.qr {
		need = config.Serve
	}
	cfg, err := load(e, need)
	if err != nil {
		return err
	}
	if cfg.WeChat.Name == "" {
		return errors.New("set YISHI_WECHAT_NAME: the cards say by which name the account is found")
	}
	db, err := openChecked(ctx, e, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // what was written is committed
	o := cardsOrder{account: cfg.WeChat.Name, CodesOrder: store.CodesOrder{Replace: f.replace, Seed: make([]byte, 16)}}
	if _, err := rand.Read(o.Seed); err != nil {
		return fmt.Errorf("make codes: %w", err)
	}
	if o.community, o.Buildings, err = placeOf(ctx, db, f.community, f.building); err != nil {
		return err
	}
	o.By.Community = o.community.ID
	if f.qr {
		a := &app{cfg: cfg}
		client := wechat.NewClient(a.account(), nil, db.Clock().Now, nil)
		o.scene = func(ctx context.Context, scene string) (string, error) {
			qr, err := client.QRCode(ctx, scene, 0)
			return qr.URL, err
		}
	}
	n := 0
	err = writeWhole(f.out, func(w io.Writer) error {
		n, err = printCards(ctx, db, o, w)
		return err
	})
	if errors.Is(err, store.ErrNoDoors) {
		return errors.New("no household there is without a card; --replace makes new ones for all")
	}
	if err != nil {
		return err
	}
	e.say("cards for %d households were printed; the codes stand nowhere else", n)
	return nil
}

// placeOf finds a community by its code, and buildings by a text; "" stands for all of them.
func placeOf(ctx context.Context, db *store.DB, code, building string) (civic.Community, []int64, error) {
	c, err := communityByCode(ctx, db, code)
	if err != nil || building == "" {
		return c, nil, err
	}
	all, err := db.Communities().Buildings(ctx, c.ID)
	if err != nil {
		return c, nil, err
	}
	found := civic.FindBuildings(all, building)
	if len(found) == 0 {
		return c, nil, errors.New("there is no such building")
	}
	if len(found) > 1 {
		return c, nil, errors.New("several estates have such a building: say the estate's name before it")
	}
	return c, []int64{found[0].ID}, nil
}

// writeWhole writes a file that only its owner can read, whole or not at all.
func writeWhole(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".yishi-*") // of mode 0600
	if err != nil {
		return fmt.Errorf("make the file: %w", withoutPath(err))
	}
	name := f.Name()
	err = write(f)
	if e := f.Close(); err == nil && e != nil {
		err = fmt.Errorf("write the file: %w", withoutPath(e))
	}
	if err != nil {
		return errors.Join(err, withoutPath(os.Remove(name)))
	}
	if err := os.Rename(name, path); err != nil { // what is in it may be good for once only: it stays
		return fmt.Errorf("the file is whole and lies beside it as %s: %w", filepath.Base(name), withoutPath(err))
	}
	return nil
}

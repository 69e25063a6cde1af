package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"yishi/config"
	"yishi/flows/civic"
	"yishi/store"
)

// staffUsage is how bot staff is called.
const staffUsage = `staff invite -role gridWorker -community 钮 -name 某网格员 [-grids 一网格,二网格] [-days 7]
       bot staff invite -role street -community 钮 -name …      (the street, or district, in which the community lies)
       bot staff invite -community 钮 -new-phone STAFF          (a new phone of somebody on the list)
       bot staff list -community 钮 | staff list | staff revoke GRANT`

// staffCommand gives offices, shows who holds them, and takes them away.
func staffCommand(ctx context.Context, e env) error {
	do := map[string]func(context.Context, env, *store.DB) error{"invite": inviteStaff, "list": listStaff, "revoke": revokeStaff}
	if len(e.args) == 0 || do[e.args[0]] == nil {
		_, _ = fmt.Fprintln(e.stderr, "usage: bot "+staffUsage)
		return errUsage
	}
	return withStore(ctx, e, func(db *store.DB) error { return do[e.args[0]](ctx, e, db) })
}

// withStore opens the store of the configuration for one command.
func withStore(ctx context.Context, e env, do func(*store.DB) error) error {
	cfg, err := load(e, config.Database)
	if err != nil {
		return err
	}
	db, err := openChecked(ctx, e, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // what was written is committed
	return do(db)
}

// inviteStaff makes a code that somebody types into the chat.
func inviteStaff(ctx context.Context, e env, db *store.DB) error {
	fs := flagSet(e, "staff invite", staffUsage)
	role := fs.String("role", "", "supervisor, gridWorker, committee, street, district or observer")
	code := fs.String("community", "", "code of the community, such as 钮")
	grids := fs.String("grids", "", "names of a grid worker's grids, with commas; none: all")
	name := fs.String("name", "", "name, as colleagues read it")
	days := fs.Int("days", civic.InviteDays, "how long the code is good")
	phone := fs.Int64("new-phone", 0, "for a new phone of this member of staff, by the number of the list")
	if err := fs.Parse(e.args[1:]); err != nil || fs.NArg() > 0 {
		return errUsage
	}
	c, err := communityByCode(ctx, db, *code)
	if err != nil {
		return err
	}
	if *days < 1 || *days > civic.InviteMostDays {
		return fmt.Errorf("-days must be 1 to %d", civic.InviteMostDays)
	}
	i := civic.Invite{
		By: civic.By{Community: c.ID}, Staff: civic.StaffID(*phone), Name: *name, Until: db.Clock().Now().Add(time.Duration(*days) * 24 * time.Hour),
	}
	if *phone == 0 {
		if i.Office, err = officeOf(ctx, db, c, civic.Role(*role), *grids); err != nil {
			return err
		}
		if n := len([]rune(*name)); n < 1 || n > civic.StaffNameMost {
			return fmt.Errorf("-name must have 1 to %d characters", civic.StaffNameMost)
		}
	}
	made, err := db.InviteStaff(ctx, i)
	if err != nil {
		return err
	}
	e.say("%s", civic.ShowInviteCode(made))
	e.say("good once, for %d days; they send to the account: 邀请 %s", *days, civic.ShowInviteCode(made))
	return nil
}

// officeOf reads which office is meant.
func officeOf(ctx context.Context, db *store.DB, c civic.Community, r civic.Role, grids string) (civic.Office, error) {
	o := civic.Office{Role: r, Community: c.ID}
	switch {
	case r == civic.Resident || !slices.Contains(civic.Roles(), r):
		return o, fmt.Errorf("-role must be one of supervisor, gridWorker, committee, street, district, observer")
	case r == civic.Street:
		o.Community, o.Over = 0, c.Area.Street
	case r == civic.District:
		o.Community, o.Over = 0, c.Area.District
	}
	if o.Community == 0 && o.Over == 0 {
		return o, errors.New("nobody said in which street the community lies; see bot community")
	}
	if grids == "" {
		return o, nil
	}
	if r != civic.GridWorker {
		return o, errors.New("-grids are for a gridWorker")
	}
	all, err := db.Communities().Grids(ctx, c.ID)
	if err != nil {
		return o, err
	}
	for _, name := range strings.FieldsFunc(grids, func(r rune) bool { return r == ',' || r == '，' || r == '、' }) {
		i := slices.IndexFunc(all, func(g civic.Grid) bool { return g.Name == strings.TrimSpace(name) })
		if i < 0 {
			return o, fmt.Errorf("no grid of that name in the community; grids come with the roll")
		}
		o.Grids = append(o.Grids, all[i].ID)
	}
	return o, nil
}

// listStaff shows who holds which office: of a community, or over streets and districts.
func listStaff(ctx context.Context, e env, db *store.DB) error {
	fs := flagSet(e, "staff list", staffUsage)
	code := fs.String("community", "", "code of the community; none: those over streets and districts")
	if err := fs.Parse(e.args[1:]); err != nil || fs.NArg() > 0 {
		return errUsage
	}
	var all []civic.Member
	var err error
	if *code == "" {
		all, err = db.Offices().Above(ctx)
	} else {
		var c civic.Community
		if c, err = communityByCode(ctx, db, *code); err != nil {
			return err
		}
		all, err = db.Offices().AllMembers(ctx, c.ID)
	}
	if err != nil {
		return err
	}
	for _, m := range all {
		note := ""
		if !m.Reached {
			note = "no account"
		}
		if m.Away != 0 {
			note = "handed over to " + m.AwayTo
		}
		for _, g := range m.Grants {
			e.say("staff %d\tgrant %d\t%s\t%s\tsince %s\t%s", m.Staff, g.ID, m.Name, g.Role, m.Since.Format(time.DateOnly), note)
		}
	}
	if len(all) == 0 {
		e.say("nobody yet; see bot staff invite")
	}
	return nil
}

// revokeStaff takes one office away, at once.
func revokeStaff(ctx context.Context, e env, db *store.DB) error {
	if len(e.args) != 2 {
		_, _ = fmt.Fprintln(e.stderr, "usage: bot "+staffUsage)
		return errUsage
	}
	id, err := strconv.ParseInt(e.args[1], 10, 64)
	if err != nil {
		return errors.New("a grant is a number; see bot staff list")
	}
	err = db.RevokeStaff(ctx, id)
	var gone *civic.Refusal
	if errors.As(err, &gone) {
		return errors.New("there is no such grant, or it was revoked before; see bot staff list")
	}
	if err != nil {
		return err
	}
	e.say("revoked; it holds no more from now on")
	return nil
}

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
)

// settingFlags are the settings of a community as flags of bot community set. Those that hold one
// thing or the other read true and false; names are never changed.
var settingFlags = []struct {
	name, usage string
	of          civic.Setting
}{
	{"phone", "the grid worker's phone", civic.SetPhone},
	{"hours", "when it is answered, such as 周一到周五 9:00-17:00", civic.SetOpen},
	{"new-code", "another code; never after the first need", civic.SetCode},
	{"release-verified", "whether words of verified authors are public at once", civic.SetRelease},
	{"money-strict", "whether verification by the roll alone does not count where money is voted on", civic.SetMoney},
	{"hot", "from how many verified endorsers a need is hot", civic.SetHot},
	{"old-days", "after how many days a need that waits for triage escalates", civic.SetOld},
	{"shortlist-most", "how many needs the shortlist takes", civic.SetMost},
	{"shortlist-per-category", "how many of one category; 0: no limit", civic.SetPerKind},
	{"shortlist-heat", "how many verified endorsers a need of the shortlist has; 0: any", civic.SetHeatFrom},
}

// readSetting reads what a flag says with the checks of the chat.
func readSetting(of civic.Setting, said string) (civic.ChangeSettings, error) {
	e := civic.ChangeSettings{Setting: of}
	want := "no such value"
	switch of {
	case civic.SetPhone, civic.SetCode:
		e.Text = said
	case civic.SetOpen:
		want = "want hours such as 周一到周五 9:00-17:00"
		e.Values, _ = flows.ReadHours(said)
	case civic.SetRelease, civic.SetMoney:
		on, err := strconv.ParseBool(said)
		if err != nil {
			return e, errors.New("want true or false")
		}
		e.Values = []int{0}
		if on {
			e.Values[0] = 1
		}
	case civic.SetHot, civic.SetOld, civic.SetMost, civic.SetPerKind, civic.SetHeatFrom:
		least, most, _ := of.Bounds()
		want = fmt.Sprintf("want %d to %d", least, most)
		n, err := strconv.Atoi(said)
		if err != nil {
			return e, errors.New(want)
		}
		e.Values = []int{n}
	}
	if _, ok := (civic.Community{}).With(of, e.Values, e.Text); !ok {
		return e, errors.New(want)
	}
	return e, nil
}

// streetFlags are where a community lies.
func streetFlags(fs *flag.FlagSet, ch *store.CommunityChange) {
	fs.StringVar(&ch.Street, "street", "", "name of the street in which it lies")
	fs.StringVar(&ch.District, "district", "", "name of the street's district, if there are several")
}

// setCommunity changes what flags name, all of it or nothing.
func setCommunity(ctx context.Context, e env) error {
	var ch store.CommunityChange
	fs := flagSet(e, "community set", communityUsage)
	code := fs.String("code", "", "code of the community, such as 钮")
	fs.StringVar(&ch.Name, "name", "", "the community's name")
	streetFlags(fs, &ch)
	for _, f := range settingFlags {
		fs.Func(f.name, f.usage, func(said string) error {
			change, err := readSetting(f.of, said)
			ch.Settings = append(ch.Settings, change)
			return err
		})
	}
	if err := fs.Parse(e.args[1:]); err != nil {
		return errUsage
	}
	if fs.NArg() > 0 {
		fs.Usage()
		return errUsage
	}
	if ch.Name == "" && ch.Street == "" && ch.District == "" && len(ch.Settings) == 0 {
		return errors.New("say what to change; see bot community set -h")
	}
	return withStore(ctx, e, func(db *store.DB) error {
		c, err := communityByCode(ctx, db, *code)
		if err != nil {
			return err
		}
		if c, err = db.ChangeCommunity(ctx, c.ID, ch); err != nil {
			return err
		}
		e.say("%s %s: done; running bots see it within 30 s", c.Code, c.Name)
		return nil
	})
}

// listCommunities shows communities, where they lie, and what they decided for themselves.
func listCommunities(ctx context.Context, e env, db *store.DB) error {
	all, err := db.Communities().Communities(ctx)
	if err != nil {
		return fmt.Errorf("list communities: %w", err)
	}
	streets, err := db.Communities().Streets(ctx)
	if err != nil {
		return err
	}
	for _, c := range all {
		var street civic.StreetArea
		if i := slices.IndexFunc(streets, func(s civic.StreetArea) bool { return s.ID == c.Area.Street }); i >= 0 {
			street = streets[i]
		}
		e.say("%s", strings.Join([]string{c.Code, c.Name, c.Phone, c.Hours, street.DistrictName, street.Name, decided(c)}, "\t"))
	}
	if len(all) == 0 {
		e.say("no community yet; add one with: bot community add")
	}
	return nil
}

// decided are the settings of a community that differ from what a new one has, as flags. What has
// a column of its own is not among them.
func decided(c civic.Community) string {
	var out []string
	for _, f := range settingFlags {
		now, _ := c.Value(f.of)
		was, _ := (civic.Community{}).Value(f.of)
		if f.of == civic.SetOpen || slices.Equal(now, was) {
			continue
		}
		value := strconv.Itoa(now[0])
		if f.of == civic.SetRelease || f.of == civic.SetMoney {
			value = strconv.FormatBool(now[0] == 1)
		}
		out = append(out, "-"+f.name+"="+value)
	}
	return strings.Join(out, " ")
}

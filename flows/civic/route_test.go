package civic

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	shanghai = time.FixedZone("UTC+8", 8*60*60)
	noon     = time.Date(2027, 3, 2, 12, 0, 0, 0, shanghai)
	night    = time.Date(2027, 3, 2, 22, 30, 0, 0, shanghai)
	morning  = time.Date(2027, 3, 3, 8, 0, 0, 0, shanghai)
)

func wrote(before time.Duration, sent int) Reach {
	return Reach{Following: true, LastMessageAt: noon.Add(-before), SentInWindow: sent}
}

func clicked(before time.Duration, sent int) Reach {
	return Reach{Following: true, LastEventAt: noon.Add(-before), SentInWindow: sent}
}

func TestLadder(t *testing.T) {
	all := Means{Customer: true, Notice: "N", Template: "T", Zone: shanghai}
	customerOnly := Means{Customer: true, Zone: shanghai}
	consent := Reach{Following: true, Consents: map[string]int{"N": 1}}
	fresh := Reach{Following: true, LastMessageAt: night.Add(-time.Minute)}
	tired := wrote(time.Hour, 0)
	tired.ThisWeek = 3
	rows := map[string]struct {
		reach     Reach
		means     Means
		tried     []Route
		now       time.Time
		urgent    bool
		route     Route
		skip      string
		notBefore time.Time
	}{
		"wrote just now":                    {reach: wrote(0, 0), means: all, route: ByCustomer},
		"wrote, four sent":                  {reach: wrote(time.Hour, 4), means: all, route: ByCustomer},
		"wrote, five sent":                  {reach: wrote(time.Hour, 5), means: all, route: ByTemplate},
		"wrote 47 h 58 min ago":             {reach: wrote(48*time.Hour-2*time.Minute, 0), means: all, route: ByCustomer},
		"wrote 47 h 59 min ago":             {reach: wrote(48*time.Hour-time.Minute, 0), means: all, route: ByTemplate},
		"wrote in a moment, by our clock":   {reach: wrote(-time.Minute, 0), means: all, route: ByCustomer},
		"clicked 49 s ago":                  {reach: clicked(49*time.Second, 2), means: customerOnly, route: ByCustomer},
		"clicked 50 s ago":                  {reach: clicked(50*time.Second, 0), means: customerOnly, route: ByInbox},
		"clicked, three sent":               {reach: clicked(time.Second, 3), means: customerOnly, route: ByInbox},
		"customer messages are off":         {reach: wrote(0, 0), means: Means{Template: "T", Zone: shanghai}, route: ByTemplate},
		"a consent is left":                 {reach: consent, means: all, route: ByNotice},
		"a consent for another template":    {reach: consent, means: Means{Notice: "M", Zone: shanghai}, route: ByInbox},
		"window refused, consent left":      {reach: Reach{Following: true, LastMessageAt: noon, Consents: consent.Consents}, means: all, tried: []Route{ByCustomer}, route: ByNotice},
		"notice refused":                    {reach: consent, means: all, tried: []Route{ByNotice}, route: ByTemplate},
		"all refused":                       {reach: wrote(0, 0), means: all, tried: []Route{ByCustomer, ByNotice, ByTemplate}, route: ByInbox},
		"inbox refused, which cannot be":    {reach: wrote(0, 0), means: customerOnly, tried: []Route{ByCustomer, ByInbox}, skip: SkipRefused},
		"never in touch":                    {reach: Reach{Following: true}, means: customerOnly, route: ByInbox},
		"no account":                        {reach: Reach{}, means: Means{NoAccount: true}, route: ByDoor},
		"no account, opted out":             {reach: Reach{OptedOut: true}, means: Means{NoAccount: true}, skip: SkipOptedOut},
		"unfollowed in the window":          {reach: Reach{LastMessageAt: noon, Consents: consent.Consents}, means: all, skip: SkipUnfollowed},
		"unfollowed, though urgent":         {reach: Reach{LastMessageAt: noon}, means: all, urgent: true, skip: SkipUnfollowed},
		"opted out":                         {reach: Reach{Following: true, OptedOut: true, LastMessageAt: noon}, means: all, skip: SkipOptedOut},
		"expired this moment":               {reach: wrote(0, 0), means: Means{Customer: true, Expires: noon}, skip: SkipExpired},
		"expires in a moment":               {reach: wrote(0, 0), means: Means{Customer: true, Zone: shanghai, Expires: noon.Add(1)}, route: ByCustomer},
		"third of the week":                 {reach: Reach{Following: true, LastMessageAt: noon, ThisWeek: 2}, means: all, route: ByCustomer},
		"fourth of the week":                {reach: tired, means: all, route: ByInbox},
		"fourth of the week, urgent":        {reach: tired, means: all, urgent: true, route: ByCustomer},
		"fourth of the week, cap of five":   {reach: tired, means: Means{Customer: true, Zone: shanghai, WeeklyCap: 5}, route: ByCustomer},
		"fourth of the week, no cap":        {reach: tired, means: Means{Customer: true, Zone: shanghai, WeeklyCap: -1}, route: ByCustomer},
		"at night":                          {reach: fresh, means: all, now: night, notBefore: morning},
		"at night, urgent":                  {reach: fresh, means: all, now: night, urgent: true, route: ByCustomer},
		"at night, only the inbox":          {reach: Reach{Following: true}, means: customerOnly, now: night, route: ByInbox},
		"at night, of no use tomorrow":      {reach: fresh, means: Means{Customer: true, Zone: shanghai, Expires: morning}, now: night, route: ByInbox},
		"at night, no account":              {reach: Reach{}, means: Means{NoAccount: true}, now: night, route: ByDoor},
		"at night here, by day in the zone": {reach: fresh, means: Means{Customer: true, Zone: time.UTC}, now: night, route: ByCustomer},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			now := row.now
			if now.IsZero() {
				now = noon
			}
			route, skip, notBefore := Ladder(row.reach, row.means, row.tried, now, row.urgent)
			if route != row.route || skip != row.skip || !notBefore.Equal(row.notBefore) {
				t.Errorf("got %q, %q, %v; want %q, %q, %v", route, skip, notBefore, row.route, row.skip, row.notBefore)
			}
		})
	}
}

func TestQuietUntil(t *testing.T) {
	day := func(d, h, m int) time.Time { return time.Date(2027, 12, d, h, m, 0, 0, shanghai) }
	rows := map[string]struct{ now, want time.Time }{
		"20:59":               {day(31, 20, 59), time.Time{}},
		"21:00":               {day(30, 21, 0), day(31, 8, 0)},
		"midnight":            {day(31, 0, 0), day(31, 8, 0)},
		"7:59":                {day(31, 7, 59), day(31, 8, 0)},
		"8:00":                {day(31, 8, 0), time.Time{}},
		"New Year's Eve":      {day(31, 23, 59), time.Date(2028, 1, 1, 8, 0, 0, 0, shanghai)},
		"told in UTC, 13:00Z": {day(30, 21, 0).UTC(), day(31, 8, 0)},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			if got := QuietUntil(row.now, shanghai); !got.Equal(row.want) {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}

func someTime(t *rapid.T, name string) time.Time {
	if rapid.Bool().Draw(t, name+" is unset") {
		return time.Time{}
	}
	return noon.Add(time.Duration(rapid.Int64Range(-100, 100).Draw(t, name+" in hours")) * time.Hour)
}

func TestLadderIsTotal(t *testing.T) {
	routes := []Route{ByCustomer, ByNotice, ByTemplate, ByInbox, ByDoor}
	rapid.Check(t, func(t *rapid.T) {
		r := Reach{
			Following: rapid.Bool().Draw(t, "following"), OptedOut: rapid.Bool().Draw(t, "opted out"),
			LastMessageAt: someTime(t, "message"), LastEventAt: someTime(t, "event"),
			SentInWindow: rapid.IntRange(0, 6).Draw(t, "sent"), ThisWeek: rapid.IntRange(0, 5).Draw(t, "week"),
			Consents: map[string]int{"N": rapid.IntRange(0, 2).Draw(t, "consents")},
		}
		m := Means{
			NoAccount: rapid.Bool().Draw(t, "no account"), Customer: rapid.Bool().Draw(t, "customer"), Zone: shanghai,
			Notice: rapid.SampledFrom([]string{"", "N"}).Draw(t, "notice"), Template: rapid.SampledFrom([]string{"", "T"}).Draw(t, "template"),
			WeeklyCap: rapid.IntRange(-1, 4).Draw(t, "cap"), Expires: someTime(t, "expires"),
		}
		now, urgent := noon.Add(time.Duration(rapid.IntRange(0, 48).Draw(t, "now"))*30*time.Minute), rapid.Bool().Draw(t, "urgent")
		var tried []Route
		for range len(routes) + 1 {
			route, skip, notBefore := Ladder(r, m, tried, now, urgent)
			set := 0
			for _, is := range []bool{route != "", skip != "", !notBefore.IsZero()} {
				if is {
					set++
				}
			}
			switch {
			case set != 1:
				t.Fatalf("got %q, %q, %v: want exactly one", route, skip, notBefore)
			case slices.Contains(tried, route):
				t.Fatalf("%q was refused before", route)
			case skip == "" && (r.OptedOut || !r.Following && !m.NoAccount):
				t.Fatalf("got %q, %v for somebody who does not want it", route, notBefore)
			case !notBefore.IsZero() && (urgent || !notBefore.After(now)):
				t.Fatalf("waits until %v at %v", notBefore, now)
			case route == "":
				return
			}
			tried = append(tried, route) // as if it were refused
		}
		t.Fatalf("no end after %v", tried)
	})
}

package civic

import (
	"fmt"
	"math/bits"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Setting names one thing that a community decides for itself, as it is changed and audited.
type Setting string

// The settings, in the order shown.
const (
	SetPhone     Setting = "phone"       // text: the grid worker's phone
	SetOpen      Setting = "open"        // from, to (minutes after midnight), days as in Settings.OpenDays
	SetRelease   Setting = "release"     // 1: words of verified authors are public at once
	SetMoney     Setting = "money"       // 1: Settings.MoneyStrict
	SetHot       Setting = "hot"         // Settings.HotFrom
	SetOld       Setting = "old"         // Settings.OldAfterDays
	SetMost      Setting = "most"        // ShortlistRule.Most
	SetPerKind   Setting = "perCategory" // ShortlistRule.PerCategory; 0: no limit
	SetHeatFrom  Setting = "heatFrom"    // ShortlistRule.HeatFrom; 0: none needed
	SetCode      Setting = "code"        // text; never after the first need
	phoneMost            = 20
	minutesADay          = 24 * 60
	everyWeekday         = 127
)

// ChangeSettings 设置 changes one setting of By's community. The audit log keeps the values
// before and after.
type ChangeSettings struct {
	By      By
	Setting Setting
	Values  []int  // of settings in numbers
	Text    string // of those in text
}

// SettingsOrder lists the settings as they are shown and numbered.
func SettingsOrder() []Setting {
	return []Setting{SetPhone, SetOpen, SetRelease, SetMoney, SetHot, SetOld, SetMost, SetPerKind, SetHeatFrom, SetCode}
}

// What a setting has when nobody said.
const (
	hotDefault  = 10
	oldDefault  = 7
	mostDefault = 10
	fromDefault = 9 * 60
	toDefault   = 17 * 60
)

func orDefault(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// Hot is from how many verified endorsers a need is hot.
func (s Settings) Hot() int { return orDefault(s.HotFrom, hotDefault) }

// OldDays is after how many days a need that waits for triage escalates.
func (s Settings) OldDays() int { return orDefault(s.OldAfterDays, oldDefault) }

// ShortlistMost is how many needs the shortlist takes.
func (s Settings) ShortlistMost() int { return orDefault(s.Shortlist.Most, mostDefault) }

// Open is when 人工 is answered: minutes after midnight, and a bit for each weekday, Sunday lowest.
func (s Settings) Open() (from, to, days int) {
	from, to = s.OpenFrom, s.OpenTo
	if from == 0 && to == 0 {
		from, to = fromDefault, toDefault
	}
	return from, to, orDefault(s.OpenDays, everyWeekday)
}

// bound is from what to what a number may be.
type bound struct{ least, most int }

var bounds = map[Setting]bound{
	SetRelease: {0, 1}, SetMoney: {0, 1}, SetHot: {1, 500}, SetOld: {1, 60}, SetMost: {1, 50}, SetPerKind: {0, 50}, SetHeatFrom: {0, 500},
}

// Bounds says from what to what a setting in one number may be; false for others.
func (s Setting) Bounds() (least, most int, ok bool) {
	b, ok := bounds[s]
	return b.least, b.most, ok
}

var (
	phonePattern = regexp.MustCompile(`^[0-9][0-9-]{4,18}[0-9]$`)
	codePattern  = regexp.MustCompile(`^\p{Han}{1,2}$`)
)

// Value is what a setting of the community is now.
func (c Community) Value(s Setting) (values []int, text string) {
	one := func(n int) []int { return []int{n} }
	flag := func(is bool) []int {
		if is {
			return one(1)
		}
		return one(0)
	}
	switch s {
	case SetPhone:
		return nil, c.Phone
	case SetCode:
		return nil, c.Code
	case SetOpen:
		from, to, days := c.Settings.Open()
		return []int{from, to, days}, ""
	case SetRelease:
		return flag(c.Settings.ReleaseVerified), ""
	case SetMoney:
		return flag(c.Settings.MoneyStrict), ""
	case SetHot:
		return one(c.Settings.Hot()), ""
	case SetOld:
		return one(c.Settings.OldDays()), ""
	case SetMost:
		return one(c.Settings.ShortlistMost()), ""
	case SetPerKind:
		return one(c.Settings.Shortlist.PerCategory), ""
	case SetHeatFrom:
		return one(c.Settings.Shortlist.HeatFrom), ""
	}
	return nil, ""
}

// With returns the community with one setting changed; false where the value cannot be.
func (c Community) With(s Setting, values []int, text string) (Community, bool) {
	switch s {
	case SetPhone:
		c.Phone = text
		return c, len(text) <= phoneMost && phonePattern.MatchString(text)
	case SetCode:
		c.Code = text
		return c, codePattern.MatchString(text) && utf8.RuneCountInString(text) <= 2
	case SetOpen:
		return c.withOpen(values)
	case SetRelease, SetMoney, SetHot, SetOld, SetMost, SetPerKind, SetHeatFrom:
	}
	b, ok := bounds[s]
	if !ok || len(values) != 1 || values[0] < b.least || values[0] > b.most {
		return c, false
	}
	n := values[0]
	switch s {
	case SetRelease:
		c.Settings.ReleaseVerified = n == 1
	case SetMoney:
		c.Settings.MoneyStrict = n == 1
	case SetHot:
		c.Settings.HotFrom = n
	case SetOld:
		c.Settings.OldAfterDays = n
	case SetMost:
		c.Settings.Shortlist.Most = n
	case SetPerKind:
		c.Settings.Shortlist.PerCategory = n
	case SetHeatFrom:
		c.Settings.Shortlist.HeatFrom = n
	case SetPhone, SetCode, SetOpen:
	}
	return c, true
}

func (c Community) withOpen(v []int) (Community, bool) {
	if len(v) != 3 || v[0] < 0 || v[1] <= v[0] || v[1] > minutesADay || v[2] < 1 || v[2] > everyWeekday {
		return c, false
	}
	c.Settings.OpenFrom, c.Settings.OpenTo, c.Settings.OpenDays = v[0], v[1], v[2]
	c.Hours = OpenHours(v[0], v[1], v[2])
	return c, true
}

// OpenHours writes hours as residents read them: 周一至周五 9:00–17:00.
func OpenHours(from, to, days int) string {
	clock := func(m int) string { return fmt.Sprintf("%d:%02d", m/60, m%60) }
	return openDays(days) + " " + clock(from) + "–" + clock(to)
}

func openDays(days int) string {
	names := []rune("日一二三四五六")
	switch {
	case days == everyWeekday:
		return "每天"
	case days == 0b0111110:
		return "周一至周五"
	case days == 0b1111110:
		return "周一至周六"
	case bits.OnesCount(uint(days)) == 0:
		return "不开放"
	}
	var out []string
	for _, d := range []int{1, 2, 3, 4, 5, 6, 0} {
		if days&(1<<d) != 0 {
			out = append(out, "周"+string(names[d]))
		}
	}
	return strings.Join(out, "、")
}

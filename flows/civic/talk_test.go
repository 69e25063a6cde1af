package civic

import (
	"slices"
	"testing"
	"time"
)

func TestServiceHours(t *testing.T) {
	zone := time.FixedZone("UTC+8", 8*60*60)
	at := func(day, hour, minute int) time.Time { return time.Date(2027, 3, day, hour, minute, 0, 0, zone) } // the 1st is a Monday
	weekdays := 1<<1 | 1<<2 | 1<<3 | 1<<4 | 1<<5
	for name, row := range map[string]struct {
		s         Settings
		now, next time.Time
		after     time.Time // two hours of service
		text      string
	}{
		"by default, within":       {now: at(1, 10, 0), next: at(1, 10, 0), after: at(1, 12, 0), text: "每天 9:00–17:00"},
		"at the opening":           {now: at(1, 9, 0), next: at(1, 9, 0), after: at(1, 11, 0), text: "每天 9:00–17:00"},
		"just before it":           {now: at(1, 8, 59), next: at(1, 9, 0), after: at(1, 11, 0), text: "每天 9:00–17:00"},
		"at the close":             {now: at(1, 17, 0), next: at(2, 9, 0), after: at(2, 11, 0), text: "每天 9:00–17:00"},
		"an hour before":           {now: at(1, 16, 0), next: at(1, 16, 0), after: at(2, 10, 0), text: "每天 9:00–17:00"},
		"weekdays, Friday night":   {s: Settings{OpenDays: weekdays}, now: at(5, 20, 0), next: at(8, 9, 0), after: at(8, 11, 0), text: "周一至周五 9:00–17:00"},
		"weekdays, Friday at four": {s: Settings{OpenDays: weekdays}, now: at(5, 16, 0), next: at(5, 16, 0), after: at(8, 10, 0), text: "周一至周五 9:00–17:00"},
		"over midnight, before":    {s: Settings{OpenFrom: 20 * 60, OpenTo: 2 * 60}, now: at(1, 12, 0), next: at(1, 20, 0), after: at(1, 22, 0), text: "每天 20:00–次日 2:00"},
		"over midnight, after it":  {s: Settings{OpenFrom: 20 * 60, OpenTo: 2 * 60}, now: at(2, 1, 0), next: at(2, 1, 0), after: at(2, 21, 0), text: "每天 20:00–次日 2:00"},
		"over midnight, only Monday night": {
			s: Settings{OpenFrom: 20 * 60, OpenTo: 2 * 60, OpenDays: 1 << 1}, now: at(3, 1, 0), next: at(8, 20, 0), after: at(8, 22, 0), text: "周一 20:00–次日 2:00",
		},
		"all day":   {s: Settings{OpenFrom: 60, OpenTo: 60}, now: at(1, 0, 30), next: at(1, 0, 30), after: at(1, 2, 30), text: "每天 全天"},
		"one day":   {s: Settings{OpenDays: 1 << 0}, now: at(1, 10, 0), next: at(7, 9, 0), after: at(7, 11, 0), text: "周日 9:00–17:00"},
		"nonsense":  {s: Settings{OpenFrom: -5, OpenTo: 9999}, now: at(1, 10, 0), next: at(1, 10, 0), after: at(1, 12, 0), text: "每天 9:00–17:00"},
		"told in Z": {now: at(1, 10, 0).UTC(), next: at(1, 10, 0), after: at(1, 12, 0), text: "每天 9:00–17:00"},
	} {
		t.Run(name, func(t *testing.T) {
			h := row.s.Service(zone)
			if got := h.Next(row.now); !got.Equal(row.next) || h.Open(row.now) != row.now.Equal(row.next) {
				t.Errorf("opens next at %v, open now: %v; want %v", got, h.Open(row.now), row.next)
			}
			if got := h.After(row.now, 2*time.Hour); !got.Equal(row.after) {
				t.Errorf("two hours of service are over at %v, want %v", got, row.after)
			}
			if got := h.String(); got != row.text {
				t.Errorf("written %q, want %q", got, row.text)
			}
		})
	}
}

func TestAnswerers(t *testing.T) {
	east := Colleague{Staff: 1, Role: GridWorker, Grids: []int64{11}}
	west := Colleague{Staff: 2, Role: GridWorker, Grids: []int64{12}}
	all := Colleague{Staff: 3, Role: GridWorker}
	chair := Colleague{Staff: 4, Role: Committee}
	street := Colleague{Staff: 5, Role: Street}
	watch := Colleague{Staff: 6, Role: Supervisor}
	for name, row := range map[string]struct {
		staff []Colleague
		grids []int64
		level int
		want  []StaffID
	}{
		"of the grid":                         {staff: []Colleague{east, west, all, chair}, grids: []int64{11}, want: []StaffID{1, 3}},
		"of the estate's grids":               {staff: []Colleague{east, west, chair}, grids: []int64{11, 12}, want: []StaffID{1, 2}},
		"nobody of the grid":                  {staff: []Colleague{west, chair}, grids: []int64{11}, want: []StaffID{2}},
		"no grid known":                       {staff: []Colleague{east, west, chair}, want: []StaffID{1, 2}},
		"no grid worker":                      {staff: []Colleague{chair, street, watch}, grids: []int64{11}, want: []StaffID{4}},
		"nobody":                              {staff: []Colleague{street, watch}},
		"late: all grid workers":              {staff: []Colleague{east, west, chair}, grids: []int64{11}, level: 1, want: []StaffID{1, 2}},
		"late, no grid worker":                {staff: []Colleague{chair}, level: 1, want: []StaffID{4}},
		"much too late: committee":            {staff: []Colleague{east, chair}, grids: []int64{11}, level: 2, want: []StaffID{4}},
		"much too late without a committee":   {staff: []Colleague{east, west}, grids: []int64{11}, level: 2, want: []StaffID{1, 2}},
		"a street may never talk, nor others": {staff: []Colleague{street, watch}, level: 2},
	} {
		var got []StaffID
		for _, c := range Answerers(row.staff, row.grids, row.level) {
			got = append(got, c.Staff)
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, want %v", name, got, row.want)
		}
	}
}

func TestDoubtful(t *testing.T) {
	now := time.Date(2027, 3, 1, 10, 0, 0, 0, time.UTC)
	ago := func(s int) time.Time { return now.Add(-time.Duration(s) * time.Second) }
	for name, row := range map[string]struct {
		chose time.Time
		came  []time.Time
		want  bool
	}{
		"nothing else":                   {chose: ago(30)},
		"another came since":             {chose: ago(30), came: []time.Time{ago(5)}, want: true},
		"another came before I chose":    {chose: ago(3), came: []time.Time{ago(5)}},
		"another came long ago":          {chose: ago(300), came: []time.Time{ago(61)}},
		"another came just a minute ago": {chose: ago(300), came: []time.Time{ago(60)}, want: true},
		"one of several":                 {chose: ago(30), came: []time.Time{{}, ago(200), ago(1)}, want: true},
		"none ever came":                 {chose: ago(30), came: []time.Time{{}}},
	} {
		if got := Doubtful(now, row.chose, row.came...); got != row.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

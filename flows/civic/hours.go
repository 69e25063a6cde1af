package civic

import (
	"fmt"
	"time"
)

// The hours in which 人工 is answered where a community says nothing, in minutes after midnight.
const (
	openFrom = 9 * 60
	openTo   = 17 * 60
	allDays  = 1<<7 - 1
	oneDay   = 24 * 60
)

// ServiceHours 服务时间 are the hours in which 人工 is answered, in the community's own time.
type ServiceHours struct {
	From, To int // minutes after midnight; To before From is on the next day, the same is all day
	Days     int // a bit for each weekday on which they begin, Sunday lowest
	Zone     *time.Location
}

// Service are the hours as the settings have them. A nil zone means UTC.
func (s Settings) Service(zone *time.Location) ServiceHours {
	h := ServiceHours{From: s.OpenFrom, To: s.OpenTo, Days: s.OpenDays & allDays, Zone: zone}
	if h.From < 0 || h.To < 0 || h.From > oneDay || h.To > oneDay || h.From == 0 && h.To == 0 {
		h.From, h.To = openFrom, openTo
	}
	if h.Days == 0 {
		h.Days = allDays
	}
	if zone == nil {
		h.Zone = time.UTC
	}
	return h
}

// span is the service time that begins on the day n days after t's; false: none does.
func (h ServiceHours) span(t time.Time, n int) (from, to time.Time, ok bool) {
	year, month, day := t.In(h.Zone).Date()
	day += n
	from = time.Date(year, month, day, 0, h.From, 0, 0, h.Zone)
	if h.Days&(1<<int(time.Date(year, month, day, 12, 0, 0, 0, h.Zone).Weekday())) == 0 {
		return from, from, false
	}
	if h.To <= h.From {
		day++
	}
	return from, time.Date(year, month, day, 0, h.To, 0, 0, h.Zone), true
}

// Open says whether t is within the hours.
func (h ServiceHours) Open(t time.Time) bool { return h.Next(t).Equal(t) }

// Next is t if the hours are open then, else when they open next.
func (h ServiceHours) Next(t time.Time) time.Time {
	for n := -1; n <= 8; n++ {
		from, to, ok := h.span(t, n)
		switch {
		case !ok || !t.Before(to):
		case t.Before(from):
			return from
		default:
			return t
		}
	}
	return t // there is a day with hours in each week
}

// After is when so much service time has gone by since t. It is at most some weeks away.
func (h ServiceHours) After(t time.Time, d time.Duration) time.Time {
	at := h.Next(t)
	for n := -1; n < 70; n++ {
		from, to, ok := h.span(t, n)
		if !ok || !at.Before(to) {
			continue
		}
		if at.Before(from) {
			at = from
		}
		if left := to.Sub(at); d > left {
			d -= left
			at = to
			continue
		}
		return at.Add(d)
	}
	return at.Add(d)
}

// dayNames are the weekdays from Sunday.
var dayNames = [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}

// String writes the hours as residents read them: 每天 9:00–17:00.
func (h ServiceHours) String() string {
	days := ""
	switch h.Days {
	case allDays:
		days = "每天"
	case 1<<1 | 1<<2 | 1<<3 | 1<<4 | 1<<5:
		days = "周一至周五"
	case 1<<1 | 1<<2 | 1<<3 | 1<<4 | 1<<5 | 1<<6:
		days = "周一至周六"
	default:
		for i := range 7 {
			if d := (i + 1) % 7; h.Days&(1<<d) != 0 {
				if days != "" {
					days += "、"
				}
				days += dayNames[d]
			}
		}
	}
	if h.From%oneDay == h.To%oneDay {
		return days + " 全天"
	}
	next := ""
	if h.To < h.From {
		next = "次日 "
	}
	return fmt.Sprintf("%s %s–%s%s", days, clock(h.From), next, clock(h.To))
}

func clock(minutes int) string { return fmt.Sprintf("%d:%02d", minutes/60, minutes%60) }

package zh

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// yearAhead is how far from now a day may be: what is further away is a slip.
const yearAhead = 366 + 31

// Date reads a text that says one day to come, today included, and nothing else: 今天, 后天, 三天后,
// 下周三, 9月5日, 9.5, 9-5, 下个月5号, 月底, 2027年9月5日, 2027-09-05, 20270905. A day and month without a
// year is the next such day; 5号 is the next fifth. A weekday said alone (周三, 这周三) is this week's
// and must not be over; weeks begin on Monday. The day is returned as its midnight in now's zone.
//
// What is over, more than about a year away, no day of the calendar (2月30日), or could be read in
// two ways is not a date: whoever asks must ask again, and should say the day with its weekday.
func Date(s string, now time.Time) (time.Time, bool) {
	t := strings.ReplaceAll(bare(flatten(s)), " ", "")
	for _, w := range [...]string{"改到", "改成", "定在", "放在", "就在", "到", "在", "从"} {
		if rest, ok := strings.CutPrefix(t, w); ok {
			t = rest
			break
		}
	}
	for _, w := range [...]string{"开始", "为止", "那天", "当天"} {
		t = strings.TrimSuffix(t, w)
	}
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	for _, read := range [...]func(string, time.Time) (time.Time, bool){nearDay, daysOn, weekday, monthDay, calendarDay} {
		day, ok := read(t, today)
		if !ok {
			continue
		}
		return day, !day.Before(today) && day.Before(today.AddDate(0, 0, yearAhead))
	}
	return time.Time{}, false
}

// nearDay reads 今天 and its like.
func nearDay(t string, today time.Time) (time.Time, bool) {
	for i, words := range [...][]string{{"今天", "今日", "当日"}, {"明天", "明日"}, {"后天"}, {"大后天"}} {
		if slices.Contains(words, t) {
			return today.AddDate(0, 0, i), true
		}
	}
	switch t {
	case "月底", "这个月底", "本月底":
		return time.Date(today.Year(), today.Month()+1, 0, 0, 0, 0, 0, today.Location()), true
	case "下月底", "下个月底":
		return time.Date(today.Year(), today.Month()+2, 0, 0, 0, 0, 0, today.Location()), true
	case "年底":
		return time.Date(today.Year(), 12, 31, 0, 0, 0, 0, today.Location()), true
	}
	return time.Time{}, false
}

// daysOn reads 三天后, 2周后, 一个月后.
func daysOn(t string, today time.Time) (time.Time, bool) {
	rest, ok := strings.CutSuffix(t, "后")
	if !ok {
		return time.Time{}, false
	}
	rest = strings.TrimPrefix(strings.TrimSuffix(rest, "以"), "再过")
	n, unit, ok := scanNumber(rest)
	if !ok || n < 1 || n > yearAhead {
		return time.Time{}, false
	}
	switch unit {
	case "天", "日":
		return today.AddDate(0, 0, n), true
	case "周", "星期", "个星期", "个礼拜", "礼拜":
		return today.AddDate(0, 0, 7*n), true
	case "个月", "月":
		day := today.AddDate(0, n, 0)
		if day.Day() != today.Day() { // 31 January and a month: the last of February
			day = time.Date(day.Year(), day.Month(), 0, 0, 0, 0, 0, day.Location())
		}
		return day, true
	}
	return time.Time{}, false
}

// weekday reads 周三, 这周三, 下星期天, 下下周一.
func weekday(t string, today time.Time) (time.Time, bool) {
	weeks := 0
	for {
		rest, ok := strings.CutPrefix(t, "下")
		if !ok {
			break
		}
		t, weeks = strings.TrimPrefix(rest, "个"), weeks+1
	}
	if weeks == 0 {
		for _, w := range [...]string{"这个", "这", "本"} {
			if rest, ok := strings.CutPrefix(t, w); ok {
				t = rest
				break
			}
		}
	}
	for _, w := range [...]string{"星期", "礼拜", "周"} {
		rest, ok := strings.CutPrefix(t, w)
		if !ok {
			continue
		}
		n, ok := weekdays[rest]
		if !ok || weeks > 4 {
			return time.Time{}, false
		}
		monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
		return monday.AddDate(0, 0, 7*weeks+n-1), true
	}
	return time.Time{}, false
}

var weekdays = map[string]int{
	"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "日": 7, "天": 7, "末": 6,
	"1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 7,
}

// monthDay reads 5号, 下个月5号 and 这个月五号.
func monthDay(t string, today time.Time) (time.Time, bool) {
	months := -1
	for w, n := range map[string]int{"下个月": 1, "下月": 1, "这个月": 0, "本月": 0} {
		if rest, ok := strings.CutPrefix(t, w); ok {
			t, months = rest, n
			break
		}
	}
	n, rest, ok := scanNumber(t)
	if !ok || rest != "号" && rest != "日" {
		return time.Time{}, false
	}
	if months >= 0 {
		return date(today.Year(), int(today.Month())+months, n, today)
	}
	if n >= today.Day() {
		return date(today.Year(), int(today.Month()), n, today)
	}
	return date(today.Year(), int(today.Month())+1, n, today)
}

// calendarDay reads a day of a month, with a year or without.
func calendarDay(t string, today time.Time) (time.Time, bool) {
	if len(t) == 8 {
		if n, err := strconv.Atoi(t); err == nil && n > 20_000_000 {
			return date(n/10_000, n/100%100, n%100, today)
		}
	}
	year := 0
	for w, n := range map[string]int{"明年": 1, "今年": 0} {
		if rest, ok := strings.CutPrefix(t, w); ok {
			t, year = rest, today.Year()+n
		}
	}
	first, rest, ok := scanNumber(t)
	if !ok {
		return time.Time{}, false
	}
	if first > 99 { // a year
		if year != 0 || len(rest) == 0 {
			return time.Time{}, false
		}
		year = first
		if rest, ok = cutAny(rest, "年", "-", "/", "."); !ok {
			return time.Time{}, false
		}
		if first, rest, ok = scanNumber(rest); !ok {
			return time.Time{}, false
		}
	}
	if rest, ok = cutAny(rest, "月", "-", "/", "."); !ok || first < 1 || first > 12 {
		return time.Time{}, false
	}
	day, rest, ok := scanNumber(rest)
	if !ok || rest != "" && rest != "日" && rest != "号" {
		return time.Time{}, false
	}
	if year != 0 {
		return date(year, first, day, today)
	}
	d, ok := date(today.Year(), first, day, today)
	if ok && d.Before(today) || !ok && first == 2 && day == 29 {
		return date(today.Year()+1, first, day, today)
	}
	return d, ok
}

func cutAny(t string, seps ...string) (string, bool) {
	for _, s := range seps {
		if rest, ok := strings.CutPrefix(t, s); ok {
			return rest, true
		}
	}
	return t, false
}

// date is a day of the calendar; false for one that there is not, such as 30 February.
func date(year, month, day int, today time.Time) (time.Time, bool) {
	year, month = year+(month-1)/12, (month-1)%12+1
	d := time.Date(year, time.Month(month), day, 0, 0, 0, 0, today.Location())
	return d, day >= 1 && d.Day() == day && int(d.Month()) == month
}

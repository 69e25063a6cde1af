package platform

import "time"

// Limits are how often a path may be called.
type Limits struct {
	Day    int // until midnight in China: 45009 beyond it; 0: as a new account has it
	Minute int // of the clock: 45011 beyond it; 0: none
}

// minute counts the calls of one path in one minute.
type minute struct {
	at   int64 // minutes since 1970
	used int
	shut bool // used up by hand
}

const (
	daySeconds    = 24 * 60 * 60
	minuteSeconds = 60
)

// SetLimits replaces the limits of a path.
func (p *Platform) SetLimits(path string, l Limits) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trouble.limits[path] = l
}

// UseUp uses up the day's quota of a path: 45009 until midnight in China, or clear_quota.
func (p *Platform) UseUp(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn(p.now())
	p.state.UsedUp[path] = true
}

// UseUpMinute uses up a path's quota of the minute: 45011 until the next one begins.
func (p *Platform) UseUpMinute(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trouble.minutes[path] = minute{at: p.now().Unix() / minuteSeconds, shut: true}
}

// daily is a path's quota of the day, 0 without any; it is called with the lock held.
func (p *Platform) daily(path string) int {
	if l := p.trouble.limits[path]; l.Day > 0 {
		return l.Day
	}
	if path == forced {
		return forceDaily
	}
	return p.table[path].daily
}

// turn begins a new day's counts when there is one; it is called with the lock held.
func (p *Platform) turn(now time.Time) {
	number := (now.Unix() + zone) / daySeconds
	if p.day == number {
		return
	}
	p.day = number
	if day := now.In(time.FixedZone("", zone)).Format(time.DateOnly); p.state.Day != day {
		p.state.Day = day
		clear(p.state.Calls)
		clear(p.state.UsedUp)
	}
}

// count notes a call and says by its errcode whether the quotas still hold it; it is called with
// the lock held.
func (p *Platform) count(path string, now time.Time) int {
	p.turn(now)
	if daily := p.daily(path); p.state.UsedUp[path] || daily > 0 && p.state.Calls[path] >= daily {
		return codeDailyQuota
	}
	if !p.inMinute(path, now) {
		return codeMinuteQuota
	}
	p.state.Calls[path]++
	return codeOK
}

func (p *Platform) inMinute(path string, now time.Time) bool {
	limit := p.trouble.limits[path].Minute
	m, known := p.trouble.minutes[path]
	if limit == 0 && !known {
		return true
	}
	if at := now.Unix() / minuteSeconds; m.at != at {
		m = minute{at: at}
	}
	if m.shut || limit > 0 && m.used >= limit {
		return false
	}
	m.used++
	p.trouble.minutes[path] = m
	return true
}

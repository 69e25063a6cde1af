package platform

import "time"

// window lets the bot send customer messages after a person was in touch.
type window struct {
	Until time.Time `json:"until"`
	Left  int       `json:"left"`
}

// The triggers of a window.
const (
	byMessage = "message"
	byClick   = "click"
	byFollow  = "follow"
	byScan    = "scan"
)

// windows are the platform's rules: how many customer messages, for how long. A tap on a
// msgmenu item counts as a click.
func windowRule(trigger string) (count int, valid time.Duration) {
	switch trigger {
	case byMessage:
		return 5, 48 * time.Hour
	case byClick, byFollow, byScan:
		return 3, time.Minute
	}
	return 0, 0
}

// touch opens the trigger's window anew; counts do not add up.
func (f *follower) touch(trigger string, now time.Time) {
	count, valid := windowRule(trigger)
	if count == 0 {
		return
	}
	f.Windows[trigger] = window{Until: now.Add(valid), Left: count}
}

// spend takes one message out of every open window, as quotas do not add up across triggers
// either. It returns the errcode: 0, 45015 (no window) or 45047 (used up).
func (f *follower) spend(now time.Time) int {
	if !f.Following {
		return codeOutOfWindow
	}
	open, left := false, 0
	for trigger, w := range f.Windows {
		if !now.Before(w.Until) {
			delete(f.Windows, trigger)
			continue
		}
		open, left = true, max(left, w.Left)
	}
	switch {
	case !open:
		return codeOutOfWindow
	case left == 0:
		return codeWindowUsed
	}
	for trigger, w := range f.Windows {
		w.Left = max(0, w.Left-1)
		f.Windows[trigger] = w
	}
	return codeOK
}

// reachable says whether any window is open, without spending.
func (f *follower) reachable(now time.Time) bool {
	if !f.Following {
		return false
	}
	for _, w := range f.Windows {
		if now.Before(w.Until) {
			return true
		}
	}
	return false
}

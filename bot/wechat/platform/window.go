package platform

import (
	"encoding/json"
	"fmt"
	"time"
)

// window lets the bot send customer messages after a person was in touch.
type window struct {
	trigger trigger
	left    int32
	until   int64 // nanoseconds since 1970
}

// windows are those of one phone, one of each trigger at most. They are kept small, as there may
// be a million phones.
type windows []window

// trigger is what opens a window.
type trigger uint8

const (
	byMessage trigger = iota
	byClick
	byFollow
	byScan
	triggers
)

// String is the trigger's name in an export.
func (t trigger) String() string {
	return [triggers]string{"message", "click", "follow", "scan"}[t]
}

// rule is the platform's: how many customer messages, for how long. A tap on a msgmenu item
// counts as a click.
func (t trigger) rule() (count int32, valid time.Duration) {
	if t == byMessage {
		return 5, 48 * time.Hour
	}
	return 3, time.Minute
}

// touch opens the trigger's window anew; counts do not add up.
func (f *follower) touch(by trigger, now time.Time) {
	count, valid := by.rule()
	w := window{trigger: by, left: count, until: now.Add(valid).UnixNano()}
	for i := range f.Windows {
		if f.Windows[i].trigger == by {
			f.Windows[i] = w
			return
		}
	}
	f.Windows = append(f.Windows, w)
}

// spend takes one message out of every open window, as quotas do not add up across triggers
// either. It returns the errcode: 0, 45015 (no window) or 45047 (used up).
func (f *follower) spend(now time.Time) int {
	if !f.reachable(now) {
		return codeOutOfWindow
	}
	at, left := now.UnixNano(), int32(0)
	for _, w := range f.Windows {
		if at < w.until {
			left = max(left, w.left)
		}
	}
	if left == 0 {
		return codeWindowUsed
	}
	for i := range f.Windows {
		f.Windows[i].left = max(0, f.Windows[i].left-1)
	}
	return codeOK
}

// reachable says whether any window is open, without spending.
func (f *follower) reachable(now time.Time) bool {
	if !f.Following {
		return false
	}
	at := now.UnixNano()
	for _, w := range f.Windows {
		if at < w.until {
			return true
		}
	}
	return false
}

// savedWindow is a window in an export, under its trigger's name.
type savedWindow struct {
	Until time.Time `json:"until"`
	Left  int32     `json:"left"`
}

// MarshalJSON writes the windows by trigger.
func (l windows) MarshalJSON() ([]byte, error) {
	saved := make(map[string]savedWindow, len(l))
	for _, w := range l {
		saved[w.trigger.String()] = savedWindow{Until: time.Unix(0, w.until).UTC(), Left: w.left}
	}
	return json.Marshal(saved)
}

// UnmarshalJSON reads what MarshalJSON wrote; triggers that it does not know are left out.
func (l *windows) UnmarshalJSON(b []byte) error {
	var saved map[string]savedWindow
	if err := json.Unmarshal(b, &saved); err != nil {
		return fmt.Errorf("read windows: %w", err)
	}
	*l = nil
	for by := range triggers {
		if w, ok := saved[by.String()]; ok {
			*l = append(*l, window{trigger: by, left: w.Left, until: w.Until.UnixNano()})
		}
	}
	return nil
}

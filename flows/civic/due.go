package civic

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// The kinds of timers. Values are stored.
const (
	TimerPush    = "push"    // makes a push: TimedPush
	TimerSweep   = "sweep"   // has the store clear away what nobody will ask for any more
	TimerOverdue = "overdue" // tells staff of what waits too long: Overlook
)

// sweepAt is when the store is swept each day, in the program's own time: nobody is up.
const (
	sweepHour   = 3
	sweepMinute = 30
)

// ErrTimerKind says that a timer is of a kind that a newer version knows: it is left alone.
var ErrTimerKind = errors.New("unknown kind of timer")

// TimedPush is a push that is made when its timer is due, as against one whose audience is known
// before: reminders go to those who belong to it then.
type TimedPush struct {
	Push     Push     `json:"push"`
	Audience Audience `json:"audience"`
}

// argsOf is v as the arguments of a timer; v is a struct of plain values, which always can be.
func argsOf(v any) json.RawMessage {
	args, _ := json.Marshal(v)
	return args
}

// Todo is what a due timer does.
type Todo struct {
	Effects []any       // committed together with the guard that the timer is still armed
	Sweep   bool        // the store is swept afterwards, which may be done twice
	Overdue CommunityID // whose staff are told of what waits too long, with the guard
}

// Due 到点 says what a timer does that is due now. ErrTimerKind means that this version does not
// know; any other error means that it can never be done.
func Due(t Timer, now time.Time) (Todo, error) {
	switch t.Kind {
	case TimerPush:
		var p TimedPush
		if err := json.Unmarshal(t.Args, &p); err != nil {
			return Todo{}, fmt.Errorf("timer of kind push: arguments do not fit: %w", err)
		}
		if t.Every > 0 { // each time is a push of its own
			when := fmt.Sprintf("-%x", t.DueAt.Unix())
			p.Push.ID, p.Push.Purpose = p.Push.ID+when, p.Push.Purpose+when
		}
		p.Push.DueAt = now
		return Todo{Effects: []any{MakePush(p)}}, nil
	case TimerHandBack:
		var h TimedHandBack
		if err := json.Unmarshal(t.Args, &h); err != nil {
			return Todo{}, fmt.Errorf("timer of kind hand-back: arguments do not fit: %w", err)
		}
		effects := []any{h.HandBack}
		for _, p := range h.Told {
			p.Push.DueAt = now
			effects = append(effects, MakePush(p))
		}
		return Todo{Effects: effects}, nil
	case TimerSweep:
		return Todo{Sweep: true}, nil
	case TimerOverdue:
		var o Overlook
		if err := json.Unmarshal(t.Args, &o); err != nil {
			return Todo{}, fmt.Errorf("timer of kind overdue: arguments do not fit: %w", err)
		}
		return Todo{Overdue: o.Community}, nil
	}
	if read := effectOf[t.Kind]; read != nil {
		e, err := read(t.Args)
		if err != nil {
			return Todo{}, fmt.Errorf("timer of kind %s: arguments do not fit: %w", t.Kind, err)
		}
		return Todo{Effects: []any{e}}, nil
	}
	return Todo{}, fmt.Errorf("%w: %q", ErrTimerKind, t.Kind)
}

// DailySweep is the timer that sweeps the store each day, due next after now. A nil zone means UTC.
func DailySweep(now time.Time, zone *time.Location) Timer {
	if zone == nil {
		zone = time.UTC
	}
	year, month, day := now.In(zone).Date()
	due := time.Date(year, month, day, sweepHour, sweepMinute, 0, 0, zone)
	if !due.After(now) {
		due = time.Date(year, month, day+1, sweepHour, sweepMinute, 0, 0, zone)
	}
	return Timer{ID: "sweep/daily", Kind: TimerSweep, DueAt: due.UTC(), Every: 24 * time.Hour}
}

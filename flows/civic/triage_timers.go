package civic

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// DeclineTimerID is that of the timer which makes a need's decline final.
func DeclineTimerID(n NeedID) string { return fmt.Sprintf("decline-%d", n) }

// AskTimerID is that of the timer which ends the waiting for an author's answer.
func AskTimerID(n NeedID) string { return fmt.Sprintf("ask-%d", n) }

// DeclineTimer makes a decline of now final at a time, and has it told then.
func DeclineTimer(n NeedID, told Push, now, at time.Time) Timer {
	args, _ := json.Marshal(LapseDecline{Need: n, Push: told}) // plain values: cannot fail
	return Timer{ID: DeclineTimerID(n), Rev: int(now.Unix()), Kind: TimerDecline, Args: args, DueAt: at}
}

// AskTimer puts a need back into the queue whose author was asked now and does not answer in time.
func AskTimer(n NeedID, now time.Time) Timer {
	args, _ := json.Marshal(LapseQuestion{Need: n}) // plain values: cannot fail
	return Timer{ID: AskTimerID(n), Rev: int(now.Unix()), Kind: TimerAsk, Args: args, DueAt: now.Add(AskFor)}
}

// Overlook is the arguments of TimerOverdue.
type Overlook struct {
	Community CommunityID `json:"community"`
}

// OverdueTimer tells the staff of a community each day at nine in its own time of what waits too
// long, next after now. A nil zone means UTC.
func OverdueTimer(c CommunityID, now time.Time, zone *time.Location) Timer {
	if zone == nil {
		zone = time.UTC
	}
	year, month, day := now.In(zone).Date()
	due := time.Date(year, month, day, nightHour, 0, 0, 0, zone)
	if !due.After(now) {
		due = time.Date(year, month, day+1, nightHour, 0, 0, 0, zone)
	}
	args, _ := json.Marshal(Overlook{c}) // plain values: cannot fail
	return Timer{ID: fmt.Sprintf("overdue-%d", c), Kind: TimerOverdue, Args: args, DueAt: due.UTC(), Every: 24 * time.Hour}
}

// escalateDays is how much longer a need waits before the committee hears of it too.
const escalateDays = 3

// Digest is what one of the staff is told of what waits too long.
type Digest struct {
	Account Account
	Number  int // needs
	Days    int // that the oldest has waited
	After   int // days from which on they count
}

// Watcher is one of the staff who may be told.
type Watcher struct {
	Account Account
	Grant   Grant
}

// Digests says who is told of what waits too long: grid workers of their grids and of what belongs
// to none, as soon as it is old; the committee three days later, when that has not helped. Nobody
// is told of nothing, and nobody twice.
func Digests(s Settings, staff []Watcher, waits []Overdue) []Digest {
	var out []Digest
	for _, w := range staff {
		if !May(w.Grant.Role, ActTriage) {
			continue
		}
		after := int(oldAfter(s) / (24 * time.Hour))
		if w.Grant.Role == Committee {
			after += escalateDays
		}
		d := Digest{Account: w.Account, After: after}
		for _, o := range waits {
			if o.Days >= after && w.Grant.Reaches(o.Grid) {
				d.Number += o.Number
				d.Days = max(d.Days, o.Days)
			}
		}
		i := slices.IndexFunc(out, func(have Digest) bool { return have.Account == w.Account })
		switch {
		case d.Number == 0 || w.Account == "":
		case i < 0:
			out = append(out, d)
		case d.Number > out[i].Number: // of two offices, the one that reaches further
			out[i] = d
		}
	}
	return out
}

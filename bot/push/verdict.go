package push

import (
	"cmp"
	"math/rand/v2"
	"time"
)

// Answer says what became of a call to the platform.
type Answer int

// The answers. All but Unsure are certain.
const (
	Unsure      Answer = iota // nothing understandable came back: it may have arrived
	Accepted                  // it is on its way
	Refused                   // this route is closed to this person: the next rung may be open
	Gone                      // this account cannot be reached by any route
	Busy                      // not done, and may be a little later; see Verdict.After and Tries
	NotSent                   // the platform has not seen it
	MinuteQuota               // the minute's quota is used up
	DayQuota                  // the day's quota is used up
	Broken                    // a fault of the set-up, which no other person cures
)

// Verdict is what Sender makes of an error.
type Verdict struct {
	Answer   Answer
	Code     int           // the platform's; 0: none
	Reason   string        // short and fixed, at most 32 ASCII characters
	After    time.Duration // of Busy: the first pause; 0: 2 s
	Tries    int           // of Busy: attempts after which it has failed; 0: 8
	Template bool          // of Broken: only the template is at fault, not the API
}

// effort says how often an answer is worth another try, and how long the pauses grow.
type effort struct {
	tries       int // 0: as long as the delivery is of use
	base, limit time.Duration
}

const (
	// noTwice is how long the platform sends nothing twice that has the same id of ours.
	noTwice = 10 * time.Minute
	// noTwiceMargin is left of it for a call that is late.
	noTwiceMargin = 30 * time.Second
)

func (v Verdict) effort() effort {
	switch v.Answer {
	case Busy:
		e := effort{tries: cmp.Or(v.Tries, 8), base: cmp.Or(v.After, 2*time.Second)}
		e.limit = max(5*time.Minute, e.base)
		return e
	case NotSent:
		return effort{base: 20 * time.Second, limit: 20 * time.Second}
	case Unsure:
		return effort{tries: 6, base: 5 * time.Second, limit: 2 * time.Minute}
	case Accepted, Refused, Gone, MinuteQuota, DayQuota, Broken:
	}
	return effort{}
}

// backOff is base·2ⁿ after the first, second … attempt, n from 0, half of it by chance, and
// never more than one and a half of the limit.
func (p effort) backOff(attempts int) time.Duration {
	pause := p.limit
	if n := max(attempts, 1) - 1; n < 16 {
		pause = min(p.limit, p.base<<n)
	}
	return time.Duration(float64(pause) * (0.5 + rand.Float64()))
}

// repeatable says whether a template message that was first called at first may be called
// again at that time without a person being told twice: it is the only one that carries an id
// by which the platform knows it. A first call in the future means that clocks disagree, and
// that nothing is sure.
func repeatable(first, at time.Time) bool {
	return !first.After(at.Add(time.Second)) && at.Before(first.Add(noTwice-noTwiceMargin))
}

// reopens is when a quota is there again.
func (a Answer) reopens(now time.Time) time.Time {
	if a == DayQuota {
		return now.Add(toMidnight(now))
	}
	return now.Truncate(time.Minute).Add(time.Minute)
}

package civic

import (
	"slices"
	"time"
)

// The platform's windows for customer messages: so many after a message within so long, and so
// many within a minute after a menu click, a scan or a follow. See
// https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Service_Center_messages.html.
const (
	MessageWindow = 48 * time.Hour
	MessageCount  = 5
	EventCount    = 3
)

// The windows with a margin for what is under way.
const (
	messageWindow = MessageWindow - time.Minute
	eventWindow   = time.Minute - 10*time.Second
)

// weeklyCap is how many pushes that are not urgent reach out to an account within seven days,
// unless its community says otherwise. The rest waits in the inbox, as a digest.
const weeklyCap = 3

// Why nobody tried to tell a person. Values are stored.
const (
	SkipExpired    = "expired"    // of no use any more
	SkipOptedOut   = "opted-out"  // of its topic
	SkipUnfollowed = "unfollowed" // leaving stops messages at once
	SkipDuplicate  = "duplicate"  // the person is told through another account
	SkipRefused    = "refused"    // no rung is left
)

// Means 手段 are the routes that one kind of delivery may take to one person, apart from what
// is known of the account.
type Means struct {
	NoAccount bool           // there is none to send to
	Customer  bool           // customer messages are on
	Notice    string         // the subscription template of this kind; "": none
	Template  string         // the template of this kind; "": none, or not allowed
	Zone      *time.Location // of the community, for quiet hours; nil: UTC
	WeeklyCap int            // pushes a week that are not urgent; 0: three, below: no cap
	Expires   time.Time      // of no use afterwards; zero: never
}

// Ladder 阶梯 chooses how a person is told now. Exactly one result is set: the route to try, the
// reason to skip the person, or the time before which nothing is to be tried. A route that was
// tried and refused is never chosen again. Urgent breaks the quiet hours and the weekly cap.
func Ladder(r Reach, m Means, tried []Route, now time.Time, urgent bool) (route Route, skip string, notBefore time.Time) {
	switch {
	case !m.Expires.IsZero() && !now.Before(m.Expires):
		return "", SkipExpired, time.Time{}
	case r.OptedOut:
		return "", SkipOptedOut, time.Time{}
	case m.NoAccount:
		return lastRung(tried, ByDoor)
	case !r.Following:
		return "", SkipUnfollowed, time.Time{}
	}
	route = rung(r, m, tried, now)
	if route == "" || !urgent && r.capped(m.WeeklyCap) {
		return lastRung(tried, ByInbox)
	}
	if urgent {
		return route, "", time.Time{}
	}
	morning := QuietUntil(now, m.Zone)
	switch {
	case morning.IsZero():
		return route, "", time.Time{}
	case !m.Expires.IsZero() && !morning.Before(m.Expires):
		return lastRung(tried, ByInbox) // tomorrow it is of no use
	}
	return "", "", morning
}

// rung is the first way to reach out that is open and was not refused.
func rung(r Reach, m Means, tried []Route, now time.Time) Route {
	switch {
	case m.Customer && r.windowOpen(now) && !slices.Contains(tried, ByCustomer):
		return ByCustomer
	case m.Notice != "" && r.Consents[m.Notice] > 0 && !slices.Contains(tried, ByNotice):
		return ByNotice
	case m.Template != "" && !slices.Contains(tried, ByTemplate):
		return ByTemplate
	}
	return ""
}

// lastRung is where nobody can refuse, but for a list of refusals that says otherwise.
func lastRung(tried []Route, last Route) (Route, string, time.Time) {
	if slices.Contains(tried, last) {
		return "", SkipRefused, time.Time{}
	}
	return last, "", time.Time{}
}

// windowOpen says whether the platform takes a customer message now. It may still refuse: of
// two windows that were opened one after the other, only the count since the last is known.
func (r Reach) windowOpen(now time.Time) bool {
	return !r.LastMessageAt.IsZero() && now.Sub(r.LastMessageAt) < messageWindow && r.SentInWindow < MessageCount ||
		!r.LastEventAt.IsZero() && now.Sub(r.LastEventAt) < eventWindow && r.SentInWindow < EventCount
}

func (r Reach) capped(limit int) bool {
	if limit == 0 {
		limit = weeklyCap
	}
	return limit > 0 && r.ThisWeek >= limit
}

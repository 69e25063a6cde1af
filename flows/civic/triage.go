package civic

import (
	"slices"
	"time"
)

// How the queue of 初选 is ordered: who has waited longest comes first, and what many want or
// what cannot wait counts as having waited longer. All needs age alike, so that the order of two
// changes only when something is done to one of them, and an index can keep it.
const (
	heatWait   = 12 * time.Hour     // that an endorser is worth
	heatMost   = 20                 // endorsers that count: ten days at most, so that nothing waits for ever
	urgentWait = 7 * 24 * time.Hour // that 急 is worth
)

// QueueAt is the place of a waiting need in the queue: the earlier comes first. Urgent is 急 as it
// counts: what staff marked, else what the author said or the words show.
func QueueAt(waiting time.Time, heat int, urgent bool) time.Time {
	at := waiting.Add(-heatWait * time.Duration(min(max(heat, 0), heatMost)))
	if urgent {
		at = at.Add(-urgentWait)
	}
	return at
}

// QueuePlace is the need's own place in the queue.
func (n *Need) QueuePlace() time.Time { return QueueAt(n.WaitingSince, n.Heat, n.Urgency() > 0) }

// moves lists the states that may follow one another. What is not here never happens.
var moves = map[NeedState][]NeedState{
	NeedRaised:    {NeedAccepted, NeedDeclining, NeedHanded, NeedMerged, NeedWithdrawn},
	NeedDeclining: {NeedDeclined, NeedRaised, NeedWithdrawn},
	NeedDeclined:  {NeedAppealed},
	NeedAppealed:  {NeedAccepted, NeedHanded, NeedDeclined, NeedWithdrawn},
	NeedAccepted:  {NeedMerged, NeedHanded, NeedWithdrawn},
	NeedHanded:    {NeedWithdrawn},
	NeedMerged:    {NeedRaised, NeedAccepted}, // by undoing the merge
}

// CanMove says whether a need may go from one state to another.
func CanMove(from, to NeedState) bool { return slices.Contains(moves[from], to) }

// NeedStates lists all states.
func NeedStates() []NeedState {
	return []NeedState{
		NeedRaised, NeedAccepted, NeedDeclining, NeedDeclined, NeedAppealed, NeedHanded, NeedMerged, NeedWithdrawn,
	}
}

// Waits says whether a need of this state waits for staff in the queue of 初选.
func Waits(s NeedState) bool { return s == NeedRaised || s == NeedDeclining || s == NeedAppealed }

// Bounds of triage. Lengths are in characters as people count them.
const (
	HoldFor     = 10 * time.Minute    // a colleague's look at a need lasts so long
	AskFor      = 7 * 24 * time.Hour  // a question without an answer goes back to the queue
	UndoFor     = 14 * 24 * time.Hour // a merge of no round can be undone; of a round, until 初选 ends
	AppealFor   = 14 * 24 * time.Hour // a decline can be appealed
	AssistFor   = 15 * time.Minute    // a need raised for somebody has to be done by then
	MaxSentence = 120                 // a reason or a question
	MaxDuty     = 40                  // the name of who has the duty
	MaxAnswer   = 200                 // an answer or an appeal
	nightHour   = 9                   // a decline is final the day after at this hour, in the community's time
)

// Reason 理由 says why a need is not taken up. Values are stored.
type Reason string

// The reasons of a decline.
const (
	ReasonDuty       Reason = "duty"
	ReasonPlanned    Reason = "planned"
	ReasonCost       Reason = "cost"
	ReasonInfeasible Reason = "infeasible"
	ReasonUnclear    Reason = "unclear"
	ReasonDuplicate  Reason = "duplicate"
	ReasonRules      Reason = "rules"
)

// Reasons lists the reasons in the order staff choose them by number, the common ones first.
func Reasons() []Reason {
	return []Reason{ReasonDuty, ReasonPlanned, ReasonCost, ReasonInfeasible, ReasonUnclear, ReasonDuplicate, ReasonRules}
}

// String is what residents read.
func (r Reason) String() string {
	switch r {
	case ReasonDuty:
		return "不属于社区职责"
	case ReasonPlanned:
		return "已有安排"
	case ReasonCost:
		return "费用超出"
	case ReasonInfeasible:
		return "现在做不到"
	case ReasonUnclear:
		return "信息不足"
	case ReasonDuplicate:
		return "重复"
	case ReasonRules:
		return "违反规定"
	}
	return string(r)
}

// NextMorning is when a decline becomes final without a colleague's word: nine o'clock of the
// next day in the community's time.
func NextMorning(now time.Time, zone *time.Location) time.Time {
	year, month, day := now.In(zone).Date()
	return time.Date(year, month, day+1, nightHour, 0, 0, 0, zone)
}

// Old says whether a need that has waited since then is too old; a community's OldAfterDays of 0
// are seven days.
func Old(since, now time.Time, s Settings) bool { return now.Sub(since) >= oldAfter(s) }

func oldAfter(s Settings) time.Duration {
	days := s.OldAfterDays
	if days <= 0 {
		days = 7
	}
	return time.Duration(days) * 24 * time.Hour
}

// Queued is a need in the queue of 初选.
type Queued struct {
	Need   Need
	Held   string // who of the staff looks at it now, as colleagues read the name; "" nobody
	Holder StaffID
	Lapsed bool // its author was asked and did not answer in time
	Voices int
}

// Docket 案卷 is what staff read of one need beside the need itself.
type Docket struct {
	Queued
	Asked     []Question // the oldest first
	Merged    []Need     // those that go on in it, without additions
	Into      Need       // where it goes on, if it was merged
	MergedAt  time.Time
	Objection string // an author's word against the merge; "-" one without words, "" none
	Appeal    string // the author's words against a decline
	Decliner  StaffID
	Deeds     []Deed // what was done, the oldest first
	Authors   int    // accounts and people who raised it or what goes on in it
	Backers   int    // accounts that endorse it
}

// Deed is one act of staff upon a need, of the audit log.
type Deed struct {
	What string // as the log keeps it
	Who  string // the colleague's name
	At   time.Time
}

// Question 问提出人 is a question of staff to the authors of a need.
type Question struct {
	Need   NeedID
	Number Number // of the asked account's own need, which may go on in Need
	Staff  StaffID
	Text   string
	At     time.Time
	Answer string // "" while there is none
	Lapsed bool   // nobody waits for it any more: it was not answered in time, or the need was decided
}

// Overdue is how many needs of a grid wait too long.
type Overdue struct {
	Grid   int64 // zero: no grid known
	Days   int   // full days that one has waited
	Number int   // needs that have waited so many days
}

// Neighbour is somebody of the roll, as staff who raise a need for them read it.
type Neighbour struct {
	Person PersonID `json:"person"`
	Estate string   `json:"estate,omitempty"`
	Name   string   `json:"name,omitempty"` // with 某 in its middle
	Grid   int64    `json:"grid,omitempty"`
}

package civic

import "time"

// PublicReason 理由 is why something is not public, or should not be.
type PublicReason struct {
	Code string // stored
	Text string // as residents read it
}

// PublicReasons lists the reasons in the order people choose them by number.
func PublicReasons() []PublicReason {
	return []PublicReason{
		{"private", "有别人的姓名、电话或门牌"},
		{"insult", "骂人、攻击人"},
		{"advert", "广告、推销"},
		{"false", "内容不实"},
		{"other", "别的原因"},
	}
}

// PublicReasonText is what a code says; "" for one that is none.
func PublicReasonText(code string) string {
	for _, r := range PublicReasons() {
		if r.Code == code {
			return r.Text
		}
	}
	return ""
}

// reportsHide is how many have to report a need before it is hidden until staff looked.
const reportsHide = 3

// ReportsHide says whether a public need is hidden at once, now that so many have reported it since
// staff looked last, of whom some are verified persons: one has to be, as accounts alone are easily
// had. What staff have left public after reports of the same kind is not hidden by further ones:
// they only call staff again.
func ReportsHide(open, verified int, looked bool) bool {
	return open >= reportsHide && verified > 0 && !looked
}

// ReviewKind is what staff have to look at.
type ReviewKind string

// The kinds, in the order of the queue.
const (
	ReviewReport  ReviewKind = "report"  // 举报
	ReviewAppeal  ReviewKind = "appeal"  // 申诉
	ReviewRelease ReviewKind = "release" // 待公开
	// ReviewObjection 不是一回事 waits for those who merge needs.
	ReviewObjection ReviewKind = "objection"
)

// Review is one thing that waits for staff to decide what is public.
type Review struct {
	Kind    ReviewKind
	Need    Need
	Voices  int
	Since   time.Time
	Rev     time.Time     // changes when there is more to look at
	Reports []ReportCount // of a report
	Hidden  bool          // reports have hidden it
	Appeal  string        // the author's words
	TakenBy StaffID       // who took it down, of an appeal
	OwnDeed bool          // the asking staff took it down: somebody else is to decide
}

// ReportCount is how often a reason was given.
type ReportCount struct {
	Code string
	N    int
}

// ReviewAt is a place in the queue of one kind: what stands after it comes next. Zero is its
// beginning.
type ReviewAt struct {
	Since time.Time `json:"since,omitzero"`
	Need  NeedID    `json:"need,omitempty"`
}

// The kinds of what people are told of what is public. Values are stored; flows renders them from
// PublicNews.
const (
	TellReleased  = "need-released"   // to the author
	TellKeptBack  = "need-kept-back"  // to the author
	TellTakenDown = "need-taken-down" // to the author
	TellAppeal    = "appeal-settled"  // to the author
	TellReport    = "report-settled"  // to those who reported it
)

// PublicNews is what a push of these kinds tells.
type PublicNews struct {
	Number   string `json:"number"`
	Text     string `json:"text"`               // the beginning of its words, or of the addition's
	Photos   bool   `json:"photos,omitempty"`   // released: with them
	More     bool   `json:"more,omitempty"`     // it is about an addition to what is public already
	Reason   string `json:"reason,omitempty"`   // in words
	Down     bool   `json:"down,omitempty"`     // report: it was taken down; appeal: it stays so
	Appealed bool   `json:"appealed,omitempty"` // taken down: there was the one appeal before
}

// LookAgain is the refusal of a decision about words that their author has changed since they were read.
const LookAgain = "提的人刚才又改了，请再看一遍。"

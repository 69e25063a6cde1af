package civic

import (
	"encoding/json"
	"time"
)

// Recipient is who is told something, named opaquely. People on the roll keep theirs for ever; an
// account that belongs to nobody on the roll is its own person (see RecipientOf).
type Recipient string

// RecipientOf is the person of an account that is not linked to the roll.
func RecipientOf(a Account) Recipient { return Recipient("a:" + string(a)) }

// Topic 主题 is what people can unsubscribe from as a whole.
type Topic string

// The topics, in the order residents see them.
const (
	TopicNeeds    Topic = "needs"    // 需求进展
	TopicVotes    Topic = "votes"    // 投票征询
	TopicProjects Topic = "projects" // 项目进展
	TopicMeetings Topic = "meetings" // 会议通知
)

// Push 推送 is one thing to be told to many. Its audience is frozen when it is made.
type Push struct {
	ID        string          // opaque, unique; the caller's run, so that making it twice is one
	Purpose   string          // unique together with the person: nobody is told the same thing twice
	Topic     Topic           // "" cannot be unsubscribed from
	Urgent    string          // why it may break quiet hours and the weekly cap, for the audit; "" it may not
	Community CommunityID     // whose staff sees its report; 0: none
	Kind      string          // what is told; flows renders it
	Args      json.RawMessage // for Kind
	DueAt     time.Time       // not before
	ExpiresAt time.Time       // of no use afterwards; zero: never
	Spread    time.Duration   // people become due within it, each at a moment of their own; 0: all at once
	Audience  int             // people in it, once frozen
	MadeAt    time.Time
}

// Audience 对象 says who is told. One of Community, Accounts, Need and Staff is set; none means nobody.
type Audience struct {
	Community CommunityID // the accounts that belong to it when the push is made
	Accounts  []Account   // just these
	Need      NeedID      // its authors and endorsers, and those of what was merged into it
	Authors   bool        // with Need: without endorsers
	Staff     []StaffID   // the accounts of these; with Push.Community set, of whoever stands in for them there
	Except    Account     // is left out, such as who did it; "": nobody
}

// Route is a way to reach a person.
type Route string

// The routes, in the order of the ladder 阶梯. A clear refusal moves a person one rung down; an
// uncertain answer never does.
const (
	ByCustomer Route = "customer" // customer message, while the platform's window is open
	ByNotice   Route = "notice"   // subscription notice, with a consent in the ledger
	ByTemplate Route = "template" // template message
	ByInbox    Route = "inbox"    // 站内: offered at the next contact
	ByDoor     Route = "door"     // on the list of doors to knock at
)

// DeliveryState is where one delivery stands. Waiting and Sending are the only ones that change again,
// but for Inbox, whose read mark may be set, and Unknown, which a receipt may settle.
type DeliveryState string

// The states of a delivery. Those after Sending are final; their sum is the audience.
const (
	Waiting DeliveryState = "waiting"
	Sending DeliveryState = "sending" // under a lease
	Sent    DeliveryState = "sent"
	Inbox   DeliveryState = "inbox"
	Door    DeliveryState = "door"
	Skipped DeliveryState = "skipped" // with a reason: nobody tried
	Failed  DeliveryState = "failed"  // with a reason: every rung refused clearly
	Unknown DeliveryState = "unknown" // may have arrived; never sent again by itself
)

// Delivery 送达 is one push to one person.
type Delivery struct {
	ID       int64
	Push     string
	Purpose  string
	Person   Recipient
	Account  Account // through which; "" has none
	Kind     string
	Args     json.RawMessage
	Topic    Topic
	Urgent   bool
	Expires  time.Time // of no use afterwards; zero: never
	Attempts int       // including this one
	FirstAt  time.Time // when a call was first made that may have arrived; zero: there is none
	Tried    []Route   // rungs that refused clearly
	Reach    Reach     // what was known of the account when it was claimed
}

// Reach is what decides by which routes an account can be reached now.
type Reach struct {
	Following     bool
	LastMessageAt time.Time      // opens the window for 48 h
	LastEventAt   time.Time      // a menu click, a scan or a follow: opens it for one minute
	SentInWindow  int            // customer messages since the window was opened last
	Consents      map[string]int // subscription template id → consents left
	OptedOut      bool           // of the delivery's topic
	ThisWeek      int            // pushes of the last seven days that were not urgent
	MidStep       bool           // a question is open in the chat
}

// Outcome is how one attempt at a delivery ended, as the worker records it.
type Outcome struct {
	ID      int64
	State   DeliveryState // a final state, or Waiting for another attempt
	Route   Route         // of Sent, Inbox, Door and Unknown
	Reason  string        // short and fixed, for reports: never a text of the platform
	Code    int           // the platform's error code, 0 none
	Receipt string        // the platform's id of the message, by which a receipt event finds it
	Tried   []Route       // rungs that refused clearly so far
	NextAt  time.Time     // of Waiting
	Notice  string        // of ByNotice: the subscription template whose consent was used
	Free    bool          // of Waiting: the attempt is not counted, as nobody was called
	Unsure  bool          // of Waiting: a call may have arrived, so that FirstAt stays; else it begins anew
}

// Report says how a push stands. Its numbers add up to Audience at every moment.
type Report struct {
	Push     string
	Audience int
	Waiting  int            // not tried yet, to be tried again, or under way
	Sent     map[Route]int  // by route
	Inbox    int            // 站内
	Door     int            // on the list of doors
	Skipped  map[string]int // by reason; "duplicate": told the same under another push
	Failed   map[string]int // by reason
	Unknown  int            // may have arrived
	Resent   int            // how often its failed ones were sent again
}

// Total adds up all states; it equals Audience.
func (r Report) Total() int {
	n := r.Waiting + r.Inbox + r.Door + r.Unknown
	for _, of := range r.Sent {
		n += of
	}
	for _, of := range r.Skipped {
		n += of
	}
	for _, of := range r.Failed {
		n += of
	}
	return n
}

// InboxItem 站内消息 is a delivery that waits for its person to look.
type InboxItem struct {
	ID   int64
	Kind string
	Args json.RawMessage
	At   time.Time // when it was put there
	Read bool
}

// Timer is something that is due at a time. Rev is the revision that armed it: a timer whose
// subject has moved on does nothing.
type Timer struct {
	ID      string // the subject and what is to happen: unique, e.g. poll-12/close
	Rev     int
	Kind    string          // what it does; civic's rules know
	Args    json.RawMessage // for Kind
	DueAt   time.Time
	Every   time.Duration // repeats; 0: once
	Account Account       // whose turn its commit counts as; "" the program's own
}

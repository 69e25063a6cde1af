// Package civic holds the nouns, effects and rules of community work. It knows no
// dialogue, no database and no platform: plain values and pure functions only.
package civic

import (
	"fmt"
	"time"
)

// Account 账号 is a follower's openid: opaque, case-sensitive, never logged.
type Account string

// CommunityID names a community 社区. Zero means none.
type CommunityID int64

// Community 社区 is one neighbourhood committee's area.
type Community struct {
	ID       CommunityID
	Code     string // one or two characters that begin public numbers, such as 钮
	Name     string // 钮家巷社区
	Phone    string // the grid worker's 网格员 phone; "" when none is set
	Hours    string // service hours as residents read them, such as 每天 9:00–17:00
	TimeZone string // IANA name; "" means the program's default
	Area     Area
	Settings Settings
}

// Estate 小区 is a housing estate of a community, by whose name residents find theirs.
type Estate struct {
	ID        int64
	Community CommunityID
	Name      string
}

// Grid 网格 is the part of a community that one grid worker looks after.
type Grid struct {
	ID        int64
	Community CommunityID
	Name      string
}

// Follower is what the bot remembers of an account.
type Follower struct {
	Account   Account
	Community CommunityID // zero: not known yet
	Estate    int64       // zero: not known
}

// Place says where a need is. Coordinates are degrees, WGS-like as the platform sends
// them, rounded to about ten metres; Located is false when only words were given.
type Place struct {
	Text    string  `json:"text,omitempty"`
	Lat     float64 `json:"lat,omitempty"`
	Lng     float64 `json:"lng,omitempty"`
	Located bool    `json:"located,omitempty"`
}

// MediaKind tells photos from voices.
type MediaKind string

// The two kinds of media that residents send and the bot keeps.
const (
	Photo MediaKind = "photo"
	Voice MediaKind = "voice"
)

// Number is the public number of a need, unique by community and year: 钮2027-018.
type Number struct {
	Code string
	Year int
	Seq  int // from 1, without holes
}

// String writes the number as residents read it.
func (n Number) String() string { return fmt.Sprintf("%s%d-%03d", n.Code, n.Year, n.Seq) }

// NeedID names a need 需求 inside the program; residents see its Number.
type NeedID int64

// NeedState is where a need stands. Values are stored.
type NeedState string

// The states a need can be in so far.
const (
	NeedRaised    NeedState = "raised"    // 待初选: raised, waiting for staff
	NeedAccepted  NeedState = "accepted"  // 已受理
	NeedDeclining NeedState = "declining" // one of staff would decline it; a second confirms, or a night passes
	NeedDeclined  NeedState = "declined"  // 不予受理
	NeedAppealed  NeedState = "appealed"  // 申诉中: an author asked once to look again at a decline
	NeedHanded    NeedState = "handed"    // 已转办: another has the duty, see Duty
	NeedMerged    NeedState = "merged"    // 已合并: goes on in MergedInto
	NeedWithdrawn NeedState = "withdrawn" // 已撤回 by its author
)

// Need 需求 is what a resident says is wrong or missing. Text holds the words as others
// may read them: identity and phone numbers are masked before they are stored.
type Need struct {
	ID        NeedID
	Community CommunityID
	Number    Number
	Author    Account
	Category  Category
	Text      string
	Place     Place
	Urgent    bool
	State     NeedState
	Released  bool // 公开: staff let other residents read it
	Heat      int  // verified persons that endorse it, the author not counted
	Others    int  // other accounts that endorse it
	Photos    int
	Additions []Addition
	RaisedAt  time.Time

	Person       PersonID // of the author, zero while nobody knows who it is
	Estate       int64    // where the author lives, zero where nobody knows
	Grid         int64    // likewise
	Round        int64    // of which it is part, zero for none
	RaisedBy     StaffID  // who raised it for somebody without WeChat, zero for none
	MarkedUrgent int      // by staff: 1 急, 0 nobody said, -1 not
	MarkedHard   int      // by staff: 1 难, 0 nobody said, -1 not
	MergedInto   NeedID   // goes on in its stead, zero for none
	PhotosShown  bool     // photos are public with the text
	TakenDown    bool     // was public and is not any more
	ReasonCode   string   // of a decline or a handing on, see Reason
	Reason       string   // in words, for those concerned
	Duty         string   // whose it is now, where it was handed on
	WaitingSince time.Time
	DecidedAt    time.Time // when staff decided last; zero: not yet
	LastWord     bool      // a decline was appealed: what is decided then is final
	KeptBack     bool      // staff said why it is not public yet: PublicCode and PublicReason
	Hidden       bool      // reports have hidden it until staff looked
	Appealed     bool      // its author has appealed against taking it down
	Danger       bool      // its words speak of danger, see Dangerous
	PublicCode   string    // why it was kept back or taken down, see PublicReasons
	PublicReason string    // in words, for its author; "" those of the code
}

// Addition 补充 is a later word of the author.
type Addition struct {
	Text     string
	At       time.Time
	Released bool // others may read it
}

// LikeNeed is a need that resembles what somebody is about to raise.
type LikeNeed struct {
	ID     NeedID
	Number Number
	Text   string
	Place  string
	Heat   int     // verified persons that endorse it
	Others int     // other accounts that do
	Merged Number  // the need that was found and goes on in this one; zero: it is this one
	Own    bool    // the asker's own need
	Backed bool    // the asker has endorsed it already
	Score  float64 // likeness from 0 to 1
}

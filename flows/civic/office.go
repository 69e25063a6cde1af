package civic

import (
	"slices"
	"time"
)

// Office 身份 is what a grant gives: a role and where it holds.
type Office struct {
	Role      Role        `json:"role"`
	Community CommunityID `json:"community,omitempty"` // of a Supervisor, GridWorker, Committee or Observer
	Over      int64       `json:"over,omitempty"`      // the street or district of those
	Grids     []int64     `json:"grids,omitempty"`     // of a GridWorker, ascending; none: all
}

// Office is what the grant gives.
func (g Grant) Office() Office {
	return Office{Role: g.Role, Community: g.Community, Over: g.Over, Grids: g.Grids}
}

// gives is the whole of who may give, and take away, which office; what is not here is forbidden.
var gives = map[Role][]Role{
	Committee: {GridWorker, Supervisor, Observer, Committee},
	Street:    {Committee},
	District:  {Street, Committee},
}

// Gives lists the offices that a role may give, none for most.
func Gives(r Role) []Role { return slices.Clone(gives[r]) }

// MayGive says whether a grant allows giving an office; in is where the office's community, or
// its street, lies. The default is no.
func MayGive(g Grant, o Office, in Area) bool {
	if !May(g.Role, ActInvite) || !slices.Contains(gives[g.Role], o.Role) {
		return false
	}
	switch o.Role {
	case Street:
		return o.Over != 0 && o.Over == in.Street && o.Community == 0 && g.Covers(0, in)
	case Supervisor, GridWorker, Committee, Observer:
		return o.Community != 0 && o.Over == 0 && g.Covers(o.Community, in)
	case Resident, District:
	}
	return false
}

// Bounds of invitations.
const (
	InviteDays     = 7  // how long a code is good unless said otherwise
	InviteMostDays = 30 // at most
	StaffNameMost  = 20 // characters of a name as colleagues read it
)

// Invite 邀请 makes a one-time code for an office, or, with Staff set, for the new phone of
// somebody who has offices: their old account loses them when the code is used. Refused for an
// office that By may not give. Its receipt's Made is the invitation.
type Invite struct {
	By     By
	Office Office
	Staff  StaffID // zero: somebody new
	Name   string  // of somebody new, as colleagues will read it
	Until  time.Time
}

// CancelInvite makes a code void that was not used yet.
type CancelInvite struct {
	By         By
	Invitation int64
}

// AcceptInvite takes up an office. The code is checked again: it is good once, for whoever comes
// first. Consent is the version of the text that was agreed to.
type AcceptInvite struct {
	Account Account
	Code    string // as ReadInviteCode gives it
	Consent string
}

// MissInvite counts a code of the account that is none.
type MissInvite struct {
	Account Account
}

// RevokeGrant 收回 takes an office away, at once. Refused for one's own, for one that By may not
// give. So a committee never loses its last member but to a level above.
type RevokeGrant struct {
	By    By
	Grant int64
}

// HandOver 交接 gives all that is assigned to From to To, in one commit; what comes for From until
// then comes to To (see store's standIn). Refused unless both work for the community, unless By is
// From or of the committee, and while From hands over already.
type HandOver struct {
	By       By
	From, To StaffID
	Until    time.Time  // given back then; zero: for good
	Told     []MakePush // what is told when the time has come
}

// HandBack 交还 gives back what a hand-over moved and is still with whom it went to. The timer of
// the hand-over does it; where it was ended before, nothing happens.
type HandBack struct {
	Handover int64 `json:"handover"`
}

// TimedHandBack is what the timer of a hand-over does.
type TimedHandBack struct {
	HandBack
	Told []TimedPush `json:"told,omitempty"`
}

// TakeBack 收回 ends a hand-over before its time.
type TakeBack struct {
	By       By
	Handover int64
}

// Invitation is an invitation as whoever types its code sees it.
type Invitation struct {
	ID      int64
	Office  Office
	Staff   StaffID // of somebody who has offices already: their new phone
	Name    string  // the invitee's
	Inviter string  // the name of who invites; "" the operator
	As      Role    // the inviter's office; "" the operator
	Until   time.Time
	Code    string // only for those who may invite
}

// InviteState is what a typed code is good for.
type InviteState string

// The states of a code. Values are not stored.
const (
	InviteOpen    InviteState = "open"
	InviteUnknown InviteState = "unknown" // no such code, or its row was changed by somebody
	InviteUsed    InviteState = "used"
	InviteMine    InviteState = "mine" // used, by the account that asks
	InviteLate    InviteState = "late"
	InviteRevoked InviteState = "revoked" // called off, or whoever gave it may not give it any more
	InviteLocked  InviteState = "locked"  // the account has tried too often
)

// Sentences of refusals about offices.
const (
	NotYours     = "这个身份您不能给，也不能收回。请上一级办。"
	NotYourself  = "不能收回自己的身份。不干了，请上一级或管理员来收。"
	GoneAlready  = "这个身份刚才已经收回了。"
	InviteGone   = "这个邀请码已经用不了了，请让邀请您的人再发一个。"
	InviteTaken  = "这个微信已经是另一位工作人员的了，换不过来。请联系邀请您的人。"
	TooManyTries = "输错次数太多了，请过一小时再试。码在邀请您的人那里可以再看一次。"
	NoReach      = "接手的人没有这个社区的岗位，交不过去。请换一位。"
	AwayAlready  = "已经交接出去了，还没到期。要改，请先收回那次交接。"
	BackAlready  = "这次交接已经结束了。"
)

// Member is somebody of the staff with the offices they hold in a community, as colleagues see them.
type Member struct {
	Staff   StaffID
	Name    string // "" where the asker may not read it
	Grants  []Grant
	Since   time.Time // of the first of them
	Reached bool      // an account is bound
	// Away says that they handed over: to whom, and when they take over again; zero: not said.
	Away   int64 // the hand-over; zero: none
	AwayTo string
	Back   time.Time
}

// StreetArea is a street 街道 with the district it lies in.
type StreetArea struct {
	ID, District int64
	Name         string
	DistrictName string
}

// AuditLine 操作记录 is one act of staff as it is read. It holds no name but the actor's, and that
// only for those who may read it.
type AuditLine struct {
	ID     int64
	At     time.Time
	Staff  StaffID // zero: the operator
	Name   string  // "" where the reader may not see it
	Role   Role
	Act    Act
	What   string
	Object string // kind and id
	Number string // the public number of the need it is about; "" none
	Detail string // JSON of ids, codes and numbers; "" none
}

// WorkCount 待办 is how much of one kind waits for somebody of the staff.
type WorkCount struct {
	Kind  string // such as triage
	Count int
}

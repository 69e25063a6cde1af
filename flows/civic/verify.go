package civic

import "time"

// Said is what somebody says to be verified 认证: a door, a name and the last four digits of a phone, or
// a name and a card. Building, Unit and Room are in the form of [Building], [Unit] and [Room].
type Said struct {
	Account   Account
	Community CommunityID // of the asker; the door is looked for there where no estate is named
	Estate    string      // as typed; "" for none
	Building  string
	Unit      string
	Room      string
	Name      string
	Digits    string // four; "" where Card tells the household, or where a worker is to look
	Card      Card
}

// Card stands for a household code that was typed: it is kept between turns in place of the code.
// Whether the code was right cannot be told to whoever typed it before the name is known too.
type Card struct {
	Household HouseholdID `json:"h,omitempty"` // zero: no household has the code
	Print     string      `json:"p,omitempty"` // opaque; shows the store that the code still holds
}

// Match is what the roll says to somebody's words. It is opaque: it holds no name and no door, and it
// is not kept in a draft.
type Match struct {
	Person    PersonID    // zero: nothing fits, or nothing was looked at
	Print     string      // of what fitted; Commit looks again
	Community CommunityID // of the person, who has proven to be of it
	At        string      // where a wrong try is counted, for NoteWrong
	Tries     Tries       // of the account, before this one
	Until     time.Time   // not looked at before: too many tries; zero: it was looked at
	Locked    bool        // it is the account that waits; else the door, or the community's codes
}

// Standing is how an account stands with the roll before it says anything.
type Standing struct {
	Identity Identity // zero: not verified
	Consent  string   // version of the text agreed to then
	Tries    Tries
	Asked    time.Time // since when a request waits for a grid worker; zero: none does
	Frozen   bool      // a dispute about it waits
}

// Linkage is a proof of who an account is: which person, how it was found, and what the resident agreed to.
type Linkage struct {
	Person  PersonID
	How     VerifiedBy
	Consent string // version of the text agreed to
}

// ClaimKind is what a claim in the queue of staff 认证申请 is about. Values are stored.
type ClaimKind string

// The kinds of claims.
const (
	ClaimAsk     ClaimKind = "ask"     // somebody asks to be verified by hand
	ClaimDispute ClaimKind = "dispute" // a person says that another account is not theirs
)

// Claim 认证申请 waits for staff. Name and Door are as the asker typed them, or the roll's in a
// dispute: who decides has to knock at that door and to ask for that name.
type Claim struct {
	ID        int64
	Kind      ClaimKind
	Community CommunityID
	Grid      int64 // zero: none known
	Name      string
	Door      string
	At        time.Time
	Passed    bool // a grid worker left it to the committee
	Frozen    bool // of a dispute: the account has lost its verification for the time being
	Known     bool // the roll knows the door
	Fits      []Fit
}

// Fit is a person behind the door of a claim.
type Fit struct {
	Person PersonID
	Name   string // masked: 张*
	Same   bool   // it is the name that was typed
}

// Decision is what staff make of a claim.
type Decision string

// The decisions.
const (
	ClaimAccept  Decision = "accept"  // the account is that person
	ClaimDecline Decision = "decline" // it is not
	ClaimPass    Decision = "pass"    // 转给居委会
)

// The words of Receipt.Word.
const (
	Verified    = "verified"
	VerifiedToo = "verified-too" // and the person has other accounts
	VerifyAsked = "asked"
	TriedWrong  = "wrong" // nothing fitted, and it was counted
	Disputed    = "disputed"
	DisputeKept = "dispute-kept" // it was taken down, and the older claim stays till it is decided
)

// CountsForMoney says whether a verification is enough where money is voted on: a community may
// want more than what neighbours know of each other.
func CountsForMoney(i Identity, s Settings) bool {
	switch i.How {
	case ByCode, ByHand:
		return i.Person != 0
	case ByRoll:
		return i.Person != 0 && !s.MoneyStrict
	}
	return false
}

// Stronger says whether a way of verification tells more than another.
func (v VerifiedBy) Stronger(than VerifiedBy) bool {
	rank := map[VerifiedBy]int{ByRoll: 1, ByCode: 2, ByHand: 3}
	return rank[v] > rank[than]
}

// Door writes the door as people read it: 钮家新村3幢2单元501室.
func (s Said) Door() string {
	d := s.Estate + s.Building + "幢"
	if s.Unit != "" {
		d += s.Unit + "单元"
	}
	return d + s.Room + "室"
}

package civic

import "time"

// An effect is what a dialogue asks the store to do. store.Commit hands each to the file
// of its noun by one exhaustive switch; all effects of a turn succeed or none does.

// Join remembers which community (and estate, zero if unknown) an account belongs to.
// Doing it again moves the account.
type Join struct {
	Account   Account
	Community CommunityID
	Estate    int64
}

// RaiseNeed creates a need with the next number of its community and year. Text and Place
// are already masked. Photos and VoiceID are the platform's media ids, sent by Account.
type RaiseNeed struct {
	Account   Account
	Community CommunityID
	Category  Category
	Text      string
	Place     Place
	Urgent    bool
	Photos    []string
	VoiceID   string
}

// EndorseNeed 附议 adds the account to the need's endorsers, once. It is refused for the
// author's own need, for one that is withdrawn, and for one not released.
type EndorseNeed struct {
	Account Account
	Need    NeedID
}

// WithdrawNeed 撤回 ends the account's own need. Endorsers are kept in the record.
type WithdrawNeed struct {
	Account Account
	Need    NeedID
}

// AddToNeed 补充 appends a masked sentence to the account's own need.
type AddToNeed struct {
	Account Account
	Need    NeedID
	Text    string
}

// KeepMedia has a photo or voice fetched soon, before the platform forgets it after three days.
// The same media id twice is one.
type KeepMedia struct {
	Account Account
	MediaID string
	Kind    MediaKind
}

// MakePush 推送 has something told to an audience, which is frozen with the turn. A push of the
// same ID made before stays as it is.
type MakePush struct {
	Push     Push
	Audience Audience
}

// OptOut 退订 stops the topic for the account, or with Off unset starts it again.
type OptOut struct {
	Account Account
	Topic   Topic
	Off     bool
}

// ReadInbox 已读 marks the account's inbox items as read; those of others are left alone.
type ReadInbox struct {
	Account Account
	IDs     []int64
}

// ArmTimer sets a timer, or moves the one of the same ID unless that has a later revision.
type ArmTimer struct {
	Timer Timer
}

// CancelTimer takes a timer of this revision or an earlier one away; Rev 0 is any. If it has
// fired already, or was moved on, the turn is refused with the sentence Late; "" lets it pass.
type CancelTimer struct {
	ID   string
	Rev  int
	Late string
}

// FireTimer is the guard of what a timer does: the turn is committed only if the timer is
// still armed as it was claimed. A repeating timer is set to its next time, others are gone.
type FireTimer struct {
	ID    string
	Rev   int
	DueAt time.Time // as claimed
}

// Verify 认证 links an account to a person of the roll if Print still fits. If the person has other
// accounts, all stay, and the others are told Tell at once. It is refused while the account is
// locked, while it is disputed, and when it belongs to somebody else. Receipt.Word is Verified
// or VerifiedToo.
type Verify struct {
	Account Account
	Link    Linkage
	Print   string // of the Match
	Tell    Push   // Kind and Args are set
}

// NoteWrong counts a wrong try of the account, at the place that its Match named.
type NoteWrong struct {
	Account Account
	At      string
	How     VerifiedBy
}

// AskVerify asks a grid worker to look who the account is. A second request replaces the first
// while that waits. Receipt.Word is VerifyAsked.
type AskVerify struct {
	Said    Said
	Consent string
}

// Unverify 取消认证 takes back the consent: the account belongs to nobody any more.
type Unverify struct {
	Account Account
}

// DisputeClaim 不是我 says that the newest other account of the person is not theirs. A claim newer
// than the account's own is frozen until staff decide; an older one stays. Its account is told Tell.
type DisputeClaim struct {
	Account Account
	Tell    Push
}

// DecideClaim 审认证申请 is staff's answer to a claim. The asker, or the account in dispute, is told
// Tell once; the person's other accounts are told TellOthers.
type DecideClaim struct {
	By         By
	Claim      int64
	Decision   Decision
	Person     PersonID // of an accepted ClaimAsk: one of its Fits
	Beside     bool     // they stood beside the person; else they spoke by phone
	ReasonCode string   // of a decline, for the audit log
	Tell       Push
	TellOthers Push
}

// Receipt is what a committed turn tells the dialogue. A repeat of the turn gets the very same one.
type Receipt struct {
	Number string `json:"number,omitempty"` // of the need raised, endorsed, withdrawn or added to
	Heat   int    `json:"heat,omitempty"`   // endorsers after an endorsement
	Word   string `json:"word,omitempty"`   // what else the turn came to, such as Verified
	Closed bool   `json:"closed,omitempty"` // the run was closed and nothing was committed
	Final  bool   `json:"final,omitempty"`  // the turn ended its run
}

// Refusal is the error of a commit that the rules forbid: nothing was done. Sentence is what
// the resident reads; Step is the step to go back to, "" for ending the flow.
type Refusal struct {
	Sentence string
	Step     string
}

// Error returns the sentence.
func (r *Refusal) Error() string { return r.Sentence }

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

// Receipt is what a committed turn tells the dialogue. A repeat of the turn gets the very same one.
type Receipt struct {
	Number string `json:"number,omitempty"` // of the need raised, endorsed, withdrawn or added to
	Word   string `json:"word,omitempty"`   // what else the turn came to, such as Verified
	Later  Stage  `json:"later,omitempty"`  // stage in which the need came: it waits for the next round
	Made   int64  `json:"made,omitempty"`   // id of what was made and has no number, such as an invitation
	Heat   int    `json:"heat,omitempty"`   // verified persons after an endorsement
	Others int    `json:"others,omitempty"` // other accounts after an endorsement
	From   string `json:"from,omitempty"`   // number that was meant, where its need has been merged into Number's
	Backed bool   `json:"backed,omitempty"` // the account endorses it now
	Public bool   `json:"public,omitempty"` // what was written is public at once
	Closed bool   `json:"closed,omitempty"` // the run was closed and nothing was committed
	Final  bool   `json:"final,omitempty"`  // the turn ended its run

	Talk    int    `json:"talk,omitempty"`    // number of the talk that was spoken in
	Ahead   int    `json:"ahead,omitempty"`   // talks that wait longer
	Talking string `json:"talking,omitempty"` // how it stands, see TalkingWaits
	Late    bool   `json:"late,omitempty"`    // an answer came when the need was decided; it is kept
	Link    string `json:"link,omitempty"`    // reference of the link made, see MakeLink
}

// Refusal is the error of a commit that the rules forbid: nothing was done. Sentence is what
// the resident reads; Step is the step to go back to, "" for ending the flow.
type Refusal struct {
	Sentence string
	Step     string
}

// Error returns the sentence.
func (r *Refusal) Error() string { return r.Sentence }

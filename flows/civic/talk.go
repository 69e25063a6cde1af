package civic

import (
	"slices"
	"time"
)

// TalkID names a talk 人工会话 inside the program; people see its number.
type TalkID int64

// TalkState is where a talk stands. Values are stored.
type TalkState int

// The states of a talk. One that is closed opens again, under its number, for TalkReopens.
const (
	TalkWaiting TalkState = iota + 1 // 排队: nobody of the staff has it
	TalkTaken                        // somebody of the staff has it
	TalkClosed                       // 已结束
)

// How long things last with talks.
const (
	TalkReopens  = 7 * 24 * time.Hour // a closed talk keeps its number
	TalkSilence  = 24 * time.Hour     // without a word, after which an answered talk ends
	TalkGivenUp  = 7 * 24 * time.Hour // a talk that nobody answers ends
	TalkFirst    = 30 * time.Minute   // service time without an answer, after which all grid workers are told
	TalkAgain    = 2 * time.Hour      // likewise the committee
	TalkMediaFor = 71 * time.Hour     // the platform keeps photos and voices for three days
)

// LineKind tells what a line of a talk is. Values are stored.
type LineKind string

// The kinds of lines.
const (
	LineText  LineKind = "text"
	LinePhoto LineKind = "photo" // Media is set
	LineVoice LineKind = "voice" // Media is set; Text is the platform's transcript, often empty
	LineNote  LineKind = "note"  // the bot's own; Text is a TalkNote
)

// TalkNote is what the bot itself tells one side of a talk. Values are stored.
type TalkNote string

// The notes.
const (
	NoteEscalated TalkNote = "escalated" // to the resident: the committee was told
	NoteUnheard   TalkNote = "unheard"   // to the resident: still nobody; there is no committee to tell
	NoteMoved     TalkNote = "moved"     // to the resident: who had it cannot answer any more
	NoteEnded     TalkNote = "ended"     // to the resident: staff ended it
	NoteSilent    TalkNote = "silent"    // to both: it ended as nobody said anything
	NoteGivenUp   TalkNote = "given-up"  // to both: it ended as nobody of the staff answered
	NoteLeft      TalkNote = "left"      // to the staff: the resident ended it
)

// Line is one thing said in a talk.
type Line struct {
	Kind  LineKind
	Text  string
	Media string // the platform's media id
}

// TalkLine is a line as it stands in a talk.
type TalkLine struct {
	Line
	Seq   int
	Role  Role // Resident, or the office of who answered; "" for the bot's notes
	At    time.Time
	Still bool // it has not reached the other side yet
}

// Talk 会话 is a conversation between a resident and the staff, relayed by the bot.
type Talk struct {
	ID        TalkID
	Community CommunityID
	Number    int // among the community's, from 1
	State     TalkState
	Who       string // of the resident, masked: 张** · 钮家新村3幢; for staff only
	Mine      bool   // the asker of the staff has it
	Unread    int    // lines of the resident since staff last answered
	Seq       int    // of its last line
	Ahead     int    // talks that wait longer
	OpenedAt  time.Time
	WaitsFrom time.Time // of the first line that is not answered; zero: all are
	CameAt    time.Time // when something of it last came to the asker's phone; zero: never
	Late      bool      // it waited too long: whoever may talk may take it
	Following bool      // the resident follows the account
}

// Colleague is one of the staff who may talk with residents of a community.
type Colleague struct {
	Staff   StaffID
	Account Account
	Role    Role
	Grids   []int64 // of a GridWorker; none: all
	Name    string  // only where names are asked for
}

// Answerers says who are told of a talk. Level 0: the grid workers of the resident's grids; where there
// are none, or no grid is known, all grid workers; where there are none either, the committee.
// Level 1: all grid workers, else the committee. Level 2: the committee, else all grid workers.
func Answerers(all []Colleague, grids []int64, level int) []Colleague {
	var near, workers, committee []Colleague
	for _, c := range all {
		switch {
		case !May(c.Role, ActRelay):
		case c.Role == GridWorker:
			workers = append(workers, c)
			if len(grids) > 0 && c.near(grids) {
				near = append(near, c)
			}
		default:
			committee = append(committee, c)
		}
	}
	switch {
	case level == 0 && len(near) > 0:
		return near
	case level < 2 && len(workers) > 0:
		return workers
	case level < 2:
		return committee
	}
	if len(committee) > 0 {
		return committee
	}
	return workers
}

func (c Colleague) near(grids []int64) bool {
	return slices.ContainsFunc(grids, Grant{Role: c.Role, Grids: c.Grids}.Reaches)
}

// talkDoubt is how long after a line of another talk came it may be what words without a number answer.
const talkDoubt = time.Minute

// TalkStale is how long a talk stays the one that words without a number go to.
const TalkStale = 30 * time.Minute

// Doubtful says whether words of staff without a number may be meant for another talk than the
// present one: a line of another came to their phone within the last minute, and they have not chosen since.
func Doubtful(now, chose time.Time, came ...time.Time) bool {
	for _, at := range came {
		if !at.IsZero() && now.Sub(at) <= talkDoubt && at.After(chose) {
			return true
		}
	}
	return false
}

// CallPerson 人工 opens the account's talk, opens the one closed lately again, or finds the one
// that is open. What could not be told to the account meanwhile is sent anew.
type CallPerson struct {
	Account   Account
	Community CommunityID
	Typed     bool // by a message, which opens the platform's window
}

// Say adds lines of a resident to the account's talk, which is opened as by CallPerson.
type Say struct {
	Account   Account
	Community CommunityID
	Lines     []Line
}

// HangUp 结束 ends the account's own talk.
type HangUp struct{ Account Account }

// RateTalk says whether the account's last talk helped. Only the first word counts.
type RateTalk struct {
	Account Account
	Helped  bool
}

// TakeTalk 接 gives a talk that waits, or waited too long, to who takes it. Seen is the last line
// they have read: later ones are sent.
type TakeTalk struct {
	By   By
	Talk TalkID
	Seen int
}

// Answer adds lines of the one who has the talk.
type Answer struct {
	By    By
	Talk  TalkID
	Lines []Line
}

// HandTalk gives the talk of the one who has it to a colleague, or back to the queue for zero.
type HandTalk struct {
	By   By
	Talk TalkID
	To   StaffID
}

// EndTalk ends the talk of the one who has it.
type EndTalk struct {
	By   By
	Talk TalkID
}

// What TalkDue does.
const (
	TalkDueWait   = "wait"   // it was not answered: tell more of the staff
	TalkDueSilent = "silent" // nobody said anything: end it
	TalkDueFree   = "free"   // Staff does not work for Community any more: their talks go back into the queue
)

// TalkDue is what a timer does with a talk, if that still holds.
type TalkDue struct {
	Talk      TalkID      `json:"talk,omitempty"`
	What      string      `json:"what"`
	Staff     StaffID     `json:"staff,omitempty"`
	Community CommunityID `json:"community,omitempty"`
}

// How a talk stands after a turn of its resident, or whether an answer gets through: Receipt.Talking.
const (
	TalkingWaits   = "waits"   // in the queue
	TalkingTaken   = "taken"   // somebody has it
	TalkingShut    = "shut"    // of an answer: the resident has not written for two days, and will read it later
	TalkingGone    = "gone"    // of an answer: the resident does not follow the account any more
	TalkingReopens = "reopens" // in the queue once more, under its number
)

// LastMessage says that the platform lets one more customer message through, and then no more
// until the account writes again.
func (r Reach) LastMessage() bool { return r.SentInWindow == MessageCount-1 }

// WindowOpen says whether a customer message would go through now.
func (r Reach) WindowOpen(now time.Time) bool { return r.Following && r.windowOpen(now) }

// TalkTold are the arguments of what is told of a talk, as they are when it is sent: what is
// queued holds ids only.
type TalkTold struct {
	Number int        `json:"number"`
	Who    string     `json:"who,omitempty"` // the resident as staff read them; "": the resident is told
	Lines  []ToldLine `json:"lines,omitempty"`
	Media  ToldMedia  `json:"media,omitzero"`
	Last   bool       `json:"last,omitempty"` // the platform lets nothing more through until they write
	Why    string     `json:"why,omitempty"`  // of a call to the staff
	Phone  string     `json:"phone,omitempty"`
	Waits  int        `json:"waits,omitempty"` // minutes without an answer
}

// ToldLine is a line as it is told. Gone says that its photo or voice cannot be had any more.
type ToldLine struct {
	Kind LineKind `json:"kind"`
	Text string   `json:"text,omitempty"`
	Role Role     `json:"role,omitempty"`
	Gone bool     `json:"gone,omitempty"`
}

// ToldMedia is a photo or voice that is sent as such, by the platform's id.
type ToldMedia struct {
	Kind LineKind `json:"kind,omitempty"`
	ID   string   `json:"id,omitempty"`
}

// The kinds of pushes about talks; what they say is read when it is sent. Values are stored.
const (
	TellRelay     = "relay"      // lines, to the other end
	TellRelayCall = "relay-call" // to staff: somebody waits
)

// Why staff are called: TalkTold.Why. Values are stored.
const (
	CallNew       = "new"       // somebody came
	CallBack      = "back"      // a colleague gave it back, or cannot answer any more
	CallLate      = "late"      // waited too long; all grid workers are told
	CallCommittee = "committee" // waited much too long
	CallHanded    = "handed"    // to one: a colleague gave it to them
	CallTaken     = "taken"     // to one: a colleague took it over
)

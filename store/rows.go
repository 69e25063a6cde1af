package store

import (
	"math/rand/v2"

	"yishi/flows/civic"
)

// The rows of the tables, as migrations make them; a test compares the two. Times are UTC
// milliseconds, zero for never; ids are random, so that they tell nobody an order.

type communityRow struct {
	ID        int64 `gorm:"primaryKey;autoIncrement:false"`
	Code      string
	Name      string
	Phone     string
	Hours     string
	Timezone  string
	CreatedMS int64  `gorm:"column:created_ms"`
	StreetID  int64  // zero: nobody said
	Settings  string // civic.Settings in JSON; "" for none
}

type estateRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	CommunityID int64
	Name        string
}

type sceneRow struct {
	Scene       string `gorm:"primaryKey"`
	CommunityID int64
	EstateID    int64
}

type accountRow struct {
	Openid        string `gorm:"primaryKey"`
	CommunityID   int64
	EstateID      int64
	Following     bool
	FirstMS       int64 `gorm:"column:first_ms"`
	LastMessageMS int64 `gorm:"column:last_message_ms"`
	LastEventMS   int64 `gorm:"column:last_event_ms"`
	UnfollowedMS  int64 `gorm:"column:unfollowed_ms"`
	CommunityMS   int64 `gorm:"column:community_ms"` // since when it belongs there
	SentInWindow  int   // customer messages since the platform's window was opened last
}

// runRow is one committing turn, or the closing of one.
type runRow struct {
	Run         string  `gorm:"primaryKey"`
	N           int     `gorm:"primaryKey;autoIncrement:false"`
	MsgKey      *string // nil: the turn had no message
	AccountHash []byte
	State       string
	Final       bool
	Receipt     string // civic.Receipt in JSON
	AtMS        int64  `gorm:"column:at_ms"`
}

// The states of a run.
const (
	runCommitted = "committed"
	runClosed    = "closed"
)

type counterRow struct {
	CommunityID int64 `gorm:"primaryKey;autoIncrement:false"`
	Year        int   `gorm:"primaryKey;autoIncrement:false"`
	Next        int   // the number that the next need gets, from 1
}

type needRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	CommunityID int64
	Year        int
	Seq         int
	Account     string
	Category    string
	Text        string
	Place       string
	Lat         float64
	Lng         float64
	Located     bool
	Urgent      bool
	State       string
	Released    bool
	Heat        int
	RaisedMS    int64      `gorm:"column:raised_ms"`
	UpdatedMS   int64      `gorm:"column:updated_ms"`
	Cycle       needCycle  `gorm:"embedded"`
	Public      needPublic `gorm:"embedded"`
	Triage      needTriage `gorm:"embedded"`
}

// needCycle is what becomes of a need after it was raised.
type needCycle struct {
	PersonID     int64  // of the author, zero while nobody knows who it is
	EstateID     int64  // where the author lives, zero where nobody knows
	GridID       int64  // likewise
	RoundID      int64  // zero: no round was open then or has been since
	RaisedBy     int64  // staff who raised it for somebody, zero for none
	Others       int    // endorsers who are not verified; Heat has the others
	MarkedUrgent int    // by staff: 1 急, 0 nobody said, -1 not
	MarkedHard   int    // by staff: 1 难, 0 nobody said, -1 not
	MergedInto   int64  // need that goes on in its stead, zero for none
	PhotosShown  bool   // photos are public with the text
	TakenDown    bool   // was public and is not any more
	ReasonCode   string // of a decline or a handing on
	Reason       string // in words, for those concerned
	Duty         string // whose it is now, where it was handed on
	DecidedBy    int64  // staff
	DecidedMS    int64  `gorm:"column:decided_ms"`
	WaitingMS    int64  `gorm:"column:waiting_ms"` // since when it waits for what its state waits for
}

type additionRow struct {
	ID       int64 `gorm:"primaryKey;autoIncrement:false"`
	NeedID   int64
	Text     string
	AtMS     int64 `gorm:"column:at_ms"`
	Released bool  // others may read it, while the need is public
}

type endorsementRow struct {
	NeedID   int64  `gorm:"primaryKey;autoIncrement:false"`
	Account  string `gorm:"primaryKey"`
	AtMS     int64  `gorm:"column:at_ms"`
	PersonID int64  // whose it counts as; zero: of nobody who is verified
}

type mediaRow struct {
	ID        int64 `gorm:"primaryKey;autoIncrement:false"`
	Account   string
	MediaID   string
	Kind      string
	NeedID    *int64
	State     string
	BlobKey   string
	Bytes     int64
	Attempts  int
	NextMS    int64 `gorm:"column:next_ms"`
	LeaseMS   int64 `gorm:"column:lease_ms"`
	Owner     string
	Reason    string
	Told      bool
	CreatedMS int64 `gorm:"column:created_ms"`
}

// The states of a photo or voice.
const (
	mediaWaiting  = "waiting"
	mediaFetching = "fetching"
	mediaKept     = "kept"
	mediaLoose    = "loose" // part of no need and about to go
	mediaFailed   = "failed"
)

// TableName and its like: the plural nouns of the migrations.
func (communityRow) TableName() string   { return "communities" }
func (estateRow) TableName() string      { return "estates" }
func (sceneRow) TableName() string       { return "scenes" }
func (accountRow) TableName() string     { return "accounts" }
func (runRow) TableName() string         { return "runs" }
func (counterRow) TableName() string     { return "counters" }
func (needRow) TableName() string        { return "needs" }
func (additionRow) TableName() string    { return "additions" }
func (endorsementRow) TableName() string { return "endorsements" }
func (mediaRow) TableName() string       { return "media" }

// newID is a random positive number of 63 bits.
func newID() int64 { return 1 + rand.Int64N(1<<63-1) }

// need is the row as flows know it; code is its community's.
func (n needRow) need(code string) civic.Need {
	return civic.Need{
		ID: civic.NeedID(n.ID), Community: civic.CommunityID(n.CommunityID),
		Number: civic.Number{Code: code, Year: n.Year, Seq: n.Seq}, Author: civic.Account(n.Account),
		Category: civic.Category(n.Category), Text: n.Text,
		Place:  civic.Place{Text: n.Place, Lat: n.Lat, Lng: n.Lng, Located: n.Located},
		Urgent: n.Urgent, State: civic.NeedState(n.State), Released: n.Released, Heat: n.Heat,
		RaisedAt: at(n.RaisedMS), Others: n.Cycle.Others,
		Person: civic.PersonID(n.Cycle.PersonID), Estate: n.Cycle.EstateID, Grid: n.Cycle.GridID, Round: n.Cycle.RoundID,
		RaisedBy: civic.StaffID(n.Cycle.RaisedBy), MarkedUrgent: n.Cycle.MarkedUrgent, MarkedHard: n.Cycle.MarkedHard,
		MergedInto: civic.NeedID(n.Cycle.MergedInto), PhotosShown: n.Cycle.PhotosShown, TakenDown: n.Cycle.TakenDown,
		ReasonCode: n.Cycle.ReasonCode, Reason: n.Cycle.Reason, Duty: n.Cycle.Duty, WaitingSince: at(n.Cycle.WaitingMS),
		DecidedAt: at(n.Cycle.DecidedMS), LastWord: n.Triage.LastWord,
		KeptBack: n.Public.KeptBack, Hidden: n.Public.HiddenMS != 0, Appealed: n.Public.Appealed, Danger: n.Public.Danger,
		PublicCode: n.Public.PublicCode, PublicReason: n.Public.PublicReason,
	}
}

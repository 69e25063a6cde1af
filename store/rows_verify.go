package store

// triesRow counts wrong tries of verification at one place, named by a keyed hash: nobody can see
// of whom or of which door.
type triesRow struct {
	KeyHash []byte `gorm:"primaryKey"`
	Wrong   int
	LastMS  int64 `gorm:"column:last_ms"`
	UntilMS int64 `gorm:"column:until_ms"`
}

// formerRow is what is left of an identity whose account unfollowed: it is found again only by
// that account coming back.
type formerRow struct {
	AccountHash []byte `gorm:"primaryKey"`
	PersonID    int64
	How         string
	Consent     string
	SinceMS     int64 `gorm:"column:since_ms"`
	LeftMS      int64 `gorm:"column:left_ms"`
	KeyID       int64 // the data key of the hash
}

// claimRow is a claim that waits for staff, or has been decided.
type claimRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	CommunityID int64
	GridID      int64
	Kind        string // civic.ClaimKind
	State       string // claimWaits and so on
	Passed      bool
	Account     string  // that is to belong, or belongs, to the person
	ByAccount   string  // of a dispute: who says that it does not
	OpenKey     *string // one that waits for each account and kind; nil: decided
	PersonID    int64   // of a dispute
	HouseholdID int64   // behind the door; zero: the roll does not know it
	Name        []byte  // sealed, as typed; empty once it is decided
	Door        []byte  // likewise
	Frozen      bool    // How, Consent and SinceMS are those of the identity that was taken away
	How         string
	Consent     string
	SinceMS     int64 `gorm:"column:since_ms"`
	MadeMS      int64 `gorm:"column:made_ms"`
	DecidedMS   int64 `gorm:"column:decided_ms"`
	DecidedBy   int64 // staff
}

// The states of a claim.
const (
	claimWaits    = "waits"
	claimAccepted = "accepted"
	claimDeclined = "declined"
	claimMoot     = "moot" // its account was verified in another way, or took its consent back
)

func (triesRow) TableName() string  { return "tries" }
func (formerRow) TableName() string { return "former_identities" }
func (claimRow) TableName() string  { return "claims" }

package store

// The rows of imports of rolls that are under way. They go when an import ends.

// rollRow is one import. Owner and beat make it a lease: whoever dies in the middle is cleared
// away by the next.
type rollRow struct {
	ID        int64 `gorm:"primaryKey;autoIncrement:false"`
	OwnerKey  int64
	Switching bool  // all of it was found good: it is carried on with, never back
	Complete  bool  // whoever is missing has left
	BegunMS   int64 `gorm:"column:begun_ms"`
	BeatMS    int64 `gorm:"column:beat_ms"`
}

// rollClaimRow keeps two imports of one community apart.
type rollClaimRow struct {
	CommunityID int64 `gorm:"primaryKey;autoIncrement:false"`
	RollID      int64
	Street      string // the community's, as the roll has it; "" where it says nothing
	District    string
	Done        bool // its people are in
}

// rollLineRow is one line of a roll, staged, and what is to become of it. Name, phone, code and
// note are sealed for PersonID.
type rollLineRow struct {
	RollID      int64 `gorm:"primaryKey;autoIncrement:false"`
	CommunityID int64 `gorm:"primaryKey;autoIncrement:false"`
	Line        int   `gorm:"primaryKey;autoIncrement:false"`
	Act         int   // rollAct
	PersonID    int64 // as who they will be if nobody is found; from the plan on, who they are
	HouseholdID int64 // from the plan on
	Estate      string
	Grid        string
	Building    string
	Unit        string
	Room        string
	RollHash    []byte
	CodeHash    []byte
	NameHash    []byte // from the plan on
	PhoneHash   []byte
	Name        []byte
	Phone       []byte
	Code        []byte
	Note        []byte
}

// What is to become of a line.
const (
	actStaged  = 0
	actSame    = 1 // the roll says what it said before
	actNew     = 2
	actChanged = 3
	actBad     = 4 // a fault: left out
)

func (rollRow) TableName() string      { return "rolls" }
func (rollClaimRow) TableName() string { return "roll_claims" }
func (rollLineRow) TableName() string  { return "roll_lines" }

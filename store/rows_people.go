package store

// The rows of places and people. Names, phones and what else tells who somebody is are sealed
// (see vault.go) and found by keyed hashes of 16 bytes.

type districtRow struct {
	ID   int64 `gorm:"primaryKey;autoIncrement:false"`
	Name string
}

type streetRow struct {
	ID         int64 `gorm:"primaryKey;autoIncrement:false"`
	DistrictID int64
	Name       string
}

type gridRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	CommunityID int64
	Name        string
}

type buildingRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	CommunityID int64
	EstateID    int64
	GridID      int64 // zero: none known
	Name        string
}

type householdRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	CommunityID int64
	BuildingID  int64
	Unit        string
	Room        string
	CodeHash    []byte // of the code on its card; nil: none was printed
	Wrong       int    // wrong tries at its door since the last right one
	SlowUntilMS int64  `gorm:"column:slow_until_ms"` // no tries at its door before
}

type personRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	CommunityID int64
	HouseholdID int64
	CodeHash    []byte // of 编号; nil: none
	NameHash    []byte // with the household
	PhoneHash   []byte // nil: no phone
	Name        []byte // sealed, as all below
	Phone       []byte
	Code        []byte
	Note        []byte
	MadeMS      int64 `gorm:"column:made_ms"`
	LeftMS      int64 `gorm:"column:left_ms"` // moved away or died; zero: lives here
	// RollHash is of all that the last roll said of them; nil: no roll named them, or the last whole
	// one did not.
	RollHash []byte
}

// identityRow says which person an account belongs to.
type identityRow struct {
	Account  string `gorm:"primaryKey"`
	PersonID int64
	How      string // civic.VerifiedBy
	Consent  string // version of the text agreed to
	SinceMS  int64  `gorm:"column:since_ms"`
}

type staffRow struct {
	ID      int64   `gorm:"primaryKey;autoIncrement:false"`
	Account *string // nil: has none now
	Name    []byte  // sealed
	MadeMS  int64   `gorm:"column:made_ms"`
}

type grantRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	StaffID     int64
	Role        string
	CommunityID int64
	OverID      int64  // street or district
	Grids       string // ids with commas, ascending; "" for all
	GivenMS     int64  `gorm:"column:given_ms"`
	GivenBy     int64  // staff; zero: the operator
	RevokedMS   int64  `gorm:"column:revoked_ms"` // zero: holds
	RevokedBy   int64
}

// auditRow is one act of staff: ids and codes only. Rows are never changed nor taken away.
type auditRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	AtMS        int64 `gorm:"column:at_ms"`
	StaffID     int64 // zero: the operator's command line
	Role        string
	CommunityID int64
	Act         string // civic.Act
	What        string // what was done, such as merge
	Object      string // kind and id, such as need:123
	Detail      string // JSON of ids, codes and numbers; "" for none
}

// vaultKeyRow is a key under which people's data is sealed, itself sealed under the master key.
type vaultKeyRow struct {
	ID      int64 `gorm:"primaryKey;autoIncrement:false"`
	Wrapped []byte
	MadeMS  int64 `gorm:"column:made_ms"`
}

// resealRow says how far it is that data is sealed anew, under the key ID instead of WasID.
type resealRow struct {
	ID       int64 `gorm:"primaryKey;autoIncrement:false"`
	WasID    int64
	Step     int    // of resealSteps
	AfterKey string // the last key of the step's table that is done
	Counts   string // ResealCounts
	BegunMS  int64  `gorm:"column:begun_ms"`
	EndedMS  int64  `gorm:"column:ended_ms"` // zero: under way
}

func (districtRow) TableName() string  { return "districts" }
func (streetRow) TableName() string    { return "streets" }
func (gridRow) TableName() string      { return "grids" }
func (buildingRow) TableName() string  { return "buildings" }
func (householdRow) TableName() string { return "households" }
func (personRow) TableName() string    { return "persons" }
func (identityRow) TableName() string  { return "identities" }
func (staffRow) TableName() string     { return "staff" }
func (grantRow) TableName() string     { return "grants" }
func (auditRow) TableName() string     { return "audits" }
func (vaultKeyRow) TableName() string  { return "vault_keys" }
func (resealRow) TableName() string    { return "reseals" }

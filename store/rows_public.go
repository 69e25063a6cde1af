package store

// needPublic is what others may read of a need, and how it is listed. The last three columns are
// made by the database of others.
type needPublic struct {
	KeptBack     bool   // staff said why it is not public yet
	HiddenMS     int64  `gorm:"column:hidden_ms"` // reports have hidden it; zero: they have not
	LookedMS     int64  `gorm:"column:looked_ms"` // staff looked at reports and left it public
	Appealed     bool   // its author has used the one appeal
	TakenBy      int64  // staff who took it down, zero for none
	PublicCode   string // of what was kept back or taken down, see civic.PublicReasons
	PublicReason string // in words
	Danger       bool   // see civic.Dangerous
	Listed       bool   `gorm:"->"` // residents find it in lists
	Pressing     int    `gorm:"->"` // 2 marked 急 by staff, 1 perhaps, 0 not
	SerialNo     int64  `gorm:"->"` // year and number in one, unique in a community
}

// backerRow is one verified person that stands behind a need or those merged into it, its author
// left out. Heat is how many there are.
type backerRow struct {
	NeedID   int64 `gorm:"primaryKey;autoIncrement:false"`
	PersonID int64 `gorm:"primaryKey;autoIncrement:false"`
}

// reviewRow is one thing that staff have to look at; it goes when they have decided.
type reviewRow struct {
	NeedID      int64  `gorm:"primaryKey;autoIncrement:false"`
	Kind        string `gorm:"primaryKey"` // civic.ReviewKind
	CommunityID int64
	GridID      int64
	SinceMS     int64 `gorm:"column:since_ms"` // in whose order they are looked at
	RevMS       int64 `gorm:"column:rev_ms"`   // rises when there is more to look at
}

// pleaRow is what an author says against a decision, once for each kind.
type pleaRow struct {
	NeedID  int64  `gorm:"primaryKey;autoIncrement:false"`
	Kind    string `gorm:"primaryKey"` // civic.ReviewKind
	Account string
	Text    string
	AtMS    int64 `gorm:"column:at_ms"`
}

// reportRow is one account's word that a need should not be public.
type reportRow struct {
	NeedID    int64  `gorm:"primaryKey;autoIncrement:false"`
	Account   string `gorm:"primaryKey"`
	PersonID  int64  // zero: not verified
	Code      string
	AtMS      int64 `gorm:"column:at_ms"`
	SettledMS int64 `gorm:"column:settled_ms"` // staff have looked since; zero: not yet
}

func (backerRow) TableName() string { return "backers" }
func (reviewRow) TableName() string { return "reviews" }
func (pleaRow) TableName() string   { return "pleas" }
func (reportRow) TableName() string { return "reports" }

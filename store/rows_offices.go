package store

// invitationRow is a one-time code for an office. The code is not in it, only a keyed hash; Sign is
// a keyed hash of what it gives, so that nobody turns one into another in the table.
type invitationRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	CodeHash    []byte
	Sign        []byte
	StaffID     int64 // of somebody who has offices: their new phone; zero: somebody new
	Role        string
	CommunityID int64
	OverID      int64
	Grids       string // as in grants
	Name        []byte // sealed
	AskedFor    int64  // the community for which it was given
	MadeMS      int64  `gorm:"column:made_ms"`
	GivenBy     int64  // staff; zero: the operator
	UntilMS     int64  `gorm:"column:until_ms"`
	UsedMS      int64  `gorm:"column:used_ms"` // zero: not yet
	UsedBy      int64  // staff
	RevokedMS   int64  `gorm:"column:revoked_ms"`
}

// inviteTriesRow counts the wrong codes that an account typed.
type inviteTriesRow struct {
	Account  string `gorm:"primaryKey"`
	Wrong    int    // since FirstMS
	FirstMS  int64  `gorm:"column:first_ms"`
	LockedMS int64  `gorm:"column:locked_ms"` // no tries before
}

// handoverRow is one hand-over of somebody's work.
type handoverRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	CommunityID int64
	FromID      int64 // staff
	ToID        int64
	MadeMS      int64 `gorm:"column:made_ms"`
	MadeBy      int64
	UntilMS     int64 `gorm:"column:until_ms"` // given back then; zero: for good
	BackMS      int64 `gorm:"column:back_ms"`  // zero: it holds
}

// handoverItemRow is one thing that a hand-over moved, so that just this is given back.
type handoverItemRow struct {
	HandoverID int64  `gorm:"primaryKey;autoIncrement:false"`
	Kind       string `gorm:"primaryKey"` // of handedOver
	ItemID     int64  `gorm:"primaryKey;autoIncrement:false"`
}

func (invitationRow) TableName() string   { return "invitations" }
func (inviteTriesRow) TableName() string  { return "invite_tries" }
func (handoverRow) TableName() string     { return "handovers" }
func (handoverItemRow) TableName() string { return "handover_items" }

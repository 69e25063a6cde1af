package store

// needTriage is what 初选 notes of a need while nothing is decided. QueueMS is made by the
// database of others, see civic.QueueAt.
type needTriage struct {
	AskedMS  int64  `gorm:"column:asked_ms"` // since when its author's answer is waited for; zero: it is not
	HeldBy   int64  // staff who look at it
	HeldMS   int64  `gorm:"column:held_ms"` // until when
	LastWord bool   // a decline was appealed
	QueueMS  *int64 `gorm:"column:queue_ms;->"` // place in the queue; nil: it does not wait
}

// questionRow is a question of staff to the authors of a need.
type questionRow struct {
	ID         int64 `gorm:"primaryKey;autoIncrement:false"`
	NeedID     int64
	StaffID    int64
	Text       string
	AskedMS    int64 `gorm:"column:asked_ms"`
	State      string
	Answer     string
	AnsweredMS int64 `gorm:"column:answered_ms"`
}

// The states of a question.
const (
	questionOpen     = "open"
	questionAnswered = "answered"
	questionLapsed   = "lapsed" // nobody answered in time, or the need was decided before
)

// mergeRow is one need's going on in another, and what it was before.
type mergeRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	CommunityID int64
	SourceID    int64
	TargetID    int64
	StaffID     int64
	AtMS        int64  `gorm:"column:at_ms"`
	State       string // of the source before
	WaitingMS   int64  `gorm:"column:waiting_ms"` // likewise
	UndoneBy    int64
	UndoneMS    int64 `gorm:"column:undone_ms"` // zero: it holds
}

// appealRow is the one appeal against a decline.
type appealRow struct {
	NeedID    int64 `gorm:"primaryKey;autoIncrement:false"`
	Account   string
	Text      string
	AtMS      int64 `gorm:"column:at_ms"`
	Decliner  int64 // staff
	DecidedBy int64 // staff; zero: not yet
	DecidedMS int64 `gorm:"column:decided_ms"`
}

func (questionRow) TableName() string { return "questions" }
func (mergeRow) TableName() string    { return "merges" }
func (appealRow) TableName() string   { return "appeals" }

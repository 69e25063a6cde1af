package store

import (
	"cmp"

	"yishi/flows/civic"
)

// roundRow is one way of a community from needs to what is kept alive.
type roundRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	CommunityID int64
	Name        string
	Year        int
	Seq         int
	Stage       int
	Rev         int
	FrontOf     *int64 // its community while it is in a front stage and open, so that there is one at most; nil: not
	OpenedMS    int64  `gorm:"column:opened_ms"`
	ClosedMS    int64  `gorm:"column:closed_ms"` // zero: open
	ListedMS    int64  `gorm:"column:listed_ms"` // when its shortlist was published; zero: not yet
	ListRule    string // civic.ShortlistRule in JSON, as published; "" before
}

// stageRow is when a stage of a round is to begin and when it did, zero for neither.
type stageRow struct {
	RoundID  int64 `gorm:"primaryKey;autoIncrement:false"`
	Stage    int   `gorm:"primaryKey;autoIncrement:false"`
	StartsMS int64 `gorm:"column:starts_ms"`
	BeganMS  int64 `gorm:"column:began_ms"`
}

// listingRow is one need of a published shortlist, in or out.
type listingRow struct {
	RoundID int64 `gorm:"primaryKey;autoIncrement:false"`
	NeedID  int64 `gorm:"primaryKey;autoIncrement:false"`
	OnList  bool
	Place   int
	Heat    int
	Why     string
	Note    string
}

func (roundRow) TableName() string   { return "rounds" }
func (stageRow) TableName() string   { return "round_stages" }
func (listingRow) TableName() string { return "listings" }

// round is the row with its stages as flows know it.
func (r roundRow) round(stages []stageRow) civic.Round {
	out := civic.Round{
		ID: civic.RoundID(r.ID), Community: civic.CommunityID(r.CommunityID), Name: r.Name, Year: r.Year, Seq: r.Seq,
		Stage: civic.Stage(r.Stage), Rev: r.Rev, OpenedAt: at(r.OpenedMS), ClosedAt: at(r.ClosedMS), Listed: r.ListedMS != 0,
	}
	for _, s := range stages {
		if s.RoundID == r.ID && s.Stage > 0 && s.Stage <= civic.Stages {
			out.Starts[s.Stage], out.Began[s.Stage] = at(s.StartsMS), at(s.BeganMS)
		}
	}
	return out
}

// before is the order of rounds: by year, then within it.
func (r roundRow) before(o roundRow) int { return cmp.Or(r.Year-o.Year, r.Seq-o.Seq) }

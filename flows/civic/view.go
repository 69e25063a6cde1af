package civic

// ViewKind is an order in which residents look through public needs.
type ViewKind string

// The orders. Each is read by an index of its own.
const (
	ViewHeat     ViewKind = "heat"     // most endorsed first
	ViewNewest   ViewKind = "newest"   // last numbers first
	ViewCategory ViewKind = "category" // of one category, most endorsed first
	ViewEstate   ViewKind = "estate"   // of one estate, most endorsed first
	ViewPressing ViewKind = "pressing" // 急, then 疑似急, last numbers first
	ViewHard     ViewKind = "hard"     // 难, last numbers first
	ViewHot      ViewKind = "hot"      // 热, most endorsed first
)

// View is a list of public needs.
type View struct {
	Kind     ViewKind `json:"kind,omitempty"`
	Category Category `json:"category,omitempty"`
	Estate   int64    `json:"estate,omitempty"`
	From     int      `json:"from,omitempty"` // endorsers needed, of ViewHot
}

// ViewAt is a place in a list: what stands after it comes next, whatever was added before it
// meanwhile. Zero is the beginning.
type ViewAt struct {
	Rank   int   `json:"rank,omitempty"` // heat or urgency of the last one shown
	Serial int64 `json:"serial,omitempty"`
}

// Zero says whether it is the beginning.
func (a ViewAt) Zero() bool { return a.Serial == 0 }

// After is the place of a need in a list of this kind.
func (v View) After(n *Need) ViewAt {
	at := ViewAt{Serial: int64(n.Number.Year)*1_000_000 + int64(n.Number.Seq)}
	switch v.Kind {
	case ViewHeat, ViewCategory, ViewEstate, ViewHot:
		at.Rank = n.Heat
	case ViewPressing:
		at.Rank = n.Urgency()
	case ViewNewest, ViewHard:
	}
	return at
}

// Urgency is 2 for a need that staff marked 急, 1 for one that perhaps is, else 0.
func (n *Need) Urgency() int {
	switch {
	case n.MarkedUrgent > 0:
		return 2
	case n.MarkedUrgent == 0 && (n.Urgent || n.Danger):
		return 1
	}
	return 0
}

// Sight is a need as one account may see it: words, photos and additions that are not for it are
// left out.
type Sight struct {
	Need     Need // the one asked for; without words where only Head is public
	Head     Need // the one it was merged into and that goes on; its ID is zero where it is Need itself
	Voices   int
	Own      bool // the account raised Need
	Backed   bool // the account endorses it, or what it was merged into
	Reported bool // the account has reported what goes on
}

// Open is the need that goes on: Head, or Need itself.
func (s *Sight) Open() *Need {
	if s.Head.ID != 0 {
		return &s.Head
	}
	return &s.Need
}

// KeptMedia is a photo or voice that an account may see.
type KeptMedia struct {
	ID      int64
	Kind    MediaKind
	BlobKey string
	Bytes   int64
}

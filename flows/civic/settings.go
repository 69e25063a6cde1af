package civic

// Settings are what a community decides for itself. The zero value is what a new one gets. They
// are stored as JSON: names are never changed, and a field that is missing has its zero.
type Settings struct {
	// ReleaseVerified makes words and photos of verified authors public at once; otherwise staff
	// release each.
	ReleaseVerified bool `json:"releaseVerified,omitempty"`
	// MoneyStrict: where money is voted on, verification by the roll alone (ByRoll) does not count.
	MoneyStrict bool `json:"moneyStrict,omitempty"`
	// Hours in which 人工 is answered, minutes after midnight; both zero: 9:00 to 17:00.
	OpenFrom int `json:"openFrom,omitempty"`
	OpenTo   int `json:"openTo,omitempty"`
	// OpenDays has a bit for each weekday on which 人工 is answered, Sunday lowest; 0: all days.
	OpenDays int `json:"openDays,omitempty"`
	// HotFrom is the number of verified endorsers that makes a need hot 热; 0: 10.
	HotFrom int `json:"hotFrom,omitempty"`
	// OldAfterDays is when a need that waits for triage escalates; 0: 7.
	OldAfterDays int `json:"oldAfterDays,omitempty"`
	// Shortlist is the rule by which needs enter the vote.
	Shortlist ShortlistRule `json:"shortlist,omitzero"`
}

// ShortlistRule 入围规则 says which accepted needs enter the shortlist.
type ShortlistRule struct {
	Most        int `json:"most,omitempty"`        // needs in all; 0: 10
	PerCategory int `json:"perCategory,omitempty"` // at most so many of one category; 0: no limit
	HeatFrom    int `json:"heatFrom,omitempty"`    // verified endorsers needed
}

package civic

import (
	"cmp"
	"fmt"
	"slices"
)

// ListReason says why a need is on the shortlist 入围 or not. Values are stored.
type ListReason string

// The reasons.
const (
	ListedByHeat  ListReason = "heat"     // among the most endorsed
	ListedByStaff ListReason = "staff"    // staff took it in, with a reason in words
	TooFew        ListReason = "few"      // fewer endorsers than the rule wants
	CategoryFull  ListReason = "category" // enough of its category stand before it
	ListFull      ListReason = "full"     // the list is full
	OutByStaff    ListReason = "out"      // staff left it out, with a reason in words
)

// Listing is one need in the order of the shortlist.
type Listing struct {
	Need     NeedID     `json:"need"`
	Number   Number     `json:"number"`
	Category Category   `json:"category"`
	Heat     int        `json:"heat"`
	Rank     int        `json:"rank"` // by heat, from 1; needs as warm as each other share the better one
	On       bool       `json:"on"`
	Why      ListReason `json:"why"`
	Note     string     `json:"note,omitempty"` // of staff, where they chose
	Text     string     `json:"text,omitempty"` // of the need, where the reader may see it
}

// DrawUp applies the rule to the accepted needs of a round, the warmest first: a need is on the
// list where fewer than so many are warmer, in all and in its category. Needs as warm as each
// other get on together, so the list may grow by a tie; no lot decides and no order of raising.
func DrawUp(rule ShortlistRule, needs []Need) []Listing {
	out := make([]Listing, 0, len(needs))
	for _, n := range needs {
		out = append(out, Listing{Need: n.ID, Number: n.Number, Category: n.Category, Heat: n.Heat, Text: n.Text})
	}
	slices.SortFunc(out, func(a, b Listing) int {
		return cmp.Or(-cmp.Compare(a.Heat, b.Heat), cmp.Compare(a.Number.Year, b.Number.Year), cmp.Compare(a.Number.Seq, b.Number.Seq))
	})
	for i := range out {
		l := &out[i]
		warmer, alike := 0, 0 // on the list and strictly warmer: in all, and of its category
		for _, o := range out[:i] {
			if o.Heat > l.Heat && o.On {
				warmer++
				if o.Category == l.Category {
					alike++
				}
			}
		}
		l.Rank = 1 + slices.IndexFunc(out, func(o Listing) bool { return o.Heat == l.Heat })
		switch {
		case l.Heat < rule.heatFrom():
			l.Why = TooFew
		case warmer >= rule.most():
			l.Why = ListFull
		case rule.PerCategory > 0 && alike >= rule.PerCategory:
			l.Why = CategoryFull
		default:
			l.On, l.Why = true, ListedByHeat
		}
	}
	return out
}

func (r ShortlistRule) most() int { return cmp.Or(r.Most, mostDefault) }

// heatFrom is at least one: what nobody endorses only staff can take in, and say why.
func (r ShortlistRule) heatFrom() int { return max(r.HeatFrom, 1) }

// String says the rule to residents.
func (r ShortlistRule) String() string {
	text := fmt.Sprintf("附议最多的 %d 件列入，并列的一起列入", r.most())
	if r.PerCategory > 0 {
		text += fmt.Sprintf("；每类最多 %d 件", r.PerCategory)
	}
	if r.HeatFrom > 1 {
		text += fmt.Sprintf("；至少 %d 位认证居民附议", r.HeatFrom)
	}
	return text + "。"
}

// Says tells the reason to residents, in one sentence.
func (l Listing) Says(rule ShortlistRule) string {
	switch l.Why {
	case ListedByHeat:
		return fmt.Sprintf("%d 位居民附议，排第 %d。", l.Heat, l.Rank)
	case ListedByStaff:
		return "社区列入：" + l.Note
	case TooFew:
		return fmt.Sprintf("%d 位居民附议，不到 %d 位。", l.Heat, rule.heatFrom())
	case CategoryFull:
		return fmt.Sprintf("%s最多列 %d 件，前面的附议更多。", l.Category, rule.PerCategory)
	case ListFull:
		return fmt.Sprintf("%d 位居民附议，排第 %d；一共列 %d 件。", l.Heat, l.Rank, rule.most())
	case OutByStaff:
		return "社区没有列入：" + l.Note
	}
	return ""
}

// PublishShortlist 公布入围名单 fixes the list of a round as it was shown to the one who publishes
// it: every accepted need of the round, in or out, with its reason. It is refused if that is not
// so any more, outside of 需求初选, and when a list was published before.
type PublishShortlist struct {
	By    By
	Round RoundID
	Rule  ShortlistRule
	Items []Listing
}

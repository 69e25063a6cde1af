package store

import (
	"context"
	"fmt"
	"math"

	"yishi/flows/civic"
)

// page is how a list of public needs is read: by which index, with what set, ranked by what.
type page struct {
	index string
	where string
	args  []any
	rank  string // column; "" none
	from  int    // lowest rank shown
}

// pageOf is the same for a view.
func pageOf(v civic.View) page {
	switch v.Kind {
	case civic.ViewNewest:
		return page{index: "needs_newest"}
	case civic.ViewCategory:
		return page{index: "needs_category", where: " AND category = ?", args: []any{string(v.Category)}, rank: "heat"}
	case civic.ViewEstate:
		return page{index: "needs_estate", where: " AND estate_id = ?", args: []any{v.Estate}, rank: "heat"}
	case civic.ViewPressing:
		return page{index: "needs_pressing", rank: "pressing", from: 1}
	case civic.ViewHard:
		return page{index: "needs_hard", where: " AND marked_hard = ?", args: []any{1}}
	case civic.ViewHot:
		return page{index: "needs_heat", rank: "heat", from: v.From}
	case civic.ViewHeat:
	}
	return page{index: "needs_heat", rank: "heat"}
}

// Browse lists public needs of a community that stand after a place in a view, at most limit, as
// the account may see them. Each page is read where the last one ended: its cost does not grow
// with the number of needs, nor with the pages before it.
func (n *Needs) Browse(ctx context.Context, a civic.Account, c civic.CommunityID, v civic.View, after civic.ViewAt, limit int) ([]civic.Need, error) {
	p := pageOf(v)
	var rows []needRow
	read := func(where, order string, args ...any) error {
		if len(rows) >= limit {
			return nil
		}
		var more []needRow
		all := append(append([]any{int64(c)}, p.args...), args...)
		err := n.db.r.WithContext(ctx).Raw("SELECT * FROM needs"+n.db.dia.force(p.index)+" WHERE community_id = ? AND listed = 1"+p.where+where+
			" ORDER BY "+order+" LIMIT ?", append(all, limit-len(rows))...).Scan(&more).Error
		if err != nil {
			return fmt.Errorf("list public needs: %w", clean(err))
		}
		rows = append(rows, more...)
		return nil
	}
	serial := int64(math.MaxInt64)
	if !after.Zero() {
		serial = after.Serial
	}
	var err error
	switch {
	case p.rank == "":
		err = read(" AND serial_no < ?", "serial_no DESC", serial)
	case after.Zero():
		err = read(" AND "+p.rank+" >= ?", p.rank+" DESC, serial_no DESC", p.from)
	default: // first those of the same rank, then those below
		if err = read(" AND "+p.rank+" = ? AND serial_no < ?", "serial_no DESC", after.Rank, serial); err == nil {
			err = read(" AND "+p.rank+" >= ? AND "+p.rank+" < ?", p.rank+" DESC, serial_no DESC", p.from, after.Rank)
		}
	}
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	needs, err := n.whole(ctx, rows)
	if err != nil {
		return nil, err
	}
	for i := range needs {
		n.veil(&needs[i], a)
	}
	return needs, nil
}

// veil leaves out of a public need what only its author and staff may see.
func (*Needs) veil(n *civic.Need, a civic.Account) {
	if n.Author == a {
		return
	}
	if !n.Released {
		*n = civic.Need{ID: n.ID, Community: n.Community, Number: n.Number, State: n.State, MergedInto: n.MergedInto}
		return
	}
	if !n.PhotosShown {
		n.Photos = 0
	}
	var shown []civic.Addition
	for _, add := range n.Additions {
		if add.Released {
			shown = append(shown, add)
		}
	}
	n.Additions = shown
	n.Author, n.Person, n.PublicCode, n.PublicReason = "", 0, "", ""
}

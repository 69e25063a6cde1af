package store

import (
	"fmt"
	"slices"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// standsFor is one grid worker's office whose holder is ill or away and has handed over.
type standsFor struct {
	CommunityID int64
	Grids       string
}

// widen lets grid workers reach what those look after who handed over to them, until it goes
// back: the work that comes from there is theirs meanwhile, also when the other has left since.
func widen(tx *gorm.DB, grants []civic.Grant, lock string) ([]civic.Grant, error) {
	narrow := func(g civic.Grant) bool { return g.Role == civic.GridWorker && len(g.Grids) > 0 }
	i := slices.IndexFunc(grants, narrow)
	if i < 0 {
		return grants, nil
	}
	var away []standsFor
	err := tx.Raw("SELECT g.community_id, g.grids FROM handovers h JOIN grants g ON g.staff_id = h.from_id AND g.community_id = h.community_id "+
		"WHERE h.to_id = ? AND h.back_ms = 0 AND g.role = ? AND (g.revoked_ms = 0 OR g.revoked_ms >= h.made_ms)"+lock, int64(grants[i].Staff), string(civic.GridWorker)).Scan(&away).Error
	if err != nil {
		return nil, fmt.Errorf("read hand-overs: %w", clean(err))
	}
	for _, a := range away {
		theirs, err := grantRow{Grids: a.Grids}.grant()
		if err != nil {
			return nil, err
		}
		for i := range grants {
			if g := &grants[i]; narrow(*g) && int64(g.Community) == a.CommunityID {
				g.Grids = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(g.Grids), theirs.Grids...))))
				if len(theirs.Grids) == 0 { // all of the community
					g.Grids = nil
				}
			}
		}
	}
	return grants, nil
}

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Sight finds a need by its public number (year 0: the latest that has it) as the account may see
// it: its own whole, others' as far as they are public. False means that there is nothing to see.
func (n *Needs) Sight(ctx context.Context, a civic.Account, c civic.CommunityID, year, seq int) (civic.Sight, bool, error) {
	need, found, err := n.ByNumber(ctx, c, year, seq)
	if err != nil || !found {
		return civic.Sight{}, false, err
	}
	return n.sight(ctx, a, need)
}

func (n *Needs) sight(ctx context.Context, a civic.Account, need civic.Need) (civic.Sight, bool, error) {
	s := civic.Sight{Need: need, Own: need.Author == a}
	head, err := n.head(ctx, need)
	if err != nil {
		return civic.Sight{}, false, err
	}
	if head.ID != need.ID && (head.Released || head.Author == a) {
		s.Head = head
	}
	if !s.Own && !need.Released && s.Head.ID == 0 {
		return civic.Sight{}, false, nil
	}
	open := s.Open()
	if open.Author == a || open.Released && open.PhotosShown {
		if s.Voices, err = n.voices(ctx, open.ID); err != nil {
			return civic.Sight{}, false, err
		}
	}
	n.veil(&s.Need, a)
	if s.Head.ID != 0 {
		n.veil(&s.Head, a)
	}
	return s, true, n.relate(ctx, a, &s)
}

// head follows a need to the one that goes on.
func (n *Needs) head(ctx context.Context, need civic.Need) (civic.Need, error) {
	for range mergedMost {
		if need.MergedInto == 0 {
			return need, nil
		}
		next, found, err := n.Need(ctx, need.MergedInto)
		if err != nil {
			return need, err
		}
		if !found {
			return need, errors.New("follow merge: there is no such need")
		}
		need = next
	}
	return need, errors.New("follow merge: needs are merged in a circle")
}

func (n *Needs) voices(ctx context.Context, id civic.NeedID) (int, error) {
	var count int
	err := n.db.r.WithContext(ctx).Raw("SELECT COUNT(*) FROM media WHERE need_id = ? AND kind = ? AND state <> ?",
		int64(id), string(civic.Voice), mediaFailed).Scan(&count).Error
	if err != nil {
		return 0, fmt.Errorf("count voices: %w", clean(err))
	}
	return count, nil
}

// relate says what the account has done about a need.
func (n *Needs) relate(ctx context.Context, a civic.Account, s *civic.Sight) error {
	open := int64(s.Open().ID)
	g := n.db.r.WithContext(ctx)
	var backed, reported int
	err := g.Raw("SELECT COUNT(*) FROM endorsements e JOIN needs n ON n.id = e.need_id WHERE e.account = ? AND (e.need_id IN ? OR n.merged_into = ?)",
		string(a), []int64{open, int64(s.Need.ID)}, open).Scan(&backed).Error
	if err == nil {
		err = g.Raw("SELECT COUNT(*) FROM reports WHERE need_id = ? AND account = ?", open, string(a)).Scan(&reported).Error
	}
	if err != nil {
		return fmt.Errorf("read what the account did: %w", clean(err))
	}
	s.Backed, s.Reported = backed > 0, reported > 0
	return nil
}

// Media lists the photos and voices of a need that an account may see now: all of its own and, with
// staff's right to read needs, of the community; public ones to those who belong there. False
// means that the need is not for it at all. Those not fetched yet are left out.
func (n *Needs) Media(ctx context.Context, a civic.Account, id civic.NeedID) ([]civic.KeptMedia, bool, error) {
	var row needRow
	g := n.db.r.WithContext(ctx)
	err := g.Where("id = ?", int64(id)).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read need: %w", clean(err))
	}
	may, err := n.maySee(ctx, a, row)
	if err != nil || !may {
		return nil, false, err
	}
	var rows []mediaRow
	err = g.Raw("SELECT * FROM media WHERE need_id = ? AND state = ? ORDER BY kind, created_ms, id", row.ID, mediaKept).Scan(&rows).Error
	if err != nil {
		return nil, false, fmt.Errorf("read media: %w", clean(err))
	}
	out := make([]civic.KeptMedia, len(rows))
	for i, m := range rows {
		out[i] = civic.KeptMedia{ID: m.ID, Kind: civic.MediaKind(m.Kind), BlobKey: m.BlobKey, Bytes: m.Bytes}
	}
	return out, true, nil
}

func (n *Needs) maySee(ctx context.Context, a civic.Account, row needRow) (bool, error) {
	if row.Account == string(a) {
		return true, nil
	}
	c := civic.CommunityID(row.CommunityID)
	if row.Released && row.Cycle.PhotosShown {
		f, ok, err := n.db.Followers().Follower(ctx, a)
		if err != nil {
			return false, err
		}
		k, err := n.db.places.known(ctx, n.db)
		if err != nil {
			return false, err
		}
		if ok && f.Community == c || (!ok || f.Community == 0) && len(k.list) == 1 {
			return true, nil
		}
	}
	grants, err := n.db.Staff().Grants(ctx, a)
	if err != nil {
		return false, err
	}
	k, err := n.db.places.known(ctx, n.db)
	if err != nil {
		return false, err
	}
	area := k.communities[c].Area
	return slices.ContainsFunc(grants, func(g civic.Grant) bool {
		return civic.May(g.Role, civic.ActTriage) && g.Covers(c, area) && g.Reaches(row.Cycle.GridID)
	}), nil
}

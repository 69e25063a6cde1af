package store

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Needs looks needs up.
type Needs struct{ db *DB }

// Needs returns the look-ups of needs.
func (db *DB) Needs() *Needs { return &Needs{db} }

// Mine returns the account's needs, withdrawn ones too, the newest first, and how many there
// are in all. Photos and additions come with them.
func (n *Needs) Mine(ctx context.Context, a civic.Account, offset, limit int) ([]civic.Need, int, error) {
	var total int64
	g := n.db.r.WithContext(ctx)
	if err := g.Model(&needRow{}).Where("account = ?", string(a)).Count(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count own needs: %w", clean(err))
	}
	if total == 0 || limit <= 0 {
		return nil, int(total), nil
	}
	var rows []needRow
	err := g.Where("account = ?", string(a)).Order("raised_ms DESC, seq DESC, id").Offset(offset).Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, 0, fmt.Errorf("read own needs: %w", clean(err))
	}
	needs, err := n.whole(ctx, rows)
	return needs, int(total), err
}

// ByNumber returns the need with a public number; year 0 means the latest year that has it.
func (n *Needs) ByNumber(ctx context.Context, c civic.CommunityID, year, seq int) (civic.Need, bool, error) {
	q := n.db.r.WithContext(ctx).Where("community_id = ? AND seq = ?", int64(c), seq)
	if year != 0 {
		q = q.Where("`year` = ?", year)
	}
	return n.one(ctx, q.Order("`year` DESC"))
}

// Need returns a need by its id.
func (n *Needs) Need(ctx context.Context, id civic.NeedID) (civic.Need, bool, error) {
	return n.one(ctx, n.db.r.WithContext(ctx).Where("id = ?", int64(id)))
}

func (n *Needs) one(ctx context.Context, q *gorm.DB) (civic.Need, bool, error) {
	var row needRow
	err := q.Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return civic.Need{}, false, nil
	}
	if err != nil {
		return civic.Need{}, false, fmt.Errorf("read need: %w", clean(err))
	}
	needs, err := n.whole(ctx, []needRow{row})
	if err != nil {
		return civic.Need{}, false, err
	}
	return needs[0], true, nil
}

// whole adds codes, photos and additions to rows.
func (n *Needs) whole(ctx context.Context, rows []needRow) ([]civic.Need, error) {
	k, err := n.db.places.known(ctx, n.db)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, 0, len(rows))
	needs := make([]civic.Need, 0, len(rows))
	index := map[int64]*civic.Need{}
	for _, r := range rows {
		ids = append(ids, r.ID)
		needs = append(needs, r.need(k.communities[civic.CommunityID(r.CommunityID)].Code))
		index[r.ID] = &needs[len(needs)-1]
	}
	var photos []struct {
		NeedID int64
		Count  int
	}
	g := n.db.r.WithContext(ctx)
	err = g.Raw("SELECT need_id, COUNT(*) AS count FROM media WHERE need_id IN ? AND kind = ? AND state <> ? GROUP BY need_id",
		ids, string(civic.Photo), mediaFailed).Scan(&photos).Error
	if err != nil {
		return nil, fmt.Errorf("count photos: %w", clean(err))
	}
	for _, p := range photos {
		index[p.NeedID].Photos = p.Count
	}
	var additions []additionRow
	if err := g.Where("need_id IN ?", ids).Order("at_ms, id").Find(&additions).Error; err != nil {
		return nil, fmt.Errorf("read additions: %w", clean(err))
	}
	for _, a := range additions {
		index[a.NeedID].Additions = append(index[a.NeedID].Additions, civic.Addition{Text: a.Text, At: at(a.AtMS), Released: a.Released})
	}
	return needs, nil
}

package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"yishi/flows/civic"
	"yishi/flows/zh"
)

// Figures of the search for like needs.
const (
	likeFrom = 0.3 // likeness from which a need is offered
	likeOwn  = 50  // own needs looked at, the newest
)

// Like returns needs that resemble text, for asking before another is raised: first the
// account's own open ones, released or not, read afresh, then released open ones of the
// community, at most a few seconds old. Best first, at most limit in all.
func (n *Needs) Like(ctx context.Context, a civic.Account, c civic.CommunityID, text string, limit int) ([]civic.LikeNeed, error) {
	said := zh.GramsOf(text)
	if len(said) == 0 || limit <= 0 {
		return nil, nil
	}
	k, err := n.db.places.known(ctx, n.db)
	if err != nil {
		return nil, err
	}
	code := k.communities[c].Code
	found, err := n.ownLike(ctx, a, c, said)
	if err != nil {
		return nil, err
	}
	others, err := n.releasedLike(ctx, a, c, said, limit)
	if err != nil {
		return nil, err
	}
	found = append(found, others...)
	found = found[:min(limit, len(found))]
	out := make([]civic.LikeNeed, 0, len(found))
	var ids []int64
	for _, f := range found {
		out = append(out, civic.LikeNeed{
			ID: civic.NeedID(f.row.ID), Number: civic.Number{Code: code, Year: f.row.Year, Seq: f.row.Seq},
			Text: f.row.Text, Place: f.row.Place, Heat: f.row.Heat, Own: f.row.Account == string(a), Score: f.score,
		})
		ids = append(ids, f.row.ID)
	}
	return out, n.markBacked(ctx, a, ids, out)
}

// likeHit is a need with its likeness.
type likeHit struct {
	row   needRow
	score float64
}

func byScore(hits []likeHit) {
	slices.SortStableFunc(hits, func(x, y likeHit) int {
		return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(y.row.Heat, x.row.Heat), cmp.Compare(x.row.ID, y.row.ID))
	})
}

func (n *Needs) ownLike(ctx context.Context, a civic.Account, c civic.CommunityID, said zh.Grams) ([]likeHit, error) {
	var rows []needRow
	err := n.db.r.WithContext(ctx).Where("account = ? AND community_id = ? AND state IN ?", string(a), int64(c), openStates()).
		Order("raised_ms DESC").Limit(likeOwn).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read own needs: %w", clean(err))
	}
	var hits []likeHit
	for _, r := range rows {
		if s := zh.Alike(said, zh.GramsOf(r.Text)); s >= likeFrom {
			hits = append(hits, likeHit{r, s})
		}
	}
	byScore(hits)
	return hits, nil
}

func openStates() []string { return []string{string(civic.NeedRaised), string(civic.NeedAccepted)} }

func (n *Needs) releasedLike(ctx context.Context, a civic.Account, c civic.CommunityID, said zh.Grams, limit int) ([]likeHit, error) {
	x := n.db.likes.of(c)
	if err := x.fresh(ctx, n.db, c); err != nil {
		return nil, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.set.search(said, string(a), limit), nil
}

// markBacked notes which of the needs the account has endorsed.
func (n *Needs) markBacked(ctx context.Context, a civic.Account, ids []int64, out []civic.LikeNeed) error {
	if len(ids) == 0 {
		return nil
	}
	var backed []int64
	err := n.db.r.WithContext(ctx).Raw("SELECT need_id FROM endorsements WHERE account = ? AND need_id IN ?", string(a), ids).Scan(&backed).Error
	if err != nil {
		return fmt.Errorf("read endorsements: %w", clean(err))
	}
	for i := range out {
		out[i].Backed = slices.Contains(backed, int64(out[i].ID))
	}
	return nil
}

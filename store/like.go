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
	// likeSpare are hits in hand for those that lead to the same need, or are public no more.
	likeSpare = 5
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
	others, err := n.releasedLike(ctx, a, c, said, limit+likeSpare)
	if err != nil {
		return nil, err
	}
	if others, err = n.stillPublic(ctx, others); err != nil {
		return nil, err
	}
	return n.offer(ctx, a, code, append(found, others...), limit)
}

// stillPublic reads hits afresh: what was taken down a moment ago is shown to nobody.
func (n *Needs) stillPublic(ctx context.Context, hits []likeHit) ([]likeHit, error) {
	if len(hits) == 0 {
		return nil, nil
	}
	at := make([]int64, len(hits))
	for i, h := range hits {
		at[i] = h.row.ID
	}
	var rows []needRow
	if err := n.db.r.WithContext(ctx).Where("id IN ? AND released = ?", at, true).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read like needs: %w", clean(err))
	}
	var out []likeHit
	for _, h := range hits {
		i := slices.IndexFunc(rows, func(r needRow) bool { return r.ID == h.row.ID })
		if i >= 0 && slices.Contains(likeStates(), rows[i].State) {
			out = append(out, likeHit{rows[i], h.score})
		}
	}
	return out, nil
}

// offer makes of hits what is asked about: a need that was merged is asked about as the one that
// goes on, once.
func (n *Needs) offer(ctx context.Context, a civic.Account, code string, found []likeHit, limit int) ([]civic.LikeNeed, error) {
	var out []civic.LikeNeed
	var heads []int64
	for _, f := range found {
		if len(out) == limit {
			break
		}
		like := civic.LikeNeed{Own: f.row.Account == string(a), Score: f.score}
		row := f.row
		if row.Cycle.MergedInto != 0 {
			head, ok, err := n.mergedHead(ctx, row, a)
			if err != nil {
				return nil, err
			}
			if !ok && !like.Own {
				continue
			}
			if ok {
				like.Merged = civic.Number{Code: code, Year: row.Year, Seq: row.Seq}
				like.Own = like.Own || head.Account == string(a)
				row = head
			}
		}
		if slices.Contains(heads, row.ID) {
			continue
		}
		heads = append(heads, row.ID)
		like.ID, like.Number = civic.NeedID(row.ID), civic.Number{Code: code, Year: row.Year, Seq: row.Seq}
		like.Text, like.Place, like.Heat, like.Others = row.Text, row.Place, row.Heat, row.Cycle.Others
		out = append(out, like)
	}
	return out, n.markBacked(ctx, a, heads, out)
}

// mergedHead is the need that goes on in place of a merged one; false where the account may not see it.
func (n *Needs) mergedHead(ctx context.Context, row needRow, a civic.Account) (needRow, bool, error) {
	for range mergedMost {
		var next needRow
		err := n.db.r.WithContext(ctx).Where("id = ?", row.Cycle.MergedInto).Take(&next).Error
		if err != nil {
			return row, false, fmt.Errorf("follow merge: %w", clean(err))
		}
		if row = next; row.Cycle.MergedInto == 0 {
			open := slices.Contains(listedStates(), row.State)
			return row, open && (row.Released || row.Account == string(a)), nil
		}
	}
	return row, false, nil
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
	err := n.db.r.WithContext(ctx).Where("account = ? AND community_id = ? AND state IN ?", string(a), int64(c), likeStates()).
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

// listedStates are those in which a public need is open to others.
func listedStates() []string {
	return []string{string(civic.NeedRaised), string(civic.NeedAccepted), string(civic.NeedDeclining), string(civic.NeedHanded)}
}

// likeStates are those in which a need is found by its words: a merged one leads to where it went.
func likeStates() []string { return append(listedStates(), string(civic.NeedMerged)) }

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
	err := n.db.r.WithContext(ctx).Raw("SELECT CASE WHEN n.merged_into <> 0 THEN n.merged_into ELSE n.id END FROM endorsements e JOIN needs n ON n.id = e.need_id "+
		"WHERE e.account = ? AND (e.need_id IN ? OR n.merged_into IN ?)", string(a), ids, ids).Scan(&backed).Error
	if err != nil {
		return fmt.Errorf("read endorsements: %w", clean(err))
	}
	for i := range out {
		out[i].Backed = slices.Contains(backed, int64(out[i].ID))
	}
	return nil
}

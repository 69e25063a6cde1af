package store

import (
	"encoding/json"
	"fmt"

	"yishi/flows/civic"
)

// authored says whose the needs just written are, and what of them is public at once. It asks who
// the authors are after the needs were written, as adopt asks for needs after it has written who
// an account is: one of the two sees the other.
func (b *batch) authored(turns []*turn, rows []needRow) error {
	accounts := make([]string, len(rows))
	for i, r := range rows {
		accounts[i] = r.Account
	}
	who, err := b.identities(accounts)
	if err != nil {
		return err
	}
	var reviews []reviewRow
	free := map[int64]bool{} // of needs that are public at once
	for _, r := range rows {
		w := who[r.Account].in(r.CommunityID)
		if w.PersonID != 0 {
			at, err := b.atOnce(r.CommunityID)
			if err != nil {
				return err
			}
			free[r.ID] = at
			err = b.tx.Exec("UPDATE needs SET person_id = ?, estate_id = ?, grid_id = ?, released = ?, photos_shown = ? WHERE id = ?",
				w.PersonID, w.EstateID, w.GridID, at, at, r.ID).Error
			if err != nil {
				return fmt.Errorf("say whose the need is: %w", clean(err))
			}
		}
		if !free[r.ID] {
			reviews = append(reviews, reviewRow{
				NeedID: r.ID, Kind: string(civic.ReviewRelease), CommunityID: r.CommunityID, GridID: w.GridID, SinceMS: r.RaisedMS, RevMS: r.RaisedMS,
			})
		}
	}
	i := 0
	for _, t := range turns {
		for range t.plan.raise {
			t.receipt.Public = free[rows[i].ID]
			i++
		}
	}
	if len(reviews) == 0 {
		return nil
	}
	if err := b.tx.Create(&reviews).Error; err != nil {
		return fmt.Errorf("queue needs for release: %w", clean(err))
	}
	return nil
}

// atOnce says whether a community lets verified authors' words be public at once, as it is now.
func (b *batch) atOnce(community int64) (bool, error) {
	var text string
	if err := b.tx.Raw("SELECT settings FROM communities WHERE id = ?", community).Scan(&text).Error; err != nil {
		return false, fmt.Errorf("read settings: %w", clean(err))
	}
	var s civic.Settings
	if text == "" {
		return false, nil
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return false, fmt.Errorf("read settings: %w", err)
	}
	return s.ReleaseVerified, nil
}

// estates reads where accounts say that they live, for those of whom nobody knows it better.
func (b *batch) estates(accounts []string) (map[string]accountRow, error) {
	var rows []accountRow
	err := b.tx.Raw("SELECT openid, community_id, estate_id FROM accounts WHERE openid IN ? AND estate_id <> 0", accounts).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read estates: %w", clean(err))
	}
	out := make(map[string]accountRow, len(rows))
	for _, r := range rows {
		out[r.Openid] = r
	}
	return out, nil
}

// estate is where the author of a need lives: the one that the turn tells, or the one known.
func (t *turn) estate(r raise, known map[string]accountRow) int64 {
	for _, j := range t.plan.joins {
		if j.Community == r.community.ID {
			return j.Estate
		}
	}
	if a := known[string(r.effect.Account)]; !r.assisted && a.CommunityID == int64(r.community.ID) {
		return a.EstateID
	}
	return 0
}

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// planJoin remembers an account's community.
func (t *turn) planJoin(e civic.Join) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	t.plan.joins = append(t.plan.joins, e)
	return nil
}

// join upserts the accounts of all turns in one statement; of two for one account the
// later turn counts.
func (b *batch) join(turns []*turn) error {
	last := map[civic.Account]civic.Join{}
	for _, t := range turns {
		for _, j := range t.plan.joins {
			last[j.Account] = j
		}
	}
	if len(last) == 0 {
		return nil
	}
	rows := make([]accountRow, 0, len(last))
	now := ms(b.now)
	for a, j := range last {
		rows = append(rows, accountRow{
			Openid: string(a), CommunityID: int64(j.Community), EstateID: j.Estate, Following: true, FirstMS: now, LastEventMS: now,
			CommunityMS: now,
		})
	}
	slices.SortFunc(rows, func(x, y accountRow) int { return strings.Compare(x.Openid, y.Openid) })
	if err := b.noteMoves(rows); err != nil {
		return err
	}
	marks := tuples(len(rows), 9)
	args := make([]any, 0, 9*len(rows))
	for _, r := range rows {
		args = append(args, r.args()...)
	}
	d := b.db.dia
	err := b.tx.Exec("INSERT INTO accounts "+accountColumns+" VALUES "+marks+d.conflict("openid")+
		"community_ms = CASE WHEN accounts.community_id = "+d.incoming("community_id")+" THEN accounts.community_ms ELSE "+d.incoming("community_ms")+" END, "+
		"community_id = "+d.incoming("community_id")+", estate_id = "+d.incoming("estate_id"), args...).Error
	if err != nil {
		return fmt.Errorf("join accounts: %w", clean(err))
	}
	return nil
}

const accountColumns = "(openid, community_id, estate_id, following, first_ms, last_message_ms, last_event_ms, unfollowed_ms, community_ms)"

func (r accountRow) args() []any {
	return []any{r.Openid, r.CommunityID, r.EstateID, r.Following, r.FirstMS, r.LastMessageMS, r.LastEventMS, r.UnfollowedMS, r.CommunityMS}
}

// Followers looks accounts up.
type Followers struct{ db *DB }

// Followers returns the look-ups of accounts.
func (db *DB) Followers() *Followers { return &Followers{db} }

// Follower returns what is remembered of an account; false if nothing is.
func (f *Followers) Follower(ctx context.Context, a civic.Account) (civic.Follower, bool, error) {
	var row accountRow
	err := f.db.r.WithContext(ctx).Where("openid = ?", string(a)).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return civic.Follower{}, false, nil
	}
	if err != nil {
		return civic.Follower{}, false, fmt.Errorf("read account: %w", clean(err))
	}
	return civic.Follower{
		Account: civic.Account(row.Openid), Community: civic.CommunityID(row.CommunityID), Estate: row.EstateID,
	}, true, nil
}

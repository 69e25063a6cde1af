package store

import (
	"context"
	"fmt"

	"yishi/flows/civic"
)

// RevokeAll takes all offices of an account away.
func RevokeAll(ctx context.Context, db *DB, a civic.Account) error {
	return clean(db.w.WithContext(ctx).Exec("UPDATE grants SET revoked_ms = ? WHERE staff_id = (SELECT id FROM staff WHERE account = ?)", ms(db.clock.Now()), string(a)).Error)
}

// Waiting makes n needs of a community, one in five of which waits, in ten grids.
func Waiting(ctx context.Context, db *DB, c civic.CommunityID, n int) error {
	states := []civic.NeedState{civic.NeedRaised, civic.NeedAccepted, civic.NeedDeclined, civic.NeedHanded, civic.NeedWithdrawn}
	now := ms(db.clock.Now())
	for from := 0; from < n; from += 500 {
		rows := make([]needRow, 0, 500)
		for i := from; i < min(n, from+500); i++ {
			at := now - int64(i)*60_000
			rows = append(rows, needRow{
				ID: newID(), CommunityID: int64(c), Year: 2027, Seq: i + 1, Account: fmt.Sprintf("oCrowd%d", i), Category: string(civic.Environment),
				Text: fmt.Sprintf("第%d盏路灯坏了", i), State: string(states[i%len(states)]), Heat: i % 40, RaisedMS: at, UpdatedMS: at,
				Cycle: needCycle{WaitingMS: at, GridID: int64(i/5%10) + 1},
			})
		}
		if err := db.w.WithContext(ctx).Create(&rows).Error; err != nil {
			return clean(err)
		}
	}
	return nil
}

// SetStage puts a round into a stage without asking.
func SetStage(ctx context.Context, db *DB, r civic.RoundID, s civic.Stage) error {
	return clean(db.w.WithContext(ctx).Exec("UPDATE rounds SET stage = ? WHERE id = ?", int(s), int64(r)).Error)
}

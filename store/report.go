package store

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// ErrNoPush means that no push has the id.
var ErrNoPush = errors.New("no such push")

// Report adds up how a push stands, by its caller's id, in one statement: its numbers are of
// one moment and sum up to the audience. ErrNoPush if there is none.
func (db *DB) Report(ctx context.Context, push string) (civic.Report, error) {
	var rows []struct {
		Audience, Walked, Resent int
		Expanded                 bool
		Ended, N                 int
		Reason                   string
	}
	err := db.r.WithContext(ctx).Raw("SELECT p.audience, p.walked, p.resent, p.expanded, COALESCE(d.ended, 0) AS ended, COALESCE(d.reason, '') AS reason, COALESCE(d.n, 0) AS n "+
		"FROM pushes p LEFT JOIN (SELECT push_id, ended, reason, COUNT(*) AS n FROM deliveries WHERE push_id = (SELECT id FROM pushes WHERE push = ?) GROUP BY push_id, ended, reason "+
		"UNION ALL SELECT push_id, ended, reason, n FROM outcomes WHERE push_id = (SELECT id FROM pushes WHERE push = ?)) d ON d.push_id = p.id WHERE p.push = ?",
		push, push, push).Scan(&rows).Error
	if err != nil {
		return civic.Report{}, fmt.Errorf("report push: %w", clean(err))
	}
	if len(rows) == 0 {
		return civic.Report{}, fmt.Errorf("report push: %w", ErrNoPush)
	}
	p := rows[0]
	r := civic.Report{Push: push, Resent: p.Resent, Sent: map[civic.Route]int{}, Skipped: map[string]int{}, Failed: map[string]int{}}
	written := 0
	for _, row := range rows {
		written += row.N
		switch row.Ended / endedState {
		case 0:
			r.Waiting += row.N
		case stateCodes[civic.Sent]:
			r.Sent[routeOf(row.Ended%endedState)] += row.N
		case stateCodes[civic.Inbox]:
			r.Inbox += row.N
		case stateCodes[civic.Door]:
			r.Door += row.N
		case stateCodes[civic.Skipped]:
			r.Skipped[row.Reason] += row.N
		case stateCodes[civic.Failed]:
			r.Failed[row.Reason] += row.N
		case stateCodes[civic.Unknown]:
			r.Unknown += row.N
		}
	}
	if again := p.Walked - written; again > 0 {
		r.Skipped[duplicate] += again
	}
	r.Audience = p.Walked
	if !p.Expanded {
		r.Audience = max(p.Audience, p.Walked)
		r.Waiting += r.Audience - p.Walked
	}
	return r, nil
}

// endedState is what a state's code is multiplied by in the column ended, which also holds the route.
const endedState = 16

// duplicate is the reason of those who were told the same under another push.
const duplicate = "duplicate"

// routeOf reads a code.
func routeOf(code int) civic.Route {
	for _, r := range routes() {
		if routeCodes[r] == code {
			return r
		}
	}
	return ""
}

// ResendFailed lets the failed deliveries of a push, and no others, wait again, and says how
// many. Those that fail once more while it runs are left alone. ErrNoPush if there is none.
func (db *DB) ResendFailed(ctx context.Context, push string) (int, error) {
	total, begun := 0, db.clock.Now()
	for {
		var ids []int64
		err := db.retried(ctx, func(tx *gorm.DB) error {
			ids = nil
			b := &batch{db: db, tx: tx, now: db.clock.Now()}
			p, found, err := b.pushOf(push)
			if err != nil {
				return err
			}
			if !found {
				return ErrNoPush
			}
			failed := stateCodes[civic.Failed] * endedState
			err = tx.Raw("SELECT id FROM deliveries WHERE push_id = ? AND ended >= ? AND ended < ? AND at_ms <= ? LIMIT ?"+db.dia.forUpdate(),
				p.ID, failed, failed+endedState, ms(begun), claimMost).Scan(&ids).Error
			if err != nil || len(ids) == 0 {
				return err
			}
			if total == 0 {
				if err := tx.Exec("UPDATE pushes SET resent = resent + 1 WHERE id = ?", p.ID).Error; err != nil {
					return err
				}
			}
			return tx.Exec("UPDATE deliveries SET state = 1, at_ms = ?, owner_key = 0, route = 0, calling = 0, tried = 0, attempts = 0, code = 0, first_ms = 0, reason = '' WHERE id IN ?",
				ms(b.now), ids).Error
		})
		total += len(ids)
		if err != nil {
			return total, fmt.Errorf("resend failed: %w", err)
		}
		if len(ids) < claimMost {
			return total, nil
		}
	}
}

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

// deliveryRow is one push to one person. Its rows are many: words are codes, and the size of
// a row does not change while it is worked on.
type deliveryRow struct {
	ID         int64 `gorm:"primaryKey"`
	PushID     int64
	PurposeKey int64 // of the push's purpose; unique with the person
	Person     string
	Account    string
	State      int
	Calm       int // of the push
	Route      int // called last, or by which it ended
	Calling    int // 1: Route was being called under the present lease
	Tried      int // routes that refused clearly, a bit each
	Attempts   int
	Code       int
	AtMS       int64 `gorm:"column:at_ms"`    // waiting: due; sending: the lease's end; else when it ended
	FirstMS    int64 `gorm:"column:first_ms"` // when Route was first called
	ReadMS     int64 `gorm:"column:read_ms"`
	OwnerKey   int64
	Reason     string
	Ended      int `gorm:"->"` // made by the database of State and Route: 0 until it ends
}

// TableName is the plural noun of the migration.
func (deliveryRow) TableName() string { return "deliveries" }

// How states and routes are written. Numbers in use never change their meaning; statements
// that must be short name waiting and sending as 1 and 2.
var (
	stateCodes = map[civic.DeliveryState]int{
		civic.Waiting: 1, civic.Sending: 2, civic.Sent: 3, civic.Inbox: 4, civic.Door: 5, civic.Skipped: 6, civic.Failed: 7, civic.Unknown: 8,
	}
	routeCodes = map[civic.Route]int{
		civic.ByCustomer: 1, civic.ByNotice: 2, civic.ByTemplate: 3, civic.ByInbox: 4, civic.ByDoor: 5,
	}
)

// routes are in the order of the ladder.
func routes() []civic.Route {
	return []civic.Route{civic.ByCustomer, civic.ByNotice, civic.ByTemplate, civic.ByInbox, civic.ByDoor}
}

// routesOf reads the bits of tried.
func routesOf(bits int) []civic.Route {
	var all []civic.Route
	for _, r := range routes() {
		if bits&(1<<routeCodes[r]) != 0 {
			all = append(all, r)
		}
	}
	return all
}

// bitsOf writes them.
func bitsOf(all []civic.Route) int {
	bits := 0
	for _, r := range all {
		bits |= 1 << routeCodes[r]
	}
	return bits
}

// recordMost is how many outcomes share a transaction.
const recordMost = 200

// RecordDeliveries writes how attempts ended, once, and says how many of them were lost: the
// lease had run out and the row is not the owner's any more. A row that was called unknown
// meanwhile still takes the word of who called. Whether customer messages and consents are
// left is counted in the same transaction.
func (db *DB) RecordDeliveries(ctx context.Context, owner string, outcomes []civic.Outcome) (lost int, err error) {
	for _, o := range outcomes {
		if err := checkOutcome(o); err != nil {
			return 0, fmt.Errorf("record deliveries: %w", err)
		}
	}
	for some := range slices.Chunk(outcomes, recordMost) {
		var kept int
		err := db.retried(ctx, func(tx *gorm.DB) error {
			var err error
			kept, err = (&batch{db: db, tx: tx, now: db.clock.Now()}).recordSome(key63("owner", owner), some)
			return err
		})
		if err != nil {
			return lost, fmt.Errorf("record deliveries: %w", err)
		}
		lost += len(some) - kept
	}
	return lost, nil
}

// checkOutcome refuses what cannot be written.
func checkOutcome(o civic.Outcome) error {
	_, state := stateCodes[o.State]
	_, route := routeCodes[o.Route]
	switch {
	case !state || o.State == civic.Sending:
		return errors.New("outcome without a state")
	case o.Route != "" && !route:
		return errors.New("outcome with an unknown route")
	case (o.State == civic.Sent || o.State == civic.Unknown) && !route:
		return errors.New("outcome without a route")
	case !token(o.Reason, 32):
		return errors.New("reason is not at most 32 ASCII characters")
	case !token(o.Receipt, 64), !token(o.Notice, 64):
		return errors.New("receipt or template is not at most 64 ASCII characters")
	}
	return nil
}

// same are outcomes that one statement can write.
type same struct {
	state, route, tried, code int
	reason                    string
	free, unsure              bool
}

// recordSome writes the outcomes of rows that are the owner's and returns how many.
func (b *batch) recordSome(owner int64, outcomes []civic.Outcome) (int, error) {
	mine, err := b.held(owner, outcomes)
	if err != nil || len(mine) == 0 {
		return 0, err
	}
	var urgent []int64 // that ended
	groups := map[same][]civic.Outcome{}
	kept, used, accounts := make([]civic.Outcome, 0, len(mine)), use{}, make(map[int64]string, len(mine))
	for _, o := range outcomes {
		row, ok := mine[o.ID]
		if !ok || row.State != stateCodes[civic.Sending] && o.State != civic.Sent && o.State != civic.Failed {
			continue
		}
		delete(mine, o.ID) // of two for one delivery the first counts
		g := same{stateCodes[o.State], routeCodes[o.Route], bitsOf(o.Tried), o.Code, o.Reason, o.Free, o.Unsure}
		groups[g] = append(groups[g], o)
		kept = append(kept, o)
		accounts[o.ID] = row.Account
		if row.Calm == 0 && o.State != civic.Waiting {
			urgent = append(urgent, o.ID)
		}
		used.note(row, o)
	}
	for g, of := range groups {
		if err := b.recordSame(g, of); err != nil {
			return 0, err
		}
	}
	if err := b.settleUse(used); err != nil {
		return 0, err
	}
	if err := b.settleTalks(urgent); err != nil {
		return 0, err
	}
	return len(kept), b.keepReceipts(kept, accounts)
}

// held locks the rows of outcomes that are the owner's.
func (b *batch) held(owner int64, outcomes []civic.Outcome) (map[int64]deliveryRow, error) {
	ids := make([]int64, 0, len(outcomes))
	for _, o := range outcomes {
		ids = append(ids, o.ID)
	}
	var rows []deliveryRow
	err := b.tx.Raw("SELECT id, account, state, calm FROM deliveries WHERE id IN ? AND owner_key = ? AND state IN (2, ?) ORDER BY id"+b.db.dia.forUpdate(),
		ids, owner, stateCodes[civic.Unknown]).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("lock deliveries: %w", clean(err))
	}
	mine := make(map[int64]deliveryRow, len(rows))
	for _, r := range rows {
		mine[r.ID] = r
	}
	return mine, nil
}

// recordSame writes outcomes that differ at most in when they are due again.
func (b *batch) recordSame(g same, of []civic.Outcome) error {
	set := "UPDATE deliveries SET state = ?, tried = ?, code = ?, reason = ?, owner_key = 0"
	args := []any{g.state, g.tried, g.code, g.reason}
	if g.route != 0 {
		set += ", route = ?"
		args = append(args, g.route)
	}
	if g.state != stateCodes[civic.Waiting] {
		set += ", at_ms = ?"
		args = append(args, ms(b.now))
	} else {
		if !g.unsure { // a call under this lease surely did not arrive; earlier ones may have
			set += ", first_ms = CASE WHEN calling = 0 THEN first_ms ELSE 0 END"
		}
		if g.free {
			set += ", attempts = attempts - 1"
		}
		var cases strings.Builder
		for _, o := range of {
			cases.WriteString(" WHEN ? THEN ?")
			args = append(args, o.ID, max(ms(o.NextAt), ms(b.now)))
		}
		set += ", at_ms = CASE id" + cases.String() + " ELSE at_ms END"
	}
	ids := make([]int64, 0, len(of))
	for _, o := range of {
		ids = append(ids, o.ID)
	}
	slices.Sort(ids)
	set += ", calling = 0" // last: MySQL reads columns as they have been set before
	if err := b.tx.Exec(set+" WHERE id IN ?", append(args, ids)...).Error; err != nil {
		return fmt.Errorf("write outcomes: %w", clean(err))
	}
	return nil
}

package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Deliveries are claimed here, by one statement a dialect, as media are in claim.go.

const (
	deliveryColumns = "id, push_id, person, account, calm, at_ms, attempts, first_ms, tried"

	claimDue = " WHERE state = 1 AND calm IN (0, 1) AND at_ms <= ? ORDER BY calm, at_ms LIMIT ?"

	claimFrom = "SELECT " + deliveryColumns + " FROM deliveries FORCE INDEX (deliveries_queue)"

	// claimOn goes on behind the delivery that was claimed last. It does not look for urgent ones
	// before it: where there are none, the server would walk over all that was removed since.
	claimOn = " WHERE state = 1 AND calm = ? AND (at_ms = ? AND id > ? OR at_ms > ? AND at_ms <= ?) ORDER BY at_ms LIMIT ?"

	claimDelivery = "UPDATE deliveries SET state = 2, owner_key = ?, attempts = attempts + 1, at_ms = ?, calling = 0"

	// claimMost bounds one claim: what one statement takes well.
	claimMost = 1000

	// claimAnew is how often a claim begins at the head of the queue for certain; urgent ones
	// that come in while others are sent wait no longer.
	claimAnew = time.Second
)

// claims remembers where the last claim ended. What was claimed stays in the server's index for
// a while, as removed, and each claim from the head of the queue would walk over all of it.
type claims struct {
	mu   sync.Mutex
	last deliveryRow // ID 0: begin at the head
	head time.Time   // when a claim began there
}

// from returns the delivery to go on behind; ID 0: none.
func (c *claims) from(now time.Time) deliveryRow {
	c.mu.Lock()
	defer c.mu.Unlock()
	if since := now.Sub(c.head); since < 0 || since >= claimAnew {
		c.last, c.head = deliveryRow{}, now
	}
	return c.last
}

// ended notes what was claimed of n rows that were asked for. Fewer end the queue, as far as it
// was walked.
func (c *claims) ended(rows []deliveryRow, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = deliveryRow{}
	if len(rows) == n {
		c.last = rows[n-1]
	}
}

// due locks at most n rows that wait, urgent ones first. Those that others lock are passed over.
func (db *DB) due(tx *gorm.DB, now time.Time, n int) ([]deliveryRow, error) {
	var rows []deliveryRow
	due, last := ms(now), db.claims.from(now)
	if last.ID != 0 {
		err := tx.Raw(claimFrom+claimOn+db.dia.skipLocked(), last.Calm, last.AtMS, last.ID, last.AtMS, due, n).Scan(&rows).Error
		if err != nil || len(rows) > 0 {
			return rows, err
		}
	}
	err := tx.Raw(claimFrom+claimDue+db.dia.skipLocked(), due, n).Scan(&rows).Error
	return rows, err
}

// ClaimDeliveries takes at most n due deliveries (at most 1,000) under a lease, urgent ones
// first, and counts the attempt. Owner names this one claim, at most 64 ASCII characters: what
// is later said about its rows is told by it from what is said about another attempt at the
// same rows. MidStep of Reach is left to the caller.
func (db *DB) ClaimDeliveries(ctx context.Context, owner string, n int, lease time.Duration) ([]civic.Delivery, error) {
	if owner == "" || !token(owner, 64) {
		return nil, errors.New("claim deliveries: owner is not 1 to 64 ASCII characters")
	}
	if n <= 0 {
		return nil, nil
	}
	now := db.clock.Now()
	until, who := ms(now.Add(lease)), key63("owner", owner)
	n = min(n, claimMost)
	var rows []deliveryRow
	err := db.retried(ctx, func(tx *gorm.DB) (err error) {
		if db.dia.name == inSQLite {
			rows = nil
			return tx.Raw(claimDelivery+" WHERE id IN (SELECT id FROM deliveries"+claimDue+") RETURNING "+deliveryColumns, who, until, ms(now), n).Scan(&rows).Error
		}
		if rows, err = db.due(tx, now, n); err != nil || len(rows) == 0 {
			return err
		}
		ids := make([]int64, 0, len(rows))
		for i := range rows {
			rows[i].Attempts++
			ids = append(ids, rows[i].ID)
		}
		return tx.Exec(claimDelivery+" WHERE id IN ?", who, until, ids).Error
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	db.claims.ended(rows, n)
	if len(rows) == 0 {
		return nil, nil
	}
	if db.dia.name == inSQLite { // which returns them in any order
		slices.SortFunc(rows, func(x, y deliveryRow) int { return cmp.Or(x.Calm-y.Calm, cmp.Compare(x.ID, y.ID)) })
	}
	return db.deliveries(ctx, rows, now)
}

// deliveries adds to claimed rows what is told and how each account can be reached.
func (db *DB) deliveries(ctx context.Context, rows []deliveryRow, now time.Time) ([]civic.Delivery, error) {
	accounts := make([]civic.Account, 0, len(rows))
	people := make([]string, 0, len(rows))
	for _, r := range rows {
		accounts = append(accounts, civic.Account(r.Account))
		people = append(people, r.Person)
	}
	var pushes map[int64]pushRow
	var reach map[civic.Account]civic.Reach
	var off map[optoutRow]bool
	var week map[string]int
	err := together(
		func() (err error) { pushes, err = db.pushesOf(ctx, rows); return err },
		func() (err error) { reach, err = db.Reach(ctx, accounts); return err },
		func() (err error) { off, err = db.optedOut(ctx, accounts); return err },
		func() (err error) { week, err = db.thisWeek(ctx, people, now); return err },
	)
	if err != nil {
		return nil, err
	}
	talks, err := db.fill(ctx, rows, pushes, reach)
	if err != nil {
		return nil, err
	}
	all := make([]civic.Delivery, 0, len(rows))
	for _, r := range rows {
		p := pushes[r.PushID]
		d := civic.Delivery{
			ID: r.ID, Push: p.Push, Purpose: p.Purpose, Person: civic.Recipient(r.Person), Account: civic.Account(r.Account),
			Kind: p.Kind, Args: json.RawMessage(p.Args), Topic: civic.Topic(p.Topic), Urgent: p.Calm == 0, Expires: at(p.ExpiresMS),
			Attempts: r.Attempts, FirstAt: at(r.FirstMS), Tried: routesOf(r.Tried), Reach: reach[civic.Account(r.Account)],
		}
		d.Reach.OptedOut = d.Topic != "" && off[optoutRow{Account: r.Account, Topic: p.Topic}]
		d.Reach.ThisWeek = week[r.Person]
		if f, is := talks[p.ID]; is {
			f.complete(&d, now)
		}
		all = append(all, d)
	}
	return all, nil
}

// together does all at once and returns what went wrong.
func together(all ...func() error) error {
	errs := make([]error, len(all))
	var done sync.WaitGroup
	for i, do := range all {
		done.Go(func() { errs[i] = do() })
	}
	done.Wait()
	return errors.Join(errs...)
}

// pushesOf reads the pushes of some rows, by their ids.
func (db *DB) pushesOf(ctx context.Context, rows []deliveryRow) (map[int64]pushRow, error) {
	found := map[int64]pushRow{}
	var ids []int64
	for _, r := range rows {
		if _, ok := found[r.PushID]; !ok {
			found[r.PushID] = pushRow{}
			ids = append(ids, r.PushID)
		}
	}
	var pushes []pushRow
	if err := db.r.WithContext(ctx).Where("id IN ?", ids).Find(&pushes).Error; err != nil {
		return nil, fmt.Errorf("read pushes: %w", clean(err))
	}
	for _, p := range pushes {
		found[p.ID] = p
	}
	return found, nil
}

// leaseSlack is the part of a lease that may have passed before it is set anew: the queue's
// index need not move for every call.
const leaseSlack = 8

// Calling marks deliveries as about to be sent by a route, just before the calls, and sees to it
// that seven eighths of their lease are left. It returns those that are still the owner's: no others may be called, and
// none without this mark, as it tells those who take over from a dead worker what may have
// been sent.
func (db *DB) Calling(ctx context.Context, owner string, ids []int64, by civic.Route, lease time.Duration) ([]int64, error) {
	code, ok := routeCodes[by]
	if !ok {
		return nil, errors.New("mark calls: no such route")
	}
	if len(ids) == 0 {
		return nil, nil
	}
	now := db.clock.Now()
	who := key63("owner", owner)
	var marked int64
	err := db.again(ctx, func(g *gorm.DB) error {
		res := g.Exec("UPDATE deliveries SET first_ms = CASE WHEN first_ms = 0 OR route <> ? THEN ? ELSE first_ms END, route = ?, calling = 1, "+
			"at_ms = CASE WHEN at_ms < ? THEN ? ELSE at_ms END WHERE id IN ? AND owner_key = ? AND state = 2",
			code, ms(now), code, ms(now.Add(lease-lease/leaseSlack)), ms(now.Add(lease)), ids, who)
		marked = res.RowsAffected
		return res.Error
	})
	if err != nil {
		return nil, fmt.Errorf("mark calls: %w", err)
	}
	if marked == int64(len(ids)) {
		return slices.Clone(ids), nil
	}
	// Some are not the owner's, or were marked before: nobody else changes those that are.
	var mine []int64
	err = db.w.WithContext(ctx).Raw("SELECT id FROM deliveries WHERE id IN ? AND owner_key = ? AND state = 2 AND calling = 1 AND route = ?", ids, who, code).Scan(&mine).Error
	if err != nil {
		return nil, fmt.Errorf("read marks: %w", clean(err))
	}
	return mine, nil
}

// sameCall is how long a template message may be called again under its id without arriving
// twice: ten minutes by the platform's word, less a margin for the call itself.
const sameCall = 9 * time.Minute

// RecoverDeliveries ends leases that ran out, and says how many: who was not being called, or
// by template message so lately that calling again is harmless, waits again; all others may
// have been reached and are unknown.
func (db *DB) RecoverDeliveries(ctx context.Context) (int, error) {
	total := 0
	for {
		now := db.clock.Now()
		var ids []int64
		err := db.retried(ctx, func(tx *gorm.DB) error {
			ids = nil
			err := tx.Raw("SELECT id FROM deliveries WHERE state = 2 AND calm IN (0, 1) AND at_ms <= ? ORDER BY calm, at_ms LIMIT ?"+db.dia.skipLocked(), ms(now), claimMost).Scan(&ids).Error
			if err != nil || len(ids) == 0 {
				return err
			}
			err = tx.Exec("UPDATE deliveries SET state = CASE WHEN calling = 0 OR (route = ? AND first_ms > ?) THEN 1 ELSE ? END, at_ms = ? WHERE id IN ?",
				routeCodes[civic.ByTemplate], ms(now.Add(-sameCall)), stateCodes[civic.Unknown], ms(now), ids).Error
			if err != nil {
				return err
			}
			return (&batch{db: db, tx: tx, now: now}).settleTalks(ids)
		})
		total += len(ids)
		if err != nil {
			return total, fmt.Errorf("recover deliveries: %w", err)
		}
		if len(ids) < claimMost {
			return total, nil
		}
	}
}

// QueueAge is how long the delivery or push that has been due for longest has waited; zero if
// none does. What is to be tried again counts from then.
func (db *DB) QueueAge(ctx context.Context) (time.Duration, error) {
	now := db.clock.Now()
	var oldest *int64
	err := db.r.WithContext(ctx).Raw("SELECT MIN(due) FROM (SELECT MIN(at_ms) AS due FROM deliveries WHERE state = 1 AND calm = 0 UNION ALL " +
		"SELECT MIN(at_ms) FROM deliveries WHERE state = 1 AND calm = 1 UNION ALL " +
		"SELECT MIN(due_ms) FROM pushes WHERE expanded = 0) waiting").Scan(&oldest).Error
	if err != nil {
		return 0, fmt.Errorf("read age of deliveries: %w", clean(err))
	}
	if oldest == nil {
		return 0, nil
	}
	return max(0, now.Sub(at(*oldest))), nil
}

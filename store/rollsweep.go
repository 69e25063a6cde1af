package store

import (
	"context"
	"errors"
)

// sweep takes over the imports that have died: staged ones are cleared away, those that were
// being put in force are finished.
func (r *Roll) sweep(ctx context.Context) error {
	var dead []rollRow
	before := ms(r.db.clock.Now().Add(-rollLease))
	if err := r.db.r.WithContext(ctx).Where("beat_ms < ?", before).Find(&dead).Error; err != nil {
		return err
	}
	for _, d := range dead {
		if err := r.inherit(ctx, d); err != nil && !errors.Is(err, ErrRollLost) {
			return err
		}
	}
	return nil
}

// inherit takes one dead import over. Of two that try, one finds that it is not its own.
func (r *Roll) inherit(ctx context.Context, d rollRow) error {
	was := &Roll{
		db: r.db, pool: r.pool, end: func() {}, id: d.ID, owner: r.owner, beat: r.db.clock.Now(),
		o: RollOptions{Complete: d.Complete}, places: r.places.again(), plans: map[int64]*rollPlan{},
	}
	err := r.exec(ctx, r.pool, "UPDATE rolls SET owner_key = ?, beat_ms = ? WHERE id = ? AND owner_key = ? AND beat_ms = ?",
		was.owner, ms(was.beat), d.ID, d.OwnerKey, d.BeatMS)
	if err != nil {
		return err
	}
	if err := was.ours(ctx, was.pool, ""); err != nil {
		return err
	}
	v, err := r.db.readVault(ctx) // it is ours: no key is made
	if err != nil {
		return err
	}
	was.v = keptVault{v}
	var claims []rollClaimRow
	if err := r.db.r.WithContext(ctx).Where("roll_id = ?", d.ID).Find(&claims).Error; err != nil {
		return err
	}
	for _, c := range claims {
		if was.places.claimed[c.CommunityID] = &c; d.Switching && !c.Done {
			r.finished++
		}
	}
	if !d.Switching {
		return was.clear(ctx)
	}
	if _, err := was.Plan(ctx); err != nil {
		return err
	}
	if _, err := was.Switch(ctx); err != nil {
		return err
	}
	return was.clear(ctx)
}

// claim takes a community for this import.
func (r *Roll) claim(ctx context.Context, c rollClaimRow) error {
	err := r.patient(ctx, func() error {
		return r.exec(ctx, r.pool, "INSERT INTO roll_claims (community_id, roll_id, street, district, done) VALUES (?, ?, ?, ?, 0)",
			c.CommunityID, r.id, c.Street, c.District)
	})
	if isTaken(err) {
		return ErrRollBusy
	}
	return err
}

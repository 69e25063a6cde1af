package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Switch puts what was planned in force, each community by one transaction. Progress is told after
// each; nil: nobody listens. After an error nothing of the community at hand has changed; of several,
// those before it have, and the next import carries on with the rest.
func (r *Roll) Switch(ctx context.Context, progress ...func(done, all int)) (RollCounts, error) {
	defer r.db.places.forget()
	todo := slices.Sorted(maps.Keys(r.plans))
	if len(todo) > 1 {
		if err := r.exec(ctx, r.pool, "UPDATE rolls SET switching = 1 WHERE id = ? AND owner_key = ?", r.id, r.owner); err != nil {
			return RollCounts{}, fmt.Errorf("begin to put a roll in force: %w", err)
		}
	}
	var sum RollCounts
	for i, c := range todo {
		if err := r.enforce(ctx, c); err != nil {
			return sum, fmt.Errorf("put a roll in force: %w", err)
		}
		sum.add(r.plans[c].counts)
		for _, p := range progress {
			p(i+1, len(todo))
		}
	}
	err := r.exec(ctx, r.pool, "UPDATE rolls SET switching = 0 WHERE id = ? AND owner_key = ?", r.id, r.owner)
	if err != nil {
		return sum, fmt.Errorf("end a roll: %w", err)
	}
	return sum, nil
}

// enforce puts one community in force. Where somebody else has put a person or a door there since
// the plan, it is planned anew.
func (r *Roll) enforce(ctx context.Context, c int64) error {
	var err error
	for try := range rollTries {
		if try > 0 && !pause(ctx, try) {
			return err
		}
		if err = r.swap(ctx, r.plans[c]); err == nil {
			return nil
		}
		switch {
		case r.done(ctx, c):
			return nil // COMMIT was not answered, and yet it was done
		case isTaken(err):
			p, again := r.plan(ctx, c)
			if again != nil {
				return again
			}
			r.plans[c] = p
		case !passing(err) && !cut(err):
			return err
		}
		if err := r.alive(ctx); err != nil {
			return err
		}
	}
	return err
}

// done asks whether a community is in force.
func (r *Roll) done(ctx context.Context, c int64) bool {
	var done bool
	err := r.pool.QueryRowContext(ctx, "SELECT done FROM roll_claims WHERE community_id = ? AND roll_id = ?", c, r.id).Scan(&done)
	return err == nil && done
}

// swap is the one transaction by which a community's roll changes.
func (r *Roll) swap(ctx context.Context, p *rollPlan) error {
	tx, err := r.pool.BeginTx(ctx, nil)
	if err != nil {
		return clean(err)
	}
	open := true
	defer func() {
		if open {
			_ = tx.Rollback() // the error before says more
		}
	}()
	if err := r.ours(ctx, tx, r.db.dia.forUpdate()); err != nil {
		return err
	}
	g := r.db.w.Session(&gorm.Session{NewDB: true, Context: ctx})
	g.Statement.ConnPool = tx
	b := &batch{db: r.db, tx: g, now: r.db.clock.Now()}
	if err := r.record(b, p); err != nil {
		return err
	}
	for _, part := range []func(context.Context, *sql.Tx, *batch, *rollPlan) error{r.putPlaces, r.putPeople, r.putLeft} {
		if err := part(ctx, tx, b, p); err != nil {
			return err
		}
	}
	if err := r.exec(ctx, tx, "UPDATE roll_claims SET done = 1 WHERE community_id = ? AND roll_id = ?", p.community, r.id); err != nil {
		return err
	}
	open = false
	return clean(tx.Commit())
}

// record checks the office of who imports and writes the audit log: counts only.
func (r *Roll) record(b *batch, p *rollPlan) error {
	n := p.counts
	d := deed{
		by: civic.By{Account: r.o.By.Account, Community: civic.CommunityID(p.community)}, act: civic.ActRoll, what: "import",
		object: "roll:" + strconv.FormatInt(r.id, 10),
		detail: map[string]any{
			"new": n.New, "changed": n.Changed, "moved": n.Moved, "returned": n.Returned, "same": n.Same, "left": n.Left, "bad": n.Bad, "doors": n.Houses,
		},
	}
	return b.actFor(d)
}

// actFor is office for staff, and for the operator, who has no account, only the audit log.
func (b *batch) actFor(d deed) error {
	if d.by.Account == "" {
		d.act = civic.ActRunCommunity
		return b.audit(civic.Grant{}, d)
	}
	_, err := b.office(d, nil, civic.NoLonger)
	var no *civic.Refusal
	if errors.As(err, &no) {
		return ErrOffice
	}
	return err
}

// putPlaces makes the places that are new.
func (r *Roll) putPlaces(ctx context.Context, tx *sql.Tx, b *batch, p *rollPlan) error {
	d := p.doors
	var buildings []buildingRow
	for _, n := range d.newBuildings {
		buildings = append(buildings, n.buildingRow)
	}
	houses := make([]any, 0, 7*len(d.newHouses))
	for _, h := range d.newHouses {
		houses = append(houses, h.ID, h.CommunityID, h.BuildingID, h.Unit, h.Room, 0, 0)
	}
	const columns = "INSERT INTO households (id, community_id, building_id, unit, room, wrong, slow_until_ms) VALUES "
	if err := r.insert(ctx, tx, columns, "", 7, houses); err != nil {
		return err
	}
	if len(d.newEstates) > 0 {
		if err := b.tx.Create(&d.newEstates).Error; err != nil {
			return err
		}
	}
	if len(d.newGrids) > 0 {
		if err := b.tx.Create(&d.newGrids).Error; err != nil {
			return err
		}
	}
	if len(buildings) > 0 {
		if err := b.tx.CreateInBatches(&buildings, rollBatch).Error; err != nil {
			return err
		}
	}
	for _, n := range d.buildings {
		if !n.made && n.GridID != n.was {
			if err := r.exec(ctx, tx, "UPDATE buildings SET grid_id = ? WHERE id = ?", n.GridID, n.ID); err != nil {
				return err
			}
		}
	}
	return r.putStreet(ctx, tx, b, p.community)
}

// putPeople writes the lines into the roll. People who change are first put where no key of
// theirs can be in another's way: two may have changed places.
func (r *Roll) putPeople(ctx context.Context, tx *sql.Tx, b *batch, p *rollPlan) error {
	const (
		other = "roll_lines r"
		on    = "persons.id = r.person_id"
		where = "r.roll_id = ? AND r.community_id = ? AND r.line > ? AND r.line <= ? AND r.act = ?"
		keep  = "CASE WHEN LENGTH(r.%[1]s) = 0 THEN persons.%[1]s ELSE r.%[1]s END"
	)
	aside := b.db.dia.updateFrom("persons", other, on, where,
		"household_id", "-persons.id", "code_hash", "CASE WHEN r.code_hash IS NULL THEN persons.code_hash ELSE NULL END")
	change := b.db.dia.updateFrom("persons", other, on, where,
		"household_id", "r.household_id", "name_hash", "r.name_hash", "name", "r.name", "left_ms", "0", "roll_hash", "r.roll_hash",
		"code_hash", "COALESCE(r.code_hash, persons.code_hash)", "phone_hash", "COALESCE(r.phone_hash, persons.phone_hash)",
		"code", fmt.Sprintf(keep, "code"), "phone", fmt.Sprintf(keep, "phone"), "note", fmt.Sprintf(keep, "note"))
	const columns = "id, community_id, household_id, code_hash, name_hash, phone_hash, name, phone, code, note, roll_hash"
	add := "INSERT INTO persons (" + columns + ", made_ms, left_ms) SELECT r.person_id, r.community_id, r.household_id, r.code_hash, r.name_hash, " +
		"r.phone_hash, r.name, r.phone, r.code, r.note, r.roll_hash, " + strconv.FormatInt(ms(b.now), 10) + ", 0 FROM " + other + " WHERE " + where
	n := p.counts
	for _, s := range []struct {
		act, n int
		query  string
	}{
		{actChanged, n.Changed + n.Moved + n.Returned, aside},
		{actChanged, n.Changed + n.Moved + n.Returned, change},
		{actNew, n.New, add},
	} {
		for from := -1; s.n > 0 && from < p.last; from += rollStep {
			if err := r.exec(ctx, tx, s.query, r.id, p.community, from, from+rollStep, s.act); err != nil {
				return err
			}
		}
	}
	return nil
}

// putLeft marks whom a whole roll does not name any more. Who was never on a roll stays: they were
// put there in another way.
func (r *Roll) putLeft(ctx context.Context, tx *sql.Tx, b *batch, p *rollPlan) error {
	for ids := range slices.Chunk(p.leave, rollBatch) {
		args := []any{ms(b.now)}
		for _, id := range ids {
			args = append(args, id)
		}
		query := "UPDATE persons SET left_ms = ?, roll_hash = NULL WHERE left_ms = 0 AND id IN " + tuples(1, len(ids))
		if err := r.exec(ctx, tx, query, args...); err != nil {
			return err
		}
	}
	return nil
}

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Errors of sealing anew.
var (
	// ErrResealing means that what was asked must wait until all data is sealed anew.
	ErrResealing = errors.New("data is being sealed anew (bot keys reseal); wait until that has ended, or run it again if it died")
	// ErrRewrapFirst means that a data key is still sealed under the master key before.
	ErrRewrapFirst = errors.New("the data key is under the master key before: bot keys rotate comes first")
	// ErrImports means that an import of a roll is under way.
	ErrImports = errors.New("a roll is being imported; wait until that has ended")
)

// ResealOptions say how data is sealed anew.
type ResealOptions struct {
	Batch int                  // rows of one transaction; zero: 500
	Tell  func(ResealProgress) // called after each transaction; nil: nobody listens
}

// ResealProgress says how far it is.
type ResealProgress struct {
	Step      string // what is being sealed
	Done, All int    // rows of it; All is an estimate
}

// ResealCounts says what was done, or would be.
type ResealCounts struct {
	Invitations int `json:"invitations"` // rows, likewise below
	Staff       int `json:"staff"`
	Claims      int `json:"claims"`
	People      int `json:"people"`
	Lines       int `json:"lines"`
	Former      int `json:"former"` // accounts that left and are found again by a new hash if they come back

	// What a hash stood for and nobody can tell any more.
	Void   int `json:"void"`   // invitations not used yet: whoever has the old key knows their codes
	Cards  int `json:"cards"`  // households whose code is void, likewise
	Tries  int `json:"tries"`  // counts of wrong tries, forgotten
	Lost   int `json:"lost"`   // accounts that left and have to be verified again if they come back
	Unlike int `json:"unlike"` // people of whom it is not known any more what the last roll said
}

const resealBatch = 500

// Reseal seals everything under a new data key, makes the keyed hashes anew and destroys the old
// key. It may die at any point and is then run again; it may run twice at once. Meanwhile everybody
// reads and writes, but no roll is imported and no cards are made.
//
// What holds it together: the new key is made by a transaction that waits for all who write under
// the old one (batch.vault), so afterwards nobody does. Each batch locks the row that says how far it
// is, and moves it on in the same transaction.
func (db *DB) Reseal(ctx context.Context, o ResealOptions) (ResealCounts, error) {
	if o.Batch == 0 {
		o.Batch = resealBatch
	}
	row, err := db.beginReseal(ctx)
	if err != nil {
		return ResealCounts{}, fmt.Errorf("make a new data key: %w", err)
	}
	all, err := db.CountReseal(ctx)
	if err != nil {
		return ResealCounts{}, err
	}
	for row.Step < len(resealSteps) {
		step := resealSteps[row.Step]
		if row, err = db.resealSome(ctx, row.ID, o.Batch); err != nil {
			return ResealCounts{}, fmt.Errorf("seal %s anew: %w", step.name, err)
		}
		if o.Tell != nil {
			o.Tell(ResealProgress{step.name, *step.count(row.counts()), *step.count(&all)})
		}
		if err := ctx.Err(); err != nil {
			return ResealCounts{}, fmt.Errorf("seal %s anew: %w", step.name, err)
		}
	}
	if err := db.endReseal(ctx, row); err != nil {
		return ResealCounts{}, fmt.Errorf("destroy the old data key: %w", err)
	}
	return *row.counts(), nil
}

// beginReseal makes the new data key, unless a reseal that died has.
func (db *DB) beginReseal(ctx context.Context) (row resealRow, err error) {
	if _, err := db.vault(ctx); err != nil {
		return row, err
	}
	if err := db.sweepRolls(ctx); err != nil {
		return row, err
	}
	err = db.stubborn(ctx, func(b *batch) error {
		tx := b.tx
		keys, err := b.lockKeys()
		if err != nil {
			return err
		}
		for _, k := range keys {
			if _, old, err := db.unwrap(k); err != nil || old {
				return errors.Join(err, ErrRewrapFirst)
			}
		}
		var open []resealRow
		if err := tx.Raw("SELECT * FROM reseals WHERE ended_ms = 0").Scan(&open).Error; err != nil {
			return err
		}
		if len(open) > 0 {
			row = open[0]
			return nil
		}
		var imports int
		if err := tx.Raw("SELECT COUNT(*) FROM rolls").Scan(&imports).Error; err != nil {
			return err
		}
		if imports > 0 {
			return ErrImports
		}
		was := keys[len(keys)-1].ID
		fresh, err := db.newDataKey(was + 1)
		if err != nil {
			return err
		}
		row = resealRow{ID: fresh.ID, WasID: was, Counts: "{}", BegunMS: ms(b.now)}
		for _, r := range []any{&fresh, &row} {
			if err := tx.Create(r).Error; err != nil {
				return err
			}
		}
		return b.audit(civic.Grant{}, deed{act: civic.ActRunCommunity, what: "reseal", object: object("vault", was)})
	})
	return row, err
}

// sweepRolls finishes or clears away imports that died: while there is one no key is made.
func (db *DB) sweepRolls(ctx context.Context) error {
	r, err := db.openRoll(ctx, RollOptions{})
	if err != nil {
		return err
	}
	defer r.end()
	return clean(r.sweep(ctx))
}

// resealSome is one batch. It returns how far it is then.
func (db *DB) resealSome(ctx context.Context, id int64, most int) (row resealRow, err error) {
	err = db.stubborn(ctx, func(b *batch) (err error) {
		row, err = b.resealSome(id, most)
		return err
	})
	return row, err
}

// stubborn is a transaction that is tried again also when COMMIT was not answered: it finds what it
// has done.
func (db *DB) stubborn(ctx context.Context, do func(*batch) error) error {
	var err error
	for try := range rollTries {
		if try > 0 && !pause(ctx, try) {
			break
		}
		err = db.retried(ctx, func(tx *gorm.DB) error { return do(&batch{db: db, tx: tx, now: db.clock.Now()}) })
		if !passing(err) && !cut(err) {
			break
		}
	}
	return err
}

func (b *batch) resealSome(id int64, most int) (resealRow, error) {
	v, err := b.vault()
	if err != nil {
		return resealRow{}, err
	}
	var row resealRow
	if err := b.tx.Raw("SELECT * FROM reseals WHERE id = ?"+b.db.dia.forUpdate(), id).Scan(&row).Error; err != nil {
		return row, err
	}
	if row.EndedMS != 0 || row.Step >= len(resealSteps) {
		row.Step = len(resealSteps)
		return row, nil // another one does the same, and was faster
	}
	w := &resealing{batch: b, v: v, row: row, was: v.key(row.WasID), now: v.key(row.ID), most: most, counts: row.counts()}
	if w.was == nil || w.now == nil {
		return row, errors.New("a data key is missing")
	}
	after, err := resealSteps[row.Step].some(w)
	if err != nil {
		return row, err
	}
	if row.AfterKey = after; after == "" {
		row.Step++
	}
	text, err := json.Marshal(w.counts)
	if err != nil {
		return row, err
	}
	row.Counts = string(text)
	return row, b.tx.Select("Step", "AfterKey", "Counts").Updates(&row).Error
}

func (r *resealRow) counts() *ResealCounts {
	var c ResealCounts
	_ = json.Unmarshal([]byte(r.Counts), &c) // written by resealSome
	return &c
}

// endReseal looks whether anything is under the old key still and destroys it. Its row stays, empty,
// so that a program from before there was a second key finds no key rather than making one.
func (db *DB) endReseal(ctx context.Context, row resealRow) error {
	left, err := db.sealedUnder(ctx, row.WasID)
	if err != nil {
		return err
	}
	if left > 0 {
		err := db.stubborn(ctx, func(b *batch) error {
			return b.tx.Exec("UPDATE reseals SET step = 0, after_key = '' WHERE id = ? AND ended_ms = 0", row.ID).Error
		})
		return errors.Join(fmt.Errorf("%d values are under it still; run it again", left), err)
	}
	return db.stubborn(ctx, func(b *batch) error {
		tx := b.tx
		if _, err := b.lockKeys(); err != nil {
			return err
		}
		end := tx.Exec("UPDATE reseals SET ended_ms = ? WHERE id = ? AND ended_ms = 0", ms(b.now), row.ID)
		if end.Error != nil || end.RowsAffected == 0 { // another one was faster
			return end.Error
		}
		if err := tx.Exec("UPDATE vault_keys SET wrapped = ? WHERE id = ?", []byte{}, row.WasID).Error; err != nil {
			return err
		}
		var detail map[string]any
		if err := json.Unmarshal([]byte(row.Counts), &detail); err != nil {
			return err
		}
		return b.audit(civic.Grant{}, deed{act: civic.ActRunCommunity, what: "resealed", object: object("vault", row.ID), detail: detail})
	})
}

// sealedColumns are all that hold sealed values, but for lines of imports, of which there are none.
var sealedColumns = [...]string{
	"invitations.name", "staff.name", "claims.name", "claims.door", "persons.name", "persons.phone", "persons.code", "persons.note", "talk_lines.body",
}

// sealedUnder counts what is sealed or hashed under a key.
func (db *DB) sealedUnder(ctx context.Context, id int64) (left int, err error) {
	pool, end, err := db.migrationPool()
	if err != nil {
		return 0, err
	}
	defer end()
	head := sealedHead(id)
	count := func(query string, args ...any) error {
		var n int
		if err := pool.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
			return clean(err)
		}
		left += n
		return nil
	}
	for _, c := range sealedColumns {
		table, column, _ := strings.Cut(c, ".")
		if err := count("SELECT COUNT(*) FROM "+table+" WHERE SUBSTR("+column+", 1, ?) = ?", len(head), head); err != nil {
			return 0, err
		}
	}
	return left, count("SELECT COUNT(*) FROM former_identities WHERE key_id = ?", id)
}

// CountReseal counts what Reseal has to do. Lost and Unlike show only when it is done.
func (db *DB) CountReseal(ctx context.Context) (ResealCounts, error) {
	pool, end, err := db.migrationPool()
	if err != nil {
		return ResealCounts{}, err
	}
	defer end()
	var c ResealCounts
	for _, q := range []struct {
		to    *int
		query string
	}{
		{&c.Invitations, "invitations"},
		{&c.Staff, "staff"},
		{&c.Claims, "claims"},
		{&c.People, "persons"},
		{&c.Lines, "talk_lines"},
		{&c.Former, "former_identities"},
		{&c.Void, "invitations WHERE used_ms = 0 AND revoked_ms = 0"},
		{&c.Cards, "households WHERE code_hash IS NOT NULL"},
		{&c.Tries, "tries"},
	} {
		if err := pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+q.query).Scan(q.to); err != nil {
			return c, fmt.Errorf("count what is sealed: %w", clean(err))
		}
	}
	return c, nil
}

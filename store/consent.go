package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// consentRow says how many subscription notices of a template an account still allows, as
// far as events have told.
type consentRow struct {
	Account  string `gorm:"primaryKey"`
	Template string `gorm:"primaryKey"`
	LeftN    int
	AtMS     int64 `gorm:"column:at_ms"`
}

// consentEventRow marks an event that the ledger has taken in.
type consentEventRow struct {
	EventKey []byte `gorm:"primaryKey"` // of a hash
	AtMS     int64  `gorm:"column:at_ms"`
}

// TableName and its like: the plural nouns of the migrations.
func (consentRow) TableName() string      { return "consents" }
func (consentEventRow) TableName() string { return "consent_events" }

// NoteConsent changes the ledger of consents: set replaces what is left, if it is not nil,
// and else delta is added; it never falls below zero. Event names the platform's event, and
// the place in it when it holds several: the same one again changes nothing. "" is no event.
func (db *DB) NoteConsent(ctx context.Context, a civic.Account, template, event string, delta int, set *int) error {
	switch {
	case a == "" || !token(string(a), 64):
		return errors.New("note consent: account is not 1 to 64 ASCII characters")
	case template == "" || !token(template, 64):
		return errors.New("note consent: template is not 1 to 64 ASCII characters")
	}
	sum := sha256.Sum256([]byte(event))
	err := db.retried(ctx, func(tx *gorm.DB) error {
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		if event != "" {
			err := tx.Create(&consentEventRow{EventKey: sum[:16], AtMS: ms(b.now)}).Error
			if errors.Is(err, gorm.ErrDuplicatedKey) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		if set != nil {
			return b.setConsent(string(a), template, *set)
		}
		return b.addConsent(string(a), template, delta)
	})
	if err != nil {
		return fmt.Errorf("note consent: %w", err)
	}
	return nil
}

const insertConsent = "INSERT INTO consents (account, template, left_n, at_ms) VALUES (?, ?, ?, ?)"

// addConsent adds to what is left, or takes from it.
func (b *batch) addConsent(account, template string, delta int) error {
	d := b.db.dia
	err := b.tx.Exec(insertConsent+d.conflict("account, template")+fmt.Sprintf("left_n = %s(0, consents.left_n + ?), at_ms = ", d.max)+d.incoming("at_ms"),
		account, template, max(0, delta), ms(b.now), delta).Error
	if err != nil {
		return fmt.Errorf("add consent: %w", clean(err))
	}
	return nil
}

// setConsent replaces what is left.
func (b *batch) setConsent(account, template string, left int) error {
	d := b.db.dia
	err := b.tx.Exec(insertConsent+d.conflict("account, template")+"left_n = "+d.incoming("left_n")+", at_ms = "+d.incoming("at_ms"),
		account, template, max(0, left), ms(b.now)).Error
	if err != nil {
		return fmt.Errorf("set consent: %w", clean(err))
	}
	return nil
}

// marksStep is how many marks one statement removes.
const marksStep = 2000

// sweepMarks removes marks of events and receipts that no event will ask for any more.
func (db *DB) sweepMarks(ctx context.Context) error {
	before := ms(db.clock.Now().Add(-civic.RetainMarks))
	if err := sweepOld[[]byte](ctx, db, "consent_events", "event_key", before); err != nil {
		return err
	}
	if err := sweepOld[[]byte](ctx, db, "forgotten", "account_hash", ms(db.clock.Now().Add(-civic.RetainLinks))); err != nil {
		return err
	}
	return sweepOld[string](ctx, db, "receipts", "receipt", before)
}

// sweepOld removes old rows of a table by their keys, which it reads first: servers walk the
// whole table for a DELETE with a subquery.
func sweepOld[K []byte | string](ctx context.Context, db *DB, table, key string, before int64) error {
	for n := marksStep; n == marksStep; {
		var keys []K
		err := db.w.WithContext(ctx).Raw("SELECT "+key+" FROM "+table+" WHERE at_ms < ? ORDER BY at_ms LIMIT ?", before, marksStep).Scan(&keys).Error
		if n = len(keys); err == nil && n > 0 {
			err = db.w.WithContext(ctx).Exec("DELETE FROM "+table+" WHERE "+key+" IN ?", keys).Error
		}
		if err != nil {
			return fmt.Errorf("sweep marks: %w", clean(err))
		}
	}
	return nil
}

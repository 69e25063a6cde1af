package store

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Allow checks that a member of staff may do an act of reading now, and writes the audit log; ErrOffice
// if not. Of several grants it returns one over all grids, if there is one. What is the word of the
// log, and object what was read, such as community:123.
func (db *DB) Allow(ctx context.Context, by civic.By, act civic.Act, what, object string) (civic.Grant, error) {
	var g civic.Grant
	err := db.w.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		b := &batch{db: db, tx: tx, now: db.clock.Now()}
		d := deed{by: by, act: act, what: what, object: object}
		var no *civic.Refusal
		var err error
		if g, err = b.office(d, func(g civic.Grant) bool { return len(g.Grids) == 0 }, civic.NoLonger); errors.As(err, &no) {
			g, err = b.office(d, nil, civic.NoLonger)
		}
		if errors.As(err, &no) {
			return ErrOffice
		}
		return err
	})
	if err != nil {
		return g, fmt.Errorf("look for an office: %w", clean(err))
	}
	return g, nil
}

package store

import (
	"context"
	"errors"

	"yishi/flows/civic"
)

// ErrDies is what a step of Reseal fails with that DieIn has told to.
var ErrDies = errors.New("died")

// ResealSteps is how many steps Reseal has.
const ResealSteps = len(resealSteps)

// DieIn lets a step of Reseal die once it has written a batch, before COMMIT, until it is told otherwise.
func DieIn(step int) (live func()) {
	was := resealSteps[step].some
	resealSteps[step].some = func(w *resealing) (string, error) {
		_, err := was(w)
		return "", errors.Join(err, ErrDies)
	}
	return func() { resealSteps[step].some = was }
}

// SealedUnder counts what is under a data key.
func SealedUnder(ctx context.Context, db *DB, id int64) (int, error) { return db.sealedUnder(ctx, id) }

// DataKeys lists the data keys that are not destroyed.
func DataKeys(ctx context.Context, db *DB) (ids []int64, err error) {
	err = db.r.WithContext(ctx).Raw("SELECT id FROM vault_keys WHERE LENGTH(wrapped) > 0 ORDER BY id").Scan(&ids).Error
	return ids, err
}

// WriteSealed is a transaction that is about to write sealed data, and has not ended yet.
func WriteSealed(ctx context.Context, db *DB) (end func() error, err error) {
	tx := db.w.WithContext(ctx).Begin()
	if tx.Error != nil {
		return nil, tx.Error
	}
	_, err = (&batch{db: db, tx: tx, now: db.clock.Now()}).vault()
	return func() error { return tx.Rollback().Error }, err
}

// ForgetAccount takes an account from the table of all that were ever seen.
func ForgetAccount(ctx context.Context, db *DB, a civic.Account) error {
	return db.w.WithContext(ctx).Exec("DELETE FROM accounts WHERE openid = ?", string(a)).Error
}

// PlantSealed puts a value that was sealed under a key into the name of a member of staff, as a writer
// that knows of no other key would.
func PlantSealed(ctx context.Context, db *DB, id int64, staff civic.StaffID) error {
	v, err := db.readVault(ctx)
	if err != nil {
		return err
	}
	sealed, err := seal(v.key(id).seal, sealedHead(id), []byte("某网格员"), belongs("staff.name", int64(staff)))
	if err != nil {
		return err
	}
	return db.w.WithContext(ctx).Exec("UPDATE staff SET name = ? WHERE id = ?", sealed, int64(staff)).Error
}

// VaultKey is the key under which data keys are sealed where only the key of accounts was given.
func VaultKey(key []byte) []byte {
	var db DB
	_ = db.setVault(Options{Key: key}) // a key of its own making fits
	return db.wrapping
}

// Rewrite reads, locks and writes back so many people as Reseal does, without sealing anything.
func Rewrite(ctx context.Context, db *DB, people int) error {
	row := resealRow{}
	for done := 0; done < people; {
		err := db.stubborn(ctx, func(b *batch) error {
			w := &resealing{batch: b, row: row, most: resealBatch}
			var rows []personRow
			if err := w.behind("persons", &rows); err != nil {
				return err
			}
			if _, err := w.doors(rows); err != nil {
				return err
			}
			out := make([][]any, 0, len(rows))
			for _, r := range rows {
				out = append(out, []any{r.ID, r.Name, some(r.Phone), some(r.Code), some(r.Note), r.NameHash, null(r.PhoneHash), null(r.CodeHash), null(r.RollHash)})
			}
			row.AfterKey = decimal(rows[len(rows)-1].ID)
			done += len(rows)
			return w.put("persons", 1, personColumns[:], out)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

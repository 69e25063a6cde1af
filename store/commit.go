package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Commit is one committing turn.
type Commit struct {
	Run     string        // the run's id: ASCII, at most 40 characters
	N       int           // the turn's place in its run
	Key     string        // of the message, hashed by the caller: ASCII, at most 40 characters; "" for none
	Account civic.Account // whose turn it is; effects of others are an error
	Final   bool          // the turn ends its run
	Effects []any         // the civic effects, all or none
}

// Commit writes a turn once. A repeat of the same run and number, or of the same message,
// gets the first receipt and does nothing. Errors: *civic.Refusal, ErrClosed (nothing will
// be done under this run and number), ErrUnsure, ErrBusy; any other means that nothing was done.
//
// It ends with ctx at the latest; commits that wait at the same time share transactions.
func (db *DB) Commit(ctx context.Context, c Commit) (civic.Receipt, error) {
	return db.submit(ctx, c, false)
}

// CloseRun ends (run, n) without effects and returns a receipt with Closed set. If it was
// committed before, that receipt is returned instead; Final says whether it ended the run.
// Errors are those of Commit.
func (db *DB) CloseRun(ctx context.Context, run string, n int, account civic.Account) (civic.Receipt, error) {
	return db.submit(ctx, Commit{Run: run, N: n, Account: account, Final: true}, true)
}

// Seen looks for the turn that a message made, for when the session store has forgotten.
func (db *DB) Seen(ctx context.Context, key string) (receipt civic.Receipt, run string, n int, found bool, err error) {
	if key == "" {
		return receipt, "", 0, false, nil
	}
	var row runRow
	err = db.r.WithContext(ctx).Where("msg_key = ?", key).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return receipt, "", 0, false, nil
	}
	if err != nil {
		return receipt, "", 0, false, fmt.Errorf("look for message: %w", clean(err))
	}
	if receipt, err = db.receiptOf(&row); err != nil {
		return receipt, "", 0, false, err
	}
	return receipt, row.Run, row.N, true, nil
}

// receiptOf reads what was stored, and makes the reference of a link anew.
func (db *DB) receiptOf(r *runRow) (civic.Receipt, error) {
	var receipt civic.Receipt
	if err := json.Unmarshal([]byte(r.Receipt), &receipt); err != nil {
		return receipt, fmt.Errorf("read receipt: %w", err)
	}
	return db.reveal(r.Run, r.N, receipt), nil
}

// accountHash is how runs remember an account: keyed, so that the table alone names nobody.
func (db *DB) accountHash(a civic.Account) []byte {
	m := hmac.New(sha256.New, db.key)
	m.Write([]byte("run\x00"))
	m.Write([]byte(a))
	return m.Sum(nil)
}

// check refuses a commit that no table could hold.
func (c Commit) check() error {
	switch {
	case !token(c.Run, 40) || c.Run == "":
		return errors.New("commit: run is not 1 to 40 ASCII characters")
	case !token(c.Key, 40):
		return errors.New("commit: key is not at most 40 ASCII characters")
	case c.N < 0:
		return errors.New("commit: negative turn")
	case !token(string(c.Account), 64) || c.Account == "":
		return errors.New("commit: account is not 1 to 64 ASCII characters")
	}
	return mixed(c.Effects)
}

// token says whether s is printable ASCII of at most most bytes.
func token(s string, most int) bool {
	if len(s) > most {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

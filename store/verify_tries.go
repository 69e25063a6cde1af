package store

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm/clause"

	"yishi/flows/civic"
)

// Where wrong tries are counted. Doors are named whether the roll has them or not.
func accountTries(v *openVault, a civic.Account) []byte {
	return v.Hash("tries", "account\x00"+string(a))
}
func placeTries(v *openVault, of string) []byte { return v.Hash("tries", "place\x00"+of) }

func (r triesRow) tries() civic.Tries {
	return civic.Tries{Wrong: r.Wrong, Last: at(r.LastMS), Until: at(r.UntilMS)}
}

// planWrong counts a wrong try with the turn, so that a repeat of the message counts once.
func planWrong(t *turn, e civic.NoteWrong) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	place, err := hex.DecodeString(e.At)
	if err != nil || len(place) != 16 {
		return errors.New("note wrong try: no place")
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error {
		v, err := b.vault()
		if err != nil {
			return err
		}
		t.receipt.Word = civic.TriedWrong
		at := civic.TryDoor
		if e.How == civic.ByCode {
			at = civic.TryCodes
		}
		return b.countWrong(map[civic.TryPlace][]byte{civic.TryAccount: accountTries(v.openVault, e.Account), at: place})
	}})
	return nil
}

// countWrong moves the counts on. The rows are made first, so that two that count at once wait
// for each other, in one order.
func (b *batch) countWrong(places map[civic.TryPlace][]byte) error {
	keys := make([][]byte, 0, len(places))
	of := map[string]civic.TryPlace{}
	for p, k := range places {
		keys = append(keys, k)
		of[string(k)] = p
	}
	slices.SortFunc(keys, slices.Compare[[]byte])
	fresh := make([]triesRow, 0, len(keys))
	for _, k := range keys {
		fresh = append(fresh, triesRow{KeyHash: k})
	}
	if err := b.tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&fresh).Error; err != nil {
		return fmt.Errorf("make tries: %w", clean(err))
	}
	rows, err := b.lockTries(keys)
	if err != nil {
		return err
	}
	for _, r := range rows {
		next := r.tries().AfterWrong(of[string(r.KeyHash)], b.now)
		err := b.tx.Exec("UPDATE tries SET wrong = ?, last_ms = ?, until_ms = ? WHERE key_hash = ?",
			next.Wrong, ms(next.Last), ms(next.Until), r.KeyHash).Error
		if err != nil {
			return fmt.Errorf("count wrong try: %w", clean(err))
		}
	}
	return nil
}

// lockTries reads counts and keeps them until COMMIT.
func (b *batch) lockTries(keys [][]byte) ([]triesRow, error) {
	var rows []triesRow
	err := b.tx.Raw("SELECT * FROM tries WHERE key_hash IN ? ORDER BY key_hash"+b.db.dia.forUpdate(), keys).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read tries: %w", clean(err))
	}
	return rows, nil
}

// unlocked refuses an account that is locked.
func (b *batch) unlocked(v *openVault, a civic.Account) error {
	rows, err := b.lockTries([][]byte{accountTries(v, a)})
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.tries().Waits(b.now) {
			return refuse("试错的次数多了，先停一停。请过 " + civic.Wait(at(r.UntilMS).Sub(b.now)) + "再试；急的话回“人工”。")
		}
	}
	return nil
}

package store

import (
	"errors"
	"fmt"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// planEndorse adds the account to a need's endorsers, once.
func (t *turn) planEndorse(e civic.EndorseNeed) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{int64(e.Need), func(b *batch, t *turn) error {
		return b.endorse(t, e)
	}})
	return nil
}

// endorse locks the need, so that its state and its heat are the ones of the commit.
func (b *batch) endorse(t *turn, e civic.EndorseNeed) error {
	row, err := b.lockNeed(e.Need)
	switch {
	case err != nil:
		return err
	case row.Account == string(e.Account):
		return refuse("这是您自己提的需求，不用附议。")
	}
	var already int64
	err = b.tx.Raw("SELECT COUNT(*) FROM endorsements WHERE need_id = ? AND account = ?", row.ID, string(e.Account)).Scan(&already).Error
	if err != nil {
		return fmt.Errorf("look for endorsement: %w", clean(err))
	}
	if t.receipt.Number, err = b.number(row); err != nil {
		return err
	}
	t.receipt.Heat = row.Heat
	switch {
	case already > 0:
		return nil
	case row.State == string(civic.NeedWithdrawn):
		return refuse("这条需求已经由提出人撤回，不用附议了。")
	case row.State == string(civic.NeedDeclined):
		return refuse("这条需求已经答复，不再接受附议。")
	case !row.Released:
		return refuse("这条需求还没有公开，暂时不能附议。")
	}
	if err := b.during(row.Cycle.RoundID, civic.DoEndorse); err != nil {
		return err
	}
	err = b.tx.Create(&endorsementRow{NeedID: row.ID, Account: string(e.Account), AtMS: ms(b.now)}).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return nil // cannot happen while the need is locked; harmless if it does
	}
	if err != nil {
		return fmt.Errorf("insert endorsement: %w", clean(err))
	}
	if err := b.tx.Exec("UPDATE needs SET heat = heat + 1, updated_ms = ? WHERE id = ?", ms(b.now), row.ID).Error; err != nil {
		return fmt.Errorf("raise heat: %w", clean(err))
	}
	t.receipt.Heat++
	return nil
}

package store

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Bounds of tries at codes of invitations: so many wrong ones of an account within the span lock it
// for as long.
const (
	triesMost = 5
	triesSpan = time.Hour
)

// triedOut says whether the account tried too often; lock is added to the statement.
func triedOut(tx *gorm.DB, a civic.Account, now time.Time, lock string) (bool, error) {
	var until int64
	if err := tx.Raw("SELECT locked_ms FROM invite_tries WHERE account = ?"+lock, string(a)).Scan(&until).Error; err != nil {
		return false, fmt.Errorf("read tries: %w", clean(err))
	}
	return until > ms(now), nil
}

func (t *turn) planMissInvite(e civic.MissInvite) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, _ *turn) error { return b.miss(e.Account) }})
	return nil
}

// miss counts in one statement. MySQL sets columns one after the other and reads those set before,
// so each is set before what it is worked out from.
func (b *batch) miss(a civic.Account) error {
	now, span := ms(b.now), triesSpan.Milliseconds()
	since := now - span
	err := b.tx.Exec("INSERT INTO invite_tries (account, wrong, first_ms, locked_ms) VALUES (?, 1, ?, 0)"+b.db.dia.conflict("account")+
		"locked_ms = CASE WHEN invite_tries.first_ms >= ? AND invite_tries.wrong + 1 >= ? THEN ? ELSE invite_tries.locked_ms END, "+
		"wrong = CASE WHEN invite_tries.first_ms < ? THEN 1 WHEN invite_tries.wrong + 1 >= ? THEN 0 ELSE invite_tries.wrong + 1 END, "+
		"first_ms = CASE WHEN invite_tries.first_ms < ? THEN ? ELSE invite_tries.first_ms END",
		string(a), now, since, triesMost, now+span, since, triesMost, since, now).Error
	if err != nil {
		return fmt.Errorf("count try: %w", clean(err))
	}
	return nil
}

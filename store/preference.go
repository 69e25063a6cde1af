package store

import (
	"context"
	"errors"
	"fmt"

	"yishi/flows/civic"
)

// optoutRow is a topic that an account does not want to hear of.
type optoutRow struct {
	Account string `gorm:"primaryKey"`
	Topic   string `gorm:"primaryKey"`
	AtMS    int64  `gorm:"column:at_ms"`
}

// TableName is the plural noun of the migration.
func (optoutRow) TableName() string { return "optouts" }

// planOptOut stops a topic for the turn's account, or starts it again.
func (t *turn) planOptOut(e civic.OptOut) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	if e.Topic == "" || !token(string(e.Topic), 20) {
		return errors.New("opt out: topic is not 1 to 20 ASCII characters")
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, _ *turn) error {
		d := b.db.dia
		sql, args := "DELETE FROM optouts WHERE account = ? AND topic = ?", []any{string(e.Account), string(e.Topic)}
		if e.Off {
			sql = "INSERT INTO optouts (account, topic, at_ms) VALUES (?, ?, ?)" + d.conflict("account, topic") + "topic = " + d.incoming("topic")
			args = append(args, ms(b.now))
		}
		if err := b.tx.Exec(sql, args...).Error; err != nil {
			return fmt.Errorf("opt out: %w", clean(err))
		}
		return nil
	}})
	return nil
}

// Preferences returns the topics that the account does not want to hear of.
func (db *DB) Preferences(ctx context.Context, a civic.Account) ([]civic.Topic, error) {
	var off []civic.Topic
	err := db.r.WithContext(ctx).Raw("SELECT topic FROM optouts WHERE account = ? ORDER BY topic", string(a)).Scan(&off).Error
	if err != nil {
		return nil, fmt.Errorf("read preferences: %w", clean(err))
	}
	return off, nil
}

// optedOut reads who of the accounts does not want to hear of what; times are left out.
func (db *DB) optedOut(ctx context.Context, accounts []civic.Account) (map[optoutRow]bool, error) {
	var rows []optoutRow
	err := db.r.WithContext(ctx).Raw("SELECT account, topic FROM optouts WHERE account IN ?", accounts).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read preferences: %w", clean(err))
	}
	all := make(map[optoutRow]bool, len(rows))
	for _, r := range rows {
		all[r] = true
	}
	return all, nil
}

package store

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"gorm.io/gorm"
)

// Step is how MySQL reads one table of a statement.
type Step struct {
	Table, Type, Key string
	KeyLen           string
}

// Recorded returns the statements, with their values, that do runs.
func Recorded(db *DB, do func()) ([]string, error) {
	var mu sync.Mutex // some run side by side
	var seen []string
	note := func(tx *gorm.DB) {
		sql := tx.Explain(tx.Statement.SQL.String(), tx.Statement.Vars...)
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, sql)
	}
	for _, g := range []*gorm.DB{db.r, db.w} {
		if err := g.Callback().Row().After("gorm:row").Register("recorded", note); err != nil {
			return nil, err
		}
		if err := g.Callback().Query().After("gorm:query").Register("recorded", note); err != nil {
			return nil, err
		}
		if err := g.Callback().Raw().After("gorm:raw").Register("recorded", note); err != nil {
			return nil, err
		}
	}
	do()
	for _, g := range []*gorm.DB{db.r, db.w} {
		for _, err := range []error{g.Callback().Row().Remove("recorded"), g.Callback().Query().Remove("recorded"), g.Callback().Raw().Remove("recorded")} {
			if err != nil {
				return nil, err
			}
		}
	}
	return seen, nil
}

// Explain asks MySQL how it runs a statement.
func Explain(ctx context.Context, db *DB, sql string) ([]Step, error) {
	var steps []Step
	if strings.HasPrefix(sql, "INSERT") && !strings.Contains(sql, "SELECT") {
		return nil, nil
	}
	err := db.r.WithContext(ctx).Raw("EXPLAIN " + strings.ReplaceAll(sql, "?", "??")).Scan(&steps).Error
	return steps, err
}

// StrangeReceipts fills the table of receipts, as one that is nearly empty is rightly read whole.
func StrangeReceipts(ctx context.Context, db *DB, n int) error {
	for from := 0; from < n; from += 1000 {
		var args []any
		for i := from; i < min(n, from+1000); i++ {
			args = append(args, fmt.Sprintf("strange-%08d", i), 0, 0, "", ms(db.clock.Now().AddDate(1, 0, 0)))
		}
		if err := db.patiently(ctx, "INSERT INTO receipts (receipt, delivery_id, verdict, reason, at_ms) VALUES "+tuples(len(args)/5, 5), args...); err != nil {
			return err
		}
	}
	return db.patiently(ctx, "ANALYZE TABLE receipts")
}

package store

import (
	"context"
	"fmt"
	"strings"
)

// Holding names the tables in which a text stands, in any column.
func Holding(ctx context.Context, db *DB, tables []string, text string) ([]string, error) {
	var found []string
	for _, table := range tables {
		var rows []map[string]any
		if err := db.r.WithContext(ctx).Table(table).Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			for column, value := range r {
				if b, ok := value.([]byte); ok {
					value = string(b)
				}
				if strings.Contains(fmt.Sprint(value), text) {
					found = append(found, table+"."+column)
				}
			}
		}
	}
	return found, nil
}

package store

import (
	"fmt"
	"strings"

	"yishi/flows/civic"
)

// moveRow is a stay of an account in a community that it has left since. With the stays that
// last, which the accounts hold, it tells who belonged where at any moment.
type moveRow struct {
	CommunityID int64  `gorm:"primaryKey;autoIncrement:false"`
	Account     string `gorm:"primaryKey"`
	SinceMS     int64  `gorm:"column:since_ms;primaryKey;autoIncrement:false"`
	UntilMS     int64  `gorm:"column:until_ms;primaryKey;autoIncrement:false"`
}

// TableName is the plural noun of the migration.
func (moveRow) TableName() string { return "moves" }

// noteMoves keeps the stays that rows, accounts about to join communities, will end.
func (b *batch) noteMoves(rows []accountRow) error {
	to := make(map[string]int64, len(rows))
	names := make([]string, 0, len(rows))
	for _, r := range rows {
		to[r.Openid] = r.CommunityID
		names = append(names, r.Openid)
	}
	var have []accountRow
	err := b.tx.Raw("SELECT openid, community_id, community_ms FROM accounts WHERE openid IN ?"+b.db.dia.forUpdate(), names).Scan(&have).Error
	if err != nil {
		return fmt.Errorf("read stays: %w", clean(err))
	}
	var args []any
	now := ms(b.now)
	for _, a := range have {
		if a.CommunityID != 0 && a.CommunityID != to[a.Openid] && a.CommunityMS < now {
			args = append(args, a.CommunityID, a.Openid, a.CommunityMS, now)
		}
	}
	if len(args) == 0 {
		return nil
	}
	d := b.db.dia
	err = b.tx.Exec("INSERT INTO moves (community_id, account, since_ms, until_ms) VALUES "+tuples(len(args)/4, 4)+
		d.conflict("community_id, account, since_ms, until_ms")+"until_ms = "+d.incoming("until_ms"), args...).Error
	if err != nil {
		return fmt.Errorf("note moves: %w", clean(err))
	}
	return nil
}

// members lists the accounts that belonged to a community at one moment: those that still do and
// those that have moved away since. The indexes are named because servers that see one community
// of many accounts would read it from its beginning each time.
func (b *batch) members(of, when int64) walk {
	d := b.db.dia
	return walk{
		"SELECT openid AS name FROM (SELECT openid FROM accounts" + d.force("accounts_members") +
			" WHERE community_id = ? AND openid > ? AND openid <= ? AND community_ms <= ? ORDER BY community_id, openid LIMIT ?) stayed " +
			"UNION SELECT account FROM (SELECT DISTINCT account FROM moves" + d.force("PRIMARY") +
			" WHERE community_id = ? AND account > ? AND account <= ? AND since_ms <= ? AND until_ms > ? ORDER BY account LIMIT ?) moved ORDER BY name LIMIT ?",
		func(after, last string, n int) []any {
			return []any{of, after, last, when, n, of, after, last, when, when, n, n}
		},
	}
}

// countMembers says how many belong to a community now.
func (b *batch) countMembers(of civic.CommunityID) (int, error) {
	var n int
	err := b.tx.Raw("SELECT COUNT(*) FROM accounts"+b.db.dia.force("accounts_members")+" WHERE community_id = ? AND community_ms <= ?", int64(of), ms(b.now)).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count members: %w", clean(err))
	}
	return n, nil
}

// tuples are the question marks of n rows with the given number of columns.
func tuples(n, columns int) string {
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", columns), ", ") + "), "
	return strings.TrimSuffix(strings.Repeat(one, n), ", ")
}

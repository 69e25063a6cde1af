package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Expansion: the database copies people from an audience into deliveries, in the order of their
// names. No name comes here, and each index is walked once from its beginning to its end.

// expandStep is how many people one transaction takes: few enough to hold up no claim, many
// enough that its commit does not count.
const expandStep = 2000

// Expand turns the audiences of due pushes into deliveries, urgent ones first, and says how
// many people it has looked at: about most, zero when nothing is left to do. Each transaction
// takes at most two thousand of them and saves how far it came.
func (db *DB) Expand(ctx context.Context, most int) (int, error) {
	total := 0
	for total < most {
		n, found := 0, false
		err := db.retried(ctx, func(tx *gorm.DB) error {
			var err error
			n, found, err = (&batch{db: db, tx: tx, now: db.clock.Now()}).expand(min(expandStep, most-total))
			return err
		})
		total += n
		if err != nil {
			return total, fmt.Errorf("expand pushes: %w", err)
		}
		if !found {
			break
		}
	}
	return total, nil
}

// expand walks a part of one audience. A push that another replica works on is passed over.
func (b *batch) expand(most int) (n int, found bool, err error) {
	var open []pushRow
	err = b.tx.Raw("SELECT * FROM pushes WHERE expanded = 0 AND calm IN (0, 1) AND due_ms <= ? ORDER BY calm, due_ms LIMIT 1"+b.db.dia.skipLocked(), ms(b.now)).Scan(&open).Error
	if err != nil || len(open) == 0 {
		return 0, false, clean(err)
	}
	p := open[0]
	people := b.audience(p)
	n, last, err := b.measure(people, p.WalkedTo, most)
	if err != nil {
		return 0, false, err
	}
	if n == 0 {
		return 0, true, b.expanded(p)
	}
	old, err := b.forgotten(p)
	if err != nil {
		return 0, false, err
	}
	if !old {
		if err := b.deliver(p, people, last); err != nil {
			return 0, false, err
		}
		// Each statement sees what was committed when it began. Somebody whose joining was under
		// way when the push was made may have come in between: then all is done anew.
		same, err := b.count(people, p.WalkedTo, last)
		if err != nil {
			return 0, false, err
		}
		if same != n {
			return 0, false, fmt.Errorf("walk audience: %w", &SQLError{Number: 1020})
		}
	}
	err = b.tx.Exec("UPDATE pushes SET walked = walked + ?, walked_to = ? WHERE id = ?", n, last, p.ID).Error
	return n, true, clean(err)
}

// expanded ends a walk. The people walked are the audience: a join that was under way when
// it was counted may have come in by a hair.
func (b *batch) expanded(p pushRow) error {
	if err := b.tx.Exec("UPDATE pushes SET expanded = 1, audience = walked, walked_to = '' WHERE id = ?", p.ID).Error; err != nil {
		return clean(err)
	}
	if p.MembersOf != 0 {
		return nil
	}
	return clean(b.tx.Exec("DELETE FROM audiences WHERE push_id = ?", p.ID).Error)
}

// forgotten says whether people were told of the purpose by a push whose deliveries were folded
// since: nobody knows whom it reached, so nobody is told again.
func (b *batch) forgotten(p pushRow) (bool, error) {
	var n int
	err := b.tx.Raw("SELECT COUNT(*) FROM pushes WHERE purpose_key = ? AND id <> ? AND folded = 1", p.PurposeKey, p.ID).Scan(&n).Error
	if err != nil {
		return false, fmt.Errorf("look for older pushes: %w", clean(err))
	}
	return n > 0, nil
}

// walk is a statement that lists the column name: the accounts of an audience after a name, in
// order. Its arguments end with the name, the last one wanted, and how many.
type walk struct {
	sql  string
	args func(after, last string, n int) []any
}

// walkEnd is a name after all others.
const walkEnd = "\x7f"

// audience says how the people of a push are walked.
func (b *batch) audience(p pushRow) walk {
	if p.MembersOf != 0 {
		return b.members(p.MembersOf, p.MadeMS)
	}
	return walk{
		"SELECT account AS name FROM audiences" + b.db.dia.force("PRIMARY") + " WHERE push_id = ? AND account > ? AND account <= ? ORDER BY push_id, account LIMIT ?",
		func(after, last string, n int) []any { return []any{p.ID, after, last, n} },
	}
}

// measure finds how many people come next, at most that many, and who is the last of them.
func (b *batch) measure(w walk, after string, most int) (n int, last string, err error) {
	var found struct {
		N    int
		Last string
	}
	err = b.tx.Raw("SELECT COUNT(*) AS n, COALESCE(MAX(name), '') AS last FROM ("+w.sql+") people", w.args(after, walkEnd, most)...).Scan(&found).Error
	if err != nil {
		return 0, "", fmt.Errorf("walk audience: %w", clean(err))
	}
	return found.N, found.Last, nil
}

// count counts the people between two names.
func (b *batch) count(w walk, after, last string) (n int, err error) {
	if err := b.tx.Raw("SELECT COUNT(*) FROM ("+w.sql+") people", w.args(after, last, 2*expandStep)...).Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("count audience: %w", clean(err))
	}
	return n, nil
}

// deliver writes the deliveries of the people up to the last; who was told the same before
// stays as is.
func (b *batch) deliver(p pushRow, w walk, last string) error {
	at := "?"
	args := []any{p.ID, p.PurposeKey, string(civic.RecipientOf("")), stateCodes[civic.Waiting], p.Calm, p.DueMS}
	if p.SpreadMS > 0 {
		at = "? + crc32(CONCAT(?, name)) % ?"
		args = append(args, fmt.Sprint(p.PurposeKey), p.SpreadMS)
	}
	args = append(args, w.args(p.WalkedTo, last, 2*expandStep)...)
	sql := "INSERT INTO deliveries (push_id, purpose_key, person, account, state, calm, at_ms, route, calling, tried, attempts, code, first_ms, read_ms, owner_key, reason) " +
		"SELECT ?, ?, CONCAT(?, name), name, ?, ?, " + at + ", 0, 0, 0, 0, 0, 0, 0, 0, '' FROM (" + w.sql + ") people WHERE 1 = 1 ORDER BY name" +
		b.db.dia.conflict("person, purpose_key") + "push_id = deliveries.push_id"
	if err := b.tx.Exec(sql, args...).Error; err != nil {
		return fmt.Errorf("insert deliveries: %w", clean(err))
	}
	return nil
}

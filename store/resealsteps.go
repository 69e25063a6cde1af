package store

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"yishi/flows/civic"
)

// resealing is one batch of sealing anew.
type resealing struct {
	*batch
	v        keptVault
	row      resealRow
	was, now *dataKey
	most     int
	counts   *ResealCounts
}

// resealStep goes over one table: some does a batch behind row.AfterKey and returns the last key that
// is done, or "" at the end. Doing a row twice changes nothing.
type resealStep struct {
	name  string
	some  func(*resealing) (string, error)
	count func(*ResealCounts) *int
}

// resealSteps go first over what is dangerous in the hands of who has the old key.
var resealSteps = [...]resealStep{
	{"invitations", (*resealing).invitations, func(c *ResealCounts) *int { return &c.Invitations }},
	{"cards", (*resealing).cards, func(c *ResealCounts) *int { return &c.Cards }},
	{"tries", (*resealing).tries, func(c *ResealCounts) *int { return &c.Tries }},
	{"staff", (*resealing).staff, func(c *ResealCounts) *int { return &c.Staff }},
	{"claims", (*resealing).claims, func(c *ResealCounts) *int { return &c.Claims }},
	{"people", (*resealing).people, func(c *ResealCounts) *int { return &c.People }},
	{"lines", (*resealing).lines, func(c *ResealCounts) *int { return &c.Lines }},
	{"former", (*resealing).former, func(c *ResealCounts) *int { return &c.Former }},
	{"lost", (*resealing).lost, func(c *ResealCounts) *int { return &c.Lost }},
}

// done says that a value is under the new key already.
func (w *resealing) done(sealed []byte) bool {
	by, _, err := sealedBy(sealed)
	return err == nil && by == w.now.id
}

// again seals a value anew and returns it in clear, too, unless that was done.
func (w *resealing) again(sealed *[]byte, column string, id int64) (string, error) {
	if w.done(*sealed) {
		return "", nil
	}
	text, err := w.v.Open(*sealed, column, id)
	if err != nil {
		return "", fmt.Errorf("row %d, %s: %w", id, column, err)
	}
	*sealed, err = w.v.Seal(text, column, id)
	return text, err
}

// rehash makes a hash anew whose value is known in clear. One that does not fit the value is replaced
// by one that nothing fits.
func (w *resealing) rehash(hash *[]byte, by func(k *dataKey) []byte) bool {
	switch {
	case *hash == nil, bytes.Equal(*hash, by(w.now)):
	case bytes.Equal(*hash, by(w.was)):
		*hash = by(w.now)
	default:
		*hash = w.now.digest("unlike", string(*hash))
		return false
	}
	return true
}

// behind reads rows of a table behind the last id that is done, and keeps them until COMMIT.
func (w *resealing) behind(table string, to any) error {
	after := int64(math.MinInt64)
	if w.row.AfterKey != "" {
		var err error
		if after, err = strconv.ParseInt(w.row.AfterKey, 10, 64); err != nil {
			return err
		}
	}
	return w.tx.Raw("SELECT * FROM "+table+" WHERE id > ? ORDER BY id LIMIT ?"+w.db.dia.forUpdate(), after, w.most).Scan(to).Error
}

// put writes rows, each its key columns and then what is to be set.
func (w *resealing) put(table string, keys int, columns []string, rows [][]any) error {
	var on, set []string
	as := make([]string, len(columns))
	for i, c := range columns {
		as[i] = "? AS " + c
		if i < keys {
			on = append(on, table+"."+c+" = r."+c)
		} else {
			set = append(set, c, "r."+c)
		}
	}
	head, more := "SELECT "+strings.Join(as, ", "), " UNION ALL SELECT "+strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ")
	for some := range slices.Chunk(rows, w.db.dia.rowsAtOnce()) {
		from := "(" + head + strings.Repeat(more, len(some)-1) + ") r"
		if err := w.tx.Exec(w.db.dia.updateFrom(table, from, strings.Join(on, " AND "), "1 = 1", set...), slices.Concat(some...)...).Error; err != nil {
			return fmt.Errorf("write %s: %w", table, clean(err))
		}
	}
	return nil
}

// last is the key of the last row of a batch, or "" when there are none behind it.
func (w *resealing) last(n int, key string) string {
	if n < w.most {
		return ""
	}
	return key
}

func decimal(id int64) string { return strconv.FormatInt(id, 10) }

// invitations makes those void that nobody has used yet. Of the others, which only tell what was, the
// code goes on to be known, until the next reseal: nobody can make it then.
func (w *resealing) invitations() (string, error) {
	var rows []invitationRow
	if err := w.behind("invitations", &rows); err != nil || len(rows) == 0 {
		return "", err
	}
	out := make([][]any, 0, len(rows))
	for i := range rows {
		r := &rows[i]
		if _, err := w.again(&r.Name, "invitations.name", r.ID); err != nil {
			return "", err
		}
		switch w.v.signerOf(r) {
		case w.now:
		case w.was:
			if r.UsedMS == 0 && r.RevokedMS == 0 {
				r.RevokedMS = ms(w.batch.now)
				w.counts.Void++
			}
			r.CodeHash, r.Sign = w.now.digest("invite", w.was.inviteCode(r.ID)), w.now.signInvite(r)
		default: // it was nobody's before
			w.rehash(&r.CodeHash, func(*dataKey) []byte { return nil })
		}
		out = append(out, []any{r.ID, r.Name, r.CodeHash, r.Sign, r.RevokedMS})
	}
	w.counts.Invitations += len(rows)
	return w.last(len(rows), decimal(rows[len(rows)-1].ID)), w.put("invitations", 1, []string{"id", "name", "code_hash", "sign", "revoked_ms"}, out)
}

// cards makes the codes on cards void: nine digits are soon tried by who has the key.
func (w *resealing) cards() (string, error) {
	var ids []int64
	err := w.tx.Raw("SELECT id FROM households WHERE code_hash IS NOT NULL ORDER BY id LIMIT ?"+w.db.dia.forUpdate(), w.most).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return "", err
	}
	w.counts.Cards += len(ids)
	return decimal(ids[len(ids)-1]), w.tx.Exec("UPDATE households SET code_hash = NULL WHERE id IN ?", ids).Error
}

// tries forgets wrong tries from before: neither account nor place can be told from a hash.
func (w *resealing) tries() (string, error) {
	var keys [][]byte
	err := w.tx.Raw("SELECT key_hash FROM tries WHERE last_ms < ? ORDER BY key_hash LIMIT ?"+w.db.dia.forUpdate(), w.row.BegunMS, w.most).Scan(&keys).Error
	if err != nil || len(keys) == 0 {
		return "", err
	}
	w.counts.Tries += len(keys)
	return "more", w.tx.Exec("DELETE FROM tries WHERE key_hash IN ?", keys).Error
}

func (w *resealing) staff() (string, error) {
	var rows []staffRow
	if err := w.behind("staff", &rows); err != nil || len(rows) == 0 {
		return "", err
	}
	out := make([][]any, 0, len(rows))
	for i := range rows {
		r := &rows[i]
		if _, err := w.again(&r.Name, "staff.name", r.ID); err != nil {
			return "", err
		}
		out = append(out, []any{r.ID, r.Name})
	}
	w.counts.Staff += len(rows)
	return w.last(len(rows), decimal(rows[len(rows)-1].ID)), w.put("staff", 1, []string{"id", "name"}, out)
}

func (w *resealing) claims() (string, error) {
	var rows []claimRow
	if err := w.behind("claims", &rows); err != nil || len(rows) == 0 {
		return "", err
	}
	out := make([][]any, 0, len(rows))
	for i := range rows {
		r := &rows[i]
		_, err := w.again(&r.Name, "claims.name", r.ID)
		_, more := w.again(&r.Door, "claims.door", r.ID)
		if err := errors.Join(err, more); err != nil {
			return "", err
		}
		out = append(out, []any{r.ID, r.Name, r.Door})
	}
	w.counts.Claims += len(rows)
	return w.last(len(rows), decimal(rows[len(rows)-1].ID)), w.put("claims", 1, []string{"id", "name", "door"}, out)
}

// lines are the words of talks.
func (w *resealing) lines() (string, error) {
	talk, seq := int64(math.MinInt64), 0
	if w.row.AfterKey != "" {
		if _, err := fmt.Sscanf(w.row.AfterKey, "%d/%d", &talk, &seq); err != nil {
			return "", err
		}
	}
	var rows []talkLineRow
	err := w.tx.Raw("SELECT * FROM talk_lines WHERE talk_id >= ? AND (talk_id > ? OR seq > ?) ORDER BY talk_id, seq LIMIT ?"+w.db.dia.forUpdate(),
		talk, talk, seq, w.most).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return "", err
	}
	out := make([][]any, 0, len(rows))
	for i := range rows {
		r := &rows[i]
		if _, err := w.again(&r.Body, sealOf(r.Seq), r.TalkID); err != nil {
			return "", err
		}
		out = append(out, []any{r.TalkID, r.Seq, r.Body})
	}
	w.counts.Lines += len(rows)
	end := rows[len(rows)-1]
	return w.last(len(rows), fmt.Sprintf("%d/%d", end.TalkID, end.Seq)), w.put("talk_lines", 2, []string{"talk_id", "seq", "body"}, out)
}

// former finds accounts that left among those that were ever seen, and makes their hashes anew.
func (w *resealing) former() (string, error) {
	var names []string
	var some int
	if err := w.tx.Raw("SELECT 1 FROM former_identities WHERE key_id = ? LIMIT 1", w.was.id).Scan(&some).Error; err != nil || some == 0 {
		return "", err
	}
	if err := w.tx.Raw("SELECT openid FROM accounts WHERE openid > ? ORDER BY openid LIMIT ?", w.row.AfterKey, w.most).Scan(&names).Error; err != nil || len(names) == 0 {
		return "", err
	}
	fresh, hashes := map[string][]byte{}, make([][]byte, 0, 2*len(names))
	for _, n := range names {
		is, was := w.now.digest("former", n), w.was.digest("former", n)
		fresh[string(was)] = is
		hashes = append(hashes, was, is)
	}
	var found []formerRow
	if err := w.tx.Raw("SELECT * FROM former_identities WHERE account_hash IN ?"+w.db.dia.forUpdate(), hashes).Scan(&found).Error; err != nil {
		return "", err
	}
	have := map[string]bool{}
	for _, r := range found {
		have[string(r.AccountHash)] = true
	}
	for _, r := range found {
		is, old := fresh[string(r.AccountHash)]
		if !old {
			continue
		}
		query, args := "UPDATE former_identities SET account_hash = ?, key_id = ? WHERE account_hash = ?", []any{is, w.now.id, r.AccountHash}
		if have[string(is)] { // it has come back and left again since
			query, args = "DELETE FROM former_identities WHERE account_hash = ?", args[2:]
		}
		if err := w.tx.Exec(query, args...).Error; err != nil {
			return "", err
		}
		w.counts.Former++
	}
	return w.last(len(names), names[len(names)-1]), nil
}

// lost forgets accounts that left and that nobody can name.
func (w *resealing) lost() (string, error) {
	var hashes [][]byte
	err := w.tx.Raw("SELECT account_hash FROM former_identities WHERE key_id = ? LIMIT ?"+w.db.dia.forUpdate(), w.was.id, w.most).Scan(&hashes).Error
	if err != nil || len(hashes) == 0 {
		return "", err
	}
	w.counts.Lost += len(hashes)
	return "more", w.tx.Exec("DELETE FROM former_identities WHERE account_hash IN ?", hashes).Error
}

// people seals a roll anew, and makes the hashes by which its people are found.
func (w *resealing) people() (string, error) {
	var rows []personRow
	if err := w.behind("persons", &rows); err != nil || len(rows) == 0 {
		return "", err
	}
	doors, err := w.doors(rows)
	if err != nil {
		return "", err
	}
	out := make([][]any, 0, len(rows))
	for i := range rows {
		r := &rows[i]
		if w.done(r.Name) {
			continue
		}
		if err := w.person(r, doors[r.HouseholdID]); err != nil {
			return "", err
		}
		out = append(out, []any{r.ID, r.Name, r.Phone, r.Code, r.Note, r.NameHash, null(r.PhoneHash), null(r.CodeHash), null(r.RollHash)})
	}
	w.counts.People += len(rows)
	return w.last(len(rows), decimal(rows[len(rows)-1].ID)), w.put("persons", 1, personColumns[:], out)
}

var personColumns = [...]string{"id", "name", "phone", "code", "note", "name_hash", "phone_hash", "code_hash", "roll_hash"}

// doorOf is a door in words.
type doorOf struct {
	ID                           int64
	Estate, Building, Unit, Room string
}

func (w *resealing) doors(rows []personRow) (map[int64]doorOf, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.HouseholdID
	}
	var found []doorOf
	err := w.tx.Raw("SELECT h.id, e.name AS estate, b.name AS building, h.unit, h.room FROM households h JOIN buildings b ON b.id = h.building_id "+
		"JOIN estates e ON e.id = b.estate_id WHERE h.id IN ?", ids).Scan(&found).Error
	out := make(map[int64]doorOf, len(found))
	for _, d := range found {
		out[d.ID] = d
	}
	return out, err
}

func (w *resealing) person(r *personRow, d doorOf) error {
	says := civic.RollRow{Estate: d.Estate, Building: d.Building, Unit: d.Unit, Room: d.Room}
	for _, f := range []struct {
		to     *string
		sealed *[]byte
		column string
	}{{&says.Name, &r.Name, "persons.name"}, {&says.Phone, &r.Phone, "persons.phone"}, {&says.Code, &r.Code, "persons.code"}, {&says.Note, &r.Note, "persons.note"}} {
		text, err := w.again(f.sealed, f.column, r.ID)
		if err != nil {
			return err
		}
		*f.to = text
	}
	w.rehash(&r.NameHash, func(k *dataKey) []byte { return nameHash(k, r.HouseholdID, says.Name) })
	w.rehash(&r.PhoneHash, func(k *dataKey) []byte { return phoneHash(k, says.Phone) })
	w.rehash(&r.CodeHash, func(k *dataKey) []byte { return codeHash(k, says.Code) })
	said := w.said(r.RollHash, says)
	if !w.rehash(&r.RollHash, func(k *dataKey) []byte { return rollHash(k, said) }) {
		w.counts.Unlike++
	}
	return nil
}

// said finds out what the last roll said of a person: what is known of them, but that cells may have
// been empty, which leaves what was known before.
func (w *resealing) said(hash []byte, all civic.RollRow) civic.RollRow {
	for empty := range 8 {
		r := all
		for i, cell := range []*string{&r.Phone, &r.Code, &r.Note} {
			if empty>>i&1 == 1 {
				*cell = ""
			}
		}
		if hash != nil && (bytes.Equal(hash, rollHash(w.was, r)) || bytes.Equal(hash, rollHash(w.now, r))) {
			return r
		}
	}
	return all
}

package store

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/zh"
)

// Verification looks up whether what somebody says fits the roll. Its answers hold no name and no door.
type Verification struct{ db *DB }

// Verification returns the look-ups of verification.
func (db *DB) Verification() *Verification { return &Verification{db} }

// householdHash is by what a household is found by the code on its card, nine digits as
// civic.ReadHouseholdCode gives them.
func householdHash(v *openVault, code string) []byte { return v.Hash("household", code) }

// Card puts a household code, nine digits, in a form that may be kept in a draft.
func (f *Verification) Card(ctx context.Context, code string) (civic.Card, error) {
	return look(ctx, f.db, func(v *openVault) (civic.Card, int64, error) {
		hash := householdHash(v, code)
		var row struct{ ID, Newest int64 }
		if err := f.db.r.WithContext(ctx).Raw("SELECT (SELECT id FROM households WHERE code_hash = ?) AS id, "+newestKey+" AS newest", hash).Scan(&row).Error; err != nil {
			return civic.Card{}, 0, fmt.Errorf("look for card: %w", clean(err))
		}
		return civic.Card{Household: civic.HouseholdID(row.ID), Print: cardPrint(v, row.ID, hash)}, row.Newest, nil
	})
}

// cardPrint shows that a card was seen: of one that is not known, too.
func cardPrint(v *openVault, household int64, hash []byte) string {
	return hex.EncodeToString(v.Hash("card", fmt.Sprintf("%d\x00%s", household, hash)))
}

// behind is a person behind a door with what proofs are compared with; or, as Kind says, a count of
// wrong tries, so that one statement reads both.
type behind struct {
	Kind        int
	ID          int64
	HouseholdID int64
	CommunityID int64
	Wrong       int
	LastMS      int64 `gorm:"column:last_ms"`
	UntilMS     int64 `gorm:"column:until_ms"`
	NameHash    []byte
	PhoneHash   []byte
	CodeHash    []byte
	Phone       []byte
}

const (
	behindTries  = 1
	behindPerson = 2
	behindKeys   = 3 // the newest data key
)

const (
	readTries = "SELECT 3 AS kind, MAX(id) AS id, 0 AS household_id, 0 AS community_id, 0 AS wrong, 0 AS last_ms, 0 AS until_ms, " +
		"NULL AS name_hash, NULL AS phone_hash, NULL AS code_hash, NULL AS phone FROM vault_keys UNION ALL " +
		"SELECT 1, 0, 0, 0, wrong, last_ms, until_ms, key_hash, NULL, NULL, NULL FROM tries WHERE key_hash IN ? UNION ALL "
	readPersons = "SELECT 2, p.id, p.household_id, p.community_id, 0, 0, 0, p.name_hash, p.phone_hash, h.code_hash, p.phone FROM "
)

// Match compares what somebody says with the roll, in one statement. While there were too many wrong
// tries nothing is compared: Until tells.
func (f *Verification) Match(ctx context.Context, s civic.Said) (civic.Match, error) {
	place, from, args, err := f.where(ctx, s)
	if err != nil {
		return civic.Match{}, err
	}
	query := readTries + readPersons + from
	if from == "" { // no door that could be looked for
		query = strings.TrimSuffix(readTries, " UNION ALL ")
	}
	return look(ctx, f.db, func(v *openVault) (civic.Match, int64, error) {
		account, slow := accountTries(v, s.Account), placeTries(v, place)
		var rows []behind
		if err := f.db.r.WithContext(ctx).Raw(query, append([]any{[][]byte{account, slow}}, args...)...).Scan(&rows).Error; err != nil {
			return civic.Match{}, 0, fmt.Errorf("match with the roll: %w", clean(err))
		}
		newest := rows[slices.IndexFunc(rows, func(r behind) bool { return r.Kind == behindKeys })].ID
		m, err := f.judge(v, s, rows, account, slow)
		return m, newest, err
	})
}

func (f *Verification) judge(v *openVault, s civic.Said, rows []behind, account, slow []byte) (civic.Match, error) {
	m := civic.Match{At: hex.EncodeToString(slow)}
	now := f.db.clock.Now()
	for _, r := range rows {
		if r.Kind != behindTries {
			continue
		}
		t := civic.Tries{Wrong: r.Wrong, Last: at(r.LastMS), Until: at(r.UntilMS)}
		mine := bytes.Equal(r.NameHash, account)
		if mine {
			m.Tries = t
		}
		if t.Waits(now) && (mine || m.Until.IsZero()) {
			m.Until, m.Locked = t.Until, mine
		}
	}
	if !m.Until.IsZero() {
		return m, nil
	}
	found := 0
	for _, r := range rows {
		fits := r.Kind == behindPerson && named(v, r, s.Name)
		if !fits {
			continue
		}
		fits, err := f.proven(v, s, r)
		if err != nil {
			return civic.Match{}, err
		}
		if fits {
			found++
			m.Person, m.Print, m.Community = civic.PersonID(r.ID), matchPrint(v, s.Account, howOf(s), r), civic.CommunityID(r.CommunityID)
		}
	}
	if found != 1 { // two whom nothing tells apart: a worker has to look
		m.Person, m.Print, m.Community = 0, "", 0
	}
	return m, nil
}

// named says whether a person has a name, by whichever key their hash was made.
func named(v *openVault, r behind, name string) bool {
	return slices.ContainsFunc(v.all, func(k dataKey) bool { return hmac.Equal(r.NameHash, nameHash(&k, r.HouseholdID, name)) })
}

// howOf says which proof somebody offers.
func howOf(s civic.Said) civic.VerifiedBy {
	if s.Card != (civic.Card{}) {
		return civic.ByCode
	}
	return civic.ByRoll
}

// proven compares the part of a proof that nobody else knows.
func (*Verification) proven(v *openVault, s civic.Said, r behind) (bool, error) {
	if howOf(s) == civic.ByCode {
		return r.CodeHash != nil && cardPrint(v, r.HouseholdID, r.CodeHash) == s.Card.Print, nil
	}
	phone, err := v.Open(r.Phone, "persons.phone", r.ID)
	if err != nil {
		return false, fmt.Errorf("match with the roll: %w", err)
	}
	if len(phone) < 4 || len(s.Digits) != 4 {
		return false, nil
	}
	return subtle.ConstantTimeCompare([]byte(phone[len(phone)-4:]), []byte(s.Digits)) == 1, nil
}

// matchPrint is what fitted: Commit makes it again from the rows as they are then.
func matchPrint(v *openVault, a civic.Account, how civic.VerifiedBy, r behind) string {
	secret := r.PhoneHash
	if how == civic.ByCode {
		secret = r.CodeHash
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(r.ID))
	b = binary.BigEndian.AppendUint64(b, uint64(r.HouseholdID))
	b = append(append(b, r.NameHash...), secret...)
	return hex.EncodeToString(v.Hash("match", string(a)+"\x00"+string(how)+"\x00"+string(b)))
}

// where says where wrong tries are counted and which persons are compared; from is "" where there is
// no door to look for.
func (f *Verification) where(ctx context.Context, s civic.Said) (place, from string, args []any, err error) {
	if howOf(s) == civic.ByCode {
		return fmt.Sprintf("codes/%d", s.Community),
			"persons p JOIN households h ON h.id = p.household_id WHERE p.household_id = ? AND p.left_ms = 0", []any{int64(s.Card.Household)}, nil
	}
	door := civic.DoorKey(s.Building, s.Unit, s.Room)
	estates, err := f.estates(ctx, s)
	if err != nil {
		return "", "", nil, err
	}
	place = fmt.Sprintf("door/%d/%s/%s", s.Community, zh.Fold(s.Estate), door)
	if len(estates) == 0 {
		return place, "", nil, nil
	}
	if s.Estate != "" {
		place = fmt.Sprintf("door/%d/%s", estates[0], door)
	}
	from = "buildings b JOIN households h ON h.building_id = b.id JOIN persons p ON p.household_id = h.id " +
		"WHERE b.estate_id IN ? AND b.name = ? AND h.room = ? AND p.left_ms = 0"
	args = []any{estates, s.Building, s.Room}
	if s.Unit != "" { // people leave it out
		from += " AND h.unit = ?"
		args = append(args, s.Unit)
	}
	return place, from, args, nil
}

// estatesMost bounds the estates in which one door is looked for.
const estatesMost = 64

// estates lists where a door may be: in the estates that are called so, or in all of the community.
func (f *Verification) estates(ctx context.Context, s civic.Said) ([]int64, error) {
	var ids []int64
	if s.Estate != "" {
		named, err := f.db.Communities().EstatesNamed(ctx, s.Estate, 3)
		if err != nil {
			return nil, err
		}
		for _, e := range named {
			ids = append(ids, e.ID)
		}
		return ids, nil
	}
	k, err := f.db.places.known(ctx, f.db)
	if err != nil {
		return nil, err
	}
	for _, e := range k.estates {
		if e.Community == s.Community && len(ids) < estatesMost {
			ids = append(ids, e.ID)
		}
	}
	return ids, nil
}

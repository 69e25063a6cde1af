package store

import (
	"fmt"
	"maps"
	"slices"

	"yishi/flows/civic"
)

// whose is the person of an account and where they live.
type whose struct {
	PersonID, CommunityID, EstateID, GridID int64
}

// in is the same for matters of a community: elsewhere a person is nobody of the roll.
func (w whose) in(community int64) whose {
	if w.CommunityID != community {
		return whose{}
	}
	return w
}

// identities says, of accounts, which of them belong to somebody who lives here, and keeps that as
// it is until COMMIT.
func (b *batch) identities(accounts []string) (map[string]whose, error) {
	var links []identityRow
	err := b.tx.Raw("SELECT account, person_id FROM identities WHERE account IN ?"+b.db.dia.share(), accounts).Scan(&links).Error
	if err != nil {
		return nil, fmt.Errorf("read identities: %w", clean(err))
	}
	out := map[string]whose{}
	if len(links) == 0 {
		return out, nil
	}
	persons := make([]int64, len(links))
	for i, l := range links {
		persons[i] = l.PersonID
	}
	var rows []whose
	err = b.tx.Raw("SELECT p.id AS person_id, p.community_id, b.estate_id, b.grid_id FROM persons p JOIN households h ON h.id = p.household_id "+
		"JOIN buildings b ON b.id = h.building_id WHERE p.id IN ? AND p.left_ms = 0", persons).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read where people live: %w", clean(err))
	}
	for _, l := range links {
		i := slices.IndexFunc(rows, func(w whose) bool { return w.PersonID == l.PersonID })
		if i >= 0 {
			out[l.Account] = rows[i]
		}
	}
	return out, nil
}

// adopt makes an account's needs, endorsements and reports the person's, whose link to the account
// the same transaction has written before: endorsements that were counted apart count as the
// person's, once. Doing it again changes nothing.
func (b *batch) adopt(_ *turn, a civic.Account, id civic.Identity) error {
	if err := b.takeOver(a, id.Person); err != nil {
		return err
	}
	return b.rebind(string(a), whose{int64(id.Person), int64(id.Community), id.Estate, id.Grid})
}

// disown gives them back to nobody when it turns out that the account is not the person's, or no
// longer wants to be. Endorsements are counted apart again.
func (b *batch) disown(_ *turn, a civic.Account, _ civic.PersonID) error {
	return b.rebind(string(a), whose{})
}

// rebind says anew whose is what an account has done. Person 0 is nobody.
func (b *batch) rebind(account string, where whose) error {
	person := where.PersonID
	var backed []endorsementRow
	err := b.tx.Raw("SELECT * FROM endorsements WHERE account = ? AND person_id <> ?"+b.db.dia.forUpdate(), account, person).Scan(&backed).Error
	if err != nil {
		return fmt.Errorf("read own endorsements: %w", clean(err))
	}
	var own []int64
	err = b.tx.Raw("SELECT id FROM needs WHERE account = ? AND person_id <> ?"+b.db.dia.forUpdate(), account, person).Scan(&own).Error
	if err != nil {
		return fmt.Errorf("read own needs: %w", clean(err))
	}
	heads, err := b.touched(&backed, &own, where.CommunityID)
	if err != nil {
		return err
	}
	if err := b.adoptRows(account, person, backed, own, where); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(heads)) {
		if err := b.recountFor(id, heads[id], person); err != nil {
			return err
		}
	}
	return nil
}

// adoptRows says whose an account's endorsements, needs and reports are.
func (b *batch) adoptRows(account string, person int64, backed []endorsementRow, own []int64, where whose) error {
	if err := b.tx.Exec("UPDATE reports SET person_id = ? WHERE account = ?", person, account).Error; err != nil {
		return fmt.Errorf("adopt reports: %w", clean(err))
	}
	for some := range slices.Chunk(backed, walkMost) {
		needs := make([]int64, len(some))
		for i, e := range some {
			needs[i] = e.NeedID
		}
		err := b.tx.Exec("UPDATE endorsements SET person_id = ? WHERE account = ? AND need_id IN ?", person, account, needs).Error
		if err != nil {
			return fmt.Errorf("adopt endorsements: %w", clean(err))
		}
	}
	if len(own) == 0 {
		return nil
	}
	set, args := "person_id = ?, updated_ms = ?", []any{person, ms(b.now)}
	if where.EstateID != 0 {
		set, args = set+", estate_id = ?, grid_id = ?", append(args, where.EstateID, where.GridID)
	}
	if err := b.tx.Exec("UPDATE needs SET "+set+" WHERE id IN ?", append(args, own)...).Error; err != nil {
		return fmt.Errorf("adopt needs: %w", clean(err))
	}
	if where.GridID == 0 {
		return nil
	}
	if err := b.tx.Exec("UPDATE reviews SET grid_id = ? WHERE need_id IN ?", where.GridID, own).Error; err != nil {
		return fmt.Errorf("adopt reviews: %w", clean(err))
	}
	return nil
}

// touch is a head whose counts change. It is simple where the account has just one endorsement
// there, that was nobody's, and nothing else changes.
type touch struct {
	head   needRow
	simple bool
}

// touched locks the heads whose counts change, in the order of ids, and drops what is not of the
// community, unless that is zero.
func (b *batch) touched(backed *[]endorsementRow, own *[]int64, community int64) (map[int64]touch, error) {
	heads := map[int64]touch{}
	all := slices.Clone(*own)
	for _, e := range *backed {
		all = append(all, e.NeedID)
	}
	slices.Sort(all)
	for _, id := range slices.Compact(all) {
		head, _, err := b.lockHead(civic.NeedID(id))
		if err != nil {
			return nil, err
		}
		if community != 0 && head.CommunityID != community {
			*own = slices.DeleteFunc(*own, func(n int64) bool { return n == id })
			*backed = slices.DeleteFunc(*backed, func(e endorsementRow) bool { return e.NeedID == id })
			continue
		}
		_, again := heads[head.ID]
		i := slices.IndexFunc(*backed, func(e endorsementRow) bool { return e.NeedID == id && e.PersonID == 0 })
		heads[head.ID] = touch{head, !again && head.ID == id && i >= 0 && !slices.Contains(*own, id)}
	}
	return heads, nil
}

// recountFor brings a head's counts up to date after a person has adopted an account's endorsement.
func (b *batch) recountFor(id int64, t touch, person int64) error {
	if t.simple && person != 0 {
		all, err := b.group(t.head)
		if err != nil {
			return err
		}
		if len(all) == 1 {
			return b.promote(t.head, person)
		}
	}
	now, err := b.lockNeed(civic.NeedID(id)) // its author may have changed just now
	if err != nil {
		return err
	}
	return b.recount(now)
}

// promote counts an endorsement that was nobody's as the person's.
func (b *batch) promote(head needRow, person int64) error {
	heat := 0
	if person != head.Cycle.PersonID {
		fresh, err := b.back(head.ID, person)
		if err != nil {
			return err
		}
		if fresh {
			heat = 1
		}
	}
	return b.warm(&head, heat, -1)
}

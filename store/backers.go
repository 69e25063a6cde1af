package store

import (
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// What counts as heat. Endorsements are kept by account, on the need that was open when they were
// made. A need and those merged into it count together, on the one that goes on, its head: Heat is
// the number of verified persons, who are rows of backers, and Others that of accounts that are
// nobody's. Authors of merged needs stand behind the head; its own author does not count. Only
// the head is locked, by whoever changes any of this.

// mergedMost bounds how often one goes on from a need to the one it was merged into.
const mergedMost = 16

// lockHead locks the need that goes on in place of the one asked for, which is the same one unless
// it was merged, and returns both. Merging and its undoing lock the head too, so that what it says
// of the two stays true until COMMIT.
func (b *batch) lockHead(id civic.NeedID) (head, asked needRow, err error) {
	for range batchTry {
		at, err := b.headOf(int64(id))
		if err != nil {
			return head, asked, err
		}
		if head, err = b.lockNeed(civic.NeedID(at)); err != nil {
			return head, asked, err
		}
		now, err := b.headOf(int64(id)) // merged, or parted, while the lock was waited for
		if err != nil {
			return head, asked, err
		}
		if now != at {
			continue
		}
		if at == int64(id) {
			return head, head, nil
		}
		err = b.tx.Raw("SELECT * FROM needs WHERE id = ?", int64(id)).Scan(&asked).Error
		if err != nil {
			return head, asked, fmt.Errorf("read merged need: %w", clean(err))
		}
		return head, asked, nil
	}
	return head, asked, fmt.Errorf("find head of need: %w", &SQLError{Number: 1020})
}

// headOf follows merges from a need to the one that goes on.
func (b *batch) headOf(id int64) (int64, error) {
	for range mergedMost {
		var into []int64
		if err := b.tx.Raw("SELECT merged_into FROM needs WHERE id = ?", id).Scan(&into).Error; err != nil {
			return 0, fmt.Errorf("follow merge: %w", clean(err))
		}
		switch {
		case len(into) == 0:
			return 0, refuse("没有找到这条需求。")
		case into[0] == 0:
			return id, nil
		}
		id = into[0]
	}
	return 0, errors.New("follow merge: needs are merged in a circle")
}

// member is a need of a group, the head or one that was merged.
type member struct {
	ID, PersonID int64
	Account      string
	Year, Seq    int
}

// group lists the needs that count together with head, itself first.
func (b *batch) group(head needRow) ([]member, error) {
	all := []member{{ID: head.ID, Account: head.Account, PersonID: head.Cycle.PersonID}}
	for next := []int64{head.ID}; len(next) > 0; {
		var found []member
		err := b.tx.Raw("SELECT id, account, person_id, `year`, seq FROM needs WHERE merged_into IN ?", next).Scan(&found).Error
		if err != nil {
			return nil, fmt.Errorf("read merged needs: %w", clean(err))
		}
		next = next[:0]
		for _, m := range found {
			next = append(next, m.ID)
		}
		all = append(all, found...)
		if len(all) > 10_000 {
			return nil, errors.New("read merged needs: they are merged in a circle")
		}
	}
	return all, nil
}

func ids(all []member) []int64 {
	out := make([]int64, len(all))
	for i, m := range all {
		out[i] = m.ID
	}
	return out
}

// authored finds, among the needs that were merged into the head, one of the account or person; 0
// where there is none. "" is nobody's account: such needs were raised by staff, or are forgotten.
func authored(all []member, account string, person int64) int {
	for i, m := range all[1:] {
		if account != "" && m.Account == account || person != 0 && m.PersonID == person {
			return i + 1
		}
	}
	return 0
}

// back counts a verified person behind a need, once, and says whether they are new.
func (b *batch) back(need, person int64) (bool, error) {
	var n int64
	err := b.tx.Raw("SELECT COUNT(*) FROM backers WHERE need_id = ? AND person_id = ?", need, person).Scan(&n).Error
	if err != nil {
		return false, fmt.Errorf("look for backer: %w", clean(err))
	}
	if n > 0 {
		return false, nil
	}
	err = b.tx.Create(&backerRow{NeedID: need, PersonID: person}).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return false, nil // cannot happen while the head is locked; harmless if it does
	}
	if err != nil {
		return false, fmt.Errorf("insert backer: %w", clean(err))
	}
	return true, nil
}

// warm changes the counts of a locked need, in the table and in row.
func (b *batch) warm(row *needRow, heat, others int) error {
	if heat == 0 && others == 0 {
		return nil
	}
	err := b.tx.Exec("UPDATE needs SET heat = heat + ?, others = others + ?, updated_ms = ? WHERE id = ?", heat, others, ms(b.now), row.ID).Error
	if err != nil {
		return fmt.Errorf("change heat: %w", clean(err))
	}
	row.Heat += heat
	row.Cycle.Others += others
	return nil
}

// recount works the counts of a need out anew, with those merged into it. Merging, undoing it and
// whatever changes who an author is call it for each head, which they have locked.
func (b *batch) recount(head needRow) error {
	all, err := b.group(head)
	if err != nil {
		return err
	}
	var persons []int64
	var accounts []string
	err = b.tx.Raw("SELECT DISTINCT person_id FROM endorsements WHERE need_id IN ? AND person_id <> 0", ids(all)).Scan(&persons).Error
	if err == nil {
		err = b.tx.Raw("SELECT DISTINCT account FROM endorsements WHERE need_id IN ? AND person_id = 0", ids(all)).Scan(&accounts).Error
	}
	if err != nil {
		return fmt.Errorf("read endorsers: %w", clean(err))
	}
	for _, m := range all[1:] {
		switch {
		case m.PersonID != 0:
			persons = append(persons, m.PersonID)
		case m.Account == "": // raised by staff for somebody, or forgotten since: each is somebody
			accounts = append(accounts, fmt.Sprint("need ", m.ID))
		default:
			accounts = append(accounts, m.Account)
		}
	}
	slices.Sort(persons)
	slices.Sort(accounts)
	persons = slices.DeleteFunc(slices.Compact(persons), func(p int64) bool { return p == head.Cycle.PersonID })
	accounts = slices.DeleteFunc(slices.Compact(accounts), func(a string) bool { return a == head.Account })
	if err := b.tx.Exec("DELETE FROM backers WHERE need_id = ?", head.ID).Error; err != nil {
		return fmt.Errorf("clear backers: %w", clean(err))
	}
	for some := range slices.Chunk(persons, walkMost) {
		rows := make([]backerRow, len(some))
		for i, p := range some {
			rows[i] = backerRow{head.ID, p}
		}
		if err := b.tx.Create(&rows).Error; err != nil {
			return fmt.Errorf("insert backers: %w", clean(err))
		}
	}
	err = b.tx.Exec("UPDATE needs SET heat = ?, others = ?, updated_ms = ? WHERE id = ?", len(persons), len(accounts), ms(b.now), head.ID).Error
	if err != nil {
		return fmt.Errorf("set heat: %w", clean(err))
	}
	return nil
}

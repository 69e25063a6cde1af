package store

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"sort"
)

// knownPerson is what an import has to know of a person of the roll. A community has thousands, a
// district read as one community hundreds of thousands: it is small, and indexes are numbers.
type knownPerson struct {
	id, house               int64
	roll, code, name, phone [16]byte
	said, coded, rung       bool // roll, code and phone are set
	left                    bool
}

// knownPeople are the people of one community.
type knownPeople struct {
	all                     []knownPerson
	roll, code, name, phone []int32 // indexes of all, ascending by that hash
}

func (r *Roll) readKnown(ctx context.Context, c int64) (*knownPeople, error) {
	k := &knownPeople{}
	rows, err := r.db.r.WithContext(ctx).Raw("SELECT id, household_id, roll_hash, code_hash, name_hash, phone_hash, left_ms FROM persons WHERE community_id = ?", c).Rows()
	if err != nil {
		return nil, clean(err)
	}
	defer func() { _ = rows.Close() }() // Err has told
	for rows.Next() {
		var p knownPerson
		var roll, code, name, phone []byte
		var left int64
		if err := rows.Scan(&p.id, &p.house, &roll, &code, &name, &phone, &left); err != nil {
			return nil, clean(err)
		}
		p.said, p.coded, p.rung, p.left = roll != nil, code != nil, phone != nil, left != 0
		copy(p.roll[:], roll)
		copy(p.code[:], code)
		copy(p.name[:], name)
		copy(p.phone[:], phone)
		k.all = append(k.all, p)
	}
	if err := rows.Err(); err != nil {
		return nil, clean(err)
	}
	k.roll = k.index(func(p *knownPerson) ([16]byte, bool) { return p.roll, p.said })
	k.code = k.index(func(p *knownPerson) ([16]byte, bool) { return p.code, p.coded })
	k.name = k.index(func(p *knownPerson) ([16]byte, bool) { return p.name, true })
	k.phone = k.index(func(p *knownPerson) ([16]byte, bool) { return p.phone, p.rung })
	return k, nil
}

func (k *knownPeople) index(of func(*knownPerson) ([16]byte, bool)) []int32 {
	var out []int32
	for i := range k.all {
		if _, ok := of(&k.all[i]); ok {
			out = append(out, int32(i))
		}
	}
	slices.SortFunc(out, func(a, b int32) int {
		x, _ := of(&k.all[a])
		y, _ := of(&k.all[b])
		if c := bytes.Compare(x[:], y[:]); c != 0 {
			return c
		}
		return int(a - b)
	})
	return out
}

// find returns the place of the first of an index that has the hash.
func find(index []int32, hash []byte, of func(i int32) []byte) (int, bool) {
	if hash == nil {
		return 0, false
	}
	return sort.Find(len(index), func(i int) int { return bytes.Compare(hash, of(index[i])) })
}

func (k *knownPeople) first(index []int32, hash []byte, of func(i int32) []byte) int32 {
	if at, ok := find(index, hash, of); ok {
		return index[at]
	}
	return noOne
}

func (k *knownPeople) byRoll(hash []byte) int32 {
	return k.first(k.roll, hash, func(i int32) []byte { return k.all[i].roll[:] })
}

func (k *knownPeople) byCode(hash []byte) int32 {
	return k.first(k.code, hash, func(i int32) []byte { return k.all[i].code[:] })
}

func (k *knownPeople) byName(hash []byte) int32 {
	return k.first(k.name, hash, func(i int32) []byte { return k.all[i].name[:] })
}

// byPhone goes over all who have the phone.
func (k *knownPeople) byPhone(hash []byte) iter.Seq[int32] {
	of := func(i int32) []byte { return k.all[i].phone[:] }
	return func(yield func(int32) bool) {
		at, _ := find(k.phone, hash, of)
		for hash != nil && at < len(k.phone) && bytes.Equal(of(k.phone[at]), hash) && yield(k.phone[at]) {
			at++
		}
	}
}

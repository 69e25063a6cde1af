package files

import (
	"fmt"
	"hash/maphash"

	"yishi/flows/civic"
)

// seen remembers the people of a roll by keyed hashes of eight bytes, so that a district's roll takes tens of
// megabytes. Two different people share one of them by chance once in tens of millions of such rolls.
type seen struct {
	seed maphash.Seed
	line map[uint64]uint32 // where it was seen first
}

func newSeen() *seen { return &seen{maphash.MakeSeed(), make(map[uint64]uint32)} }

// check says with which earlier row this one is the same person, and otherwise remembers it.
func (s *seen) check(r civic.RollRow) []civic.RollFault {
	keys := [...]struct {
		hash   uint64
		column column
		reason string
	}{
		{s.hash("door", r.Community, r.Estate, r.Door(), r.Name), colName, "同一户里同名的人在第 %d 行已经有了。"},
		{s.hash("code", r.Community, r.Code), colCode, "这个编号在第 %d 行已经用了。"},
		{s.hash("phone", r.Phone, r.Name), colName, "同名、同手机的人在第 %d 行已经有了，住在另一户。请只留一行，另一处写进备注。"},
	}
	var faults []civic.RollFault
	for i, k := range keys {
		if i == 1 && r.Code == "" || i == 2 && r.Phone == "" {
			continue
		}
		if line, ok := s.line[k.hash]; ok {
			return append(faults, civic.RollFault{Line: r.Line, Column: k.column.String(), Reason: fmt.Sprintf(k.reason, line)})
		}
	}
	for i, k := range keys {
		if i == 1 && r.Code == "" || i == 2 && r.Phone == "" {
			continue
		}
		s.line[k.hash] = uint32(r.Line)
	}
	return nil
}

func (s *seen) hash(parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	for _, p := range parts {
		_, _ = h.WriteString(p) // never fails
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

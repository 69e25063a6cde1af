package files

import (
	"slices"
	"strings"
)

// merges are the merged ranges of a sheet.
type merges struct {
	all    []merge
	sorted bool
	next   int     // first range of all that has not begun
	open   []merge // those that have begun and not ended
}

// merge is one range: rows from 1, columns from 0, both ends included.
type merge struct{ top, bottom, left, right int }

func (m *merges) add(ref string) {
	from, to, ok := strings.Cut(ref, ":")
	if !ok {
		return // a range of one cell
	}
	left, top, ok1 := cellRef(from)
	right, bottom, ok2 := cellRef(to)
	if ok1 && ok2 {
		m.all = append(m.all, merge{min(top, bottom), max(top, bottom), min(left, right), max(left, right)})
	}
}

// mark notes which cells of a row belong to a range, the first one included: all of its rows are for a person to fill in.
// Rows come in ascending order.
func (m *merges) mark(rec *record) {
	if !m.sorted {
		slices.SortFunc(m.all, func(a, b merge) int { return a.top - b.top })
		m.sorted = true
	}
	for ; m.next < len(m.all) && m.all[m.next].top <= rec.line; m.next++ {
		m.open = append(m.open, m.all[m.next])
	}
	m.open = slices.DeleteFunc(m.open, func(r merge) bool { return r.bottom < rec.line })
	if len(m.open) > maxColumns {
		rec.fault = "这一行的合并单元格互相重叠，读不了。"
		return
	}
	for _, r := range m.open {
		right := min(r.right, maxColumns-1)
		for len(rec.cells) <= right {
			rec.cells = append(rec.cells, cell{})
		}
		for c := r.left; c <= right; c++ {
			rec.cells[c].kind, rec.cells[c].top, rec.cells[c].bottom = cellMerged, r.top, r.bottom
		}
	}
}

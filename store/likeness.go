package store

import (
	"strings"
	"unicode"
)

// fold keeps the letters and digits that likeness is about.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// likeness is the share of pairs of characters that two folded texts have in common.
func likeness(a, b string) float64 {
	x, y := pairs(a), pairs(b)
	if len(x) == 0 || len(y) == 0 {
		return 0
	}
	both := 0
	for p := range x {
		if y[p] {
			both++
		}
	}
	return 2 * float64(both) / float64(len(x)+len(y))
}

// pairs are the distinct neighbouring characters of a folded text.
func pairs(s string) map[uint64]bool {
	rs := []rune(s)
	set := make(map[uint64]bool, len(rs))
	for i := 1; i < len(rs); i++ {
		set[uint64(rs[i-1])<<32|uint64(rs[i])] = true
	}
	return set
}

package zh

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// What Mask leaves in the place of a number. No digit is kept: the last four of a phone
// number are enough to know a neighbour by.
const (
	maskedPhone = "［手机号已隐去］"
	maskedLine  = "［电话号码已隐去］"
	maskedID    = "［证件号已隐去］"
	maskedCard  = "［卡号已隐去］"
	maskedOther = "［号码已隐去］"
)

// Mask takes out numbers that are nobody else's business: mobile and landline numbers, ID-card
// numbers (18 or 15 digits), bank cards and any other run of 15 digits or more; in full width, in
// Chinese numerals, with +86, and with spaces, hyphens or other separators between groups. Public
// numbers, dates, prices and building numbers stay. Mask(Mask(s)) is Mask(s).
func Mask(s string) string {
	if !manyDigits(s) {
		return s
	}
	m := masker{text: s}
	for m.at < len(s) {
		m.step()
	}
	if m.done == 0 {
		return s
	}
	m.out.WriteString(s[m.done:])
	return m.out.String()
}

// manyDigits reports whether there are digits enough for a number worth masking.
func manyDigits(s string) bool {
	n := 0
	for _, r := range s {
		if digitOf(r) >= 0 {
			if n++; n >= 10 {
				return true
			}
		}
	}
	return false
}

// group is a run of digits without anything visible between them.
type group struct {
	from, ends  int  // bytes in the text
	first, last int  // digits in the chain: first is in, last is out
	gap         gaps // what stands between it and the group before
}

// gaps says how two groups of digits are kept apart.
type gaps int

const (
	noGap    gaps = iota // nothing, or something else than a separator: a new chain
	plainGap             // spaces, hyphens, dots, brackets
	listGap              // 、 , / : separators that also make lists
)

// masker walks through a text chain by chain; a chain is groups of digits with separators.
type masker struct {
	text string
	out  strings.Builder
	done int // bytes of text that are settled
	at   int // bytes of text that are read

	chain []group
	value []byte // digits of the chain, 0 to 9
}

// step reads one rune that is no digit, or one chain.
func (m *masker) step() {
	r, w := utf8.DecodeRuneInString(m.text[m.at:])
	if digitOf(r) < 0 {
		m.at += w
		return
	}
	m.chain, m.value = m.chain[:0], m.value[:0]
	gap := noGap
	for {
		g := m.group()
		g.gap = gap
		m.chain = append(m.chain, g)
		next, kind := separator(m.text[g.ends:])
		m.at = g.ends
		if kind == noGap {
			break
		}
		m.at += next
		gap = kind
	}
	m.settle()
}

// group reads digits; what shows nothing between them is theirs.
func (m *masker) group() group {
	g := group{from: m.at, ends: m.at, first: len(m.value)}
	for i := m.at; i < len(m.text); {
		r, w := utf8.DecodeRuneInString(m.text[i:])
		i += w
		if d := digitOf(r); d >= 0 {
			m.value = append(m.value, byte(d))
			g.ends = i
		} else if !unseen(r, w) {
			break
		}
	}
	g.last = len(m.value)
	return g
}

// settle masks the numbers of a chain: at each group the longest run of groups that is one.
func (m *masker) settle() {
	for i := 0; i < len(m.chain); {
		mask, n, ends := m.match(i)
		if n == 0 {
			i++
			continue
		}
		m.out.WriteString(m.text[m.done:m.lead(m.chain[i].from)])
		m.out.WriteString(mask)
		ends += marksIn(m.text[ends:])
		m.done = ends
		m.at = max(m.at, ends)
		i += n
	}
}

// marksIn measures the marks that a text begins with: they belong to the digit before.
func marksIn(t string) int {
	for i, r := range t {
		if !unicode.IsMark(r) {
			return i
		}
	}
	return len(t)
}

// match finds the number that begins with group i; n is how many groups it has, 0 for none.
func (m *masker) match(i int) (mask string, n, ends int) {
	for j := i; j < len(m.chain); j++ {
		d := m.value[m.chain[i].first:m.chain[j].last]
		if len(d) > 19 && j > i {
			break
		}
		k, e := m.name(d, i, j), m.chain[j].ends
		if len(d) == 17 && (i == j || dated(d, 4)) {
			if x := checkLetter(m.text[e:]); x > 0 {
				k, e = maskedID, e+x
			}
		}
		if k != "" {
			mask, n, ends = k, j-i+1, e
		}
	}
	return mask, n, ends
}

// name says what the digits of the groups i to j are, "" for nothing private.
func (m *masker) name(d []byte, i, j int) string {
	if len(d) >= 11 && len(d) <= 13 && d[0] == 8 && d[1] == 6 && !mobile(d) && m.abroad(m.chain[i].from) {
		return maskedLine
	}
	if i == j {
		return solid(d)
	}
	return m.joined(d, m.chain[i:j+1])
}

// solid names a run of digits without separators.
func solid(d []byte) string {
	switch n := len(d); {
	case n == 18 && (dated(d, 4) || d[0] != 6), n == 15:
		return maskedID
	case n >= 16 && n <= 19:
		return maskedCard
	case n >= 15:
		return maskedOther
	case line(d):
		return maskedLine
	default:
		for i := 0; i+11 <= n; i++ {
			if d[i] == 1 && d[i+1] >= 3 {
				return maskedPhone
			}
		}
	}
	return ""
}

// joined names groups with separators between them, more strictly than solid, because dates,
// prices and lists look alike.
func (m *masker) joined(d []byte, groups []group) string {
	list, n := false, len(d)
	for _, g := range groups[1:] {
		list = list || g.gap == listGap
	}
	spelled := len(groups) == n
	if list && n < 15 && !spelled && !grouped(groups) || len(groups) > 3 && !spelled && m.counts(groups) {
		return ""
	}
	switch {
	case n == 18 && dated(d, 4), n == 15 && dated(d, 2):
		return maskedID
	case n >= 16 && n <= 19 && card(d, groups):
		return maskedCard
	case mobile(d):
		return maskedPhone
	case line(d) && (spelled || groups[0].last-groups[0].first == areaCode(d)):
		return maskedLine
	}
	return ""
}

// counts reports whether a unit follows the last group, as in 13-14-15-16-17-8幢.
func (m *masker) counts(groups []group) bool {
	r, _ := utf8.DecodeRuneInString(m.text[groups[len(groups)-1].ends:])
	return strings.ContainsRune("幢栋号楼室元米年月日点个户层平岁人", r)
}

// abroad reports a plus sign right before a number.
func (m *masker) abroad(from int) bool {
	r, _ := utf8.DecodeLastRuneInString(m.text[:from])
	return narrow(r) == '+'
}

// lead is where a masked number begins, with the plus sign or the bracket that opens it.
func (m *masker) lead(from int) int {
	for from > m.done {
		r, w := utf8.DecodeLastRuneInString(m.text[:from])
		if r = narrow(r); r != '+' && r != '(' {
			break
		}
		from -= w
	}
	return from
}

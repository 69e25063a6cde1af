package zh

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// mobile reports 11 digits from 13 on, also behind 86, 086, 0086 or 0.
func mobile(d []byte) bool {
	zeros := 0
	for zeros < 2 && len(d) > 11 && d[0] == 0 {
		d = d[1:]
		zeros++
	}
	if len(d) == 13 && d[0] == 8 && d[1] == 6 {
		d = d[2:]
	}
	return len(d) == 11 && d[0] == 1 && d[1] >= 3
}

// areaCode is the length of an area code: 010 and 02x, or four digits.
func areaCode(d []byte) int {
	if d[1] <= 2 {
		return 3
	}
	return 4
}

// line reports a landline number with its area code. Big cities have 8 digits behind it.
func line(d []byte) bool {
	if len(d) < 11 || len(d) > 12 || d[0] != 0 || d[1] == 0 {
		return false
	}
	area := areaCode(d)
	local := len(d) - area
	return local <= 8 && d[area] >= 2
}

// grouped reports the groups in which people write phone numbers, with or without 86.
func grouped(groups []group) bool {
	shape := make([]byte, 0, 8)
	for _, g := range groups {
		shape = append(shape, '0'+byte(min(g.last-g.first, 9)))
		if len(shape) == cap(shape) {
			return false
		}
	}
	switch strings.TrimPrefix(string(shape), "2") {
	case "344", "38", "443", "335", "353", "74", "47", "48", "444", "434", "56", "65":
		return true
	}
	return false
}

// card reports what is grouped by fours like a bank card, or has a card's check digit.
func card(d []byte, groups []group) bool {
	if d[0] < 3 || d[0] > 6 && d[0] != 9 {
		return false
	}
	for i, g := range groups {
		if size := g.last - g.first; size != 4 && (i < len(groups)-1 || size > 4) {
			return luhn(d)
		}
	}
	return true
}

func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i])
		if i%2 == 1 {
			v *= 2
		}
		sum += v/10 + v%10
	}
	return sum%10 == 0
}

// dated reports whether the digits can begin an ID-card number: a province, and from the
// seventh digit on a date of birth whose year has so many digits.
func dated(d []byte, year int) bool {
	province := int(d[0])*10 + int(d[1])
	if province < 11 || province > 65 && province != 71 && province != 81 && province != 82 && province != 83 && province != 91 {
		return false
	}
	if year == 4 && (d[6] != 1 || d[7] < 8) && (d[6] != 2 || d[7] > 1) {
		return false
	}
	at := 6 + year
	month, day := int(d[at])*10+int(d[at+1]), int(d[at+2])*10+int(d[at+3])
	return month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// checkLetter is the length of the X that ends an ID-card number, with what separates it; 0 if
// there is none.
func checkLetter(rest string) int {
	for i, r := range rest {
		switch {
		case narrow(r) == 'X' || narrow(r) == 'x' || r == '×' || r == 'Χ' || r == 'Х':
			end := i + utf8.RuneLen(r)
			if next, _ := utf8.DecodeRuneInString(rest[end:]); unicode.Is(unicode.Latin, next) {
				return 0
			}
			return end
		case i > 12 || separates(r) != plainGap && !unseen(r, 2):
			return 0
		}
	}
	return 0
}

// separator measures what stands between two digits: at most three separators and anything
// unseen. noGap means that the chain ends here.
func separator(rest string) (length int, kind gaps) {
	seen := 0
	for i := 0; i < len(rest); {
		r, w := utf8.DecodeRuneInString(rest[i:])
		if digitOf(r) >= 0 {
			return i, kind
		}
		if !unseen(r, w) {
			k := separates(r)
			if seen++; k == noGap || seen > 3 {
				return 0, noGap
			}
			kind = max(kind, k)
		}
		i += w
	}
	return 0, noGap
}

func separates(r rune) gaps {
	switch narrow(r) {
	case ' ', '\t', '-', '_', '.', '(', ')', '*', '·', '•', '・', '･', '‐', '‑', '‒', '–', '—', '―', '−', '﹣', '﹘':
		return plainGap
	case '、', ',', '/', '。', ':', ';', '|', '~', '\\', '+', '，', '｡', '､', '[', ']':
		return listGap
	}
	if blank(r) && r != '\n' && r != '\r' {
		return plainGap
	}
	return noGap
}

// unseen reports a rune, or a broken byte, that shows nothing between two digits.
func unseen(r rune, w int) bool {
	switch {
	case r == utf8.RuneError:
		return w == 1
	case r < 0x80:
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f
	case han(r):
		return false
	}
	nothing := r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef || r >= 0xe0000 && r <= 0xe0fff
	return nothing || r < 0xa0 && r != 0x85 || unicode.Is(unicode.Cf, r) || unicode.IsMark(r)
}

// digitOf is the digit that a rune is read as, in any script and shape, -1 if none.
func digitOf(r rune) int {
	switch {
	case r < utf8.RuneSelf:
		if r >= '0' && r <= '9' {
			return int(r - '0')
		}
		return -1
	case r == '幺':
		return 1
	case han(r), r == '〇':
		if v, unit := hanDigit(r); !unit && r != '两' {
			return v
		}
		return -1
	case r >= '０' && r <= '９':
		return int(r - '０')
	}
	if s := digitIn(r); s != "" {
		if len(s) == 1 {
			return int(s[0] - '0')
		}
		return -1
	}
	if !unicode.Is(unicode.Nd, r) {
		return -1
	}
	return decimal(r)
}

// decimal is the value of a decimal digit of another script; their ranges begin with zero.
func decimal(r rune) int {
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return int(r-rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return int(r-rune(t.Lo)) % 10
		}
	}
	return -1
}

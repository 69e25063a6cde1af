package zh

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold is the key by which texts are compared: cleaned, narrow, in NFKC, lower case,
// simplified characters, one line, without space and punctuation at its ends. It is for
// comparing only: ㎡ becomes m2. Circled digits become digits, kept apart from their neighbours.
// Fold(Fold(s)) is Fold(s).
func Fold(s string) string {
	if folded(s) {
		return s
	}
	t := strings.TrimFunc(flatten(s), edge)
	for {
		last, _ := utf8.DecodeLastRuneInString(t)
		if r := first(t); (r < utf8.RuneSelf || han(r)) && (last < utf8.RuneSelf || han(last)) {
			return t
		}
		u := strings.TrimFunc(flatten(t), edge) // marks and joiners may have lost their base
		if u == t {
			return t
		}
		t = u
	}
}

// folded reports whether s is nothing but small letters, digits and simplified characters, as
// most words are that texts are compared with.
func folded(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && (!han(r) || simple(r) != r) {
			return false
		}
	}
	return true
}

// Narrow writes full-width letters, digits and punctuation (！ to ～) and the ideographic space
// in their narrow shape and leaves all else as it is.
func Narrow(s string) string {
	if strings.IndexFunc(s, wide) < 0 {
		return s
	}
	return strings.Map(narrow, s)
}

func wide(r rune) bool { return r >= 0xff01 && r <= 0xff5e || r == 0x3000 }

func narrow(r rune) rune {
	switch {
	case r >= 0xff01 && r <= 0xff5e:
		return r - 0xfee0
	case r == 0x3000:
		return ' '
	}
	return r
}

// Contains reports whether the folded text contains one of the folded words. An empty word is
// contained in nothing.
func Contains(s string, words ...string) bool {
	t := flatten(s)
	for _, w := range words {
		if w = Fold(w); w != "" && strings.Contains(t, w) {
			return true
		}
	}
	return false
}

// edge reports whether a rune is dropped at the ends of a folded text.
func edge(r rune) bool {
	if r < utf8.RuneSelf {
		return r != '+' && r != '%' && r != '$' && r != '<' && r != '>' && r != '=' &&
			(r < '0' || r > '9' && r < 'a' || r > 'z')
	}
	return !han(r) && (unicode.IsPunct(r) || unicode.IsSpace(r))
}

// flatten is Fold without the trimming of punctuation. It returns s itself where nothing
// changes, which is the usual case.
func flatten(s string) string {
	s = strings.TrimSpace(s)
	if flat(s) {
		return s
	}
	out := make([]byte, 0, len(s))
	prev := ' '
	for _, r := range s {
		r = narrow(r)
		switch {
		case r >= 'A' && r <= 'Z':
			r += 'a' - 'A'
		case r == ' ' || r == '\n':
			if r = ' '; prev == ' ' {
				continue
			}
		case r > ' ' && r < 0x7f, r >= 0x3001 && r <= 0x3011:
		case han(r):
			r = simple(r)
		default:
			return flattenHard(s)
		}
		prev = r
		out = utf8.AppendRune(out, r)
	}
	return strings.TrimSuffix(string(out), " ")
}

// flat reports whether flatten has nothing to do.
func flat(s string) bool {
	prev := rune(' ')
	for _, r := range s {
		switch {
		case han(r):
			if simple(r) != r {
				return false
			}
		case r > ' ' && r < 0x7f && (r < 'A' || r > 'Z'), r >= 0x3001 && r <= 0x3011:
		case r == ' ' && prev != ' ':
		default:
			return false
		}
		prev = r
	}
	return prev != ' ' || s == ""
}

// flattenHard serves the texts that need all of Unicode. Compatibility forms can hide others,
// so it goes on until nothing changes; three rounds are always enough in practice.
func flattenHard(s string) string {
	for range 4 {
		t := Clean(apart(Clean(s)))
		t = strings.Map(func(r rune) rune {
			if r == '\n' {
				return ' '
			}
			return simple(unicode.ToLower(r))
		}, norm.NFKC.String(t))
		t = Clean(t)
		if t == s {
			break
		}
		s = t
	}
	return s
}

// apart writes circled, bracketed, raised and Roman digits and keycaps as plain digits and
// puts a space where they would run into other digits: ①③ is 1 3, not 13.
func apart(s string) string {
	if strings.IndexFunc(s, dressed) < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	digit, closed := false, false // what the last rune was
	for i, r := range s {
		value := digitIn(r)
		switch {
		case value != "":
			if digit {
				out = append(out, ' ')
			}
			out = append(out, value...)
			digit, closed = true, true
		case r >= '0' && r <= '9' || r >= '０' && r <= '９':
			key := keycap(s[i+utf8.RuneLen(r):])
			if closed || key && digit {
				out = append(out, ' ')
			}
			out = utf8.AppendRune(out, r)
			digit, closed = true, key
		case r == emojiView || r == textStyle || r == 0x20e3:
		default:
			out = utf8.AppendRune(out, r)
			digit, closed = false, false
		}
	}
	return string(out)
}

// keycap reports whether what follows a digit makes it a key: 2️⃣.
func keycap(rest string) bool {
	rest = strings.TrimPrefix(rest, "\ufe0f")
	return strings.HasPrefix(rest, "\u20e3")
}

// dressed reports whether apart has anything to do with r.
func dressed(r rune) bool { return r >= 0xb2 && (r == 0x20e3 || digitIn(r) != "") }

// numerals are written forms of 0 to 50, for runes whose order follows their value.
const numerals = " 0 1 2 3 4 5 6 7 8 91011121314151617181920212223242526272829303132333435363738394041424344454647484950"

// dress maps a range of runes to the numbers from a first one on.
type dress struct {
	lo, hi rune
	first  int
}

var dresses = [...]dress{
	{0xb2, 0xb3, 2}, {0xb9, 0xb9, 1}, // raised
	{0x2070, 0x2070, 0}, {0x2074, 0x2079, 4}, {0x2080, 0x2089, 0}, // raised and lowered
	{0x2160, 0x216b, 1}, {0x2170, 0x217b, 1}, // Roman
	{0x2460, 0x2473, 1}, {0x2474, 0x2487, 1}, {0x2488, 0x249b, 1}, // circled, bracketed, with a stop
	{0x24ea, 0x24ea, 0}, {0x24eb, 0x24f4, 11}, {0x24f5, 0x24fe, 1}, {0x24ff, 0x24ff, 0}, // circled
	{0x2776, 0x277f, 1}, {0x2780, 0x2789, 1}, {0x278a, 0x2793, 1}, // dingbats
	{0x3251, 0x325f, 21}, {0x32b1, 0x32bf, 36}, // circled
	{0x1f51f, 0x1f51f, 10}, // keycap ten
}

// digitIn is the number that a single decorated rune stands for, "" if none.
func digitIn(r rune) string {
	if r < 0xb2 || han(r) {
		return ""
	}
	for _, d := range dresses {
		if r >= d.lo && r <= d.hi {
			at := 2 * (d.first + int(r-d.lo))
			return strings.TrimPrefix(numerals[at:at+2], " ")
		}
	}
	return ""
}

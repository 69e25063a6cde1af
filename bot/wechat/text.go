package wechat

import (
	"strings"
	"unicode/utf8"
)

// clean drops control characters (line feed stays, a tab becomes a space, CR LF a line feed)
// and invalid UTF-8. What is clean already is returned as it is.
func clean(s string) string {
	if ordinary(s) {
		return s
	}
	return filter(s, func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r == '\u2028' || r == '\u2029':
			return '\n'
		case r < 0x20 || r >= 0x7f && r <= 0x9f || r == 0xfffe || r == 0xffff:
			return -1
		}
		return r
	})
}

// harmless makes text that people have influenced fit to be shown: clean, without characters
// that turn the direction of writing, and without '<', so that nobody can plant a link.
func harmless(s string) string {
	if ordinary(s) {
		return s
	}
	return filter(clean(s), func(r rune) rune {
		switch {
		case r == '<':
			return '＜'
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c, r == 0xfeff:
			return -1
		}
		return r
	})
}

// ordinary reports whether a text holds only what nearly all texts do, and nothing that anybody
// here would change: printable ASCII but '<', Chinese, and the punctuation of both.
func ordinary(s string) bool {
	for _, r := range s {
		switch {
		case r >= 0x20 && r < 0x7f && r != '<', r == '\n', r >= 0x2010 && r <= 0x2027, r >= 0x3000 && r <= 0x9fff, r >= 0xff00 && r <= 0xffef:
		default:
			return false
		}
	}
	return true
}

// filter maps the characters of s like strings.Map, but drops invalid bytes.
func filter(s string, f func(rune) rune) string {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return rewrite(s, i, f)
			}
		}
		if f(r) != r {
			return rewrite(s, i, f)
		}
	}
	return s
}

func rewrite(s string, from int, f func(rune) rune) string {
	var b strings.Builder
	b.Grow(len(s) + 8)
	b.WriteString(s[:from])
	for i := from; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if r == utf8.RuneError && n == 1 {
			continue
		}
		if r = f(r); r >= 0 {
			b.WriteRune(r)
		}
	}
	return b.String()
}

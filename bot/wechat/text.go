package wechat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean drops control characters (line feed stays, a tab becomes a space, CR LF a line feed)
// and invalid UTF-8. What is clean already is returned as it is.
func clean(s string) string {
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

// cut returns the longest prefix of valid UTF-8 text s of at most n bytes that ends where a
// reader sees the end of a character: combined marks, joined emoji and flags stay whole. A
// single cluster longer than n is cut between code points.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	end, hard := 0, 0
	flags := 0
	var prev rune
	for i, r := range s {
		if i > n {
			break
		}
		hard = i
		if i > 0 && !joined(prev, r, flags) {
			end = i
		}
		if isFlag(r) {
			flags++
		} else {
			flags = 0
		}
		prev = r
	}
	if end == 0 {
		end = hard
	}
	return s[:end]
}

// joined reports whether r belongs to the same visible character as prev. flags is the number
// of regional indicators that end with prev.
func joined(prev, r rune, flags int) bool {
	const zwj = 0x200d
	switch {
	case r < 0x300:
		return false
	case r == zwj || prev == zwj:
		return true
	case isFlag(r):
		return flags%2 == 1
	case r >= 0x1f3fb && r <= 0x1f3ff, r >= 0xe0020 && r <= 0xe007f: // skin tones, tags
		return true
	case r >= 0x1160 && r <= 0x11ff: // Hangul vowels and finals
		return true
	}
	return unicode.Is(unicode.M, r)
}

func isFlag(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

package zh

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	zwj       = '\u200d'
	textStyle = '\ufe0e'
	emojiView = '\ufe0f'

	// maxCluster is the most code points that count as one character. Clean keeps real ones
	// well below it; the bound makes Cut and CutBytes make progress on any bytes.
	maxCluster = 32
)

// Runes counts characters as people count them: a letter with its accents, a flag and an
// emoji family are one each. Every broken byte counts as one.
func Runes(s string) int {
	n := 0
	for len(s) > 0 {
		s = s[cluster(s):]
		n++
	}
	return n
}

// Cut shortens s to at most n characters as Runes counts them. A text that is too long ends
// in "…", which is one of the n; it is never cut inside a character.
func Cut(s string, n int) string {
	if n <= 0 {
		return ""
	}
	keep, end, count := 0, 0, 0
	for end < len(s) {
		if count == n-1 {
			keep = end
		}
		end += cluster(s[end:])
		if count++; count > n {
			return strings.TrimRightFunc(s[:keep], unicode.IsSpace) + "…"
		}
	}
	return s
}

// CutBytes shortens s to at most limit bytes of UTF-8, never inside a character as Runes
// counts them. It adds nothing.
func CutBytes(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := 0
	for end < len(s) {
		w := cluster(s[end:])
		if end+w > limit {
			break
		}
		end += w
	}
	return s[:end]
}

// cluster is the length in bytes of the first character of s as people see it; s is not empty.
// It follows UAX #29 as far as Chinese chats need it.
func cluster(s string) int {
	first, n := utf8.DecodeRuneInString(s)
	if first == '\r' && n < len(s) && s[n] == '\n' {
		return 2
	}
	if unicode.IsControl(first) || first == utf8.RuneError && n == 1 {
		return n
	}
	pictured, flag, prev := pictograph(first), regional(first), first
	for count := 1; n < len(s) && count < maxCluster; count++ {
		if s[n] < utf8.RuneSelf {
			return n
		}
		r, w := utf8.DecodeRuneInString(s[n:])
		switch {
		case flag && regional(r):
			flag = false
		case pictured && prev == zwj && pictograph(r):
		case !han(r) && extends(r, prev, pictured):
		default:
			return n
		}
		prev = r
		n += w
	}
	return n
}

// extends reports whether r belongs to the character before it.
func extends(r, prev rune, pictured bool) bool {
	switch {
	case r == zwj, tag(r), unicode.IsMark(r):
		return true
	case skin(r):
		return pictured
	case r >= 0x1160 && r <= 0x11ff: // vowels and finals of Hangul
		return prev >= 0x1100 && prev <= 0x11ff || prev >= 0xac00 && prev <= 0xd7a3
	}
	return false
}

func han(r rune) bool      { return r >= 0x4e00 && r <= 0x9fff }
func regional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }
func skin(r rune) bool     { return r >= 0x1f3fb && r <= 0x1f3ff }
func tag(r rune) bool      { return r >= 0xe0020 && r <= 0xe007f }

// pictograph reports whether r is an emoji that can be joined to others; symbols that are text
// first (©, ™, arrows) count, digits do not.
func pictograph(r rune) bool {
	switch {
	case r < 0xa9, han(r):
		return false
	case r >= 0x1f000:
		return r <= 0x1faff && !regional(r) || r >= 0x1fc00 && r <= 0x1fffd
	case r >= 0x2600 && r <= 0x27bf:
		return r != 0x2713 && r != 0x2717 && (r < 0x2768 || r > 0x2793)
	case r >= 0x2190 && r <= 0x21ff, r >= 0x2300 && r <= 0x23ff, r >= 0x25a0 && r <= 0x25ff, r >= 0x2b00 && r <= 0x2bff:
		return true
	}
	switch r {
	case 0xa9, 0xae, 0x203c, 0x2049, 0x2122, 0x2139, 0x24c2, 0x2934, 0x2935, 0x3030, 0x303d, 0x3297, 0x3299:
		return true
	}
	return false
}

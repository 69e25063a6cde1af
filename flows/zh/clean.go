package zh

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxMarks = 8 // marks, tones and selectors kept on one character
	maxJoins = 8 // emoji joined into one
)

// Clean makes a text fit to be stored and shown: valid UTF-8 without invisible characters,
// direction controls and other control codes, without space at its ends. A run of white space
// of any kind becomes one space, or one line break if it holds any. At most eight combining
// marks stay on a character. Emoji families, flags and skin tones stay whole; letters, their
// width and punctuation stay as written. Clean(Clean(s)) is Clean(s).
func Clean(s string) string {
	s = strings.TrimSpace(s)
	if tidy(s) {
		return s
	}
	c := cleaner{out: make([]byte, 0, len(s))}
	for i := 0; i < len(s); {
		r, w := utf8.DecodeRuneInString(s[i:])
		i += w
		if r != utf8.RuneError || w > 1 {
			c.add(r, s[i:])
		}
	}
	return string(c.out)
}

// tidy reports whether Clean has nothing to do: the usual message of Han characters, common
// punctuation and printable ASCII.
func tidy(s string) bool {
	prev := rune(' ')
	for _, r := range s {
		switch {
		case r > ' ' && r < 0x7f, han(r), r >= 0xff01 && r <= 0xff5e, r >= 0x3001 && r <= 0x3011:
		case r == ' ' && prev != ' ':
		case r == '“', r == '”', r == '‘', r == '’', r == '…', r == '—', r == '·':
		default:
			return false
		}
		prev = r
	}
	return prev != ' ' || s == ""
}

// cleaner builds a clean text rune by rune.
type cleaner struct {
	out   []byte
	gap   rune // white space seen and not yet written: 0, ' ' or '\n'
	base  rune // first rune of the character being built, 0 before the first
	last  rune // last rune written
	marks int  // on this character
	joins int  // in this character
}

func (c *cleaner) add(r rune, rest string) {
	switch {
	case r == '\n', r == '\r', r == '\v', r == '\f', r == 0x85, r == 0x2028, r == 0x2029:
		c.gap = '\n'
	case blank(r):
		if c.gap == 0 {
			c.gap = ' '
		}
	case r == zwj:
		c.join(rest)
	case tag(r):
		if c.base == 0x1f3f4 && (c.last == c.base || tag(c.last)) {
			c.mark(r)
		}
	case selector(r):
		if c.last != r && c.selects(r) {
			c.mark(r)
		}
	case unicode.IsMark(r):
		if r != 0x34f { // a grapheme joiner shows nothing
			c.mark(r)
		}
	case skin(r) && pictograph(c.base) && c.gap == 0:
		c.mark(r)
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r&0xfffe == 0xfffe, r >= 0xfdd0 && r <= 0xfdef, r >= 0xe0000 && r <= 0xe0fff:
		// shows nothing, or is no character at all
	default:
		c.begin(r)
	}
}

// begin starts a new character, or the next emoji of a joined one.
func (c *cleaner) begin(r rune) {
	if c.gap != 0 && len(c.out) > 0 {
		c.out = utf8.AppendRune(c.out, c.gap)
	}
	if c.last != zwj {
		c.marks, c.joins = 0, 0
	}
	c.gap, c.base = 0, r
	c.write(r)
}

func (c *cleaner) mark(r rune) {
	if c.gap == 0 && c.base != 0 && c.marks < maxMarks {
		c.marks++
		c.write(r)
	}
}

// join keeps a zero-width joiner only where it joins two emoji.
func (c *cleaner) join(rest string) {
	if c.gap != 0 || c.joins >= maxJoins || c.last == zwj || !pictograph(c.base) || tag(c.last) {
		return
	}
	if r, _ := utf8.DecodeRuneInString(rest); pictograph(r) && !skin(r) {
		c.joins++
		c.write(zwj)
	}
}

func (c *cleaner) write(r rune) {
	c.last = r
	c.out = utf8.AppendRune(c.out, r)
}

// selects reports whether a variation selector means anything on the character being built.
func (c *cleaner) selects(r rune) bool {
	if r >= 0xe0100 {
		return unicode.Is(unicode.Han, c.base) && c.last == c.base
	}
	if r != textStyle && r != emojiView {
		return false
	}
	keycap := c.base >= '0' && c.base <= '9' || c.base == '#' || c.base == '*'
	return keycap || pictograph(c.base)
}

func selector(r rune) bool {
	return r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0100 && r <= 0xe01ef
}

// blank reports whether r shows as nothing but space, whatever Unicode calls it.
func blank(r rune) bool {
	switch r {
	case 0x115f, 0x1160, 0x2800, 0x3164, 0xffa0:
		return true
	}
	return unicode.IsSpace(r)
}

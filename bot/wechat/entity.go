package wechat

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// unescape resolves the five predefined entities and numeric references to characters that XML
// allows. Nothing else has a meaning: there are no document types.
func unescape(b []byte) ([]byte, error) {
	amp := bytes.IndexByte(b, '&')
	if amp < 0 {
		return b, nil
	}
	out := make([]byte, 0, len(b))
	for amp >= 0 {
		out = append(out, b[:amp]...)
		b = b[amp+1:]
		semi := bytes.IndexByte(b[:min(len(b), 12)], ';')
		if semi < 0 {
			return nil, fmt.Errorf("entity: %w", errMalformed)
		}
		r, ok := entity(string(b[:semi]))
		if !ok {
			return nil, fmt.Errorf("entity: %w", errMalformed)
		}
		out = utf8.AppendRune(out, r)
		b = b[semi+1:]
		amp = bytes.IndexByte(b, '&')
	}
	return append(out, b...), nil
}

func entity(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune {
		return 0, false
	}
	return rune(n), isXMLChar(rune(n))
}

// isXMLChar follows https://www.w3.org/TR/xml/#charsets.
func isXMLChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' ||
		r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 && r <= 0x10ffff
}

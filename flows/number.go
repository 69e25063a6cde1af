package flows

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"yishi/flows/zh"
)

// publicNumber is a need's number as people type it: 018, 18, 2027-018, 钮2027-018, No.18.
var publicNumber = regexp.MustCompile(`^\p{Han}{0,4}?(?:(\d{4})[-— ])?(\d{1,6})(?:号|$|[^\d])`)

// numberIn reads the number at the beginning of a text; year is 0 where none was typed.
func numberIn(text string) (year, seq int, ok bool) {
	year, seq, _, ok = cutNumber(text)
	return year, seq, ok
}

// namedIn reads the number of a need in answer to a list whose choices are numbers too: 018, 钮2027-002 and 6
// are a need's, 2 and 第2个 are choices.
func namedIn(text string) (seq int, ok bool) {
	year, seq, ok := numberIn(text)
	return seq, ok && (seq > pageSize || year != 0 || strings.HasPrefix(strings.TrimSpace(zh.Narrow(text)), "0"))
}

// cutNumber reads the number at the beginning of a text and returns what follows it.
func cutNumber(text string) (year, seq int, rest string, ok bool) {
	typed := []rune(strings.TrimLeft(text, " 　:：,，.。#＃"))
	text = zh.Narrow(string(typed))
	m := publicNumber.FindStringSubmatchIndex(text)
	if m == nil {
		if n, ok := zh.Number(text); ok && n > 0 {
			return 0, n, "", true
		}
		return 0, 0, "", false
	}
	if m[2] >= 0 {
		year, _ = strconv.Atoi(text[m[2]:m[3]]) // four digits
	}
	seq, err := strconv.Atoi(text[m[4]:m[5]])
	if err != nil || seq == 0 {
		return 0, 0, "", false
	}
	if used := utf8.RuneCountInString(text[:m[5]]); used < len(typed) { // narrowing changes no count
		rest = string(typed[used:])
	}
	rest = strings.TrimLeft(strings.TrimPrefix(rest, "号"), " 　:：,，.。")
	return year, seq, rest, true
}

// after recognises messages that begin with one of the words and go on with a need's number.
// What follows the word is returned.
func after(words ...string) func(string) (string, bool) {
	return func(text string) (string, bool) {
		for _, w := range words {
			rest, ok := strings.CutPrefix(strings.TrimSpace(text), w)
			if !ok {
				continue
			}
			if _, _, ok := numberIn(rest); ok {
				return rest, true
			}
		}
		return "", false
	}
}

// short is what people type of a public number: its last part, which they may read aloud.
func short(number string) string { return number[strings.LastIndexByte(number, '-')+1:] }

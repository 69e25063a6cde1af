package files

import (
	"regexp"
	"strings"
)

var (
	scientific = regexp.MustCompile(`^[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+$`)
	aFloat     = regexp.MustCompile(`^[0-9]+\.0+$`)
	mobile     = regexp.MustCompile(`^1[3-9][0-9]{9}$`)
	landline   = regexp.MustCompile(`^0[1-9][0-9]{8,10}$`) // area code of 3 or 4 digits, number of 7 or 8
)

// phone reads 手机: a mobile number, or a landline with its area code, by whose last four digits a person can
// be verified just as well. Numbers that a spreadsheet has spoilt are faults, not guesses.
func (r *rowReader) phone() string {
	text, ok := r.cell(colPhone)
	if !ok || text == "" {
		return ""
	}
	number, reason := readPhone(text)
	if reason != "" {
		r.fault(colPhone, "%s", reason)
	}
	return number
}

// readPhone gives the digits of one number, or why it is none.
func readPhone(text string) (number, reason string) {
	switch {
	case scientific.MatchString(text):
		return "", "号码变成了科学计数法，后面几位已经丢了。请把这一列设成文本，重新填。"
	case strings.ContainsAny(text, "*xX×?"):
		return "", "号码不完整，中间有遮住的位。"
	case strings.ContainsAny(text, "/、,;，；|\\"):
		return "", "一格里有几个号码，请只留一个。"
	}
	if aFloat.MatchString(text) {
		text, _, _ = strings.Cut(text, ".")
	}
	text = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -—–()", r) {
			return -1
		}
		return r
	}, text)
	text = strings.TrimPrefix(strings.TrimPrefix(text, "+86"), "0086")
	if len(text) == 13 {
		text = strings.TrimPrefix(text, "86")
	}
	if len(text) == 12 && mobile.MatchString(text[1:]) {
		text = strings.TrimPrefix(text, "0") // 0138…, as dialled from afar
	}
	switch {
	case mobile.MatchString(text), landline.MatchString(text):
		return text, ""
	case !isDigits(text):
		return "", "号码里有不是数字的内容。"
	case text[0] == '1':
		return "", "手机号应是 11 位，以 13 到 19 开头。"
	case len(text) == 7 || len(text) == 8:
		return "", "座机请写上区号，例如 0512-…。"
	}
	return "", "不是手机号，也不是带区号的座机。"
}

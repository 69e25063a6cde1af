package civic

import (
	"encoding/binary"
	"errors"
	"strings"

	"yishi/flows/zh"
)

// A household code is what stands on a household's printed card 门牌卡 and is typed into the chat: nine
// digits, the last of which checks the others. Digits only, because a person of 75 reaches them on one keypad,
// they have no case and no input method, and 0 is never taken for O by somebody who knows that there are no letters.
// Eight free digits leave a guesser one chance in 100,000,000 a household and try. The check digit tells a slip from a guess: one
// wrong digit, and two neighbours that changed places, are always noticed and need not count as a try.
const (
	householdDigits = 8
	// HouseholdCodeLen is how many digits a household code has.
	HouseholdCodeLen = householdDigits + 1
	// HouseholdCodeSeed is how many random bytes [HouseholdCode] takes.
	HouseholdCodeSeed = 8
)

// Why a typed text is no household code.
var (
	// ErrNoCode is for a text that is no nine digits: it was not meant as a code.
	ErrNoCode = errors.New("not a household code")
	// ErrCodeSlip is for nine digits whose check digit is wrong: somebody mistyped. It names no household, so that
	// it tells a guesser nothing and need not count against an honest person.
	ErrCodeSlip = errors.New("household code mistyped")
)

// HouseholdCode makes a code from random bytes of a cryptographic source. Nine tenths of all guesses fail at
// the check digit already, whose rule is no secret: what protects a household are the eight digits and the lock after
// wrong tries. The caller makes sure that the code is not in use.
func HouseholdCode(random [HouseholdCodeSeed]byte) string {
	n := binary.BigEndian.Uint64(random[:]) % 100_000_000 // off from even by less than 10^-11
	out := make([]byte, householdDigits)
	for i := householdDigits - 1; i >= 0; i-- {
		out[i] = byte('0' + n%10)
		n /= 10
	}
	return string(append(out, checkDigit(out)))
}

// ReadHouseholdCode reads a code as people type it: full-width or Chinese digits, with spaces, dots or dashes, O for 0 and l for 1,
// with 住户码 or 户码 before it. It gives the nine digits, ErrNoCode or ErrCodeSlip.
func ReadHouseholdCode(text string) (string, error) {
	t := strings.ToLower(dashes.Replace(zh.Narrow(zh.Clean(text))))
	for _, word := range [...]string{"我的", "住户", "门牌", "卡", "户", "认证", "验证", "码", "是", ":", "："} {
		t = strings.TrimPrefix(strings.TrimSpace(t), word)
	}
	out := make([]byte, 0, HouseholdCodeLen)
	for _, r := range t {
		switch {
		case strings.ContainsRune(" -.,，。、·\n", r):
			continue
		case r == 'o':
			r = '0'
		case r == 'l' || r == 'i':
			r = '1'
		case strings.ContainsRune(hanNumerals, r) && r != '十' && r != '百':
			n, _ := zh.Number(string(r))
			r = '0' + rune(n)
		}
		if r < '0' || r > '9' || len(out) == HouseholdCodeLen {
			return "", ErrNoCode
		}
		out = append(out, byte(r))
	}
	if len(out) != HouseholdCodeLen {
		return "", ErrNoCode
	}
	if checkDigit(out[:householdDigits]) != out[householdDigits] {
		return "", ErrCodeSlip
	}
	return string(out), nil
}

// ShowHouseholdCode writes a code as cards show it, in groups that are easy to carry over: 1234 5678 9.
func ShowHouseholdCode(code string) string {
	var groups []string
	for len(code) > 4 {
		groups, code = append(groups, code[:4]), code[4:]
	}
	return strings.Join(append(groups, code), " ")
}

// damm is a totally anti-symmetric quasigroup of order ten (H. M. Damm, 2004): the check digit made with it finds every
// single wrong digit and every swap of neighbours, which modulo sums do not.
var damm = [10][10]byte{
	{0, 3, 1, 7, 5, 9, 8, 6, 4, 2},
	{7, 0, 9, 2, 1, 5, 4, 8, 6, 3},
	{4, 2, 0, 6, 8, 7, 1, 3, 5, 9},
	{1, 7, 5, 0, 9, 8, 3, 4, 2, 6},
	{6, 1, 2, 3, 0, 4, 5, 9, 7, 8},
	{3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
	{5, 8, 6, 9, 7, 2, 0, 1, 3, 4},
	{8, 9, 4, 5, 3, 6, 2, 0, 1, 7},
	{9, 4, 3, 8, 6, 1, 7, 2, 0, 5},
	{2, 5, 8, 1, 4, 3, 6, 7, 9, 0},
}

func checkDigit(digits []byte) byte {
	var c byte
	for _, d := range digits {
		c = damm[c][d-'0']
	}
	return '0' + c
}

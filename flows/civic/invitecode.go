package civic

import (
	"errors"
	"math/big"
	"strings"

	"yishi/flows/zh"
)

// An invitation's code is twelve characters, the last of which checks the others. They are read out
// on the phone and copied from paper, so none looks like another (no 0 1 O I L Z S B G, no vowels) and
// none sounds like another in a Chinese mouth (of B D P T V only T, of M N only M). Eleven free ones are
// 47 bits.
const (
	inviteLetters = "23456789CFHJKMQRTWXY"
	inviteFree    = 11
	// InviteCodeLen is how many characters a code has, without dashes.
	InviteCodeLen = inviteFree + 1
)

// Why a typed text is no code.
var (
	ErrNoInvite   = errors.New("not an invitation's code")
	ErrInviteSlip = errors.New("invitation's code mistyped")
)

// InviteCode makes a code of random or keyed bytes, of which 16 or more are taken as one number.
func InviteCode(from []byte) string {
	n, base, rest := new(big.Int).SetBytes(from), big.NewInt(int64(len(inviteLetters))), new(big.Int)
	out := make([]byte, inviteFree)
	for i := range out {
		n.DivMod(n, base, rest)
		out[i] = inviteLetters[rest.Int64()]
	}
	return string(append(out, inviteCheck(out)))
}

// inviteCheck is Luhn's sum over an even base: it finds every single wrong character and nearly
// every swap of neighbours.
func inviteCheck(code []byte) byte {
	base, sum := len(inviteLetters), 0
	for i := range code {
		v := strings.IndexByte(inviteLetters, code[len(code)-1-i])
		if i%2 == 0 {
			v = 2*v/base + 2*v%base
		}
		sum += v
	}
	return inviteLetters[(base-sum%base)%base]
}

// ShowInviteCode writes a code in groups of four: 4K7M-2QXR-9TWC.
func ShowInviteCode(code string) string {
	if len(code) != InviteCodeLen {
		return code
	}
	return code[:4] + "-" + code[4:8] + "-" + code[8:]
}

// inviteWords may stand before a code.
var inviteWords = [...]string{"我的", "邀请码", "接受邀请", "邀请", "码", "是", ":"}

// ReadInviteCode reads a code as people type it: with 邀请 or 邀请码 before it or not, small letters,
// full width, spaces, dots, any dashes or none. ErrNoInvite: no code was meant; ErrInviteSlip: one
// was, and is mistyped, which tells a guesser nothing and need not count as a try.
func ReadInviteCode(text string) (string, error) {
	t := strings.ToUpper(zh.Narrow(zh.Clean(text)))
	named := false
	for _, w := range inviteWords {
		rest, ok := strings.CutPrefix(strings.TrimSpace(t), w)
		if ok {
			t, named = rest, true
		}
	}
	code := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -—–‐‑−－_.,，。、·~\n", r) {
			return -1
		}
		return r
	}, t)
	plain := func(r rune) bool { return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' }
	if code == "" || strings.ContainsFunc(code, func(r rune) bool { return !plain(r) }) {
		return "", ErrNoInvite
	}
	if !named && len(code) != InviteCodeLen {
		return "", ErrNoInvite
	}
	digits := !strings.ContainsFunc(code, func(r rune) bool { return r > '9' })
	if !named && (digits || !strings.ContainsAny(code, "0123456789")) {
		return "", ErrNoInvite // a phone number, or a word
	}
	good := len(code) == InviteCodeLen && !strings.ContainsFunc(code, func(r rune) bool { return !strings.ContainsRune(inviteLetters, r) })
	if !good || inviteCheck([]byte(code[:inviteFree])) != code[inviteFree] {
		return "", ErrInviteSlip
	}
	return code, nil
}

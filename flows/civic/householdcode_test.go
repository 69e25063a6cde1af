package civic

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

var codeSeeds = rapid.Custom(func(t *rapid.T) (seed [HouseholdCodeSeed]byte) {
	copy(seed[:], rapid.SliceOfN(rapid.Byte(), HouseholdCodeSeed, HouseholdCodeSeed).Draw(t, "seed"))
	return seed
})

func TestHouseholdCodeIsReadAsTyped(t *testing.T) {
	code := HouseholdCode([HouseholdCodeSeed]byte{1, 2, 3, 4, 5, 6, 7, 8})
	if len(code) != HouseholdCodeLen || ShowHouseholdCode(code) != code[:4]+" "+code[4:8]+" "+code[8:] {
		t.Fatalf("code %q is shown as %q", code, ShowHouseholdCode(code))
	}
	for name, text := range map[string]string{
		"as shown":      ShowHouseholdCode(code),
		"dashes":        code[:3] + "-" + code[3:6] + "—" + code[6:],
		"with its name": "我的住户码是：" + code + "。",
		"card":          "门牌卡 " + code,
	} {
		if got, err := ReadHouseholdCode(text); got != code || err != nil {
			t.Errorf("%s: %q gave %q, %v", name, text, got, err)
		}
	}
	if got := checkDigit([]byte("572")); got != '4' { // the example that everybody gives
		t.Errorf("the check digit of 572 is %c", got)
	}
	zeros := "00000000" + string(checkDigit([]byte("00000000")))
	for _, text := range []string{"OOOO oooo 0", "００００００００　０", "零零零零〇〇〇〇零"} {
		if got, err := ReadHouseholdCode(text); got != zeros || err != nil {
			t.Errorf("%q gave %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1234", "12345678", "1234567890", "13800138000", "张三", "3幢501", "12345678a", "九个数字", "十十十十十十十十十"} {
		if got, err := ReadHouseholdCode(text); got != "" || !errors.Is(err, ErrNoCode) {
			t.Errorf("%q is no code, gave %q, %v", text, got, err)
		}
	}
}

func TestHouseholdCodeTellsASlipFromAGuess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := HouseholdCode(codeSeeds.Draw(t, "seed"))
		if got, err := ReadHouseholdCode(code); got != code || err != nil {
			t.Fatalf("%q gave %q, %v", code, got, err)
		}
		for at := range code {
			for d := byte('0'); d <= '9'; d++ {
				wrong := []byte(code)
				if wrong[at] == d {
					continue
				}
				wrong[at] = d
				if got, err := ReadHouseholdCode(string(wrong)); got != "" || !errors.Is(err, ErrCodeSlip) {
					t.Fatalf("%s for %s was not noticed: %q, %v", wrong, code, got, err)
				}
			}
			if at == 0 || code[at] == code[at-1] {
				continue
			}
			swapped := []byte(code)
			swapped[at], swapped[at-1] = swapped[at-1], swapped[at]
			if got, err := ReadHouseholdCode(string(swapped)); got != "" || !errors.Is(err, ErrCodeSlip) {
				t.Fatalf("%s for %s was not noticed: %q, %v", swapped, code, got, err)
			}
		}
	})
}

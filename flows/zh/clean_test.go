package zh

import (
	"strings"
	"testing"
)

const (
	family  = "👨\u200d👩\u200d👧\u200d👦"
	england = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "楼道灯坏了", "楼道灯坏了"},
		{"zero width", "楼\u200b道\u200c灯\u2060坏\ufeff了", "楼道灯坏了"},
		{"joiner between letters", "楼\u200d道", "楼道"},
		{"direction controls", "\u202e楼道\u202c\u2066灯\u2069", "楼道灯"},
		{"soft hyphen", "电\u00ad梯", "电梯"},
		{"control codes", "灯\x00坏\x07了\x1b[0m\u0085", "灯坏了[0m"},
		{"trimmed", "　\u00a0 灯坏了 \t\u3000\n", "灯坏了"},
		{"spaces", "灯  坏\u00a0\u3000了\t吧", "灯 坏 了 吧"},
		{"filler letters are space", "灯\u3164\u2800坏", "灯 坏"},
		{"lines", "第一行 \r\n\r\n 第二行\u2028第三行", "第一行\n第二行\n第三行"},
		{"family", family, family},
		{"family in a text", "我家" + family + "住3幢", "我家" + family + "住3幢"},
		{"skin tone and job", "👩🏽\u200d🚀", "👩🏽\u200d🚀"},
		{"burning heart", "❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"},
		{"flag", "🇨🇳", "🇨🇳"},
		{"flag with tags", england, england},
		{"tags without a flag", "灯\U000e0067\U000e007f", "灯"},
		{"keycap", "2\ufe0f\u20e3", "2\ufe0f\u20e3"},
		{"selector on a letter", "灯\ufe0f坏", "灯坏"},
		{"variant of a name", "葛\U000e0100", "葛\U000e0100"},
		{"joiner at the end", "👨\u200d", "👨"},
		{"joiner twice", "👨\u200d\u200d👩", "👨\u200d👩"},
		{"marks", "a" + strings.Repeat("\u0301", 50), "a" + strings.Repeat("\u0301", 8)},
		{"marks without a letter", "\u0301\u0301灯 \u0301坏", "灯 坏"},
		{"accent", "e\u0301", "e\u0301"},
		{"broken bytes", "灯\xff\xfe坏\xe7\x81", "灯坏"},
		{"no characters", "灯\ufffe\uffff", "灯"},
		{"only invisible", "\u200b\u200d\u2060", ""},
		{"full width stays", "２号楼！", "２号楼！"},
		{"empty", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Clean(c.in); got != c.want {
				t.Errorf("Clean(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestFold(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "环境卫生", "环境卫生"},
		{"traditional", "電梯壞了，請修復！", "电梯坏了,请修复"},
		{"width and case", "ＷｉＦｉ　５Ｇ", "wifi 5g"},
		{"ends", "“提交。”！～", "提交"},
		{"middle stays", "1、3、5", "1、3、5"},
		{"circled", "②", "2"},
		{"circled in a row", "①③", "1 3"},
		{"circled in a word", "第②个", "第2个"},
		{"square metre", "20㎡", "20m2"},
		{"lines", "灯\n坏", "灯 坏"},
		{"emoji stays", "好👌", "好👌"},
		{"zero stays", "二〇", "二〇"},
		{"only punctuation", "？！。", ""},
		{"empty", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Fold(c.in); got != c.want {
				t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestNarrow(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"wide", "Ｎｏ．０１８　理由：太贵。", "No.018 理由:太贵。"},
		{"narrow", "No.018", "No.018"},
		{"empty", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Narrow(c.in); got != c.want {
				t.Errorf("Narrow(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestRunesAndCuts(t *testing.T) {
	for _, c := range []struct {
		name, in     string
		n            int
		cut2, bytes8 string
	}{
		{"empty", "", 0, "", ""},
		{"Latin", "abcdefghi", 9, "a…", "abcdefgh"},
		{"two characters", "灯坏", 2, "灯坏", "灯坏"},
		{"Han", "楼道灯坏了", 5, "楼…", "楼道"},
		{"blank before the cut", "楼 道灯", 4, "楼…", "楼 道"},
		{"family", family + "好了", 3, family + "…", ""},
		{"flag", "🇨🇳🇨🇳🇨🇳", 3, "🇨🇳…", "🇨🇳"},
		{"flag with tags", england + "a", 2, england + "a", ""},
		{"accents", "e\u0301e\u0301e\u0301", 3, "e\u0301…", "e\u0301e\u0301"},
		{"keycap", "2\ufe0f\u20e3x", 2, "2\ufe0f\u20e3x", "2\ufe0f\u20e3x"},
		{"skin tone", "👍🏽👍🏽", 2, "👍🏽👍🏽", "👍🏽"},
		{"line break", "a\r\nb", 3, "a…", "a\r\nb"},
		{"broken bytes", "\xff\xff\xff", 3, "\xff…", "\xff\xff\xff"},
		{"Hangul", "한국", 2, "한국", "한국"},
		{"Hangul in parts", "\u1112\u1161\u11ab", 1, "\u1112\u1161\u11ab", ""},
		{"endless marks", "a" + strings.Repeat("\u0301", 63), 2, "a" + strings.Repeat("\u0301", 63), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Runes(c.in); got != c.n {
				t.Errorf("Runes(%q) = %d, want %d", c.in, got, c.n)
			}
			if got := Cut(c.in, 2); got != c.cut2 {
				t.Errorf("Cut(%q, 2) = %q, want %q", c.in, got, c.cut2)
			}
			if got := CutBytes(c.in, 8); got != c.bytes8 {
				t.Errorf("CutBytes(%q, 8) = %q, want %q", c.in, got, c.bytes8)
			}
		})
	}
	if got := Cut("灯坏", 0) + CutBytes("灯坏", -1) + Cut("灯坏", -1); got != "" {
		t.Errorf("cut to nothing leaves %q", got)
	}
	if got := Cut("灯坏", 1); got != "…" {
		t.Errorf("Cut to 1 = %q", got)
	}
}

func TestPairs(t *testing.T) {
	rs := []rune(pairs)
	if len(rs)%2 != 0 {
		t.Fatal("pairs has an odd number of characters")
	}
	for i := 0; i < len(rs); i += 2 {
		if !han(rs[i]) || !han(rs[i+1]) || rs[i] == rs[i+1] || simple(rs[i]) != rs[i+1] || simple(rs[i+1]) != rs[i+1] {
			t.Errorf("pair %c%c is not a step from traditional to simplified", rs[i], rs[i+1])
		}
	}
}

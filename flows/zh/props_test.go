package zh

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// hanOf writes a number in Chinese, as Number reads it back.
func hanOf(n int) string {
	const digits = "零一二三四五六七八九"
	digit := func(d int) string { return digits[3*d : 3*d+3] }
	if n < 10 {
		return digit(n)
	}
	for _, u := range []struct {
		size int
		name string
	}{{100_000_000, "亿"}, {10_000, "万"}, {1000, "千"}, {100, "百"}, {10, "十"}} {
		if n < u.size {
			continue
		}
		s, rest := hanOf(n/u.size)+u.name, n%u.size
		switch {
		case rest == 0:
		case rest < u.size/10:
			s += "零" + hanOf(rest)
		default:
			s += hanOf(rest)
		}
		return s
	}
	return ""
}

// texts draws what people and attackers send: pieces that matter to this package, and noise.
func texts() *rapid.Generator[string] {
	pieces := []string{
		"1", "2", "13", "138", "0013", "8000", "13800138000", "0512", "65123456", "320505199001011234", "X", "+86", "-", " ", "、", "，", "。", "?", "．",
		"二", "两", "十", "百", "万", "零", "第", "个", "号", "楼", "不", "选", "或", "和", "我", "吧", "环境", "卫生", "電", "梯", "ｗ", "Ａ", "b", "②", "⑵", "½", "㎡", "²", "着火了", "以前", "怕",
		"👨", "👩", "🏽", "🇨", "🇳", "🏴", "\u200d", "\ufe0f", "\u20e3", "\u0301", "\u200b", "\u202e", "\u3000", "\n", "\t", "\x00", "\xff", "\xe7\x81", "\U000e0067", "\U000e007f", "\u1112", "\u1161", "İ", "ﷺ", "\u0345", "ſ",
	}
	piece := rapid.OneOf(rapid.SampledFrom(pieces), rapid.SampledFrom(pieces), rapid.StringN(1, 1, -1))
	return rapid.Map(rapid.SliceOfN(piece, 0, 24), func(ps []string) string { return strings.Join(ps, "") })
}

func TestNumberReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(0, 1000), rapid.IntRange(0, maxNumber)).Draw(t, "n")
		for _, s := range []string{hanOf(n), strconv.Itoa(n), "第" + hanOf(n) + "个", "选" + strconv.Itoa(n) + "。"} {
			if got, ok := Number(s); !ok || got != n {
				t.Fatalf("Number(%q) = %d, %v, want %d", s, got, ok, n)
			}
		}
	})
}

func TestSpokenTeens(t *testing.T) {
	for n := 10; n < 20; n++ {
		s := strings.TrimPrefix(hanOf(n), "一")
		if got, ok := Number(s); !ok || got != n {
			t.Errorf("Number(%q) = %d, %v, want %d", s, got, ok, n)
		}
	}
}

func TestCleanIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkClean(t, texts().Draw(t, "text")) })
}

func checkClean(t rapid.TB, s string) {
	c := Clean(s)
	if again := Clean(c); again != c {
		t.Fatalf("Clean(%q) = %q, again %q", s, c, again)
	}
	if !utf8.ValidString(c) || strings.ContainsAny(c, "\u200b\u202e\x00\t\r\ufeff") || strings.Contains(c, "  ") || c != strings.TrimSpace(c) {
		t.Fatalf("Clean(%q) = %q", s, c)
	}
	f := Fold(s)
	if again := Fold(f); again != f {
		t.Fatalf("Fold(%q) = %q, again %q", s, f, again)
	}
	if again := Fold(c); again != f {
		t.Fatalf("Fold(%q) = %q, but cleaned first %q", s, f, again)
	}
	checkCuts(t, s)
	checkCuts(t, c)
}

func checkCuts(t rapid.TB, s string) {
	n := Runes(s)
	for _, most := range []int{0, 1, 2, 5} {
		cut := Cut(s, most)
		if Runes(cut) > most || n <= most && cut != s {
			t.Fatalf("Cut(%q, %d) = %q", s, most, cut)
		}
		short := CutBytes(s, most*3)
		if len(short) > most*3 || !strings.HasPrefix(s, short) {
			t.Fatalf("CutBytes(%q, %d) = %q", s, most*3, short)
		}
		if Runes(short)+Runes(s[len(short):]) != n {
			t.Fatalf("CutBytes(%q, %d) = %q cuts a character", s, most*3, short)
		}
	}
}

// joined and spaced are patterns that no masked text may have; the latter as people see it,
// that is, cleaned.
var (
	joined = regexp.MustCompile(`1[3-9]\d{9}|\d{15}`)
	spaced = regexp.MustCompile(`(?:^|\D)(?:1[3-9]\d[- ]?\d{4}[- ]?\d{4}|[1-6]\d{5}[- ]?19\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d)[- ]?\d{3}[\dxX])(?:\D|$)`)
)

func TestMaskLeavesNothingPrivate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkMask(t, texts().Draw(t, "text")) })
}

func checkMask(t rapid.TB, s string) {
	m := Mask(s)
	if again := Mask(m); again != m {
		t.Fatalf("Mask(%q) = %q, again %q", s, m, again)
	}
	if found := joined.FindString(m) + joined.FindString(Clean(m)); found != "" {
		t.Fatalf("Mask(%q) = %q leaves %q", s, m, found)
	}
	c := Clean(s)
	if found := spaced.FindString(Mask(c)); found != "" {
		t.Fatalf("Mask(%q) = %q leaves %q", c, Mask(c), found)
	}
}

func TestMaskFindsPhonesAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.StringMatching(`1[3-9][0-9]{9}`).Draw(t, "phone")
		sep := rapid.SampledFrom([]string{"", " ", "-", "－", "·", "　", "\u200b", "、", "，", ". ", " - "}).Draw(t, "separator")
		s := "找我" + d[:3] + sep + d[3:7] + sep + d[7:] + "谢谢"
		if got := Mask(s); got != "找我"+maskedPhone+"谢谢" {
			t.Fatalf("Mask(%q) = %q", s, got)
		}
	})
}

func TestChoiceNeverGuesses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkChoice(t, texts().Draw(t, "text"), rapid.SliceOfN(texts(), 0, 6).Draw(t, "options"))
	})
}

func checkChoice(t rapid.TB, s string, options []string) {
	i, v := Choice(s, options)
	if v == Sure && (i < 0 || i >= len(options)) || v != Sure && i != -1 {
		t.Fatalf("Choice(%q, %q) = %d, %d", s, options, i, v)
	}
	n := len(options)
	picked, v := Choices(s, n, 2)
	for _, p := range picked {
		if p < 0 || p >= n {
			t.Fatalf("Choices(%q, %d, 2) = %v", s, n, picked)
		}
	}
	if v == Sure && (len(picked) == 0 || len(picked) > 2) || v != Sure && v != Unsure && picked != nil {
		t.Fatalf("Choices(%q, %d, 2) = %v, %d", s, n, picked, v)
	}
	for _, no := range []string{"不选" + strconv.Itoa(n), "除了" + strconv.Itoa(n), strconv.Itoa(n) + "？"} {
		if _, v := Choice(no, []string{"甲方", "乙方"}); v == Sure {
			t.Fatalf("Choice(%q) is sure", no)
		}
	}
	YesNo(s)
	Said(s, options...)
	Contains(s, options...)
	Emergency(s)
	if n, ok := Number(s); ok && (n < 0 || n > maxNumber) {
		t.Fatalf("Number(%q) = %d", s, n)
	}
}

func TestLikenessIsSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := GramsOf(texts().Draw(t, "a")), GramsOf(texts().Draw(t, "b"))
		l := Alike(a, b)
		if l != Alike(b, a) || l < 0 || l > 1 || l < Dice(a, b) || Dice(a, b) != Dice(b, a) {
			t.Fatalf("Alike(%v, %v) = %f", a, b, l)
		}
		if len(a) > 0 && Alike(a, a) != 1 {
			t.Fatalf("a text is %f like itself", Alike(a, a))
		}
		if !slices.IsSorted(a) || len(slices.Compact(slices.Clone(a))) != len(a) {
			t.Fatalf("grams %v are not sorted and unique", a)
		}
	})
}

func FuzzChoice(f *testing.F) {
	for _, s := range []string{"2", "第二个", "2和3都不要", "2号楼的灯坏了", "我选B", "①③"} {
		f.Add(s, "环境卫生|停车|说不清")
	}
	f.Fuzz(func(t *testing.T, s, options string) { checkChoice(t, s, strings.Split(options, "|")) })
}

func FuzzMask(f *testing.F) {
	for _, s := range []string{"138 0013 8000", "32050519900101123X", "0512-65123456", "6222 0212 3456 7890 123", "2027-018"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkMask(t, s) })
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{family, england, "a\u0301\u0301", "①③ ½ ﷺ", "\xff灯\u200d坏"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkClean(t, s) })
}

func BenchmarkChoice(b *testing.B) {
	kinds := []string{"为老服务", "文化服务", "环境卫生", "自治管理", "青少年服务", "说不清"}
	for _, s := range []string{"2", "第二个", "环境", "河边有人乱晾衣服", "２号楼的燈壞了"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Choice(s, kinds)
			}
		})
	}
}

func BenchmarkSaid(b *testing.B) {
	for _, s := range []string{"2", "提交", "河边有人乱晾衣服"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Said(s, "返回", "取消", "跳过", "继续", "菜单", "帮助", "人工")
			}
		})
	}
}

func BenchmarkText(b *testing.B) {
	s := strings.Repeat("河边有人乱晾衣服，希望社区装个晾衣架，谢谢。", 10)
	for name, f := range map[string]func(){
		"Clean":     func() { Clean(s) },
		"Mask":      func() { Mask(s) },
		"Emergency": func() { Emergency(s) },
		"GramsOf":   func() { GramsOf(s) },
		"Runes":     func() { Runes(s) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}

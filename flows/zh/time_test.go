package zh

import (
	"strings"
	"testing"
	"time"
)

// TestTimeGrowsWithLength runs every reader on long texts built to be slow for it. The bound is
// far above what they need and far below what anything quadratic would take.
func TestTimeGrowsWithLength(t *testing.T) {
	const size = 200_000
	for _, piece := range []string{
		"1", "1 ", "1、", "13", "1\u200b", "\u200b", "\u0301", "a\u0301", "👨\u200d", "🇨", "二", "二万", "亿", "不", "或", "的", "我", "环", "環境", "电", "着火", "担心着火", "担心,着火。", "着", "(", "?", " ", "\n", "②", "½", "\xff", "对", "好的",
		"\u1160", "ﷺ", "+", "0512", "救命,", "希望",
	} {
		s := strings.Repeat(piece, size/len(piece))
		begun := time.Now()
		Clean(s)
		Fold(s)
		Number(s)
		Choice(s, []string{"环境卫生", s, "停车"})
		Choices(s, 9, 3)
		YesNo(s)
		Said(s, "提交", s)
		Contains(s, "停车")
		Mask(s)
		Emergency(s)
		Likeness(s, s)
		Runes(s)
		Cut(s, size)
		CutBytes(s, size-1)
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%q repeated took %v", piece, took)
		} else {
			t.Logf("%q %v", piece, took)
		}
	}
}

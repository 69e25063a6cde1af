package zh

import (
	"strings"
	"testing"
	"time"
)

// TestTimeGrowsWithLength runs every reader on texts built to be slow for it. Four times the
// text may take four times as long, with room for a busy machine, but not sixteen times.
func TestTimeGrowsWithLength(t *testing.T) {
	for _, piece := range []string{
		"1", "1 ", "1、", "13", "1\u200b", "\u200b", "\u0301", "a\u0301", "👨\u200d", "🇨", "二", "二万", "亿", "不", "或", "的", "我", "环", "環境", "电", "着火", "担心着火", "担心,着火。", "着",
		"(", "?", " ", "\n", "②", "½", "\xff", "对", "好的", "\u1160", "ﷺ", "+", "0512", "救命,", "希望",
	} {
		t.Run(piece, func(t *testing.T) {
			for try := 1; ; try++ {
				short, long := readAll(piece, 5_000), readAll(piece, 20_000)
				if long < 100*time.Millisecond || long < 10*short {
					return
				}
				if try == 3 {
					t.Fatalf("20 kB took %v, 5 kB %v", long, short)
				}
			}
		})
	}
}

// readAll is how long all readers together take for a text of so many bytes.
func readAll(piece string, size int) time.Duration {
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
	return time.Since(begun)
}

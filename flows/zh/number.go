package zh

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxNumber is the greatest number that is read; what is longer is an id or a mistake.
const maxNumber = 999_999_999

// Number reads a text that says one whole number from 0 to 999,999,999 and nothing else,
// however written: 2, ２, 二, 两, 贰, ②, 2️⃣, 十二, 两百, 3万, "2.", 第二个, 2号, 选2. Signs,
// fractions, several numbers and negations are not numbers.
func Number(s string) (n int, ok bool) {
	if n, ok := digits(s); ok {
		return n, true
	}
	c, ok := readCount(bare(flatten(s)))
	return c.n, ok && c.n <= maxNumber
}

// digits reads one to three ASCII digits: the usual answer, without any work.
func digits(s string) (n int, ok bool) {
	if s == "" || len(s) > 3 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// count is a number with what its wording says about it.
type count struct {
	n       int
	several bool // counts things (2个) instead of naming one (第2个, 2号)
}

// readCount reads a bare text that is one number and nothing else.
func readCount(t string) (count, bool) {
	t, ordinal := strings.CutPrefix(t, "第")
	n, rest, ok := scanNumber(strings.TrimLeft(t, " "))
	if !ok {
		return count{}, false
	}
	rest = strings.TrimLeft(rest, " ")
	if rest == "" || rest == "号" || rest == "号选项" || rest == "选项" {
		return count{n: n}, true
	}
	for _, w := range [...]string{"个选项", "个", "项", "条", "种", "件", "款", "位", "题", "张"} {
		if rest == w {
			return count{n: n, several: !ordinal}, true
		}
	}
	return count{}, false
}

// scanNumber reads the number at the beginning of a flat text. A run of digits that is too
// long reads as maxNumber+1.
func scanNumber(t string) (n int, rest string, ok bool) {
	i := 0
	for i < len(t) && t[i] >= '0' && t[i] <= '9' {
		n = min(n*10+int(t[i]-'0'), maxNumber+1)
		i++
	}
	if i == 0 {
		return scanHan(t)
	}
	r, w := utf8.DecodeRuneInString(t[i:])
	if v, unit := hanDigit(r); unit && v >= 100 {
		return min(n*min(v, maxNumber), maxNumber+1), t[i+w:], true
	}
	return n, t[i:], true
}

// scanHan reads the run of Chinese numerals at the beginning of a flat text.
func scanHan(t string) (n int, rest string, ok bool) {
	end := 0
	for i, r := range t {
		if v, _ := hanDigit(r); v < 0 {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	if end == 0 {
		return 0, t, false
	}
	n, ok = hanNumber(t[:end])
	return n, t[end:], ok
}

// hanDigit is the value of one Chinese numeral, -1 if r is none; unit is set for 十 and above,
// and for 廿 and 卅, which are whole tens.
func hanDigit(r rune) (value int, unit bool) {
	switch r {
	case '零', '〇':
		return 0, false
	case '一', '壹':
		return 1, false
	case '二', '两', '贰':
		return 2, false
	case '三', '叁':
		return 3, false
	case '四', '肆':
		return 4, false
	case '五', '伍':
		return 5, false
	case '六', '陆':
		return 6, false
	case '七', '柒':
		return 7, false
	case '八', '捌':
		return 8, false
	case '九', '玖':
		return 9, false
	case '十', '拾':
		return 10, true
	case '廿':
		return 20, true
	case '卅':
		return 30, true
	case '百', '佰':
		return 100, true
	case '千', '仟':
		return 1000, true
	case '万':
		return 10_000, true
	case '亿':
		return 100_000_000, true
	}
	return -1, false
}

// hanNumber evaluates a run of Chinese numerals. Digits in a row (一三五) are several numbers
// unless a 零 among them shows that they are read one by one (零一八).
func hanNumber(run string) (int, bool) {
	var e evaluator
	spelled, zero, units, length := 0, false, false, 0
	for _, r := range run {
		v, unit := hanDigit(r)
		if length++; length > 24 {
			return 0, false
		}
		units = units || unit
		zero = zero || v == 0
		spelled = min(spelled*10+v, maxNumber+1)
	}
	if !units {
		return spelled, length == 1 || zero
	}
	for _, r := range run {
		v, unit := hanDigit(r)
		if !e.add(v, unit) {
			return 0, false
		}
	}
	return e.total()
}

// evaluator adds up 三千二百零五万一: sections below 万 and 亿, digits with their units.
type evaluator struct {
	sum, section int
	digit        int // waiting for its unit; 0 if none
	zero         bool
	unit         int // last unit read, 0 at the beginning
	inner        int // last unit read in this section, 0 if none
	outer        int // last of 万 and 亿, 0 if none
}

func (e *evaluator) add(v int, unit bool) bool {
	switch {
	case !unit && v == 0:
		ok := e.digit == 0 && !e.zero && e.unit != 0
		e.zero = true
		return ok
	case !unit:
		ok := e.digit == 0
		e.digit = v
		return ok
	case v >= 10_000:
		return e.close(v)
	}
	size := v
	if v == 20 || v == 30 {
		if e.digit != 0 {
			return false
		}
		e.digit, size = v/10, 10
	}
	if e.inner != 0 && size >= e.inner || e.digit == 0 && size != 10 {
		return false
	}
	e.section += max(e.digit, 1) * size
	e.digit, e.zero, e.inner, e.unit = 0, false, size, size
	return true
}

// close ends a section at 万 or 亿.
func (e *evaluator) close(v int) bool {
	e.section += e.digit
	if e.section == 0 || e.outer != 0 && v >= e.outer || e.section > maxNumber/v {
		return false
	}
	e.sum += e.section * v
	e.section, e.digit, e.zero, e.inner, e.unit, e.outer = 0, 0, false, 0, v, v
	return true
}

// total ends the number; 一百三 is 130, 一万二 is 12,000.
func (e *evaluator) total() (int, bool) {
	if e.digit == 0 && e.zero {
		return 0, false
	}
	if !e.zero && e.unit >= 100 {
		e.digit *= e.unit / 10
	}
	n := e.sum + e.section + e.digit
	return n, n <= maxNumber
}

// leads are words before an answer that change nothing about it, longest first.
var leads = [...]string{
	"您好", "你好", "好的", "选项", "选择", "答案", "回复", "那就", "我们", "麻烦",
	"我", "就", "只", "那", "选", "投", "回", "请", "是", "要", "想", "好", "嗯", "no.",
}

// trails are words after an answer that change nothing about it, longest first.
var trails = [...]string{"谢谢您", "谢谢你", "谢谢", "多谢", "麻烦了", "辛苦了", "吧", "了", "啊", "呀", "哦", "噢", "呗", "哈", "嘛"}

// bare strips a flat text of politeness, particles, brackets and closing punctuation. A
// question mark, a sign or a negation stays and so keeps the text from being an answer.
func bare(t string) string { return trimLead(trimTrail(t)) }

func trimLead(t string) string {
	for {
		t = strings.TrimLeft(t, " ,:;!、。…~#([{\"'“‘「『【《〈")
		before := t
		for _, w := range leads {
			if rest, ok := strings.CutPrefix(t, w); ok && rest != "" {
				t = rest
				break
			}
		}
		if t == before {
			return t
		}
	}
}

func trimTrail(t string) string {
	for {
		before := t
		t = strings.TrimRightFunc(t, closing)
		for _, w := range trails {
			if rest, ok := strings.CutSuffix(t, w); ok && rest != "" {
				t = rest
				break
			}
		}
		if t == before {
			return t
		}
	}
}

// closing reports whether r may follow an answer: punctuation other than a question mark, emoji.
func closing(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return strings.ContainsRune(" .,;:!~)]}\"'", r)
	case han(r):
		return false
	case r >= 0x3001 && r <= 0x3011:
		return r != '〇' && r != '〆'
	}
	return r == '”' || r == '’' || r == '…' || r == zwj || pictograph(r) || skin(r) || unicode.IsMark(r)
}

package zh

import (
	"strings"
	"unicode/utf8"
)

// maxAnswer is the length in bytes of a folded text beyond which it is no vague answer any more
// but a text of its own.
const maxAnswer = 240

// Choice reads an answer to a question with numbered options; i counts from 0 and is -1
// unless the verdict is Sure. It understands numbers as Number does, letters (选B) unless the
// options are letters themselves, the option's own words or a part that only one option has,
// and a number with words that agree (2、环境).
//
// A text that names options but negates, doubts, asks or mixes them is Unsure, as is 最后一个,
// because people do not always see the list that was sent. A text that has digits for other
// reasons (2号楼的灯坏了) is None.
func Choice(s string, options []string) (i int, v Verdict) {
	s = strings.TrimSpace(s)
	if n, ok := digits(s); ok {
		return numbered(s, n, options)
	}
	t := flatten(s)
	if t == "" {
		return -1, None
	}
	tail := trimTrail(t)
	core := trimLead(tail)
	if c, ok := readCount(core); ok {
		if c.several {
			return -1, Unsure
		}
		return numbered(core, c.n, options)
	}
	for i, o := range options {
		if f := Fold(o); f != "" && (f == t || same(f, tail) || f == core) {
			return i, Sure
		}
	}
	if i, v := lettered(t, core, options); v != None {
		return i, v
	}
	if i, v := worded(tail, options); v != None {
		return i, v
	}
	if i, v := worded(core, options); v != None {
		return i, v
	}
	return -1, vague(t, options)
}

// numbered settles a number: an option that is that number by its own words (5 of 1分 … 5分)
// must not be taken for the one in that place.
func numbered(digits string, n int, options []string) (int, Verdict) {
	own := -1
	for i, o := range options {
		if o == "" || (o[0] < '0' || o[0] > '9') && o[0] != "０"[0] {
			continue
		}
		f := Fold(o)
		if f == "" || f[0] < '0' || f[0] > '9' {
			continue
		}
		if f == digits {
			own = i
			break
		}
		if m, rest, ok := scanNumber(f); ok && m == n && utf8.RuneCountInString(rest) <= 2 {
			own = i
		}
	}
	inside := n >= 1 && n <= len(options)
	switch {
	case own >= 0 && (!inside || own == n-1):
		return own, Sure
	case own >= 0:
		return -1, Unsure
	case inside:
		return n - 1, Sure
	}
	return -1, Out
}

// lettered reads B, b, 选B, B项. Options that begin with letters of their own are left to
// their words unless both agree.
func lettered(t, core string, options []string) (int, Verdict) {
	core = strings.TrimSuffix(strings.TrimSuffix(core, "项"), "选")
	if len(core) != 1 || core[0] < 'a' || core[0] > 'z' {
		return -1, None
	}
	at, own := int(core[0]-'a'), -1
	for i, o := range options {
		f := Fold(o)
		if f == "" || f[0] < 'a' || f[0] > 'z' || len(f) > 1 && f[1] >= 'a' && f[1] <= 'z' {
			continue
		}
		if f[0] == core[0] {
			own = i
		} else if own < 0 {
			own = len(options) // letters of their own, this one not yet among them
		}
	}
	switch {
	case own == len(options):
		return -1, Unsure
	case own >= 0 && own != at:
		return -1, Unsure
	case at < len(options):
		return at, Sure
	case strings.Contains(t, "选"):
		return -1, Out
	}
	return -1, None
}

// worded compares an answer with the options' words.
func worded(core string, options []string) (int, Verdict) {
	if n, rest, ok := scanNumber(core); ok {
		rest = strings.TrimLeft(rest, " .、,:()[]-")
		if i, v := partOf(rest, options); v == Sure {
			if i == n-1 {
				return i, Sure
			}
			return -1, Unsure
		}
	}
	if i, v := partOf(core, options); v != None {
		return i, v
	}
	return holds(core, options)
}

// partOf finds the one option that has the words in it. A part that follows a negation in the
// option (一样 in 不一样) means the opposite and counts for several.
func partOf(words string, options []string) (int, Verdict) {
	if utf8.RuneCountInString(words) < 2 {
		return -1, None
	}
	found := -1
	for i, o := range options {
		f := Fold(o)
		before, _, ok := strings.Cut(f, words)
		if !ok {
			continue
		}
		if found >= 0 || negated(before) {
			return -1, Unsure
		}
		found = i
	}
	if found < 0 {
		return -1, None
	}
	return found, Sure
}

// negated reports whether a text ends in a word that turns round what follows.
func negated(before string) bool {
	r, _ := utf8.DecodeLastRuneInString(before)
	return strings.ContainsRune("不没无非别未勿", r) && r != utf8.RuneError
}

// holds finds the option whose words stand whole in the answer, such as 我选环境卫生这个.
// Anything in the answer beyond small words makes it Unsure.
func holds(core string, options []string) (int, Verdict) {
	found, at, end := -1, 0, 0
	for i, o := range options {
		f := main(Fold(o))
		if utf8.RuneCountInString(f) < 2 {
			continue
		}
		p := strings.Index(core, f)
		switch {
		case p < 0:
		case found < 0 || at >= p && end <= p+len(f) && end-at < len(f): // the first, or one that has it inside
			found, at, end = i, p, p+len(f)
		case p < at || p+len(f) > end || len(f) == end-at:
			return -1, Unsure
		}
	}
	if found < 0 {
		return -1, None
	}
	rest := tokens{text: core[:at] + " " + core[end:]}
	for rest.next() {
		if rest.kind == word || rest.kind == doubt || rest.kind == number && rest.n != found+1 {
			return -1, Unsure
		}
	}
	return found, Sure
}

// main is an option without what its punctuation sets apart: 环境卫生 of 环境卫生(垃圾、保洁).
func main(f string) string {
	if i := strings.IndexAny(f, "(,:;、。 "); i > 0 {
		return f[:i]
	}
	return f
}

// vague tells an answer that cannot be settled from a text about something else: nothing but
// small words, numbers and words of the options, with at least one of the latter two.
func vague(t string, options []string) Verdict {
	if len(t) > maxAnswer {
		return None
	}
	if pointing(bare(t)) {
		return Unsure
	}
	named, other := false, false
	for tk := (tokens{text: t}); tk.next(); {
		switch tk.kind {
		case number:
			if !named && !other && strings.ContainsRune(",;。", first(t[tk.ends:])) {
				return Unsure // 选2，灯坏了
			}
			named = true
		case word:
			if _, v := partOf(tk.text[tk.from:tk.ends], options); v != None {
				named = true
			} else {
				other = true
			}
		case small, doubt:
		}
	}
	if named && !other {
		return Unsure
	}
	return None
}

func first(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// pointing reports whether a text points at options without naming one.
func pointing(t string) bool {
	switch t {
	case "最后一个", "最后一项", "最后", "最后那个", "倒数第一个", "上面那个", "下面那个", "上面的", "下面的", "上一个", "下一个",
		"这个", "那个", "前面那个", "后面那个", "中间那个", "前者", "后者", "前两个", "后两个", "都可以", "都行", "随便", "都要",
		"都选", "全都要", "全要", "全选", "全部", "都不要", "都不选", "都不是", "以上都不是", "一个都不选", "无所谓", "你定", "您定":
		return true
	}
	return false
}

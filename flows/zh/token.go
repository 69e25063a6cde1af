package zh

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// kind is what a token of an answer is.
type kind int

const (
	small  kind = iota // changes nothing: 我 选 第 个 、
	doubt              // negates, hedges, asks or offers alternatives: 不 或 可能 ?
	number             // a number, or a run that cannot be settled
	word               // anything else
)

// tokens walks through a flat text of answers: numbers, small words, and the words between.
type tokens struct {
	text string

	kind       kind
	from, ends int // of the token in text
	n          int // of a number; -1 if its run cannot be settled
}

// answerWords is doubts and smalls by first character, longest first; of two equal words the
// doubt comes first. It is read only.
var answerWords = func() map[rune][]answerWord {
	m := map[rune][]answerWord{}
	add := func(words string, k kind) {
		for w := range strings.FieldsSeq(words) {
			m[first(w)] = append(m[first(w)], answerWord{w, k})
		}
	}
	add(doubts, doubt)
	add(smalls, small)
	for _, ws := range m {
		slices.SortStableFunc(ws, func(a, b answerWord) int { return len(b.text) - len(a.text) })
	}
	return m
}()

// answerWord is a word that answers are made of.
type answerWord struct {
	text string
	kind kind
}

// doubts and smalls are the words between numbers.
const doubts = `不知道 不确定 差不多 说不好 说不定 除了 以外 之外 除外 或者 还是 可能 也许 大概 好像 应该 不要 不选 不是 没有 以上 以下 左右 算了 不 别 没 非 未 无 勿
	或 吗 么 呢 到 至 ? - ~ — / * 除`

const smalls = `我觉得 我认为 比较好 都可以 这一个 那一个 选项 选择 答案 回复 那就 我们 你们 麻烦 您好 你好 好的 谢谢 还有 以及 这个 那个 可以 就是 随便 都行 方面 问题
	这类 觉得 认为 同意 支持 投给 个人 首先 其次 然后 最后 这 那 我 就 选 投 回 请 是 要 想 好 嗯 第 个 号 项 条 种 和 跟 与 及 加 都 也 只 仅 行 吧 了
	啊 呀 哦 的 类 给 您 再`

// next moves to the next token; false at the end.
func (t *tokens) next() bool {
	t.from = t.ends
	for t.from < len(t.text) && t.text[t.from] == ' ' {
		t.from++
	}
	if t.from == len(t.text) {
		return false
	}
	if t.known(t.from) {
		return true
	}
	for end := t.from; end < len(t.text); {
		_, w := utf8.DecodeRuneInString(t.text[end:])
		end += w
		if end == len(t.text) || t.text[end] == ' ' || t.known(end) {
			t.kind, t.ends = word, end
			break
		}
	}
	return true
}

// known reads the number or the small word at a place, if there is one.
func (t *tokens) known(at int) bool {
	rest := t.text[at:]
	if n, after, ok := scanNumber(rest); ok || len(after) < len(rest) {
		t.kind, t.n, t.ends = number, n, len(t.text)-len(after)
		if !ok {
			t.n = -1
		}
		return true
	}
	r, w := utf8.DecodeRuneInString(rest)
	for _, a := range answerWords[r] {
		if strings.HasPrefix(rest, a.text) {
			t.kind, t.ends = a.kind, at+len(a.text)
			return true
		}
	}
	if closing(r) || strings.ContainsRune("([{“‘&+|#", r) {
		t.kind, t.ends = small, at+w
		return true
	}
	return false
}

package zh

import (
	"strings"
	"unicode/utf8"
)

// Said reports whether the whole text is one of the words, however typed: width, case,
// traditional characters, spaces, closing punctuation and emoji do not matter, nor do a polite
// 请 or 我要 before the word and a particle after it. A text that asks (提交？) says nothing, unless the
// word is itself a call for help or news.
func Said(s string, words ...string) bool {
	longest := 0
	for _, w := range words {
		longest = max(longest, len(w))
	}
	if len(s) > 4*longest+120 {
		return false
	}
	t := flatten(s)
	asked := strings.ContainsRune(t, '?')
	t = strings.TrimFunc(t, edge)
	for _, w := range words {
		f := Fold(w)
		if f == "" || asked && !harmless(f) {
			continue
		}
		if same(t, f) || said(t, f) {
			return true
		}
	}
	return false
}

// harmless reports whether a word may be read out of a question.
func harmless(w string) bool {
	switch w {
	case "帮助", "菜单", "人工", "客服", "进度", "我的", "结果", "更多", "继续", "返回":
		return true
	}
	return false
}

// said looks for the word behind polite words and before particles; what is left must be the
// word itself, so that a negation never passes.
func said(t, word string) bool {
	at := strings.Index(t, word)
	if at < 0 && strings.ContainsRune(t, ' ') {
		t = strings.ReplaceAll(t, " ", "")
		at = strings.Index(t, word)
	}
	if at < 0 {
		return false
	}
	return polite(t[:at]) && trailing(t[at+len(word):])
}

func polite(before string) bool {
	for before = strings.TrimFunc(before, edge); before != ""; before = strings.TrimFunc(before, edge) {
		cut := before
		for _, w := range [...]string{"麻烦", "帮我", "给我", "我要", "我想", "我们", "您好", "你好", "好的", "那就", "直接", "现在", "请", "我", "要", "想", "那", "就", "嗯", "好", "点", "回"} {
			if rest, ok := strings.CutPrefix(before, w); ok {
				cut = rest
				break
			}
		}
		if cut == before {
			return false
		}
		before = cut
	}
	return true
}

func trailing(after string) bool {
	for after = strings.TrimFunc(after, softEdge); after != ""; after = strings.TrimFunc(after, softEdge) {
		cut := after
		for _, w := range [...]string{"谢谢您", "谢谢你", "谢谢", "一下", "吧", "了", "啊", "呀", "哦", "噢", "呗", "啦", "哈", "嘛"} {
			if rest, ok := strings.CutPrefix(after, w); ok {
				cut = rest
				break
			}
		}
		if cut == after {
			return false
		}
		after = cut
	}
	return true
}

func softEdge(r rune) bool { return edge(r) || closing(r) }

// same compares two flat texts without their spaces.
func same(a, b string) bool {
	if a == b {
		return true
	}
	for {
		a, b = strings.TrimLeft(a, " "), strings.TrimLeft(b, " ")
		if a == "" || b == "" {
			return a == b
		}
		r, w := utf8.DecodeRuneInString(a)
		q, x := utf8.DecodeRuneInString(b)
		if r != q {
			return false
		}
		a, b = a[w:], b[x:]
	}
}

package zh

import (
	"strings"
	"unicode/utf8"
)

// YesNo reads an answer to a yes-or-no question. Only texts that say nothing else count, in
// one or more words of the same meaning (是的，没错). A question, a doubt (好像不是), a double
// negation (不是不行) and both at once are Neither.
func YesNo(s string) Answer {
	if len(s) > maxAnswer {
		return Neither
	}
	t := strings.TrimPrefix(flatten(s), "/:") // WeChat sends its own faces as /:ok, /:strong
	if strings.ContainsRune(t, '?') {
		return Neither
	}
	said := Neither
	for len(t) > 0 {
		part := t
		if i := strings.IndexAny(t, " ,.;:!、。~…"); i >= 0 {
			_, w := utf8.DecodeRuneInString(t[i:])
			part, t = t[:i], t[i+w:]
		} else {
			t = ""
		}
		if part == "" || courtesy(part) {
			continue
		}
		a := yesNoWord(part)
		if a == Neither || said != Neither && a != said {
			return Neither
		}
		said = a
	}
	return said
}

func courtesy(w string) bool {
	switch w {
	case "谢谢", "谢谢您", "谢谢你", "多谢", "麻烦了", "麻烦您了", "辛苦了", "您好", "你好", "🙏":
		return true
	}
	return false
}

// yesNoWord reads one word, with particles, emoji or repetition (对对对, 好的好的).
func yesNoWord(w string) Answer {
	if a := plainYesNo(w); a != Neither {
		return a
	}
	for strip := w; ; {
		if a := plainYesNo(once(strip)); a != Neither {
			return a
		}
		if len(strip) <= 24 && doubled(strip) {
			return Yes
		}
		next := strings.TrimRightFunc(strip, closing)
		next = strings.TrimRight(next, "[]\"'”’」』")
		for _, p := range [...]string{"吧", "啊", "呀", "哦", "噢", "呢", "啦", "嘛", "哈", "呗", "的", "了", "滴", "哒", "谢谢"} {
			if rest, ok := strings.CutSuffix(next, p); ok {
				next = rest
				break
			}
		}
		next = strings.TrimLeft(next, "[\"'“‘「『/(")
		if next == strip || next == "" {
			return Neither
		}
		strip = next
	}
}

// doubled reports two words of consent in one: 是的没错, 嗯好. Two refusals may cancel out (不是没有), so
// they are not read that way.
func doubled(w string) bool {
	for i := range w {
		if i > 0 && plainYesNo(w[:i]) == Yes && plainYesNo(w[i:]) == Yes {
			return true
		}
	}
	return false
}

// once undoes repetition: 对对对 is 对, 好的好的 is 好的.
func once(w string) string {
	n := utf8.RuneCountInString(w)
	if n < 2 || n > 12 {
		return w
	}
	for size := 1; size <= n/2; size++ {
		if n%size != 0 {
			continue
		}
		unit := w[:byteAt(w, size)]
		if strings.Repeat(unit, n/size) == w {
			return unit
		}
	}
	return w
}

// byteAt is the offset of the n-th rune.
func byteAt(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

func plainYesNo(w string) Answer {
	switch w {
	case "是", "对", "好", "行", "可", "可以", "嗯", "恩", "嗯呐", "嗯哪", "没毛病", "要得", "ok", "okay", "okk", "要", "需要", "没错", "没有错", "是的", "对的", "好的", "行的",
		"要的", "嗯嗯", "确认", "确定", "提交", "确认提交", "同意", "愿意", "赞成", "赞同", "没问题", "没有问题", "没意见", "当然", "当然可以",
		"好嘞", "好呀", "成", "中", "得", "对头", "是这样", "是这样的", "就是", "就是这样", "就这样", "就是的", "可以的", "正确", "准确",
		"y", "yes", "yeah", "yep", "ye", "对滴", "我同意", "我愿意", "我要", "我确认", "我确定", "不错的", "没错的", "必须的", "👍", "👌", "✅", "🆗", "☑", "✔", "strong", "强":
		return Yes
	case "不", "不是", "不是的", "不对", "不要", "不用", "不用了", "没有", "没", "算了", "否", "不行", "不可以", "不同意", "不愿意", "不赞成", "不需要",
		"不了", "不好", "不必", "不想", "别", "不确认", "不提交", "不成", "没有的", "不正确", "不准确", "我不同意", "我不要", "我不愿意", "还是算了", "还是不要", "不要了", "先不要", "先不用", "暂时不要", "暂时不用", "暂不", "先不",
		"n", "no", "nope", "not", "❌", "👎", "🙅", "❎", "weak", "弱":
		return No
	}
	return Neither
}

package zh

import (
	"slices"
	"strings"
)

// Choices reads an answer that picks one or more of n numbered options: 1 3 5, 1、3、5,
// 1,3和5, 一三五, ①③⑤, and 135 where n is below 10. picked counts from 0, keeps the order of
// the text and names each option once.
//
// The verdict is Sure for 1 to limit picks (limit < 1: any number). With too many picks it is
// Unsure and picked still lists them, so that the caller can say how many there were; in every
// other case but Sure picked is nil. Negations, doubts and ranges are Unsure.
func Choices(s string, n, limit int) (picked []int, v Verdict) {
	t := trimTrail(flatten(s))
	if len(t) > maxAnswer {
		return nil, None
	}
	if pointing(bare(t)) {
		return nil, Unsure
	}
	nums, v := numbersIn(t, n)
	if v != Sure {
		return nil, v
	}
	for _, m := range nums {
		if m < 1 || m > n {
			return nil, Out
		}
		if !slices.Contains(picked, m-1) {
			picked = append(picked, m-1)
		}
	}
	if limit >= 1 && len(picked) > limit {
		return picked, Unsure
	}
	return picked, Sure
}

// numbersIn lists the numbers of an answer that has nothing but numbers and small words.
func numbersIn(t string, n int) (nums []int, v Verdict) {
	doubtful, named := false, false
	for tk := (tokens{text: t}); tk.next(); {
		text := tk.text[tk.from:tk.ends]
		switch tk.kind {
		case word:
			return nil, None
		case doubt:
			doubtful = true
		case number:
			named = true
			several := run(text, tk.n, n, len(nums) == 0 && tk.ends == len(t))
			doubtful = doubtful || several == nil || counted(t, tk.from, tk.ends)
			nums = append(nums, several...)
		case small:
		}
	}
	switch {
	case !named:
		return nil, None
	case doubtful:
		return nil, Unsure
	}
	return nums, Sure
}

// run splits one run of digits: 135 where it stands alone and only single digits make sense,
// 一三五 always. nil means that it cannot be settled.
func run(text string, value, n int, alone bool) []int {
	plain := text[0] >= '0' && text[0] <= '9'
	if value >= 0 && (!plain || value <= n || n >= 10 || !alone || len(text) > 9) {
		return []int{value}
	}
	var nums []int
	for _, r := range text {
		d := int(r - '0')
		if !plain {
			d, _ = hanDigit(r)
		}
		if d < 1 || d > 9 || slices.Contains(nums, d) {
			return nil
		}
		nums = append(nums, d)
	}
	return nums
}

// counted reports whether the number at a place counts things (选3个) instead of naming one.
func counted(t string, from, ends int) bool {
	if strings.HasSuffix(t[:from], "第") {
		return false
	}
	for _, w := range [...]string{"个", "项", "条", "种"} {
		if strings.HasPrefix(t[ends:], w) {
			return true
		}
	}
	return false
}

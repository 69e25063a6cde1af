package flows

import (
	"fmt"
	"strings"

	"yishi/flows/civic"
)

// backing says how many stand behind a need: verified persons first, other accounts apart.
func backing(heat, others int) string {
	switch {
	case heat > 0 && others > 0:
		return fmt.Sprintf("%d 位认证居民附议，另有 %d 位未认证", heat, others)
	case heat > 0:
		return fmt.Sprintf("%d 位认证居民附议", heat)
	case others > 0:
		return fmt.Sprintf("%d 位附议（未认证）", others)
	}
	return "还没有人附议"
}

// backingShort is the same for a line of a list.
func backingShort(heat, others int) string {
	switch {
	case heat > 0 && others > 0:
		return fmt.Sprintf("%d 人附议，另 %d 人未认证", heat, others)
	case others > 0:
		return fmt.Sprintf("%d 人附议，未认证", others)
	}
	return fmt.Sprintf("%d 人附议", heat)
}

// backingBrief is the same for a line that has no room for words; "" where there is nobody.
func backingBrief(heat, others int) string {
	switch {
	case heat > 0 && others > 0:
		return fmt.Sprintf("%d 人，另 %d 人未认证", heat, others)
	case heat > 0:
		return fmt.Sprintf("%d 人", heat)
	case others > 0:
		return fmt.Sprintf("%d 人未认证", others)
	}
	return ""
}

// marksShort names a need's marks in a line of a list: 急·热. "" where it has none.
func marksShort(n *civic.Need, s civic.Settings) string {
	var names []string
	for _, m := range civic.Marks(n, s) {
		names = append(names, string(m.Kind))
	}
	return strings.Join(names, "·")
}

// marksLine says in one line which marks a need has and why; "" where it has none.
func marksLine(n *civic.Need, s civic.Settings) string {
	var names []string
	for _, m := range civic.Marks(n, s) {
		names = append(names, string(m.Kind)+"（"+m.Why+"）")
	}
	return strings.Join(names, "、")
}

// endorsed tells of an endorsement: where it counts, and how many there are now.
func endorsed(r civic.Receipt) string {
	text := "已附议，现在 " + backing(r.Heat, r.Others) + "。"
	if r.Heat+r.Others == 0 { // only the author's own, of a need merged into it
		text = "您提的算在里面，不用再附议。"
	}
	if r.From != "" {
		text = r.From + " 已并入 " + r.Number + "，您的附议记在那里。\n" + text
	}
	return text + "编号 " + r.Number + "，回“进度" + short(r.Number) + "”随时问。"
}

// unendorsed tells of an endorsement taken back.
func unendorsed(r civic.Receipt) string {
	if r.Heat+r.Others == 0 {
		return "已取消附议 " + r.Number + "，现在没有人附议。"
	}
	return "已取消附议 " + r.Number + "，现在 " + backing(r.Heat, r.Others) + "。"
}

// verifyHint tells those who are not verified how their endorsement counts for more, once a week.
func verifyHint(t *Turn) string {
	return invitation(t, "您还没认证，先单独计数；回“认证”，附议就算进去。")
}

// twoLines joins what is there.
func twoLines(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "\n" + b
}

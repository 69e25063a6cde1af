package flows

import (
	"fmt"
	"strings"
	"time"

	"yishi/flows/civic"
)

// describe writes one need in full, as far as the reader may see it. Its author is told too what
// of it is public.
func describe(n *civic.Need, now time.Time, own bool, s civic.Settings) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s〔%s〕\n%s", n.Number, stateName(n.State), n.Text)
	if n.Place.Text != "" {
		fmt.Fprintf(&b, "\n位置：%s", n.Place.Text)
	}
	fmt.Fprintf(&b, "\n类别：%s；%s提", n.Category, day(n.RaisedAt, now))
	if n.Photos > 0 {
		fmt.Fprintf(&b, "；%d 张照片", n.Photos)
	}
	b.WriteString("\n" + backing(n.Heat, n.Others))
	if marks := marksLine(n, s); marks != "" {
		b.WriteString("\n" + marks)
	}
	for _, a := range n.Additions {
		fmt.Fprintf(&b, "\n补充（%s%s）：%s", day(a.At, now), hiddenWord(own && n.Released && !a.Released), a.Text)
	}
	if own {
		if line := publicLine(n); line != "" {
			b.WriteString("\n" + line)
		}
	}
	fmt.Fprintf(&b, "\n%s", stateNext(n, own))
	return b.String()
}

func hiddenWord(is bool) string {
	if is {
		return "，待公开"
	}
	return ""
}

// publicLine tells the author why others cannot read a need, and what can be done; "" where they can.
func publicLine(n *civic.Need) string {
	no := fmt.Sprintf("%03d", n.Number.Seq)
	reason := n.PublicReason
	if reason == "" {
		reason = civic.PublicReasonText(n.PublicCode)
	}
	switch {
	case n.TakenDown && n.Appealed:
		return "已撤下，邻居看不到。原因：" + sentence(reason) + "您已申诉过。"
	case n.TakenDown:
		return "已撤下，邻居看不到。原因：" + sentence(reason) + "不同意可以申诉一次，回“申诉" + no + "”。"
	case n.Hidden:
		return "有人举报，社区正在核，暂时不公开。"
	case n.KeptBack:
		return "还没公开。原因：" + sentence(reason) + "改一改，回“重写" + no + "”。"
	case !n.Released && (n.State == civic.NeedRaised || n.State == civic.NeedAccepted):
		return "还没公开，网格员看过后邻居才看得到。"
	}
	return ""
}

// describeSight writes a need as its reader may see it, with the one that goes on in its stead.
func describeSight(s *civic.Sight, now time.Time, set civic.Settings) string {
	if s.Head.ID == 0 {
		return describe(&s.Need, now, s.Own, set)
	}
	note := s.Need.Number.String() + " 已并入 " + s.Head.Number.String() + "。"
	if s.Own {
		no := fmt.Sprintf("%03d", s.Need.Number.Seq)
		note = "您提的 " + s.Need.Number.String() + "“" + brief(s.Need.Text, maxNews) + "”和这件合在一起办，您的署名还在。不是一回事？回“不是一回事" + no + "”。"
	}
	return note + "\n" + describe(&s.Head, now, false, set)
}

// settings are those of the account's community, or a new one's.
func settings(t *Turn) civic.Settings {
	c, _ := ours(t)
	return c.Settings
}

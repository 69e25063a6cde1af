package flows

import (
	"fmt"

	"yishi/flows/civic"
)

// tellPublic renders what people are told of what is public.
func tellPublic(kind string, n civic.PublicNews) (Text, error) {
	if n.Number == "" || n.Text == "" {
		return Text{}, fmt.Errorf("%w: which need", ErrTell)
	}
	no, what := short(n.Number), n.Number+"“"+brief(n.Text, maxNews)+"”"
	state, plain := "", ""
	switch kind {
	case civic.TellReleased:
		state, plain = "已公开", "您提的 "+what+"已经公开，邻居都能看到"
		switch {
		case n.More && n.Photos:
			state, plain = "照片已公开", "您给 "+what+"的照片也公开了"
		case n.More:
			state, plain = "补充已公开", "您给 "+what+"的补充已经公开"
		case n.Photos:
			plain += "，照片也在"
		}
		plain += "。\n邻居回“附议" + no + "”就能附议；附议越多越靠前。"
	case civic.TellKeptBack:
		state, plain = "先不公开", "您提的 "+what+"先不公开。\n原因："+sentence(n.Reason)+"\n事情照常办；要改了再公开，回“重写"+no+"”。"
		if n.More {
			plain = "您给 " + what + "的补充先不公开。\n原因：" + sentence(n.Reason) + "\n要换个说法，回“补充" + no + "”。"
		}
	case civic.TellTakenDown:
		state, plain = "已撤下", "您提的 "+what+"撤下了，邻居现在看不到。\n原因："+sentence(n.Reason)
		if n.Appealed {
			plain += "\n还有疑问，回“人工”。"
		} else {
			plain += "\n不同意可以申诉一次，回“申诉" + no + "”，由另一位工作人员来定。"
		}
	case civic.TellAppeal:
		state, plain = "申诉已处理", "您的申诉有结果了："+what+"恢复公开。"
		if n.Down {
			plain = "您的申诉有结果了：" + what + "维持撤下。\n原因：" + sentence(n.Reason) + "\n还有疑问，回“人工”。"
		}
	case civic.TellReport:
		state, plain = "举报已处理", "您举报的 "+what+"，社区核过了，可以公开。谢谢您留心。"
		if n.Down {
			plain = "您举报的 " + what + "，社区核过，已经撤下。谢谢您。"
		}
	default:
		return Text{}, fmt.Errorf("kind %q: %w", kind, ErrTell)
	}
	return Text{
		Plain: plain, Line: n.Number + " " + state,
		Fields: map[string]string{"title": brief(n.Text, maxField), "content": state, "number": n.Number},
	}, nil
}

// publicKinds lists the kinds that tellPublic knows.
func publicKinds() []string {
	return []string{civic.TellReleased, civic.TellKeptBack, civic.TellTakenDown, civic.TellAppeal, civic.TellReport}
}

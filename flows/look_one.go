package flows

import (
	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

func (d *LookDraft) hearList(t *Turn) Move {
	switch {
	case t.Said("下一页", "更多", "后面的", "还有呢"):
		if !d.More || len(d.Listed) == 0 {
			return dialog.Stay("后面没有了。")
		}
		d.Before = append(d.Before, d.Start)
		if len(d.Before) > maxBefore {
			d.Before = d.Before[1:]
		}
		d.Start = d.Listed[len(d.Listed)-1].At
		d.load(t)
		return d.turned()
	case t.Said("上一页", "前面的"):
		if len(d.Before) == 0 {
			return dialog.Stay("这是第一页。")
		}
		d.Start, d.Before = d.Before[len(d.Before)-1], d.Before[:len(d.Before)-1]
		d.load(t)
		return d.turned()
	}
	if seq, ok := namedIn(t.Text); ok {
		for _, l := range d.Listed {
			if l.Seq == seq {
				return d.open(l.Year, l.Seq)
			}
		}
	}
	labels := make([]string, len(d.Listed))
	for i, l := range d.Listed {
		labels[i] = l.Label
	}
	i, v := t.Choice(labels...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(d.Listed)) + "也可以回“看018”这样的编号。")
	}
	return d.open(d.Listed[i].Year, d.Listed[i].Seq)
}

// turned shows the page turned to; where all of it has gone meanwhile, the first one.
func (d *LookDraft) turned() Move {
	if len(d.Listed) == 0 {
		return dialog.Done().Saying("后面的刚才有变化，回“看需求”重新看。")
	}
	return dialog.Stay("")
}

func (d *LookDraft) open(year, seq int) Move {
	d.One = lookOne{Year: year, Seq: seq}
	return dialog.Next()
}

const (
	doEndorse   = "附议"
	doUnendorse = "取消附议"
	doMedia     = "看照片和语音"
	doReport    = "举报"
	doList      = "返回列表"
)

// ways are what can be done about the open need.
func (d *LookDraft) ways() []string {
	var ways []string
	switch {
	case d.One.Own:
	case d.One.Backed:
		ways = append(ways, doUnendorse)
	default:
		ways = append(ways, doEndorse)
	}
	if d.One.Media {
		ways = append(ways, doMedia)
	}
	if !d.One.Own && !d.One.Reported {
		ways = append(ways, doReport)
	}
	return append(ways, doList)
}

func (d *LookDraft) askOne(t *Turn) Reply {
	if d.One.Asking {
		return Reply{Text: "举报 " + d.One.Number + "，为什么？", Choices: numbered(reasonTexts()), After: "不举报了，回“不举报”。"}
	}
	if d.One.Brief {
		return Reply{Text: d.One.Number + "，还要做什么？", Choices: numbered(d.ways())}
	}
	s, found, err := t.World.Needs.Sight(t.Context(), civic.Account(t.Account), home(t), d.One.Year, d.One.Seq)
	if t.Failed(err) {
		return Reply{}
	}
	if !found {
		d.One = lookOne{Year: d.One.Year, Seq: d.One.Seq, Own: true} // nothing can be done about it
		return Reply{Text: notSeen, Choices: numbered(d.ways())}
	}
	open := s.Open()
	d.One = lookOne{
		Need: open.ID, Number: open.Number.String(), Year: d.One.Year, Seq: d.One.Seq, Own: s.Own && s.Head.ID == 0,
		Backed: s.Backed, Reported: s.Reported, Media: canLink(t) && open.Photos+s.Voices > 0, Brief: true,
	}
	saw(t, open.Number)
	return Reply{Text: describeSight(&s, t.Now, settings(t)), Choices: numbered(d.ways())}
}

func (d *LookDraft) hearOne(t *Turn) Move {
	d.One.Did = ""
	if d.One.Asking {
		return d.hearWhy(t)
	}
	ways := d.ways()
	i, v := t.Choice(ways...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(ways)))
	}
	a := civic.Account(t.Account)
	d.One.Did = ways[i]
	switch ways[i] {
	case doEndorse:
		d.One.Backed = true
		return dialog.Stay("").With(civic.EndorseNeed{Account: a, Need: d.One.Need})
	case doUnendorse:
		d.One.Backed = false
		return dialog.Stay("").With(civic.UnendorseNeed{Account: a, Need: d.One.Need})
	case doReport:
		d.One.Asking = true
		return dialog.Stay("")
	case doMedia:
		return dialog.Stay("").With(mediaLink(t, home(t), d.One.Need, d.One.Number))
	}
	return d.back(t)
}

// back goes to the list again as it is now, or to the most endorsed where there was none or nothing is
// left of it.
func (d *LookDraft) back(t *Turn) Move {
	d.One = lookOne{}
	if len(d.Listed) > 0 {
		if d.load(t); len(d.Listed) == 0 {
			d.View = civic.View{}
		}
	} else if d.View.Kind == "" {
		d.recall(t)
	}
	if d.View.Kind == "" && !d.choose(t, civic.View{Kind: civic.ViewHeat}, "附议最多") {
		return dialog.Done().Saying("还没有公开的需求。")
	}
	return dialog.Edit("list")
}

func (d *LookDraft) hearWhy(t *Turn) Move {
	if t.Said("不举报", "不举报了", "返回列表", "不了") {
		d.One.Asking = false
		return dialog.Stay("好，没有举报。")
	}
	code, ok := hearReason(t)
	if !ok {
		return dialog.Again(askNumber(len(civic.PublicReasons())))
	}
	d.One.Asking, d.One.Reported, d.One.Did = false, true, doReport
	return dialog.Stay("").With(civic.ReportNeed{Account: civic.Account(t.Account), Need: d.One.Need, Code: code})
}

// after says what the answer has done, by its receipt.
func (d *LookDraft) after(t *Turn, got any) string {
	r := receipt(got)
	switch d.One.Did {
	case doEndorse:
		return twoLines(endorsed(r), verifyHint(t))
	case doUnendorse:
		return unendorsed(r)
	case doReport:
		return reported
	case doMedia:
		return linkReply(t, "看照片和语音", got, 0).Text
	}
	return ""
}

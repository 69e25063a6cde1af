package flows

import (
	"fmt"
	"slices"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

func (d *NeedDraft) findSimilar(t *Turn) bool {
	like, err := t.World.Needs.Like(t.Context(), civic.Account(t.Account), home(t), d.What, 3)
	if t.Failed(err) {
		return false
	}
	d.Like = like
	return len(like) > 0
}

// brief is one line of at most n characters of what somebody wrote: with its own lines it could
// pass for more choices of a list, and the platform's templates refuse it.
func brief(text string, n int) string { return zh.Cut(oneLine(text), n) }

// none is the last choice of the list of like needs.
const none = "都不是，我另提"

func (d *NeedDraft) likeLabels() []string {
	var ls []string
	for _, n := range d.Like {
		l := brief(n.Text, 30)
		switch {
		case n.Own:
			l = "我提过：" + l
		case n.Backed:
			l += "（您已附议）"
		default:
			l += "（" + backingShort(n.Heat, n.Others) + "）"
		}
		if n.Merged != (civic.Number{}) {
			l += "（" + short(n.Merged.String()) + " 已并入）"
		}
		ls = append(ls, l)
	}
	return append(ls, none)
}

func (d *NeedDraft) askSimilar(*Turn) Reply {
	return Reply{Text: "有相近的需求。是同一件就选它，不用再提：", Choices: numbered(d.likeLabels())}
}

func (d *NeedDraft) hearSimilar(t *Turn) Move {
	i, v := t.Choice(d.likeLabels()...)
	switch {
	case t.Said("0", "都不是", "不一样", "另提", "我另提", "不是", "没有") || v == zh.Sure && i == len(d.Like):
		return dialog.Next()
	case v != zh.Sure:
		return dialog.Again(askNumber(len(d.Like) + 1))
	}
	n := d.Like[i]
	no := short(n.Number.String())
	switch {
	case n.Own:
		return dialog.Done().Saying("这件您已经提过，编号 " + n.Number.String() + "。回“补充" + no + "”加一句，回“进度" + no + "”看进展。")
	case n.Backed:
		return dialog.Done().Saying("这件您已经附议过了，编号 " + n.Number.String() + "。回“进度" + no + "”看进展。")
	}
	return dialog.Done(civic.EndorseNeed{Account: civic.Account(t.Account), Need: n.ID})
}

func (d *NeedDraft) keepPhoto(t *Turn, note string) Move {
	if slices.Contains(d.Photos, t.Media) {
		return dialog.Stay("这张已经收到过了。")
	}
	if len(d.Photos) >= maxPhotos {
		return dialog.Stay(fmt.Sprintf("最多 %d 张，这张没有收。", maxPhotos))
	}
	d.Photos = append(d.Photos, t.Media)
	t.Also(civic.KeepMedia{Account: civic.Account(t.Account), MediaID: t.Media, Kind: civic.Photo})
	return dialog.Stay(note)
}

var textOrPhoto = []dialog.Kind{dialog.Text, dialog.Photo}

// photoToo keeps photos that come before or after they are asked for.
func photoToo(hear func(*NeedDraft, *Turn) Move) func(*NeedDraft, *Turn) Move {
	return func(d *NeedDraft, t *Turn) Move {
		if t.Kind == dialog.Photo {
			return d.keepPhoto(t, "照片收到了。")
		}
		return hear(d, t)
	}
}

func (d *NeedDraft) openPhoto(t *Turn) bool {
	if t.Editing() {
		d.Photos = nil
	}
	return true
}

func (d *NeedDraft) askPhoto(*Turn) Reply {
	if n := len(d.Photos); n > 0 {
		return Reply{Text: fmt.Sprintf("已有 %d 张照片，还可以再发 %d 张；够了就回“好了”。", n, maxPhotos-n)}
	}
	return Reply{Text: fmt.Sprintf("有照片吗？最多 %d 张，一张一张发；没有就回“跳过”。", maxPhotos)}
}

func (d *NeedDraft) hearPhoto(t *Turn) Move {
	if t.Kind == dialog.Photo {
		m := d.keepPhoto(t, "")
		if len(d.Photos) == maxPhotos {
			return dialog.Next().Saying(fmt.Sprintf("%d 张照片都收到了。", maxPhotos))
		}
		return m
	}
	if t.Said("好了", "够了", "没有", "没有了", "没了", "发完了", "完了", "就这些", "不用", "不发", "无") {
		return dialog.Next()
	}
	return dialog.Again("请点“+”发一张照片，或回“跳过”。")
}

func (d *NeedDraft) showPhotos() string {
	if len(d.Photos) == 0 {
		return "没有"
	}
	return fmt.Sprintf("%d 张", len(d.Photos))
}

func (d *NeedDraft) askUrgent(*Turn) Reply {
	return Reply{Text: "急不急？有安全隐患、等不得的才算急。", Choices: numbered([]string{"急", "不急"})}
}

func (d *NeedDraft) hearUrgent(t *Turn) Move {
	i, v := t.Choice("急", "不急")
	switch {
	case t.Said("不急", "不着急", "不算急", "一般"):
		d.Urgent = false
	case t.Said("急", "很急", "着急", "挺急的", "挺急", "有点急", "比较急", "蛮急", "蛮急的", "急的"):
		d.Urgent = true
	case v == zh.Sure:
		d.Urgent = i == 0
	case v == zh.None && (zh.YesNo(t.Text) == zh.No || t.Said("是", "是的", "对", "对的")): // 好了 was said of photos
		d.Urgent = zh.YesNo(t.Text) != zh.No
	default:
		return dialog.Again(askNumber(2))
	}
	d.Asked = true
	return dialog.Next()
}

func (d *NeedDraft) showUrgent() string {
	switch {
	case !d.Asked:
		return ""
	case d.Urgent:
		return "急"
	}
	return "不急"
}

func (d *NeedDraft) askConfirm(t *Turn) Reply {
	var b strings.Builder
	b.WriteString("请看一遍：")
	for i, l := range t.Summary() {
		fmt.Fprintf(&b, "\n%d %s：%s", i+1, l.Label, l.Text)
	}
	return Reply{
		Text:    b.String(),
		Choices: []Choice{{Label: "提交", Send: "提交"}},
		After:   "对就回“提交”；要改回“改1”这样的数字；不提了回“取消”。",
	}
}

func (d *NeedDraft) hearConfirm(t *Turn) Move {
	if !confirmed(t) {
		return dialog.Again("还没有提交。")
	}
	return dialog.Done(civic.RaiseNeed{
		Account: civic.Account(t.Account), Community: home(t), Category: d.Category, Text: d.What,
		Place: d.Where, Urgent: d.Urgent, Photos: d.Photos, VoiceID: d.Voice,
	})
}

func (*NeedDraft) told(t *Turn, got any) Reply {
	r := receipt(got)
	if r.Backed {
		return Reply{Text: endorsed(r), After: verifyHint(t)}
	}
	no := short(r.Number)
	text := "已提交，编号 " + r.Number + "。"
	if r.Later != civic.NoStage {
		text += civic.Closed(r.Later, civic.DoRaise)
	}
	if r.Public {
		text += "\n已经公开，邻居回“附议" + no + "”就能附议。"
	} else {
		text += "\n网格员看过后公开给邻居。"
	}
	return invited(t, Reply{Text: text + "回“进度" + no + "”随时问。"})
}

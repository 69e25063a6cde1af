package flows

import (
	"encoding/json"
	"fmt"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// MergeDraft is a need about to go on in another.
type MergeDraft struct {
	CaseDraft
	Like   []civic.LikeNeed `json:"like,omitempty"` // as listed, so that a number keeps its meaning
	Target CaseDraft        `json:"target,omitzero"`
}

// mergeNeed 合并 has a need go on in another; 合并018到012 says both at once.
var mergeNeed = Flow[MergeDraft]{
	ID: "merge-need", Version: 1, Title: "合并",
	Glance: true, Opens: []string{"合并"}, Match: after("合并", "并"), For: forTriage, Lost: civic.NoLonger,
	Begin: (*MergeDraft).begin,
	Steps: []Step[MergeDraft]{
		stepWithin(whichOf(civic.NeedRaised, civic.NeedAccepted), func(d *MergeDraft) *CaseDraft { return &d.CaseDraft }),
		{ID: "into", Open: (*MergeDraft).noTarget, Ask: (*MergeDraft).askInto, Hear: (*MergeDraft).hearInto, Label: "合到", Show: func(d *MergeDraft) string { return d.Target.Need.Number.String() }},
		{ID: "sure", Ask: (*MergeDraft).askSure, Hear: (*MergeDraft).hearSure, Commits: true},
	},
	Told: (*MergeDraft).told,
}

// intoWords stand between the two numbers of a merge.
var intoWords = []string{"合并到", "合到", "并到", "并入", "到", "进", "和", "跟", "与", "→"}

func (d *MergeDraft) begin(t *Turn, arg string) {
	d.find(t, arg)
	rest := d.Words
	if !d.Found || rest == "" {
		return
	}
	for _, w := range intoWords {
		if after, ok := strings.CutPrefix(rest, w); ok {
			rest = after
			break
		}
	}
	d.aim(t, rest)
}

// aim looks for what the need shall go on in: the one named, or where that goes on itself.
func (d *MergeDraft) aim(t *Turn, arg string) {
	d.Target = CaseDraft{}
	d.Target.find(t, arg)
	if !d.Target.Found {
		return
	}
	if d.Target.Need.State == civic.NeedMerged {
		k, ok, err := t.World.Triage.Docket(t.Context(), d.Target.Need.ID)
		if t.Failed(err) || !ok {
			return
		}
		d.Target.find(t, k.Into.Number.String())
	}
	switch {
	case d.Target.Need.ID == d.Need.ID:
		d.Target = CaseDraft{Why: "这是同一件，或者已经合在这一件里了。"}
	case d.Target.Found:
		d.Target.open(civic.NeedRaised, civic.NeedAccepted)
	}
}

// noTarget looks for like needs to choose among.
func (d *MergeDraft) noTarget(t *Turn) bool {
	if d.Target.Found && !t.Editing() {
		return false
	}
	like, err := t.World.Needs.Like(t.Context(), "", d.Need.Community, d.Need.Text, pageSize+1)
	if t.Failed(err) {
		return true
	}
	d.Like = nil
	for _, n := range like {
		if n.ID != d.Need.ID && len(d.Like) < pageSize {
			d.Like = append(d.Like, n)
		}
	}
	return true
}

func (d *MergeDraft) likeLabels() []string {
	labels := make([]string, len(d.Like))
	for i, n := range d.Like {
		labels[i] = fmt.Sprintf("%s %s（%d 人）", short(n.Number.String()), brief(n.Text, 20), n.Heat)
	}
	return labels
}

func (d *MergeDraft) askInto(*Turn) Reply {
	text := d.title() + "合到哪一件里？"
	r := Reply{Choices: numbered(d.likeLabels()), After: "都不是，就回它的编号，比如 012。"}
	if len(d.Like) == 0 {
		r.After = ""
		text += "没有找到公开的相近需求，请回编号，比如 012。"
	}
	r.Text = withLine(d.Target.Why, text)
	return r
}

func (d *MergeDraft) hearInto(t *Turn) Move {
	d.Target = CaseDraft{}
	_, seq, numbered := numberIn(t.Text)
	if i, v := t.Choice(d.likeLabels()...); v == zh.Sure && (!numbered || seq <= len(d.Like)) && !zeroed(t.Text) {
		d.aim(t, d.Like[i].Number.String())
	} else {
		d.aim(t, t.Text)
	}
	switch {
	case d.Target.Found:
		return dialog.Next()
	case d.Target.Why != "":
		return dialog.Stay("")
	}
	return dialog.Again("没有认出编号。")
}

// merged is what those of the need that goes on in the other will be told.
func (d *MergeDraft) merged() civic.MakePush {
	id := fmt.Sprintf("need-%d-merged-%d", d.Need.ID, d.Target.Need.ID)
	args, _ := json.Marshal(NeedMerged{ // strings always can be
		Number: d.Need.Number.String(), Text: brief(d.Need.Text, maxNews),
		Into: d.Target.Need.Number.String(), IntoText: readable(&d.Target.Need),
	})
	return civic.MakePush{
		Push:     civic.Push{ID: short64(id), Purpose: id, Topic: civic.TopicNeeds, Community: d.Need.Community, Kind: TellNeedMerged, Args: args},
		Audience: civic.Audience{Need: d.Need.ID},
	}
}

// readable are the words of a need that others may read, "" where it is not public.
func readable(n *civic.Need) string {
	if !n.Released {
		return ""
	}
	return brief(n.Text, maxNews)
}

// short64 keeps the end of a push's id, where ids of two needs would make it too long.
func short64(id string) string { return id[max(0, len(id)-64):] }

func (d *MergeDraft) askSure(*Turn) Reply {
	return Reply{
		Text: d.title() + "合到 " + d.Target.title() + "里？编号、署名和附议都留着，14 天内可以分开。\n" +
			d.who() + "会收到：\n" + preview(d.merged()),
		Choices: numbered([]string{"合并", "先不办"}), After: "要换一件回“改1”。",
	}
}

func (d *MergeDraft) hearSure(t *Turn) Move {
	did, ok := sure(t, "合并", "先不办")
	switch {
	case !ok:
		return dialog.Again(askNumber(2))
	case !did:
		return leftAlone()
	}
	return dialog.Done(civic.MergeNeeds{By: byIn(t, d.Need.Community), Source: d.Need.ID, Target: d.Target.Need.ID}, d.merged())
}

func (d *MergeDraft) told(t *Turn, got any) Reply {
	r := receipt(got)
	return goOn(t, r.From+" 合到 "+r.Number+" 里了，都会告诉到。合错了，回“分开"+short(r.From)+"”。")
}

// partNeed 分开 undoes a merge, or leaves it as it is where an author objects.
var partNeed = Flow[CaseDraft]{
	ID: "part-need", Version: 1, Title: "分开",
	Glance: true, Opens: []string{"分开", "拆开", "撤销合并"}, Match: after("分开", "拆开", "撤销合并"), For: forTriage, Lost: civic.NoLonger,
	Begin: (*CaseDraft).find,
	Steps: []Step[CaseDraft]{
		whichOf(civic.NeedMerged),
		{ID: "decide", Ask: (*CaseDraft).askPart, Hear: (*CaseDraft).hearPart, Commits: true},
	},
	Told: func(_ *CaseDraft, t *Turn, got any) Reply {
		if r := receipt(got); r.From != "" {
			return goOn(t, r.Number+" 从 "+r.From+" 里分出来了，各办各的，都会告诉到。")
		}
		return goOn(t, receipt(got).Number+" 维持合并，会告诉提的人。")
	},
}

func (d *CaseDraft) partLabels(k *civic.Docket) []string {
	if k.Objection != "" {
		return []string{"分开", "维持合并", "先不办"}
	}
	return []string{"分开", "先不办"}
}

func (d *CaseDraft) docket(t *Turn) (civic.Docket, bool) {
	k, ok, err := t.World.Triage.Docket(t.Context(), d.Need.ID)
	return k, !t.Failed(err) && ok
}

func (d *CaseDraft) askPart(t *Turn) Reply {
	k, ok := d.docket(t)
	if !ok {
		return Reply{Text: "这件现在查不到。"}
	}
	text := d.title() + "\n" + day(k.MergedAt, t.Now) + "合到 " + k.Into.Number.String() + "“" + brief(k.Into.Text, 30) + "”里。"
	if k.Objection != "" {
		text += "\n提的人说不是一回事" + strings.TrimSuffix("："+k.Objection, "：-")
	}
	return Reply{Text: text + "\n要分开吗？", Choices: numbered(d.partLabels(&k))}
}

func (d *CaseDraft) hearPart(t *Turn) Move {
	k, ok := d.docket(t)
	if !ok {
		return dialog.Again("这件现在查不到。")
	}
	labels := d.partLabels(&k)
	i, v := t.Choice(labels...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(labels)))
	}
	by := byIn(t, d.Need.Community)
	id := fmt.Sprintf("-%d", k.Into.ID)
	switch labels[i] {
	case "分开":
		return dialog.Done(civic.UndoMerge{By: by, Source: d.Need.ID}, d.parted(TellNeedParted, "parted"+id, &k.Into))
	case "维持合并":
		return dialog.Done(civic.KeepMerge{By: by, Source: d.Need.ID}, d.parted(TellNeedKept, "kept"+id, &k.Into))
	}
	return dialog.Done().Saying("好，没有办。回“下一件”看下一件。")
}

// parted is what is told of a merge that was looked at again: undone, to all of the need; kept, to
// its authors.
func (d *CaseDraft) parted(kind, mark string, into *civic.Need) civic.MakePush {
	id := fmt.Sprintf("need-%d-%s", d.Need.ID, mark)
	args, _ := json.Marshal(NeedMerged{ // strings always can be
		Number: d.Need.Number.String(), Text: brief(d.Need.Text, maxNews), Into: into.Number.String(), IntoText: readable(into),
	})
	return civic.MakePush{
		Push:     civic.Push{ID: short64(id), Purpose: id, Topic: civic.TopicNeeds, Community: d.Need.Community, Kind: kind, Args: args},
		Audience: civic.Audience{Need: d.Need.ID, Authors: kind == TellNeedKept},
	}
}

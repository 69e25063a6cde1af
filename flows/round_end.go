package flows

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

func (d *RoundDraft) askConfirm(t *Turn) Reply {
	return Reply{Text: d.preview(t) + "对吗？", Choices: numbered([]string{"确认", "不改了"})}
}

// preview says what will be, before it is.
func (d *RoundDraft) preview(t *Turn) string {
	switch d.What {
	case roundOpen:
		var b strings.Builder
		b.WriteString("开新一轮，从“需求征集”开始：")
		for i, l := range t.Summary() {
			fmt.Fprintf(&b, "\n%d %s：%s", i+1, l.Label, l.Text)
		}
		return b.String() + "\n等着下一轮的需求，和上一轮受理了没入围的，都转进来。\n"
	case roundNext:
		r := d.round()
		next, _ := r.Next()
		return r.Name + "从“" + r.Stage.String() + "”进入“" + next.String() + "”。" + leaving(r.Stage)
	case roundBack:
		r := d.round()
		return r.Name + "从“" + r.Stage.String() + "”退回“" + (r.Stage - 1).String() + "”。"
	case roundClose:
		return d.round().Name + "到此结束，以后只能看，不能改。"
	}
	if d.At.IsZero() {
		return "“" + d.Stage.String() + "”不定日期，到时候您自己改。"
	}
	return "“" + d.Stage.String() + "”从" + weekday(d.At, t.Now) + "零点自动开始。"
}

// leaving says what residents cannot do any more after a stage.
func leaving(s civic.Stage) string {
	if s == civic.Collect {
		return "之后提的需求记入下一轮，附议还可以。"
	}
	return ""
}

func (d *RoundDraft) hearConfirm(t *Turn) Move {
	i, v := t.Choice("确认", "不改了")
	yes := zh.YesNo(t.Text)
	switch {
	case v == zh.Sure && i == 1 || v != zh.Sure && yes == zh.No:
		return dialog.Done().Saying("好，没有改。")
	case v == zh.Sure || yes == zh.Yes:
		return dialog.Done(d.effects(t)...)
	}
	return dialog.Again(askNumber(2))
}

func (d *RoundDraft) effects(t *Turn) []any {
	by := byIn(t, d.Community)
	switch d.What {
	case roundOpen:
		e := civic.OpenRound{By: by, Name: d.Name, Year: t.Now.Year()}
		e.Starts[civic.Screen] = d.At
		effects := []any{e}
		if d.Tell {
			effects = append(effects, d.call(t))
		}
		return effects
	case roundNext:
		return []any{civic.MoveStage{By: by, Round: d.round().ID, From: d.round().Stage, To: d.round().Stage + 1}}
	case roundBack:
		return []any{civic.MoveStage{By: by, Round: d.round().ID, From: d.round().Stage, To: d.round().Stage - 1}}
	case roundClose:
		return []any{civic.MoveStage{By: by, Round: d.round().ID, From: d.round().Stage, To: civic.NoStage}}
	}
	return []any{civic.PlanStage{By: by, Round: d.round().ID, Rev: d.round().Rev, Stage: d.Stage, At: d.At}}
}

// call tells the whole community that needs are collected.
func (d *RoundDraft) call(t *Turn) civic.MakePush {
	until := ""
	if !d.At.IsZero() {
		until = "到" + weekday(d.At.AddDate(0, 0, -1), t.Now) + "为止，"
	}
	from := "社区"
	if c, ok, err := t.World.Communities.Community(t.Context(), d.Community); !t.Failed(err) && ok {
		from = c.Name
	}
	args, _ := json.Marshal(Announce{ // strings always can be
		Title: "开始征集需求了", From: from,
		Body: d.Name + "的需求征集开始了，" + until + "小区里想办什么、想改什么，回“提需求”告诉我们。",
	})
	return civic.MakePush{
		Push:     civic.Push{ID: t.Run, Purpose: t.Run, Topic: civic.TopicNeeds, Community: d.Community, Kind: TellAnnounce, Args: args, Spread: 10 * time.Minute},
		Audience: civic.Audience{Community: d.Community},
	}
}

func (d *RoundDraft) told(*Turn, any) Reply {
	switch d.What {
	case roundOpen:
		return Reply{Text: "好，" + d.Name + "开始了，现在是“需求征集”。" + map[bool]string{true: "通知正在发。"}[d.Tell]}
	case roundDate:
		return Reply{Text: "好，日期改好了。居民回“环节”就能看到。"}
	case roundClose:
		return Reply{Text: "好，" + d.round().Name + "结束了。"}
	case roundBack:
		return Reply{Text: "好，退回“" + (d.round().Stage - 1).String() + "”了。"}
	}
	return Reply{Text: "好，现在是“" + (d.round().Stage + 1).String() + "”。居民回“环节”就能看到。"}
}

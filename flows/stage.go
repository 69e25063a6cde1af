package flows

import (
	"fmt"
	"strings"
	"time"

	"yishi/flows/civic"
)

// StageDraft holds nothing.
type StageDraft struct{}

// stageNow 环节 says where the round stands, what may be done now and what comes next.
var stageNow = Flow[StageDraft]{
	ID: "stage", Version: 1, Title: "环节",
	Opens:    []string{"环节", "到哪一步了", "现在到哪一步", "日程", "进行到哪了", "这一轮"},
	Words:    []string{"哪个环节", "哪一步", "什么时候开始", "什么时候投票"},
	Requires: needsPlace,
	Steps:    []Step[StageDraft]{{ID: "say", Ask: (*StageDraft).ask}},
}

func (*StageDraft) ask(t *Turn) Reply {
	rounds, err := t.World.Rounds.Rounds(t.Context(), placeToLook(t))
	if t.Failed(err) {
		return Reply{}
	}
	if len(rounds) == 0 {
		return Reply{Text: "社区现在没有进行中的一轮。有事随时可以提，回“提需求”。"}
	}
	var parts []string
	for _, r := range rounds {
		parts = append(parts, tellRound(r, t.Now))
	}
	return Reply{Text: strings.Join(parts, "\n")}
}

// tellRound is where a round stands, for residents.
func tellRound(r civic.Round, now time.Time) string {
	text := fmt.Sprintf("%s：第 %d 步“%s”。%s", r.Name, r.Stage, r.Stage, stageHint(r))
	if next, at := r.Next(); next != civic.NoStage {
		when := "日期定了再告诉您"
		if !at.IsZero() {
			when = weekday(at, now) + "开始"
		}
		text += fmt.Sprintf("\n下一步：“%s”，%s。", next, when)
	}
	return text
}

// stageHint says what residents can do in a stage.
func stageHint(r civic.Round) string {
	switch r.Stage {
	case civic.Collect:
		return "有需求就回“提需求”，别人的可以附议。"
	case civic.Screen:
		return "社区在看大家提的需求，您还可以附议。"
	case civic.Plan:
		return "入围的需求在编方案，回“入围名单”看。"
	case civic.Choose:
		return "大家评议、投票选项目。"
	case civic.Build:
		return "选中的项目在实施。"
	case civic.Rate:
		return "项目做完了，请大家评价。"
	case civic.Sum:
		return "社区在总结这一轮办成了什么。"
	case civic.Keep:
		return "项目交给大家一起管。"
	case civic.NoStage:
	}
	return ""
}

// weekday is a day with its weekday, so that nobody mistakes it.
func weekday(at, now time.Time) string {
	at = at.In(now.Location())
	return day(at, now) + "（周" + [...]string{"日", "一", "二", "三", "四", "五", "六"}[at.Weekday()] + "）"
}

// tellListDue reminds a committee of its shortlist.
func tellListDue(d civic.ListDue) (Text, error) {
	if d.Round == "" {
		return Text{}, fmt.Errorf("%w: which round", ErrTell)
	}
	return Text{
		Plain:  d.Round + "的“需求初选”到日子了，入围名单还没公布。回“定入围”，看过就能公布。",
		Line:   d.Round + "的入围名单该公布了",
		Fields: map[string]string{"title": brief(d.Round, maxField), "content": "入围名单该公布了"},
	}, nil
}

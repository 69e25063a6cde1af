package flows

import (
	"fmt"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/dialog"
)

// shortlisted 入围名单 shows what was published, to everybody.
var shortlisted = Flow[ListedDraft]{
	ID: "shortlist", Version: 1, Title: "入围名单",
	Opens:    []string{"入围名单", "入围", "看入围", "入围结果", "哪些入围了"},
	Words:    []string{"入围"},
	Requires: needsPlace,
	Glance:   true,
	Begin:    (*ListedDraft).begin,
	Steps: []Step[ListedDraft]{
		{ID: "none", Open: (*ListedDraft).empty, Ask: (*ListedDraft).askNone},
		{ID: "list", Open: always[ListedDraft], Ask: (*ListedDraft).ask, Hear: (*ListedDraft).hear},
	},
}

// ListedDraft is where somebody stands in a published shortlist.
type ListedDraft struct {
	Round  string              `json:"round,omitempty"`
	Rule   civic.ShortlistRule `json:"rule,omitzero"`
	Offset int                 `json:"offset,omitempty"`
	Total  int                 `json:"total,omitempty"`
	ID     civic.RoundID       `json:"id,omitempty"` // zero: nothing is published
	Stage  civic.Stage         `json:"stage,omitempty"`
}

func (d *ListedDraft) begin(t *Turn, _ string) {
	rounds, err := t.World.Rounds.Rounds(t.Context(), placeToLook(t))
	if t.Failed(err) {
		return
	}
	for _, r := range rounds {
		d.Stage = max(d.Stage, r.Stage)
		if r.Listed {
			d.ID, d.Round = r.ID, r.Name
			return
		}
	}
}

func (d *ListedDraft) empty(*Turn) bool { return d.ID == 0 }

func (d *ListedDraft) askNone(*Turn) Reply {
	if d.Stage == civic.NoStage {
		return Reply{Text: "社区现在没有进行中的一轮，还没有入围名单。"}
	}
	return Reply{Text: "入围名单还没公布。现在是“" + d.Stage.String() + "”环节，公布了会告诉大家。"}
}

func (d *ListedDraft) ask(t *Turn) Reply {
	items, rule, ok, err := t.World.Rounds.Shortlist(t.Context(), d.ID)
	if t.Failed(err) || !ok {
		return Reply{}
	}
	on := 0
	for _, l := range items {
		if l.On {
			on++
		}
	}
	d.Total = len(items)
	var b strings.Builder
	if d.Offset == 0 {
		fmt.Fprintf(&b, "%s入围名单：%d 件里入围 %d 件。规则：%s", d.Round, len(items), on, rule)
	} else {
		fmt.Fprintf(&b, "%s入围名单，接着看：", d.Round)
	}
	for _, l := range pageOf(items, d.Offset) {
		b.WriteString("\n" + listLine(l, rule))
	}
	r := Reply{Text: b.String()}
	if d.Offset+pageSize < len(items) {
		r.After = "后面还有，回“下一页”。看一件回“进度”加编号。"
	} else {
		r.After = "看一件回“进度”加编号。没入围的可以下一轮再来，附议和记录都在。"
	}
	return r
}

// listLine is one need of a shortlist with its reason.
func listLine(l civic.Listing, rule civic.ShortlistRule) string {
	mark := "入围"
	if !l.On {
		mark = "未入围"
	}
	text := ""
	if l.Text != "" {
		text = "“" + brief(l.Text, 20) + "”"
	}
	return fmt.Sprintf("〔%s〕%s%s %s", mark, short(l.Number.String()), text, l.Says(rule))
}

func (d *ListedDraft) hear(t *Turn) Move {
	if turnPage(t, &d.Offset, d.Total) {
		return dialog.Stay("")
	}
	return dialog.Again("要看一件，回“进度”加编号，比如“进度018”；不看了回“菜单”。")
}

package flows

import (
	"fmt"
	"time"

	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/flows/zh"
)

// RoundDraft is what 管环节 has gathered so far.
type RoundDraft struct {
	Community civic.CommunityID `json:"community,omitempty"`
	Rounds    []civic.Round     `json:"rounds,omitempty"` // as listed, so that a number keeps its meaning
	Pick      int               `json:"pick,omitempty"`   // index into Rounds; len(Rounds): a new one
	What      string            `json:"what,omitempty"`
	Name      string            `json:"name,omitempty"`
	Stage     civic.Stage       `json:"stage,omitempty"` // whose day is set
	At        time.Time         `json:"at,omitzero"`     // zero: by hand
	Tell      bool              `json:"tell,omitempty"`
}

// What can be done with a round.
const (
	roundOpen  = "open"
	roundNext  = "next"
	roundBack  = "back"
	roundDate  = "date"
	roundClose = "close"
)

// roundFlow 管环节 opens rounds, moves their stages by hand and sets their days.
var roundFlow = Flow[RoundDraft]{
	ID: "round", Version: 1, Title: "管环节",
	Opens: []string{"管环节", "环节管理", "定环节", "开新一轮"},
	For:   forAct(civic.ActStage), Lost: civic.NoLonger,
	Begin: (*RoundDraft).begin,
	Steps: []Step[RoundDraft]{
		{ID: "which", Open: (*RoundDraft).several, Ask: (*RoundDraft).askWhich, Hear: (*RoundDraft).hearWhich},
		{ID: "what", Open: (*RoundDraft).old, Ask: (*RoundDraft).askWhat, Hear: (*RoundDraft).hearWhat},
		{
			ID: "name", Open: (*RoundDraft).fresh, Ask: (*RoundDraft).askName, Hear: (*RoundDraft).hearName, Skip: func(*RoundDraft) {},
			Label: "名称", Show: (*RoundDraft).showName,
		},
		{ID: "stage", Open: (*RoundDraft).dated, Ask: (*RoundDraft).askStage, Hear: (*RoundDraft).hearStage},
		{
			ID: "day", Open: (*RoundDraft).wantsDay, Ask: (*RoundDraft).askDay, Hear: (*RoundDraft).hearDay, Skip: func(d *RoundDraft) { d.At = time.Time{} },
			Label: "日期", Show: (*RoundDraft).showDay,
		},
		{ID: "tell", Open: (*RoundDraft).fresh, Ask: (*RoundDraft).askTell, Hear: (*RoundDraft).hearTell, Label: "通知居民", Show: (*RoundDraft).showTell},
		{ID: "confirm", Open: always[RoundDraft], Ask: (*RoundDraft).askConfirm, Hear: (*RoundDraft).hearConfirm, Commits: true},
	},
	Told: (*RoundDraft).told,
}

func (d *RoundDraft) begin(t *Turn, _ string) {
	_, c, ok := officeFor(t, civic.ActStage)
	if !ok {
		return
	}
	rounds, err := t.World.Rounds.Rounds(t.Context(), c.ID)
	if t.Failed(err) {
		return
	}
	d.Community, d.Rounds, d.Name = c.ID, rounds, fmt.Sprintf("%d年", t.Now.Year())
	same := 1
	for _, r := range rounds {
		if r.Year == t.Now.Year() {
			same++
		}
	}
	if same > 1 {
		d.Name += fmt.Sprintf("第%d批", same)
	}
	if !d.front() && len(rounds) == 0 {
		d.What = roundOpen
	}
}

// front says whether one of the rounds is in front, so that no other can be opened.
func (d *RoundDraft) front() bool {
	for _, r := range d.Rounds {
		if r.Stage.Front() {
			return true
		}
	}
	return false
}

func (d *RoundDraft) several(*Turn) bool {
	return len(d.Rounds) > 1 || len(d.Rounds) == 1 && !d.front()
}

func (d *RoundDraft) whichLabels() []string {
	var ls []string
	for _, r := range d.Rounds {
		ls = append(ls, fmt.Sprintf("%s（“%s”）", r.Name, r.Stage))
	}
	if !d.front() {
		ls = append(ls, "开新一轮")
	}
	return ls
}

func (d *RoundDraft) askWhich(*Turn) Reply {
	return Reply{Text: "要管哪一轮？", Choices: numbered(d.whichLabels())}
}

func (d *RoundDraft) hearWhich(t *Turn) Move {
	i, v := t.Choice(d.whichLabels()...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(d.whichLabels())))
	}
	d.Pick, d.What = i, ""
	if i == len(d.Rounds) {
		d.What = roundOpen
	}
	return dialog.Next()
}

// round is the one picked.
func (d *RoundDraft) round() civic.Round { return d.Rounds[d.Pick] }

func (d *RoundDraft) old(*Turn) bool      { return d.What != roundOpen }
func (d *RoundDraft) fresh(*Turn) bool    { return d.What == roundOpen }
func (d *RoundDraft) dated(*Turn) bool    { return d.What == roundDate }
func (d *RoundDraft) wantsDay(*Turn) bool { return d.What == roundDate || d.What == roundOpen }

// doings are what can be done with the round now, in words.
func (d *RoundDraft) doings() (what, labels []string) {
	r := d.round()
	add := func(w, label string) { what, labels = append(what, w), append(labels, label) }
	switch next, _ := r.Next(); {
	case r.Stage == civic.Screen: // publishing the shortlist goes on
	case next != civic.NoStage:
		add(roundNext, "进入“"+next.String()+"”")
	default:
		add(roundClose, "结束这一轮")
	}
	if r.Stage < civic.Keep {
		add(roundDate, "定下一步的日期")
	}
	if r.Stage == civic.Screen || r.Stage > civic.Plan {
		add(roundBack, "退回“"+(r.Stage-1).String()+"”")
	}
	return what, labels
}

func (d *RoundDraft) askWhat(t *Turn) Reply {
	_, labels := d.doings()
	r := Reply{Text: tellRound(d.round(), t.Now) + "\n要怎么办？", Choices: numbered(labels)}
	if d.round().Stage == civic.Screen {
		r.After = "公布入围名单后自动进入“编制方案”，回“定入围”。"
	}
	return r
}

func (d *RoundDraft) hearWhat(t *Turn) Move {
	what, labels := d.doings()
	i, v := t.Choice(labels...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(labels)))
	}
	d.What = what[i]
	return dialog.Next()
}

func (d *RoundDraft) askName(*Turn) Reply {
	return Reply{Text: "新的一轮叫什么？叫“" + d.Name + "”就回“跳过”。"}
}

const maxRoundName = 20

func (d *RoundDraft) hearName(t *Turn) Move {
	switch n := zh.Runes(t.Text); {
	case zh.YesNo(t.Text) == zh.Yes:
	case n < 2 || n > maxRoundName:
		return dialog.Again(fmt.Sprintf("请写 2 到 %d 个字，比如“%s”。", maxRoundName, d.Name))
	default:
		d.Name = brief(t.Text, maxRoundName)
	}
	return dialog.Next()
}

func (d *RoundDraft) showName() string {
	if d.What != roundOpen {
		return ""
	}
	return d.Name
}

// laterStages are those whose day can be set.
func (d *RoundDraft) laterStages() []civic.Stage {
	var out []civic.Stage
	for s := d.round().Stage + 1; s <= civic.Keep; s++ {
		out = append(out, s)
	}
	return out
}

func (d *RoundDraft) stageLabels(t *Turn) []string {
	var ls []string
	for _, s := range d.laterStages() {
		when := "没定"
		if at := d.round().Starts[s]; !at.IsZero() {
			when = day(at, t.Now)
		}
		ls = append(ls, fmt.Sprintf("%s（%s）", s, when))
	}
	return ls
}

func (d *RoundDraft) askStage(t *Turn) Reply {
	return Reply{Text: "定哪一个环节的开始日期？", Choices: numbered(d.stageLabels(t))}
}

func (d *RoundDraft) hearStage(t *Turn) Move {
	i, v := t.Choice(d.stageLabels(t)...)
	if v != zh.Sure {
		return dialog.Again(askNumber(len(d.laterStages())))
	}
	d.Stage = d.laterStages()[i]
	return dialog.Next()
}

func (d *RoundDraft) askDay(*Turn) Reply {
	if d.What == roundOpen {
		return Reply{Text: "需求征集从今天开始，到哪天转入“需求初选”？比如“9月5日”；还没定就回“跳过”。"}
	}
	return Reply{Text: "“" + d.Stage.String() + "”从哪天开始？比如“9月5日”；不定日期、到时候自己改，就回“跳过”。"}
}

func (d *RoundDraft) hearDay(t *Turn) Move {
	at, ok := zh.Date(t.Text, t.Now)
	switch {
	case !ok:
		return dialog.Again("没看懂是哪天。请写月和日，比如“9月5日”，要在今天以后、一年以内。")
	case !at.After(t.Now):
		return dialog.Again("今天已经开始了，请写明天以后的日子。")
	}
	d.At = at
	return dialog.Next()
}

func (d *RoundDraft) showDay() string {
	if d.At.IsZero() {
		return "到时候自己改"
	}
	return d.At.Format("2006年1月2日")
}

func (d *RoundDraft) askTell(*Turn) Reply {
	return Reply{Text: "要不要通知全社区的人来提需求？", Choices: numbered([]string{"通知", "不通知"})}
}

func (d *RoundDraft) hearTell(t *Turn) Move {
	i, v := t.Choice("通知", "不通知")
	yes := zh.YesNo(t.Text)
	switch {
	case v == zh.Sure:
		d.Tell = i == 0
	case yes == zh.Yes || yes == zh.No:
		d.Tell = yes == zh.Yes
	default:
		return dialog.Again(askNumber(2))
	}
	return dialog.Next()
}

func (d *RoundDraft) showTell() string {
	switch {
	case d.What != roundOpen:
		return ""
	case d.Tell:
		return "通知"
	}
	return "不通知"
}

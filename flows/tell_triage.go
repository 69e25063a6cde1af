package flows

import (
	"encoding/json"
	"fmt"
	"slices"

	"yishi/flows/civic"
)

// Kinds of what is told of 初选. Values are stored.
const (
	TellNeedQuestion = "need-question" // NeedQuestion, to authors
	TellNeedAnswer   = "need-answer"   // NeedAnswer, to whoever of the staff asked
	TellNeedMerged   = "need-merged"   // NeedMerged, to authors and endorsers
	TellNeedParted   = "need-parted"   // NeedMerged, likewise
	TellNeedKept     = "need-kept"     // NeedMerged, to authors
	TellOverdue      = "overdue"       // NeedsOverdue, to staff
)

// NeedQuestion is a question of staff to the authors of a need.
type NeedQuestion struct {
	Number   string `json:"number"`
	Text     string `json:"text"` // of the need
	Question string `json:"question"`
}

func (q NeedQuestion) tell() (Text, error) {
	if q.Number == "" || q.Question == "" {
		return Text{}, fmt.Errorf("%w: which question", ErrTell)
	}
	no := short(q.Number)
	return Text{
		Plain: "您提的 " + q.Number + "“" + brief(q.Text, maxNews) + "”，网格员想问：\n" + q.Question +
			"\n回“回" + no + "”再写您的回答，比如“回" + no + " 在3幢东面”。",
		Line:   q.Number + " 网格员有话问您",
		Fields: map[string]string{"title": brief(q.Text, maxField), "content": brief(q.Question, maxField), "number": q.Number},
	}, nil
}

// NeedAnswer is an author's answer, for whoever asked.
type NeedAnswer struct {
	Number   string `json:"number"`
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

func (a NeedAnswer) tell() (Text, error) {
	if a.Number == "" || a.Answer == "" {
		return Text{}, fmt.Errorf("%w: which answer", ErrTell)
	}
	return Text{
		Plain:  a.Number + " 的提出人回答了。\n问：" + a.Question + "\n答：" + a.Answer + "\n接着办，回“初选" + short(a.Number) + "”。",
		Line:   a.Number + " 提出人回答了",
		Fields: map[string]string{"title": brief(a.Question, maxField), "content": brief(a.Answer, maxField), "number": a.Number},
	}, nil
}

// NeedMerged says that one need goes on in another, or does not any more.
type NeedMerged struct {
	Number   string `json:"number"`
	Text     string `json:"text"`
	Into     string `json:"into"`
	IntoText string `json:"intoText,omitempty"` // "" where it is not public
}

func (m NeedMerged) into() string {
	if m.IntoText == "" {
		return m.Into
	}
	return m.Into + "“" + m.IntoText + "”"
}

func (m NeedMerged) tell(kind string) (Text, error) {
	if m.Number == "" || m.Into == "" {
		return Text{}, fmt.Errorf("%w: which needs", ErrTell)
	}
	what, no := m.Number+"“"+brief(m.Text, maxNews)+"”", short(m.Number)
	state, plain := "", ""
	switch kind {
	case TellNeedMerged:
		state = "合到 " + m.Into
		plain = "您关心的 " + what + "和 " + m.into() + "是一件事，合在一起办。您的署名和附议都在，编号照样能查，回“进度" + no + "”。\n是您提的、又不是一回事？回“不是一回事" + no + "”。"
	case TellNeedParted:
		state = "分开办了"
		plain = "您关心的 " + what + "和 " + m.into() + "分开办了，署名和附议都照原来的。\n回“进度" + no + "”看全部。"
	case TellNeedKept:
		state = "还是合着办"
		plain = "您说 " + what + "和 " + m.into() + "不是一回事，社区又看过，还是合在一起办。您的署名在，编号照样能查。\n还有疑问，回“人工”。"
	}
	return Text{
		Plain: plain, Line: m.Number + " " + state,
		Fields: map[string]string{"title": brief(m.Text, maxField), "content": brief(state, maxField), "number": m.Number},
	}, nil
}

// NeedsOverdue tells staff of what waits too long.
type NeedsOverdue struct {
	Number int `json:"number"` // needs
	After  int `json:"after"`  // days from which on they count
	Days   int `json:"days"`   // that the oldest has waited
}

func (o NeedsOverdue) tell() (Text, error) {
	if o.Number < 1 || o.Days < o.After {
		return Text{}, fmt.Errorf("%w: nothing waits", ErrTell)
	}
	return Text{
		Plain:  fmt.Sprintf("初选里有 %d 件等了超过 %d 天，最久 %d 天。\n回“初选”，从最久的看起。", o.Number, o.After, o.Days),
		Line:   fmt.Sprintf("%d 件初选等久了", o.Number),
		Fields: map[string]string{"title": "初选等久了", "content": fmt.Sprintf("%d 件，最久 %d 天", o.Number, o.Days), "number": fmt.Sprint(o.Number)},
	}, nil
}

// OverduePushes tell staff of what waits too long, those alike in one push. Once a day: day names it.
func OverduePushes(c civic.CommunityID, day string, all []civic.Digest) []civic.MakePush {
	var out []civic.MakePush
	for _, d := range all {
		id := fmt.Sprintf("overdue-%d-%s-%d-%d-%d", c, day, d.After, d.Number, d.Days)
		i := slices.IndexFunc(out, func(m civic.MakePush) bool { return m.Push.Purpose == id })
		if i >= 0 {
			out[i].Audience.Accounts = append(out[i].Audience.Accounts, d.Account)
			continue
		}
		args, _ := json.Marshal(NeedsOverdue{Number: d.Number, After: d.After, Days: d.Days}) // numbers always can be
		out = append(out, civic.MakePush{
			Push:     civic.Push{ID: id, Purpose: id, Community: c, Kind: TellOverdue, Args: args},
			Audience: civic.Audience{Accounts: []civic.Account{d.Account}},
		})
	}
	return out
}

// tellTriage renders what is told of 初选; false for other kinds.
func tellTriage(kind string, args json.RawMessage) (t Text, known bool, err error) {
	switch kind {
	case TellNeedQuestion:
		t, err = tellAs(args, NeedQuestion.tell)
	case TellNeedAnswer:
		t, err = tellAs(args, NeedAnswer.tell)
	case TellNeedMerged, TellNeedParted, TellNeedKept:
		t, err = tellAs(args, func(m NeedMerged) (Text, error) { return m.tell(kind) })
	case TellOverdue:
		t, err = tellAs(args, NeedsOverdue.tell)
	default:
		return Text{}, false, nil
	}
	return t, true, err
}

// triageSamples are arguments of these kinds that could be told.
func triageSamples() map[string]any {
	m := NeedMerged{Number: "钮2027-018", Text: "河边装一排晾衣架", Into: "钮2027-012", IntoText: "凤池弄装晾衣架"}
	return map[string]any{
		TellNeedQuestion: NeedQuestion{Number: "钮2027-018", Text: "河边装一排晾衣架", Question: "装在桥的哪一边？"},
		TellNeedAnswer:   NeedAnswer{Number: "钮2027-018", Question: "装在桥的哪一边？", Answer: "东边"},
		TellNeedMerged:   m, TellNeedParted: m, TellNeedKept: m,
		TellOverdue: NeedsOverdue{Number: 3, After: 7, Days: 12},
	}
}

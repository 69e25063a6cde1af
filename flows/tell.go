package flows

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"yishi/flows/civic"
	"yishi/flows/zh"
)

// Text is what a push says, as the routes can carry it: whole, for customer messages and the
// inbox; in short fields, for templates and notices; in one line, for lists.
type Text struct {
	Plain  string
	Media  civic.ToldMedia   // goes by customer message instead of Plain, which stands for it elsewhere
	Line   string            // at most maxLine characters
	Fields map[string]string // by name: title, content, number, state; each at most maxField characters
}

const (
	maxLine  = 30
	maxField = 20 // the platform's limit for a field of kind thing
	maxTold  = 500
	maxNews  = 30 // characters of a need's text in its news
	maxWhy   = 100
)

// The kinds of what is told. Values are stored.
const (
	TellAnnounce = "announce"  // Announce
	TellNeedNews = "need-news" // NeedNews

	TellOfficeNews = "office" // OfficeNews
)

// Announce is a message of staff to many.
type Announce struct {
	Title string `json:"title"` // at most 20 characters
	Body  string `json:"body"`  // at most 500
	From  string `json:"from"`  // who speaks: 钮家巷社区

	// Urgent is why it comes at any hour, at most 100 characters; "": it does not.
	Urgent string `json:"urgent,omitempty"`
}

// NeedNews tells those who raised or endorsed a need what became of it.
type NeedNews struct {
	Number string          `json:"number"`
	Text   string          `json:"text"`
	State  civic.NeedState `json:"state"`
	Reason string          `json:"reason,omitempty"` // why it was declined
	Next   string          `json:"next,omitempty"`   // what comes next, with a date
	Also   []string        `json:"also,omitempty"`   // numbers of those that go on in it
	Appeal string          `json:"appeal,omitempty"` // until when a decline can be appealed; "" it cannot
}

// ErrTell says that a push of this kind cannot be told: it is to be refused before it is queued.
var ErrTell = errors.New("cannot be told")

// Tell renders a push purely from its kind and arguments. midStep says that a question is open
// in the person's chat: the text then ends with the way back to it. It fails with ErrTell for an
// unknown kind, for arguments that do not fit it, and for a text that is too long or empty.
func Tell(kind string, args json.RawMessage, midStep bool) (Text, error) {
	var t Text
	var err error
	switch kind {
	case TellAnnounce:
		t, err = tellAs(args, Announce.tell)
	case TellNeedNews:
		t, err = tellAs(args, NeedNews.tell)
	case TellOfficeNews:
		t, err = tellAs(args, OfficeNews.tell)
	case civic.TellRelay:
		t, err = tellAs(args, func(r civic.TalkTold) (Text, error) { return tellRelay(r, midStep) })
	case civic.TellRelayCall:
		t, err = tellAs(args, func(r civic.TalkTold) (Text, error) { return tellCall(r, midStep) })
	case TellClaimed:
		t, err = tellAs(args, ClaimedNews.tell)
	case TellVerify:
		t, err = tellAs(args, VerifyNews.tell)
	case civic.TellListDue:
		t, err = tellAs(args, tellListDue)
	default:
		var known bool
		if t, known, err = tellTriage(kind, args); !known {
			t, err = tellAs(args, func(n civic.PublicNews) (Text, error) { return tellPublic(kind, n) })
		}
	}
	if err != nil {
		return Text{}, fmt.Errorf("kind %s: %w", kind, err)
	}
	t.Line = brief(t.Line, maxLine)
	for name, value := range t.Fields {
		t.Fields[name] = field(oneLine(value))
	}
	if midStep && kind != civic.TellRelay && kind != civic.TellRelayCall {
		t.Plain += "\n您没办完的还在，回“继续”接着办。"
	}
	return t, nil
}

// oneLine puts in one line what was written in several.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// field cuts s as the platform counts: a character beyond the first plane, such as a face, is two.
func field(s string) string {
	for n := maxField; ; n-- {
		short, width := zh.Cut(s, n), 0
		for _, r := range short {
			if width++; r > 0xffff {
				width++
			}
		}
		if width <= maxField {
			return short
		}
	}
}

func tellAs[A any](args json.RawMessage, tell func(A) (Text, error)) (Text, error) {
	var a A
	if err := json.Unmarshal(args, &a); err != nil {
		return Text{}, fmt.Errorf("%w: arguments do not fit", ErrTell)
	}
	return tell(a)
}

func (a Announce) tell() (Text, error) {
	switch {
	case zh.Runes(a.Title) < 1 || zh.Runes(a.Title) > maxField:
		return Text{}, fmt.Errorf("%w: title must have 1 to %d characters", ErrTell, maxField)
	case zh.Runes(a.Body) < 1 || zh.Runes(a.Body) > maxTold:
		return Text{}, fmt.Errorf("%w: body must have 1 to %d characters", ErrTell, maxTold)
	case a.From == "":
		return Text{}, fmt.Errorf("%w: nobody speaks", ErrTell)
	case zh.Runes(a.Urgent) > maxWhy:
		return Text{}, fmt.Errorf("%w: reason of urgency must have at most %d characters", ErrTell, maxWhy)
	}
	last := "想少收几类，回“退订”。"
	if a.Urgent != "" {
		last = "事情急（" + oneLine(a.Urgent) + "），所以马上告诉您。"
	}
	return Text{
		Plain:  "【" + a.From + "】" + a.Title + "\n" + a.Body + "\n" + last,
		Line:   a.Title,
		Fields: map[string]string{"title": a.Title, "content": a.Body},
	}, nil
}

// needNews tells those who raised or endorsed a need what became of it, but for the one who did
// it. A need comes to each state at most once, so its purpose is the need's and the state's.
func needNews(n *civic.Need, state civic.NeedState, by civic.Account) civic.MakePush {
	m := newsOf(n, NeedNews{Number: n.Number.String(), Text: brief(n.Text, maxNews), State: state}, "")
	m.Audience.Except = by
	return m
}

// newsOf is the same for all of them. Where a need may come to a state twice, mark tells the two
// apart; what belongs to a round is news once in each.
func newsOf(n *civic.Need, said NeedNews, mark string) civic.MakePush {
	id := fmt.Sprintf("need-%d-%s%s", n.ID, said.State, mark)
	if n.Round != 0 {
		id += fmt.Sprintf("-%x", n.Round)
	}
	args, _ := json.Marshal(said) // strings always can be
	return civic.MakePush{
		Push:     civic.Push{ID: id, Purpose: id, Topic: civic.TopicNeeds, Community: n.Community, Kind: TellNeedNews, Args: args},
		Audience: civic.Audience{Need: n.ID},
	}
}

func (n NeedNews) tell() (Text, error) {
	if n.Number == "" || n.Text == "" {
		return Text{}, fmt.Errorf("%w: which need", ErrTell)
	}
	if n.State == civic.NeedWithdrawn {
		return n.tellWithdrawn(), nil
	}
	what := n.Number + "“" + brief(n.Text, maxNews) + "”" + stateName(n.State)
	plain := "您关心的 " + what + "。"
	if len(n.Also) > 0 {
		plain = "您关心的 " + n.Number + "（合了 " + strings.Join(n.Also, "、") + "）“" + brief(n.Text, maxNews) + "”" + stateName(n.State) + "。"
	}
	if n.Reason != "" {
		plain += "\n原因：" + sentence(n.Reason)
	}
	if n.Next != "" {
		plain += "\n下一步：" + sentence(n.Next)
	}
	if n.Appeal != "" {
		plain += "\n不同意？" + n.Appeal + "前回“申诉" + short(n.Number) + "”，可以申诉一次，由另一位工作人员来看。"
	}
	return Text{
		Plain:  plain + "\n回“进度" + short(n.Number) + "”看全部。",
		Line:   n.Number + " " + stateName(n.State),
		Fields: map[string]string{"title": brief(n.Text, maxField), "content": stateName(n.State), "number": n.Number},
	}, nil
}

// sentence ends what staff wrote with a full stop, if nothing ends it.
func sentence(s string) string {
	if strings.ContainsAny(s[max(0, len(s)-len("。")):], "。！？…") {
		return s
	}
	return s + "。"
}

// tellWithdrawn is for those who endorsed: their voices are not lost if one of them raises it anew.
func (n NeedNews) tellWithdrawn() Text {
	return Text{
		Plain: "您附议的 " + n.Number + "“" + brief(n.Text, maxNews) + "”，提的人撤回了，不再办理。\n" +
			"要是还想办，回“提需求”，您来提。",
		Line:   n.Number + " 提的人撤回了",
		Fields: map[string]string{"title": brief(n.Text, maxField), "content": stateName(n.State), "number": n.Number},
	}
}

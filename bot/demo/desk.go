package demo

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"yishi/flows/civic"
)

// Desk is where staff tell people something. The page has no sender of its own: whatever it shows
// and does comes from here, which is to be the code that operators use.
type Desk interface {
	// Foresee says for each person of the audience how the ladder would tell them now. It fails
	// with ErrText when a way that is open could not carry the text.
	Foresee(ctx context.Context, n Announcement) ([]Outlook, error)
	// Send freezes the audience and has it told, if it is as many people as confirmed, else ErrCount.
	// again says that the same was made today already, and stays as it was.
	Send(ctx context.Context, n Announcement, confirm int) (id string, again bool, err error)
	// Told lists the latest pushes, the newest first, and how they stand.
	Told(ctx context.Context) ([]Told, error)
	// Resend tries those again that have failed, and says how many.
	Resend(ctx context.Context, id string) (int, error)
}

// Errors of a Desk.
var (
	ErrCount = errors.New("another number of people")
	ErrText  = errors.New("text cannot be carried")
)

// Announcement is what staff have written.
type Announcement struct {
	Title  string `json:"title"`  // 1 to 20 characters
	Body   string `json:"body"`   // 1 to 500
	Urgent string `json:"urgent"` // why it may break the quiet hours, at most 100; "" it may not
}

// Ways of an Outlook that are no route.
const (
	WaySkipped = "skipped" // is not told
	WayLater   = "later"   // waits for the end of the quiet hours
)

// Outlook is how one person would be told now.
type Outlook struct {
	Openid string
	Way    string    // a civic.Route, WaySkipped or WayLater
	Why    string    // in words for staff, without a full stop
	Until  time.Time // nothing is tried before; zero: at once
}

// Told is a push that was made, and how it stands.
type Told struct {
	ID     string
	Title  string
	Urgent bool
	At     time.Time // when it was, or is, due
	Report civic.Report
}

// The limits of what staff may write, in characters.
const (
	maxTitle  = 20
	maxBody   = 500
	maxUrgent = 100
	deskTime  = 5 * time.Second // for one question to the desk
)

var pushID = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// fault says in words for people what is wrong with an announcement; "" nothing.
func (n *Announcement) fault() string {
	n.Title, n.Body, n.Urgent = strings.TrimSpace(n.Title), strings.TrimSpace(n.Body), strings.TrimSpace(n.Urgent)
	switch {
	case n.Title == "":
		return "请写标题"
	case n.Body == "":
		return "请写内容"
	case utf8.RuneCountInString(n.Title) > maxTitle:
		return "标题最多 " + strconv.Itoa(maxTitle) + " 字"
	case utf8.RuneCountInString(n.Body) > maxBody:
		return "内容最多 " + strconv.Itoa(maxBody) + " 字"
	case utf8.RuneCountInString(n.Urgent) > maxUrgent:
		return "理由最多 " + strconv.Itoa(maxUrgent) + " 字"
	}
	return ""
}

// announced reads an announcement; on a fault it has answered already.
func (s *Server) announced(w http.ResponseWriter, r *http.Request, in any, n *Announcement) bool {
	if s.o.Desk == nil {
		s.refuse(w, http.StatusNotFound, "这里不能推送")
		return false
	}
	if !s.read(w, r, in) {
		return false
	}
	if why := n.fault(); why != "" {
		s.refuse(w, http.StatusBadRequest, why)
		return false
	}
	return true
}

// deskFault tells the page why the desk did not do it.
func (s *Server) deskFault(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, ErrCount):
		s.refuse(w, http.StatusConflict, "名单变了，请再看一遍人数")
	case errors.Is(err, ErrText):
		s.refuse(w, http.StatusBadRequest, "这段文字有一条路装不下，请写短一点，不要用特殊符号")
	default:
		s.log.Error("desk", "err", err)
		s.refuse(w, http.StatusInternalServerError, "没有成功，请再试一次")
	}
}

// outlook is one line of the preview.
type outlook struct {
	Phone int    `json:"phone"` // -1: somebody without a phone on the page
	Way   string `json:"way"`
	Text  string `json:"text"`
	Note  string `json:"note,omitempty"` // what the platform's switches will do to it
}

// tally is how many go a way.
type tally struct {
	Way string `json:"way"`
	N   int    `json:"n"`
	Why string `json:"why,omitempty"` // of those skipped and failed
}

// foresee shows staff whom it would reach, and how.
func (s *Server) foresee(w http.ResponseWriter, r *http.Request) {
	var n Announcement
	if !s.announced(w, r, &n, &n) {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), deskTime)
	defer cancel()
	all, err := s.o.Desk.Foresee(ctx, n)
	if err != nil {
		s.deskFault(w, err)
		return
	}
	out := struct {
		People int       `json:"people"`
		Sum    []tally   `json:"sum"`
		Phones []outlook `json:"phones"`
	}{People: len(all), Sum: []tally{}, Phones: make([]outlook, 0, len(s.o.Phones))}
	sum, seen := map[string]int{}, map[string]Outlook{}
	for _, o := range all {
		sum[o.Way]++
		seen[o.Openid] = o
	}
	for _, way := range ways() {
		if sum[way] > 0 {
			out.Sum = append(out.Sum, tally{Way: way, N: sum[way]})
		}
	}
	for i, p := range s.o.Phones {
		line := outlook{Phone: i, Way: "none", Text: "不在名单里：没有关注，或者还没有选社区"}
		if o, ok := seen[p.Openid]; ok {
			line = outlook{Phone: i, Way: o.Way, Text: s.outlookText(o), Note: s.switches.note(o, s.o.Clock.Now())}
		}
		out.Phones = append(out.Phones, line)
	}
	s.answer(w, http.StatusOK, out)
}

// ways are all ways in the order of the ladder.
func ways() []string {
	return []string{
		string(civic.ByCustomer), string(civic.ByNotice), string(civic.ByTemplate), string(civic.ByInbox),
		string(civic.ByDoor), WayLater, WaySkipped,
	}
}

// outlookText says why, and when where it is not now.
func (s *Server) outlookText(o Outlook) string {
	text := o.Why
	if !o.Until.IsZero() {
		text += "，等到" + s.when(o.Until)
		if o.Way != WayLater {
			text = o.Why + "；额度用完了，等到" + s.when(o.Until)
		}
	}
	return text
}

// when is a moment as people say it, seen from now.
func (s *Server) when(t time.Time) string {
	here := time.FixedZone("", 8*60*60)
	now, then := s.o.Clock.Now().In(here), t.In(here)
	morning := then.Hour() >= 5 && then.Hour() < 12
	day := then.Format("1月2日 ")
	switch midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, here); {
	case then.Before(midnight.AddDate(0, 0, 1)):
		day = map[bool]string{true: "今早 ", false: "今天 "}[morning]
	case then.Before(midnight.AddDate(0, 0, 2)):
		day = map[bool]string{true: "明早 ", false: "明天 "}[morning]
	}
	if then.Minute() == 0 {
		return day + strconv.Itoa(then.Hour()) + " 点"
	}
	return day + then.Format("15:04")
}

// push has people told, and answers with the push's id.
func (s *Server) push(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Announcement
		Confirm int `json:"confirm"` // how many people, as the preview said
	}
	if !s.announced(w, r, &in, &in.Announcement) {
		return
	}
	if in.Confirm < 1 {
		s.refuse(w, http.StatusBadRequest, "名单里没有人")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), deskTime)
	defer cancel()
	id, again, err := s.o.Desk.Send(ctx, in.Announcement, in.Confirm)
	if err != nil {
		s.deskFault(w, err)
		return
	}
	s.history.poke()
	s.answer(w, http.StatusOK, map[string]any{"id": id, "again": again})
}

// resend tries those again that have failed.
func (s *Server) resend(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID string `json:"id"`
	}
	if s.o.Desk == nil {
		s.refuse(w, http.StatusNotFound, "这里不能推送")
		return
	}
	if !s.read(w, r, &in) {
		return
	}
	if !pushID.MatchString(in.ID) {
		s.refuse(w, http.StatusBadRequest, "没有这条推送")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), deskTime)
	defer cancel()
	n, err := s.o.Desk.Resend(ctx, in.ID)
	if err != nil {
		s.deskFault(w, err)
		return
	}
	s.answer(w, http.StatusOK, map[string]any{"n": n})
}

package dialog

import (
	"fmt"
	"slices"
	"time"

	"yishi/flows/zh"
)

// stale is how old a question may be before an answer to it is no longer trusted.
const stale = 2 * time.Hour

// draftLife is how long a half-done flow is kept.
const draftLife = 30 * 24 * time.Hour

// missLimit misunderstandings in a row offer a way out.
const missLimit = 3

// Outcome is what a turn came to. While Commit or Close is set nothing may be said yet: the
// caller carries it out and asks Committed, Refused or Closed how the turn goes on.
type Outcome struct {
	Reply  Reply
	Card   int     // id of the present question for tappable choices, 0 if none
	Commit *Commit // effects to be committed first
	Close  *Close  // a run to be closed first
	Keep   bool    // the session was written by a newer release: it must be stored unchanged
	Flow   string  // for metrics: the flow that was under way or opened
	Step   string
	Word   string // for metrics: asked, again, done, refused, stale, newer

	committed func(receipt any) (Session, Outcome, error)
	refused   func(sentence, step string) (Session, Outcome, error)
	closed    func(receipt any) (Session, Outcome, error)
}

// Commit asks for effects to be committed under the key (Run, N). Final says that they end the run.
type Commit struct {
	Run     string
	N       int
	Final   bool
	Effects []any
}

// Close asks for a run to be closed, unless it turns out to be committed already.
type Close struct {
	Run string
	N   int
}

// Committed goes on after Commit with its receipt.
func (o Outcome) Committed(receipt any) (Session, Outcome, error) { return o.committed(receipt) }

// Refused goes on after Commit was refused: the sentence is said at the step it names, or ends the flow.
func (o Outcome) Refused(sentence, step string) (Session, Outcome, error) {
	return o.refused(sentence, step)
}

// Closed goes on after Close. receipt is nil when the run is closed now, or what it had committed.
func (o Outcome) Closed(receipt any) (Session, Outcome, error) { return o.closed(receipt) }

// round is one Advance under way.
type round[W any] struct {
	e      *Engine[W]
	t      *Turn[W]
	s      Session
	out    Outcome
	parked string // run parked in this turn, which comes back if the turn's own matter ends at once
	depth  int    // flows opened in this turn
	held   string // flow whose For was asked in this turn and said yes
}

// Advance takes one turn. The session it returns is to be stored; on an error, which only a
// look-up or a faulty flow makes, the old one stays.
func (e *Engine[W]) Advance(s Session, t *Turn[W]) (Session, Outcome, error) {
	r := &round[W]{e: e, t: t, s: s.clone()}
	t.notes = r.s.Notes
	if r.newer() {
		return s, Outcome{Keep: true, Word: "newer", Reply: Reply{Text: "正在更新，请过一分钟再发一次。您没办完的都还在。"}}, nil
	}
	r.s.V, r.s.Gen = sessionVersion, e.cfg.Generation
	r.forget()
	if err := r.hear(); err != nil {
		return s, Outcome{}, err
	}
	return r.result()
}

// result packs the round up; notes are taken over even while a commit is pending.
func (r *round[W]) result() (Session, Outcome, error) {
	if r.t.err != nil {
		return Session{}, Outcome{}, r.t.err
	}
	r.s.Notes = r.t.notes
	if r.out.Commit != nil || r.out.Close != nil {
		return r.s, r.out, nil
	}
	r.restore()
	r.waits()
	if r.s.Misses >= missLimit {
		r.out.Reply.After = lines(r.out.Reply.After, "要是不好答，回“菜单”另办别的，回“人工”找网格员。")
		r.s.Misses = 0
	}
	if r.out.Reply.Text == "" {
		r.out.Reply.Text = "好的。"
	}
	return r.s, r.out, nil
}

// newer reports whether a later release has touched the conversation in a way unknown here.
func (r *round[W]) newer() bool {
	if r.s.V > sessionVersion {
		return true
	}
	for _, f := range r.frames() {
		m := r.e.byID[f.Flow]
		if m == nil && r.s.Gen > r.e.cfg.Generation || m != nil && f.Ver > m.head().version {
			return true
		}
	}
	return false
}

func (r *round[W]) frames() []*Frame {
	var fs []*Frame
	for i := range r.s.Parked {
		fs = append(fs, &r.s.Parked[i])
	}
	if r.s.Top != nil {
		fs = append(fs, r.s.Top)
	}
	return fs
}

// forget drops what is over: flows that are gone, drafts that are too old, flows that end with
// an old version. Whoever stands in one is told.
func (r *round[W]) forget() {
	over := func(f *Frame) bool {
		m := r.e.byID[f.Flow]
		return m == nil || f.Ver < m.head().version && m.head().old == Finish ||
			f.Asked > 0 && r.t.Now.Sub(time.Unix(f.Asked, 0)) > draftLife
	}
	r.s.Parked = slices.DeleteFunc(r.s.Parked, func(f Frame) bool { return over(&f) })
	if r.s.Top != nil && over(r.s.Top) {
		r.s.Top, r.s.Offer, r.s.Seed = nil, false, nil
		r.say(Reply{Text: "上次没办完的那件已经过期了，没有提交。"})
	}
}

// say adds to what the turn says. A later question goes below earlier words.
func (r *round[W]) say(q Reply) {
	text := lines(r.out.Reply.Text, q.Text)
	r.out.Reply = Reply{Text: text, Choices: q.Choices, After: lines(r.out.Reply.After, q.After)}
}

// hear finds out what the input is and acts on it.
func (r *round[W]) hear() error {
	t := r.t
	if r.s.Top != nil {
		t.amid = r.s.Top.Flow
	}
	said := t.Input
	if t.Kind == Voice && t.Text != "" && !r.talking() {
		t.Kind = Text
	}
	if t.Kind == Text || t.Kind == Menu {
		t.Text = zh.Clean(t.Text)
		if done, err := r.hearWords(); done || err != nil {
			return err
		}
	}
	switch {
	case r.s.Top != nil && t.Kind != Follow && t.Kind != Scan && t.Kind != Menu:
		return r.hearStep()
	case t.Kind == Menu:
		return r.open(r.e.cfg.Menu, "", nil)
	}
	if id := r.talkFor(); id != "" {
		if said.Kind == Text {
			said.Text = t.Text
		}
		return r.open(id, "", &said)
	}
	if t.Kind == Text {
		return r.hearFree()
	}
	if t.Kind == Other {
		r.say(Reply{Text: cannotUse(t.Input)})
	}
	in := t.Input
	if id := r.e.takes(t.Kind); id != "" {
		if t.Kind == Follow || t.Kind == Scan {
			return r.open(id, in.Text, nil)
		}
		return r.open(id, "", &in)
	}
	return r.open(r.e.cfg.Menu, "", nil)
}

// hearWords acts on words that work everywhere. It reports false for anything else.
func (r *round[W]) hearWords() (bool, error) {
	t := r.t
	c, arg := command(t.Text)
	id, with, opens := "", "", false
	talk := r.talking()
	if talk && (c != cmdContinue || len(r.s.Parked) == 0) {
		c = noCommand
	}
	if c == noCommand || c == cmdEdit && !r.editable(arg) { // a sentence that happens to begin so
		c = noCommand
		id, with, opens = r.e.find(t, talk)
		opens = opens && !r.offered(id)
	}
	if t.Kind == Text && r.e.cfg.Alarm != nil {
		if alarm := r.e.cfg.Alarm(t.Text); alarm != "" {
			r.say(Reply{Text: alarm})
			if r.s.Top == nil && !opens {
				r.out.Word = "alarm"
				return true, nil
			}
		}
	}
	switch {
	case c != noCommand:
		return true, r.command(c, arg)
	case opens:
		return true, r.openAgain(id, with)
	}
	if t.Tap > 0 && t.Tap != r.s.Card {
		return true, r.staleTap()
	}
	if r.s.Offer && r.s.Top != nil && t.Kind == Text {
		return true, r.hearOffer()
	}
	return false, nil
}

func (r *round[W]) staleTap() error {
	r.out.Word = "stale"
	if r.s.Top == nil {
		r.say(Reply{Text: "您点的是前面的选项，已经过去了。回“菜单”看看能办什么。"})
		return nil
	}
	return r.again("您点的是前面的选项，没有计入。现在问的是：")
}

// hearStep hands the input to the step under way.
func (r *round[W]) hearStep() error {
	t, top := r.t, r.s.Top
	h := r.e.byID[top.Flow].head()
	step := h.step(top.Step)
	if step == nil || top.Ver < h.version && h.old == Restart {
		return r.restartKept()
	}
	top.Ver = h.version
	if h.talk == nil && t.Now.Sub(time.Unix(top.Asked, 0)) > stale {
		r.out.Word = "stale"
		return r.again("隔了一阵子，刚才发的先不算。您上次在办“" + h.title + "”，问到：")
	}
	if t.Kind == Text && t.Text == "" {
		return r.miss("没有看到字，请再写一次。")
	}
	if !step.takes(t.Kind) {
		return r.miss(cannotUse(t.Input))
	}
	return r.play(action{do: doHear})
}

// restartKept begins the flow again after a release that changed it, with the draft kept.
func (r *round[W]) restartKept() error {
	top := r.s.Top
	h := r.e.byID[top.Flow].head()
	top.Ver, top.Trail, top.Back = h.version, nil, ""
	r.out.Word = "restarted"
	return r.play(action{do: doGoTo, step: h.steps[0].id, note: "“" + h.title + "”的步骤刚更新过，请从头再看一遍，您写过的还在。"})
}

// hearFree hears text outside any flow.
func (r *round[W]) hearFree() error {
	if r.t.Text == "" {
		return r.open(r.e.cfg.Menu, "", nil)
	}
	return r.open(r.e.cfg.Unknown, "", nil)
}

func cannotUse(in Input) string {
	switch in.Kind {
	case Photo:
		return "这一步用不上照片。"
	case Voice:
		return "这段语音我还听不懂，请用文字写一句。"
	case Location:
		return "这一步用不上位置。"
	case Other:
		return fmt.Sprintf("%s我还看不懂。文字、照片、语音和位置都可以。", in.Text)
	case Text, Menu, Follow, Scan:
	}
	return "这一步用不上这个。"
}

func (r *round[W]) miss(why string) error {
	r.s.Misses++
	r.out.Word = "again"
	return r.askWith(why)
}

func (r *round[W]) again(note string) error { return r.askWith(note) }

// askWith shows the present question again below a note, without counting anything.
func (r *round[W]) askWith(note string) error {
	misses := r.s.Misses
	err := r.play(action{do: doAsk, note: note})
	r.s.Misses = misses
	return err
}

func (h *header[W]) step(id string) *stepInfo {
	for i := range h.steps {
		if h.steps[i].id == id {
			return &h.steps[i]
		}
	}
	return nil
}

func (s *stepInfo) takes(k Kind) bool {
	if len(s.hears) == 0 {
		return k == Text
	}
	return slices.Contains(s.hears, k)
}

package dialog

import (
	"errors"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"yishi/flows/zh"
)

// maxOpened bounds the flows opened in one turn.
const maxOpened = 4

// play drives the flow under way and takes what comes of it.
func (r *round[W]) play(a action) error {
	top := r.s.Top
	m := r.e.byID[top.Flow]
	r.out.Flow, r.out.Step = top.Flow, top.Step
	if !r.holds(m) {
		return r.lost(m)
	}
	res, err := m.drive(top, r.t, a)
	if err != nil {
		return err
	}
	r.out.Step = top.Step
	switch {
	case res.missed:
		r.s.Misses++
	case a.do != doAsk:
		r.s.Misses = 0
	}
	if len(res.effects) == 0 {
		return r.after(res)
	}
	r.out.Commit = &Commit{Run: top.Run, N: top.N, Final: res.done && res.open == "", Effects: res.effects}
	if top.Glance { // what it does stands by itself: a run each, whose number no lost session can be behind of
		r.out.Commit.Run, r.out.Commit.N, r.out.Commit.Final = r.t.newRun(), 0, true
	}
	r.out.committed = func(receipt any) (Session, Outcome, error) {
		r.out.Commit = nil
		if err := r.committed(res, receipt); err != nil {
			return Session{}, Outcome{}, err
		}
		return r.result()
	}
	r.out.refused = r.refusal
	return nil
}

// committed goes on after the effects are in the store.
func (r *round[W]) committed(res result, receipt any) error {
	top := r.s.Top
	top.N++
	if res.final {
		told, err := r.e.byID[top.Flow].tell(top, r.t, receipt)
		if err != nil {
			return err
		}
		told.Text = lines(res.reply.Text, told.Text)
		res.reply = told
		return r.after(res)
	}
	note, err := r.e.byID[top.Flow].after(top, r.t, receipt)
	if err != nil {
		return err
	}
	res.reply.Text = lines(note, res.reply.Text)
	if m := r.e.byID[top.Flow]; m.head().notes && !res.done {
		noted, err := m.note(top, r.t, receipt)
		if err != nil {
			return err
		}
		noted.Text = lines(res.said, noted.Text)
		res.reply = noted
	}
	return r.after(res)
}

// refusal goes on after the store refused the effects by its rules: nothing was done.
func (r *round[W]) refusal(sentence, step string) (Session, Outcome, error) {
	r.out.Commit, r.out.Word = nil, "refused"
	top := r.s.Top
	h := r.e.byID[top.Flow].head()
	if step == "" || h.step(step) == nil {
		r.s.Top = nil
		r.say(Reply{Text: sentence})
		return r.result()
	}
	if step != top.Step {
		top.Back, top.Step = top.Step, step
	}
	if err := r.e.byID[top.Flow].refused(top, r.t, sentence); err != nil {
		return Session{}, Outcome{}, err
	}
	if err := r.play(action{do: doGoTo, step: step, note: sentence}); err != nil {
		return Session{}, Outcome{}, err
	}
	return r.result()
}

// after says what a drive came to and, when the flow is done, goes on to what follows it.
func (r *round[W]) after(res result) error {
	r.say(res.reply)
	if !res.done {
		r.question(res)
		return nil
	}
	then := r.s.Top.Then
	r.out.Word = "done"
	run := r.s.Top.Run
	r.s.Top, r.s.Offer, r.s.Seed, r.out.Card = nil, false, nil, 0
	if len(res.reply.Choices) > 0 {
		r.card(run)
	}
	switch {
	case res.open != "":
		return r.open(res.open, "", res.seed)
	case then != nil:
		return r.open(then.Flow, then.Arg, then.Seed)
	}
	return nil
}

// question gives the question just asked its own card, so that a tap on an older one is known.
func (r *round[W]) question(res result) {
	if r.out.Word == "" {
		r.out.Word = "asked"
		if res.missed {
			r.out.Word = "again"
		}
	}
	r.out.Flow, r.out.Step = r.s.Top.Flow, r.s.Top.Step
	r.card(r.s.Top.Run + "/" + r.s.Top.Step)
}

func (r *round[W]) card(of string) {
	r.s.Seq++
	h := fnv.New32a()
	_, _ = h.Write([]byte(of + "/" + strconv.Itoa(r.s.Seq))) // never fails
	r.s.Card = int(h.Sum32()&0x3fffffff) + 1
	r.out.Card = r.s.Card
}

// openAgain opens a flow that people asked for by its words. Where it is half-done already, they choose.
func (r *round[W]) openAgain(id, arg string) error {
	here := r.s.Top != nil && r.s.Top.Flow == id
	if !here {
		for i := range r.s.Parked {
			if r.s.Parked[i].Flow == id {
				here = r.s.unpark(id)
				break
			}
		}
	}
	if !here || !r.s.Top.started() {
		return r.open(id, arg, nil)
	}
	return r.offer(nil)
}

// offered reports whether a message that would open the flow id is, as a whole, one of the choices of the
// open question, by its words: then that choice is meant. It is so where the words would only ask the same
// flow's question again, and in flows of those who have a right, whose choices are other people's words.
func (r *round[W]) offered(id string) bool {
	top := r.s.Top
	if top == nil || r.s.Offer || r.t.Kind != Text || r.t.Now.Sub(time.Unix(top.Asked, 0)) > stale {
		return false
	}
	m := r.e.byID[top.Flow]
	if top.Flow != id && m.head().whom.Has == nil {
		return false
	}
	frame, turn := *top, *r.t // nothing of this is kept
	res, err := m.drive(&frame, &turn, action{do: doAsk})
	if err != nil || turn.err != nil {
		return false
	}
	for _, c := range res.reply.Choices {
		if _, words, ok := strings.Cut(c.Label, ". "); ok && c.Send != words && zh.Fold(words) == zh.Fold(r.t.Text) {
			return true
		}
	}
	return false
}

// started reports whether anything was answered in a frame that can be gone on with.
func (f *Frame) started() bool { return !f.Glance && (len(f.Trail) > 0 || f.N > 0) }

// offer asks whether to go on with the flow under way or to begin it again.
func (r *round[W]) offer(seed *Input) error {
	r.s.Offer, r.s.Seed = true, seed
	h := r.e.byID[r.s.Top.Flow].head()
	r.say(Reply{
		Text:    "您上次的“" + h.title + "”还没办完：",
		Choices: []Choice{{Label: "1. 接着办", Send: "继续"}, {Label: "2. 重新开始", Send: "重新开始"}},
	})
	r.out.Flow, r.out.Step, r.out.Word = r.s.Top.Flow, r.s.Top.Step, "offer"
	r.card(r.s.Top.Run + "/" + r.s.Top.Step)
	return nil
}

func (r *round[W]) hearOffer() error {
	i, v := zh.Choice(r.t.Text, []string{"接着办", "重新开始"})
	switch {
	case v == zh.Sure && i == 0:
		return r.command(cmdContinue, "")
	case v == zh.Sure && i == 1:
		return r.command(cmdRestart, "")
	}
	r.s.Misses++
	r.say(Reply{Text: "请选 1 或 2。"})
	return r.offer(r.s.Seed)
}

// open begins a flow; the one under way waits, and comes back at once if this one ends at once.
func (r *round[W]) open(id, arg string, seed *Input) error {
	if r.depth++; r.depth > maxOpened {
		return errors.New("flows open one another without end: " + id)
	}
	m := r.e.byID[id]
	if m == nil {
		return errors.New("no flow " + id)
	}
	if id == r.e.cfg.Unknown && arg == "" {
		arg = r.e.suggest(r.t)
	}
	h := m.head()
	var then *Then
	if first := r.first(h); first != "" {
		then = &Then{Flow: id, Arg: arg, Seed: seed}
		id, arg, seed, m = first, "", nil, r.e.byID[first]
		if m == nil {
			return errors.New("no flow " + first)
		}
		h = m.head()
	}
	if r.s.Top != nil && r.s.Top.Flow == id && r.s.Top.started() && seed != nil {
		return r.offer(seed)
	}
	r.leaveTalk(id)
	r.setAside()
	r.s.Top = &Frame{Run: r.t.newRun(), Flow: id, Ver: h.version, Step: h.steps[0].id, Then: then, Glance: h.glance}
	r.s.Offer, r.s.Seed = false, nil
	if seed == nil {
		return r.play(action{do: doBegin, arg: arg})
	}
	return r.begin(m, arg, seed)
}

// begin starts a flow whose first question is answered already.
func (r *round[W]) begin(m machine[W], arg string, seed *Input) error {
	top := r.s.Top
	if !r.holds(m) {
		return r.lost(m)
	}
	r.t.seeded = true
	res, err := m.drive(top, r.t, action{do: doBegin, arg: arg})
	r.t.seeded = false
	if err != nil {
		return err
	}
	step := m.head().step(top.Step)
	if res.done || len(res.effects) > 0 || !step.takes(seed.Kind) {
		return r.after(res)
	}
	r.t.Input = *seed
	return r.play(action{do: doHear})
}

// setAside parks the flow under way, or drops it if nothing was answered in it yet.
func (r *round[W]) setAside() {
	if r.s.Top == nil {
		return
	}
	switch {
	case r.s.Top.worth():
		r.parked = r.s.Top.Run
	case r.parked == "":
		r.parked = "-" // dropped: nothing comes back
	}
	r.s.park()
}

// restore brings back what this turn had put aside when its own matter ended at once, and
// otherwise mentions what waits.
func (r *round[W]) restore() {
	if r.s.Top != nil || len(r.s.Parked) == 0 {
		return
	}
	last := &r.s.Parked[len(r.s.Parked)-1]
	title := r.e.byID[last.Flow].head().title
	r.out.Reply.After = lines(r.out.Reply.After, "您的“"+title+"”还没办完，回“继续”接着办。")
	if last.Run == r.parked {
		r.s.unpark("")
	}
}

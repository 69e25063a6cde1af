package dialog

import (
	"encoding/json"
	"errors"
	"fmt"
)

// stepCap bounds the steps passed over in one turn, so that a faulty flow ends instead of spinning.
const stepCap = 16

// machine is a flow with its draft type erased.
type machine[W any] interface {
	head() *header[W]
	drive(f *Frame, t *Turn[W], a action) (result, error)
	tell(f *Frame, t *Turn[W], receipt any) (Reply, error)
	note(f *Frame, t *Turn[W], receipt any) (Reply, error)
	after(f *Frame, t *Turn[W], receipt any) (string, error)
	refused(f *Frame, t *Turn[W], sentence string) error
	lines(f *Frame) ([]Line, error)
	check(known map[string]bool) error
}

var _ machine[struct{}] = (*Flow[struct{}, struct{}])(nil)

// header is what the engine needs of a flow whatever its draft.
type header[W any] struct {
	id, title    string
	version      int
	old          Policy
	opens, words []string
	takes        []Kind
	match        func(string) (string, bool)
	requires     func(*Turn[W]) string
	whom         Whom[W]
	lost         string
	glance       bool
	talk         func(*Turn[W]) string
	small, notes bool
	fits         func(*Turn[W], string) bool
	erases       func(any) bool
	leads        []string
	steps        []stepInfo
}

type stepInfo struct {
	id             string
	label          string
	hears          []Kind
	skips, commits bool
	opens          bool
	final          bool // the step only speaks
	jumps          []string
}

// action is what the engine wants of a flow.
type action struct {
	do   doing
	step string // goTo
	arg  string // begin
	note string // said before the question
}

type doing int

const (
	doHear  doing = iota // the answer to the present step
	doAsk                // show the present question again
	doSkip               // pass the present step over
	doBegin              // start, with arg for Begin
	doGoTo               // enter a step
	doBack               // enter the last answered step
)

// result is how a drive ended: with a question, or done.
type result struct {
	reply   Reply
	said    string // the move's own note, which reply begins with
	done    bool
	missed  bool // the answer was not understood
	final   bool // done with effects that end the run: Told speaks after them
	open    string
	seed    *Input
	effects []any
}

func (f *Flow[D, W]) head() *header[W] {
	h := &header[W]{
		id: f.ID, title: f.Title, version: f.Version, old: f.Old, opens: f.Opens, words: f.Words,
		takes: f.Takes, match: f.Match, requires: f.Requires, leads: f.Leads, glance: f.Glance,
		whom: f.For, lost: f.Lost, talk: f.Talk, small: f.Small, fits: f.Fits, erases: f.Erases, notes: f.Noted != nil,
	}
	for i := range f.Steps {
		s := &f.Steps[i]
		h.steps = append(h.steps, stepInfo{
			id: s.ID, label: s.Label, hears: s.Hears, skips: s.Skip != nil, commits: s.Commits,
			opens: s.Open != nil, final: s.Hear == nil, jumps: s.Jumps,
		})
	}
	return h
}

// driver is one drive of one frame with its draft decoded.
type driver[D, W any] struct {
	flow  *Flow[D, W]
	frame *Frame
	turn  *Turn[W]
	draft D
	at    int // index of the present step
	res   result
}

func (f *Flow[D, W]) drive(fr *Frame, t *Turn[W], a action) (result, error) {
	d := &driver[D, W]{flow: f, frame: fr, turn: t}
	if err := d.load(); err != nil {
		return result{}, err
	}
	t.summary, t.editing = d.summary, fr.Back != ""
	defer func() { t.summary = nil }()
	move, err := d.act(a)
	for range stepCap {
		if err != nil {
			return result{}, err
		}
		var stop bool
		if move, stop, err = d.apply(move); stop && err == nil {
			return d.finish()
		}
	}
	if err != nil {
		return result{}, err
	}
	return result{}, fmt.Errorf("flow %s: more than %d steps in one turn", f.ID, stepCap)
}

func (d *driver[D, W]) load() error {
	if len(d.frame.Draft) > 0 {
		if err := json.Unmarshal(d.frame.Draft, &d.draft); err != nil {
			return fmt.Errorf("decode draft of %s: %w", d.flow.ID, err)
		}
	}
	d.at = d.flow.index(d.frame.Step)
	return nil
}

// finish stores the draft back and returns the first error of a look-up, if any.
func (d *driver[D, W]) finish() (result, error) {
	if d.turn.err != nil {
		return result{}, d.turn.err
	}
	draft, err := json.Marshal(&d.draft)
	if err != nil {
		return result{}, fmt.Errorf("encode draft of %s: %w", d.flow.ID, err)
	}
	d.frame.Draft = draft
	d.res.effects = append(d.turn.also, d.res.effects...)
	d.turn.also = nil
	if d.at >= 0 {
		d.frame.Step = d.flow.Steps[d.at].ID
	}
	d.frame.Asked = d.turn.Now.Unix()
	return d.res, nil
}

// act turns the engine's wish into the first move.
func (d *driver[D, W]) act(a action) (Move, error) {
	if a.do != doBegin && a.do != doGoTo && d.at < 0 {
		return Move{}, fmt.Errorf("flow %s has no step %q", d.flow.ID, d.frame.Step)
	}
	switch a.do {
	case doHear:
		return d.flow.Steps[d.at].Hear(&d.draft, d.turn), nil
	case doSkip:
		d.flow.Steps[d.at].Skip(&d.draft)
		return Next(), nil
	case doBegin:
		if d.flow.Begin != nil {
			d.flow.Begin(&d.draft, d.turn, a.arg)
		}
		return d.enter(0, a.note), nil
	case doGoTo:
		i := d.flow.index(a.step)
		if i < 0 {
			return Move{}, fmt.Errorf("flow %s has no step %q", d.flow.ID, a.step)
		}
		return d.enter(i, a.note), nil
	case doBack:
		return d.back(a.note), nil
	case doAsk:
		return Stay(a.note), nil
	}
	return Move{}, errors.New("unknown action")
}

// enter moves to step i or, where steps pass themselves over, the next one that opens.
func (d *driver[D, W]) enter(i int, note string) Move {
	d.turn.editing = d.frame.Back != ""
	for ; i < len(d.flow.Steps); i++ {
		if d.flow.Steps[i].Open == nil || d.flow.Steps[i].Open(&d.draft, d.turn) {
			d.at = i
			return Stay(note)
		}
		if d.turn.err != nil {
			d.at = i
			return Stay("")
		}
	}
	return Done().Saying(note)
}

func (d *driver[D, W]) back(note string) Move {
	for len(d.frame.Trail) > 0 {
		last := len(d.frame.Trail) - 1
		i := d.flow.index(d.frame.Trail[last])
		d.frame.Trail = d.frame.Trail[:last]
		if i < 0 {
			continue // a release removed the step
		}
		s := &d.flow.Steps[i]
		if s.Open == nil || s.Open(&d.draft, d.turn) {
			d.at, d.frame.Back = i, ""
			return Stay(note)
		}
	}
	return Stay("已经是第一步了。")
}

// apply carries a move out; stop means that the turn's answer is ready.
func (d *driver[D, W]) apply(m Move) (next Move, stop bool, err error) {
	if d.turn.err != nil {
		return m, true, nil // finish reports it
	}
	if m.kind != moveDone {
		d.res.effects = append(d.res.effects, m.effects...)
	}
	switch m.kind {
	case moveNext:
		return d.next(m.note), false, nil
	case moveAgain, moveStay:
		d.res.missed = m.kind == moveAgain
		return m, true, d.ask(m.note)
	case moveEdit:
		i := d.flow.index(m.step)
		if i < 0 {
			return m, true, fmt.Errorf("flow %s: edit names no step %q", d.flow.ID, m.step)
		}
		return d.edit(i, m.note), false, nil
	case moveOpen:
		d.res.done, d.res.open, d.res.seed = true, m.flow, m.seed
		d.res.reply = Reply{Text: m.note}
		return m, true, nil
	case moveDone:
		return m, true, d.done(m)
	}
	return m, true, fmt.Errorf("flow %s: unknown move", d.flow.ID)
}

func (d *driver[D, W]) done(m Move) error {
	d.res.done, d.res.final = true, len(m.effects) > 0
	if d.res.final && d.at >= 0 && !d.flow.Steps[d.at].Commits {
		return fmt.Errorf("flow %s: step %s is not declared to commit", d.flow.ID, d.flow.Steps[d.at].ID)
	}
	d.res.effects = append(d.res.effects, m.effects...)
	d.res.reply = Reply{Text: m.note}
	return nil
}

// next leaves the present step for the one after it, or for the one that asked for an edit.
func (d *driver[D, W]) next(note string) Move {
	here := d.flow.Steps[d.at].ID
	if back := d.frame.Back; back != "" {
		d.frame.Back = ""
		if i := d.flow.index(back); i >= 0 {
			return d.enter(i, note)
		}
	}
	d.trail(here)
	return d.enter(d.at+1, note)
}

// edit goes to step i, from where the way leads back to the present step. An edit within an edit
// leads back to where the first one came from, and a step that passes itself over goes there at once.
func (d *driver[D, W]) edit(i int, note string) Move {
	if d.frame.Back == "" {
		d.frame.Back = d.flow.Steps[d.at].ID
		return d.enter(i, note)
	}
	if s := &d.flow.Steps[i]; s.Open != nil && !s.Open(&d.draft, d.turn) && d.turn.err == nil {
		return d.next(note)
	}
	d.at = i
	return Stay(note)
}

// trail notes an answered step once, so that going back visits it once.
func (d *driver[D, W]) trail(id string) {
	for i, s := range d.frame.Trail {
		if s == id {
			d.frame.Trail = d.frame.Trail[:i]
			break
		}
	}
	d.frame.Trail = append(d.frame.Trail, id)
}

// ask shows the present step's question. A step without Hear speaks its words and the flow ends.
func (d *driver[D, W]) ask(note string) error {
	s := &d.flow.Steps[d.at]
	q := Reply{Text: s.Say}
	if s.Ask != nil {
		q = s.Ask(&d.draft, d.turn)
	}
	q.Text = lines(note, q.Text)
	d.res.reply, d.res.said = q, note
	d.res.done = s.Hear == nil
	return nil
}

func (d *driver[D, W]) summary() []Line {
	var out []Line
	for i := range d.flow.Steps {
		s := &d.flow.Steps[i]
		if s.Label == "" || s.Show == nil {
			continue
		}
		if text := s.Show(&d.draft); text != "" {
			out = append(out, Line{Label: s.Label, Text: text, step: s.ID})
		}
	}
	return out
}

// lines lists the answers that the draft of a frame holds.
func (f *Flow[D, W]) lines(fr *Frame) ([]Line, error) {
	d := &driver[D, W]{flow: f, frame: fr}
	if err := d.load(); err != nil {
		return nil, err
	}
	return d.summary(), nil
}

func (f *Flow[D, W]) index(step string) int {
	for i := range f.Steps {
		if f.Steps[i].ID == step {
			return i
		}
	}
	return -1
}

func (f *Flow[D, W]) tell(fr *Frame, t *Turn[W], receipt any) (Reply, error) {
	d := &driver[D, W]{flow: f, frame: fr, turn: t}
	if err := d.load(); err != nil {
		return Reply{}, err
	}
	t.summary = d.summary
	defer func() { t.summary = nil }()
	r := f.Told(&d.draft, t, receipt)
	return r, t.err
}

// note is what is said by the receipt of a move that goes on.
func (f *Flow[D, W]) note(fr *Frame, t *Turn[W], receipt any) (Reply, error) {
	d := &driver[D, W]{flow: f, frame: fr, turn: t}
	if err := d.load(); err != nil {
		return Reply{}, err
	}
	return f.Noted(&d.draft, t, receipt), t.err
}

// after is what is said of effects that do not end the run.
func (f *Flow[D, W]) after(fr *Frame, t *Turn[W], receipt any) (string, error) {
	if f.After == nil {
		return "", nil
	}
	d := &driver[D, W]{flow: f, frame: fr, turn: t}
	if err := d.load(); err != nil {
		return "", err
	}
	return f.After(&d.draft, t, receipt), t.err
}

func (f *Flow[D, W]) refused(fr *Frame, t *Turn[W], sentence string) error {
	d := &driver[D, W]{flow: f, frame: fr, turn: t}
	if err := d.load(); err != nil {
		return err
	}
	if d.at < 0 || f.Steps[d.at].Refused == nil {
		return nil
	}
	f.Steps[d.at].Refused(&d.draft, t, sentence)
	draft, err := json.Marshal(&d.draft)
	if err != nil {
		return fmt.Errorf("encode draft of %s: %w", f.ID, err)
	}
	fr.Draft = draft
	return nil
}

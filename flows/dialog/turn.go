package dialog

import (
	"context"
	"maps"
	"strings"
	"time"

	"yishi/flows/zh"
)

// Turn is one input with all that a step may know: the time, whose turn it is, and the world.
// Nothing in a flow asks a clock or makes an id.
type Turn[W any] struct {
	Input
	Now     time.Time // in the time zone people speak in
	Account string    // opaque; never shown
	World   W
	Run     string // id for a run that this turn begins; the same message gets the same id

	ctx     context.Context
	notes   map[string]string
	touched bool // notes are the turn's own copy
	runs    int
	err     error
	summary func() []Line
	also    []any
	editing bool
	amid    string
	seeded  bool
}

// Line is one numbered answer of a summary.
type Line struct {
	Label, Text, step string
}

// NewTurn makes the turn of one input. run must be derived from the message, so that a
// repeated message begins the same run.
func NewTurn[W any](ctx context.Context, in Input, now time.Time, account, run string, w W) *Turn[W] {
	return &Turn[W]{Input: in, Now: now, Account: account, World: w, Run: run, ctx: ctx}
}

// Context ends when the turn must be over; look-ups take it.
func (t *Turn[W]) Context() context.Context { return t.ctx }

// Failed notes the error of a look-up and reports whether there was one. The first error
// sticks: the engine drops the turn, the conversation stays where it was.
func (t *Turn[W]) Failed(err error) bool {
	if err != nil && t.err == nil {
		t.err = err
	}
	return t.err != nil
}

// Err returns the first error of a look-up in this turn, nil if there was none.
func (t *Turn[W]) Err() error { return t.err }

// Note returns what SetNote kept for this account under key, "" if nothing.
func (t *Turn[W]) Note(key string) string { return t.notes[key] }

// SetNote keeps a short value for this account beyond the flow; "" removes it. It is a
// cache: it goes when the session does.
func (t *Turn[W]) SetNote(key, value string) {
	if !t.touched {
		own := make(map[string]string, len(t.notes)+1)
		maps.Copy(own, t.notes)
		t.notes, t.touched = own, true
	}
	if value == "" {
		delete(t.notes, key)
		return
	}
	t.notes[key] = value
}

// Said reports whether the whole message is one of the words, however typed.
func (t *Turn[W]) Said(words ...string) bool {
	return t.Kind == Text && zh.Said(t.Text, words...)
}

// Choice reads the message as one of the options: by number, by letter, by words.
func (t *Turn[W]) Choice(options ...string) (int, zh.Verdict) {
	if t.Kind != Text {
		return 0, zh.None
	}
	return zh.Choice(t.Text, options)
}

// Also adds effects that are harmless on their own and wanted whatever the answer leads to,
// such as having a photo fetched. They are committed before the turn's answer is given.
func (t *Turn[W]) Also(effects ...any) { t.also = append(t.also, effects...) }

// Editing reports whether the step is entered, or was asked, to change its answer from a later one.
func (t *Turn[W]) Editing() bool { return t.editing }

// Amid is the flow that was under way when the input came, "" for none.
func (t *Turn[W]) Amid() string { return t.amid }

// Seeded reports whether the flow that begins is opened by something that its first step is to
// hear. A Begin that has effects then keeps it from being heard.
func (t *Turn[W]) Seeded() bool { return t.seeded }

// Summary lists the answers given so far, as a summary step shows them.
func (t *Turn[W]) Summary() []Line {
	if t.summary == nil {
		return nil
	}
	return t.summary()
}

// newRun gives each flow begun in this turn its own id.
func (t *Turn[W]) newRun() string {
	t.runs++
	if t.runs == 1 {
		return t.Run
	}
	return t.Run + strings.Repeat("~", t.runs-1)
}

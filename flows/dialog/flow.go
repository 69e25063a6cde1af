// Package dialog runs conversations: tables of steps over typed drafts. It does for every flow,
// once, what people expect everywhere: going back, editing, skipping, cancelling, parking one
// matter for another and coming back to it. It knows neither its subject nor its platform.
//
// D is a flow's draft, a JSON-able struct; W is the world that steps may look things up in.
package dialog

// A Flow is one matter that a person can go through: a table of steps over a draft.
type Flow[D, W any] struct {
	ID      string   // kept in sessions, so never renamed
	Version int      // from 1; rises with each change that older drafts cannot follow
	Old     Policy   // what happens to a conversation begun under an older Version
	Title   string   // how people know it: 提需求
	Opens   []string // whole messages that open it
	Words   []string // words inside a free message that suggest it
	Takes   []Kind   // inputs outside any flow that open it; they are handed to its first step
	Begin   func(*D, *Turn[W], string)
	// Match recognises messages such as 进度018; what it returns reaches Begin. Nil: none.
	Match func(text string) (arg string, ok bool)
	// Requires names a flow to be gone through first, "" for none. Nil: none.
	Requires func(*Turn[W]) string
	// For says whom the flow is for; the zero value: everybody. To others its words are plain text,
	// and who loses the right half-way reads Lost and the flow ends.
	For  Whom[W]
	Lost string // what they read; needed with For
	// Leads lists the flows that a step may open.
	Leads []string
	// Talk flows hand on what is said, as between two people; Talk is asked what is to be said of it
	// when another flow is opened, "" for nothing. Nil: the flow is no talk. Words in a talk are no answer to a question: they
	// never grow stale, and commands and the words of Small flows are words like others. Only 继续 of
	// something that waits, the menu and the other flows' own words leave it.
	Talk func(*Turn[W]) string
	// Small flows answer small talk: in a Talk their words are not theirs.
	Small bool
	// Fits is asked when Match has recognised a message: whether there is for the turn's account
	// what the message names. Nil: always.
	Fits func(*Turn[W], string) bool
	// Noted is what a person reads once the effects of a move that goes on are committed, below the
	// move's note and instead of the step's question. Nil: the question stands.
	Noted func(*D, *Turn[W], any) Reply
	// Glance flows only show things: they are begun anew rather than offered back, and never kept
	// for later.
	Glance bool
	Steps  []Step[D, W]
	// Told is what a person reads once the effects of Done are committed. It goes by the receipt: the
	// draft may be the one before the answer that committed, when the newer one was lost. Nil only
	// for flows whose steps never commit.
	Told func(*D, *Turn[W], any) Reply
	// Erases says, by the receipt of a final commit, that all the conversation holds is to be dropped:
	// what waits half-done, notes, and the replies kept for repeats. Nil: never.
	Erases func(any) bool
	// After is what a person reads, before what follows, once effects are committed that do not end
	// the run: those of Stay, Next, Edit and Also. It goes by the receipt. Nil: nothing is said.
	After func(*D, *Turn[W], any) string
}

// A Step asks one thing and hears the answer.
type Step[D, W any] struct {
	ID      string                     // kept in sessions, so never renamed
	Say     string                     // a fixed question, or
	Ask     func(*D, *Turn[W]) Reply   // one made from the draft
	Hear    func(*D, *Turn[W]) Move    // reads the answer into the draft; nil: the step only speaks and the flow ends
	Hears   []Kind                     // kinds of input it can use; nil: Text only
	Skip    func(*D)                   // nil: the step cannot be skipped
	Open    func(*D, *Turn[W]) bool    // prepares the step; false passes it over
	Label   string                     // names the answer in the summary; "" leaves it out
	Show    func(*D) string            // the answer in the summary; "" leaves it out
	Commits bool                       // Hear may return Done with effects
	Jumps   []string                   // steps that Hear may name in Edit
	Refused func(*D, *Turn[W], string) // told of a refusal that sends back to this step; nil: nothing to note
}

// Policy says what becomes of conversations that began under an older version of their flow.
type Policy int

// The policies. A step that no longer exists always means Restart.
const (
	GoOn    Policy = iota // the step is still good: go on where they are
	Restart               // begin again at the first step, with the draft kept
	Finish                // end it and say so
)

// A Move is what a step makes of an answer.
type Move struct {
	kind    moveKind
	note    string // said before what follows
	step    string // Edit
	flow    string // Open
	seed    *Input // Open: handed to the first step
	effects []any
}

type moveKind int

const (
	moveNext moveKind = iota
	moveAgain
	moveStay
	moveEdit
	moveDone
	moveOpen
)

// Next goes on to the next step.
func Next() Move { return Move{kind: moveNext} }

// Again says why the answer cannot be used and asks again. Three in a row offer a way out.
func Again(why string) Move { return Move{kind: moveAgain, note: why} }

// Stay takes the answer and asks the same step again, as for one more photo.
func Stay(note string) Move { return Move{kind: moveStay, note: note} }

// Edit goes to an earlier step and comes back to this one after it. A step that is edited itself
// may name one whose answer depends on its own; then the way back is the first edit's.
func Edit(step string) Move { return Move{kind: moveEdit, step: step} }

// Done ends the flow. With effects, Told speaks after they are committed.
func Done(effects ...any) Move { return Move{kind: moveDone, effects: effects} }

// Open ends this flow and opens another, handing seed (nil: nothing) to its first step.
func Open(flow string, seed *Input) Move { return Move{kind: moveOpen, flow: flow, seed: seed} }

// Saying puts a sentence before whatever the move leads to.
func (m Move) Saying(note string) Move { m.note = note; return m }

// With adds effects that are harmless on their own, to be committed before the answer is given.
func (m Move) With(effects ...any) Move {
	m.effects = append(m.effects[:len(m.effects):len(m.effects)], effects...)
	return m
}

package dialog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"yishi/flows/zh"
)

// Config is what an engine needs to know beside its flows.
type Config[W any] struct {
	// Generation rises whenever a flow is added or removed, so that a replica can tell a flow
	// that it does not know yet from one that is gone.
	Generation int
	// Menu is the flow that is one message away from everywhere. Unknown is the flow that hears
	// free text outside any flow; its Begin gets the id of the flow whose Words fit, or "".
	Menu, Unknown string
	// Talking names the flow that hears what is said outside any flow while a talk is open with the
	// turn's account, "" for Unknown and those that take such inputs. Nil: never.
	Talking func(*Turn[W]) string
	// Alarm returns what must be said at once whatever is under way, "" for nothing. Nil: none.
	Alarm func(text string) string
}

// Engine runs a set of flows. It holds no state of conversations and is safe for many turns at once.
type Engine[W any] struct {
	cfg   Config[W]
	flows []machine[W]
	byID  map[string]machine[W]
	opens map[string]string // folded whole message → flow id
}

// registered is a flow whose header was made once; turns ask for it often.
type registered[W any] struct {
	machine[W]
	header *header[W]
}

func (r registered[W]) head() *header[W] { return r.header }

// New checks the flows as far as can be seen without running them and returns their engine:
// ids unique, openings unique and no command words, every question asked, every jump and lead
// to somewhere. All faults are returned at once.
func New[W any](cfg Config[W], flows ...machine[W]) (*Engine[W], error) {
	e := &Engine[W]{cfg: cfg, byID: map[string]machine[W]{}, opens: map[string]string{}}
	var faults []error
	known := map[string]bool{}
	for _, f := range flows {
		h := f.head()
		m := registered[W]{machine: f, header: h}
		e.flows = append(e.flows, m)
		if e.byID[h.id] != nil {
			faults = append(faults, fmt.Errorf("flow %s: id is used twice", h.id))
		}
		e.byID[h.id], known[h.id] = m, true
		faults = append(faults, e.addOpens(h)...)
	}
	for _, m := range flows {
		faults = append(faults, m.check(known))
	}
	for _, id := range []string{cfg.Menu, cfg.Unknown} {
		if !known[id] {
			faults = append(faults, fmt.Errorf("engine: no flow %q", id))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Engine[W]) addOpens(h *header[W]) []error {
	var faults []error
	for _, w := range h.opens {
		key := zh.Fold(w)
		if other, ok := e.opens[key]; ok {
			faults = append(faults, fmt.Errorf("flow %s: %q opens %s too", h.id, w, other))
		}
		if c, _ := command(w); c != noCommand {
			faults = append(faults, fmt.Errorf("flow %s: %q is a command everywhere", h.id, w))
		}
		e.opens[key] = h.id
	}
	return faults
}

// check finds what is wrong with one flow as written.
func (f *Flow[D, W]) check(known map[string]bool) error {
	var faults []error
	say := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("flow "+f.ID+": "+format, args...))
	}
	if (f.For.Has == nil) != (f.Lost == "") || (f.For.Has == nil) != (f.For.Right == "") {
		say("For, its Right and Lost go together")
	}
	if f.For.Has != nil && len(f.Takes) > 0 {
		say("takes inputs that are not for everybody")
	}
	if f.ID == "" || f.Title == "" || f.Version < 1 || len(f.Steps) == 0 {
		say("needs id, title, version and steps")
	}
	seen := map[string]bool{}
	commits := false
	for i := range f.Steps {
		s := &f.Steps[i]
		if s.ID == "" || seen[s.ID] {
			say("step %d: id %q is empty or used twice", i, s.ID)
		}
		seen[s.ID] = true
		if s.Say == "" && s.Ask == nil {
			say("step %s asks nothing", s.ID)
		}
		if (s.Label == "") != (s.Show == nil) {
			say("step %s: a label and what it shows go together", s.ID)
		}
		if s.Hear == nil && i+1 < len(f.Steps) && f.Steps[i+1].Open == nil {
			say("step %s cannot be reached", f.Steps[i+1].ID)
		}
		commits = commits || s.Commits
	}
	for i := range f.Steps {
		for _, j := range f.Steps[i].Jumps {
			if !seen[j] {
				say("step %s jumps to no step %q", f.Steps[i].ID, j)
			}
		}
	}
	if commits && f.Told == nil {
		say("commits but tells nothing")
	}
	for _, l := range f.Leads {
		if !known[l] {
			say("leads to no flow %q", l)
		}
	}
	return errors.Join(faults...)
}

// find returns the flow that a whole message opens, with the argument for its Begin. Words of
// flows that are not for the turn's account open nothing.
// In a talk the words of small flows open nothing either.
func (e *Engine[W]) find(t *Turn[W], talk bool) (id, arg string, ok bool) {
	if id, ok := e.opens[zh.Fold(t.Text)]; ok && (!talk || !e.byID[id].head().small) && e.allowed(e.byID[id], t) {
		return id, "", true
	}
	for _, m := range e.flows {
		h := m.head()
		if h.match == nil || talk && h.small {
			continue
		}
		if arg, ok := h.match(t.Text); ok && e.allowed(m, t) && (h.fits == nil || h.fits(t, arg)) {
			return h.id, arg, true
		}
	}
	return "", "", false
}

// clashing lists the choices whose words would open a flow. Those that are sent as their own words
// mean that flow.
func (e *Engine[W]) clashing(choices []Choice) []string {
	var own []string
	for _, c := range choices {
		label := c.Label
		if _, words, numbered := strings.Cut(label, ". "); numbered { // "1. 环境卫生"
			label = words
		}
		label = zh.Fold(label)
		if _, opens := e.opens[label]; opens && zh.Fold(c.Send) != label {
			own = append(own, label)
		}
	}
	return own
}

// allowed says whether a flow is for the turn's account.
func (e *Engine[W]) allowed(m machine[W], t *Turn[W]) bool {
	h := m.head()
	return h.whom.Has == nil || h.whom.Has(t)
}

// Open reports whether a question is open in a conversation, but for the menu's.
func (e *Engine[W]) Open(s Session) bool { return s.Top != nil && s.Top.Flow != e.cfg.Menu }

// Asking reports whether a question is open whose answer would still be taken, and which its
// owner would miss: flows that only show things do not count.
func (e *Engine[W]) Asking(s Session, now time.Time) bool {
	return e.Open(s) && !s.Top.Glance && now.Sub(time.Unix(s.Top.Asked, 0)) <= stale
}

// suggest returns the flow most of whose words a free message holds, "" if none.
func (e *Engine[W]) suggest(t *Turn[W]) string {
	best, most := "", 0
	for _, m := range e.flows {
		n := 0
		for _, w := range m.head().words {
			if zh.Contains(t.Text, w) {
				n++
			}
		}
		if n > most && e.allowed(m, t) {
			best, most = m.head().id, n
		}
	}
	return best
}

// takes returns the flow that an input opens outside any flow, "" if none.
func (e *Engine[W]) takes(k Kind) string {
	for _, m := range e.flows {
		if slices.Contains(m.head().takes, k) {
			return m.head().id
		}
	}
	return ""
}

// Steps lists every step of every flow as flow/step, in the order of New.
func (e *Engine[W]) Steps() []string {
	var out []string
	for _, m := range e.flows {
		h := m.head()
		for _, s := range h.steps {
			out = append(out, h.id+"/"+s.id)
		}
	}
	return out
}

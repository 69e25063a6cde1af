package dialog

import "slices"

// Whom says whom a flow is for.
type Whom[W any] struct {
	// Right names the right that Has asks for, in the words of the flows' owner.
	Right string
	// Has is asked where the flow is opened and once in each turn that goes on with it; Commit
	// checks the right itself.
	Has func(*Turn[W]) bool
	// First names a flow to be gone through first by those who have the right, "" for none. Nil:
	// none. It is asked after the flow's Requires.
	First func(*Turn[W]) string
}

// Restricted is a flow that is not for everybody.
type Restricted struct {
	Flow, Right string
	Opens       []string
}

// Restricted lists the flows that are not for everybody, in the order of New.
func (e *Engine[W]) Restricted() []Restricted {
	var out []Restricted
	for _, m := range e.flows {
		if h := m.head(); h.whom.Has != nil {
			out = append(out, Restricted{Flow: h.id, Right: h.whom.Right, Opens: slices.Clone(h.opens)})
		}
	}
	return out
}

// first names the flow to be gone through before another, "" for none.
func (r *round[W]) first(h *header[W]) string {
	if h.requires != nil {
		if first := h.requires(r.t); first != "" {
			return first
		}
	}
	if h.whom.First == nil || r.t.err != nil || !h.whom.Has(r.t) {
		return ""
	}
	return h.whom.First(r.t)
}

// holds says whether the flow under way is still for the turn's account; it asks once a turn.
func (r *round[W]) holds(m machine[W]) bool {
	h := m.head()
	if h.whom.Has == nil || r.held == h.id {
		return true
	}
	if r.t.err == nil && h.whom.Has(r.t) {
		r.held = h.id
		return true
	}
	return false
}

// lost ends a flow that is not for the account any more. A look-up that failed ends nothing: the
// turn is dropped and the conversation stays.
func (r *round[W]) lost(m machine[W]) error {
	if r.t.err != nil {
		return r.t.err
	}
	r.s.Top, r.s.Offer, r.s.Seed, r.s.Misses = nil, false, nil, 0
	r.out.Word = "lost"
	r.say(Reply{Text: m.head().lost})
	return nil
}

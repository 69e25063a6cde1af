package dialog

// holds says whether the flow under way is still for the turn's account; it asks once a turn.
func (r *round[W]) holds(m machine[W]) bool {
	h := m.head()
	if h.forWhom == nil || r.held == h.id {
		return true
	}
	if r.t.err == nil && h.forWhom(r.t) {
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

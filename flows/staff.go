package flows

import "yishi/flows/civic"

// forAct is the For of flows of staff: whoever holds an office that may do the act somewhere.
func forAct(act civic.Act) func(*Turn) bool {
	return func(t *Turn) bool { return len(offices(t, act)) > 0 }
}

// offices lists the grants by which the turn's account may do an act, the narrowest first.
func offices(t *Turn, act civic.Act) []civic.Grant {
	all, err := t.World.Staff.Grants(t.Context(), civic.Account(t.Account))
	if t.Failed(err) {
		return nil
	}
	var out []civic.Grant
	for _, g := range all {
		if civic.May(g.Role, act) {
			out = append(out, g)
		}
	}
	return out
}

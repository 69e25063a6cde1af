package flows

import (
	"slices"
	"strconv"

	"yishi/flows/civic"
	"yishi/flows/dialog"
)

// noteOffice remembers for which community a member of staff works now, who has offices in several.
const noteOffice = "office"

// forAct is the For of flows of staff: whoever holds an office that may do the act somewhere. Who
// may do it in several communities says first for which one.
func forAct(act civic.Act) dialog.Whom[World] {
	return dialog.Whom[World]{
		Right: string(act),
		Has:   func(t *Turn) bool { return len(seats(t, act)) > 0 },
		First: func(t *Turn) string {
			if _, _, ok := officeFor(t, act); !ok && !t.Failed(nil) {
				return officeID
			}
			return ""
		},
	}
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

// seat is an office in one community.
type seat struct {
	grant     civic.Grant
	community civic.Community
}

// seats lists the communities for which the turn's account may do an act, in the order of
// their names as look-ups give them, each with the widest grant.
func seats(t *Turn, act civic.Act) []seat {
	grants := offices(t, act)
	if len(grants) == 0 {
		return nil
	}
	all, err := t.World.Communities.Communities(t.Context())
	if t.Failed(err) {
		return nil
	}
	var out []seat
	for _, c := range all {
		for _, g := range slices.Backward(grants) {
			if g.Covers(c.ID, c.Area) {
				out = append(out, seat{widest(grants, g, c), c})
				break
			}
		}
	}
	return out
}

// widest prefers, among several grants of the same role in a community, one over all grids.
func widest(grants []civic.Grant, g civic.Grant, c civic.Community) civic.Grant {
	for _, other := range grants {
		if other.Role == g.Role && other.Covers(c.ID, c.Area) && len(other.Grids) == 0 {
			return other
		}
	}
	return g
}

// officeFor returns the office by which the turn's account does an act, and the community it does
// it for: the one chosen by 工作, or the only one where it may do it. False: it may do it nowhere,
// or in several and none of them is chosen. Flows with forAct as their For need not ask: whoever
// must choose has done so before their first step.
//
// A grid worker's grant may reach only some grids: see civic.Grant.Reaches.
func officeFor(t *Turn, act civic.Act) (civic.Grant, civic.Community, bool) {
	all := seats(t, act)
	chosen := chosenOffice(t)
	for _, s := range all {
		if s.community.ID == chosen || len(all) == 1 {
			return s.grant, s.community, true
		}
	}
	return civic.Grant{}, civic.Community{}, false
}

// by is who does an effect of staff in this turn, and for which community. Where there is no
// office any more the community is zero, and Commit refuses with civic.NoLonger. Flows whose draft
// lists things of a community keep its id there and say byIn: another may be chosen meanwhile.
func by(t *Turn, act civic.Act) civic.By {
	_, c, _ := officeFor(t, act)
	return byIn(t, c.ID)
}

// byIn is who does an effect of staff in this turn for a community that is known.
func byIn(t *Turn, c civic.CommunityID) civic.By {
	return civic.By{Account: civic.Account(t.Account), Community: c}
}

// chosenOffice is the community chosen by 工作, zero for none.
func chosenOffice(t *Turn) civic.CommunityID {
	n, err := strconv.ParseInt(t.Note(noteOffice), 10, 64)
	if err != nil {
		return 0
	}
	return civic.CommunityID(n)
}

// chooseOffice remembers for which community the account works from now on.
func chooseOffice(t *Turn, c civic.CommunityID) {
	t.SetNote(noteOffice, strconv.FormatInt(int64(c), 10))
}

package flows

import (
	"slices"

	"yishi/flows/civic"
)

// inRound says where a need stands in its round: when the next stage begins, whether it was
// listed and why, or that it waits for the next round. "" where no round has a say in it.
func inRound(t *Turn, n *civic.Need) string {
	if n.State != civic.NeedRaised && n.State != civic.NeedAccepted && n.State != civic.NeedDeclining {
		return ""
	}
	rounds, err := t.World.Rounds.Rounds(t.Context(), n.Community)
	if t.Failed(err) {
		return ""
	}
	if n.Round == 0 {
		if slices.ContainsFunc(rounds, func(r civic.Round) bool { return r.Stage.Front() && r.Stage != civic.Collect }) {
			return "这一轮的征集已经结束，这件记入下一轮。"
		}
		return ""
	}
	i := slices.IndexFunc(rounds, func(r civic.Round) bool { return int64(r.ID) == n.Round })
	if i < 0 {
		return ""
	}
	r := rounds[i]
	if r.Listed {
		return listedAs(t, r, n.ID)
	}
	if next, at := r.Next(); next != civic.NoStage && !at.IsZero() {
		return r.Name + "的“" + next.String() + "”" + weekday(at, t.Now) + "开始。"
	}
	return ""
}

// listedAs says what the shortlist of a round made of a need.
func listedAs(t *Turn, r civic.Round, id civic.NeedID) string {
	items, rule, ok, err := t.World.Rounds.Shortlist(t.Context(), r.ID)
	if t.Failed(err) || !ok {
		return ""
	}
	i := slices.IndexFunc(items, func(l civic.Listing) bool { return l.Need == id })
	switch {
	case i < 0:
		return ""
	case items[i].On:
		return r.Name + "入围：" + items[i].Says(rule)
	}
	return r.Name + "没有入围：" + items[i].Says(rule) + "下一轮开始时自动再来，附议都在。"
}

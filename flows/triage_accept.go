package flows

import (
	"yishi/flows/civic"
	"yishi/flows/dialog"
)

// acceptNeed 受理 takes a need up; an appealed one too.
var acceptNeed = Flow[CaseDraft]{
	ID: "accept-need", Version: 1, Title: "受理",
	Glance: true, Opens: []string{"受理"}, Match: after("受理"), For: forTriage, Lost: civic.NoLonger,
	Begin: (*CaseDraft).find,
	Steps: []Step[CaseDraft]{
		whichOf(civic.NeedRaised, civic.NeedAppealed),
		{ID: "sure", Ask: (*CaseDraft).askAccept, Hear: (*CaseDraft).hearAccept, Commits: true},
	},
	Told: func(_ *CaseDraft, t *Turn, got any) Reply {
		return goOn(t, "已受理 "+receipt(got).Number+"，都会告诉到。")
	},
}

func (d *CaseDraft) accepted(t *Turn) civic.MakePush {
	return d.news(NeedNews{State: civic.NeedAccepted, Next: planNext(t, &d.Need)}, "")
}

// planNext is what comes after a need was accepted, with the day where the round says one.
func planNext(t *Turn, n *civic.Need) string {
	const some = "社区编方案，开始时告诉您"
	if n.Round == 0 {
		return some
	}
	rounds, err := t.World.Rounds.Rounds(t.Context(), n.Community)
	if t.Failed(err) {
		return some
	}
	for _, r := range rounds {
		if at := r.Starts[civic.Plan]; int64(r.ID) == n.Round && at.After(t.Now) {
			return "定下入围名单，" + day(at, t.Now) + "起编方案"
		}
	}
	return some
}

func (d *CaseDraft) askAccept(t *Turn) Reply {
	return d.askSure("受理 "+d.title()+"？", d.accepted(t), "受理")
}

func (d *CaseDraft) hearAccept(t *Turn) Move {
	did, ok := sure(t, "受理", "先不办")
	switch {
	case !ok:
		return dialog.Again(askNumber(2))
	case !did:
		return leftAlone()
	}
	return dialog.Done(civic.AcceptNeed{By: byIn(t, d.Need.Community), Need: d.Need.ID}, d.accepted(t))
}

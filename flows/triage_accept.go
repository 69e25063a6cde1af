package flows

import (
	"yishi/flows/civic"
	"yishi/flows/dialog"
)

// acceptNeed 受理 takes a need up; an appealed one too.
var acceptNeed = Flow[CaseDraft]{
	ID: "accept-need", Version: 1, Title: "受理",
	Match: after("受理"), For: forTriage, Lost: civic.NoLonger,
	Begin: (*CaseDraft).find,
	Steps: []Step[CaseDraft]{
		whichOf(civic.NeedRaised, civic.NeedAppealed),
		{ID: "sure", Ask: (*CaseDraft).askAccept, Hear: (*CaseDraft).hearAccept, Commits: true},
	},
	Told: func(_ *CaseDraft, t *Turn, got any) Reply {
		return goOn(t, "已受理 "+receipt(got).Number+"，都会告诉到。")
	},
}

func (d *CaseDraft) accepted() civic.MakePush {
	return d.news(NeedNews{State: civic.NeedAccepted, Next: "社区编方案，开始时告诉您"}, "")
}

func (d *CaseDraft) askAccept(*Turn) Reply {
	return d.askSure("受理 "+d.title()+"？", d.accepted(), "受理")
}

func (d *CaseDraft) hearAccept(t *Turn) Move {
	did, ok := sure(t, "受理", "先不办")
	switch {
	case !ok:
		return dialog.Again(askNumber(2))
	case !did:
		return leftAlone()
	}
	return dialog.Done(civic.AcceptNeed{By: byIn(t, d.Need.Community), Need: d.Need.ID}, d.accepted())
}

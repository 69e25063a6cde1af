package dialog

import "slices"

// talking says whether the flow under way is a talk.
func (r *round[W]) talking() bool {
	if r.s.Top == nil {
		return false
	}
	m := r.e.byID[r.s.Top.Flow]
	return m != nil && m.head().talk != nil
}

// talkFor is the flow that hears an input outside any flow because a talk is open, "" if none is.
func (r *round[W]) talkFor() string {
	switch r.t.Kind {
	case Text:
		if r.t.Text == "" {
			return ""
		}
	case Photo, Voice, Location:
	case Menu, Follow, Scan, Other:
		return ""
	}
	if r.e.cfg.Talking == nil {
		return ""
	}
	return r.e.cfg.Talking(r.t)
}

// leaveTalk says of a talk under way that it stays open, when another flow is opened.
func (r *round[W]) leaveTalk(id string) {
	if m := r.e.byID[id]; m != nil && r.talking() && slices.Contains(m.head().leads, r.s.Top.Flow) {
		return // the other flow is about talks, too
	}
	if r.talking() && r.s.Top.Flow != id {
		r.say(Reply{After: r.e.byID[r.s.Top.Flow].head().talk(r.t)})
	}
}

// waits says what was put aside in this turn for a talk.
func (r *round[W]) waits() {
	if !r.talking() || len(r.s.Parked) == 0 {
		return
	}
	if last := &r.s.Parked[len(r.s.Parked)-1]; last.Run == r.parked {
		r.out.Reply.After = lines(r.out.Reply.After, "您没办完的“"+r.e.byID[last.Flow].head().title+"”我留着，回“继续”接着办。")
	}
}

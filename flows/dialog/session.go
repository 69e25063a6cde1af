package dialog

import (
	"encoding/json"
	"slices"
)

// sessionVersion is the layout of Session. A replica leaves a newer one untouched.
const sessionVersion = 1

// maxParked bounds the matters that wait half-done; the oldest makes room.
const maxParked = 4

// Session is where an account's conversation stands, as stored between turns.
type Session struct {
	V      int               `json:"v"`
	Gen    int               `json:"gen,omitempty"`    // generation of flows that last touched it
	Top    *Frame            `json:"top,omitempty"`    // the flow under way
	Parked []Frame           `json:"parked,omitempty"` // half-done flows, newest last
	Notes  map[string]string `json:"notes,omitempty"`
	Offer  bool              `json:"offer,omitempty"` // the engine asked: go on with Top or begin again
	Seed   *Input            `json:"seed,omitempty"`  // what the flow begun again is to hear first
	Misses int               `json:"misses,omitempty"`
	Seq    int               `json:"seq,omitempty"` // questions asked, so that each card has its own id
	Card   int               `json:"card,omitempty"`
	More   []string          `json:"more,omitempty"` // pages of a long reply still to be shown; the caller's
}

// Frame is one flow half-way.
type Frame struct {
	Run   string          `json:"run"`
	N     int             `json:"n,omitempty"` // turns of this run already committed
	Flow  string          `json:"flow"`
	Ver   int             `json:"ver"`
	Step  string          `json:"step"`
	Draft json.RawMessage `json:"draft,omitempty"`
	Trail []string        `json:"trail,omitempty"` // answered steps, for going back
	Back  string          `json:"back,omitempty"`  // the step that an edit returns to
	Asked int64           `json:"asked,omitempty"` // when the question was shown, unix seconds
	Then  *Then           `json:"then,omitempty"`  // what was wanted before this flow had to come first
	Own   []string        `json:"own,omitempty"`   // choices of the present question that open a flow elsewhere: here they are answers
	// Glance is the flow's.
	Glance bool `json:"glance,omitempty"`
}

// Then is a flow to open when another is done.
type Then struct {
	Flow string `json:"flow"`
	Arg  string `json:"arg,omitempty"`
	Seed *Input `json:"seed,omitempty"`
}

// clone copies what a turn may change, so that a dropped turn leaves the session as it was.
func (s Session) clone() Session {
	if s.Top != nil {
		top := s.Top.clone()
		s.Top = &top
	}
	parked := make([]Frame, len(s.Parked))
	for i := range s.Parked {
		parked[i] = s.Parked[i].clone()
	}
	s.Parked = parked
	if len(parked) == 0 {
		s.Parked = nil
	}
	return s
}

func (f Frame) clone() Frame {
	f.Trail = append([]string(nil), f.Trail...)
	return f
}

// worth reports whether a frame holds anything that its owner would miss.
func (f *Frame) worth() bool { return f.started() || f.Then != nil }

// park puts the flow under way aside, or drops it where nothing was answered yet.
func (s *Session) park() {
	if s.Top == nil {
		return
	}
	if !s.Top.worth() {
		s.Top, s.Offer, s.Seed = nil, false, nil
		return
	}
	s.Parked = append(s.Parked, *s.Top)
	if len(s.Parked) > maxParked {
		s.Parked = s.Parked[len(s.Parked)-maxParked:]
	}
	s.Top, s.Offer, s.Seed = nil, false, nil
}

// unpark brings back the newest parked frame of the flow, or of any flow when id is "".
func (s *Session) unpark(id string) bool {
	for i, f := range slices.Backward(s.Parked) {
		if id == "" || f.Flow == id {
			s.Parked = append(s.Parked[:i:i], s.Parked[i+1:]...)
			s.park()
			s.Top = &f
			return true
		}
	}
	return false
}

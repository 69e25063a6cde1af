package demo

import "time"

// The kinds of record: what a person did, what came back, what the page itself says.
const (
	kindSay      = "say"
	kindTap      = "tap"
	kindPhoto    = "photo"
	kindVoice    = "voice"
	kindPlace    = "place"
	kindClick    = "click"
	kindScan     = "scan"
	kindFollow   = "follow"
	kindUnfollow = "unfollow"
	kindConsent  = "consent" // an answer to the question for consent; Key is accept or reject

	kindReply   = "reply"   // the account's words
	kindDone    = "done"    // the delivery of Re ended
	kindNote    = "note"    // a grey line
	kindClock   = "clock"   // the clock was moved, on all phones
	kindRefused = "refused" // the platform did not take a message to this phone
	kindTyping  = "typing"  // the bot shows that it is typing; never kept
)

// record is one line of the history. Records are never changed: what becomes of a message is
// told by later records with its number in Re.
type record struct {
	Seq    int64         `json:"seq"`
	Openid string        `json:"openid,omitempty"` // empty: all phones
	At     time.Time     `json:"at"`
	Kind   string        `json:"kind"`
	Text   string        `json:"text,omitempty"`
	Key    string        `json:"key,omitempty"` // menu key or scene
	Parts  []part        `json:"parts,omitempty"`
	Re     int64         `json:"re,omitempty"`
	Late   bool          `json:"late,omitempty"` // came by the API, not as an answer
	Way    string        `json:"way,omitempty"`  // of those: the civic.Route
	Card   *card         `json:"card,omitempty"` // of a template message or a notice
	Faulty bool          `json:"faulty,omitempty"`
	Offset time.Duration `json:"offset,omitempty"` // kindClock: the offset from then on
	Photo  []byte        `json:"photo,omitempty"`  // JPEG, small
	Media  string        `json:"media,omitempty"`  // photo or voice that the account has sent
	Wire   *wire         `json:"wire,omitempty"`
}

// spoken says that a person did this and that an answer is due.
func (r *record) spoken() bool {
	switch r.Kind {
	case kindSay, kindTap, kindPhoto, kindVoice, kindPlace, kindClick, kindScan, kindFollow, kindUnfollow, kindConsent:
		return true
	}
	return false
}

// wire is what crossed the wire for one message.
type wire struct {
	Plain  []passage `json:"plain,omitempty"`
	Sealed []passage `json:"sealed,omitempty"`
	Tries  []try     `json:"tries,omitempty"`
	Fault  string    `json:"fault,omitempty"`
}

// passage is one body, with what it is.
type passage struct {
	Title string `json:"title"`
	Body  string `json:"body"`
}

type try struct {
	Status int    `json:"status"` // 0: no answer
	Millis int64  `json:"millis"`
	Err    string `json:"err,omitempty"`
}

// line is a record as the page gets it: phones by number instead of openid, without the bulk.
type line struct {
	Seq    int64  `json:"seq"`
	Phone  int    `json:"phone"` // -1: all phones
	At     int64  `json:"at"`    // milliseconds since 1970
	Kind   string `json:"kind"`
	Text   string `json:"text,omitempty"`
	Parts  []part `json:"parts,omitempty"`
	Re     int64  `json:"re,omitempty"`
	Late   bool   `json:"late,omitempty"`
	Way    string `json:"way,omitempty"`
	Card   *card  `json:"card,omitempty"`
	Faulty bool   `json:"faulty,omitempty"`
	Key    string `json:"key,omitempty"` // kindConsent: the answer
	Wire   bool   `json:"wire,omitempty"`
	Media  string `json:"media,omitempty"` // of a reply: photo or voice
}

// line tells the page of a record; false when its phone is not shown any more.
func (s *Server) line(r record) (line, bool) {
	n := -1
	if r.Openid != "" {
		i, ok := s.phones[r.Openid]
		if !ok {
			return line{}, false
		}
		n = i
	}
	return line{
		Seq: r.Seq, Phone: n, At: r.At.UnixMilli(), Kind: r.Kind, Text: r.Text, Parts: r.Parts,
		Re: r.Re, Key: lineKey(r), Late: r.Late, Way: r.Way, Card: r.Card, Faulty: r.Faulty, Wire: r.Wire != nil, Media: r.Media,
	}, true
}

// lineKey is the key where the page needs it.
func lineKey(r record) string {
	if r.Kind == kindConsent {
		return r.Key
	}
	return ""
}

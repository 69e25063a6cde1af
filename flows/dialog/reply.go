package dialog

// Reply is what the bot says in one turn, before any platform has rendered it.
type Reply struct {
	Text    string   `json:"text,omitempty"`
	Choices []Choice `json:"choices,omitempty"` // shown below Text, one a line, tappable where the platform can
	After   string   `json:"after,omitempty"`   // shown below the choices
}

// Choice is one tappable answer. Label is shown; Send is what a tap says, and what a resident
// may type instead.
type Choice struct {
	Label string `json:"label"`
	Send  string `json:"send"`
}

// Kind says what sort of thing a person did.
type Kind string

// The kinds of input a dialogue can hear.
const (
	Text     Kind = "text"     // typed words, or a tap on a choice
	Photo    Kind = "photo"    // Media is set
	Voice    Kind = "voice"    // Media is set; Text holds the platform's transcript, often empty
	Location Kind = "location" // Place is set
	Menu     Kind = "menu"     // a button of the account's menu; Text is its key
	Follow   Kind = "follow"   // Text is the QR scene, or empty
	Scan     Kind = "scan"     // a QR code scanned by a follower; Text is its scene
	Other    Kind = "other"    // something the bot cannot use (video, file, link …); Text names it in Chinese
)

// Input is one thing a person did, proven and parsed.
type Input struct {
	Kind  Kind   `json:"kind"`
	Text  string `json:"text,omitempty"`
	Tap   int    `json:"tap,omitempty"` // card id of a tapped choice, 0 when typed or unknown
	Media string `json:"media,omitempty"`
	Place Place  `json:"place,omitzero"`
}

// Place is where something is: degrees as the platform sends them, and its label.
type Place struct {
	Lat   float64 `json:"lat,omitempty"`
	Lng   float64 `json:"lng,omitempty"`
	Label string  `json:"label,omitempty"`
}

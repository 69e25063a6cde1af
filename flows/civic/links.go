package civic

import (
	"encoding/json"
	"time"
)

// How long links and codes live.
const (
	// LinkLife is how long a link can be opened unless MakeLink says otherwise.
	LinkLife = 30 * time.Minute
	// PairLife is how long a browser shows a code that the chat takes.
	PairLife = 5 * time.Minute
)

// MakeLink 链接 makes a one-time link by which the account sends or fetches a file in a browser.
// The receipt's Link is its reference, the same one for a repeat of the turn. A turn makes one
// at most.
type MakeLink struct {
	Account   Account
	Community CommunityID // whose data the file is about; zero: none
	Kind      string      // as registered in the program: lower case and hyphens, 1 to 40; upload-roll
	Title     string      // what it is for, as people read it: 上传名册; 1 to 40 characters
	Args      json.RawMessage
	For       time.Duration // until it can be opened no more, at most a day; 0: LinkLife
}

// OpenLink 打开 says that the browser that shows the code is the account's own: it may open the
// link. It is refused when no live link of this account shows the code.
type OpenLink struct {
	Account Account
	Code    string // six digits
}

// ShutLink says that it was not the account that opened the browser with this code: the code is
// void. One that is void already is no error.
type ShutLink struct {
	Account Account
	Code    string
}

// MissLink counts a code that no link of the account shows. A few of them make its codes void.
type MissLink struct {
	Account Account
}

// Pairing is a browser that waits for its code to be typed in the chat of the link's account.
type Pairing struct {
	Kind  string
	Title string
	Until time.Time
}

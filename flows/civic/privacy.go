package civic

import (
	"encoding/json"
	"time"
)

// Forgotten is the Word of a ForgetMe that was done.
const Forgotten = "forgotten"

// Deleted stands where the words of somebody stood who had their data deleted.
const Deleted = "（本人已删除）"

// HoldsOffice is why the data of staff stay for now.
const HoldsOffice = "您还有工作岗位，数据要先留着。请居委会收回岗位以后，再来删除。"

// Kept counts what is kept of an account. Nothing in it names anybody.
type Kept struct {
	Since     time.Time  // first in touch; zero: the account is not known
	How       VerifiedBy // "": not verified
	Verified  time.Time
	Needs     int // raised
	Backed    int // endorsed
	Photos    int // photos and voices, those of needs included
	Claims    int // requests to be verified
	Talks     int // with the grid worker, whose words are still there
	Questions int // of staff about needs, answered or not
	Told      int // news of the last RetainDeliveries
	OptedOut  int // topics
	Office    bool
}

// MyData is all that is kept of an account, for its owner to take along.
type MyData struct {
	Kept      Kept
	Community string
	Name      string // on the roll; "" where the account is not verified
	Door      string // likewise
	Phone     string // likewise, but for its middle digits
	Consent   string // version of the text that was agreed to
	Items     []MyItem
}

// MyItem is one thing that somebody said or did, or was told.
type MyItem struct {
	What   MyKind
	At     time.Time
	Number string          // of the need or talk; "" for none
	Text   string          // their own words; a code where the chat names it
	Args   json.RawMessage // of news, whose kind is Text
	Blob   string          // of MyMedia, the key of its content; "" while it is not there
}

// MyKind says what an item is.
type MyKind string

// The kinds, in the order in which they are listed.
const (
	MyNeed        MyKind = "need"
	MyAddition    MyKind = "addition"
	MyEndorsement MyKind = "endorsement"
	MyPlea        MyKind = "plea"     // an appeal or objection
	MyReport      MyKind = "report"   // Text is its code
	MyClaim       MyKind = "claim"    // a request to be verified; Text is what was said in it, while it waits
	MyAnswer      MyKind = "answer"   // to a question of staff
	MyWords       MyKind = "words"    // in a talk
	TheirWords    MyKind = "heard"    // of staff in a talk with them
	MyMedia       MyKind = "media"    // Text is its MediaKind
	MyNews        MyKind = "news"     // Text is its kind
	MyOptOut      MyKind = "opt-out"  // Text is its topic
	MyConsent     MyKind = "consents" // to a notice; Text is its template
)

// MyKinds lists the kinds in the order in which an export has them.
var MyKinds = []MyKind{
	MyNeed, MyAddition, MyEndorsement, MyPlea, MyReport, MyClaim, MyAnswer, MyWords, TheirWords, MyMedia, MyNews, MyOptOut, MyConsent,
}

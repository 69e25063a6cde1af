// Package platform is a local WeChat platform for tests and the demo: people with phones who
// follow, write and tap, signed (and encrypted) callbacks to the bot's replicas with the real
// platform's deadlines and repeats, and the API the bot calls, with the real platform's limits.
//
// A tester sets what goes wrong (Fault, Refuse, UseUp, ExpireToken, SetLatency, LieAboutReceipts;
// Heal takes it back), and is told afterwards what really reached the phones (Received, Repeated,
// Tally). Receipts are sent in the background; Settle waits for them, Close ends them.
//
// It shares no code with the bot or its SDK, crypto and signing included, so that a mistake
// made there is not made here a second time.
package platform

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// The two ways an account receives its messages.
const (
	Safe  = "safe"  // encrypted callbacks and replies
	Plain = "plain" // signed only
)

// Errors of what a phone cannot do; nothing is sent then.
var (
	// ErrNotFollowing is set when somebody who does not follow the account writes to it.
	ErrNotFollowing = errors.New("not following the account")
	// ErrFollowing is set when somebody who follows already follows again without a QR code.
	ErrFollowing = errors.New("following the account already")
	// ErrNoWebhook is set when the platform knows no address of the bot.
	ErrNoWebhook = errors.New("no webhook address")
)

// Options describe the account and its console settings.
type Options struct {
	AppID, Secret string // the account's credentials, as the API checks them
	Token         string // signs callbacks
	AESKey        string // EncodingAESKey, 43 characters; needed in safe mode only
	Account       string // original id, gh_…
	Mode          string // Safe or Plain; empty means Safe
	// Webhooks are the URLs of the bot's replicas; each try goes to a random one.
	Webhooks []string
	// Templates and NoticeTemplates are what the account owns, see SetTemplates and
	// SetNoticeTemplates; none: any template is accepted once its API is allowed.
	Templates, NoticeTemplates []Template
	// LoginDomain is the console's domain of pages that may have people log in (网页授权域名): a host,
	// here with its port where there is one. Empty: no page may.
	LoginDomain string
	// Now is the platform's clock; nil means the machine's.
	Now func() time.Time
	// Seed of all randomness; 0 means 1.
	Seed uint64
	// Deadline of one try; 0 means 5 s.
	Deadline time.Duration
	// Pause before a repeat when a try failed before its deadline; 0 means a fifth of Deadline.
	// How soon WeChat repeats then is not documented; at once would be the same fault again.
	Pause time.Duration
	// SameSignature makes repeats carry the first try's URL; by default each is signed anew.
	SameSignature bool
	// Client sends the callbacks; nil means an own one that reaches loopback addresses only.
	Client *http.Client
}

// Delivery is one message as WeChat delivered it: up to three tries.
type Delivery struct {
	Openid string `json:"openid"`
	MsgID  string `json:"msgId,omitempty"` // empty for events
	// In is the plain XML that was sent, Out the plain XML of the passive reply ("" none).
	In  string `json:"in"`
	Out string `json:"out,omitempty"`
	// WireIn and WireOut are the bodies that crossed the wire, encrypted in safe mode;
	// WireURL is the last try's path and query, without the host.
	WireIn  string `json:"wireIn"`
	WireOut string `json:"wireOut,omitempty"`
	WireURL string `json:"wireUrl"`
	Tries   []Try  `json:"tries,omitempty"`
	Reply   Reply  `json:"reply,omitzero"` // the parsed passive reply; zero when there is none
	// Faulty says that the user would see 该公众号提供的服务出现故障，请稍后再试.
	Faulty bool `json:"faulty,omitempty"`
	// Err says why nothing was sent, or what was wrong with the answer.
	Err error `json:"-"`
}

// Try is one HTTP request of a delivery.
type Try struct {
	URL     string        `json:"url"`    // the replica's address, without the query; the last one asked
	Status  int           `json:"status"` // 0: no answer
	Took    time.Duration `json:"took"`
	Err     string        `json:"err,omitempty"`
	Refused int           `json:"refused,omitempty"` // replicas that took no connection
}

// Reply is a passive reply as the phone shows it.
type Reply struct {
	Type  string `json:"type,omitempty"` // text image voice video music news transfer_customer_service; "" none
	Text  string `json:"text,omitempty"` // with links replaced by their labels
	Links []Link `json:"links,omitempty"`
	At    int64  `json:"at,omitempty"`  // CreateTime, seconds
	Raw   string `json:"raw,omitempty"` // Content as the bot wrote it, markup included
}

// Link is a tappable answer: <a href="weixin://bizmsgmenu?…">label</a>, or an item of a msgmenu.
type Link struct {
	Label   string `json:"label"`
	Content string `json:"content"`       // what a tap says
	ID      int    `json:"id"`            // bizmsgmenuid; 0 when it is not a number
	URL     string `json:"url,omitempty"` // of an ordinary web link, which says nothing when tapped
}

// The kinds of Event.
const (
	KindIn       = "in"       // a person did something; the callback is about to be sent
	KindReply    = "reply"    // the delivery ended well; Text is empty when the bot said nothing
	KindFault    = "fault"    // the delivery failed (Delivery set), or an API call did (Code set)
	KindCustomer = "customer" // a customer-service message reached the phone
	KindTemplate = "template" // a template message or subscription notice reached the phone
	KindTyping   = "typing"   // the bot shows that it is typing
	KindMenu     = "menu"     // the menu was published or deleted
	KindToken    = "token"    // an access token was issued
)

// Event is what a watcher sees.
type Event struct {
	At       time.Time `json:"at"`
	Openid   string    `json:"openid,omitempty"`
	Kind     string    `json:"kind"`
	Delivery *Delivery `json:"delivery,omitempty"` // not to be changed
	Text     string    `json:"text,omitempty"`     // what the phone shows, for "in" what the person did
	Links    []Link    `json:"links,omitempty"`
	Media    string    `json:"media,omitempty"`   // id of the photo or voice of a customer message; Text then is [image] or [voice]
	WireIn   string    `json:"wireIn,omitempty"`  // body of the request that crossed the wire
	WireOut  string    `json:"wireOut,omitempty"` // body of its answer
	Code     int       `json:"code,omitempty"`    // errcode of a failed API call
}

// MenuButton is one button of the account's menu, as the bot published it.
type MenuButton struct {
	Type string       `json:"type,omitempty"` // click, view …; empty for a button with sub-buttons
	Name string       `json:"name"`
	Key  string       `json:"key,omitempty"`
	URL  string       `json:"url,omitempty"`
	Sub  []MenuButton `json:"sub_button,omitempty"`
}

// Field is one XML element of a raw message. Its value is sent as it is inside CDATA; numbers
// (CreateTime, MsgId, …) stand bare, and so do ScanCodeInfo and SubscribeMsg…Event, whose values
// are elements.
type Field struct{ Name, Value string }

// Person acts like a phone. The methods block until the delivery ended: at most three tries of
// Options.Deadline. They never return nil.
type Person struct {
	p      *Platform
	openid string
}

// Openid names the person.
func (q *Person) Openid() string { return q.openid }

// Follow subscribes, with qrscene_SCENE when a QR code led here. Somebody who follows already
// and scans a code is reported by a SCAN event.
func (q *Person) Follow(ctx context.Context, scene string) *Delivery { return q.follow(ctx, scene) }

// Unfollow leaves; customer messages do not reach the person any more. Nobody sees the reply.
func (q *Person) Unfollow(ctx context.Context) *Delivery { return q.unfollow(ctx) }

// Say sends a typed text. Control characters and ]]> go out raw, as WeChat sends them.
func (q *Person) Say(ctx context.Context, text string) *Delivery { return q.say(ctx, text, nil) }

// Tap follows a weixin://bizmsgmenu link: a text that carries bizmsgmenuid.
func (q *Person) Tap(ctx context.Context, content string, id int) *Delivery {
	return q.say(ctx, content, &id)
}

// Click presses a menu button of type click.
func (q *Person) Click(ctx context.Context, key string) *Delivery { return q.click(ctx, key) }

// Photo sends a picture, kept as temporary media for three days.
func (q *Person) Photo(ctx context.Context, data []byte) *Delivery { return q.photo(ctx, data) }

// Voice sends a recording; transcript is WeChat's own recognition, today mostly empty.
func (q *Person) Voice(ctx context.Context, data []byte, transcript string) *Delivery {
	return q.voice(ctx, data, transcript)
}

// Locate sends a place, in degrees.
func (q *Person) Locate(ctx context.Context, lat, lng float64, label string) *Delivery {
	return q.locate(ctx, lat, lng, label)
}

// Scan reads a QR code of the account: SCAN for a follower, otherwise the person follows by it.
func (q *Person) Scan(ctx context.Context, scene string) *Delivery { return q.follow(ctx, scene) }

// ScanMenu presses a menu button of type scancode_waitmsg and reads a QR code with this text.
func (q *Person) ScanMenu(ctx context.Context, key, text string) *Delivery {
	return q.scanMenu(ctx, key, text)
}

// Send sends a raw message, following or not. ToUserName, FromUserName and CreateTime come first
// unless the fields name them; so does MsgId at the end, except for events.
func (q *Person) Send(ctx context.Context, fields ...Field) *Delivery { return q.send(ctx, fields) }

// Repeat delivers the same message once more, newly signed, as a late repeat of the platform.
func (q *Person) Repeat(ctx context.Context, d *Delivery) *Delivery { return q.repeat(ctx, d) }

// Following says whether the person follows the account now.
func (q *Person) Following() bool { return q.following() }

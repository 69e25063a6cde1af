package platform

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Platform is one local WeChat with one account. It is safe for concurrent use.
type Platform struct {
	client  *http.Client
	now     func() time.Time
	account account // never changes

	mu       sync.Mutex // guards what follows
	rng      *rand.Rand
	mode     string
	webhooks []string
	trouble  trouble
	clients  map[clientKey]int64 // the ids of state.Notices

	templates, noticeTemplates catalog

	denied   map[string]bool
	lifetime time.Duration
	day      int64 // of state.Calls, in days since 1970 in China
	tally    tally
	state    state
	logins   logins

	watch    watchers
	receipts receipts
	ctx      context.Context // of what goes on in the background; ended by Close
	close    context.CancelFunc
	table    map[string]endpoint // never changes
}

type account struct {
	appID, secret, token, id string
	key                      []byte // nil without a valid EncodingAESKey
	keyErr                   error
	deadline, pause          time.Duration
	sameSignature            bool
}

// follower is what the platform knows of one openid.
type follower struct {
	Following  bool    `json:"following"`
	FollowedAt int64   `json:"followedAt,omitempty"` // seconds
	Scene      string  `json:"scene,omitempty"`      // of the QR code that led here last
	Windows    windows `json:"windows,omitempty"`
	// Consents to subscription notices, by template.
	Consents map[string]consent `json:"consents,omitempty"`
	Blocked  bool               `json:"blocked,omitempty"` // takes no messages

	got *arrivals // nil: nothing yet
}

const (
	defaultDeadline = 5 * time.Second
	defaultLifetime = 7200 * time.Second
)

// New makes a platform with nobody on it.
func New(o Options) *Platform {
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the platform is another machine, with a clock of its own
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Deadline <= 0 {
		o.Deadline = defaultDeadline
	}
	if o.Pause <= 0 {
		o.Pause = o.Deadline / 5
	}
	if o.Mode == "" {
		o.Mode = Safe
	}
	if o.Client == nil {
		o.Client = loopbackClient()
	}
	key, err := decodeKey(o.AESKey)
	ctx, cancel := context.WithCancel(context.Background())
	p := &Platform{
		client: o.Client,
		now:    o.Now,
		account: account{
			appID: o.AppID, secret: o.Secret, token: o.Token, id: o.Account, key: key, keyErr: err,
			deadline: o.Deadline, pause: o.Pause, sameSignature: o.SameSignature,
		},
		rng:      rand.New(rand.NewPCG(o.Seed, o.Seed)),
		mode:     o.Mode,
		webhooks: slices.Clone(o.Webhooks),
		trouble:  newTrouble(),
		denied:   withheld(),
		lifetime: defaultLifetime,
		tally:    newTally(),
		state:    newState(),
		logins:   newLogins(o.LoginDomain),
		clients:  map[clientKey]int64{},
		ctx:      ctx,
		close:    cancel,
		table:    endpoints(),
	}
	if len(o.Templates) > 0 {
		p.SetTemplates(o.Templates...)
	}
	if len(o.NoticeTemplates) > 0 {
		p.SetNoticeTemplates(o.NoticeTemplates...)
	}
	return p
}

// loopbackClient reaches this machine only, whatever a webhook's name resolves to.
func loopbackClient() *http.Client {
	dial := &net.Dialer{Timeout: defaultDeadline, Control: loopbackOnly}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dial.DialContext, MaxIdleConnsPerHost: 64,
			IdleConnTimeout: 30 * time.Second, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Person returns the phone of an openid, made at first use and not following yet.
func (p *Platform) Person(openid string) *Person {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.follower(openid)
	return &Person{p: p, openid: openid}
}

// follower is called with the lock held.
func (p *Platform) follower(openid string) *follower {
	f := p.state.People[openid]
	if f == nil {
		f = &follower{}
		p.state.People[openid] = f
	}
	return f
}

// People lists the openids known, sorted.
func (p *Platform) People() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.state.People))
}

// SetMode switches between Safe and Plain for the deliveries to come.
func (p *Platform) SetMode(mode string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode = mode
}

// SetWebhooks replaces the addresses of the bot's replicas.
func (p *Platform) SetWebhooks(urls ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.webhooks = slices.Clone(urls)
}

// Close ends the calls that wait or hang, stops the receipts, waits for those under way, and
// drops idle connections to the bot. It may be called more than once.
func (p *Platform) Close() {
	p.close()
	p.endReceipts()
	p.client.CloseIdleConnections()
}

// nextID gives a number never given before, not even by an earlier process with the same clock.
// It is called with the lock held.
func (p *Platform) nextID() string {
	p.state.LastID = max(p.state.LastID+1, p.now().UnixNano())
	return strconv.FormatInt(p.state.LastID, 10)
}

// random is n bytes; it is called with the lock held.
func (p *Platform) random(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(p.rng.Uint32())
	}
	return b
}

// opaque makes an identifier nobody can guess meaning into; it is called with the lock held.
func (p *Platform) opaque(prefix string) string {
	return fmt.Sprintf("%s%s-%x", prefix, p.nextID(), p.random(12))
}

// state is all that survives a restart.
type state struct {
	LastID  int64                `json:"lastId"`
	People  map[string]*follower `json:"people"`
	Menu    []MenuButton         `json:"menu,omitempty"`
	Media   []*medium            `json:"media,omitempty"` // oldest first
	Codes   []code               `json:"codes,omitempty"` // oldest first
	Tokens  tokens               `json:"tokens"`
	Calls   map[string]int       `json:"calls,omitempty"` // by path, on Day
	Day     string               `json:"day,omitempty"`
	UsedUp  map[string]bool      `json:"usedUp,omitempty"`  // on Day: no more calls of this path
	Clears  map[string]int       `json:"clears,omitempty"`  // clear_quota by month
	Notices []notice             `json:"notices,omitempty"` // oldest first
	// Receipts not delivered yet; kept by Platform.receipts, here for an export only.
	Receipts []receipt `json:"receipts,omitempty"`
}

func newState() state {
	return state{People: map[string]*follower{}, Calls: map[string]int{}, Clears: map[string]int{}, UsedUp: map[string]bool{}}
}

// exportLimit bounds the media bytes in an export; older media keep their index only.
const exportLimit = 16 << 20

// Export writes the whole state as JSON: people, windows, consents, media, menu, tokens, receipts
// under way. Counts, faults and the account's templates are no part of it.
func (p *Platform) Export() ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget(p.now())
	s := p.state
	s.Receipts = p.receipts.pending()
	s.Media = make([]*medium, len(p.state.Media))
	left := exportLimit
	for i, kept := range slices.Backward(p.state.Media) {
		m := *kept
		if left -= len(m.Data); left < 0 {
			m.Data = nil
		}
		s.Media[i] = &m
	}
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("export platform: %w", err)
	}
	return b, nil
}

// Import replaces the state by an exported one; on error nothing changes.
func (p *Platform) Import(b []byte) error {
	s := newState()
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("import platform: %w", err)
	}
	for openid, f := range s.People {
		if f == nil {
			return fmt.Errorf("import platform: nothing known of person %q", openid)
		}
	}
	if slices.Contains(s.Media, nil) {
		return fmt.Errorf("import platform: empty medium")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.LastID = max(s.LastID, p.state.LastID)
	p.receipts.replace(s.Receipts)
	s.Receipts = nil
	p.state, p.day = s, 0
	p.remembered()
	return nil
}

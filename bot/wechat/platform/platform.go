package platform

import (
	"math/rand/v2"
	"net/http"
	"slices"
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
	people   map[string]*resident
	lastID   int64
	menu     []MenuButton
	watch    watchers
}

type account struct {
	appID, secret, token, id string
	aesKey                   []byte // 32 bytes; nil without EncodingAESKey
	deadline, pause          time.Duration
	sameSignature            bool
}

type resident struct {
	Following bool `json:"following"`
}

type watchers struct{}

// New makes a platform with nobody on it.
func New(o Options) *Platform { _ = o; return &Platform{} }

// Handler serves the API: /cgi-bin/….
func (p *Platform) Handler() http.Handler { return http.NotFoundHandler() }

// Person returns the phone of an openid, made at first use and not following yet.
func (p *Platform) Person(openid string) *Person { return &Person{p: p, openid: openid} }

// People lists the openids known, sorted.
func (p *Platform) People() []string { return nil }

// Menu is the account's menu as the bot published it; empty when there is none.
func (p *Platform) Menu() []MenuButton { return slices.Clone(p.menu) }

// Watch calls f for everything that happens, in order. f must not block. After cancel one
// last call may still be running.
func (p *Platform) Watch(f func(Event)) (cancel func()) { _ = f; return func() {} }

// SetMode switches between Safe and Plain for the deliveries to come.
func (p *Platform) SetMode(mode string) { p.mode = mode }

// SetWebhooks replaces the addresses of the bot's replicas.
func (p *Platform) SetWebhooks(urls ...string) { p.webhooks = urls }

// SetTokenLifetime sets how long tokens issued from now on live; 0 means 7200 s.
func (p *Platform) SetTokenLifetime(d time.Duration) { _ = d }

// ExpireToken ends the life of every token issued so far: calls with them meet 42001.
func (p *Platform) ExpireToken() {}

// FailAPI makes the next calls of a path ("*" for all) answer with an errcode; a code from 500
// to 599 is an HTTP status instead. times < 0 means until changed, 0 heals.
func (p *Platform) FailAPI(path string, code, times int) { _, _, _ = path, code, times }

// Allow grants or withdraws an API by its path, or "msgmenu" in customer messages. Templates
// and subscription notices are withheld (48001) until granted, all else is granted.
func (p *Platform) Allow(path string, on bool) { _, _ = path, on }

// Media returns what is kept under a media id; false when it is unknown or expired.
func (p *Platform) Media(id string) (data []byte, contentType string, ok bool) { return nil, "", false }

// Scenes lists the scenes of the QR codes the bot made that are valid now, oldest first.
func (p *Platform) Scenes() []string { return nil }

// Export writes the whole state as JSON: people, windows, media, menu, tokens.
func (p *Platform) Export() ([]byte, error) { return nil, nil }

// Import replaces the state by an exported one; on error nothing changes.
func (p *Platform) Import(b []byte) error { _ = b; return nil }

// Close drops idle connections to the bot.
func (p *Platform) Close() {}

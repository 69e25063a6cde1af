// Package demo shows the bot on phones in the browser: a few people, each with a chat with the
// community's account, in front of the local WeChat platform. What is typed goes through the
// platform's signed callbacks to the very same bot code as in production.
//
// The page is for one's own machine. It has no login: whoever reaches it acts for every phone.
// It therefore answers only to loopback and to the hosts it was told, and only to its own pages.
package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"yishi/bot/wechat/platform"
	"yishi/flows/civic"
)

// Clock is the one clock of bot and platform. Moving it moves both.
type Clock interface {
	Now() time.Time
	Offset() time.Duration
	SetOffset(offset time.Duration)
}

// Phone is one person's phone on the page.
type Phone struct {
	Openid string   // invented; unique among the phones
	Name   string   // what the page and the transcript call the person, e.g. 李阿姨
	Role   string   // a word or two below the name, e.g. 居民
	Try    []string // what the person might say, offered below the role; a tap puts it into the input
	Scene  string   // the QR scene offered first when the person does not follow; "" offers all alike
}

// Scene is a QR code of the account that a phone can scan.
type Scene struct {
	Scene string // what the platform reports
	Label string // where the code hangs, e.g. 凤凰新村门口海报
}

// Place is a spot that a phone can send as its location.
type Place struct {
	Label    string  `json:"label"`
	Lat, Lng float64 `json:"-"` // degrees
}

// Options say what the page shows and where it keeps its memory.
type Options struct {
	Platform *platform.Platform // required
	Phones   []Phone            // one to six
	Title    string             // heading of the page; empty means 议事 演示
	Account  string             // the account's display name, e.g. 钮家巷社区
	Clock    Clock              // required
	// History is the file that keeps the chats: JSON lines, appended, shortened now and then.
	// Empty means that they live in memory only.
	History string
	// State is the file that keeps the platform's own state (who follows, windows, media, menu).
	// It is read by New and written after every delivery. Empty means that somebody else does it.
	State  string
	Scenes []Scene
	Places []Place // nil means a few invented ones
	Desk   Desk    // where staff tell people something; nil: nowhere
	// Turn opens or closes a route for the bot itself, as in its configuration; nil: it cannot.
	Turn func(route civic.Route, on bool)
	// Switches is the file that keeps how the platform's switches stand; empty means in memory only.
	Switches string
	// Templates and Notices are those of the account, to show their messages and ask for consents.
	Templates, Notices []platform.Template
	// Pages is how the addresses of the bot's pages begin, which a phone opens as its person, and
	// Login is where the platform's login stands: http://HOST. Empty: they open like any other.
	Pages, Login string
	// Hosts are further hosts the page answers to, without port, besides loopback. "0.0.0.0" or
	// "::" stands for every literal IP address, which is what listening on all of them means.
	Hosts []string
	Log   *slog.Logger // nil means no log
}

// Server holds the phones. It is safe for concurrent use.
type Server struct {
	o       Options
	log     *slog.Logger
	history *history
	phones  map[string]int  // openid to its place in Options.Phones
	samples func() [][]byte // JPEG, drawn when first looked at
	stop    context.CancelFunc
	ctx     context.Context // ends with Close
	unwatch func()
	events  events
	wg      sync.WaitGroup // deliveries and the watcher
	decode  sync.Mutex     // one picture at a time: decoding costs memory
	saving  sync.Mutex     // one writer of the state file
	unsaved atomic.Bool

	switches *switches

	mu     sync.Mutex // guards what follows
	busy   map[string]int
	closed bool
}

// closeGrace is how long Close lets deliveries under way finish: one delivery's worst case.
const closeGrace = 6 * time.Second

// New opens the history and the platform's state and starts listening to the platform.
func New(o Options) (*Server, error) {
	if err := check(&o); err != nil {
		return nil, err
	}
	if err := loadState(o.Platform, o.State); err != nil {
		return nil, fmt.Errorf("load platform state: %w", err)
	}
	h, err := openHistory(o.History, o.Log)
	if err != nil {
		return nil, fmt.Errorf("open chat history: %w", err)
	}
	s := &Server{o: o, log: o.Log, history: h, samples: sync.OnceValue(drawSamples), phones: map[string]int{}, busy: map[string]int{}}
	for i, p := range o.Phones {
		s.phones[p.Openid] = i
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	if s.switches, err = openSwitches(o); err != nil {
		return nil, errors.Join(fmt.Errorf("open switches: %w", err), h.close())
	}
	s.events.wake = make(chan struct{}, 1)
	s.restore()
	s.unwatch = o.Platform.Watch(s.events.push)
	s.wg.Go(s.listen)
	return s, nil
}

func check(o *Options) error {
	if o.Platform == nil || o.Clock == nil {
		return errors.New("demo needs a platform and a clock")
	}
	if len(o.Phones) == 0 || len(o.Phones) > 6 {
		return fmt.Errorf("demo shows one to six phones, not %d", len(o.Phones))
	}
	seen := map[string]bool{}
	for _, p := range o.Phones {
		if p.Openid == "" || p.Name == "" || seen[p.Openid] {
			return errors.New("every phone needs a name and an openid of its own")
		}
		seen[p.Openid] = true
	}
	if o.Title == "" {
		o.Title = "议事 演示"
	}
	if o.Account == "" {
		o.Account = "社区议事"
	}
	if o.Places == nil {
		o.Places = []Place{
			{Label: "凤凰新村3幢楼下", Lat: 31.3132, Lng: 120.6358},
			{Label: "凤凰新村北门", Lat: 31.3141, Lng: 120.6361},
			{Label: "河边小广场", Lat: 31.3127, Lng: 120.6349},
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// restore puts the clock back to where it was left, unless somebody did so already, and tells
// whoever waited for an answer when the program ended that none will come.
func (s *Server) restore() {
	if offset, ok := s.history.offset(); ok && s.o.Clock.Offset() == 0 {
		s.o.Clock.SetOffset(offset)
	}
	for _, r := range s.history.unanswered() {
		s.add(record{Openid: r.Openid, Kind: kindDone, Re: r.Seq})
		s.add(record{Openid: r.Openid, Kind: kindNote, Re: r.Seq, Text: "演示中途重启，这条没有等到回复，请再发一次"})
	}
}

// add stamps and keeps a record and shows it on every open page.
func (s *Server) add(r record) record {
	r.At = s.o.Clock.Now().UTC()
	return s.history.add(r)
}

// phone finds the phone a page means by its place.
func (s *Server) phone(i int) (Phone, bool) {
	if i < 0 || i >= len(s.o.Phones) {
		return Phone{}, false
	}
	return s.o.Phones[i], true
}

// Handler serves the page under /demo/ and its API under /demo/api/; "/" leads there.
func (s *Server) Handler() http.Handler { return s.routes() }

// Close ends the pages' event streams, lets deliveries under way finish for a few seconds, and
// closes the history. Call it before shutting down the HTTP server, which would otherwise wait
// for the streams. A second Close does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	s.unwatch()
	s.history.hangUp()
	s.events.end()
	done := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(done)
	}()
	grace := time.NewTimer(closeGrace)
	defer grace.Stop()
	select {
	case <-done:
	case <-grace.C:
		s.stop()
		<-done
	}
	s.stop()
	s.saveState()
	return s.history.close()
}

package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"yishi/bot/blobs"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
)

// Links are the rows behind the pages. *store.Links is one.
type Links interface {
	Find(ctx context.Context, ref, browser string) (store.Link, bool, error)
	Bind(ctx context.Context, ref, browser string, a civic.Account) (bool, error)
	Draw(ctx context.Context, ref, browser string) (bool, error)
	Receive(ctx context.Context, ref, browser, holder, key string, lease time.Duration) (bool, error)
	Received(ctx context.Context, ref, holder, name string, bytes int64, lease time.Duration) (bool, error)
	Renew(ctx context.Context, ref, holder, progress string, lease time.Duration) (bool, error)
	TakeOver(ctx context.Context, ref, holder string, lease time.Duration) (bool, error)
	Release(ctx context.Context, ref, holder, result string) error
	Finish(ctx context.Context, ref, holder, result, resultKey string) (bool, error)
	Fetch(ctx context.Context, ref, browser, holder string) (bool, error)
}

// Login tells whose phone a page in WeChat is on. *wechat.Client is one.
type Login interface {
	// LoginURL is where the browser is sent, to come back to redirect with a code and the state.
	LoginURL(redirect, state string) (string, error)
	// Login tells whose the code is.
	Login(ctx context.Context, code string) (string, error)
}

// Options are the parts of a Server. All but Observe and those with a default are needed.
type Options struct {
	Links Links
	Blobs blobs.Store // keeps what was sent until it is worked off
	Login Login
	Kinds Kinds
	Base  string // public address without a slash at its end, https but for tests and the demo
	Key   []byte // keys what browsers are handed
	Temp  string // folder for files that are being made; "" the system's
	// Sweep has files of ended links deleted and says how many; called now and then.
	Sweep   func(ctx context.Context, forget func(ctx context.Context, blobKey string) error) (int, error)
	Now     func() time.Time
	Log     *slog.Logger
	Observe func(kind, outcome string) // told what came of openings and files; both are words of ours

	// Lease is how long a replica that is not heard of keeps a file; 0: 30 s. Idle is how long a
	// line may stand still; 0: 30 s. Pace is the least that it must bring in the long run; 0: 16 KiB/s.
	Lease, Idle time.Duration
	Pace        int64 // bytes a second
}

// Server serves the pages. It is safe for many requests at once and for several replicas.
type Server struct {
	o       Options
	prefix  string // path of the public address
	secure  bool   // browsers come by https
	handler http.Handler

	receiving slots // uploads coming in
	making    slots // downloads being made
	working   slots // files being worked off

	ctx  context.Context // of what goes on beside requests
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu     sync.Mutex
	closed bool
}

// How much a replica does at once. Whoever comes later is told to try again, or waits.
const (
	receiveMost = 8
	makeMost    = 2
	workMost    = 2
)

const (
	leaseTime = 30 * time.Second
	idleTime  = 30 * time.Second
	paceMost  = 16 << 10
	callTime  = 3 * time.Second // one look at the store
	sweepTime = 10 * time.Minute
)

// New returns a Server, whose sweeping goes on until Close.
func New(o Options) (*Server, error) {
	u, err := url.Parse(o.Base)
	if err != nil || u.Host == "" || strings.HasSuffix(o.Base, "/") || u.RawQuery != "" {
		return nil, errors.New("open pages: the public address must be http(s)://HOST without a slash at its end")
	}
	if len(o.Key) < 32 {
		return nil, errors.New("open pages: key is shorter than 32 bytes")
	}
	for kind := range o.Kinds.Uploads {
		if _, both := o.Kinds.Downloads[kind]; both {
			return nil, fmt.Errorf("open pages: %s is an upload and a download", kind)
		}
	}
	for kind := range o.Kinds.Galleries {
		_, up := o.Kinds.Uploads[kind]
		if _, down := o.Kinds.Downloads[kind]; up || down {
			return nil, fmt.Errorf("open pages: %s is a gallery and something else", kind)
		}
	}
	if o.Lease == 0 {
		o.Lease = leaseTime
	}
	if o.Idle == 0 {
		o.Idle = idleTime
	}
	if o.Pace == 0 {
		o.Pace = paceMost
	}
	if o.Observe == nil {
		o.Observe = func(string, string) {}
	}
	s := &Server{
		o: o, prefix: u.Path, secure: u.Scheme == "https",
		receiving: make(slots, receiveMost), making: make(slots, makeMost), working: make(slots, workMost),
	}
	if s.handler, err = s.routes(u.Scheme + "://" + u.Host); err != nil {
		return nil, fmt.Errorf("open pages: %w", err)
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	if o.Sweep != nil {
		s.wg.Go(s.tend)
	}
	return s, nil
}

// Handler serves everything below flows.LinkPath.
func (s *Server) Handler() http.Handler { return s.handler }

// Close stops what goes on beside the requests. Files that are worked off now are left to other
// replicas, or to the next start, whose turn it is when the lease has run out.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.wg.Wait()
	return nil
}

// beside runs something beside the requests; false once the server is closed.
func (s *Server) beside(do func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.wg.Go(do)
	return true
}

// tend sweeps now and then, first at the start.
func (s *Server) tend() {
	tick := time.NewTicker(sweepTime)
	defer tick.Stop()
	for {
		for n := 1; n > 0 && s.ctx.Err() == nil; {
			ctx, cancel := context.WithTimeout(s.ctx, time.Minute)
			var err error
			if n, err = s.o.Sweep(ctx, s.o.Blobs.Delete); err != nil && s.ctx.Err() == nil {
				s.o.Log.WarnContext(ctx, "links not swept", "error", err.Error())
				n = 0
			}
			cancel()
		}
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			return
		}
	}
}

// slots bound how many do something at once.
type slots chan struct{}

func (s slots) try() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s slots) wait(ctx context.Context) bool {
	select {
	case s <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s slots) leave() { <-s }

// path is where a page stands on this host. Everything leads to paths only: never to an address
// that a request has named.
func (s *Server) path(parts ...string) string {
	return s.prefix + flows.LinkPath + strings.Join(parts, "/")
}

// title says what kinds a program knows.
func (s *Server) known(v *visit, kind string) bool {
	if k, ok := s.o.Kinds.Uploads[kind]; ok {
		v.up = &k
		return true
	}
	if k, ok := s.o.Kinds.Downloads[kind]; ok {
		v.down = &k
		return true
	}
	if k, ok := s.o.Kinds.Galleries[kind]; ok {
		v.gallery = &k
		return true
	}
	return false
}

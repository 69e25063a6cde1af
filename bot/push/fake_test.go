package push

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"yishi/bot/blobs"
	"yishi/flows/civic"
)

// row is one row of the fake queue; it obeys leases as the real one does.
type row struct {
	job    civic.MediaJob
	state  string // "" waits, kept, failed
	due    time.Time
	lease  time.Time
	owner  string
	key    string
	size   int64
	reason string
}

var errNotYours = errors.New("not your row")

type fakeQueue struct {
	mu      sync.Mutex
	rows    []*row
	keepErr error // of the next MediaKept, after which it did or did not happen
	kept    bool  // whether it did
	failErr error
}

func (q *fakeQueue) ClaimMedia(_ context.Context, owner string, n int, lease time.Duration) ([]civic.MediaJob, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	var jobs []civic.MediaJob
	for _, r := range q.rows {
		if len(jobs) < n && r.state == "" && !now.Before(r.due) && !now.Before(r.lease) {
			r.owner, r.lease = owner, now.Add(lease)
			r.job.Attempts++
			jobs = append(jobs, r.job)
		}
	}
	return jobs, nil
}

// settle finds the row that waits under the owner's lease.
func (q *fakeQueue) settle(ctx context.Context, id int64, owner string, do func(*row)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range q.rows {
		if r.job.ID == id && r.owner == owner && r.state == "" {
			do(r)
			r.owner = ""
			return nil
		}
	}
	return errNotYours
}

func (q *fakeQueue) MediaKept(ctx context.Context, id int64, owner, key string, size int64) error {
	if err := q.keepErr; err != nil {
		q.keepErr = nil
		if !q.kept {
			return err
		}
		return errors.Join(err, q.settle(ctx, id, owner, func(r *row) { r.state, r.key, r.size = "kept", key, size }))
	}
	return q.settle(ctx, id, owner, func(r *row) { r.state, r.key, r.size = "kept", key, size })
}

func (q *fakeQueue) MediaRetry(ctx context.Context, id int64, owner string, next time.Time) error {
	return q.settle(ctx, id, owner, func(r *row) { r.due, r.lease = next, time.Time{} })
}

func (q *fakeQueue) MediaFailed(ctx context.Context, id int64, owner, reason string) error {
	if err := q.failErr; err != nil {
		q.failErr = nil
		return err
	}
	return q.settle(ctx, id, owner, func(r *row) { r.state, r.reason = "failed", reason })
}

// platform is a fake of both of the platform's sides.
type platform struct {
	mu      sync.Mutex
	media   func(n int) ([]byte, error) // of the n-th fetch, from 1
	fetched []time.Time
	told    []string
	tellErr error
}

func (p *platform) Media(ctx context.Context, _ string) ([]byte, string, error) {
	p.mu.Lock()
	p.fetched = append(p.fetched, time.Now())
	n := len(p.fetched)
	p.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	body, err := p.media(n)
	return body, "image/svg+xml", err // a lie that must not matter
}

func (p *platform) SendText(_ context.Context, openid, text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, openid+": "+text)
	return p.tellErr
}

// apiError is a clear answer of the platform, as its client makes them.
type apiError struct{ retryable, quota, fatal bool }

func (e *apiError) Error() string   { return "api error" }
func (e *apiError) Retryable() bool { return e.retryable }
func (e *apiError) QuotaUsed() bool { return e.quota }
func (e *apiError) Fatal() bool     { return e.fatal }

// goneError is an error that says for itself whether content will ever be had.
type goneError struct{ gone bool }

func (e *goneError) Error() string { return "gone error" }
func (e *goneError) Gone() bool    { return e.gone }

// bench is a media worker with everything around it, in fake time.
type bench struct {
	queue    *fakeQueue
	platform *platform
	folder   *blobs.Folder
	dir      string
	store    blobs.Store // folder, or one that stumbles
	log      bytes.Buffer
	mu       sync.Mutex
	outcomes []Outcome
}

func newBench(t *testing.T, media func(n int) ([]byte, error)) *bench {
	t.Helper()
	dir := t.TempDir()
	folder, err := blobs.NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{queue: &fakeQueue{}, platform: &platform{media: media}, folder: folder, store: folder, dir: dir}
}

func (b *bench) add(kind civic.MediaKind, number string) *row {
	r := &row{job: civic.MediaJob{
		ID: int64(len(b.queue.rows) + 1), Account: "oAccount", MediaID: "secret-media-id", Kind: kind, NeedNumber: number,
	}}
	b.queue.rows = append(b.queue.rows, r)
	return r
}

// work runs the loop for so long.
func (b *bench) work(t *testing.T, span time.Duration) {
	t.Helper()
	l, err := NewMedia(MediaConfig{
		Queue: b.queue, Fetch: b.platform, Tell: b.platform, Blobs: b.store, Secret: []byte("key"), Now: time.Now,
		Log: slog.New(slog.NewTextHandler(&b.log, nil)),
		Observe: func(_ string, o Outcome, _ time.Duration) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.outcomes = append(b.outcomes, o)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), span)
	defer cancel()
	l.Run(ctx)
	for _, word := range []string{"oAccount", "secret-media-id"} {
		if strings.Contains(b.log.String(), word) {
			t.Errorf("the log holds %q", word)
		}
	}
}

// files lists the blobs on disk.
func (b *bench) files(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(b.dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range all {
		all[i] = filepath.Base(f)
	}
	return all
}

// stumbler is a blob store whose first Put writes and then has the worker die, or is full.
type stumbler struct {
	blobs.Store
	die  func()
	full int // Puts that find no room
}

func (s *stumbler) Put(ctx context.Context, key string, r io.Reader) error {
	if s.full > 0 {
		s.full--
		return fmt.Errorf("put blob: %w", blobs.ErrFull)
	}
	err := s.Store.Put(ctx, key, r)
	if die := s.die; die != nil {
		s.die = nil
		die()
	}
	return err
}

// slowFetch answers when its caller gives up.
type slowFetch struct{}

func (*slowFetch) Media(ctx context.Context, _ string) ([]byte, string, error) {
	<-ctx.Done()
	return nil, "", errors.New("scrubbed")
}

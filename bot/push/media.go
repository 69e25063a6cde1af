package push

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"yishi/bot/blobs"
	"yishi/flows/civic"
)

// How the work on a photo or voice ends, beside the loop's own outcomes.
const (
	Kept    Outcome = "kept"
	Retried Outcome = "retry"
	Failed  Outcome = "failed"
	Lost    Outcome = "lost" // the row could not be settled: it is somebody else's by now, or SQL is away
)

// MediaQueue is where photos and voices wait. Owner names the worker; a row is settled only
// by the worker whose lease it is, else the call fails and nothing changes.
type MediaQueue interface {
	// ClaimMedia takes at most n due rows under a lease, and counts the attempt.
	ClaimMedia(ctx context.Context, owner string, n int, lease time.Duration) ([]civic.MediaJob, error)
	// MediaKept ends a row: the content is under blobKey and size bytes long.
	MediaKept(ctx context.Context, id int64, owner, blobKey string, size int64) error
	// MediaRetry gives a row back, due again at next.
	MediaRetry(ctx context.Context, id int64, owner string, next time.Time) error
	// MediaFailed ends a row for good. It succeeds once for a row.
	MediaFailed(ctx context.Context, id int64, owner, reason string) error
}

// Fetcher gets what a resident sent from the platform, by its media id and never by an
// address that came with the message. The content type is what the platform claims; it is
// not believed. Its errors hold neither tokens nor media ids. A clear answer of the platform
// is one that has the methods of refusal, or Gone() bool: true means that the content will
// never be had. Any other error may pass.
type Fetcher interface {
	Media(ctx context.Context, mediaID string) (body []byte, contentType string, err error)
}

// Teller sends one text to an account, if the platform allows it now.
type Teller interface {
	SendText(ctx context.Context, openid, text string) error
}

// refusal is what is asked of a clear answer of the platform.
type refusal interface {
	Retryable() bool // it may pass in a moment
	QuotaUsed() bool // it passes tomorrow
	Fatal() bool     // it passes when the operator has corrected the set-up
}

const (
	mediaConcurrency = 4
	mediaLimit       = time.Minute
	fetchLimit       = 20 * time.Second
	firstPause       = 10 * time.Second
	longestPause     = 15 * time.Minute
	// Content that makes the program stumble is given up after about an hour.
	stumbles = 12
	// The platform forgets what was sent after three days, and then says so. This is for one
	// that never answers: with pauses of 15 minutes, give or take, as many fit into three days.
	patience = 400
)

// MediaConfig is what the work on media needs. All fields but Observe must be set.
type MediaConfig struct {
	Queue   MediaQueue
	Fetch   Fetcher
	Tell    Teller
	Blobs   blobs.Store
	Secret  []byte // keys the blobs; another secret after a restart costs an orphan at most
	Now     func() time.Time
	Observe func(queue string, outcome Outcome, took time.Duration)
	Log     *slog.Logger
}

// media fetches photos and voices before the platform forgets them, cleans them of everything
// that residents did not mean to send, and keeps them.
type media struct {
	MediaConfig
	owner string
	dark  *darkroom
}

// NewMedia makes the loop that fetches photos and voices before the platform forgets them,
// cleans them of everything that residents did not mean to send, and keeps them. Wake it
// after a commit that had something to keep.
func NewMedia(c MediaConfig) (*Loop[civic.MediaJob], error) {
	if c.Queue == nil || c.Fetch == nil || c.Tell == nil || c.Blobs == nil || len(c.Secret) == 0 {
		return nil, errors.New("media: Queue, Fetch, Tell, Blobs and Secret must be set")
	}
	m := &media{MediaConfig: c, owner: rand.Text(), dark: newDarkroom(decodingMemory, maxPixels, decodingLimit)}
	return NewLoop(Spec[civic.MediaJob]{
		Name:        "media",
		Claim:       m.claim,
		Handle:      m.handle,
		Panicked:    m.panicked,
		Concurrency: mediaConcurrency,
		Limit:       mediaLimit,
		Now:         c.Now,
		Observe:     c.Observe,
		Log:         c.Log,
	})
}

func (m *media) claim(ctx context.Context, n int, lease time.Duration) ([]civic.MediaJob, error) {
	jobs, err := m.Queue.ClaimMedia(ctx, m.owner, n, lease)
	if err != nil {
		return nil, fmt.Errorf("claim media: %w", err)
	}
	return jobs, nil
}

// handle fetches, cleans and keeps one photo or voice. Dying after Put leaves a blob that the
// next attempt replaces, since the row's blob key never changes.
func (m *media) handle(ctx context.Context, job civic.MediaJob) Outcome {
	if job.Attempts > patience {
		return m.fail(ctx, job, "never fetched", nil)
	}
	content, err := m.content(ctx, job)
	if err == nil {
		err = m.Blobs.Put(ctx, m.key(job), bytes.NewReader(content))
	}
	if err != nil {
		return m.stop(ctx, job, err)
	}
	settle, done := context.WithTimeout(context.WithoutCancel(ctx), settleLimit)
	defer done()
	if err := m.Queue.MediaKept(settle, job.ID, m.owner, m.key(job), int64(len(content))); err != nil {
		return m.lost(ctx, job, err)
	}
	m.Log.InfoContext(ctx, "media kept", "media", job.ID, "kind", string(job.Kind), "bytes", len(content), "attempt", job.Attempts)
	return Kept
}

// content is what will be kept.
func (m *media) content(ctx context.Context, job civic.MediaJob) ([]byte, error) {
	fetching, done := context.WithTimeout(ctx, fetchLimit)
	defer done()
	raw, _, err := m.Fetch.Media(fetching, job.MediaID)
	if err != nil {
		return nil, fmt.Errorf("fetch media: %w", err)
	}
	if job.Kind == civic.Voice {
		return cleanVoice(raw)
	}
	return m.dark.develop(ctx, raw)
}

// key is the row's blob key. The media id is part of it because row numbers begin anew with
// a new database.
func (m *media) key(job civic.MediaJob) string {
	return blobs.DeriveKey(m.Secret, "media", strconv.FormatInt(job.ID, 10), job.MediaID)
}

// stop decides what an error means: never, or later.
func (m *media) stop(ctx context.Context, job civic.MediaJob, err error) Outcome {
	var unfit *unfitError
	switch {
	case errors.As(err, &unfit):
		return m.fail(ctx, job, unfit.reason, nil)
	case gone(err):
		return m.fail(ctx, job, "refused by the platform", err)
	case errors.Is(err, errSlow) && job.Attempts >= stumbles:
		return m.fail(ctx, job, "photo takes too long", nil)
	case errors.Is(ctx.Err(), context.Canceled): // told to stop: somebody else may go on at once
		return m.again(ctx, job, 0, err)
	}
	// Everything else is not the photo's fault: tokens, quotas, settings, lines, disks.
	var no refusal
	if errors.As(err, &no) && !no.Retryable() {
		return m.again(ctx, job, spread(longestPause, pollJitter), err)
	}
	return m.again(ctx, job, pause(job.Attempts), err)
}

// gone says whether err means that this photo or voice will never be had: the platform has
// forgotten it, never had it, or does not give it away.
func gone(err error) bool {
	var g interface{ Gone() bool }
	if errors.As(err, &g) {
		return g.Gone()
	}
	var no refusal
	return errors.As(err, &no) && !no.Retryable() && !no.QuotaUsed() && !no.Fatal()
}

// pause is 10 s, 20 s, 40 s … 15 min after the first, second, third … attempt, less up to
// half of it by chance.
func pause(attempts int) time.Duration {
	p := longestPause
	if n := max(attempts, 1) - 1; n < 7 { // 10 s · 2⁷ is over 15 min
		p = firstPause << n
	}
	return spread(p*3/4, 1.0/3)
}

func (m *media) again(ctx context.Context, job civic.MediaJob, pause time.Duration, why error) Outcome {
	settle, done := context.WithTimeout(context.WithoutCancel(ctx), settleLimit)
	defer done()
	if err := m.Queue.MediaRetry(settle, job.ID, m.owner, m.Now().Add(pause)); err != nil {
		return m.lost(ctx, job, err)
	}
	m.Log.WarnContext(ctx, "media put off", "media", job.ID, "kind", string(job.Kind), "attempt", job.Attempts, "pause", pause, "error", why)
	return Retried
}

// fail ends the row, then tells the person: once at most, because only the call that ended
// the row gets that far. Dying in between means that nobody is told.
func (m *media) fail(ctx context.Context, job civic.MediaJob, reason string, why error) Outcome {
	settle, done := context.WithTimeout(context.WithoutCancel(ctx), settleLimit)
	defer done()
	if err := m.Queue.MediaFailed(settle, job.ID, m.owner, reason); err != nil {
		return m.lost(ctx, job, err)
	}
	m.Log.WarnContext(ctx, "media given up", "media", job.ID, "kind", string(job.Kind), "attempt", job.Attempts, "reason", reason, "error", why)
	// An earlier attempt may have got as far as Put.
	if err := m.Blobs.Delete(settle, m.key(job)); err != nil {
		m.Log.WarnContext(ctx, "blob not deleted", "media", job.ID, "error", err)
	}
	telling, done := context.WithTimeout(context.WithoutCancel(ctx), settleLimit)
	defer done()
	if err := m.Tell.SendText(telling, string(job.Account), apology(job)); err != nil {
		m.Log.InfoContext(ctx, "person not told of lost media", "media", job.ID, "error", err)
	}
	return Failed
}

// apology says what happened and what to do. That the need goes on is said where there is one.
func apology(job civic.MediaJob) string {
	switch {
	case job.Kind == civic.Voice:
		return "您发来的语音没有取到，请用文字再说一次。"
	case job.NeedNumber == "":
		return "您发来的一张照片没有取到。方便的话，请再发一张。"
	}
	return "您发来的一张照片没有取到，需求照常办理。方便的话，请再发一张。"
}

func (m *media) lost(ctx context.Context, job civic.MediaJob, why error) Outcome {
	m.Log.WarnContext(ctx, "media not settled", "media", job.ID, "attempt", job.Attempts, "error", why)
	return Lost
}

// panicked puts a row off whose handler panicked, and gives up on one that keeps doing so.
func (m *media) panicked(ctx context.Context, job civic.MediaJob) {
	if job.Attempts >= stumbles {
		m.fail(ctx, job, "handling it panics", nil)
		return
	}
	m.again(ctx, job, pause(job.Attempts), errors.New("handler panicked"))
}

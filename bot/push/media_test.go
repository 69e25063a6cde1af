package push

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"yishi/bot/wechat"
	"yishi/flows/civic"
)

func always(body []byte, err error) func(int) ([]byte, error) {
	return func(int) ([]byte, error) { return body, err }
}

func TestMediaIsKept(t *testing.T) {
	photo := with(asJPEG(t, quarters(64, 48)), exif(binary.BigEndian, 6))
	rows := map[string]struct {
		kind civic.MediaKind
		raw  []byte
		want func([]byte) bool
	}{
		"photo": {civic.Photo, photo, func(b []byte) bool {
			return bytes.HasPrefix(b, []byte("\xff\xd8\xff")) && !bytes.Contains(b, []byte("Exif"))
		}},
		"voice": {civic.Voice, amr(50), func(b []byte) bool { return bytes.Equal(b, amr(50)) }},
	}
	for name, c := range rows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, always(c.raw, nil))
				r := b.add(c.kind, "")
				b.work(t, 10*time.Second)
				if r.state != "kept" || len(b.platform.fetched) != 1 || len(b.platform.told) != 0 {
					t.Fatalf("row is %q after %d fetches, %d told", r.state, len(b.platform.fetched), len(b.platform.told))
				}
				file, err := b.folder.Open(t.Context(), r.key)
				if err != nil {
					t.Fatal(err)
				}
				content, err := io.ReadAll(file)
				if err := errors.Join(err, file.Close()); err != nil {
					t.Fatal(err)
				}
				if int64(len(content)) != r.size || !c.want(content) {
					t.Errorf("kept %d bytes, row says %d, content right: %v", len(content), r.size, c.want(content))
				}
			})
		})
	}
}

func TestMediaIsGivenUp(t *testing.T) {
	const photoLost = "oAccount: 您发来的一张照片没有取到。方便的话，请再发一张。"
	rows := map[string]struct {
		kind   civic.MediaKind
		number string
		media  func(int) ([]byte, error)
		reason string
		told   string
	}{
		"refused": {
			civic.Photo, "钮2027-018", always(nil, fmt.Errorf("media: %w", &apiError{})), "refused by the platform",
			"oAccount: 您发来的一张照片没有取到，需求照常办理。方便的话，请再发一张。",
		},
		"gone":     {civic.Photo, "", always(nil, &goneError{gone: true}), "refused by the platform", photoLost},
		"no photo": {civic.Photo, "", always([]byte("<html>"), nil), "not a photo", photoLost},
		"bomb":     {civic.Photo, "", always(claims(t, 60000, 60000)["PNG"], nil), "photo with too many pixels", photoLost},
		"no voice": {civic.Voice, "", always([]byte("<html>"), nil), "not a voice", "oAccount: 您发来的语音没有取到，请用文字再说一次。"},
	}
	for name, c := range rows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, c.media)
				b.platform.tellErr = errors.New("out of the window") // nobody is told twice for that
				r := b.add(c.kind, c.number)
				b.work(t, time.Hour)
				if r.state != "failed" || r.reason != c.reason || len(b.platform.fetched) != 1 {
					t.Errorf("row is %q (%s) after %d fetches, want failed (%s) after one", r.state, r.reason, len(b.platform.fetched), c.reason)
				}
				if !slices.Equal(b.platform.told, []string{c.told}) {
					t.Errorf("told %q, want %q", b.platform.told, c.told)
				}
				if left := b.files(t); len(left) != 0 {
					t.Errorf("blobs left: %v", left)
				}
			})
		})
	}
}

func TestMediaWaitsForThePlatform(t *testing.T) {
	photo := asJPEG(t, quarters(8, 8))
	rows := map[string]struct {
		err  error
		low  []time.Duration // of the first pauses, by the table
		high []time.Duration // and the poll that follows
	}{
		"line down": {
			errors.New("dial"),
			[]time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 320 * time.Second, 450 * time.Second, 450 * time.Second},
			[]time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 320 * time.Second, 640 * time.Second, 900 * time.Second, 900 * time.Second},
		},
		"quota used": {
			&apiError{quota: true},
			[]time.Duration{12 * time.Minute, 12 * time.Minute},
			[]time.Duration{18 * time.Minute, 18 * time.Minute},
		},
	}
	for name, c := range rows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const outage = 40 // attempts: more than content of its own fault would get
				b := newBench(t, func(n int) ([]byte, error) {
					if n <= outage {
						return nil, c.err
					}
					return photo, nil
				})
				r := b.add(civic.Photo, "")
				b.work(t, 15*time.Hour)
				if r.state != "kept" || len(b.platform.told) != 0 {
					t.Errorf("row is %q, told %d; want kept in silence", r.state, len(b.platform.told))
				}
				for i := range c.low {
					got := b.platform.fetched[i+1].Sub(b.platform.fetched[i])
					if got < c.low[i] || got > c.high[i]+2400*time.Millisecond {
						t.Errorf("pause %d was %v, want %v to %v", i+1, got, c.low[i], c.high[i])
					}
				}
			})
		})
	}
}

// A platform that never says yes or no is given up after three days, by the row alone: no
// worker needs to live that long.
func TestMediaIsGivenUpAfterThreeDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, always(nil, errors.New("dial")))
		r := b.add(civic.Photo, "")
		from := time.Now()
		for r.state == "" && time.Since(from) < 10*24*time.Hour {
			b.work(t, 6*time.Hour) // a new worker four times a day
		}
		if days := time.Since(from).Hours() / 24; r.state != "failed" || days < 2.5 || days > 4 {
			t.Errorf("row is %q after %.1f days, want failed after about three", r.state, days)
		}
		if len(b.platform.told) != 1 {
			t.Errorf("told %d times, want once", len(b.platform.told))
		}
	})
}

func TestMediaThatPanicsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(int) ([]byte, error) { panic("a bug") })
		r := b.add(civic.Photo, "")
		b.work(t, 6*time.Hour)
		if r.state != "failed" || len(b.platform.fetched) != stumbles || len(b.platform.told) != 1 {
			t.Errorf("row is %q after %d tries, told %d; want failed after %d, told once", r.state, len(b.platform.fetched), len(b.platform.told), stumbles)
		}
	})
}

func TestMediaWorkerDiesAfterPut(t *testing.T) {
	rows := map[string]func(b *bench){
		"killed":   func(b *bench) { b.store = &stumbler{Store: b.folder, die: runtime.Goexit} }, // nothing is settled
		"panicked": func(b *bench) { b.store = &stumbler{Store: b.folder, die: func() { panic("a bug") }} },
		"answer lost, not done": func(b *bench) {
			b.queue.keepErr = errors.New("bad connection")
		},
		"answer lost, done": func(b *bench) {
			b.queue.keepErr, b.queue.kept = errors.New("bad connection"), true
		},
	}
	for name, spoil := range rows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, always(asJPEG(t, quarters(8, 8)), nil))
				r := b.add(civic.Photo, "")
				spoil(b)
				b.work(t, 10*time.Second)
				first := b.files(t)
				b.work(t, 10*time.Minute) // another worker, under another name
				if r.state != "kept" || len(b.platform.told) != 0 {
					t.Errorf("row is %q, told %d", r.state, len(b.platform.told))
				}
				if last := b.files(t); len(last) != 1 || !slices.Equal(first, last) || last[0] != r.key {
					t.Errorf("blobs %v, then %v; want the row's one both times", first, last)
				}
			})
		})
	}
}

func TestMediaWaitsForDiskSpace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, always(asJPEG(t, quarters(8, 8)), nil))
		b.store = &stumbler{Store: b.folder, full: 3}
		r := b.add(civic.Photo, "")
		b.work(t, time.Hour)
		if r.state != "kept" || r.job.Attempts != 4 || len(b.platform.told) != 0 {
			t.Errorf("row is %q after %d attempts, told %d", r.state, r.job.Attempts, len(b.platform.told))
		}
	})
}

// A row that somebody else has taken over is not told about, and its blob is left alone.
func TestMediaLostRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, always([]byte("<html>"), nil))
		b.queue.failErr = errNotYours
		r := b.add(civic.Photo, "")
		b.work(t, 10*time.Second)
		if r.state != "" || len(b.platform.told) != 0 || !slices.Equal(b.outcomes, []Outcome{Lost}) {
			t.Errorf("row is %q, told %d, outcomes %v", r.state, len(b.platform.told), b.outcomes)
		}
	})
}

// A worker told to stop in the middle of a fetch gives the row to the next one at once.
func TestMediaStopsInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		r := b.add(civic.Photo, "")
		slow := &slowFetch{}
		l, err := NewMedia(MediaConfig{
			Queue: b.queue, Fetch: slow, Tell: b.platform, Blobs: b.folder, Secret: []byte("key"), Now: time.Now, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		l.Run(ctx)
		if r.state != "" || r.owner != "" || r.due.After(time.Now()) || !r.lease.IsZero() {
			t.Errorf("row %+v is not free for the next worker", *r)
		}
	})
}

func TestNewMediaFaults(t *testing.T) {
	if _, err := NewMedia(MediaConfig{Now: time.Now, Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("no error for a worker without a queue")
	}
}

// The platform's client and its errors are what the worker takes them for.
var (
	_ Fetcher = (*wechat.Client)(nil)
	_ Teller  = (*wechat.Client)(nil)
	_ refusal = (*wechat.Error)(nil)
)

func TestAnswersOfThePlatform(t *testing.T) {
	rows := map[int]bool{40007: true, 41006: true, 40001: false, 42001: false, 45009: false, 45011: false, -1: false, 40164: false, 48001: false}
	for code, want := range rows {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			if got := gone(fmt.Errorf("media: %w", &wechat.Error{Code: code})); got != want {
				t.Errorf("gone for ever: %v, want %v", got, want)
			}
		})
	}
	if gone(fmt.Errorf("media: %w", wechat.ErrUnsure)) || gone(wechat.ErrNotSent) {
		t.Error("a cut line was taken for a refusal")
	}
}

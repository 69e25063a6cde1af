package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// Links are the one-time links behind the pages. Every change is one conditional statement and a
// look at what came of it: of two requests at once, on whatever replicas, one gets its way.
//
// A ref is the plain reference and a browser the plain value of its cookie; the methods hash them.
// A holder is a random word of at most 43 ASCII characters by which a request, or the work on a
// file, knows its own again.
type Links struct{ db *DB }

// Links returns what pages and dialogues do with links.
func (db *DB) Links() *Links { return &Links{db} }

// LinkState is where a link stands. Values are stored.
type LinkState int

// The states of a link. Downloads stay at the first.
const (
	LinkOpen      LinkState = 0 // nothing was sent
	LinkReceiving LinkState = 1 // a file is coming in
	LinkWorking   LinkState = 2 // it is here and worked off
	LinkDone      LinkState = 3 // it is worked off; used up
)

// Link is a link as one browser sees it.
type Link struct {
	Account   civic.Account
	Community civic.CommunityID
	Kind      string
	Title     string
	Args      json.RawMessage // nil: none
	Expires   time.Time
	Late      bool // it can be opened no more

	Bound bool   // some browser has been let in
	Mine  bool   // it is this one, if it is bound
	Code  string // which this browser shows now; "" none
	Until time.Time
	Spent bool // no more codes are given out

	State     LinkState
	Stalled   bool // whoever received or worked has not been heard of for the length of a lease
	Progress  string
	BlobKey   string
	BlobName  string
	BlobBytes int64
	Result    string
	ResultKey string
	Fetches   int
}

// FetchMost is how often the browser may begin a download again before the link is used up: lines
// break, and phones ask once to see what it is and again to keep it.
const FetchMost = 3

// Find returns the link; false if there is none. It changes nothing, so that whoever looks at
// addresses in passing, as messengers do, spoils nothing.
func (l *Links) Find(ctx context.Context, ref, browser string) (Link, bool, error) {
	var r linkRow
	err := l.db.r.WithContext(ctx).Where("ref_hash = ?", l.ref(ref)).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Link{}, false, nil
	}
	if err != nil {
		return Link{}, false, fmt.Errorf("find link: %w", clean(err))
	}
	return l.link(&r, browser), true, nil
}

func (l *Links) ref(ref string) string         { return l.db.macText("ref", ref) }
func (l *Links) browser(browser string) string { return l.db.macText("browser", browser) }

func (l *Links) link(r *linkRow, browser string) Link {
	now := l.db.clock.Now()
	mine := l.browser(browser)
	k := Link{
		Account: civic.Account(r.Account), Community: civic.CommunityID(r.CommunityID), Kind: r.Kind, Title: r.Title,
		Expires: at(r.ExpiresMS), Late: r.ExpiresMS <= ms(now),
		Bound: r.Browser != "", Mine: r.Browser == mine && browser != "", Spent: r.Draws >= drawMost,
		State: LinkState(r.State), Stalled: r.LeaseMS <= ms(now), Progress: r.Progress,
		BlobKey: r.BlobKey, BlobName: r.BlobName, BlobBytes: r.BlobBytes,
		Result: r.Result, ResultKey: r.ResultKey, Fetches: r.Fetches,
	}
	if r.Args != "" {
		k.Args = json.RawMessage(r.Args)
	}
	if !k.Bound && r.PairBrowser == mine && r.PairMS > ms(now) {
		k.Code, k.Until = l.db.pairCode(r), at(r.PairMS)
	}
	return k
}

// change runs the statement, which names the link by its first condition, and returns what the
// row is then.
func (l *Links) change(ctx context.Context, what, ref, set, where string, args ...any) (linkRow, error) {
	var rows []linkRow
	err := l.db.retried(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("UPDATE links SET "+set+" WHERE "+where+" AND ref_hash = ?", append(args, l.ref(ref))...).Error; err != nil {
			return err
		}
		rows = nil
		return tx.Raw("SELECT * FROM links WHERE ref_hash = ?", l.ref(ref)).Scan(&rows).Error
	})
	if err != nil {
		return linkRow{}, fmt.Errorf("%s: %w", what, err)
	}
	if len(rows) == 0 {
		return linkRow{}, nil
	}
	return rows[0], nil
}

// Bind lets the browser in for good, if the link is this account's, still to be opened, and no
// other browser's. Binding the same one again is harmless.
func (l *Links) Bind(ctx context.Context, ref, browser string, a civic.Account) (bool, error) {
	mine := l.browser(browser)
	r, err := l.change(ctx, "bind link", ref, "browser = ?, pair_ms = 0", "account = ? AND browser = '' AND expires_ms > ?",
		mine, string(a), ms(l.db.clock.Now()))
	return r.Browser == mine && r.Account == string(a) && a != "", err
}

// Draw has the browser show a new code, in place of any that is shown for this link; false when
// there are no more, or somebody is let in already.
func (l *Links) Draw(ctx context.Context, ref, browser string) (bool, error) {
	now, mine := l.db.clock.Now(), l.browser(browser)
	holder := rand.Text()
	r, err := l.change(ctx, "draw code", ref, "pair_browser = ?, pair_ms = ?, draws = draws + 1, misses = 0, holder = ?",
		"browser = '' AND expires_ms > ? AND draws < ?", mine, ms(now.Add(civic.PairLife)), holder, ms(now), drawMost)
	return r.Holder == holder, err
}

// Pairing finds the browser that shows the code for a link of this account; false if none does.
func (l *Links) Pairing(ctx context.Context, a civic.Account, code string) (civic.Pairing, bool, error) {
	now := ms(l.db.clock.Now())
	var rows []linkRow
	err := l.db.r.WithContext(ctx).Where("account = ? AND pair_ms > ? AND expires_ms > ? AND browser = ''", string(a), now, now).Find(&rows).Error
	if err != nil {
		return civic.Pairing{}, false, fmt.Errorf("find pairing: %w", clean(err))
	}
	r, found := l.db.showing(rows, code)
	return civic.Pairing{Kind: r.Kind, Title: r.Title, Until: at(r.PairMS)}, found, nil
}

// Receive begins an upload; false when one is under way, or was worked off. The key of the blob
// that is to be is noted before there is one, so that none is forgotten; that of an earlier try
// has to be deleted by then.
func (l *Links) Receive(ctx context.Context, ref, browser, holder, key string, lease time.Duration) (bool, error) {
	now := l.db.clock.Now()
	r, err := l.change(ctx, "begin upload", ref, "state = ?, holder = ?, lease_ms = ?, blob_key = ?, progress = '', result = ''",
		"browser = ? AND expires_ms > ? AND (state = ? OR state = ? AND lease_ms <= ?)",
		LinkReceiving, holder, ms(now.Add(lease)), key, l.browser(browser), ms(now), LinkOpen, LinkReceiving, ms(now))
	return r.Holder == holder && r.State == int(LinkReceiving), err
}

// Received says that the whole file lies under its key, and begins the work on it. name is at most
// 200 characters.
func (l *Links) Received(ctx context.Context, ref, holder, name string, bytes int64, lease time.Duration) (bool, error) {
	now := l.db.clock.Now()
	r, err := l.change(ctx, "end upload", ref,
		"state = ?, blob_name = ?, blob_bytes = ?, lease_ms = ?, progress = '', "+l.longer(now),
		"holder = ? AND state = ?", LinkWorking, name, bytes, ms(now.Add(lease)), holder, LinkReceiving)
	return r.Holder == holder && r.State == int(LinkWorking), err
}

// resultLife is how long what has come of an upload can be looked at, and how long an upload
// under way keeps its link alive.
const resultLife = time.Hour

// longer keeps a link alive while somebody is at it.
func (l *Links) longer(now time.Time) string {
	until := ms(now.Add(resultLife))
	return fmt.Sprintf("expires_ms = CASE WHEN expires_ms < %d THEN %d ELSE expires_ms END", until, until)
}

// Renew keeps an upload, or the work on it, the holder's for another lease and notes how far it
// is; false when it is the holder's no more.
func (l *Links) Renew(ctx context.Context, ref, holder, progress string, lease time.Duration) (bool, error) {
	now := l.db.clock.Now()
	r, err := l.change(ctx, "renew link", ref, "lease_ms = ?, progress = ?, "+l.longer(now), "holder = ? AND state IN ?",
		ms(now.Add(lease)), progress, holder, []LinkState{LinkReceiving, LinkWorking})
	return r.Holder == holder && (r.State == int(LinkReceiving) || r.State == int(LinkWorking)), err
}

// TakeOver takes work over from a program that has not been heard of for the length of its lease.
func (l *Links) TakeOver(ctx context.Context, ref, holder string, lease time.Duration) (bool, error) {
	now := l.db.clock.Now()
	r, err := l.change(ctx, "take over link", ref, "holder = ?, lease_ms = ?", "state = ? AND lease_ms <= ? AND expires_ms > ?",
		holder, ms(now.Add(lease)), LinkWorking, ms(now), ms(now))
	return r.Holder == holder && r.State == int(LinkWorking), err
}

// Release gives up what the holder has begun: the link takes a file again. result is shown with
// it; the blob is the caller's to delete, and is deleted when the link ends if it was not.
func (l *Links) Release(ctx context.Context, ref, holder, result string) error {
	_, err := l.change(ctx, "release link", ref, "state = ?, lease_ms = 0, progress = '', blob_name = '', blob_bytes = 0, result = ?",
		"holder = ? AND state IN ?", LinkOpen, result, holder, []LinkState{LinkReceiving, LinkWorking})
	return err
}

// Finish ends the work with its result, and the key of a file that belongs to it or "". The link
// is used up then; the blob goes as with Release.
func (l *Links) Finish(ctx context.Context, ref, holder, result, resultKey string) (bool, error) {
	r, err := l.change(ctx, "finish link", ref,
		"state = ?, lease_ms = 0, progress = '', blob_name = '', result = ?, result_key = ?, "+l.longer(l.db.clock.Now()),
		"holder = ? AND state = ?", LinkDone, result, resultKey, holder, LinkWorking)
	return r.Holder == holder && r.State == int(LinkDone), err
}

// Fetch begins a download; false when there were FetchMost, or it is not this browser's.
func (l *Links) Fetch(ctx context.Context, ref, browser, holder string) (bool, error) {
	r, err := l.change(ctx, "begin download", ref, "fetches = fetches + 1, holder = ?", "browser = ? AND expires_ms > ? AND fetches < ?",
		holder, l.browser(browser), ms(l.db.clock.Now()), FetchMost)
	return r.Holder == holder, err
}

const (
	linkSweep = 200 // links of one step
)

// SweepLinks has the files of links that have ended deleted, and forgets the links a day later. It says
// how many it came across; call it again while there are any. Replicas may do so at the same
// time: forget must take a key twice.
func (db *DB) SweepLinks(ctx context.Context, forget func(ctx context.Context, blobKey string) error) (int, error) {
	now := db.clock.Now()
	var rows []linkRow
	err := db.r.WithContext(ctx).Where("expires_ms <= ? AND (blob_key <> '' OR result_key <> '' OR result <> '')", ms(now)).Limit(linkSweep).Find(&rows).Error
	if err != nil {
		return 0, fmt.Errorf("find ended links: %w", clean(err))
	}
	for _, r := range rows {
		for _, key := range []string{r.BlobKey, r.ResultKey} {
			if key == "" {
				continue
			}
			if err := forget(ctx, key); err != nil {
				return 0, fmt.Errorf("delete file of a link: %w", err)
			}
		}
		err := db.again(ctx, func(g *gorm.DB) error {
			return g.Exec("UPDATE links SET blob_key = '', blob_name = '', result_key = '', result = '' WHERE ref_hash = ? AND expires_ms <= ? AND blob_key = ? AND result_key = ?",
				r.RefHash, ms(now), r.BlobKey, r.ResultKey).Error
		})
		if err != nil {
			return 0, fmt.Errorf("empty link: %w", err)
		}
	}
	err = db.again(ctx, func(g *gorm.DB) error {
		return g.Exec("DELETE FROM links WHERE expires_ms <= ? AND blob_key = '' AND result_key = ''", ms(now.Add(-civic.RetainLinks))).Error
	})
	if err != nil {
		return 0, fmt.Errorf("forget links: %w", err)
	}
	return len(rows), nil
}

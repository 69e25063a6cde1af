package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"yishi/flows/civic"
)

// linkRow is a one-time link. Neither its reference nor a browser's cookie nor a pairing code
// stands in it, only keyed hashes: who reads the table opens nothing with it.
type linkRow struct {
	RefHash     string `gorm:"primaryKey"`
	Account     string
	CommunityID int64
	Kind        string
	Title       string
	Args        string // JSON or empty
	MadeMS      int64  `gorm:"column:made_ms"`
	ExpiresMS   int64  `gorm:"column:expires_ms"`
	Browser     string // hash of the one that may use it; "" none yet
	PairBrowser string // hash of the one that shows a code
	PairMS      int64  `gorm:"column:pair_ms"` // until the code ends
	Draws       int    // codes shown so far; the code is made of it
	Misses      int    // wrong codes since the last draw
	State       int    // a LinkState
	Holder      string // who receives, works or fetched last; random
	LeaseMS     int64  `gorm:"column:lease_ms"` // until others may take over
	Progress    string
	BlobKey     string // what was sent; "" when it has gone
	BlobName    string
	BlobBytes   int64
	Result      string // for the page, JSON of bot/web; "" none
	ResultKey   string // a file that the page offers; "" none
	Fetches     int    // downloads begun
}

// TableName is the plural noun of the migration.
func (linkRow) TableName() string { return "links" }

// Bounds of links and their codes.
const (
	linkMost  = 24 * time.Hour
	drawMost  = 10 // codes that browsers may be shown for one link
	missMost  = 5  // wrong codes in the chat before all codes of the account are void
	titleMost = 40
)

// refEncoding writes references: 26 of a–z and 2–7, of which nothing is to be escaped in a URL.
var refEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// refBytes of a reference are 128 bits.
const refBytes = 16

// ValidRef says whether a string could be the reference of a link. Whatever comes from outside is
// asked so before it goes anywhere.
func ValidRef(ref string) bool {
	b, err := refEncoding.DecodeString(ref)
	return err == nil && len(b) == refBytes && refEncoding.EncodeToString(b) == ref
}

// mac is a keyed hash of the parts for one purpose.
func (db *DB) mac(purpose string, parts ...string) []byte {
	m := hmac.New(sha256.New, db.key)
	m.Write([]byte(purpose))
	for _, p := range parts {
		m.Write(binary.BigEndian.AppendUint64([]byte{0}, uint64(len(p))))
		m.Write([]byte(p))
	}
	return m.Sum(nil)
}

func (db *DB) macText(purpose string, parts ...string) string {
	return base64.RawURLEncoding.EncodeToString(db.mac(purpose, parts...))
}

// linkRef is the reference of the link that a turn has made. It is made of the turn's key, so
// that a repeat of the turn, years later or on another replica, tells the same one although no
// table holds it; and of the store's key, so that runs in the table do not betray it.
func (db *DB) linkRef(run string, n int, kind string) string {
	return refEncoding.EncodeToString(db.mac("link", run, strconv.Itoa(n), kind)[:refBytes])
}

// reveal puts the reference into a receipt, which is stored with the link's kind in its place.
func (db *DB) reveal(run string, n int, r civic.Receipt) civic.Receipt {
	if r.Link != "" {
		r.Link = db.linkRef(run, n, r.Link)
	}
	return r
}

// pairCode is what a browser shows. It is worked out again from the row whenever it is asked for.
func (db *DB) pairCode(r *linkRow) string {
	of := binary.BigEndian.Uint64(db.mac("pair", r.RefHash, r.PairBrowser, strconv.Itoa(r.Draws)))
	return fmt.Sprintf("%06d", of%1_000_000)
}

func (t *turn) planLink(db *DB, e civic.MakeLink) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	life := e.For
	if life == 0 {
		life = civic.LinkLife
	}
	switch {
	case !linkKind(e.Kind):
		return errors.New("make link: kind is not 1 to 40 lower-case letters and hyphens")
	case e.Title == "" || utf8.RuneCountInString(e.Title) > titleMost || !utf8.ValidString(e.Title):
		return errors.New("make link: title is not 1 to 40 characters")
	case len(e.Args) > argsMost || len(e.Args) > 0 && !json.Valid(e.Args):
		return errors.New("make link: arguments are not JSON of at most 16 KiB")
	case life < 0 || life > linkMost:
		return errors.New("make link: lives longer than a day")
	case t.plan.link:
		return errors.New("make link: one turn makes one")
	}
	t.plan.link = true
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, t *turn) error {
		ref := db.linkRef(t.job.c.Run, t.job.c.N, e.Kind)
		err := b.tx.Create(&linkRow{
			RefHash: db.macText("ref", ref), Account: string(e.Account), CommunityID: int64(e.Community), Kind: e.Kind,
			Title: e.Title, Args: string(e.Args), MadeMS: ms(b.now), ExpiresMS: ms(b.now.Add(life)),
		}).Error
		if err != nil {
			return fmt.Errorf("make link: %w", clean(err))
		}
		t.receipt.Link = e.Kind
		return nil
	}})
	return nil
}

func linkKind(s string) bool {
	for i := range len(s) {
		if (s[i] < 'a' || s[i] > 'z') && s[i] != '-' {
			return false
		}
	}
	return s != "" && len(s) <= kindMost
}

// codeGone is the refusal of a code that was right a moment ago.
const codeGone = "这个数字已经失效了，没有打开。请在电脑的页面上点“换一个数字”，再发一次。"

func (t *turn) planOpen(db *DB, e civic.OpenLink) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, _ *turn) error {
		r, found, err := b.paired(db, e.Account, e.Code)
		if err != nil {
			return err
		}
		if !found {
			return refuse(codeGone)
		}
		err = b.tx.Exec("UPDATE links SET browser = pair_browser, pair_ms = 0 WHERE ref_hash = ?", r.RefHash).Error
		if err != nil {
			return fmt.Errorf("open link: %w", clean(err))
		}
		return nil
	}})
	return nil
}

func (t *turn) planShut(db *DB, e civic.ShutLink) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, _ *turn) error {
		r, found, err := b.paired(db, e.Account, e.Code)
		if err != nil || !found {
			return err
		}
		if err := b.tx.Exec("UPDATE links SET pair_ms = 0 WHERE ref_hash = ?", r.RefHash).Error; err != nil {
			return fmt.Errorf("shut link: %w", clean(err))
		}
		return nil
	}})
	return nil
}

func (t *turn) planMiss(e civic.MissLink) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{0, func(b *batch, _ *turn) error {
		err := b.tx.Exec("UPDATE links SET misses = misses + 1 WHERE account = ? AND pair_ms > ?", string(e.Account), ms(b.now)).Error
		if err == nil {
			err = b.tx.Exec("UPDATE links SET pair_ms = 0 WHERE account = ? AND pair_ms > ? AND misses >= ?",
				string(e.Account), ms(b.now), missMost).Error
		}
		if err != nil {
			return fmt.Errorf("count wrong code: %w", clean(err))
		}
		return nil
	}})
	return nil
}

// paired finds the account's link whose browser shows the code now, and locks it.
func (b *batch) paired(db *DB, a civic.Account, code string) (linkRow, bool, error) {
	var rows []linkRow
	err := b.tx.Raw("SELECT * FROM links WHERE account = ? AND pair_ms > ? AND expires_ms > ? AND browser = ''"+db.dia.forUpdate(),
		string(a), ms(b.now), ms(b.now)).Scan(&rows).Error
	if err != nil {
		return linkRow{}, false, fmt.Errorf("find link by its code: %w", clean(err))
	}
	r, found := db.showing(rows, code)
	return r, found, nil
}

// showing picks the row whose code it is; two with the same code are none.
func (db *DB) showing(rows []linkRow, code string) (found linkRow, ok bool) {
	for i := range rows {
		if !hmac.Equal([]byte(db.pairCode(&rows[i])), []byte(code)) {
			continue
		}
		if ok {
			return linkRow{}, false
		}
		found, ok = rows[i], true
	}
	return found, ok
}

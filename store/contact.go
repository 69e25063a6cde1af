package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"yishi/flows/civic"
)

// The kinds of contact that Contact knows.
const (
	ContactMessage  = "message"
	ContactClick    = "click"
	ContactScan     = "scan"
	ContactFollow   = "follow"
	ContactUnfollow = "unfollow"
)

// Bounds of what is noted in memory while the database is away, and of one statement.
const (
	contactsMost  = 100_000
	contactsBatch = 256
)

// contacts are accounts that were in touch since the last flush.
type contacts struct {
	flush sync.Mutex // held while rows are taken and written
	mu    sync.Mutex
	noted map[civic.Account]accountRow
	order []civic.Account // as noted; the oldest are dropped first
}

// Contact notes that an account was in touch at the given time; kind is one of the Contact
// constants, others count as events. It only notes in memory: rows follow within a second or
// so, and a crash loses that second. It is a hint for windows and counts, never a truth.
func (db *DB) Contact(a civic.Account, kind string, when time.Time) {
	if a == "" || !token(string(a), 64) {
		return
	}
	n := accountRow{Openid: string(a), FirstMS: ms(when)}
	switch kind {
	case ContactMessage:
		n.LastMessageMS = ms(when)
	case ContactUnfollow:
		n.UnfollowedMS = ms(when)
	default:
		n.LastEventMS = ms(when)
	}
	db.contacts.note(n)
}

// note merges n into what is known of its account.
func (c *contacts) note(n accountRow) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.noted == nil {
		c.noted = map[civic.Account]accountRow{}
	}
	a := civic.Account(n.Openid)
	have, ok := c.noted[a]
	if !ok {
		if len(c.order) >= contactsMost {
			delete(c.noted, c.order[0])
			c.order = c.order[1:]
		}
		c.order = append(c.order, a)
		c.noted[a] = n
		return
	}
	have.FirstMS = min(have.FirstMS, n.FirstMS)
	have.LastMessageMS = max(have.LastMessageMS, n.LastMessageMS)
	have.LastEventMS = max(have.LastEventMS, n.LastEventMS)
	have.UnfollowedMS = max(have.UnfollowedMS, n.UnfollowedMS)
	c.noted[a] = have
}

// drop forgets what is noted of an account.
func (c *contacts) drop(a civic.Account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.noted[a]; ok {
		delete(c.noted, a)
		c.order = slices.DeleteFunc(c.order, func(o civic.Account) bool { return o == a })
	}
}

func (c *contacts) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.order)
}

// take removes up to n of the oldest.
func (c *contacts) take(n int) []accountRow {
	c.mu.Lock()
	defer c.mu.Unlock()
	n = min(n, len(c.order))
	rows := make([]accountRow, 0, n)
	for _, a := range c.order[:n] {
		rows = append(rows, c.noted[a])
		delete(c.noted, a)
	}
	c.order = slices.Clone(c.order[n:])
	return rows
}

// FlushContacts writes all that is noted by the time it is called, as happens by itself each
// second. What could not be written is noted again; writing
// it twice changes nothing, as each column keeps its latest.
func (db *DB) FlushContacts(ctx context.Context) error {
	db.contacts.flush.Lock()
	defer db.contacts.flush.Unlock()
	for {
		rows := db.contacts.take(contactsBatch)
		if len(rows) == 0 {
			return nil
		}
		if err := db.upsertContacts(ctx, rows); err != nil {
			for _, r := range rows {
				db.contacts.note(r)
			}
			return err
		}
	}
}

func (db *DB) upsertContacts(ctx context.Context, rows []accountRow) error {
	rows, err := db.notForgotten(ctx, rows)
	if err != nil || len(rows) == 0 {
		return err
	}
	slices.SortFunc(rows, func(x, y accountRow) int { return cmp.Compare(x.Openid, y.Openid) })
	args := make([]any, 0, 9*len(rows))
	for _, r := range rows {
		r.Following = max(r.LastMessageMS, r.LastEventMS) >= r.UnfollowedMS
		args = append(args, r.args()...)
	}
	d := db.dia
	later := func(column string) string { return d.later("accounts", column) }
	touched := fmt.Sprintf("%s(%s, %s)", d.max, later("last_message_ms"), later("last_event_ms"))
	marks := tuples(len(rows), 9)
	err = db.w.WithContext(ctx).Exec("INSERT INTO accounts "+accountColumns+" VALUES "+marks+d.conflict("openid")+
		"following = CASE WHEN "+touched+" >= "+later("unfollowed_ms")+" THEN 1 ELSE 0 END"+
		", sent_in_window = CASE WHEN "+d.opened()+" THEN 0 ELSE accounts.sent_in_window END"+
		", last_message_ms = "+later("last_message_ms")+", last_event_ms = "+later("last_event_ms")+
		", unfollowed_ms = "+later("unfollowed_ms"), args...).Error
	if err != nil {
		return fmt.Errorf("note contacts: %w", clean(err))
	}
	if err := db.restoreFormer(ctx, rows); err != nil {
		return fmt.Errorf("restore identities: %w", clean(err))
	}
	return nil
}

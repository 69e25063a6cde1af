// Package chat takes one turn: it loads the conversation, lets the dialogue decide, has effects
// committed, saves the conversation by compare-and-swap and answers. Sending the same message
// again gives the same answer and does nothing more.
package chat

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"yishi/bot/wechat"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/store"
	"yishi/store/session"
)

const (
	sessionLife = civic.RetainDrafts // longer than the longest draft
	maxTries    = 60                 // compare-and-swap conflicts of one message
	maxSteps    = 8                  // commits and closings of one message
	maxSure     = 3                  // tries to learn how a commit ended
	lastCall    = 400 * time.Millisecond
)

// Ledger is the truth that turns commit to. *store.DB is one.
type Ledger interface {
	Commit(ctx context.Context, c store.Commit) (civic.Receipt, error)
	CloseRun(ctx context.Context, run string, n int, a civic.Account) (civic.Receipt, error)
	Seen(ctx context.Context, key string) (receipt civic.Receipt, run string, n int, found bool, err error)
	Contact(a civic.Account, kind string, at time.Time)
}

// Options are the parts of a Chat. All but Observe are needed.
type Options struct {
	Engine   *dialog.Engine[flows.World]
	World    flows.World
	Sessions session.Store
	Ledger   Ledger
	Now      func() time.Time
	Location *time.Location // in which people speak
	Key      []byte         // keys the hashes of accounts and messages
	Log      *slog.Logger
	Observe  func(Event) // told of every turn; nil: nobody
}

// Event is what a turn came to, for metrics and logs. It names nobody.
type Event struct {
	Flow, Step string
	Word       string // asked again done lost command refused stale offer newer more; busy unsure fault; repeated
	Effects    int
	Took       time.Duration
	Conflicts  int
}

// Chat takes turns. It is safe for many at once; those of one account are kept apart by the
// revision of their session.
type Chat struct {
	o      Options
	group  singleflight.Group
	order  order
	hashes sync.Pool // of hash.Hash keyed with o.Key
}

// New returns a Chat.
func New(o Options) *Chat { return &Chat{o: o} }

// Turn implements wechat.Turner.
func (c *Chat) Turn(ctx context.Context, m *wechat.Message) wechat.Answer {
	if kind := contactKind(m); kind != "" {
		c.o.Ledger.Contact(civic.Account(m.Account), kind, c.o.Now())
	}
	in, ok := wechat.ToInput(m)
	if !ok {
		return wechat.Answer{}
	}
	key := c.hash("message", m.Key())
	v, _, _ := c.group.Do(key, func() (any, error) { return c.take(ctx, m.Account, key, in), nil })
	a, _ := v.(wechat.Answer) // take returns nothing else
	return a
}

// contactKind names a message as the platform's windows tell them apart; "" is an event that the
// person had no hand in, such as a receipt.
func contactKind(m *wechat.Message) string {
	if m.Type != "event" {
		return store.ContactMessage
	}
	switch m.Event {
	case "subscribe":
		return store.ContactFollow
	case "unsubscribe":
		return store.ContactUnfollow
	case "SCAN":
		return store.ContactScan
	case "CLICK", "scancode_push", "scancode_waitmsg":
		return store.ContactClick
	}
	return ""
}

// take runs the turn of one message, alone among its copies in this process.
func (c *Chat) take(ctx context.Context, account, key string, in dialog.Input) (a wechat.Answer) {
	start := c.o.Now()
	ev := Event{Word: "fault"}
	defer func() {
		if p := recover(); p != nil {
			c.o.Log.Error("turn panicked", "panic", fmt.Sprintf("%T", p), "resident", c.name(account), "stack", stack())
			a = c.answer(flows.Sorry)
		}
		ev.Took = c.o.Now().Sub(start)
		c.report(account, ev)
	}()
	t := &taking{c: c, account: account, key: key, in: in, ev: &ev}
	leave, ok := c.order.enter(ctx, account)
	if !ok {
		ev.Word = "busy"
		return c.answer(flows.Busy)
	}
	defer leave()
	for try := range maxTries {
		text, at, err := t.try(ctx)
		switch {
		case errors.Is(err, errConflict):
			ev.Conflicts++
			if !pause(ctx, try) {
				return c.answer(t.excuse(err))
			}
			continue
		case err != nil:
			return c.answer(t.excuse(err))
		}
		return wechat.Answer{Text: text, At: at}
	}
	ev.Word = "busy"
	return c.answer(flows.Busy)
}

func (c *Chat) answer(text string) wechat.Answer {
	return wechat.Answer{Text: text, At: c.o.Now().Unix()}
}

// report logs and counts a turn. Nothing in it tells who wrote or what.
func (c *Chat) report(account string, ev Event) {
	if c.o.Observe != nil {
		c.o.Observe(ev)
	}
	if !c.o.Log.Enabled(context.Background(), slog.LevelInfo) {
		return
	}
	c.o.Log.LogAttrs(context.Background(), slog.LevelInfo, "turn", slog.String("flow", ev.Flow), slog.String("step", ev.Step),
		slog.String("outcome", ev.Word), slog.Int("effects", ev.Effects), slog.Int64("ms", ev.Took.Milliseconds()),
		slog.Int("conflicts", ev.Conflicts), slog.String("resident", c.name(account)))
}

// name is how logs call an account: short, keyed, not to be turned back.
func (c *Chat) name(account string) string { return c.hash("account", account)[:10] }

func (c *Chat) hash(of, s string) string {
	h, ok := c.hashes.Get().(hash.Hash)
	if !ok {
		h = hmac.New(sha256.New, c.o.Key)
	}
	defer c.hashes.Put(h)
	h.Reset()
	b := make([]byte, 0, 192)
	_, _ = h.Write(append(append(append(b, of...), 0), s...)) // never fails
	return base64.RawURLEncoding.EncodeToString(h.Sum(b)[:16])
}

// errConflict says that another message of the account was faster.
var errConflict = errors.New("session changed meanwhile")

// decode reads what Load found. A broken value is dropped: drafts may go, nobody gets stuck.
func (c *Chat) decode(v session.Value) (session.Memory, dialog.Session, error) {
	var s dialog.Session
	if !v.Known {
		return session.Memory{}, s, nil
	}
	mem, err := session.Decode(v.Data)
	if errors.Is(err, session.ErrNewer) {
		return mem, s, err
	}
	if err == nil && len(mem.Session) > 0 {
		err = json.Unmarshal(mem.Session, &s)
	}
	if err != nil {
		c.o.Log.Error("session dropped", "error", "cannot be decoded")
		return session.Memory{}, dialog.Session{}, nil
	}
	return mem, s, nil
}

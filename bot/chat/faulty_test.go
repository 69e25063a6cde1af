package chat_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"yishi/bot/chat"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/session"
)

// mood is what goes wrong with a store.
type mood int32

const (
	fine       mood = iota
	down            // it does not answer, nothing is done
	lostBefore      // writing is not done, and nobody knows
	lostAfter       // writing is done, and nobody knows
	moods
)

var errLost = errors.New("connection lost")

// moody is the switch of a store. It says how many more writes fail that way.
type moody struct {
	mood atomic.Int32
}

func (m *moody) set(to mood)    { m.mood.Store(int32(to)) }
func (m *moody) is(x mood) bool { return mood(m.mood.Load()) == x }

// faultySessions is a session store that fails as its mood says.
type faultySessions struct {
	session.Store
	moody
}

func (s *faultySessions) Load(ctx context.Context, account string) (session.Value, error) {
	if s.is(down) {
		return session.Value{}, errLost
	}
	return s.Store.Load(ctx, account)
}

func (s *faultySessions) Save(ctx context.Context, account string, rev uint64, data []byte, read int, until time.Time) (bool, error) {
	if s.is(down) || s.is(lostBefore) {
		return false, errLost
	}
	ok, err := s.Store.Save(ctx, account, rev, data, read, until)
	if s.is(lostAfter) {
		return false, errLost
	}
	return ok, err
}

// faultyLedger is a ledger that fails as its mood says, and notes what was raised.
type faultyLedger struct {
	chat.Ledger
	moody
	raised func(civic.RaiseNeed, civic.Receipt)
}

func (l *faultyLedger) Commit(ctx context.Context, c store.Commit) (civic.Receipt, error) {
	return l.write(func() (civic.Receipt, error) {
		r, err := l.Ledger.Commit(ctx, c)
		if err == nil {
			for _, e := range c.Effects {
				if n, ok := e.(civic.RaiseNeed); ok && r.Final && !r.Backed { // else an earlier turn of the run held its place
					l.raised(n, r)
				}
			}
		}
		return r, err
	})
}

func (l *faultyLedger) CloseRun(ctx context.Context, run string, n int, a civic.Account) (civic.Receipt, error) {
	return l.write(func() (civic.Receipt, error) { return l.Ledger.CloseRun(ctx, run, n, a) })
}

func (l *faultyLedger) write(do func() (civic.Receipt, error)) (civic.Receipt, error) {
	switch {
	case l.is(down):
		return civic.Receipt{}, fmt.Errorf("%w: %w", store.ErrBusy, errLost)
	case l.is(lostBefore):
		return civic.Receipt{}, fmt.Errorf("%w: %w", store.ErrUnsure, errLost)
	}
	r, err := do()
	if l.is(lostAfter) {
		return civic.Receipt{}, fmt.Errorf("%w: %w", store.ErrUnsure, errLost)
	}
	return r, err
}

func (l *faultyLedger) Seen(ctx context.Context, key string) (civic.Receipt, string, int, bool, error) {
	if l.is(down) {
		return civic.Receipt{}, "", 0, false, errLost
	}
	return l.Ledger.Seen(ctx, key)
}

// faultyLookups are look-ups in a world that fail while l is down.
type faultyLookups struct {
	w flows.World
	l *faultyLedger
}

func (f *faultyLookups) err() error {
	if f.l.is(down) {
		return errLost
	}
	return nil
}

func (f *faultyLookups) Community(ctx context.Context, id civic.CommunityID) (civic.Community, bool, error) {
	if err := f.err(); err != nil {
		return civic.Community{}, false, err
	}
	return f.w.Communities.Community(ctx, id)
}

func (f *faultyLookups) Communities(ctx context.Context) ([]civic.Community, error) {
	if err := f.err(); err != nil {
		return nil, err
	}
	return f.w.Communities.Communities(ctx)
}

func (f *faultyLookups) Scene(ctx context.Context, scene string) (civic.CommunityID, int64, bool, error) {
	if err := f.err(); err != nil {
		return 0, 0, false, err
	}
	return f.w.Communities.Scene(ctx, scene)
}

func (f *faultyLookups) EstateIn(ctx context.Context, c civic.CommunityID) (civic.Estate, bool, error) {
	if err := f.err(); err != nil {
		return civic.Estate{}, false, err
	}
	return f.w.Communities.EstateIn(ctx, c)
}

func (f *faultyLookups) EstatesNamed(ctx context.Context, name string, limit int) ([]civic.Estate, error) {
	if err := f.err(); err != nil {
		return nil, err
	}
	return f.w.Communities.EstatesNamed(ctx, name, limit)
}

func (f *faultyLookups) Follower(ctx context.Context, a civic.Account) (civic.Follower, bool, error) {
	if err := f.err(); err != nil {
		return civic.Follower{}, false, err
	}
	return f.w.Followers.Follower(ctx, a)
}

func (f *faultyLookups) Like(ctx context.Context, a civic.Account, c civic.CommunityID, text string, limit int) ([]civic.LikeNeed, error) {
	if err := f.err(); err != nil {
		return nil, err
	}
	return f.w.Needs.Like(ctx, a, c, text, limit)
}

func (f *faultyLookups) Mine(ctx context.Context, a civic.Account, offset, limit int) ([]civic.Need, int, error) {
	if err := f.err(); err != nil {
		return nil, 0, err
	}
	return f.w.Needs.Mine(ctx, a, offset, limit)
}

func (f *faultyLookups) ByNumber(ctx context.Context, c civic.CommunityID, year, seq int) (civic.Need, bool, error) {
	if err := f.err(); err != nil {
		return civic.Need{}, false, err
	}
	return f.w.Needs.ByNumber(ctx, c, year, seq)
}

func (f *faultyLookups) Inbox(ctx context.Context, a civic.Account, offset, limit int) ([]civic.InboxItem, int, int, error) {
	if err := f.err(); err != nil {
		return nil, 0, 0, err
	}
	return f.w.Inbox.Inbox(ctx, a, offset, limit)
}

func (f *faultyLookups) InboxItem(ctx context.Context, a civic.Account, id int64) (civic.InboxItem, bool, error) {
	if err := f.err(); err != nil {
		return civic.InboxItem{}, false, err
	}
	return f.w.Inbox.InboxItem(ctx, a, id)
}

func (f *faultyLookups) Unread(ctx context.Context, a civic.Account, limit int) ([]civic.InboxItem, int, error) {
	if err := f.err(); err != nil {
		return nil, 0, err
	}
	return f.w.Inbox.Unread(ctx, a, limit)
}

func (f *faultyLookups) Preferences(ctx context.Context, a civic.Account) ([]civic.Topic, error) {
	if err := f.err(); err != nil {
		return nil, err
	}
	return f.w.Preferences.Preferences(ctx, a)
}

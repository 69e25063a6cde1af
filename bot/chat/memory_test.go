package chat_test

import (
	"bytes"
	"context"
	"sync"
	"time"

	"yishi/store/session"
)

// memory is a session store in a map, for tests of many turns.
type memory struct {
	mu   sync.Mutex
	now  func() time.Time
	all  map[string]kept
	last uint64 // revisions rise across accounts
}

type kept struct {
	session.Value
	until time.Time
}

var _ session.Store = (*memory)(nil)

func newMemory(now func() time.Time) *memory { return &memory{now: now, all: map[string]kept{}} }

func (m *memory) Load(_ context.Context, account string) (session.Value, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at(account), nil
}

// at is the account's value, none if it has expired.
func (m *memory) at(account string) session.Value {
	if k := m.all[account]; k.until.After(m.now()) {
		return k.Value
	}
	return session.Value{}
}

func (m *memory) Save(_ context.Context, account string, rev uint64, data []byte, read int, until time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v := m.at(account)
	if v.Rev != rev {
		return false, nil
	}
	m.last++
	if v.Mail == read {
		v.Mail = 0
	}
	m.all[account] = kept{Value: session.Value{Known: true, Rev: m.last, Mail: v.Mail, Data: bytes.Clone(data)}, until: until}
	return true, nil
}

func (m *memory) MarkMail(_ context.Context, account string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v := m.at(account); v.Known {
		k := m.all[account]
		k.Mail = k.Mail%15 + 1
		m.all[account] = k
	}
	return nil
}

func (m *memory) Ping(context.Context) error { return nil }

// drop forgets an account, or all of them for "".
func (m *memory) drop(account string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if account == "" {
		clear(m.all)
		return
	}
	delete(m.all, account)
}

package wechat

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

// patient is a store for which no call is too late: on a busy machine Redis may take longer than a
// client waits, and then each asks for itself, as it should.
type patient struct{ TokenStore }

func (p patient) Load(ctx context.Context, appID string) (Token, error) {
	return p.TokenStore.Load(context.WithoutCancel(ctx), appID)
}

func (p patient) Save(ctx context.Context, appID string, t Token, ttl time.Duration) error {
	return p.TokenStore.Save(context.WithoutCancel(ctx), appID, t, ttl)
}

func (p patient) Drop(ctx context.Context, appID, value string) error {
	return p.TokenStore.Drop(context.WithoutCancel(ctx), appID, value)
}

func TestExpiredTokenIsRefreshedOnceByTheFleet(t *testing.T) {
	f := newFakeAPI(t)
	store, m := redisTokensFor(t)
	replicas := []*Client{f.client(patient{store}), f.client(patient{store})}
	for _, c := range replicas {
		if _, err := c.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	f.mu.Lock()
	f.token = "tok-2-secret"
	f.mu.Unlock()
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			if err := replicas[i%2].SendText(t.Context(), testOpenID, "hi"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if f.asked() != 2 {
		t.Errorf("%d tokens: want the first and one more for 200 callers", f.asked())
	}
	if keys := m.Keys(); len(keys) != 1 {
		t.Errorf("left behind: %v", keys)
	}
}

func TestColdFleetAsksOnce(t *testing.T) {
	f := newFakeAPI(t)
	store, _ := redisTokensFor(t)
	var wg sync.WaitGroup
	for range 8 {
		c := f.client(patient{store})
		wg.Go(func() {
			if err := c.SendText(t.Context(), testOpenID, "hi"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if f.asked() != 1 {
		t.Errorf("%d tokens for 8 cold replicas", f.asked())
	}
}

func TestDeadReplicaDoesNotKeepTheTokenFromOthers(t *testing.T) {
	f := newFakeAPI(t)
	store, m := redisTokensFor(t)
	if _, err := store.Load(t.Context(), testAppID); !errors.Is(err, ErrNoToken) || errors.Is(err, ErrTokenComing) {
		t.Fatalf("the first is to ask: %v", err)
	}
	if _, err := store.Load(t.Context(), testAppID); !errors.Is(err, ErrTokenComing) {
		t.Fatalf("the second is to wait: %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- f.client(store).SendText(context.WithoutCancel(t.Context()), testOpenID, "hi") }()
	m.FastForward(claimTime)
	select {
	case err := <-done:
		if err != nil || f.asked() != 1 {
			t.Errorf("%d tokens, %v", f.asked(), err)
		}
	case <-time.After(2 * claimTime):
		t.Error("still waiting")
	}
}

func TestFailedFetchLetsTheNextOneAsk(t *testing.T) {
	f := newFakeAPI(t)
	store, m := redisTokensFor(t)
	cfg := testConfig(ModeSafe)
	cfg.API, cfg.Secret = f.URL, "wrong"
	_, err := NewClient(cfg, store, func() time.Time { return testNow }, nil).Token(t.Context())
	if Classify(err).Class != Fatal || len(m.Keys()) != 0 {
		t.Errorf("%v, left behind %v", err, m.Keys())
	}
	if err := f.client(store).SendText(t.Context(), testOpenID, "hi"); err != nil {
		t.Error(err)
	}
}

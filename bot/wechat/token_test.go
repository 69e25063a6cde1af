package wechat

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"yishi/store/session/sessiontest"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

func redisTokensFor(t *testing.T) (TokenStore, *miniredis.Miniredis) {
	t.Helper()
	m := miniredis.RunT(t)
	c := redis.NewClient(&redis.Options{
		Addr: m.Addr(), MaxRetries: -1, ContextTimeoutEnabled: true,
	})
	t.Cleanup(func() { _ = c.Close() })
	return NewRedisTokens(c, "yishi:token:"), m
}

func TestTokenIsFetchedOnce(t *testing.T) {
	f := newFakeAPI(t)
	c := f.client(nil)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if tok, err := c.Token(t.Context()); err != nil || tok != f.token {
				t.Errorf("got %q, %v", tok, err)
			}
		})
	}
	wg.Wait()
	if f.asked() != 1 {
		t.Errorf("%d fetches for 32 callers", f.asked())
	}
}

func TestTokenIsSharedByReplicas(t *testing.T) {
	f := newFakeAPI(t)
	store, m := redisTokensFor(t)
	for range 4 {
		if err := f.client(store).SendText(t.Context(), testOpenID, "hi"); err != nil {
			t.Fatal(err)
		}
	}
	if f.asked() != 1 {
		t.Errorf("%d fetches for 4 replicas", f.asked())
	}
	if ttl := m.TTL("yishi:token:{" + testAppID + "}"); ttl != 6900*time.Second {
		t.Errorf("kept for %v", ttl)
	}
}

func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	f := newFakeAPI(t)
	store, _ := redisTokensFor(t)
	replicas := []*Client{f.client(store), f.client(store), f.client(store)}
	for _, c := range replicas {
		if _, err := c.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	f.token = "tok-2-secret"
	for _, c := range replicas {
		if err := c.SendText(t.Context(), testOpenID, "hi"); err != nil {
			t.Error(err)
		}
	}
	if f.asked() != 2 || len(f.sent()) != 6 {
		t.Errorf("%d fetches and %d calls; want 2 and 6: the others take the new token from the store", f.asked(), len(f.sent()))
	}
}

func TestTokenRefusedForEver(t *testing.T) {
	f := newFakeAPI(t)
	f.answer = func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, `{"errcode":42001,"errmsg":"expired"}`) }
	err := f.client(nil).SendText(t.Context(), testOpenID, "hi")
	var e *Error
	if !errors.As(err, &e) || !e.TokenExpired() || f.asked() != 2 || len(f.sent()) != 2 {
		t.Errorf("got %v after %d fetches and %d calls", err, f.asked(), len(f.sent()))
	}
}

func TestRefusalIsNotAskedForAgainAtOnce(t *testing.T) {
	f := newFakeAPI(t)
	cfg := testConfig(ModeSafe)
	cfg.API, cfg.Secret = f.URL, "wrong-secret"
	now := testNow
	c := NewClient(cfg, nil, func() time.Time { return now }, nil)
	for range 5 {
		var e *Error
		if _, err := c.Token(t.Context()); !errors.As(err, &e) || e.Code != 40125 || e.RID != "1-2" {
			t.Errorf("got %v", err)
		}
	}
	now = now.Add(refusedFor)
	_, _ = c.Token(t.Context())
	if f.asked() != 2 {
		t.Errorf("%d fetches, want one and one more after a while", f.asked())
	}
}

func TestTokenWithoutItsStore(t *testing.T) {
	f := newFakeAPI(t)
	store, m := redisTokensFor(t)
	m.Close()
	c := f.client(store)
	for range 3 {
		if err := c.SendText(t.Context(), testOpenID, "hi"); err != nil {
			t.Error(err)
		}
	}
	if f.asked() != 1 {
		t.Errorf("%d fetches while the store was down", f.asked())
	}
}

func TestTokenExpiresByTheClock(t *testing.T) {
	f := newFakeAPI(t)
	store, _ := redisTokensFor(t)
	cfg := testConfig(ModeSafe)
	cfg.API = f.URL
	now := testNow
	c := NewClient(cfg, store, func() time.Time { return now }, nil)
	for _, step := range []struct {
		after   time.Duration
		fetches int
	}{{0, 1}, {6899 * time.Second, 1}, {time.Second, 2}, {time.Hour, 2}} {
		now = now.Add(step.after)
		if _, err := c.Token(t.Context()); err != nil || f.asked() != step.fetches {
			t.Errorf("after %v: %d fetches, %v", step.after, f.asked(), err)
		}
	}
}

func TestTokenLife(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   int64
		want time.Duration
	}{
		{"normal", 7200, 6900 * time.Second},
		{"shortest that the platform gives", 300, time.Minute},
		{"very short", 20, 10 * time.Second},
		{"none", 0, 0},
		{"negative", -5, 0},
		{"absurd", 1 << 62, 7*24*time.Hour - tokenMargin},
	} {
		if got := tokenLife(tt.in); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestTokenWithoutLifeIsNotKept(t *testing.T) {
	f := newFakeAPI(t)
	f.expires = 0
	store, m := redisTokensFor(t)
	if err := f.client(store).SendText(t.Context(), testOpenID, "hi"); err != nil {
		t.Fatal(err)
	}
	if len(m.Keys()) != 0 {
		t.Errorf("kept %v", m.Keys())
	}
	if err := store.Save(t.Context(), "a", Token{Value: "x", Until: testNow}, 0); err != nil || len(m.Keys()) != 0 {
		t.Errorf("a token without life is kept for ever: %v", err)
	}
}

func TestLongTokenIsKeptWhole(t *testing.T) {
	f := newFakeAPI(t)
	f.token = strings.Repeat("T", 512)
	store, _ := redisTokensFor(t)
	for range 2 {
		if tok, err := f.client(store).Token(t.Context()); err != nil || tok != f.token {
			t.Errorf("%d characters, %v", len(tok), err)
		}
	}
}

func TestRedisTokens(t *testing.T) {
	t.Run("in process", func(t *testing.T) {
		c := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
		t.Cleanup(func() { _ = c.Close() })
		checkRedisTokens(t, c)
	})
	t.Run("real", func(t *testing.T) { checkRedisTokens(t, sessiontest.Redis(t)) })
}

func checkRedisTokens(t *testing.T, c redis.UniversalClient) {
	ctx := t.Context()
	prefix := "yishi-test:" + rand.Text() + ":"
	key := prefix + "{app}"
	t.Cleanup(func() { c.Del(context.WithoutCancel(ctx), key) })
	store := NewRedisTokens(c, prefix)
	if _, err := store.Load(ctx, "app"); !errors.Is(err, ErrNoToken) {
		t.Errorf("nothing stored: %v", err)
	}
	want := Token{Value: "a b%c", Until: time.Unix(4102444800, 0)}
	if err := store.Save(ctx, "app", want, time.Minute); err != nil {
		t.Fatal(err)
	}
	if got, err := store.Load(ctx, "app"); err != nil || got.Value != want.Value || !got.Until.Equal(want.Until) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, value := range []string{"a", "b%c", " a b%c", "", "4102444800 a b%c"} {
		if err := store.Drop(ctx, "app", value); err != nil {
			t.Error(err)
		}
		if _, err := store.Load(ctx, "app"); err != nil {
			t.Fatalf("dropped by %q", value)
		}
	}
	if err := store.Drop(ctx, "app", want.Value); err != nil {
		t.Error(err)
	}
	if _, err := store.Load(ctx, "app"); !errors.Is(err, ErrNoToken) {
		t.Errorf("not dropped: %v", err)
	}
	if err := c.Set(ctx, key, "junk", time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Load(ctx, "app"); !errors.Is(err, ErrNoToken) {
		t.Errorf("junk: %v", err)
	}
}

func TestImpatientCallerDoesNotSpoilTheFetch(t *testing.T) {
	f := newFakeAPI(t)
	c := f.client(nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Token(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := c.Token(t.Context()); err != nil {
		t.Errorf("the patient one got %v", err)
	}
	if f.asked() != 1 {
		t.Errorf("%d fetches", f.asked())
	}
}

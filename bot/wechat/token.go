package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/silenceper/wechat/v2/credential"
	"golang.org/x/sync/singleflight"
)

// Token is an access token and the end of its use, a little before it expires.
type Token struct {
	Value string
	Until time.Time
}

// TokenStore shares the access token among replicas. Its failures cost calls, never answers:
// every replica also keeps the token in memory, and the platform gives all of them the same one.
type TokenStore interface {
	// Load returns the token of an account; ErrNoToken if there is none, and ErrTokenComing, which
	// is one as well, if another replica has been sent to fetch it.
	Load(ctx context.Context, appID string) (Token, error)
	// Save keeps t. A ttl of zero keeps nothing and says that no token came.
	Save(ctx context.Context, appID string, t Token, ttl time.Duration) error
	// Drop forgets the token if it still is value.
	Drop(ctx context.Context, appID, value string) error
}

// What a TokenStore without a token says.
var (
	ErrNoToken     = errors.New("no access token stored")
	ErrTokenComing = fmt.Errorf("%w: another replica asks for it", ErrNoToken)
)

const (
	storeTime   = 250 * time.Millisecond // for one call of the store
	tokenMargin = 300 * time.Second      // the platform renews in the last five minutes, both are valid then
	refusedFor  = 10 * time.Second       // a refusal is not asked for again sooner
	claimTime   = 2 * time.Second        // for which others wait for the one that asks
	lookEvery   = 25 * time.Millisecond  // and look for its token
)

// tokens finds the access token: memory, then the store, then the platform.
type tokens struct {
	client *Client
	store  TokenStore // may be nil
	flight singleflight.Group

	mu      sync.Mutex
	token   Token
	dead    string // refused by the platform; never taken from the store again
	refused error  // the platform's last refusal to give a token
	retryAt time.Time
	same    string // the platform gave it again after having refused it
	sameTil time.Time
}

// get returns a token that is not the refused one.
func (t *tokens) get(ctx context.Context) (string, error) {
	if tok, err := t.cached(); tok != "" || err != nil {
		return tok, err
	}
	ch := t.flight.DoChan("token", func() (any, error) {
		// One caller's hang-up must not fail the others.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
		defer cancel()
		return t.find(ctx)
	})
	select {
	case r := <-ch:
		if r.Err != nil {
			return "", r.Err
		}
		tok, _ := r.Val.(string)
		return tok, nil
	case <-ctx.Done():
		return "", fmt.Errorf("access token: %w: %w", ErrNotSent, ctx.Err())
	}
}

func (t *tokens) cached() (string, error) {
	now := t.client.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token.Value != "" && now.Before(t.token.Until) {
		return t.token.Value, nil
	}
	if t.refused != nil && now.Before(t.retryAt) {
		return "", t.refused
	}
	return "", nil
}

// find runs once at a time.
func (t *tokens) find(ctx context.Context) (string, error) {
	if tok, err := t.cached(); tok != "" || err != nil {
		return tok, err
	}
	if tok, ok := t.await(ctx); ok {
		return tok.Value, nil
	}
	tok, life, err := t.fetch(ctx)
	now := t.client.now()
	t.mu.Lock()
	if err != nil {
		if e := (*Error)(nil); errors.As(err, &e) && !e.Retryable() {
			t.refused, t.retryAt = err, now.Add(refusedFor)
		}
		t.mu.Unlock()
		t.save(ctx, Token{}, 0)
		return "", err
	}
	saved := Token{Value: tok, Until: now.Add(life)}
	t.token, t.refused = saved, nil
	if tok == t.dead {
		t.same, t.sameTil = tok, now.Add(refusedFor)
	}
	t.mu.Unlock()
	t.save(ctx, saved, life)
	return tok, nil
}

// save shares tok, or says that none came. If it fails, the others ask for themselves.
func (t *tokens) save(ctx context.Context, tok Token, life time.Duration) {
	if t.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	_ = t.store.Save(ctx, t.client.cfg.AppID, tok, life)
}

// await takes the token from the store, and takes a refused one out of it. While another
// replica asks for a new one, it looks again.
func (t *tokens) await(ctx context.Context) (Token, bool) {
	if t.store == nil {
		return Token{}, false
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for range claimTime / lookEvery {
		tok, err := t.load(ctx)
		if err == nil {
			return tok, true
		}
		if errors.Is(err, errDeadToken) {
			if t.forget(ctx) != nil {
				return Token{}, false
			}
			continue
		}
		if !errors.Is(err, ErrTokenComing) {
			return Token{}, false
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return Token{}, false
		}
	}
	return Token{}, false
}

// errDeadToken says that the store has the token that was refused.
var errDeadToken = errors.New("stored token was refused")

func (t *tokens) load(ctx context.Context) (Token, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	tok, err := t.store.Load(ctx, t.client.cfg.AppID)
	if err != nil {
		return Token{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case tok.Value == "" || !t.client.now().Before(tok.Until):
		return Token{}, ErrNoToken
	case tok.Value == t.dead:
		return Token{}, errDeadToken
	}
	t.token = tok
	return tok, nil
}

// forget takes the refused token out of the store, so that one replica is sent for a new one.
func (t *tokens) forget(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	t.mu.Lock()
	dead := t.dead
	t.mu.Unlock()
	return t.store.Drop(ctx, t.client.cfg.AppID, dead)
}

// drop forgets a token that the platform refused, unless a newer one has taken its place. It
// reports whether asking for another one is of use: not when the platform has just given the
// same again, so that a refusal that stays does not become a storm.
func (t *tokens) drop(value string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if value == t.same && t.client.now().Before(t.sameTil) {
		return false
	}
	t.dead = value
	if t.token.Value == value {
		t.token = Token{}
	}
	return true
}

// fetch asks the platform for the stable token, never forcing a new one: that would take the
// token from the other replicas. See
// https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken.html.
func (t *tokens) fetch(ctx context.Context) (string, time.Duration, error) {
	cfg := &t.client.cfg
	b, err := t.client.send(ctx, request{
		name: "stable token", method: http.MethodPost, path: "/cgi-bin/stable_token", setup: true, body: map[string]any{
			"grant_type": "client_credential", "appid": cfg.AppID, "secret": cfg.Secret, "force_refresh": false,
		},
	}, "")
	if err != nil {
		return "", 0, err
	}
	var r credential.ResAccessToken
	if err := json.Unmarshal(b.data, &r); err != nil || r.AccessToken == "" {
		return "", 0, fmt.Errorf("stable token: %w", ErrUnsure)
	}
	return r.AccessToken, tokenLife(r.ExpiresIn), nil
}

// tokenLife is how long a token is used. Near its end the platform hands out the old one with
// five minutes or less left, so that the margin cannot always be kept.
func tokenLife(expiresIn int64) time.Duration {
	life := time.Duration(min(max(expiresIn, 0), 7*24*3600)) * time.Second
	return max(life-tokenMargin, min(time.Minute, life/2))
}

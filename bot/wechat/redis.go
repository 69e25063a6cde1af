package wechat

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// dropScript deletes a token only if it is the one that was refused.
// KEYS[1]: the token's key. ARGV[1]: the refused token. Result: 1 if deleted.
const dropScript = `
local v = redis.call('GET', KEYS[1])
if v and string.match(v, '^%d+ (.*)$') == ARGV[1] then
	return redis.call('DEL', KEYS[1])
end
return 0`

// loadScript reads a token, or lets one replica at a time ask for a new one.
// KEYS[1]: the token's key. KEYS[2]: the claim's. ARGV[1]: how long a claim holds, in ms.
// Result: the token's value; none if the caller is to ask; "" if another one does.
const loadScript = `
local v = redis.call('GET', KEYS[1])
if v then
	return v
end
if redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[1]) then
	return false
end
return ''`

type redisTokens struct {
	client redis.UniversalClient
	prefix string
	load   *redis.Script
	drop   *redis.Script
}

// NewRedisTokens shares tokens through Redis, under prefix and the app's id. The value is the second at which its
// use ends, a space, and the token; the key's time to live only cleans up.
func NewRedisTokens(c redis.UniversalClient, prefix string) TokenStore {
	return &redisTokens{client: c, prefix: prefix, load: redis.NewScript(loadScript), drop: redis.NewScript(dropScript)}
}

func (r *redisTokens) key(appID string) string { return r.prefix + "{" + appID + "}" }

// claim stands for the replica that asks; a replica that dies loses it after claimTime.
func (r *redisTokens) claim(appID string) string { return r.key(appID) + ":claim" }

// Load reads the token. Of those who find none, one is sent to fetch it.
func (r *redisTokens) Load(ctx context.Context, appID string) (Token, error) {
	v, err := r.load.Run(ctx, r.client, []string{r.key(appID), r.claim(appID)}, claimTime.Milliseconds()).Text()
	if errors.Is(err, redis.Nil) {
		return Token{}, ErrNoToken
	}
	if err != nil {
		return Token{}, fmt.Errorf("load token: %w", err)
	}
	if v == "" {
		return Token{}, ErrTokenComing
	}
	until, value, ok := strings.Cut(v, " ")
	sec, err := strconv.ParseInt(until, 10, 64)
	if !ok || err != nil || value == "" {
		return Token{}, ErrNoToken
	}
	return Token{Value: value, Until: time.Unix(sec, 0)}, nil
}

// Save writes the token. Two replicas that save at once have the same one.
func (r *redisTokens) Save(ctx context.Context, appID string, t Token, ttl time.Duration) error {
	_, err := r.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		if ttl > 0 {
			p.Set(ctx, r.key(appID), strconv.FormatInt(t.Until.Unix(), 10)+" "+t.Value, max(ttl, time.Second))
		}
		p.Del(ctx, r.claim(appID))
		return nil
	})
	if err != nil {
		return fmt.Errorf("save token: %w", err)
	}
	return nil
}

// Drop deletes the token if it still is value.
func (r *redisTokens) Drop(ctx context.Context, appID, value string) error {
	if err := r.drop.Run(ctx, r.client, []string{r.key(appID)}, value).Err(); err != nil {
		return fmt.Errorf("drop token: %w", err)
	}
	return nil
}

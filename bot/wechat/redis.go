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

type redisTokens struct {
	client redis.UniversalClient
	prefix string
	drop   *redis.Script
}

// NewRedisTokens shares tokens through Redis, under prefix and the app's id. The value is the second at which its
// use ends, a space, and the token; the key's time to live only cleans up.
func NewRedisTokens(c redis.UniversalClient, prefix string) TokenStore {
	return &redisTokens{client: c, prefix: prefix, drop: redis.NewScript(dropScript)}
}

func (r *redisTokens) key(appID string) string { return r.prefix + "{" + appID + "}" }

// Load reads the token.
func (r *redisTokens) Load(ctx context.Context, appID string) (Token, error) {
	v, err := r.client.Get(ctx, r.key(appID)).Result()
	if errors.Is(err, redis.Nil) {
		return Token{}, ErrNoToken
	}
	if err != nil {
		return Token{}, fmt.Errorf("load token: %w", err)
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
	if ttl <= 0 {
		return nil
	}
	v := strconv.FormatInt(t.Until.Unix(), 10) + " " + t.Value
	if err := r.client.Set(ctx, r.key(appID), v, max(ttl, time.Second)).Err(); err != nil {
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

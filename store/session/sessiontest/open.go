package sessiontest

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"yishi/store/session"
)

// OpenRedis returns a store on the Redis server that YISHI_TEST_REDIS_ADDR names, with a key of
// its own, so that it meets nobody else's values. Without a server the test is skipped, or
// fails if YISHI_TEST_REQUIRE is 1.
func OpenRedis(t testing.TB, now func() time.Time) *session.Redis {
	t.Helper()
	s := session.NewRedis(Redis(t), Key(), now)
	t.Cleanup(func() { _ = s.Close() }) // never fails
	return s
}

// RedisAddr is where that server listens, for what dials it in its own way.
func RedisAddr(t testing.TB) string {
	t.Helper()
	addr := os.Getenv("YISHI_TEST_REDIS_ADDR")
	if addr == "" {
		if os.Getenv("YISHI_TEST_REQUIRE") == "1" {
			t.Fatal("YISHI_TEST_REDIS_ADDR is not set and YISHI_TEST_REQUIRE is")
		}
		t.Skip("YISHI_TEST_REDIS_ADDR is not set")
	}
	return addr
}

// Redis returns a client as OpenRedis uses it.
func Redis(t testing.TB) redis.UniversalClient {
	t.Helper()
	c, err := session.Dial("redis://" + RedisAddr(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// Key returns 32 bytes that no other test has.
func Key() []byte {
	b := make([]byte, 32)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}

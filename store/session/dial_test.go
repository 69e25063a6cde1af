package session_test

import (
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"yishi/store/session"
)

func TestDial(t *testing.T) {
	for _, row := range []struct {
		name, url      string
		addrs          []string
		user, password string
		db             int
		tls            bool
	}{
		{name: "host", url: "redis://redis", addrs: []string{"redis:6379"}},
		{name: "host and port", url: "redis://127.0.0.1:7000/", addrs: []string{"127.0.0.1:7000"}},
		{name: "IPv6", url: "redis://[::1]:7000/3", addrs: []string{"[::1]:7000"}, db: 3},
		{name: "IPv6 without port", url: "redis://[::1]", addrs: []string{"[::1]:6379"}},
		{name: "password", url: "redis://:p%40ss%2f@h:1/2", addrs: []string{"h:1"}, password: "p@ss/", db: 2},
		{name: "user and plain special characters", url: "redis://u:a@b/c?d@h:1", addrs: []string{"h:1"}, user: "u", password: "a@b/c?d"},
		{name: "TLS", url: "rediss://h:1", addrs: []string{"h:1"}, tls: true},
		{name: "cluster", url: "redis+cluster://u:p@a:1,b,[::1]:3", addrs: []string{"a:1", "b:6379", "[::1]:3"}, user: "u", password: "p"},
		{name: "cluster of one", url: "rediss+cluster://a:1/0", addrs: []string{"a:1"}, tls: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := session.Dial(row.url)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() }) // never connected
			var addrs []string
			var got redis.Options
			switch c := c.(type) {
			case *redis.Client:
				got, addrs = *c.Options(), []string{c.Options().Addr}
			case *redis.ClusterClient:
				o := c.Options()
				addrs = o.Addrs
				got = redis.Options{
					Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig, DialTimeout: o.DialTimeout,
					ReadTimeout: o.ReadTimeout, MaxRetries: o.MaxRetries, ContextTimeoutEnabled: o.ContextTimeoutEnabled,
				}
			default:
				t.Fatalf("client is %T", c)
			}
			if strings.Join(addrs, " ") != strings.Join(row.addrs, " ") || got.Username != row.user || got.Password != row.password ||
				got.DB != row.db || (got.TLSConfig != nil) != row.tls {
				t.Errorf("%v as %q %q, database %d, TLS %v", addrs, got.Username, got.Password, got.DB, got.TLSConfig != nil)
			}
			if got.DialTimeout != 250*time.Millisecond || got.ReadTimeout != 250*time.Millisecond || got.MaxRetries > 0 || !got.ContextTimeoutEnabled {
				t.Errorf("time-outs %v, %v; %d retries; by context: %v", got.DialTimeout, got.ReadTimeout, got.MaxRetries, got.ContextTimeoutEnabled)
			}
		})
	}
}

func TestDialSentinel(t *testing.T) {
	c, err := session.Dial("redis+sentinel://main:pw@a:1,b/4?username=u&sentinel_password=x")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // never connected
	s, ok := c.(*redis.Client)
	if !ok || s.Options().Addr != "FailoverClient" || s.Options().DB != 4 || s.Options().Username != "u" || s.Options().Password != "pw" {
		t.Errorf("client %T", c)
	}
}

func TestDialFaultsHideSecrets(t *testing.T) {
	for _, row := range []struct{ name, url string }{
		{"empty", ""},
		{"no scheme", "canary:6379"},
		{"another scheme", "http://canary@h"},
		{"another form", "redis+canary://h"},
		{"no host", "redis://:canary@"},
		{"bad port", "redis://:canary@h:port"},
		{"port out of range", "redis://:canary@h:70000"},
		{"bad database", "redis://h:1/canary"},
		{"negative database", "redis://:canary@h:1/-1"},
		{"bad percent", "redis://:canary%zz@h:1"},
		{"several servers", "redis://:canary@a:1,b:2"},
		{"option", "redis://:canary@h:1?canary=1"},
		{"bad option", "redis+sentinel://m:canary@h:1?a=%zz;canary"},
		{"sentinel without master", "redis+sentinel://:canary@h:1"},
		{"cluster with a database", "redis+cluster://:canary@h:1/2"},
		{"control characters", "redis://:canary\n@h:1\x00"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := session.Dial(row.url)
			if err == nil {
				_ = c.Close() // never connected
				t.Fatal("no error")
			}
			if strings.Contains(err.Error(), "canary") || !strings.HasPrefix(err.Error(), "redis address: ") {
				t.Errorf("error %q", err)
			}
		})
	}
}

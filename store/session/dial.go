package session

import (
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// poolSize bounds the connections of a replica: sessions take two, the rest is for the token,
// wake-ups and health.
const poolSize = 16

// Dial returns a client for one of
//
//	redis://[user[:password]@]host[:port][/db]
//	redis+sentinel://master[:password]@host[:port],…[/db][?username=…&sentinel_username=…&sentinel_password=…]
//	redis+cluster://[user[:password]@]host[:port],…
//
// with rediss in place of redis for TLS. As in other tools, "redis://:password@host" has no user.
// User and password are percent-encoded where they hold special characters. It does not connect.
// Errors tell nothing of the address, which may hold a password.
func Dial(address string) (redis.UniversalClient, error) {
	a, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	logging.Disable() // it would write lines of its own between ours; its errors come back to callers
	o := &redis.UniversalOptions{
		Addrs: a.hosts, DB: a.db, Username: a.user, Password: a.password, Protocol: 2,
		DialTimeout: callTimeout, ReadTimeout: callTimeout, WriteTimeout: callTimeout, PoolTimeout: callTimeout,
		MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true,
		PoolSize: poolSize, MinIdleConns: 1, DisableIdentity: true,
		IsClusterMode: a.kind == "cluster",
	}
	if a.tls {
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if a.kind == "sentinel" {
		o.MasterName, o.Username = a.user, a.query.Get("username")
		o.SentinelUsername, o.SentinelPassword = a.query.Get("sentinel_username"), a.query.Get("sentinel_password")
	}
	return redis.NewUniversalClient(o), nil
}

// address is what a Redis URL says.
type address struct {
	kind           string // "", sentinel or cluster
	tls            bool
	user, password string
	hosts          []string
	db             int
	query          url.Values
}

func parseAddress(s string) (address, error) {
	var a address
	scheme, rest, ok := strings.Cut(s, "://")
	scheme, a.kind, _ = strings.Cut(scheme, "+")
	a.tls = scheme == "rediss"
	if !ok || scheme != "redis" && scheme != "rediss" || !slices.Contains([]string{"", "sentinel", "cluster"}, a.kind) {
		return a, errors.New("redis address: must begin with redis://, rediss://, redis+sentinel:// or redis+cluster://")
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		if err := a.readUser(rest[:i]); err != nil {
			return a, err
		}
		rest = rest[i+1:]
	}
	rest, query, _ := strings.Cut(rest, "?")
	hosts, db, _ := strings.Cut(rest, "/")
	if err := a.readQuery(query); err != nil {
		return a, err
	}
	if err := a.readHosts(hosts); err != nil {
		return a, err
	}
	if db != "" {
		n, err := strconv.Atoi(db)
		if err != nil || n < 0 || a.kind == "cluster" && n > 0 {
			return a, errors.New("redis address: after the slash comes the number of a database; a cluster has only 0")
		}
		a.db = n
	}
	if a.kind == "sentinel" && a.user == "" {
		return a, errors.New("redis address: the sentinel form names the master before the @")
	}
	return a, nil
}

func (a *address) readUser(s string) error {
	user, password, _ := strings.Cut(s, ":")
	var err, err2 error
	a.user, err = url.PathUnescape(user)
	a.password, err2 = url.PathUnescape(password)
	if err != nil || err2 != nil {
		return errors.New("redis address: a percent sign in user or password is written %25")
	}
	return nil
}

func (a *address) readQuery(s string) error {
	q, err := url.ParseQuery(s)
	if err != nil {
		return errors.New("redis address: the part after the question mark cannot be read")
	}
	for name := range q {
		if a.kind != "sentinel" || !slices.Contains([]string{"username", "sentinel_username", "sentinel_password"}, name) {
			return errors.New("redis address: unknown option after the question mark")
		}
	}
	a.query = q
	return nil
}

func (a *address) readHosts(s string) error {
	port := "6379"
	if a.kind == "sentinel" {
		port = "26379"
	}
	for host := range strings.SplitSeq(s, ",") {
		if !strings.Contains(strings.TrimPrefix(host[strings.LastIndexByte(host, ']')+1:], "]"), ":") {
			host = net.JoinHostPort(strings.Trim(host, "[]"), port)
		}
		name, number, err := net.SplitHostPort(host)
		n, err2 := strconv.Atoi(number)
		if err != nil || err2 != nil || name == "" || n < 1 || n > 65535 {
			return errors.New("redis address: each server is host or host:port")
		}
		a.hosts = append(a.hosts, host)
	}
	if a.kind == "" && len(a.hosts) > 1 {
		return errors.New("redis address: several servers need redis+cluster:// or redis+sentinel://")
	}
	return nil
}

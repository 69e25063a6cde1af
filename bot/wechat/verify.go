package wechat

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/silenceper/wechat/v2/util"
)

const (
	freshness    = 300  // seconds that a request's timestamp may be off, either way
	maxQuery     = 4096 // bytes of the raw query
	maxParams    = 16   // the platform sends at most six
	maxNonce     = 64   // characters
	maxEcho      = 512  // bytes
	bindFor      = 600  // seconds: as long as a timestamp can be fresh
	maxBound     = 1 << 18
	signatureLen = 40
)

// query holds the parameters of a call. Identity is never taken from here.
type query struct {
	signature, timestamp, nonce, encryptType, msgSignature, echo string

	hasEcho, hasType bool
}

// parseQuery reads each parameter at most once. The three required ones are checked by verify,
// for which a missing one is as wrong as an empty one.
func parseQuery(raw string) (query, bool) {
	var q query
	if len(raw) > maxQuery {
		return q, false
	}
	var names [maxParams]string
	n := 0
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, okName := unquote(name)
		value, okValue := unquote(value)
		if !okName || !okValue || n == maxParams || slices.Contains(names[:n], name) {
			return q, false
		}
		names[n] = name
		n++
		q.set(name, value)
	}
	return q, true
}

func unquote(s string) (string, bool) {
	if strings.IndexByte(s, ';') >= 0 {
		return "", false
	}
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s, true
	}
	s, err := url.QueryUnescape(s)
	return s, err == nil
}

func (q *query) set(name, value string) {
	switch name {
	case "signature":
		q.signature = value
	case "timestamp":
		q.timestamp = value
	case "nonce":
		q.nonce = value
	case "encrypt_type":
		q.encryptType, q.hasType = value, true
	case "msg_signature":
		q.msgSignature = value
	case "echostr":
		q.echo, q.hasEcho = value, true
	}
}

// verify says whether the query was signed with our token, and lately. The signature does not
// cover the body: see bindings and openEnvelope for that.
func (q *query) verify(token string, now time.Time) Outcome {
	if !isDigits(q.timestamp, 10) || !isVisible(q.nonce, maxNonce) ||
		!signed(q.signature, token, q.timestamp, q.nonce) {
		return BadSignature
	}
	at, err := strconv.ParseInt(q.timestamp, 10, 64)
	if err != nil {
		return BadSignature
	}
	if d := now.Unix() - at; d > freshness || d < -freshness {
		return Stale
	}
	return OK
}

// signed compares in constant time; only lower-case hex of full length is a signature.
func signed(signature string, parts ...string) bool {
	if len(signature) != signatureLen {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(signature), []byte(util.Signature(parts...))) == 1
}

func isDigits(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range n {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// isVisible reports whether s is 1 to n visible ASCII characters.
func isVisible(s string, n int) bool {
	if s == "" || len(s) > n {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// bindings ties a plain-mode signature to the first body that came with it, because the
// signature itself does not cover the body: whoever reads a query string in some proxy's log
// could otherwise send any message in anybody's name. It knows this process only, and at most
// two generations of maxBound signatures; in safe mode it is not needed.
type bindings struct {
	mu         sync.Mutex
	young, old map[[signatureLen]byte][16]byte
	since      int64 // when young was begun
}

// claim reports whether body may come with signature.
func (b *bindings) claim(signature string, body []byte, now time.Time) bool {
	var key [signatureLen]byte
	copy(key[:], signature)
	full := sha256.Sum256(body)
	sum := [16]byte(full[:16])
	b.mu.Lock()
	defer b.mu.Unlock()
	if at := now.Unix(); b.young == nil || at-b.since >= bindFor || len(b.young) >= maxBound {
		b.old, b.young, b.since = b.young, make(map[[signatureLen]byte][16]byte), at
	}
	if was, ok := b.young[key]; ok {
		return was == sum
	}
	if was, ok := b.old[key]; ok {
		return was == sum
	}
	b.young[key] = sum
	return true
}

package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"sync"
)

// names gives accounts the names under which they are kept. Keying a hash costs more than
// hashing an account, so that keyed ones are used again.
type names struct{ hashes sync.Pool }

func newNames(key []byte) *names {
	key = append([]byte(nil), key...)
	return &names{sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

// hash is what stands for an account in keys and rows: 32 bytes that cannot be turned back
// without the key.
func (n *names) hash(account string) []byte {
	m, _ := n.hashes.Get().(hash.Hash) // New makes nothing else
	defer n.hashes.Put(m)
	m.Reset()
	b := append(make([]byte, 0, 96), "session\x00"...)
	_, _ = m.Write(append(b, account...)) // never fails
	return m.Sum(b[:0])
}

// redisKey is the one key of an account. The hash is its tag as well, so that in a cluster
// accounts spread evenly.
func (n *names) redisKey(account string) string {
	b := append(make([]byte, 0, 64), "yishi:{"...)
	return string(append(base64.RawURLEncoding.AppendEncode(b, n.hash(account)), '}'))
}

package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// accountHash is what stands for an account in keys and rows: 32 bytes that cannot be turned
// back without key.
func accountHash(key []byte, account string) []byte {
	m := hmac.New(sha256.New, key)
	_, _ = m.Write([]byte("session\x00" + account)) // never fails
	return m.Sum(nil)
}

// redisKey is the one key of an account. The hash is its tag as well, so that in a cluster
// accounts spread evenly.
func redisKey(key []byte, account string) string {
	return "yishi:{" + base64.RawURLEncoding.EncodeToString(accountHash(key, account)) + "}"
}

// Package blobs keeps what residents send as files: photos and voices. A blob is bytes under
// a key that says nothing about them; who may read it is decided by whoever knows the key.
package blobs

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"io"
)

// Store keeps blobs. Implementations are safe for use by several goroutines and processes.
type Store interface {
	// Put keeps everything that r yields under key, whole or not at all, and returns once it
	// would survive a power cut. A key that is taken is replaced in one step, so that doing
	// the same again is harmless. Errors: ErrKey, ErrFull, r's own, or the storage's.
	Put(ctx context.Context, key string, r io.Reader) error
	// Open reads the blob; the caller closes it. Errors: ErrKey, ErrNotFound.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	// Delete forgets the blob. One that is not there is no error. Errors: ErrKey.
	Delete(ctx context.Context, key string) error
}

var (
	// ErrNotFound is returned by Open when no blob has the key.
	ErrNotFound = errors.New("no such blob")
	// ErrKey is returned for a key that NewKey and DeriveKey could not have made.
	ErrKey = errors.New("malformed blob key")
	// ErrFull is returned by Put when the disk or a quota is used up: trying again helps once
	// the operator has made room.
	ErrFull = errors.New("no space left for blobs")
)

const (
	keyBytes = 16 // 128 bits
	keyLen   = 26 // of them in base32 without padding
	alphabet = "abcdefghijklmnopqrstuvwxyz234567"
)

// NewKey makes a fresh key of 128 random bits: 26 characters of a–z and 2–7.
func NewKey() string {
	var b [keyBytes]byte
	rand.Read(b[:]) // never fails, by its documentation
	return encode(b)
}

// DeriveKey makes the key that always belongs to parts, so that work which is repeated after
// a crash replaces its own blob instead of leaving an orphan. Without secret, which must not
// be empty, nobody can guess the key from the parts.
func DeriveKey(secret []byte, parts ...string) string {
	mac := hmac.New(sha256.New, secret)
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		mac.Write(n[:])
		mac.Write([]byte(p))
	}
	return encode([keyBytes]byte(mac.Sum(nil)))
}

func encode(b [keyBytes]byte) string {
	return base32.NewEncoding(alphabet).WithPadding(base32.NoPadding).EncodeToString(b[:])
}

// CheckKey returns ErrKey unless key has the exact form that NewKey makes. Such a key is one
// plain file name everywhere: no dots, no separators, no case, no reserved names.
func CheckKey(key string) error {
	if len(key) != keyLen {
		return ErrKey
	}
	for i := range len(key) {
		if c := key[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return ErrKey
		}
	}
	return nil
}

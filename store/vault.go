package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
)

// vault seals what tells who somebody is. Data is sealed under a random data key; only that key,
// 48 bytes in one row, is sealed under the master key. So the master key can be changed by sealing
// one row anew (Rewrap), and hashes by which people are found outlive it. The data key itself is
// changed by Reseal: while that goes on there are two, and each value says which one opens it.
type vault struct {
	mu   sync.Mutex
	open *openVault // nil: not read yet
}

// openVault are the data keys as they were read; it never changes. Newest first: under that all is
// sealed, the others open what was not sealed anew yet.
type openVault struct {
	db  *DB
	all []dataKey
}

// keptVault are the data keys within a transaction: until COMMIT no other key becomes the newest.
// Only it seals, so that nothing is written under a key whose end has begun. See batch.vault.
type keptVault struct{ *openVault }

// dataKey is one key at work.
type dataKey struct {
	id   int64
	seal cipher.AEAD
	hash []byte // keys the hashes
}

// The first byte of what is sealed says how it goes on: with the nonce, under the first data key
// that there ever was; or with the id of the data key. Then nonce, sealed text, tag.
const (
	sealedFirst = 1
	sealedUnder = 2
)

// dataKeySize is 32 bytes that seal and 32 that key hashes.
const dataKeySize = 64

var errSealed = errors.New("sealed data cannot be opened: wrong master key, or changed by somebody")

func wrap(key, raw []byte) ([]byte, error) {
	s, err := newSeal(key)
	if err != nil {
		return nil, err
	}
	return seal(s, []byte{sealedFirst}, raw, "vault")
}

func newSeal(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	s, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	return s, nil
}

// seal is nonce, sealed text with its tag, behind what head says. What it belongs to is sealed in,
// so that a value moved to another row or column does not open.
func seal(s cipher.AEAD, head, plain []byte, of string) ([]byte, error) {
	out := make([]byte, len(head)+s.NonceSize(), len(head)+s.NonceSize()+len(plain)+s.Overhead())
	nonce := out[copy(out, head):]
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return s.Seal(out, nonce, plain, []byte(of)), nil
}

func unseal(s cipher.AEAD, sealed []byte, of string) ([]byte, error) {
	if len(sealed) < s.NonceSize() {
		return nil, errSealed
	}
	plain, err := s.Open(nil, sealed[:s.NonceSize()], sealed[s.NonceSize():], []byte(of))
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}

// sealedHead is what stands before a value sealed under a data key.
func sealedHead(id int64) []byte {
	if id == 1 {
		return []byte{sealedFirst}
	}
	return binary.AppendUvarint([]byte{sealedUnder}, uint64(id))
}

// sealedBy says which data key opens a value, and returns what stands behind the head.
func sealedBy(sealed []byte) (id int64, rest []byte, err error) {
	if len(sealed) > 0 && sealed[0] == sealedFirst {
		return 1, sealed[1:], nil
	}
	if len(sealed) > 1 && sealed[0] == sealedUnder {
		if id, n := binary.Uvarint(sealed[1:]); n > 0 {
			return int64(id), sealed[1+n:], nil
		}
	}
	return 0, nil, errSealed
}

// belongs names the place of a sealed value: table and column, and the row's id.
func belongs(column string, id int64) string {
	return column + "\x00" + string(binary.BigEndian.AppendUint64(nil, uint64(id)))
}

// newest is the key under which all is sealed.
func (v *openVault) newest() *dataKey { return &v.all[0] }

// resealing says that data is being sealed anew.
func (v *openVault) resealing() bool { return len(v.all) > 1 }

func (v *openVault) key(id int64) *dataKey {
	for i := range v.all {
		if v.all[i].id == id {
			return &v.all[i]
		}
	}
	return nil
}

// Seal seals text for a column ("persons.name") of the row id; "" stays empty.
func (v keptVault) Seal(text, column string, id int64) ([]byte, error) {
	if text == "" {
		return []byte{}, nil
	}
	k := v.newest()
	return seal(k.seal, sealedHead(k.id), []byte(text), belongs(column, id))
}

// Open is the way back. A key that was made since this one was read is read now.
func (v *openVault) Open(sealed []byte, column string, id int64) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	by, rest, err := sealedBy(sealed)
	if err != nil {
		return "", err
	}
	k := v.key(by)
	if k == nil && by > v.newest().id {
		now, err := v.db.readVault(context.Background())
		if err != nil {
			return "", err
		}
		k = now.key(by)
	}
	if k == nil {
		return "", errSealed
	}
	plain, err := unseal(k.seal, rest, belongs(column, id))
	return string(plain), err
}

// Hash is by what a value is found again, 16 bytes; of names its use, such as "phone". It is
// keyed: who has the table alone cannot try all phone numbers.
func (v *openVault) Hash(of, value string) []byte { return v.newest().digest(of, value) }

// Hashes are all under which a value may stand while data is being sealed anew.
func (v *openVault) Hashes(of, value string) [][]byte {
	out := make([][]byte, len(v.all))
	for i := range v.all {
		out[i] = v.all[i].digest(of, value)
	}
	return out
}

func (k *dataKey) digest(of, value string) []byte {
	m := hmac.New(sha256.New, k.hash)
	_, _ = m.Write([]byte(of + "\x00" + value)) // never fails
	return m.Sum(nil)[:16]
}

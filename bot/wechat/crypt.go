package wechat

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/silenceper/wechat/v2/util"
)

// errUndecryptable is the one answer to every fault of a ciphertext: telling them apart would
// help whoever probes the padding.
var errUndecryptable = errors.New("undecryptable message")

// decrypt opens the platform's ciphertext with the first of keys that fits, and says which one
// it was: the reply must be encrypted with the same.
func decrypt(encoded []byte, appID string, keys [][]byte) (plain []byte, key int, err error) {
	if len(encoded) == 0 || bytes.ContainsAny(encoded, "\r\n") {
		return nil, 0, errUndecryptable
	}
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(encoded)))
	n, err := base64.StdEncoding.Strict().Decode(raw, encoded)
	if err != nil {
		return nil, 0, errUndecryptable
	}
	for i, k := range keys {
		if plain, ok := decryptWith(raw[:n], appID, k); ok {
			return plain, i, nil
		}
	}
	return nil, 0, errUndecryptable
}

// decryptWith trusts the SDK with taking the parts out, but not with checking all of the
// padding: what it found must encrypt to the very same bytes again.
func decryptWith(raw []byte, appID string, key []byte) (plain []byte, ok bool) {
	defer func() {
		if recover() != nil {
			plain, ok = nil, false
		}
	}()
	random, plain, id, err := util.AESDecryptMsg(raw, key)
	if err != nil || string(id) != appID {
		return nil, false
	}
	return plain, bytes.Equal(util.AESEncryptMsg(random, plain, appID, key), raw)
}

// encrypt seals a reply with fresh random bytes.
func encrypt(plain []byte, appID string, key []byte) (sealed []byte, err error) {
	defer func() {
		if recover() != nil {
			sealed, err = nil, errors.New("encrypt reply: bad key")
		}
	}()
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		return nil, fmt.Errorf("encrypt reply: %w", err)
	}
	raw := util.AESEncryptMsg(random[:], plain, appID, key)
	return base64.StdEncoding.AppendEncode(nil, raw), nil
}

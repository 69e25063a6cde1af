package platform

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// keyLength is the length of an EncodingAESKey in characters: 32 bytes of base64 without "=".
const keyLength = 43

// padBlock is the padding's block, twice AES's own.
const padBlock = 32

var errKey = errors.New("EncodingAESKey is not 43 characters of base64")

// sign is the platform's signature: SHA-1 over the sorted parts, in lower-case hex.
func sign(parts ...string) string {
	sorted := slices.Clone(parts)
	slices.Sort(sorted)
	sum := sha1.Sum([]byte(strings.Join(sorted, "")))
	return hex.EncodeToString(sum[:])
}

func decodeKey(s string) ([]byte, error) {
	if len(s) != keyLength {
		return nil, errKey
	}
	key, err := base64.StdEncoding.DecodeString(s + "=")
	if err != nil || len(key) != 32 {
		return nil, errKey
	}
	return key, nil
}

// seal encrypts: 16 random bytes, length in network order, text, appid, padded to 32 bytes;
// AES-256-CBC with the key's first half as IV; base64.
func seal(key, random, text []byte, appID string) (string, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", fmt.Errorf("make cipher: %w", err)
	}
	b := make([]byte, 0, 20+len(text)+len(appID)+padBlock)
	b = append(b, random[:16]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(text))) // bodies are far below 4 GiB
	b = append(b, text...)
	b = append(b, appID...)
	pad := padBlock - len(b)%padBlock
	b = append(b, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(b, b)
	return base64.StdEncoding.EncodeToString(b), nil
}

// unseal is strict: canonical base64, whole blocks, uniform padding, exact length, our appid.
func unseal(key []byte, sealed, appID string) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	b, err := base64.StdEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return nil, fmt.Errorf("decode Encrypt: %w", err)
	}
	if len(b) == 0 || len(b)%padBlock != 0 {
		return nil, fmt.Errorf("decrypt: %d bytes are not whole blocks of %d", len(b), padBlock)
	}
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(b, b)
	pad := int(b[len(b)-1])
	if pad < 1 || pad > padBlock {
		return nil, fmt.Errorf("decrypt: padding of %d", pad)
	}
	for _, c := range b[len(b)-pad:] {
		if int(c) != pad {
			return nil, errors.New("decrypt: padding is not uniform")
		}
	}
	b = b[:len(b)-pad]
	if len(b) < 20 {
		return nil, errors.New("decrypt: too short")
	}
	n := uint64(binary.BigEndian.Uint32(b[16:20]))
	if n > uint64(len(b)-20) {
		return nil, errors.New("decrypt: length reaches past the end")
	}
	if tail := b[20+n:]; string(tail) != appID {
		return nil, errors.New("decrypt: other appid at the end")
	}
	return b[20 : 20+n], nil
}

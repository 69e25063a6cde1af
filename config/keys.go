package config

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// Keys are what an operator must not invent.
type Keys struct {
	MasterKey Secret // 64 hex digits
	Token     Secret // 32 letters and digits
	AESKey    Secret // 43 letters and digits, base64 of 32 bytes without its last sign
}

// NewKeys makes keys from the system's random source.
func NewKeys() (Keys, error) {
	master := make([]byte, 32)
	if _, err := rand.Read(master); err != nil {
		return Keys{}, fmt.Errorf("read random bytes: %w", err)
	}
	token, err := letters(24)
	if err != nil {
		return Keys{}, err
	}
	aes, err := letters(32)
	if err != nil {
		return Keys{}, err
	}
	return Keys{MasterKey: Secret(hex.EncodeToString(master)), Token: Secret(token), AESKey: Secret(aes)}, nil
}

// letters returns n random bytes in base64 without padding. The console takes letters and digits
// only, so bytes that need other signs are thrown away and drawn anew.
func letters(n int) (string, error) {
	b := make([]byte, n)
	for {
		if _, err := rand.Read(b); err != nil {
			return "", fmt.Errorf("read random bytes: %w", err)
		}
		if s := base64.RawStdEncoding.EncodeToString(b); !strings.ContainsAny(s, "+/") {
			return s, nil
		}
	}
}

package platform

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

// The vectors were made with the openssl and sha1sum commands.
const (
	vectorText   = "<xml><Content><![CDATA[你好]]></Content></xml>"
	vectorSealed = "Q3stYC6hdFzMh9T8HCvyDMwQK6xyeRZ7UnuZsYfP7/6Yf0piNuk7kxZYuxJFeZQQ6WWSSAGv9ZFJIKURndrGsw5RPbXXfGyVyFseI5o3ev1m69fZBO8OAhWGxTVIUBMN"
)

func TestSignMatchesSha1sum(t *testing.T) {
	if got := sign(testToken, "1700000000", "123456"); got != "dcd6f205ad2b26935a8625f68b62ad0be6221f69" {
		t.Errorf("signature %s", got)
	}
}

func TestSealMatchesOpenSSL(t *testing.T) {
	if got := sealed(vectorText, testAppID); got != vectorSealed {
		t.Errorf("sealed %s", got)
	}
	key, err := decodeKey(testKey)
	if err != nil {
		t.Fatal(err)
	}
	got, err := unseal(key, vectorSealed, testAppID)
	if err != nil || string(got) != vectorText {
		t.Errorf("unsealed %q, %v", got, err)
	}
}

func TestSealRoundTripsEveryLength(t *testing.T) {
	key, err := decodeKey(testKey)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 100 {
		text := strings.Repeat("a", n)
		got, err := unseal(key, sealed(text, testAppID), testAppID)
		if err != nil || string(got) != text {
			t.Fatalf("%d bytes: %q, %v", n, got, err)
		}
	}
}

// raw encrypts what seal never would.
func raw(t *testing.T, plain []byte) string {
	t.Helper()
	key, err := decodeKey(testKey)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	b := bytes.Clone(plain)
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(b, b)
	return base64.StdEncoding.EncodeToString(b)
}

func TestUnsealRefuses(t *testing.T) {
	block := func(length, tail string, pad byte) []byte {
		b := []byte("0123456789abcdef" + length + tail)
		return append(b, bytes.Repeat([]byte{pad}, 64-len(b))...)
	}
	const id = testAppID // 18 bytes: 16+4+18 leave 26 of padding
	good := block("\x00\x00\x00\x00", id, 26)
	mixed := bytes.Clone(good)
	mixed[len(mixed)-3] = 1
	for _, row := range []struct{ name, sealed string }{
		{"other appid", sealed("x", "wxother")},
		{"no base64", "!!!"},
		{"empty", ""},
		{"half a block", base64.StdEncoding.EncodeToString(make([]byte, 40))},
		{"padding 0", raw(t, block("\x00\x00\x00\x00", id, 0))},
		{"padding 33", raw(t, block("\x00\x00\x00\x00", id, 33))},
		{"padding mixed", raw(t, mixed)},
		{"length too long", raw(t, block("\x00\x00\xff\xff", id, 26))},
		{"length negative", raw(t, block("\xff\xff\xff\xff", id, 26))},
	} {
		t.Run(row.name, func(t *testing.T) {
			key, err := decodeKey(testKey)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := unseal(key, row.sealed, testAppID); err == nil {
				t.Errorf("accepted: %q", got)
			}
			if _, err := unseal(key, raw(t, good), testAppID); err != nil {
				t.Errorf("control refused: %v", err)
			}
		})
	}
}

func TestDecodeKey(t *testing.T) {
	for _, row := range []struct {
		name, key string
		ok        bool
	}{
		{"43 characters", testKey, true},
		{"empty", "", false},
		{"42 characters", testKey[1:], false},
		{"44 characters", testKey + "=", false},
		{"no base64", strings.Repeat("!", 43), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			key, err := decodeKey(row.key)
			if row.ok != (err == nil) || (err != nil && !errors.Is(err, errKey)) || (row.ok && len(key) != 32) {
				t.Errorf("%d bytes, %v", len(key), err)
			}
		})
	}
}

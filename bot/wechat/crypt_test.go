package wechat

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

func TestDecrypt(t *testing.T) {
	plain := textXML("你好", "7", "")
	good := sealing{key: testAESKey, appID: testAppID}
	std := base64.StdEncoding.EncodeToString
	cfg := testConfig(ModeSafe)
	cfg.AESKeyPrevious = otherAESKey
	keys, err := cfg.keys()
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(s *sealing)) string {
		s := good
		change(&s)
		return std(s.seal(t, plain))
	}
	flip := good.seal(t, plain)
	flip[len(flip)-1] ^= 1 // elsewhere only msg_signature shows it: CBC has no checksum
	tests := []struct {
		name, enc string
		key       int // -1: refused
	}{
		{"current key", with(func(*sealing) {}), 0},
		{"previous key", with(func(s *sealing) { s.key = otherAESKey }), 1},
		{"unknown key", with(func(s *sealing) { s.key = strings.Repeat("Q", 42) + "E" }), -1},
		{"empty", "", -1},
		{"one block", std(make([]byte, 16)), -1},
		{"33 bytes", std(make([]byte, 33)), -1},
		{"zeros", std(make([]byte, 64)), -1},
		{"last block cut off", std(good.seal(t, plain)[:64]), -1},
		{"bit flipped", std(flip), -1},
		{"pad 0", with(func(s *sealing) { s.pad = func(p []byte) []byte { p[len(p)-1] = 0; return p } }), -1},
		{"pad 33", with(func(s *sealing) { s.pad = func(p []byte) []byte { p[len(p)-1] = 33; return p } }), -1},
		{"pad mixed", with(func(s *sealing) { s.pad = func(p []byte) []byte { p[0] ^= 1; return p } }), -1},
		{"length short", with(func(s *sealing) { s.size = -5 }), -1},
		{"length long", with(func(s *sealing) { s.size = 5 }), -1},
		{"length huge", with(func(s *sealing) { s.size = 1 << 30 }), -1},
		{"length past 31 bits", with(func(s *sealing) { s.size = 1<<32 - 1 - len(plain) }), -1},
		{"other app", with(func(s *sealing) { s.appID = "wxffffffffffffffff" }), -1},
		{"app with a NUL", with(func(s *sealing) { s.appID += "\x00" }), -1},
		{"URL alphabet", "-_" + with(func(*sealing) {})[2:], -1},
		{"line breaks", with(func(*sealing) {})[:60] + "\n" + with(func(*sealing) {})[60:], -1},
		{"no padding", strings.TrimRight(with(func(*sealing) {}), "="), -1},
		{"bits behind the end", strings.Replace(with(func(*sealing) {}), "=", "==", 1), -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, key, err := decrypt([]byte(tt.enc), testAppID, keys)
			if tt.name == "no padding" && !strings.HasSuffix(with(func(*sealing) {}), "=") {
				t.Fatal("the test's ciphertext needs padding")
			}
			if tt.key < 0 {
				if !errors.Is(err, errUndecryptable) {
					t.Errorf("got %q, %v; want it refused", got, err)
				}
				return
			}
			if err != nil || string(got) != plain || key != tt.key {
				t.Errorf("got %q with key %d, %v; want key %d", got, key, err, tt.key)
			}
		})
	}
}

func TestEncrypt(t *testing.T) {
	key := rawKey(t, testAESKey)
	for n := range 40 { // every length of padding
		plain := strings.Repeat("a", n)
		a, err := encrypt([]byte(plain), testAppID, key)
		if err != nil {
			t.Fatal(err)
		}
		if got := unseal(t, string(a), testAESKey); got != plain {
			t.Errorf("%d bytes came back as %q", n, got)
		}
		if b, _ := encrypt([]byte(plain), testAppID, key); string(a) == string(b) {
			t.Error("two ciphertexts are the same: no fresh random bytes")
		}
	}
	if _, err := encrypt([]byte("x"), testAppID, key[:7]); err == nil {
		t.Error("a key of 7 bytes was taken")
	}
}

func TestKeysAreChecked(t *testing.T) {
	for name, key := range map[string]string{
		"empty": "", "short": testAESKey[:42], "long": testAESKey + "A", "not base64": strings.Repeat("!", 43),
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig(ModeSafe)
			cfg.AESKey = key
			if _, err := cfg.keys(); err == nil || (key != "" && strings.Contains(err.Error(), key)) {
				t.Errorf("error %v; want one that does not quote the key", err)
			}
		})
	}
}

func FuzzDecrypt(f *testing.F) {
	f.Fuzz(func(t *testing.T, raw []byte, text string) {
		key := rawKey(t, testAESKey)
		if plain, ok := decryptWith(raw, testAppID, key); ok {
			again, err := encrypt(plain, testAppID, key)
			if err != nil || unseal(t, string(again), testAESKey) != string(plain) {
				t.Errorf("accepted %x, which does not come back: %v", raw, err)
			}
		}
		if _, _, err := decrypt(raw, testAppID, [][]byte{key}); err != nil && !errors.Is(err, errUndecryptable) {
			t.Errorf("telling error %v", err)
		}
		got, _, err := decrypt([]byte(sealed(t, text)), testAppID, [][]byte{key})
		if err != nil || string(got) != text {
			t.Errorf("%q came back as %q, %v", text, got, err)
		}
	})
}

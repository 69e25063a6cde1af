package wechat

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
)

// The two ways in which an account can be set up in the platform's console.
const (
	ModeSafe  = "safe"  // every message is encrypted; the only one for production
	ModePlain = "plain" // no encryption: for tests and the first set-up
)

// Config is one account's set-up. It prints without its secrets.
type Config struct {
	AppID          string
	Secret         string `json:"-"`
	Token          string `json:"-"` // shared word for signatures
	AESKey         string `json:"-"` // EncodingAESKey, 43 characters; needed in safe mode
	AESKeyPrevious string `json:"-"` // accepted while the key is being changed; may be empty
	Account        string // original id of the account, gh_…
	Mode           string // safe (also when empty) or plain
	API            string // base URL of the platform's API; empty means https://api.weixin.qq.com
	Open           string // base URL of its login for pages; empty means https://open.weixin.qq.com
}

const stars = "***"

func star(s string) string {
	if s == "" {
		return ""
	}
	return stars
}

// String shows the set-up with its secrets starred.
func (c Config) String() string {
	return fmt.Sprintf("{AppID:%s Secret:%s Token:%s AESKey:%s AESKeyPrevious:%s Account:%s Mode:%s API:%s Open:%s}",
		c.AppID, star(c.Secret), star(c.Token), star(c.AESKey), star(c.AESKeyPrevious), c.Account, c.Mode, c.API, c.Open)
}

// GoString keeps %#v from printing secrets.
func (c Config) GoString() string { return c.String() }

// LogValue keeps the secrets out of logs.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("app_id", c.AppID),
		slog.String("secret", star(c.Secret)),
		slog.String("token", star(c.Token)),
		slog.String("aes_key", star(c.AESKey)),
		slog.String("aes_key_previous", star(c.AESKeyPrevious)),
		slog.String("account", c.Account),
		slog.String("mode", c.Mode),
		slog.String("api", c.API),
		slog.String("open", c.Open),
	)
}

// keys decodes the AES keys, the current one first.
func (c Config) keys() ([][]byte, error) {
	var keys [][]byte
	for i, s := range []string{c.AESKey, c.AESKeyPrevious} {
		if i == 1 && s == "" {
			continue
		}
		// The last character carries two bits too many; the console does not keep them zero.
		key, err := base64.StdEncoding.DecodeString(s + "=")
		if len(s) != 43 || err != nil || len(key) != 32 {
			return nil, errors.New("AES key: want the console's 43 characters")
		}
		keys = append(keys, key)
	}
	return keys, nil
}

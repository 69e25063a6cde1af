package chat_test

import (
	"crypto/sha1"
	"encoding/hex"
	"slices"
	"strings"
)

// sign is the platform's signature, written without the bot's code.
func sign(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

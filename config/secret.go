package config

import (
	"fmt"
	"io"
	"log/slog"
)

const stars = "***"

// Secret is a value that must not be seen: whatever prints or encodes it writes ***. An empty
// one is written as nothing, so that one can see whether it is set.
type Secret string

// Reveal returns the value itself.
func (s Secret) Reveal() string { return string(s) }

// String returns ***.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return stars
}

// GoString returns *** in quotes.
func (s Secret) GoString() string { return fmt.Sprintf("%q", s.String()) }

// Format writes *** for every verb, also for those that do not ask String.
func (s Secret) Format(f fmt.State, verb rune) {
	if verb == 'v' && f.Flag('#') || verb == 'q' {
		_, _ = io.WriteString(f, s.GoString()) // the printer keeps its own errors
		return
	}
	_, _ = io.WriteString(f, s.String())
}

// MarshalText keeps the value out of JSON, YAML and XML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalBinary keeps the value out of gob.
func (s Secret) MarshalBinary() ([]byte, error) { return []byte(s.String()), nil }

// LogValue keeps the value out of logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

package chat_test

import (
	"bytes"
	"context"
	"log/slog"
	"regexp"
	"sync"
	"testing"
	"unicode"

	"yishi/bot/chat"
)

// personal finds what logs and metrics must not hold: anything in Chinese, as people write it (logs
// are in English), accounts as openid invents them, phones, and references of links.
var personal = map[string]*regexp.Regexp{
	"words":     regexp.MustCompile(`\p{Han}+`),
	"an openid": regexp.MustCompile(`\bo(?:e[4-9][0-9a-f]{4})+(?:[0-9a-f]{2})*\b`),
	"a phone":   regexp.MustCompile(`(?:^|\D)(1[3-9]\d{9})(?:\D|$)`),
	"a link":    regexp.MustCompile(`/f/[a-z2-7]{26}\b`),
}

// escaped stands for a character that a handler has written as \u4e2d.
var escaped = regexp.MustCompile(`\\u[0-9a-f]{4}`)

// tells says what personal things a text holds, "" for none.
func tells(text string) string {
	for what, is := range personal {
		if got := is.FindString(text); got != "" {
			return what + ": " + got
		}
	}
	if got := escaped.FindString(text); got != "" {
		return "an escaped character: " + got
	}
	return ""
}

// testLog is a log at its most talkative that shows in the test what an operator would be warned of.
// Whatever a test or transcript says to the bot, a line that tells anything of it fails the test: so
// each transcript plants canaries in every step that it goes through.
func testLog(t testing.TB) *slog.Logger {
	return slog.New(&canaryHandler{t: t, show: slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})})
}

// canaryHandler looks at each line of a log.
type canaryHandler struct {
	t    testing.TB
	show slog.Handler
	mu   sync.Mutex
	with []slog.Attr
}

func (*canaryHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h *canaryHandler) Handle(ctx context.Context, r slog.Record) error {
	var line bytes.Buffer
	if err := slog.NewJSONHandler(&line, &slog.HandlerOptions{Level: slog.LevelDebug}).WithAttrs(h.with).Handle(ctx, r); err != nil {
		return err
	}
	if found := tells(line.String()); found != "" {
		h.t.Errorf("a log tells %s in %s", found, line.String())
	}
	if !h.show.Enabled(ctx, r.Level) {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.show.Handle(ctx, r)
}

func (h *canaryHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &canaryHandler{t: h.t, show: h.show.WithAttrs(attrs), with: append(append([]slog.Attr(nil), h.with...), attrs...)}
}

func (h *canaryHandler) WithGroup(string) slog.Handler { return h }

// watched looks at what turns tell metrics: short words of the program's own.
func watched(t testing.TB, observe func(chat.Event)) func(chat.Event) {
	return func(e chat.Event) {
		for _, label := range []string{e.Flow, e.Step, e.Word} {
			for _, r := range label {
				if r > unicode.MaxASCII || !unicode.IsLower(r) && !unicode.IsDigit(r) && r != '-' {
					t.Errorf("a metric has the label %q", label)
				}
			}
		}
		if observe != nil {
			observe(e)
		}
	}
}

// What the handler above would let through would prove nothing.
func TestCanariesAreSeen(t *testing.T) {
	for text, want := range map[string]bool{
		`{"msg":"turn","flow":"raise-need","resident":"Zm9vYmFyMT"}`: false, `{"id":"8117034958340193480"}`: false, "第3幢": true,
		"account " + openid("小周"): true, "call 13800001234": true, `https://yishi.example/f/abcdefghijklmnopqrstuvwxyz`: true, `\u5c0f`: true,
	} {
		if got := tells(text); (got != "") != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}

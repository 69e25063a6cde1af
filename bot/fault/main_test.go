//go:build unix

package fault_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// program is the bot's binary, built once for all tests.
var program string

func TestMain(m *testing.M) { os.Exit(built(m)) }

func built(m *testing.M) int {
	dir, err := os.MkdirTemp("", "yishi-fault")
	if err != nil {
		return complain(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program = filepath.Join(dir, "bot")
	if err := build(program); err != nil {
		return complain(err)
	}
	return m.Run()
}

// build makes the bot.
func build(to string, flags ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	args := append([]string{"build", "-race=false", "-buildvcs=false", "-o", to}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "yishi/bot")...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build bot: %w", err)
	}
	return nil
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// seed of a test's randomness: YISHI_TEST_SEED, or a new one each time. It is printed.
func seed(t testing.TB) uint64 {
	t.Helper()
	s := uint64(time.Now().UnixNano())
	if text := os.Getenv("YISHI_TEST_SEED"); text != "" {
		given, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("YISHI_TEST_SEED: %v", err)
		}
		s = given
	} else {
		h := fnv.New64a()
		_, _ = h.Write([]byte(t.Name() + strconv.FormatUint(s, 10))) // never fails
		s = h.Sum64()
	}
	t.Logf("YISHI_TEST_SEED=%d", s)
	return s
}

// missing skips a test for want of a service, or fails where services must be there.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("YISHI_TEST_REQUIRE") == "1" {
		t.Fatalf("%s is missing and YISHI_TEST_REQUIRE is set", what)
	}
	t.Skipf("%s is missing", what)
}

// within is a context that ends with the test and after d at the latest.
func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// pause waits for d, or less if ctx ends; it reports whether all of d went by.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// until asks again and again, for d at most, and reports how long it took to become true.
func until(ctx context.Context, d time.Duration, is func() bool) (time.Duration, bool) {
	begin := time.Now()
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	for {
		if is() {
			return time.Since(begin), true
		}
		if !pause(ctx, 20*time.Millisecond) {
			return time.Since(begin), false
		}
	}
}

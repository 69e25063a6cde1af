//go:build unix

package fault_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"yishi/bot/wechat/platform"
)

// corpus is the folder with the hostile requests and the program that sends them.
func corpus(t testing.TB) string {
	t.Helper()
	shared := os.Getenv("YISHI_TEST_SHARED")
	if shared == "" {
		missing(t, "YISHI_TEST_SHARED")
	}
	return filepath.Join(shared, "corpus")
}

// TestCorpusOnTheWire sends all hostile requests to the real program, in both modes, without Redis.
func TestCorpusOnTheWire(t *testing.T) {
	t.Parallel()
	folder := corpus(t)
	drive := filepath.Join(t.TempDir(), "drive")
	build := exec.CommandContext(within(t, 2*time.Minute), "go", "build", "-race=false", "-o", drive, filepath.Join(folder, "drive.go"))
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build drive.go: %v\n%s", err, out)
	}
	plain := run(t, plan{lite: true, mode: platform.Plain})
	safe := run(t, plan{lite: true, mode: platform.Safe})
	cmd := exec.CommandContext(within(t, 2*time.Minute), drive,
		"-url", plain.bots[0].webhook(), "-safe-url", safe.bots[0].webhook(), filepath.Join(folder, "webhook.jsonl"))
	out, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	last := lines[len(lines)-1]
	t.Log(last)
	if err != nil || !strings.Contains(last, " 0 failed") {
		t.Errorf("%v\n%s", err, out)
	}
}

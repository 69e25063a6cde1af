//go:build unix

package fault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a child of the test, started again on the same ports after it ended.
type process struct {
	name  string
	args  []string
	env   []string
	log   string // file of all it prints
	ready func(context.Context) bool

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
}

const (
	startTime = time.Minute      // a loaded machine is slow to start programs
	stopTime  = 10 * time.Second // what the program may take to end
)

// newProcess makes a child that is killed, by its pid, when the test ends.
func newProcess(t testing.TB, name string, env []string, ready func(context.Context) bool, args ...string) *process {
	t.Helper()
	p := &process{
		name: name, args: args, env: env, ready: ready,
		log: filepath.Join(t.TempDir(), filepath.Base(name)+".log"),
	}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() && name == program {
			t.Logf("%s:\n%s", filepath.Base(name), tail(p.log, 1500))
		}
	})
	return p
}

// start runs the child and waits until it is ready.
func (p *process) start(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	defer func() { _ = out.Close() }()                                        // the child has its own
	cmd := exec.CommandContext(context.WithoutCancel(ctx), p.name, p.args...) // ended by its pid
	cmd.Env, cmd.Stdout, cmd.Stderr = p.env, out, out
	if err := begin(cmd); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }() // its state tells
	p.cmd, p.done = cmd, done
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for !p.ready(ctx) {
		select {
		case <-done:
			return fmt.Errorf("%s ended at once:\n%s", filepath.Base(p.name), tail(p.log, 2000))
		default:
		}
		if !pause(ctx, 5*time.Millisecond) {
			return fmt.Errorf("%s does not get ready: %w\n%s", filepath.Base(p.name), ctx.Err(), tail(p.log, 2000))
		}
	}
	return nil
}

// signal sends s to the child, if it runs.
func (p *process) signal(s os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		_ = p.cmd.Process.Signal(s) // it may have ended
	}
}

// kill ends the child at once, as kill -9 does.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done != nil {
		<-p.done
	}
}

// stop asks the child to end and returns its exit code, -1 if it did not end in time.
func (p *process) stop() int {
	p.signal(syscall.SIGTERM)
	p.mu.Lock()
	defer p.mu.Unlock()
	timer := time.NewTimer(stopTime)
	defer timer.Stop()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-timer.C:
		return -1
	}
}

// tail is the end of a file.
func tail(path string, most int) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-most):])
}

// freeAddr is a loopback address that nobody listens on. Its port lies below those that
// outgoing connections get, so that it is still free after a restart.
func freeAddr(t testing.TB) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", nextPort())
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", addr)
		if err == nil {
			_ = l.Close()
			return addr
		}
	}
	t.Fatal("no free port")
	return ""
}

// ports are given out once each in this process, from a start that differs between processes.
var ports struct {
	sync.Mutex
	next int
}

func nextPort() int {
	ports.Lock()
	defer ports.Unlock()
	const first, count = 20500, 11000
	if ports.next == 0 {
		ports.next = os.Getpid() * 131
	}
	ports.next++
	return first + ports.next%count
}

// answers says whether a URL is answered with 200.
func answers(ctx context.Context, url string) bool {
	status, _, err := get(ctx, url)
	return err == nil && status == http.StatusOK
}

func get(ctx context.Context, url string) (int, string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", fmt.Errorf("make request: %w", err)
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("get: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return 0, "", fmt.Errorf("read: %w", err)
	}
	return res.StatusCode, string(body), nil
}

// command runs a command of the bot to its end and returns its exit code and all it printed.
func command(t testing.TB, env []string, args ...string) (int, string) {
	t.Helper()
	cmd := exec.CommandContext(within(t, time.Minute), program, args...)
	var out bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = env, &out, &out
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatalf("run bot %v: %v", args, err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// output is what a command prints, readable while it runs.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// process is a command run inside the test.
type process struct {
	stdout, stderr output
	code           chan int
	stop           context.CancelFunc
}

func start(t testing.TB, vars map[string]string, args ...string) *process {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	p := &process{code: make(chan int, 1), stop: stop}
	var environ []string
	for k, v := range vars {
		environ = append(environ, k+"="+v)
	}
	go func() {
		p.code <- run(ctx, env{
			args: args, stdout: &p.stdout, stderr: &p.stderr, environ: environ,
			getenv: func(k string) string { return vars[k] },
		})
	}()
	return p
}

// wait returns the exit code.
func (p *process) wait(t testing.TB) int {
	t.Helper()
	select {
	case code := <-p.code:
		return code
	case <-time.After(30 * time.Second):
		t.Fatalf("the command does not end; it said %s%s", p.stdout.String(), p.stderr.String())
		return -1
	}
}

// await waits until the output matches and returns the first group.
func (p *process) await(t *testing.T, o *output, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(30 * time.Second); ; {
		if m := re.FindStringSubmatch(o.String()); m != nil {
			return m[1]
		}
		select {
		case <-tick.C:
		case code := <-p.code:
			t.Fatalf("ended with %d: %s%s", code, p.stdout.String(), p.stderr.String())
		case <-end:
			t.Fatalf("no %s in %s%s", pattern, p.stdout.String(), p.stderr.String())
		}
	}
}

// settings are those of a small community on SQLite alone.
func settings(t testing.TB) map[string]string {
	t.Helper()
	dir := t.TempDir()
	return map[string]string{
		"YISHI_SQL": "sqlite:" + filepath.Join(dir, "yishi.db"), "YISHI_REDIS": "none", "YISHI_DATA": dir,
		"YISHI_ADDR": "127.0.0.1:0", "YISHI_ADMIN_ADDR": "127.0.0.2:0",
		"YISHI_MASTER_KEY":   strings.Repeat("0123456789abcdef", 4),
		"YISHI_WECHAT_APPID": "wx0123456789abcdef", "YISHI_WECHAT_SECRET": "not-a-real-app-secret",
		"YISHI_WECHAT_TOKEN": "test-token", "YISHI_WECHAT_ACCOUNT": "gh_0123456789ab",
		"YISHI_WECHAT_AES_KEY": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
		"YISHI_WECHAT_API":     "http://127.0.0.1:1", // the platform cannot be reached
	}
}

func TestCommandLine(t *testing.T) {
	for _, tc := range []struct {
		name   string
		args   []string
		change map[string]string
		code   int
		stdout string
		stderr string
	}{
		{name: "no command", code: exitUsage, stderr: "usage: bot COMMAND"},
		{name: "unknown command", args: []string{"dance"}, code: exitUsage, stderr: "demo"},
		{name: "help", args: []string{"help"}, code: exitOK, stderr: "demo"},
		{name: "version", args: []string{"version"}, code: exitOK, stdout: "dev"},
		{name: "keys", args: []string{"keys"}, code: exitOK, stdout: "YISHI_WECHAT_AES_KEY="},
		{name: "flows", args: []string{"flows"}, code: exitOK, stdout: "title: 提需求 (raise-need v1)"},
		{name: "serve before migrate", args: []string{"serve"}, code: exitFail, stderr: "bot migrate"},
		{
			name: "every fault at once", args: []string{"serve"}, code: exitUsage, stderr: "YISHI_WECHAT_AES_KEY",
			change: map[string]string{"YISHI_WECHAT_AES_KEY": "short", "YISHI_MASTER_KEY": "zz", "YISHI_SQL": "oracle:x", "YISHI_REDDIS": "none", "YISHI_PUSH": "kinds: {song: {}}"},
		},
		{name: "community without words", args: []string{"community"}, code: exitUsage, stderr: "community add"},
		{name: "community with a wrong flag", args: []string{"community", "add", "-colour", "red"}, code: exitUsage, stderr: "-code"},
		{name: "community before migrate", args: []string{"community", "list"}, code: exitFail, stderr: "bot migrate"},
		{name: "healthcheck of nobody", args: []string{"healthcheck"}, code: exitFail, stderr: "ask health", change: map[string]string{"YISHI_ADMIN_ADDR": "127.0.0.1:1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			vars := settings(t)
			maps.Copy(vars, tc.change)
			p := start(t, vars, tc.args...)
			if code := p.wait(t); code != tc.code {
				t.Errorf("exit code %d, want %d: %s", code, tc.code, p.stderr.String())
			}
			if !strings.Contains(p.stdout.String(), tc.stdout) || !strings.Contains(p.stderr.String(), tc.stderr) {
				t.Errorf("printed %q and %q", p.stdout.String(), p.stderr.String())
			}
			if tc.name == "every fault at once" {
				for _, name := range []string{"YISHI_MASTER_KEY", "YISHI_SQL", "YISHI_REDDIS", "YISHI_REDIS", "YISHI_PUSH: push: unknown kind song"} {
					if !strings.Contains(p.stderr.String(), name) {
						t.Errorf("%s is not named in %s", name, p.stderr.String())
					}
				}
			}
		})
	}
}

// A small community: migrate, add a community, serve; SIGTERM ends it cleanly.
func TestServe(t *testing.T) {
	vars := settings(t)
	for _, args := range [][]string{
		{"migrate"},
		{"migrate"}, // twice is harmless
		{"community", "add", "-code", "钮", "-name", "钮家巷社区", "-estates", "凤凰新村，菉葭巷", "-scene", "door-3"},
		{"community", "list"},
	} {
		p := start(t, vars, args...)
		if code := p.wait(t); code != exitOK {
			t.Fatalf("bot %v: exit code %d: %s", args, code, p.stderr.String())
		}
		if args[len(args)-1] == "list" && !strings.Contains(p.stdout.String(), "钮家巷社区") {
			t.Errorf("listed %s", p.stdout.String())
		}
	}
	p := start(t, vars, "serve")
	addr := p.await(t, &p.stderr, `"addr":"([^"]+)"`)
	admin := p.await(t, &p.stderr, `"admin":"([^"]+)"`)
	for _, tc := range []struct {
		url    string
		status int
		want   string
	}{
		{"http://" + admin + "/healthz", 200, `"ok"`},
		{"http://" + admin + "/readyz", 200, `"sql":"ok"`},
		{"http://" + admin + "/metrics", 200, "yishi_webhook_calls_total"},
		{"http://" + addr + "/wechat", 403, ""},
		{"http://" + addr + "/", 404, ""},
		{"http://" + addr + "/metrics", 404, ""},
	} {
		status, body := get(t, tc.url)
		if status != tc.status || !strings.Contains(body, tc.want) {
			t.Errorf("%s: %d %.200s, want %d and %q", tc.url, status, body, tc.status, tc.want)
		}
	}
	vars["YISHI_ADMIN_ADDR"] = admin
	if code := start(t, vars, "healthcheck").wait(t); code != exitOK {
		t.Errorf("healthcheck: exit code %d", code)
	}
	p.stop()
	if code := p.wait(t); code != exitOK {
		t.Errorf("exit code %d after stop: %s", code, p.stderr.String())
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, req)
}

func do(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// The demo needs nothing, and a restart loses nothing.
func TestDemo(t *testing.T) {
	vars := map[string]string{"YISHI_DATA": t.TempDir(), "YISHI_ADDR": "127.0.0.1:0"}
	says := []string{"提需求", "凤池弄河边要装晾衣架", "4", "1"}
	p := start(t, vars, "demo")
	page := "http://" + p.await(t, &p.stdout, `http://([0-9.:]+)/`)
	if status, body := get(t, page+"/"); status != 200 || !strings.Contains(body, "议事") {
		t.Fatalf("page: %d %.200s", status, body)
	}
	act(t, page, map[string]any{"phone": 0, "do": "follow", "n": 0})
	for _, s := range says[:2] {
		act(t, page, map[string]any{"phone": 0, "do": "say", "text": s})
	}
	awaitChat(t, page, "这属于哪一类")
	p.stop()
	if code := p.wait(t); code != exitOK {
		t.Fatalf("exit code %d: %s", code, p.stderr.String())
	}
	p = start(t, vars, "demo")
	page = "http://" + p.await(t, &p.stdout, `http://([0-9.:]+)/`)
	awaitChat(t, page, "这属于哪一类")
	for _, s := range says[2:] {
		act(t, page, map[string]any{"phone": 0, "do": "say", "text": s})
	}
	awaitChat(t, page, "已附议，现在 13 位认证居民附议")
	p.stop()
	if code := p.wait(t); code != exitOK {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
}

// act does something on a phone of the demo.
func act(t *testing.T, page string, what map[string]any) {
	t.Helper()
	b, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page+"/demo/api/act", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if status, body := do(t, req); status >= 300 {
		t.Fatalf("act: %d %s", status, body)
	}
	awaitIdle(t, page)
}

// chatOf returns the transcript of the first phone.
func chatOf(t *testing.T, page string) string {
	t.Helper()
	_, body := get(t, page+"/demo/api/chat?phone=0")
	return body
}

// awaitIdle waits until the last thing said is answered.
func awaitIdle(t *testing.T, page string) {
	t.Helper()
	wait(t, func() bool {
		last := ""
		for sc := bufio.NewScanner(strings.NewReader(chatOf(t, page))); sc.Scan(); {
			if sc.Text() != "" && !strings.HasPrefix(sc.Text(), " ") {
				last = sc.Text()
			}
		}
		return strings.HasPrefix(last, "<")
	})
}

func awaitChat(t *testing.T, page, want string) {
	t.Helper()
	wait(t, func() bool { return strings.Contains(chatOf(t, page), want) })
}

func wait(t *testing.T, until func() bool) {
	t.Helper()
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(20 * time.Second); !until(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("it does not happen")
		}
	}
}

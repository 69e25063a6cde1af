//go:build unix

package fault_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"yishi/bot/wechat/platform"
)

// lookServer finds a server's program, also where daemons stand on Debian.
func lookServer(t testing.TB, name string) string {
	t.Helper()
	for _, at := range []string{name, filepath.Join("/usr/sbin", name), filepath.Join("/usr/local/sbin", name)} {
		if path, err := exec.LookPath(at); err == nil {
			return path
		}
	}
	missing(t, name)
	return ""
}

// startMariaDB runs a MariaDB of the test's own, as durable as the README asks for, and has the
// test's sites use it.
func startMariaDB(t *testing.T) *process {
	t.Helper()
	dir, port := t.TempDir(), ""
	if _, p, ok := strings.Cut(freeAddr(t), ":"); ok {
		port = p
	}
	daemon, install := lookServer(t, "mariadbd"), lookServer(t, "mariadb-install-db")
	common := []string{"--no-defaults", "--datadir=" + dir + "/data"}
	if os.Geteuid() == 0 {
		common = append(common, "--user=root") // the folder is root's
	}
	setup := exec.CommandContext(within(t, 2*time.Minute), install,
		append(common, "--auth-root-authentication-method=normal", "--skip-test-db")...)
	if out, err := setup.CombinedOutput(); err != nil {
		t.Fatalf("prepare MariaDB: %v\n%s", err, out)
	}
	dsn := "root@tcp(127.0.0.1:" + port + ")/?parseTime=true&charset=utf8mb4"
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	p := newProcess(t, daemon, []string{"PATH=" + os.Getenv("PATH")}, func(ctx context.Context) bool {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		return db.PingContext(ctx) == nil
	}, append(common, "--port="+port, "--bind-address=127.0.0.1", "--socket="+dir+"/s", "--pid-file="+dir+"/pid",
		"--skip-name-resolve", "--innodb-flush-log-at-trx-commit=1", "--sync-binlog=1", "--log-bin="+dir+"/data/bin",
		"--binlog-format=ROW", "--server-id=1", "--innodb-buffer-pool-size=64M")...)
	if err := p.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Setenv("YISHI_TEST_MYSQL_DSN", dsn)
	return p
}

// TestDatabaseKilled ends the database with kill -9 again and again while residents raise needs:
// each message is answered in time, all is well two seconds after the database is, and whatever
// anybody was told to be kept is kept, once.
func TestDatabaseKilled(t *testing.T) {
	server := startMariaDB(t)
	number := seed(t)
	s := run(t, plan{replicas: 2, deadline: answerTime, pause: 50 * time.Millisecond, seed: number})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	h := s.listen()
	var wg sync.WaitGroup
	var kills atomic.Int32
	wg.Go(func() {
		for round := 0; round < 3 && pause(ctx, 2*time.Second); round++ {
			server.kill()
			pause(ctx, time.Second)
			if err := server.start(ctx); err != nil {
				t.Error(err)
				return
			}
			s.wellAgain(fmt.Sprintf("oWell%d-", round))
			kills.Add(1)
		}
		pause(ctx, time.Second)
		kills.Add(1) // enough
	})
	r := s.waves(ctx, platform.RehearseOptions{
		Residents: 12, Seed: number, Copies: 0.05, Hurry: -1, Cancel: 0.02,
	}, func(r platform.Report) bool { return kills.Load() > 3 && len(r.Claims) >= 100 || t.Failed() })
	cancel()
	wg.Wait()
	t.Logf("killed %d times, %s", kills.Load()-1, figures(r))
	if r.Faulty > 0 || r.Unanswered > 0 {
		t.Errorf("%d messages were not answered, %d with nothing", r.Faulty, r.Unanswered)
	}
	if r.Unsure == 0 {
		t.Error("nobody was unsure: was the database away?")
	}
	s.cleanAfter(h, r.Claims)
}

// wellAgain checks that people who are new get what SQL has for them within two seconds.
func (s *site) wellAgain(prefix string) {
	s.t.Helper()
	last, n := "", 0
	took, ok := until(s.t.Context(), 2*time.Second, func() bool {
		n++
		openid := fmt.Sprintf("%s%d", prefix, n)
		s.p.Person(openid).Follow(s.t.Context(), scenes[0]) // whatever is answered
		last = s.send(openid, "我的").Reply.Text
		return !honest(last) && last != ""
	})
	if !ok {
		s.t.Errorf("not well again after %v: %q", took, last)
		return
	}
	s.t.Logf("well again after %v", took.Round(time.Millisecond))
}

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// BenchmarkImportDistrict imports a district's roll by the real program on SQLite and says how much memory it took.
// YISHI_TEST_BENCH_ROWS is how many people; a district has 732,100.
func BenchmarkImportDistrict(b *testing.B) {
	people := 50_000
	if n, err := strconv.Atoi(os.Getenv("YISHI_TEST_BENCH_ROWS")); err == nil {
		people = n
	}
	program := filepath.Join(b.TempDir(), "bot")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("build: %v %s", err, out)
	}
	for _, one := range []bool{false, true} {
		b.Run(fmt.Sprintf("one community=%t", one), func(b *testing.B) {
			for range b.N {
				h := office{settings(b), b.TempDir()}
				h.vars["YISHI_SQL"] = "sqlite:" + filepath.Join(h.dir, "yishi.db")
				path := filepath.Join(h.dir, "roll.csv")
				households := writeRoll(b, path, people, one)
				h.ok(b, "migrate")
				args := []string{"import", "roll", path, "--district", "某区"}
				if one {
					args = append(args, "--community", "甲")
					h.ok(b, "community", "add", "-code", "甲", "-name", "甲社区")
				} else {
					for i := range households/1720 + 1 {
						h.ok(b, "community", "add", "-code", string(rune('一'+i)), "-name", fmt.Sprintf("第%d社区", i))
					}
				}
				for _, what := range []string{"new", "same"} {
					began := time.Now()
					most := h.measured(b, program, what+" "+strconv.Itoa(people), args...)
					b.ReportMetric(float64(people)/time.Since(began).Seconds(), "rows/s-"+what)
					b.ReportMetric(float64(most)/1024, "MB-"+what)
					if most > 300<<10 {
						b.Errorf("%d kB resident, want at most 300 MB", most)
					}
				}
			}
		})
	}
}

// measured runs the program and returns the greatest resident memory it had, in kB, as Linux counts it (VmHWM).
func (h office) measured(b *testing.B, program, want string, args ...string) int {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), program, args...)
	for k, v := range h.vars {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	peak := regexp.MustCompile(`VmHWM:\s+(\d+) kB`)
	most := 0
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
			if m := peak.FindSubmatch(status); err == nil && m != nil {
				n, _ := strconv.Atoi(string(m[1])) // digits
				most = max(most, n)
			}
		case err := <-ended:
			if err != nil || !bytes.Contains(out.Bytes(), []byte(want)) {
				b.Fatalf("%v: %s", err, out.Bytes())
			}
			return most
		}
	}
}

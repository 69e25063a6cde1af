package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"yishi/config"
	"yishi/store"
	"yishi/store/storetest"
)

const rollHead = "小区,网格,幢,单元,室,姓名,手机,编号,备注\n"

// office is a database with two communities, and the variables to reach it.
type office struct {
	vars map[string]string
	dir  string
}

// offices runs a test on both kinds of database.
func offices(t *testing.T, test func(*testing.T, office)) {
	for name, dsn := range map[string]func(t *testing.T) string{
		"sqlite": func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "yishi.db") },
		"mysql":  func(t *testing.T) string { return "mysql:" + storetest.MySQL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			h := office{settings(t), t.TempDir()}
			h.vars["YISHI_SQL"] = dsn(t)
			for _, args := range [][]string{
				{"migrate"}, {"community", "add", "-code", "钮", "-name", "钮家巷社区"}, {"community", "add", "-code", "菉", "-name", "菉葭巷社区"},
			} {
				h.ok(t, args...)
			}
			test(t, h)
		})
	}
}

// ok runs a command that must end well and returns what it printed.
func (h office) ok(t testing.TB, args ...string) string {
	t.Helper()
	code, out, errs := h.run(t, args...)
	if code != exitOK {
		t.Fatalf("bot %v: exit code %d: %s%s", args, code, out, errs)
	}
	return out
}

func (h office) run(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	p := start(t, h.vars, args...)
	code = p.wait(t)
	return code, p.stdout.String(), p.stderr.String()
}

func (h office) file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (h office) open(t *testing.T) *store.DB {
	t.Helper()
	p := env{stdout: &output{}, stderr: &output{}, getenv: func(k string) string { return h.vars[k] }}
	for k, v := range h.vars {
		p.environ = append(p.environ, k+"="+v)
	}
	cfg, err := load(p, config.Database)
	if err != nil {
		t.Fatal(err)
	}
	db, err := openStore(context.Background(), cfg, newLog(p, cfg))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// summary are the counts of an import's last line.
func summary(out string) string {
	return regexp.MustCompile(`new \d+, changed \d+, moved \d+, returned \d+, same \d+, left \d+; bad rows \d+`).FindString(out)
}

func TestImportRoll(t *testing.T) {
	offices(t, func(t *testing.T, h office) {
		rows := rollHead +
			"凤凰新村,一网格,3幢,2单元,501室,张三,13800000001,A1,\n" +
			"凤凰新村,一网格,3幢,2单元,501室,李四,,A2,租户\n" +
			"凤凰新村,一网格,4幢,,101,王五,0512-67271234,,\n"
		path := h.file(t, "roll.csv", []byte(rows))
		if out := h.ok(t, "import", "roll", path, "--community", "钮", "--dry-run"); summary(out) != "new 3, changed 0, moved 0, returned 0, same 0, left 0; bad rows 0" {
			t.Errorf("dry run: %s", out)
		}
		if out := h.ok(t, "import", "roll", path, "--community", "钮"); summary(out) != "new 3, changed 0, moved 0, returned 0, same 0, left 0; bad rows 0" {
			t.Errorf("import after a dry run: %s", out)
		}
		if out := h.ok(t, "import", "roll", "--community", "钮", path); summary(out) != "new 0, changed 0, moved 0, returned 0, same 3, left 0; bad rows 0" {
			t.Errorf("the same again: %s", out)
		}
		gbk, err := simplifiedchinese.GBK.NewEncoder().String("社区,街道,小区,幢,单元,室,姓名,手机,编号\n菉葭巷社区,平江街道,菉葭巷,1,,101,赵六,,\n钮家巷社区,平江街道,凤凰新村,5,,101,张三,13800000001,A1\n")
		if err != nil {
			t.Fatal(err)
		}
		out := h.ok(t, "import", "roll", h.file(t, "district.csv", []byte(gbk)), "--district", "姑苏区", "--complete")
		if summary(out) != "new 1, changed 0, moved 1, returned 0, same 0, left 2; bad rows 0" {
			t.Errorf("a district in GBK: %s", out)
		}
		if out := h.ok(t, "community", "list"); strings.Count(out, "平江街道") != 2 {
			t.Errorf("streets: %s", out)
		}
	})
}

// Every bad row is listed by line, with neither name, phone nor door; nothing is imported unless asked.
func TestImportFaults(t *testing.T) {
	book := excelize.NewFile()
	for i, row := range [][]any{
		{"小区", "幢", "单元", "室", "姓名", "手机"},
		{"金丝雀新村", "3", "2", "501", "金丝雀", "13800000001"},
		{"金丝雀新村", "3", "2", "502", "金丝鸟", "13800000002"},
		{"金丝雀新村", "3", "2", "", "金丝鸡", "13800000003"},
	} {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(book.SetCellFormula("Sheet1", "F2", "=1+1"), book.MergeCell("Sheet1", "D3", "D4")); err != nil {
		t.Fatal(err)
	}
	xlsx, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	const person = "金丝雀新村,%s,3,2,501,%s,%s,%s,\n"
	good := fmt.Sprintf(person, "一网格", "金丝雀", "13812345678", "X1")
	canary := regexp.MustCompile(`金丝|138\d{4}|X1|501|新村`)
	offices(t, func(t *testing.T, h office) {
		for _, tc := range []struct {
			name    string
			content []byte
			lines   []string // in order, in stderr
			good    int      // rows that --skip-bad imports; -1: the file is refused
		}{
			{"no name", []byte(rollHead + good + "金丝雀新村,,3,2,502,,13812345679,,\n"), []string{"第 3 行　姓名："}, 1},
			{"short phone", []byte(rollHead + fmt.Sprintf(person, "", "金丝雀", "1381234567", "X1") + "金丝雀新村,,3,2,502,金丝鸟,,,\n"), []string{"第 2 行　手机："}, 1},
			{"twice", []byte(rollHead + good + good), []string{"第 3 行　姓名："}, 1},
			{"two grids", []byte(rollHead + good + fmt.Sprintf(person, "二网格", "金丝鸟", "", "")), []string{"第 3 行　网格："}, 1},
			{"two faults", []byte(rollHead + good + "金丝雀新村,,,2,502,金丝1,,,\n"), []string{"第 3 行　幢：", "第 3 行　姓名："}, 1},
			{"formula in CSV", []byte(rollHead + good + "金丝雀新村,,3,2,502,=金丝(),,,\n"), []string{"第 3 行　姓名："}, 1},
			{"formulas and merged cells", xlsx.Bytes(), []string{"第 2 行　手机：", "第 3 行　室：", "第 4 行　室："}, 0},
			{"a number on two rows", []byte(rollHead + good + fmt.Sprintf(person, "一网格", "金丝鸟", "", "X1")), []string{"第 3 行　编号："}, 1},
			{"wrong columns", []byte("甲,乙,丙\n1,2,3\n"), []string{"表头"}, -1},
			{"empty", nil, []string{"文件是空的"}, -1},
			{"no table", []byte("%PDF-1.7"), []string{"PDF"}, -1},
		} {
			t.Run(tc.name, func(t *testing.T) {
				path := h.file(t, "bad", tc.content)
				code, out, errs := h.run(t, "import", "roll", path, "--community", "菉")
				if code != exitFail || strings.Contains(out, "new 1,") && !strings.Contains(errs, "nothing was imported") {
					t.Errorf("exit code %d: %s%s", code, out, errs)
				}
				at := 0
				for _, l := range tc.lines {
					i := strings.Index(errs[at:], l)
					if i < 0 {
						t.Fatalf("no %s in %s", l, errs)
					}
					at += i
				}
				if s := canary.FindString(out + errs); s != "" {
					t.Errorf("the output names %q: %s%s", s, out, errs)
				}
				if n := count(t, h.open(t)); n != 0 {
					t.Errorf("%d people are on the roll", n)
				}
			})
		}
	})
}

func count(t *testing.T, db *store.DB) int {
	t.Helper()
	c, err := communityByCode(t.Context(), db, "菉")
	if err != nil {
		t.Fatal(err)
	}
	doors, err := db.DoorList(t.Context(), c.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, d := range doors {
		n += d.People
	}
	return n
}

func TestImportSkipsBadRows(t *testing.T) {
	offices(t, func(t *testing.T, h office) {
		path := h.file(t, "roll.csv", []byte(rollHead+"凤凰新村,,3,2,501,张三,,,\n凤凰新村,,3,2,502,,,,\n凤凰新村,,3,2,503,李四,12,,\n"))
		faults := filepath.Join(h.dir, "faults.csv")
		out := h.ok(t, "import", "roll", path, "--community", "菉", "--skip-bad", faults)
		if summary(out) != "new 1, changed 0, moved 0, returned 0, same 0, left 0; bad rows 2" || count(t, h.open(t)) != 1 {
			t.Errorf("printed %s", out)
		}
		b, err := os.ReadFile(faults)
		if err != nil || strings.Count(string(b), "\r\n") != 3 || !strings.Contains(string(b), "3,姓名,") || !strings.Contains(string(b), "4,手机,") {
			t.Errorf("faults: %q, %v", b, err)
		}
		for _, args := range [][]string{
			{"import"},
			{"import", "roll"},
			{"import", "song", path},
			{"import", "roll", path, "more"},
			{"import", "roll", path, "--skip-bad", faults, "--complete"},
		} {
			if code, _, errs := h.run(t, args...); code != exitUsage || errs == "" {
				t.Errorf("bot %v: exit code %d", args, code)
			}
		}
		vars := maps.Clone(h.vars)
		for _, args := range [][]string{{"import", "roll", path, "--community", "无"}, {"import", "roll", filepath.Join(h.dir, "none.csv"), "--community", "菉"}, {"import", "roll", h.dir, "--community", "菉"}} {
			if code, _, errs := (office{vars, h.dir}).run(t, args...); code != exitFail || strings.Contains(errs, h.dir) {
				t.Errorf("bot %v: exit code %d, %s", args, code, errs)
			}
		}
	})
}

package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"yishi/store/storetest"
)

// writeRoll writes a roll of so many people as districts have them: communities of 4,300, households of
// 2.5, half of them with a phone. One community: none is named. It returns the number of households.
func writeRoll(t testing.TB, path string, people int, one bool) int {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	if one {
		_, _ = fmt.Fprint(w, "小区,网格,幢,单元,室,姓名,手机,编号,备注\n")
	} else {
		_, _ = fmt.Fprint(w, "街道,社区,小区,网格,幢,单元,室,姓名,手机,编号,备注\n")
	}
	surnames, given := []rune("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高"), []rune("伟芳娜敏静丽强磊军洋勇艳杰涛明超兰霞平刚桂英华玉萍红飞玲桂")
	house := 0
	for i := range people {
		if i%5 == 0 || i%5 == 2 { // 2 and 3 people a household
			house++
		}
		in := house
		if !one {
			in = house % 1720
			_, _ = fmt.Fprintf(w, "第%d街道,第%d社区,", house/1720/10, house/1720)
		}
		phone := ""
		if i%2 == 0 {
			phone = strconv.Itoa(13_000_000_000 + i)
		}
		name := string([]rune{surnames[i%len(surnames)], given[i/7%len(given)], given[i/31%len(given)]})
		_, _ = fmt.Fprintf(w, "新村%d,%d网格,%d,%d,%d,%s,%s,R%d,%s\n", in/800, in/200, in/40%20+1, in/10%4+1, 101+in%10/2*100+in%2, name, phone, i, []string{"", "", "", "租户"}[i%4])
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return house
}

// BenchmarkImport imports the roll of 10,000 households through the command: first anew, then again.
// The floor is plain inserts of the same lines into the same database.
func BenchmarkImport(b *testing.B) {
	for _, kind := range []string{"sqlite", "mysql"} {
		b.Run(kind, func(b *testing.B) {
			for range b.N {
				h := office{settings(b), b.TempDir()}
				h.vars["YISHI_SQL"] = "sqlite:" + filepath.Join(h.dir, "yishi.db")
				if kind == "mysql" {
					h.vars["YISHI_SQL"] = "mysql:" + storetest.MySQL(b)
				}
				h.ok(b, "migrate")
				h.ok(b, "community", "add", "-code", "钮", "-name", "钮家巷社区")
				path := filepath.Join(h.dir, "roll.csv")
				b.ReportMetric(float64(writeRoll(b, path, 25_000, true)), "households")
				roll, err := os.ReadFile(path)
				if err != nil {
					b.Fatal(err)
				}
				floor := storetest.Floor(b, h.vars["YISHI_SQL"], strings.Split(strings.TrimSpace(string(roll)), "\n")[1:], time.Now).Seconds()
				b.ReportMetric(25_000/floor, "rows/s-floor")
				for _, what := range []string{"new", "same"} {
					began := time.Now()
					out := h.ok(b, "import", "roll", path, "--community", "钮")
					took := time.Since(began).Seconds()
					if m := regexp.MustCompile(what + ` 25000\b`).FindString(out); m == "" {
						b.Fatal(out)
					}
					b.ReportMetric(took, "s-"+what)
					b.ReportMetric(25_000/took, "rows/s-"+what)
					b.ReportMetric(took/floor, "floors-"+what)
				}
			}
		})
	}
}

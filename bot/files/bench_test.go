package files

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// benchRow is one of many people, all of them different.
func benchRow(i int) []string {
	const surnames, given = "赵钱孙李周吴郑王冯陈", "一丁三上世丰中丹之九也书二于云五亚京仁仪"
	pick := func(s string, n int) string { r := []rune(s); return string(r[n%len(r)]) }
	household := i / 3
	return []string{
		"平江街道", fmt.Sprintf("第%d社区", household/1500), fmt.Sprintf("第%d小区", household/500), "一网格",
		strconv.Itoa(household/60%40+1) + "幢", strconv.Itoa(household/12%5+1) + "单元", strconv.Itoa(household/2%6*100+101+household%2) + "室",
		pick(surnames, i) + pick(given, i/10) + pick(given, i/200), strconv.Itoa(13_000_000_000 + i*7), "P" + strconv.Itoa(i),
	}
}

var benchHead = []string{"街道", "社区", "小区", "网格", "幢", "单元", "室", "姓名", "手机", "编号"}

func benchCSV(b *testing.B, name string, rows int) {
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, strings.Join(benchHead, ","))
	for i := range rows {
		fmt.Fprintln(w, strings.Join(benchRow(i), ","))
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

func benchXLSX(b *testing.B, name string, rows int) {
	f := excelize.NewFile(excelize.Options{TmpDir: filepath.Dir(name)})
	defer func() { _ = f.Close() }() // its temporary files are in a folder of the test
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	for i := range rows + 1 {
		row := benchHead
		if i > 0 {
			row = benchRow(i - 1)
		}
		cells := make([]any, len(row))
		for j, c := range row {
			cells[j] = c
		}
		if err := w.SetRow("A"+strconv.Itoa(i+1), cells); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.SaveAs(name); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReadRoll reads rolls of a community and of a district. heap-MB is the greatest heap in use above that before,
// collected every few milliseconds.
func BenchmarkReadRoll(b *testing.B) {
	for _, rows := range []int{10_000, 732_100} {
		for kind, write := range map[string]func(*testing.B, string, int){"csv": benchCSV, "xlsx": benchXLSX} {
			b.Run(fmt.Sprintf("%s-%d", kind, rows), func(b *testing.B) {
				name := filepath.Join(b.TempDir(), "roll."+kind)
				write(b, name, rows)
				f, err := os.Open(name)
				if err != nil {
					b.Fatal(err)
				}
				defer func() { _ = f.Close() }() // only read from
				size, err := f.Seek(0, io.SeekEnd)
				if err != nil {
					b.Fatal(err)
				}
				heap := watchHeap()
				b.ResetTimer()
				for range b.N {
					good := 0
					for _, fault := range NewRoll(f, size, RollOptions{}).Rows(context.Background()) {
						if fault != nil {
							b.Fatal(*fault)
						}
						good++
					}
					if good != rows {
						b.Fatalf("%d rows of %d", good, rows)
					}
				}
				b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
				b.ReportMetric(heap(), "heap-MB")
				b.ReportMetric(float64(size)/(1<<20), "file-MB")
			})
		}
	}
}

// watchHeap begins to watch the heap; the function that it returns ends that and gives the greatest growth in MB.
func watchHeap() func() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before, most := m.HeapInuse, m.HeapInuse
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}
		}
	}()
	return func() float64 {
		close(stop)
		<-stopped
		return float64(most-before) / (1 << 20)
	}
}

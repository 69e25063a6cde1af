package files

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"yishi/flows/civic"
)

var nastyCells = []string{
	"=1+1", "+86 138", "-5", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠1", "  =1", "\u200b=1", "\ufeff=cmd|' /C calc'!A0",
	`"=1`, "a=1", "张三", "", "0512", "13800138000", "a\x00b\x1fc", "两\n行", "\xff", "'已有", "逗,号;和\"引号\"",
}

func TestCSVListsAreInert(t *testing.T) {
	var out bytes.Buffer
	l, err := CSV(&out, "甲", "=乙")
	must(t, err)
	for _, c := range nastyCells {
		must(t, l.Row(c, "尾"))
	}
	must(t, l.Row(-5, int64(1<<40)))
	must(t, l.Row(0.25, ""))
	must(t, l.Close())
	want := strings.ReplaceAll("\ufeff甲,'=乙\n"+
		"'=1+1,尾\n'+86 138,尾\n'-5,尾\n'@SUM(A1),尾\n'\t=1,尾\n\"'\n=1\",尾\n\"'\n=1\",尾\n'＝1+1,尾\n'＋1,尾\n'－1,尾\n'＠1,尾\n'  =1,尾\n'\u200b=1,尾\n'\ufeff=cmd|' /C calc'!A0,尾\n"+
		"\"\"\"=1\",尾\na=1,尾\n张三,尾\n,尾\n0512,尾\n13800138000,尾\nabc,尾\n\"两\n行\",尾\n\uFFFD,尾\n'已有,尾\n\"逗,号;和\"\"引号\"\"\",尾\n"+
		"-5,1099511627776\n0.25,\n", "\n", "\r\n")
	if got := out.String(); got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestXLSXListsHoldNoFormula(t *testing.T) {
	var out bytes.Buffer
	l, err := XLSX(&out, t.TempDir(), "名单", "甲", "=乙")
	must(t, err)
	for _, c := range nastyCells {
		must(t, l.Row(c, 7))
	}
	must(t, l.Row(strings.Repeat("长", 40_000), 0.25))
	must(t, l.Close())
	f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	must(t, err)
	defer func() { must(t, f.Close()) }()
	rows, err := f.GetRows("名单")
	must(t, err)
	if len(rows) != len(nastyCells)+2 || rows[0][1] != "=乙" {
		t.Fatalf("%d rows, header %q", len(rows), rows[0])
	}
	for i, row := range rows {
		for j := range row {
			at, err := excelize.CoordinatesToCellName(j+1, i+1)
			must(t, err)
			if formula, err := f.GetCellFormula("名单", at); formula != "" || err != nil {
				t.Errorf("%s is the formula %q, %v", at, formula, err)
			}
			kind, err := f.GetCellType("名单", at)
			must(t, err)
			if text := j == 0 || i == 0; row[j] != "" && text != (kind == excelize.CellTypeInlineString || kind == excelize.CellTypeSharedString) {
				t.Errorf("%s is of type %v", at, kind)
			}
		}
		if i > 0 && i <= len(nastyCells) && row[0] != shown(nastyCells[i-1]) {
			t.Errorf("row %d reads %q, not %q", i+1, row[0], nastyCells[i-1])
		}
	}
	if n := len([]rune(rows[len(rows)-1][0])); n != excelize.TotalCellChars {
		t.Errorf("a long text keeps %d characters", n)
	}
}

// brokenDisk fails after some bytes.
type brokenDisk struct{ left int }

var errDisk = errors.New("disk full")

func (b *brokenDisk) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errDisk
	}
	return len(p), nil
}

func TestListsSayWhenTheyAreNotWhole(t *testing.T) {
	tmp := t.TempDir()
	for name, begin := range map[string]func() (List, error){
		"CSV":  func() (List, error) { return CSV(&brokenDisk{10}, "甲") },
		"XLSX": func() (List, error) { return XLSX(&brokenDisk{10}, tmp, "名单", "甲") },
	} {
		l, err := begin()
		must(t, err)
		for range 10_000 {
			if err = l.Row("一行字"); err != nil {
				break
			}
		}
		if err := l.Close(); !errors.Is(err, errDisk) {
			t.Errorf("%s: a full disk gave %v", name, err)
		}
		l, err = begin()
		must(t, err)
		if err := l.Row([]byte("?")); err == nil {
			t.Errorf("%s took bytes", name)
		}
		if err := l.Close(); err == nil || errors.Is(err, errDisk) {
			t.Errorf("%s: a list that is not whole was closed with %v", name, err)
		}
	}
	if left, err := os.ReadDir(tmp); len(left) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := XLSX(&brokenDisk{}, tmp, "a/b", "甲"); err == nil {
		t.Error("a sheet cannot have that name")
	}
}

func TestFaultsMakeAListThatIsRead(t *testing.T) {
	var out bytes.Buffer
	l, err := CSV(&out, Faults...)
	must(t, err)
	must(t, l.Row(FaultRow(civic.RollFault{Line: 3, Column: "手机", Reason: "没有填。"})...))
	must(t, l.Row(FaultRow(civic.RollFault{Reason: "文件是空的。"})...))
	must(t, l.Close())
	if got := out.String(); got != "\ufeff行,列,问题\r\n3,手机,没有填。\r\n,,文件是空的。\r\n" {
		t.Errorf("got %q", got)
	}
}

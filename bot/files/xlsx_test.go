package files

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// workbook makes an XLSX of sheets by their order, Sheet1 first; change may spoil it before it is written.
func workbook(t *testing.T, rows [][]any, change func(*excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer func() { must(t, f.Close()) }()
	for i, row := range rows {
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetSheetRow("Sheet1", at, &row); err != nil {
			t.Fatal(err)
		}
	}
	if change != nil {
		change(f)
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readBook(t *testing.T, b []byte, o RollOptions) []string {
	t.Helper()
	return told(t, NewRoll(bytes.NewReader(b), int64(len(b)), o))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var bookHead = []any{"小区", "幢", "单元", "室", "姓名", "手机"}

func TestRollFromWorkbook(t *testing.T) {
	b := workbook(t, [][]any{
		{"钮家巷社区住户名册"},
		bookHead,
		{"钮家新村", 3, 2.0, 501, "张三", 13800138000},
		{"钮家新村", "3幢", "2单元", "502室", "李四", "139-0013-9000"},
		{},
		{"钮家新村", "四", nil, "0102", "王五", 13700137000.0},
	}, func(f *excelize.File) {
		must(t, f.MergeCell("Sheet1", "A1", "F1"))
		must(t, f.SetCellRichText("Sheet1", "E4", []excelize.RichTextRun{{Text: "李"}, {Text: "四"}}))
		must(t, f.SetRowVisible("Sheet1", 4, false))
	})
	roll := NewRoll(bytes.NewReader(b), int64(len(b)), inCommunity)
	for range 2 { // a roll may be read again
		same(t, told(t, roll),
			"3 |钮家巷社区|钮家新村||3|2|501|张三|13800138000||",
			"4 |钮家巷社区|钮家新村||3|2|502|李四|13900139000||",
			"6 |钮家巷社区|钮家新村||4||102|王五|13700137000||")
		if got := strings.Join(roll.Notes(), ""); got != "有 1 行是隐藏的（例如筛选掉的），也一并读了。" || roll.Err() != nil {
			t.Errorf("notes %q, error %v", got, roll.Err())
		}
	}
}

func TestRollCellsThatAreNotValues(t *testing.T) {
	b := workbook(t, [][]any{
		bookHead,
		{"钮家新村", "3", "2", "501", "张三", ""},
		{"钮家新村", "", "2", "502", "李四", ""},
		{"钮家新村", "", "2", "503", "王五", ""},
		{"钮家新村", "5", 46084, "101", "赵六", ""},
		{"钮家新村", "5", "1", "102", "钱七", 1.38e10},
		{"钮家新村", "6", "1", "103", "孙八", ""},
	}, func(f *excelize.File) {
		must(t, f.MergeCell("Sheet1", "B2", "B4"))
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: new(`m"月"d"日"`)})
		must(t, err)
		must(t, f.SetCellStyle("Sheet1", "C5", "C5", style))
		must(t, f.SetCellFormula("Sheet1", "E7", `"孙"&"八"`))
	})
	same(t, readBook(t, b, inCommunity),
		"!2 幢 这一格是合并单元格（第 2 到 4 行），请取消合并，每行都填上。",
		"!3 幢 这一格是合并单元格（第 2 到 4 行），请取消合并，每行都填上。",
		"!4 幢 这一格是合并单元格（第 2 到 4 行），请取消合并，每行都填上。",
		"!5 单元 这一格被表格软件当成了日期，请改成文本，照原样填。",
		"6 |钮家巷社区|钮家新村||5|1|102|钱七|13800000000||",
		"!7 姓名 这一格是公式，请改成填好的内容。")
	const sheet = "xl/worksheets/sheet1.xml"
	b = rewrite(t, b, sheet, "<v>13800000000</v>", "<v>1.38E+10</v>")
	b = rewrite(t, b, sheet, `<c r="C5" s="1"><v>46084</v>`, `<c r="C5" t="d"><v>2026-03-02</v>`)
	got := readBook(t, b, inCommunity)
	if got[3] != "!5 单元 这一格被表格软件当成了日期，请改成文本，照原样填。" {
		t.Errorf("got %q", got[3])
	}
	if got[4] != "!6 手机 号码变成了科学计数法，后面几位已经丢了。请把这一列设成文本，重新填。" {
		t.Errorf("got %q", got[4])
	}
}

func TestRollHeaderOfTwoLines(t *testing.T) {
	b := workbook(t, [][]any{
		{"小区", "门牌", nil, nil, "姓名"},
		{nil, "幢", "单元", "室", nil},
		{"钮家新村", "3", "2", "501", "张三"},
	}, func(f *excelize.File) {
		must(t, f.MergeCell("Sheet1", "A1", "A2"))
		must(t, f.MergeCell("Sheet1", "B1", "D1"))
		must(t, f.MergeCell("Sheet1", "E1", "E2"))
	})
	same(t, readBook(t, b, inCommunity), "3 |钮家巷社区|钮家新村||3|2|501|张三|||")
	b = workbook(t, [][]any{bookHead, {}, {}, {"钮家新村", "3", "2", "501", "张三"}}, func(f *excelize.File) {
		must(t, f.MergeCell("Sheet1", "A1", "A3")) // lines that hold nothing
	})
	same(t, readBook(t, b, inCommunity), "4 |钮家巷社区|钮家新村||3|2|501|张三|||")
}

// rewrite replaces a text in one part of a workbook, which must be there.
func rewrite(t *testing.T, b []byte, part, from, to string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	must(t, err)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		r, err := f.Open()
		must(t, err)
		text, err := io.ReadAll(r)
		must(t, err)
		if f.Name == part {
			changed := strings.Replace(string(text), from, to, 1)
			if changed == string(text) {
				t.Fatalf("%q is not in %s: %s", from, part, text)
			}
			text = []byte(changed)
		}
		dst, err := w.Create(f.Name)
		must(t, err)
		_, err = dst.Write(text)
		must(t, err)
	}
	must(t, w.Close())
	return out.Bytes()
}

func TestRollSheets(t *testing.T) {
	rows := [][]any{bookHead, {"钮家新村", "3", "2", "501", "张三", ""}}
	two := workbook(t, rows, func(f *excelize.File) {
		_, err := f.NewSheet("旧名册")
		must(t, err)
		must(t, f.SetSheetRow("旧名册", "A1", &rows[0]))
		must(t, f.SetSheetRow("旧名册", "A2", &[]any{"钮家新村", "9", "", "901", "李四", ""}))
		must(t, f.SetSheetVisible("旧名册", false))
		_, err = f.NewSheet("空表")
		must(t, err)
	})
	same(t, readBook(t, two, inCommunity), "!0  文件里有 2 张表有内容（也可能是隐藏的）：“Sheet1”“旧名册”。请用 --sheet 说明读哪一张。")
	o := inCommunity
	o.Sheet = "旧名册"
	same(t, readBook(t, two, o), "2 |钮家巷社区|钮家新村||9||901|李四|||")
	o.Sheet = "没有的"
	same(t, readBook(t, two, o), "!0  没有这张表。文件里有：“Sheet1”“旧名册”“空表”。")
	o.Sheet = "空表"
	same(t, readBook(t, two, o), "!0  没有找到表头。前 20 行里要有一行写着：小区、幢、单元、室、姓名、手机。")
	same(t, readBook(t, workbook(t, nil, nil), inCommunity), "!0  表里没有内容。")
}

func TestRollFilesThatAreRefused(t *testing.T) {
	good := workbook(t, [][]any{bookHead, {"钮家新村", "3", "2", "501", "张三", ""}}, nil)
	locked := func() []byte {
		f, err := excelize.OpenReader(bytes.NewReader(good))
		must(t, err)
		defer func() { must(t, f.Close()) }()
		var b bytes.Buffer
		must(t, f.Write(&b, excelize.Options{Password: "1234"}))
		return b.Bytes()
	}()
	const broken = "!0  文件坏了或不完整。请用 Excel 或 WPS 打开，另存为 .xlsx，再导入。"
	ole := append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 4096)...)
	sheet := "xl/worksheets/sheet1.xml"
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "!0  文件是空的。"},
		{"only blank", []byte("\xef\xbb\xbf \n\n"), "!0  文件是空的。"},
		{"old xls", ole, "!0  这是旧版的 .xls。请用 Excel 或 WPS 打开，另存为 .xlsx，再导入。"},
		{"password", locked, "!0  文件设了密码。请先去掉密码，另存为 .xlsx，再导入。"},
		{"page as xls", []byte("\n<html><table>"), "!0  这是网页格式的表格。请用 Excel 或 WPS 打开，另存为 .xlsx，再导入。"},
		{"pdf", []byte("%PDF-1.7"), "!0  这是 PDF，不是表格。请用 Excel 或 WPS 的 .xlsx，或者 CSV。"},
		{"other archive", zipOf(t, "readme.txt", "你好"), "!0  这不是 .xlsx 表格，是别的压缩文件。"},
		{"ods", zipOf(t, "content.xml", "<a/>"), "!0  这是 OpenDocument 表格（.ods）。请另存为 .xlsx，再导入。"},
		{"cut off", good[:len(good)-40], broken},
		{"sheet cut off", rewrite(t, good, sheet, "</sheetData>", ""), broken},
		{"sheet cut off behind its rows", rewrite(t, good, sheet, "</worksheet>", ""), broken},
		{"tags that do not close", rewrite(t, good, sheet, `<c r="A2"`, `<c <r="A2"`), broken},
		{"rows in disorder", rewrite(t, good, sheet, `<row r="2"`, `<row r="1"`), "!0  第 1 行后面，行号乱了。请用 Excel 或 WPS 另存一次再导入。"},
		{"cells in disorder", rewrite(t, good, sheet, `r="B2"`, `r="A2"`), "!0  第 2 行里，格子的位置乱了。请用 Excel 或 WPS 另存一次再导入。"},
		{"binary", bytes.Repeat([]byte{0, 1, 2, 3}, 300), "!0  这不是文本，也不是 .xlsx 表格。请用 Excel 或 WPS 另存为 .xlsx 或 CSV。"},
	} {
		t.Run(c.name, func(t *testing.T) {
			roll := NewRoll(bytes.NewReader(c.file), int64(len(c.file)), inCommunity)
			same(t, told(t, roll), c.want)
			if !errors.Is(roll.Err(), ErrRollRefused) {
				t.Errorf("error %v", roll.Err())
			}
		})
	}
}

func zipOf(t *testing.T, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	must(t, err)
	_, err = io.WriteString(f, text)
	must(t, err)
	must(t, w.Close())
	return b.Bytes()
}

func TestRollBombs(t *testing.T) {
	good := workbook(t, [][]any{bookHead, {"钮家新村", "3", "2", "501", "张三", ""}}, nil)
	const tooBig = "!0  文件解压以后太大。请按社区分成几个文件，或另存为 CSV。"
	for name, c := range map[string]struct{ part, from, to string }{
		"a text without end": {"xl/sharedStrings.xml", "</sst>", "<si><t>" + strings.Repeat("长", 1<<20) + "</t></si></sst>"},
		"an endless comment": {"xl/worksheets/sheet1.xml", "<sheetData>", "<!--" + strings.Repeat("-a", 2<<20) + "--><sheetData>"},
		"a huge list":        {"xl/workbook.xml", "<sheets>", strings.Repeat(`<a b="`+strings.Repeat("x", 900_000)+`"/>`, 20) + "<sheets>"},
	} {
		t.Run(name, func(t *testing.T) {
			same(t, readBook(t, rewrite(t, good, c.part, c.from, c.to), inCommunity), tooBig)
		})
	}
	t.Run("countless parts", func(t *testing.T) {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for i := range 40_000 {
			_, err := w.CreateHeader(&zip.FileHeader{Name: "xl/" + strconv.Itoa(i)})
			must(t, err)
		}
		must(t, w.Close())
		same(t, readBook(t, b.Bytes(), inCommunity), tooBig)
	})
	t.Run("one part under many names", func(t *testing.T) {
		p, err := openParts(bytes.NewReader(good), int64(len(good)))
		must(t, err)
		p.left = 1000 // each reading counts
		for range 1000 {
			r, err := p.open("xl/styles.xml", maxPart)
			must(t, err)
			if _, err = io.ReadAll(r); errors.Is(err, errTooBig) {
				return
			}
			must(t, err)
		}
		t.Error("read a thousand times")
	})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	roll := NewRoll(bytes.NewReader(good), int64(len(good)), inCommunity)
	for _, f := range roll.Rows(ctx) {
		if f == nil || f.Reason != "文件读到一半读不下去了，请再试一次。" {
			t.Errorf("told %+v", f)
		}
	}
	if !errors.Is(roll.Err(), context.Canceled) {
		t.Errorf("error %v", roll.Err())
	}
}

package files

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"yishi/flows/civic"
)

// sound reads a roll and reports what must hold for any file. It gives the lines that came out and the error.
func sound(t interface{ Fatalf(string, ...any) }, file []byte) (lines []int, err error) {
	roll := NewRoll(bytes.NewReader(file), int64(len(file)), inCommunity)
	for row, f := range roll.Rows(context.Background()) {
		line := row.Line
		if f != nil {
			if line = f.Line; f.Reason == "" || !strings.HasSuffix(f.Reason, "。") || !utf8.ValidString(f.Reason) {
				t.Fatalf("fault %+v", f)
			}
		}
		if len(lines) > 0 && line < lines[len(lines)-1] && roll.Err() == nil {
			t.Fatalf("line %d after %d", line, lines[len(lines)-1])
		}
		lines = append(lines, line)
		if f != nil {
			continue
		}
		if row.Line < 1 || row.Community == "" || row.Estate == "" || row.Building == "" || row.Room == "" || row.Name == "" {
			t.Fatalf("row %+v", row)
		}
		for text, most := range map[string]int{
			row.Street + row.Community: 2 * civic.MaxPlace, row.Estate: civic.MaxPlace, row.Grid: civic.MaxPlace, row.Building: civic.MaxDoor,
			row.Unit: civic.MaxDoor, row.Room: civic.MaxDoor, row.Name: civic.MaxName, row.Phone: 12, row.Code: civic.MaxCode, row.Note: civic.MaxNote,
		} {
			if utf8.RuneCountInString(text) > most || !utf8.ValidString(text) {
				t.Fatalf("text %q of at most %d", text, most)
			}
		}
		if row.Building != civic.Building(row.Building) || row.Unit != civic.Unit(row.Unit) || row.Room != civic.Room(row.Room) {
			t.Fatalf("door %q is not in its form", row.Door())
		}
	}
	return lines, roll.Err()
}

func FuzzCSVRoll(f *testing.F) {
	for _, s := range []string{
		plainHead + "钮家新村,3幢,2单元,501,张三,13800138000\n",
		"名册;;\n小区;楼栋;房号;业主姓名\n钮家新村;3;\"5\n01\";\"张\"\"三\"\n;;;\n",
		plainHead + "a,\"b\nc,d\",e,f,g\n\x00,,\r\n\"\n",
		"\xef\xbb\xbf" + plainHead, "\xff\xfe\x0f\x5c:S", "小区\t幢\t室\t姓名\n\t=1\t@2\t+3\n", "\xd0\xa1\xc7\xf8,\xb4\xb1,\xca\xd2,\xd0\xd5\xc3\xfb\n1,2,3,\xd5\xc5\n", "PK\x03\x04", "<html>", "",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		lines, err := sound(t, file)
		again, errAgain := sound(t, file)
		if !slices.Equal(lines, again) || (err == nil) != (errAgain == nil) {
			t.Errorf("read once %v %v, again %v %v", lines, err, again, errAgain)
		}
	})
}

func FuzzSheetRoll(f *testing.F) {
	row := func(n, cells string) string { return `<row r="` + n + `">` + cells + `</row>` }
	text := func(s string) string { return `<c t="inlineStr"><is><t>` + s + `</t></is></c>` }
	head := row("1", text("小区")+text("幢")+text("室")+text("姓名"))
	for _, s := range []string{
		`<worksheet><sheetData>` + head + row("2", text("新村")+`<c><v>3</v></c><c r="C2" t="s"><v>0</v></c>`+text("张三")) + `</sheetData><mergeCells><mergeCell ref="A2:B3"/></mergeCells></worksheet>`,
		`<x:worksheet><x:sheetData>` + head + `<row><c><f>A1</f></c><c t="e"/></row></x:sheetData></x:worksheet>`,
		`<worksheet><sheetData/></worksheet>`, `<worksheet><sheetData><row r="9"><c r="ZZ9"><v>1E5</v></c></row></sheetData></worksheet>`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sheet string) {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		const rels = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
		for _, part := range [...][2]string{ // in one order, so that the fuzzer sees the same code run
			{"xl/workbook.xml", `<workbook><sheets><sheet name="名册" r:id="a"/></sheets></workbook>`},
			{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="a" Type="` + rels + `worksheet" Target="s.xml"/><Relationship Id="b" Type="` + rels + `sharedStrings" Target="/xl/t.xml"/></Relationships>`},
			{"xl/t.xml", `<sst><si><t>501</t><rPh><t>x</t></rPh></si></sst>`},
			{"xl/s.xml", sheet},
		} {
			dst, err := w.CreateHeader(&zip.FileHeader{Name: part[0]}) // stored, not packed
			must(t, err)
			_, err = dst.Write([]byte(part[1]))
			must(t, err)
		}
		must(t, w.Close())
		_, _ = sound(t, b.Bytes()) // what it must not do it reports itself
	})
}

// A line without quotes is either a row or a fault, and never both or neither, unless the file is no text.
func TestEveryLineOfACSVComesOut(t *testing.T) {
	pieces := []string{"钮家新村", "3", "幢", "501", "张三", "李四", ",", ",", ",", ",", ",", " ", "13800138000", "=", "@", "\x00", "\xff", "\r", "备注", "1.38E+10", "无"}
	rapid.Check(t, func(t *rapid.T) {
		var file strings.Builder
		file.WriteString(plainHead)
		var want []int
		for n := range rapid.IntRange(1, 30).Draw(t, "lines") {
			line := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 14).Draw(t, "line"), "")
			if strings.Trim(line, ", \r") != "" {
				want = append(want, n+2)
			}
			file.WriteString(line + "\n")
		}
		lines, err := sound(t, []byte(file.String()))
		if strings.Count(file.String(), "\x00") > file.Len()/16 { // no text at all, as a whole
			if !errors.Is(err, ErrRollRefused) {
				t.Fatalf("a file of nothing but NUL ended with %v", err)
			}
			return
		}
		if len(want) > 0 && err != nil {
			t.Fatalf("ended with %v", err)
		}
		if got := slices.Compact(lines); len(want) > 0 && !slices.Equal(got, want) {
			t.Fatalf("lines %v came out as %v", want, got)
		}
	})
}

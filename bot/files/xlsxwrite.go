package files

import (
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// maxWorkbookRows is how many rows a sheet holds, its header included.
const maxWorkbookRows = excelize.TotalRows

// xlsxList writes a workbook of one sheet.
type xlsxList struct {
	w      io.Writer
	book   *excelize.File
	sheet  *excelize.StreamWriter
	text   int // style of texts
	row    int // written last
	err    error
	closed bool
}

// XLSX begins a workbook of one sheet, which must have a name of at most 31 characters without : \ / ? * [ ]. Rows beyond some megabytes wait in
// files in the folder tmp ("" for the system's) until Close writes the whole workbook to w. Texts are cells of the format text, never
// formulas, so that phones keep their digits; there is room for 1,048,576 rows.
func XLSX(w io.Writer, tmp, sheet string, header ...string) (List, error) {
	l := &xlsxList{w: w, book: excelize.NewFile(excelize.Options{TmpDir: tmp})}
	if err := l.begin(sheet, header); err != nil {
		_ = l.book.Close() // the first error counts
		return nil, fmt.Errorf("beginning a workbook: %w", err)
	}
	return l, nil
}

func (l *xlsxList) begin(sheet string, header []string) error {
	if err := l.book.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	if err := l.book.SetDocProps(&excelize.DocProperties{Creator: "Yishi", Created: "2000-01-01T00:00:00Z", Modified: "2000-01-01T00:00:00Z"}); err != nil {
		return err
	}
	const asText = 49 // the built-in format @
	var err error
	if l.text, err = l.book.NewStyle(&excelize.Style{NumFmt: asText}); err != nil {
		return err
	}
	bold, err := l.book.NewStyle(&excelize.Style{NumFmt: asText, Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	if l.sheet, err = l.book.NewStreamWriter(sheet); err != nil {
		return err
	}
	for i, h := range header {
		if err := l.sheet.SetColWidth(i+1, i+1, float64(max(10, 4+2*utf8.RuneCountInString(h)))); err != nil {
			return err
		}
	}
	if err := l.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	return l.write(bold, texts(header))
}

// Row writes a row.
func (l *xlsxList) Row(cells ...any) error {
	if l.err == nil {
		if err := l.write(l.text, cells); err != nil {
			l.err = fmt.Errorf("writing a row of a workbook: %w", err)
		}
	}
	return l.err
}

func (l *xlsxList) write(style int, cells []any) error {
	row := make([]any, len(cells))
	for i, c := range cells {
		switch c := c.(type) {
		case string:
			row[i] = excelize.Cell{StyleID: style, Value: fit(shown(c))}
		case int, int64, float64:
			row[i] = c
		default:
			return fmt.Errorf("a list holds no %T", c)
		}
	}
	if l.row++; l.row > maxWorkbookRows {
		return fmt.Errorf("a sheet holds %d rows", maxWorkbookRows)
	}
	return l.sheet.SetRow("A"+strconv.Itoa(l.row), row)
}

// fit cuts a text to what a cell holds, which is counted in UTF-16.
func fit(s string) string {
	n := 0
	for i, r := range s {
		if n++; r > 0xffff {
			n++
		}
		if n > excelize.TotalCellChars {
			return s[:i]
		}
	}
	return s
}

// Close writes the workbook.
func (l *xlsxList) Close() error {
	if l.closed {
		return l.err
	}
	l.closed = true
	if l.err == nil {
		if l.err = l.sheet.Flush(); l.err == nil {
			_, l.err = l.book.WriteTo(l.w)
		}
		if l.err != nil {
			l.err = fmt.Errorf("finishing a workbook: %w", l.err)
		}
	}
	if err := l.book.Close(); err != nil && l.err == nil {
		l.err = fmt.Errorf("removing what a workbook needed: %w", err)
	}
	return l.err
}

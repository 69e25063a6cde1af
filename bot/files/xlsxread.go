package files

import (
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	maxColumns = 256 // cells further right are not looked at
	maxMerged  = 50_000
)

// sheetTable reads a worksheet row by row.
type sheetTable struct {
	book   *book
	file   io.Closer
	read   *countingReader
	size   int64
	xml    *xmlStream
	merged merges
	rec    record
	hidden int // rows
	row    int // number of the row being read

	// the cell being read
	piece   pieces
	column  int // from 0
	kind    string
	style   int
	formula bool
	value   bool
}

func openRows(ctx context.Context, b *book, s sheet) (table, error) {
	t := &sheetTable{book: b}
	size, err := t.findMerged(ctx, s)
	if err != nil {
		return nil, err
	}
	r, err := b.parts.open(s.path, maxSheet)
	if err != nil {
		return nil, err
	}
	t.file, t.size, t.read = r, size, &countingReader{r: r}
	t.xml = newXMLStream(&cancelled{ctx, t.read})
	return t, nil
}

func (t *sheetTable) done() (done, all int64) { return t.read.n, t.size }

func (t *sheetTable) remarks() []string {
	if t.hidden == 0 {
		return nil
	}
	return []string{fmt.Sprintf("有 %d 行是隐藏的（例如筛选掉的），也一并读了。", t.hidden)}
}

func (t *sheetTable) close() { _ = t.file.Close() } // only read from

// findMerged reads the sheet once to its end, which also proves that it is whole, and notes the merged ranges, which
// stand behind the rows. It gives the sheet's size unpacked.
func (t *sheetTable) findMerged(ctx context.Context, s sheet) (int64, error) {
	r, err := t.book.parts.open(s.path, maxSheet)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	count := &countingReader{r: r}
	lines := bufio.NewReaderSize(&cancelled{ctx, count}, 64<<10)
	for {
		tag, err := lines.ReadSlice('>')
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if errors.Is(err, io.EOF) {
			return 0, errCutOff
		}
		if err != nil {
			return 0, fmt.Errorf("looking for merged cells: %w", err)
		}
		if bytes.HasSuffix(tag, []byte("sheetData>")) && bytes.Contains(tag, []byte("</")) || bytes.HasSuffix(tag, []byte("sheetData/>")) {
			break
		}
	}
	x := newXMLStream(lines)
	x.outer = 1 // the worksheet itself
	for {
		token, err := x.next()
		if errors.Is(err, io.EOF) {
			return count.n, nil
		}
		if err != nil {
			return 0, fmt.Errorf("reading merged cells: %w", err)
		}
		if tag, ok := token.(xml.StartElement); ok && tag.Name.Local == "mergeCell" {
			if len(t.merged.all) == maxMerged {
				return 0, refuse("合并单元格太多。请先取消合并，每行都填上。")
			}
			t.merged.add(attr(tag, "ref"))
		}
	}
}

func (t *sheetTable) next() (*record, error) {
	for {
		token, err := t.xml.next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil, io.EOF
			}
			return nil, damaged(fmt.Errorf("reading a sheet: %w", err))
		}
		switch tag := token.(type) {
		case xml.StartElement:
			err = t.start(tag)
		case xml.CharData:
			t.piece.add(tag)
		case xml.EndElement:
			t.piece.end(tag.Name.Local)
			if tag.Name.Local == "c" {
				t.endCell()
			}
			if tag.Name.Local == "row" && !blank(t.rec.cells) {
				t.merged.mark(&t.rec)
				return &t.rec, nil
			}
		}
		if err != nil {
			return nil, err
		}
	}
}

func (t *sheetTable) start(tag xml.StartElement) error {
	switch tag.Name.Local {
	case "row":
		return t.startRow(tag)
	case "c":
		return t.startCell(tag)
	case "f":
		t.formula = true
	case "v", "t":
		t.value = true
	}
	t.piece.start(tag.Name.Local)
	return nil
}

func (t *sheetTable) startRow(tag xml.StartElement) error {
	row := t.row + 1
	if r := attr(tag, "r"); r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n < row || n > 1<<20 {
			return refuse("第 %d 行后面，行号乱了。请用 Excel 或 WPS 另存一次再导入。", t.row)
		}
		row = n
	}
	if h := attr(tag, "hidden"); h == "1" || h == "true" {
		t.hidden++
	}
	t.row, t.column = row, -1
	t.rec = record{line: row, cells: t.rec.cells[:0]}
	return nil
}

func (t *sheetTable) startCell(tag xml.StartElement) error {
	column := t.column + 1
	if ref := attr(tag, "r"); ref != "" {
		c, row, ok := cellRef(ref)
		if !ok || row != t.row || c < column {
			return refuse("第 %d 行里，格子的位置乱了。请用 Excel 或 WPS 另存一次再导入。", t.row)
		}
		column = c
	}
	t.column, t.kind, t.formula, t.value = column, attr(tag, "t"), false, false
	t.style, _ = strconv.Atoi(attr(tag, "s")) // 0, the plain style, if there is none
	t.piece = pieces{text: t.piece.text[:0]}
	return nil
}

// endCell puts a cell into its place in the row.
func (t *sheetTable) endCell() {
	text := t.piece.take()
	if t.column >= maxColumns || text == "" && !t.formula {
		return
	}
	c := cell{text: text}
	switch {
	case t.formula:
		c.kind, c.void = cellFormula, t.value && text == ""
	case t.kind == "e":
		c.kind = cellError
	case t.kind == "d":
		c.kind = cellDate
	case t.kind == "s":
		n, err := strconv.Atoi(text)
		shared, ok := t.book.strings.at(n)
		if err != nil || !ok {
			t.rec.fault = "这一行有读不出的内容。请用 Excel 或 WPS 另存一次再导入。"
		}
		c.text = shared
	case t.kind == "" || t.kind == "n":
		c.kind, c.text = cellNumber, number(text)
		if t.style > 0 && t.style < len(t.book.dates) && t.book.dates[t.style] {
			c.kind = cellDate
		}
	}
	for len(t.rec.cells) <= t.column {
		t.rec.cells = append(t.rec.cells, cell{})
	}
	t.rec.cells[t.column] = c
}

// number writes a number as it is shown without a format: 501.0 and 5.01E2 are 501. What has an exponent and fewer than nine
// digits (1.38E+10) stays so, because the digits that it no longer has may once have been there.
func number(text string) string {
	mantissa, _, exponent := strings.Cut(strings.ToUpper(text), "E")
	if exponent && len(strings.TrimLeft(mantissa, "-+0.")) < 10 || isDigits(text) {
		return text
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != float64(int64(f)) || f > 1e15 || f < -1e15 {
		return text
	}
	return strconv.FormatInt(int64(f), 10)
}

// cellRef reads a reference such as AB12.
func cellRef(ref string) (column, row int, ok bool) {
	i := 0
	for ; i < len(ref) && ref[i] >= 'A' && ref[i] <= 'Z' && i < 4; i++ {
		column = column*26 + int(ref[i]-'A') + 1
	}
	row, err := strconv.Atoi(ref[i:])
	return column - 1, row, err == nil && i > 0 && row > 0
}

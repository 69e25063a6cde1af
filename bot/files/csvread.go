package files

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	maxLine   = 32 << 10 // bytes of one line of a CSV; a roll's longest row has some 2,000
	maxFolded = 20       // lines that one quoted cell may span
)

// csvTable reads a CSV line by line. A line whose quotes do not pair is a fault of its own and swallows no other.
type csvTable struct {
	lines   *bufio.Reader
	count   *countingReader
	size    int64
	line    int       // number of the line read last
	pending []csvLine // read ahead for a quote that did not close
	feed    feeder
	cells   *csv.Reader
	comma   rune
	width   int // cells of the header; 0 before it
	rec     record
}

// csvLine is a physical line.
type csvLine struct {
	number int
	text   []byte
	fault  string
}

func openCSV(src io.ReaderAt, size int64) (table, error) {
	r, comma, err := decode(src, size)
	if err != nil {
		return nil, err
	}
	t := &csvTable{size: size, count: &countingReader{r: r}, comma: comma}
	t.lines = bufio.NewReaderSize(t.count, 2*maxLine)
	head, err := t.lines.Peek(maxLine)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the beginning of a CSV: %w", err)
	}
	if bytes.Count(head, []byte{0}) > len(head)/16 {
		return nil, refuse("这不是文本，也不是 .xlsx 表格。请用 Excel 或 WPS 另存为 .xlsx 或 CSV。")
	}
	if len(bytes.TrimSpace(head)) == 0 && errors.Is(err, io.EOF) {
		return nil, refuse("文件是空的。")
	}
	t.cells = csv.NewReader(&t.feed)
	t.cells.Comma = t.comma
	t.cells.FieldsPerRecord = -1
	t.cells.ReuseRecord = true
	t.cells.TrimLeadingSpace = t.comma != '\t' // which counts as space itself
	return t, nil
}

func (t *csvTable) done() (done, all int64) { return min(t.count.n, t.size), t.size }

func (t *csvTable) close() {}

func (t *csvTable) remarks() []string { return nil }

func (t *csvTable) next() (*record, error) {
	for {
		l, err := t.physical()
		if err != nil {
			return nil, err
		}
		if l.fault == "" && len(bytes.TrimSpace(l.text)) == 0 {
			continue
		}
		t.rec = record{line: l.number, cells: t.rec.cells[:0], fault: l.fault, wide: true}
		if l.fault == "" {
			if err := t.parse(l); err != nil {
				return nil, err
			}
		}
		if t.rec.fault != "" || !blank(t.rec.cells) {
			if t.width == 0 && hits(t.rec.cells) >= headerHits {
				t.width = len(t.rec.cells)
			}
			return &t.rec, nil
		}
	}
}

const brokenQuotes = "引号没有成对，或引号后面还有字。"

// parse takes a row apart. Lines that were joined to it and do not belong to it are kept for later.
func (t *csvTable) parse(first csvLine) error {
	text, joined, err := t.join(first)
	if err != nil {
		return err
	}
	fields, ok := t.split(text)
	if len(joined) > 0 && (!ok || t.swallows(fields)) {
		t.pending = append(joined, t.pending...)
		t.rec.fault = brokenQuotes
		return nil
	}
	if !ok {
		t.rec.fault = brokenQuotes
		return nil
	}
	for _, f := range fields {
		t.rec.cells = append(t.rec.cells, cell{text: f})
	}
	return nil
}

// swallows reports whether the quote that closed seems to be one of another row: then the row has
// too many or too few cells, or one of them holds much of a row itself.
func (t *csvTable) swallows(fields []string) bool {
	if t.width > 0 && len(fields) != t.width {
		return true
	}
	for _, f := range fields {
		if strings.Count(f, string(t.comma)) > 2 {
			return true
		}
	}
	return false
}

// join adds the lines that follow while a quote is open.
func (t *csvTable) join(first csvLine) ([]byte, []csvLine, error) {
	text := first.text
	var joined []csvLine
	for bytes.Count(text, []byte{'"'})%2 == 1 && len(joined) < maxFolded && len(text) < maxLine {
		l, err := t.physical()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		joined = append(joined, l)
		if l.fault != "" {
			break
		}
		text = append(append(bytes.Clone(text), ' '), l.text...)
	}
	return text, joined, nil
}

// split parts one line, in which line breaks have become spaces, into its cells.
func (t *csvTable) split(text []byte) ([]string, bool) {
	t.feed.rest = append(append(t.feed.rest[:0], text...), '\n')
	fields, err := t.cells.Read()
	return fields, err == nil
}

// feeder gives a csv.Reader one line at a time.
type feeder struct{ rest []byte }

// Read gives what is left of the line, and io.EOF after it.
func (f *feeder) Read(p []byte) (int, error) {
	if len(f.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// physical gives the next line without its end, io.EOF after the last.
func (t *csvTable) physical() (csvLine, error) {
	if len(t.pending) > 0 {
		l := t.pending[0]
		t.pending = t.pending[1:]
		return l, nil
	}
	text, err := t.lines.ReadSlice('\n')
	if len(text) == 0 && err != nil {
		if errors.Is(err, io.EOF) {
			return csvLine{}, io.EOF
		}
		return csvLine{}, fmt.Errorf("reading a line: %w", err)
	}
	t.line++
	l := csvLine{number: t.line}
	switch {
	case len(text) > maxLine:
		l.fault = "这一行太长，可能引号没有成对。"
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = t.lines.ReadSlice('\n')
		}
	case bytes.IndexByte(text, 0) >= 0:
		l.fault = "这一行里有不是文字的字节。"
	case !utf8.Valid(text) || bytes.Contains(text, []byte("\uFFFD")):
		l.fault = "这一行有认不出的字，可能是编码坏了。"
	default:
		l.text = bytes.ReplaceAll(bytes.TrimRight(text, "\r\n"), []byte{'\r'}, []byte{' '})
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return csvLine{}, fmt.Errorf("reading a line: %w", err)
	}
	return l, nil
}

// countingReader counts what was read, for the progress shown.
type countingReader struct {
	r io.Reader
	n int64
}

// Read reads on and counts.
func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

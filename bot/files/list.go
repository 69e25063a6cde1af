package files

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"yishi/flows/civic"
)

// List is a table for a spreadsheet that is written row by row: faults, door lists, exports. [CSV] and [XLSX] make one.
// Its header has been written already. It is for one goroutine.
type List interface {
	// Row writes one row of strings, ints, int64s and float64s. Strings stay text whatever they look like; the others
	// are numbers. After an error the list is of no use.
	Row(cells ...any) error
	// Close finishes the list and frees what it holds, but not the writer below. It must be called, and its error looked at:
	// only then is the file whole. After an error of Row it only frees, and gives that error.
	Close() error
}

// Faults is the header of a list of a roll's faults; [FaultRow] makes its rows.
var Faults = []string{"行", "列", "问题"}

// FaultRow is a fault as a row of a list. What concerns the whole file has no line.
func FaultRow(f civic.RollFault) []any {
	if f.Line == 0 {
		return []any{"", f.Column, f.Reason}
	}
	return []any{f.Line, f.Column, f.Reason}
}

// csvList writes a CSV.
type csvList struct {
	w   *csv.Writer
	err error
}

// CSV begins a CSV as spreadsheets in China open it: UTF-8 with a byte order mark, commas, CRLF. A text that a
// spreadsheet could take for a formula gets the mark of text ' before it: after space that does not show, one of = + - @, narrow or full-width,
// or a tab or line break at its beginning. Readers of rolls take the mark off again.
func CSV(w io.Writer, header ...string) (List, error) {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, fmt.Errorf("beginning a CSV: %w", err)
	}
	l := &csvList{w: csv.NewWriter(w)}
	l.w.UseCRLF = true
	return l, l.Row(texts(header)...)
}

func texts(words []string) []any {
	cells := make([]any, len(words))
	for i, w := range words {
		cells[i] = w
	}
	return cells
}

// Row writes a row.
func (l *csvList) Row(cells ...any) error {
	if l.err != nil {
		return l.err
	}
	fields := make([]string, len(cells))
	for i, c := range cells {
		switch c := c.(type) {
		case string:
			fields[i] = inert(shown(c))
		case int:
			fields[i] = strconv.Itoa(c)
		case int64:
			fields[i] = strconv.FormatInt(c, 10)
		case float64:
			fields[i] = strconv.FormatFloat(c, 'f', -1, 64)
		default:
			l.err = fmt.Errorf("a list holds no %T", c)
			return l.err
		}
	}
	if err := l.w.Write(fields); err != nil {
		l.err = fmt.Errorf("writing a row of a CSV: %w", err)
	}
	return l.err
}

// Close writes what is left.
func (l *csvList) Close() error {
	if l.err != nil {
		return l.err
	}
	l.w.Flush()
	if err := l.w.Error(); err != nil {
		l.err = fmt.Errorf("finishing a CSV: %w", err)
	}
	return l.err
}

// inert marks a text that a spreadsheet could take for a formula.
func inert(s string) string {
	if s == "" {
		return s
	}
	if s[0] == '\t' || s[0] == '\n' {
		return "'" + s
	}
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r)
	}))
	if strings.ContainsRune("=+-@＝＋－＠﹦﹢﹣﹫−", first) {
		return "'" + s
	}
	return s
}

// shown is a text without what no cell can hold: broken characters and control codes but tab and line break.
func shown(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "\uFFFD")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r == '\t' || r == '\n':
			return r
		case unicode.IsControl(r), r&0xfffe == 0xfffe:
			return -1
		}
		return r
	}, s)
}

package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"yishi/flows/civic"
)

// Limits of a roll where RollOptions says nothing.
const (
	DefaultRollBytes  = 200 << 20 // of the file as it lies there
	DefaultRollRows   = 1_000_000
	DefaultRollFaults = 10_000
)

// Why reading a roll ended before the end of the file. Nothing of such a roll may be imported.
var (
	// ErrRollRefused is for a file that cannot be read as a roll at all; the fault says why.
	ErrRollRefused = errors.New("the file is refused as a roll")
	// ErrRollFaults is for a roll with more faults than are listed.
	ErrRollFaults = errors.New("the roll has too many faults")
)

// RollOptions say how a roll is read. The zero value reads a file that names street and community itself.
type RollOptions struct {
	Community string // for rows without 社区; "" means that the column is required
	Street    string // for rows without 街道; required only where Community is "" as well
	Sheet     string // which sheet of a workbook; "" means the only one that has rows

	MaxBytes  int64 // 0 means DefaultRollBytes
	MaxRows   int   // people; 0 means DefaultRollRows
	MaxFaults int   // 0 means DefaultRollFaults

	Progress func(done, all int64) // called now and then with bytes read; may be nil
}

// Roll reads a roll 名册 from XLSX or CSV, row by row. What kind of file it is, its encoding (UTF-8, UTF-16
// with a mark, GB18030) and its separator (comma, semicolon, tab) are found out from its content.
//
// Nothing is repaired that could put a person behind a wrong door: merged cells are not filled down, formulas are
// not evaluated, a date is not turned back into the 3-2 it may have been. Each is a fault that names its line.
type Roll struct {
	src  io.ReaderAt
	size int64
	o    RollOptions

	notes []string
	err   error
}

// NewRoll takes a file of size bytes, which must not change while it is read. Nothing is read yet.
func NewRoll(src io.ReaderAt, size int64, o RollOptions) *Roll {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultRollBytes
	}
	if o.MaxRows <= 0 {
		o.MaxRows = DefaultRollRows
	}
	if o.MaxFaults <= 0 {
		o.MaxFaults = DefaultRollFaults
	}
	return &Roll{src: src, size: size, o: o}
}

// Rows hands out good rows and faults in the order of the file: either the fault is nil, or the row is to be
// disregarded. Reading goes on after a fault of a row (Line > 0), so that all bad rows are listed, unless there are too many. One row
// may have several faults. Rows may be called again to read the file once more. Err tells whether it came to the end.
func (r *Roll) Rows(ctx context.Context) iter.Seq2[civic.RollRow, *civic.RollFault] {
	return func(yield func(civic.RollRow, *civic.RollFault) bool) {
		r.notes, r.err = nil, nil
		t, err := r.open(ctx)
		if err != nil {
			r.refuse(err, yield)
			return
		}
		defer t.close()
		p := &rollPass{Roll: r, table: t, yield: yield, seen: newSeen()}
		if err := p.read(ctx); err != nil && !errors.Is(err, errStopped) {
			r.refuse(err, yield)
		}
	}
}

// Err is why the last Rows ended before the end of the file: ErrRollRefused, ErrRollFaults, the context's
// or the reader's error. It is nil after a full pass, whatever its faults, and after a loop that was left.
func (r *Roll) Err() error { return r.err }

// Notes are remarks of the last Rows for staff, in Chinese: columns that were not used, hidden rows. They hold no
// value of a row.
func (r *Roll) Notes() []string { return r.notes }

// errStopped ends a pass whose caller has left the loop or has been told everything.
var errStopped = errors.New("stopped")

// refusal is a fault of the file as a whole.
type refusal struct{ civic.RollFault }

// Error is the sentence for staff; it holds nothing of the file.
func (f *refusal) Error() string { return f.Reason }

func refuse(reason string, args ...any) error {
	return &refusal{civic.RollFault{Reason: fmt.Sprintf(reason, args...)}}
}

// refuse tells the caller that the whole file cannot be read, or not to its end.
func (r *Roll) refuse(err error, yield func(civic.RollRow, *civic.RollFault) bool) {
	var f *refusal
	if errors.As(err, &f) {
		r.err = ErrRollRefused
		yield(civic.RollRow{}, &f.RollFault)
		return
	}
	r.err = err
	yield(civic.RollRow{}, &civic.RollFault{Reason: "文件读到一半读不下去了，请再试一次。"})
}

// table is a file as rows of cells.
type table interface {
	// next gives the next row that is not empty, io.EOF after the last. The row is good until the following call.
	next() (*record, error)
	// done is how many bytes of all have been read.
	done() (done, all int64)
	close()
	// remarks are notes for staff, complete after io.EOF.
	remarks() []string
}

// record is a row of a table.
type record struct {
	line  int
	cells []cell
	fault string // why the row cannot be read at all; "" if it can
	wide  bool   // more cells than the header are a fault: in CSV they come from a stray separator
}

// cell is one value with what is known of it.
type cell struct {
	text        string
	kind        cellKind
	void        bool // a formula whose result is empty
	top, bottom int  // rows of the merged range, if it is part of one
}

type cellKind byte

const (
	cellText cellKind = iota
	cellNumber
	cellFormula
	cellDate
	cellError  // #N/A and the like
	cellMerged // part of a merged range
)

func (r *Roll) open(ctx context.Context) (table, error) {
	if r.size > r.o.MaxBytes {
		return nil, refuse("文件太大：最多 %d MB。请按社区分成几个文件。", r.o.MaxBytes>>20)
	}
	k, err := sniff(r.src, r.size)
	if err != nil {
		return nil, err
	}
	switch k {
	case kindText:
		return openCSV(r.src, r.size)
	case kindEmpty:
		return nil, refuse("文件是空的。")
	case kindPDF:
		return nil, refuse("这是 PDF，不是表格。请用 Excel 或 WPS 的 .xlsx，或者 CSV。")
	case kindHTML, kindXML:
		return nil, refuse("这是网页格式的表格。请用 Excel 或 WPS 打开，另存为 .xlsx，再导入。")
	case kindOLE:
		locked, err := encrypted(r.src, r.size)
		if err != nil {
			return nil, err
		}
		if locked {
			return nil, refuse("文件设了密码。请先去掉密码，另存为 .xlsx，再导入。")
		}
		return nil, refuse("这是旧版的 .xls。请用 Excel 或 WPS 打开，另存为 .xlsx，再导入。")
	case kindZip:
	}
	return openXLSX(ctx, r.src, r.size, r.o.Sheet)
}

// rollPass is one pass over a roll.
type rollPass struct {
	*Roll
	table  table
	yield  func(civic.RollRow, *civic.RollFault) bool
	head   header
	ahead  *record // read while the end of the header was looked for
	seen   *seen
	faults int
	rows   int
}

func (p *rollPass) read(ctx context.Context) error {
	if err := p.findHeader(); err != nil {
		return err
	}
	for n := 0; ; n++ {
		if n%512 == 0 {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("reading a roll: %w", err)
			}
			if p.o.Progress != nil {
				p.o.Progress(p.table.done())
			}
		}
		rec, err := p.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := p.row(rec); err != nil {
			return err
		}
	}
	p.notes = append(p.notes, p.table.remarks()...)
	if p.rows == 0 && p.faults == 0 {
		return refuse("表头下面没有一行内容。")
	}
	return nil
}

func (p *rollPass) next() (*record, error) {
	if rec := p.ahead; rec != nil {
		p.ahead = nil
		return rec, nil
	}
	return p.table.next()
}

// row hands out one row of the table, or its faults.
func (p *rollPass) row(rec *record) error {
	if p.rows++; p.rows > p.o.MaxRows {
		return refuse("行数太多：最多 %d 人。请按社区分成几个文件。", p.o.MaxRows)
	}
	if rec.fault != "" {
		return p.fault(civic.RollFault{Line: rec.line, Reason: rec.fault})
	}
	row, faults := p.head.read(rec, p.o)
	if len(faults) == 0 {
		faults = p.seen.check(row)
	}
	for _, f := range faults {
		if err := p.fault(f); err != nil {
			return err
		}
	}
	if len(faults) == 0 && !p.yield(row, nil) {
		return errStopped
	}
	return nil
}

func (p *rollPass) fault(f civic.RollFault) error {
	if p.faults++; p.faults > p.o.MaxFaults {
		p.err = ErrRollFaults
		p.yield(civic.RollRow{}, &civic.RollFault{Line: f.Line, Reason: fmt.Sprintf("问题太多，只列出前 %d 条，后面没有再读。", p.o.MaxFaults)})
		return errStopped
	}
	if !p.yield(civic.RollRow{}, &f) {
		return errStopped
	}
	return nil
}

// blank reports whether a row holds nothing. Formulas hold something, unless they say that their result is empty.
func blank(cells []cell) bool {
	for _, c := range cells {
		if strings.TrimSpace(c.text) != "" || c.kind == cellFormula && !c.void {
			return false
		}
	}
	return true
}

// quoteAll lists words for a sentence.
func quoteAll(words []string) string { return "“" + strings.Join(words, "”“") + "”" }

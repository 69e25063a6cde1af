package files

import (
	"archive/zip"
	"compress/flate"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"yishi/flows/zh"
)

// Excelize, which writes our workbooks, does not read rolls: its stream of rows takes XML that is cut off for the end
// of the sheet, tells neither formulas nor dates from values, and shows merged cells only after it has loaded the whole
// sheet. This reader sees all of that, in memory that does not grow with the sheet.

// book is a workbook's list of sheets and what its cells refer to.
type book struct {
	parts   *parts
	sheets  []sheet
	shared  string // path of the shared strings, "" if there are none
	styles  string // path of the styles, "" if there are none
	strings sharedStrings
	dates   []bool // by number of style: it shows numbers as dates
}

// sheet is one worksheet of a workbook.
type sheet struct{ name, path string }

// openXLSX finds the sheet of a roll.
func openXLSX(ctx context.Context, src io.ReaderAt, size int64, name string) (table, error) {
	t, err := openSheet(ctx, src, size, name)
	if err != nil {
		return nil, damaged(err)
	}
	return t, nil
}

// damaged turns what an archive or its XML complains about into a sentence and leaves all else as it is.
func damaged(err error) error {
	var syntax *xml.SyntaxError
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, errTooBig):
		return refuse("文件解压以后太大。请按社区分成几个文件，或另存为 CSV。")
	case errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrAlgorithm), errors.Is(err, errCutOff),
		errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &syntax), errors.As(err, &corrupt):
		return refuse("文件坏了或不完整。请用 Excel 或 WPS 打开，另存为 .xlsx，再导入。")
	}
	return err
}

func openSheet(ctx context.Context, src io.ReaderAt, size int64, name string) (table, error) {
	p, err := openParts(src, size)
	if err != nil {
		return nil, err
	}
	b, err := openBook(p)
	if err != nil {
		return nil, err
	}
	s, err := b.choose(ctx, name)
	if err != nil {
		return nil, err
	}
	if b.shared != "" {
		if err := b.strings.load(ctx, p, b.shared); err != nil {
			return nil, err
		}
	}
	if b.styles != "" {
		if b.dates, err = dateStyles(p, b.styles); err != nil {
			return nil, err
		}
	}
	return openRows(ctx, b, s)
}

func openBook(p *parts) (*book, error) {
	const workbook = "xl/workbook.xml"
	switch {
	case p.has(workbook):
	case p.has("content.xml"):
		return nil, refuse("这是 OpenDocument 表格（.ods）。请另存为 .xlsx，再导入。")
	case p.has("xl/workbook.bin"):
		return nil, refuse("这是 .xlsb 表格。请另存为 .xlsx，再导入。")
	default:
		return nil, refuse("这不是 .xlsx 表格，是别的压缩文件。")
	}
	b := &book{parts: p}
	paths := make(map[string]string) // by id
	err := p.each("xl/_rels/workbook.xml.rels", func(tag xml.StartElement) {
		if tag.Name.Local != "Relationship" || attr(tag, "TargetMode") == "External" {
			return
		}
		target := attr(tag, "Target")
		if strings.HasPrefix(target, "/") {
			target = target[1:]
		} else {
			target = path.Join("xl", target)
		}
		switch _, kind, _ := strings.Cut(attr(tag, "Type"), "/relationships/"); kind {
		case "worksheet":
			paths[attr(tag, "Id")] = target
		case "sharedStrings":
			b.shared = target
		case "styles":
			b.styles = target
		}
	})
	if err != nil {
		return nil, err
	}
	err = p.each(workbook, func(tag xml.StartElement) {
		if tag.Name.Local == "sheet" {
			if where := paths[attr(tag, "id")]; where != "" {
				b.sheets = append(b.sheets, sheet{attr(tag, "name"), where})
			}
		}
	})
	return b, err
}

// choose takes the sheet of that name, or the only one that holds anything, hidden ones included.
func (b *book) choose(ctx context.Context, name string) (sheet, error) {
	var names []string
	var found []sheet
	for _, s := range b.sheets {
		names = append(names, clip(zh.Clean(s.name)))
		if name != "" {
			if strings.TrimSpace(s.name) == strings.TrimSpace(name) {
				return s, nil
			}
			continue
		}
		full, err := b.holdsAnything(ctx, s)
		if err != nil {
			return sheet{}, err
		}
		if full {
			found = append(found, s)
		}
	}
	switch {
	case name != "":
		return sheet{}, refuse("没有这张表。文件里有：%s。", quoteAll(names))
	case len(found) == 0:
		return sheet{}, refuse("表里没有内容。")
	case len(found) > 1:
		names = names[:0]
		for _, s := range found {
			names = append(names, clip(zh.Clean(s.name)))
		}
		return sheet{}, refuse("文件里有 %d 张表有内容（也可能是隐藏的）：%s。请用 --sheet 说明读哪一张。", len(found), quoteAll(names))
	}
	return found[0], nil
}

// holdsAnything looks for the first value or formula of a sheet.
func (b *book) holdsAnything(ctx context.Context, s sheet) (bool, error) {
	r, err := b.parts.open(s.path, maxSheet)
	if err != nil {
		return false, err
	}
	defer r.Close()
	x := newXMLStream(&cancelled{ctx, r})
	for {
		t, err := x.next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if tag, ok := t.(xml.StartElement); ok {
			switch tag.Name.Local {
			case "v", "is", "f":
				return true, nil
			}
		}
	}
}

// cancelled is a stream that ends with its context.
type cancelled struct {
	ctx context.Context
	io.Reader
}

// Read reads on while the context lasts.
func (c *cancelled) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.Reader.Read(b)
}

// dateStyles finds the styles that show a number as a date or time.
func dateStyles(p *parts, name string) ([]bool, error) {
	var dates []bool
	custom := make(map[string]bool)
	inCells := false
	err := p.each(name, func(tag xml.StartElement) {
		switch tag.Name.Local {
		case "numFmt":
			custom[attr(tag, "numFmtId")] = dateFormat(attr(tag, "formatCode"))
		case "cellXfs":
			inCells = true
		case "cellStyles", "dxfs":
			inCells = false
		case "xf":
			if inCells {
				id := attr(tag, "numFmtId")
				date, ok := custom[id]
				dates = append(dates, ok && date || !ok && builtInDate(id))
			}
		}
	})
	return dates, err
}

func builtInDate(id string) bool {
	n, err := strconv.Atoi(id)
	return err == nil && (n >= 14 && n <= 22 || n >= 27 && n <= 36 || n >= 45 && n <= 47 || n >= 50 && n <= 58)
}

// dateFormat reports whether a number format shows parts of a date or time.
func dateFormat(code string) bool {
	quoted, bracket, escaped := false, false, false
	for _, r := range strings.ToLower(code) {
		switch {
		case escaped:
			escaped = false
		case r == '"':
			quoted = !quoted
		case quoted:
		case r == '\\' || r == '_' || r == '*':
			escaped = true
		case r == '[' || r == ']':
			bracket = r == '['
		case !bracket && strings.ContainsRune("ymdhs", r):
			return true
		}
	}
	return false
}

package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decode gives src as UTF-8. A byte order mark decides. Without one the text is UTF-8 if at least half of the
// lines that are not plain ASCII are valid UTF-8, which no Chinese text in another encoding is by chance; else it is GB18030,
// which includes GBK and GB2312. What is broken in either comes out as invalid UTF-8 or U+FFFD, in its own line only.
func decode(ctx context.Context, src io.ReaderAt, size int64) (io.Reader, error) {
	head := make([]byte, 3)
	n, err := src.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading a byte order mark: %w", err)
	}
	head = head[:n]
	from := func(at int64) io.Reader { return io.NewSectionReader(src, at, size-at) }
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return from(3), nil
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return decoded(from(2), unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)), nil
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return decoded(from(2), unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)), nil
	}
	isUTF8, err := mostlyUTF8(ctx, from(0))
	if err != nil {
		return nil, err
	}
	if isUTF8 {
		return from(0), nil
	}
	return decoded(from(0), simplifiedchinese.GB18030), nil
}

func decoded(r io.Reader, e encoding.Encoding) io.Reader {
	return transform.NewReader(r, e.NewDecoder())
}

// mostlyUTF8 reads a text once and counts its lines.
func mostlyUTF8(ctx context.Context, r io.Reader) (bool, error) {
	var l lineCount
	buf := make([]byte, 256<<10)
	kept := 0 // bytes of a character that the next read completes
	for {
		if err := ctx.Err(); err != nil {
			return false, fmt.Errorf("finding out an encoding: %w", err)
		}
		n, err := io.ReadFull(r, buf[kept:])
		end := err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return false, fmt.Errorf("finding out an encoding: %w", err)
		}
		kept = copy(buf, l.add(buf[:kept+n], end))
		if end {
			l.newline()
			return l.bad <= l.good, nil
		}
	}
}

// lineCount counts lines that are not plain ASCII.
type lineCount struct {
	good, bad   int
	wide, wrong bool // of the line being read
}

// add looks at a piece of text and gives back the beginning of a character that is cut off at its end.
func (l *lineCount) add(b []byte, end bool) []byte {
	for len(b) > 0 {
		switch {
		case b[0] == '\n':
			l.newline()
		case b[0] >= utf8.RuneSelf:
			if !end && !utf8.FullRune(b) {
				return b
			}
			l.wide = true
			r, w := utf8.DecodeRune(b)
			l.wrong = l.wrong || r == utf8.RuneError && w == 1
			b = b[w:]
			continue
		}
		b = b[1:]
	}
	return nil
}

func (l *lineCount) newline() {
	switch {
	case l.wrong:
		l.bad++
	case l.wide:
		l.good++
	}
	l.wide, l.wrong = false, false
}

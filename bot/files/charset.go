package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decode gives src as UTF-8, and the separator of its cells. A byte order mark decides on the encoding. Without one the header does: the words
// of a roll's columns are Chinese, and can be read in one encoding only, so that a few broken rows do not matter. GB18030 includes GBK and
// GB2312. What is broken in a row comes out as invalid UTF-8 or U+FFFD there.
func decode(src io.ReaderAt, size int64) (r io.Reader, comma rune, err error) {
	head := make([]byte, min(size, maxLine))
	n, err := src.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, fmt.Errorf("reading the beginning of a CSV: %w", err)
	}
	head = head[:n]
	read := func(mark int, e encoding.Encoding) (io.Reader, rune, int) {
		text, body := head[mark:], io.Reader(io.NewSectionReader(src, int64(mark), size-int64(mark)))
		if e != nil {
			text, _, _ = transform.Bytes(e.NewDecoder(), text) // up to a character that is cut off
			body = transform.NewReader(body, e.NewDecoder())
		}
		comma, hits := separator(text)
		return body, comma, hits
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		r, comma, _ = read(3, nil)
		return r, comma, nil
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		r, comma, _ = read(2, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM))
		return r, comma, nil
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		r, comma, _ = read(2, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM))
		return r, comma, nil
	}
	r, comma, hits := read(0, nil)
	if gb, gbComma, gbHits := read(0, simplifiedchinese.GB18030); gbHits > hits {
		return gb, gbComma, nil
	}
	return r, comma, nil
}

// separator is the one of , ; and TAB by which the best header is found among the first lines, and how many of its words
// are known.
func separator(head []byte) (comma rune, hits int) {
	comma = ','
	lines := strings.SplitN(string(head), "\n", headerRows+1)
	for _, sep := range [...]rune{',', ';', '\t'} {
		for _, line := range lines[:min(len(lines), headerRows)] {
			n := 0
			for word := range strings.SplitSeq(line, string(sep)) {
				if _, ok := knownColumn(word); ok {
					n++
				}
			}
			if n > hits {
				comma, hits = sep, n
			}
		}
	}
	return comma, hits
}

// Package files reads and writes what goes in and out of the bot as files: rolls 名册 from XLSX and CSV, lists
// for spreadsheets, and pages for the printer. It knows neither database nor network, and keeps
// no file in memory: rows are handed on one by one.
package files

import (
	"bytes"
	"fmt"
	"io"
)

// kind is what a file is by its first bytes; names and extensions are not trusted.
type kind int

const (
	kindText kind = iota // CSV, until proven otherwise
	kindZip              // XLSX, until proven otherwise
	kindOLE              // old binary .xls, or an encrypted .xlsx
	kindHTML             // a web page that calls itself .xls, as many systems export
	kindXML              // XML spreadsheet of 2003
	kindPDF
	kindEmpty
)

// sniff tells what kind of file src is.
func sniff(src io.ReaderAt, size int64) (kind, error) {
	head := make([]byte, min(size, 1024))
	if _, err := src.ReadAt(head, 0); err != nil && err != io.EOF {
		return 0, fmt.Errorf("reading the beginning of a file: %w", err)
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	switch {
	case len(text) == 0 && size <= int64(len(head)):
		return kindEmpty, nil
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return kindZip, nil
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return kindOLE, nil
	case bytes.HasPrefix(head, []byte("%PDF")):
		return kindPDF, nil
	case bytes.HasPrefix(text, []byte("<?xml")):
		return kindXML, nil
	case bytes.HasPrefix(text, []byte("<html")), bytes.HasPrefix(text, []byte("<!doctype")), bytes.HasPrefix(text, []byte("<table")),
		bytes.HasPrefix(text, []byte("<meta")), bytes.HasPrefix(text, []byte("<style")):
		return kindHTML, nil
	}
	return kindText, nil
}

// encrypted reports whether an OLE file is a spreadsheet under a password: those have a stream of this name.
func encrypted(src io.ReaderAt, size int64) (bool, error) {
	name := []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
	buf := make([]byte, 64<<10)
	for at := int64(0); at < size; at += int64(len(buf) - len(name)) {
		n, err := src.ReadAt(buf, at)
		if err != nil && err != io.EOF {
			return false, fmt.Errorf("looking for a password: %w", err)
		}
		if bytes.Contains(buf[:n], name) {
			return true, nil
		}
	}
	return false, nil
}

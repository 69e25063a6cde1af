package files

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// sharedStrings are the texts that cells refer to by number, one after the other in one piece of memory.
type sharedStrings struct {
	text []byte
	ends []uint32
}

// at is a text by its number, and whether there is one.
func (s *sharedStrings) at(n int) (string, bool) {
	if n < 0 || n >= len(s.ends) {
		return "", false
	}
	from := uint32(0)
	if n > 0 {
		from = s.ends[n-1]
	}
	return string(s.text[from:s.ends[n]]), true
}

func (s *sharedStrings) load(ctx context.Context, p *parts, name string) error {
	r, err := p.open(name, maxSheet)
	if err != nil {
		return err
	}
	defer r.Close()
	x := newXMLStream(&cancelled{ctx, r})
	var piece pieces
	for {
		t, err := x.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading shared texts: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			piece.start(t.Name.Local)
		case xml.CharData:
			piece.add(t)
		case xml.EndElement:
			piece.end(t.Name.Local)
			if t.Name.Local != "si" {
				continue
			}
			if s.text = append(s.text, piece.take()...); len(s.text) > maxStrings || len(s.ends) > maxStrings/8 {
				return errTooBig
			}
			s.ends = append(s.ends, uint32(len(s.text)))
		}
	}
}

// maxCell is how many bytes of a cell are kept. No column takes as many, so what is cut is a fault anyway.
const maxCell = 4096

// pieces puts a rich text together: all its runs, without the reading aids of East Asian texts.
type pieces struct {
	text    []byte
	open    bool // inside t or v
	reading bool // inside rPh
}

func (p *pieces) start(tag string) {
	switch tag {
	case "t", "v":
		p.open = true
	case "rPh":
		p.reading = true
	}
}

func (p *pieces) end(tag string) {
	switch tag {
	case "t", "v":
		p.open = false
	case "rPh":
		p.reading = false
	}
}

func (p *pieces) add(text []byte) {
	if p.open && !p.reading {
		p.text = append(p.text, text[:min(len(text), maxCell+utf8.UTFMax-len(p.text))]...)
	}
}

// take gives the text, cut to maxCell, and begins a new one.
func (p *pieces) take() string {
	s := string(p.text)
	if len(s) > maxCell {
		s = s[:maxCell]
		for s != "" && !utf8.ValidString(s[len(s)-1:]) && !utf8.RuneStart(s[len(s)-1]) {
			s = s[:len(s)-1]
		}
	}
	p.text = p.text[:0]
	if strings.Contains(s, "_x") {
		s = escapes.ReplaceAllStringFunc(s, func(e string) string {
			n, _ := strconv.ParseUint(e[2:6], 16, 16)
			return string(rune(n))
		})
	}
	return s
}

// escapes are how a workbook writes characters that XML does not hold: _x000D_.
var escapes = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

package files

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Limits of what a workbook may unpack to. A district's roll needs about half of them.
const (
	maxUnpacked  = 3 << 30  // bytes of all that is read of it, where the same part counts each time
	maxDirectory = 2 << 20  // bytes read of the archive's list of parts, each of which costs memory
	maxSheet     = 1 << 30  // bytes of XML of one sheet
	maxStrings   = 96 << 20 // bytes of text that cells share, kept in memory
	maxPart      = 16 << 20 // bytes of any other part
	maxToken     = 1 << 20  // bytes of XML between two tags
	maxDepth     = 100      // elements in each other
)

var (
	errTooBig = errors.New("unpacks to too much")
	errCutOff = errors.New("XML ends in the middle")
)

// parts are the files inside a workbook.
type parts struct {
	byName map[string]*zip.File // by lower-case path
	left   int64                // of maxUnpacked
}

func openParts(src io.ReaderAt, size int64) (*parts, error) {
	list := &openingReader{ReaderAt: src, left: maxDirectory}
	z, err := zip.NewReader(list, size)
	if err != nil {
		return nil, err
	}
	list.open = true
	p := &parts{byName: make(map[string]*zip.File, len(z.File)), left: maxUnpacked}
	for _, f := range z.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		if _, ok := p.byName[name]; ok {
			return nil, zip.ErrFormat // two readers could see two different files
		}
		p.byName[name] = f
	}
	return p, nil
}

// openingReader bounds what is read before an archive is open.
type openingReader struct {
	io.ReaderAt
	left int
	open bool
}

// ReadAt reads, as far as the limit goes.
func (r *openingReader) ReadAt(b []byte, at int64) (int, error) {
	if !r.open {
		if r.left -= len(b); r.left < 0 {
			return 0, errTooBig
		}
	}
	return r.ReaderAt.ReadAt(b, at)
}

func (p *parts) has(name string) bool { return p.byName[name] != nil }

// open unpacks a part as a stream of at most so many bytes; more is errTooBig, whatever the archive says of its size.
func (p *parts) open(name string, most int64) (io.ReadCloser, error) {
	f, ok := p.byName[strings.ToLower(name)]
	if !ok {
		return nil, fmt.Errorf("a workbook without %s: %w", path.Base(name), zip.ErrFormat)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path.Base(name), err)
	}
	return &limited{ReadCloser: r, left: most, all: &p.left}, nil
}

// limited is a stream that fails instead of growing beyond its own limit or the one of all streams.
type limited struct {
	io.ReadCloser
	left int64
	all  *int64
}

// Read reads on, as far as the limits go.
func (l *limited) Read(b []byte) (int, error) {
	n, err := l.ReadCloser.Read(b)
	l.left -= int64(n)
	*l.all -= int64(n)
	if l.left < 0 || *l.all < 0 {
		return 0, errTooBig
	}
	return n, err
}

// xmlStream reads XML tag by tag in bounded memory. Names are local ones: prefixes differ by program.
type xmlStream struct {
	src   io.Reader
	dec   *xml.Decoder
	since int   // bytes read since the last tag
	err   error // of reading, which the decoder may take for its own
	open  []xml.Name
	outer int // elements that were open before the first tag read
}

func newXMLStream(src io.Reader) *xmlStream {
	s := &xmlStream{src: src}
	s.dec = xml.NewDecoder(s)
	return s
}

// Read feeds the decoder, which itself would keep a text of any length.
func (s *xmlStream) Read(b []byte) (int, error) {
	n, err := s.src.Read(b)
	if s.since += n; s.since > maxToken {
		n, err = 0, errTooBig
	}
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// next gives the next tag or text, good until the following call, and io.EOF only where the document is whole.
func (s *xmlStream) next() (xml.Token, error) {
	s.since = 0
	t, err := s.dec.RawToken()
	if s.err != nil {
		return nil, s.err
	}
	if errors.Is(err, io.EOF) && len(s.open)+s.outer > 0 {
		return nil, errCutOff
	}
	if err != nil {
		return nil, err
	}
	switch tag := t.(type) {
	case xml.StartElement:
		if s.open = append(s.open, tag.Name); len(s.open) > maxDepth {
			return nil, errTooBig
		}
	case xml.EndElement:
		last := len(s.open) - 1
		switch {
		case last >= 0 && s.open[last] == tag.Name:
			s.open = s.open[:last]
		case last < 0 && s.outer > 0:
			s.outer--
		default:
			return nil, errCutOff
		}
	}
	return t, nil
}

// each calls f for every start tag of a part, which may be missing.
func (p *parts) each(name string, f func(tag xml.StartElement)) error {
	r, err := p.open(name, maxPart)
	if err != nil {
		return err
	}
	defer r.Close()
	s := newXMLStream(r)
	for {
		t, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", path.Base(name), err)
		}
		if tag, ok := t.(xml.StartElement); ok {
			f(tag)
		}
	}
}

// attr is the value of an attribute, "" if it is not there.
func attr(tag xml.StartElement, local string) string {
	for _, a := range tag.Attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

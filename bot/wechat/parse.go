package wechat

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Limits of the XML that the platform sends. SendPicsInfo is its deepest event.
const (
	maxDepth    = 4 // levels below the root
	maxElements = 256
	maxName     = 64
)

var (
	errMalformed    = errors.New("malformed message")
	errWrongAccount = errors.New("message for another account")
)

// field is an element of which the value is kept; all others are checked and dropped.
type field int

const (
	fieldTo field = iota
	fieldFrom
	fieldCreateTime
	fieldType
	fieldMsgID
	fieldJobID
	fieldContent
	fieldMenuID
	fieldMediaID
	fieldFormat
	fieldRecognition
	fieldLat
	fieldLng
	fieldLabel
	fieldTitle
	fieldEvent
	fieldEventKey
	fieldStatus
	fieldOpenID
	fieldAppID
	fieldEncrypt
	fieldScanResult
	numFields
)

// known names the field of an element below parent, "" being the root.
func known(parent, name []byte) (field, bool) {
	if len(parent) > 0 {
		return fieldScanResult, string(parent) == "ScanCodeInfo" && string(name) == "ScanResult"
	}
	switch string(name) {
	case "ToUserName":
		return fieldTo, true
	case "FromUserName":
		return fieldFrom, true
	case "CreateTime":
		return fieldCreateTime, true
	case "MsgType":
		return fieldType, true
	case "MsgId":
		return fieldMsgID, true
	case "MsgID": // job receipts spell it so
		return fieldJobID, true
	case "Content":
		return fieldContent, true
	case "bizmsgmenuid":
		return fieldMenuID, true
	case "MediaId":
		return fieldMediaID, true
	case "Format":
		return fieldFormat, true
	case "Recognition":
		return fieldRecognition, true
	}
	return knownRare(name)
}

func knownRare(name []byte) (field, bool) {
	switch string(name) {
	case "Location_X":
		return fieldLat, true
	case "Location_Y":
		return fieldLng, true
	case "Label":
		return fieldLabel, true
	case "Title":
		return fieldTitle, true
	case "Event":
		return fieldEvent, true
	case "EventKey":
		return fieldEventKey, true
	case "Status":
		return fieldStatus, true
	case "OpenID":
		return fieldOpenID, true
	case "AppID":
		return fieldAppID, true
	case "Encrypt":
		return fieldEncrypt, true
	}
	return 0, false
}

// fields are the values of a message, slices of its body where that is possible.
type fields struct {
	v    [numFields][]byte
	seen [numFields]bool

	notices []noticeItem
}

// parseFields reads the platform's flat XML. It forgives what the platform really sends: raw
// control characters, "]]>" inside of text, a byte order mark. It refuses what it never sends:
// document types, comments, attributes, a field twice, text beside elements, other encodings,
// anything after the root.
func parseFields(b []byte) (fields, error) {
	var f fields
	if !utf8.Valid(b) {
		return f, fmt.Errorf("not UTF-8: %w", errMalformed)
	}
	s := scanner{b: bytes.TrimPrefix(b, []byte("\ufeff")), f: &f}
	s.space()
	if err := s.declaration(); err != nil {
		return f, err
	}
	name, empty, err := s.open()
	if err != nil {
		return f, err
	}
	if string(name) != "xml" || empty {
		return f, fmt.Errorf("root: %w", errMalformed)
	}
	val, err := s.content(name, nil, 0)
	if err != nil {
		return f, err
	}
	if s.space(); s.i != len(s.b) || len(bytes.TrimSpace(val)) > 0 {
		return f, fmt.Errorf("text outside of fields: %w", errMalformed)
	}
	return f, nil
}

type scanner struct {
	b        []byte
	i        int
	elements int
	f        *fields
	wrapped  bool        // inside of an element that holds notices
	item     *noticeItem // of the notice being read; nil: none
}

func (s *scanner) rest() []byte { return s.b[s.i:] }

func (s *scanner) space() { s.i += spaces(s.rest()) }

func spaces(b []byte) int {
	n := 0
	for n < len(b) && (b[n] == ' ' || b[n] == '\n' || b[n] == '\r' || b[n] == '\t') {
		n++
	}
	return n
}

// declaration skips <?xml …?>; only UTF-8 may be declared.
func (s *scanner) declaration() error {
	if !bytes.HasPrefix(s.rest(), []byte("<?xml ")) {
		return nil
	}
	n := bytes.Index(s.rest(), []byte("?>"))
	if n < 0 || n > 128 {
		return fmt.Errorf("declaration: %w", errMalformed)
	}
	decl := bytes.ToLower(s.rest()[:n])
	if _, v, ok := bytes.Cut(decl, []byte("encoding")); ok {
		v = bytes.TrimLeft(v, " =")
		if !bytes.HasPrefix(v, []byte(`"utf-8"`)) && !bytes.HasPrefix(v, []byte(`'utf-8'`)) {
			return fmt.Errorf("encoding: %w", errMalformed)
		}
	}
	s.i += n + len("?>")
	s.space()
	return nil
}

// open reads a start tag. Attributes are refused, and so is everything that starts with <! or <?.
func (s *scanner) open() (name []byte, empty bool, err error) {
	b := s.rest()
	n := 1
	for n < len(b) && n <= maxName && isName(b[n]) {
		n++
	}
	if len(b) == 0 || b[0] != '<' || n == 1 || n > maxName {
		return nil, false, fmt.Errorf("tag: %w", errMalformed)
	}
	name = b[1:n]
	n += spaces(b[n:])
	if n < len(b) && b[n] == '/' {
		empty = true
		n++
	}
	if n >= len(b) || b[n] != '>' {
		return nil, false, fmt.Errorf("tag: %w", errMalformed)
	}
	s.i += n + 1
	if s.elements++; s.elements > maxElements {
		return nil, false, fmt.Errorf("too many elements: %w", errMalformed)
	}
	return name, empty, nil
}

func isName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// content reads up to and with the end tag of name and returns the text of a leaf. depth is
// that of the element, 0 being the root; parent is the element above it.
func (s *scanner) content(name, parent []byte, depth int) ([]byte, error) {
	var val value
	children, cdata := false, false
	for {
		lt := bytes.IndexByte(s.rest(), '<')
		if lt < 0 {
			return nil, fmt.Errorf("unclosed element: %w", errMalformed)
		}
		text := s.rest()[:lt]
		s.i += lt
		b := s.rest()
		isData := bytes.HasPrefix(b, []byte("<![CDATA["))
		if spaces(text) < len(text) || !cdata && !isData {
			plain, err := unescape(text)
			if err != nil {
				return nil, err
			}
			val.add(plain)
		}
		switch {
		case isData:
			chunk, err := s.cdata(name)
			if err != nil {
				return nil, err
			}
			cdata = true
			val.add(chunk)
		case closes(b, name) > 0:
			s.i += closes(b, name)
			if _, isField := known(parent, name); children && (isField || len(bytes.TrimSpace(val.b)) > 0) && depth > 0 {
				return nil, fmt.Errorf("text beside elements: %w", errMalformed)
			}
			return val.b, nil
		default:
			if err := s.child(name, depth); err != nil {
				return nil, err
			}
			children = true
		}
	}
}

// child reads an element below parent and keeps its value if its field is known.
func (s *scanner) child(parent []byte, depth int) error {
	if depth >= maxDepth {
		return fmt.Errorf("too deep: %w", errMalformed)
	}
	name, empty, err := s.open()
	if err != nil {
		return err
	}
	if depth == 0 {
		parent = nil
	}
	if err := s.enterNotice(name, depth); err != nil {
		return err
	}
	var val []byte
	if !empty {
		if val, err = s.content(name, parent, depth+1); err != nil {
			return err
		}
	}
	if f, ok := known(parent, name); ok && depth <= 1 {
		if s.f.seen[f] {
			return fmt.Errorf("field twice: %w", errMalformed)
		}
		s.f.seen[f], s.f.v[f] = true, val
	}
	return s.keepNotice(name, val, depth)
}

// cdata reads one CDATA section of the element name. The platform does not split "]]>" in what
// people type, so that a section ends only where the element ends or another section starts.
func (s *scanner) cdata(name []byte) ([]byte, error) {
	from := s.i + len("<![CDATA[")
	for at := from; ; {
		n := bytes.Index(s.b[at:], []byte("]]>"))
		if n < 0 {
			return nil, fmt.Errorf("unclosed CDATA: %w", errMalformed)
		}
		end := at + n
		after := s.b[end+len("]]>"):]
		if bytes.HasPrefix(after, []byte("<![CDATA[")) || closes(after[spaces(after):], name) > 0 {
			s.i = end + len("]]>")
			return s.b[from:end:end], nil
		}
		at = end + 1
	}
}

// closes gives the length of name's end tag if b starts with it, else 0.
func closes(b, name []byte) int {
	n := len("</") + len(name)
	if len(b) <= n || b[0] != '<' || b[1] != '/' || !bytes.Equal(b[2:n], name) {
		return 0
	}
	n += spaces(b[n:])
	if n < len(b) && b[n] == '>' {
		return n + 1
	}
	return 0
}

// value gathers the text of an element; as long as it is one piece it stays a part of the body.
type value struct {
	b     []byte
	owned bool
}

func (v *value) add(b []byte) {
	switch {
	case len(v.b) == 0:
		v.b, v.owned = b[:len(b):len(b)], false
	case v.owned:
		v.b = append(v.b, b...)
	default:
		v.b, v.owned = append(append(make([]byte, 0, 2*len(v.b)+len(b)), v.b...), b...), true
	}
}

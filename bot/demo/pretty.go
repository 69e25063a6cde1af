package demo

import (
	"bytes"
	"encoding/json"
	"strings"
)

// pretty indents XML or JSON for reading. It changes white space between elements only and
// forgives what is not well formed: a message is shown as it is, hostile ones too.
func pretty(body string) string {
	text := strings.TrimSpace(body)
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		var b bytes.Buffer
		if json.Indent(&b, []byte(text), "", "  ") == nil {
			return b.String()
		}
		return text
	}
	if !strings.HasPrefix(text, "<") {
		return body
	}
	return indentXML(text)
}

// The kinds of piece that XML falls into.
const (
	words = iota // text, CDATA
	opening
	closing
	empty // <a/>, <?xml?>, comments
)

func indentXML(text string) string {
	var b strings.Builder
	depth, before := 0, words
	for text != "" {
		piece, kind := cut(text)
		text = text[len(piece):]
		if kind == words && strings.TrimSpace(piece) == "" {
			continue // white space between elements
		}
		if kind == closing {
			depth = max(depth-1, 0)
		}
		if before != words && kind != words && (before != opening || kind != closing) {
			b.WriteString("\n" + strings.Repeat("  ", depth))
		}
		b.WriteString(piece)
		if kind == opening {
			depth = min(depth+1, 20)
		}
		before = kind
	}
	return b.String()
}

// cut returns the first tag, CDATA section or run of text, and what it is.
func cut(text string) (piece string, kind int) {
	upTo := func(end string) string {
		if n := strings.Index(text, end); n >= 0 {
			return text[:n+len(end)]
		}
		return text
	}
	switch {
	case strings.HasPrefix(text, "<![CDATA["):
		return upTo("]]>"), words
	case strings.HasPrefix(text, "</"):
		return upTo(">"), closing
	case strings.HasPrefix(text, "<?"), strings.HasPrefix(text, "<!"):
		return upTo(">"), empty
	case strings.HasPrefix(text, "<"):
		piece = upTo(">")
		if strings.HasSuffix(piece, "/>") {
			return piece, empty
		}
		return piece, opening
	}
	run, _, _ := strings.Cut(text, "<")
	return run, words
}

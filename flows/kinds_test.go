package flows

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTellKinds has every Tell constant in the list, with a sample that can be told.
func TestTellKinds(t *testing.T) {
	var listed []string
	for _, k := range TellKinds() {
		listed = append(listed, k.Name)
		if text, err := Tell(k.Name, k.Sample, true); err != nil || len(text.Fields) != len(k.Fields) || len(k.Fields) == 0 {
			t.Errorf("%s: %v, fields %v", k.Name, err, k.Fields)
		}
	}
	found := 0
	for _, pattern := range []string{"*.go", "civic/*.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatal(pattern, err)
		}
		for _, path := range paths {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				v, ok := n.(*ast.ValueSpec)
				if !ok || len(v.Values) != 1 || !strings.HasPrefix(v.Names[0].Name, "Tell") {
					return true
				}
				if lit, ok := v.Values[0].(*ast.BasicLit); ok {
					found++
					if !slices.Contains(listed, strings.Trim(lit.Value, `"`)) {
						t.Errorf("%s is not listed", v.Names[0].Name)
					}
				}
				return true
			})
		}
	}
	if found != len(listed) || found == 0 {
		t.Errorf("%d kinds, %d listed", found, len(listed))
	}
}

// TestFieldsAreOneLine has what people wrote in several lines fit a field: the platform takes
// no line breaks, and counts a character beyond the first plane twice.
func TestFieldsAreOneLine(t *testing.T) {
	text, err := Tell(TellAnnounce, []byte(`{"title":"周六\n议事会","body":"一，周六下午三点\r\n\r\n二，带好身份证😀😀😀😀😀😀😀😀😀😀","from":"社区"}`), false)
	if err != nil {
		t.Fatal(err)
	}
	if text.Fields["title"] != "周六 议事会" || text.Line != "周六 议事会" {
		t.Errorf("title %q, line %q", text.Fields["title"], text.Line)
	}
	content := text.Fields["content"]
	n := 0
	for _, r := range content {
		if n++; r > 0xffff {
			n++
		}
	}
	if strings.ContainsAny(content, "\r\n") || n > maxField || !strings.HasPrefix(content, "一，周六下午三点 二，带好身份证") {
		t.Errorf("content %q has %d characters", content, n)
	}
}

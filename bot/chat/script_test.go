package chat_test

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
)

// A script is one .chat file: people's lines and directives are written by hand, the bot's
// lines by -update.
type script struct {
	path  string
	lines []line
}

// line is one entry of a script. More holds the continuation lines of a reply.
type line struct {
	mark byte   // '#', '@', '>', '<', '*', '!' or 0 for an empty line
	who  string // of > and !
	text string // the rest; replies with their line breaks
}

func readScript(t testing.TB, path string) *script {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	s := &script{path: path}
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		l := sc.Text()
		if rest, ok := strings.CutPrefix(l, "  "); ok && len(s.lines) > 0 {
			last := &s.lines[len(s.lines)-1]
			last.text += "\n" + rest
			continue
		}
		if l == "" {
			s.lines = append(s.lines, line{})
			continue
		}
		e := line{mark: l[0]}
		if !strings.ContainsRune("#@><*!", rune(l[0])) {
			t.Fatalf("%s:%d: a line begins with one of # @ > < * !", path, n)
		}
		e.text = strings.TrimSpace(l[1:])
		if e.mark == '>' || e.mark == '!' {
			who, text, ok := strings.Cut(e.text, ":")
			if !ok {
				t.Fatalf("%s:%d: who says it?", path, n)
			}
			e.who, e.text = strings.TrimSpace(who), strings.TrimPrefix(text, " ")
		}
		if e.mark == '<' {
			e.text = strings.TrimPrefix(strings.TrimPrefix(e.text, "bot:"), " ")
		}
		s.lines = append(s.lines, e)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	if len(s.lines) == 0 || s.lines[0].mark != '#' {
		t.Fatalf("%s: the first line says what the chat shows", path)
	}
	return s
}

func (l line) String() string {
	indent := strings.ReplaceAll(l.text, "\n", "\n  ")
	switch l.mark {
	case 0:
		return ""
	case '<':
		return "< bot: " + indent
	case '@':
		return "@" + indent
	case '>', '!':
		return fmt.Sprintf("%c %s: %s", l.mark, l.who, indent)
	}
	return fmt.Sprintf("%c %s", l.mark, indent)
}

func (s *script) String() string {
	var b strings.Builder
	for _, l := range s.lines {
		b.WriteString(l.String() + "\n")
	}
	return b.String()
}

package dialog

import (
	"fmt"
	"io"
	"strings"
)

// Mermaid writes the flows as Mermaid flowcharts, one a flow, in the order of New. Dotted arrows
// pass a step over; arrows with 改 go back for one answer and return.
func (e *Engine[W]) Mermaid(w io.Writer) error {
	for _, m := range e.flows {
		if _, err := io.WriteString(w, m.head().mermaid()+"\n"); err != nil {
			return fmt.Errorf("write flowchart: %w", err)
		}
	}
	return nil
}

func (h *header[W]) mermaid() string {
	var b strings.Builder
	fmt.Fprintf(&b, "---\ntitle: %s (%s v%d)\n---\nflowchart TD\n", h.title, h.id, h.version)
	fmt.Fprintf(&b, "  in([%s]) --> %s\n", quote(h.openers()), h.steps[0].id)
	for i, s := range h.steps {
		next := "out"
		if i+1 < len(h.steps) {
			next = h.steps[i+1].id
		}
		shape := "[%s]"
		if s.opens {
			shape = "{{%s}}"
		}
		fmt.Fprintf(&b, "  %s"+shape+"\n", s.id, quote(strings.TrimSpace(s.id+" "+s.label)))
		if !s.final {
			fmt.Fprintf(&b, "  %s --> %s\n", s.id, next)
		}
		if s.skips {
			fmt.Fprintf(&b, "  %s -. 跳过 .-> %s\n", s.id, next)
		}
		if s.opens && i > 0 && !h.steps[i-1].final {
			fmt.Fprintf(&b, "  %s -. 不需要 .-> %s\n", h.steps[i-1].id, next)
		}
		if s.commits && next != "out" {
			fmt.Fprintf(&b, "  %s -- 提交 --> out\n", s.id)
		}
		for _, j := range s.jumps {
			fmt.Fprintf(&b, "  %s -- 改 --> %s\n", s.id, j)
		}
	}
	for _, l := range h.leads {
		fmt.Fprintf(&b, "  out -.-> %s([%s])\n", strings.ReplaceAll(l, "-", "_")+"_flow", quote(l))
	}
	b.WriteString("  out((完))\n")
	return b.String()
}

func (h *header[W]) openers() string {
	words := append([]string(nil), h.opens...)
	for _, k := range h.takes {
		words = append(words, "["+string(k)+"]")
	}
	if h.match != nil {
		words = append(words, h.title+"…")
	}
	if len(words) == 0 {
		return h.title
	}
	return strings.Join(words, " / ")
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, "'") + `"` }

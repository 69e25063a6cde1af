package wechat

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"yishi/flows/dialog"
)

const tap = `<a href="weixin://bizmsgmenu?msgmenucontent=`

func TestRender(t *testing.T) {
	two := []dialog.Choice{{Label: "1. 有", Send: "有"}, {Label: "2. 没有 & 不要", Send: "a b+c&d"}}
	tests := []struct {
		name  string
		reply dialog.Reply
		card  int
		want  []string
	}{
		{"nothing", dialog.Reply{}, 0, nil},
		{"blank", dialog.Reply{Text: "\n \n"}, 3, nil},
		{"text", dialog.Reply{Text: "您好\n请说"}, 3, []string{"您好\n请说"}},
		{"choices as links", dialog.Reply{Text: "有照片吗？", Choices: two, After: "也可以打字。"}, 42, []string{
			"有照片吗？\n" + tap + `%E6%9C%89&msgmenuid=42">1. 有</a>` + "\n" + tap + `a%20b%2Bc%26d&msgmenuid=42">2. 没有 & 不要</a>` + "\n也可以打字。",
		}},
		{"choices without links", dialog.Reply{Text: "有照片吗？", Choices: two}, 0, []string{"有照片吗？\n1. 有\n2. 没有 & 不要"}},
		{"a tap that says nothing", dialog.Reply{Choices: []dialog.Choice{{Label: "看看"}}}, 1, []string{"看看"}},
		{"a tap that says too much", dialog.Reply{Choices: []dialog.Choice{{Label: "看看", Send: strings.Repeat("说", 100)}}}, 1, []string{"看看"}},
		{"no label", dialog.Reply{Text: "x", Choices: []dialog.Choice{{Send: "1"}}}, 1, []string{"x"}},
		{"links by people", dialog.Reply{Text: `点<a href="http://evil">这里</a>`, Choices: []dialog.Choice{{Label: "a</a>\nb", Send: "1"}}, After: "<b>"}, 1, []string{
			`点＜a href="http://evil">这里＜/a>` + "\n" + tap + `1&msgmenuid=1">a＜/a> b</a>` + "\n＜b>",
		}},
		{"turned writing", dialog.Reply{Text: "a\u202eb\u2066c\u200fd\u2028e"}, 0, []string{"abcd\ne"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, Render(tt.reply, tt.card)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestRenderPages(t *testing.T) {
	line := strings.Repeat("汉", 99) + "。"
	var many []dialog.Choice
	for range 60 {
		many = append(many, dialog.Choice{Label: "选项", Send: "选"})
	}
	tests := []struct {
		name  string
		reply dialog.Reply
		pages int
	}{
		{"exactly one page", dialog.Reply{Text: strings.Repeat("a", pageBytes)}, 1},
		{"one byte more", dialog.Reply{Text: strings.Repeat("a", pageBytes+1)}, 2},
		{"lines", dialog.Reply{Text: strings.TrimSpace(strings.Repeat(line+"\n", 12))}, 3},
		{"one long line", dialog.Reply{Text: strings.Repeat(line, 12)}, 3},
		{"many choices", dialog.Reply{Text: "请选", Choices: many}, 3},
		{"empty lines at the break", dialog.Reply{Text: strings.Repeat("a", 1700) + strings.Repeat("\n", 200) + "b"}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pages := Render(tt.reply, 7)
			if len(pages) != tt.pages {
				t.Errorf("%d pages, want %d", len(pages), tt.pages)
			}
			checkPages(t, tt.reply, pages)
		})
	}
}

var tapLink = regexp.MustCompile(`<a href="weixin://bizmsgmenu\?msgmenucontent=([^"&]*)&msgmenuid=7">([^<]*)</a>`)

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkPages wants small, valid pages with whole links that together say what Plain says.
func checkPages(t failer, r dialog.Reply, pages []string) {
	t.Helper()
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	var all strings.Builder
	for i, p := range pages {
		if len(p) > pageBytes || !utf8.ValidString(p) || p != strings.Trim(p, "\n") || strings.TrimSpace(p) == "" {
			t.Fatalf("page %d of %d bytes is bad: %q", i, len(p), p)
		}
		body, more := strings.CutSuffix(p, "\n"+moreLine)
		if more != (i < len(pages)-1) {
			t.Fatalf("page %d of %d says it goes on: %v", i, len(pages), more)
		}
		for _, m := range tapLink.FindAllStringSubmatch(body, -1) {
			if s, err := url.PathUnescape(m[1]); err != nil || s == "" || m[2] == "" {
				t.Fatalf("bad link %q", m[0])
			}
		}
		body = tapLink.ReplaceAllString(body, "$2")
		if strings.Contains(body, "<") {
			t.Fatalf("page %d has a broken or foreign link: %q", i, body)
		}
		all.WriteString(body)
	}
	if squeeze(all.String()) != squeeze(Plain(r)) {
		t.Fatalf("pages say %q, want %q", all.String(), Plain(r))
	}
}

func TestRenderAlways(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		"a", "汉", "，", "。", "\n", "\n\n", " ", "👨‍👩‍👧‍👦", "🇨🇳", "é", "é", "<a href=x>", "</a>", "]]>", "\x00", "\xff", "\u202e",
		strings.Repeat("长", 300), strings.Repeat("x", 900), "a" + strings.Repeat("́", 300),
	})
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 30).Draw(t, "pieces"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		r := dialog.Reply{Text: text.Draw(t, "text"), After: text.Draw(t, "after")}
		for range rapid.IntRange(0, 12).Draw(t, "choices") {
			r.Choices = append(r.Choices, dialog.Choice{Label: text.Draw(t, "label"), Send: text.Draw(t, "send")})
		}
		checkPages(t, r, Render(r, 7))
	})
}

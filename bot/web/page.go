package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strings"
)

//go:embed page
var files embed.FS

var pageTemplate = template.Must(template.ParseFS(files, "page/page.html"))

// view is a page. Its tag says where the link stands, and tells the browser when to look anew.
type view struct {
	Tag     string
	Heading string
	Text    []string
	List    []string
	Links   []way
	Items   []item // of a gallery
	Ask     string // label of the button that asks for a code; "" none
	Code    string
	// Of an upload's form.
	Token, Accept, MostText string
	Most                    int64
	Progress                string
	Poll                    bool // the page may change by itself
	Root, Here              string

	status int
}

// way is somewhere to go from a page.
type way struct{ To, Label string }

// saying is a page that only says something: what happened, then what to do.
type saying struct {
	heading string
	text    []string
	outcome string // for metrics
}

// askAgain ends most of them.
const askAgain = "请回到公众号的聊天里，再要一个链接。"

var (
	sayUnknown     = saying{"没有这个链接", []string{"可能抄漏了，也可能早就过期了。", askAgain}, "unknown"}
	sayWrongWay    = saying{"这样打不开", []string{"请回到聊天里，点那个链接。"}, "method"}
	sayLate        = saying{"链接过期了", []string{"为了安全，链接过一阵子就不能用了，没有传出去什么。", askAgain}, "late"}
	sayTaken       = saying{"这个链接已经在别处打开了", []string{"一个链接只在一个地方打开一次。要是您刚才在手机或另一台电脑上打开过，请接着用那边的。", "不是您打开的，或者找不到了，" + askAgain}, "taken"}
	saySomebody    = saying{"这个链接不是给您的", []string{"它只能由要链接的那个微信号打开，所以没有打开。", "您也要办，请在公众号里自己要一个链接。"}, "foreign"}
	sayUsed        = saying{"已经下载过了", []string{"一个链接只能下载几次，都用完了。还要的话，" + askAgain}, "used"}
	sayStrange     = saying{"现在还办不了", []string{"网页正在更新，请过几分钟再打开。"}, "newer"}
	sayBusy        = saying{"现在忙不过来", []string{"请过一分钟，刷新这一页再试。没有做成的，什么也没有记。"}, "busy"}
	sayForeignForm = saying{"没有收下", []string{"这次请求不是从我们的页面来的。请回到聊天里，重新点那个链接。"}, "form"}
	sayNoCookie    = saying{"没有收下", []string{"您的浏览器没有记住这一页。请允许 Cookie，再回到聊天里重新点那个链接。"}, "form"}
	sayLoginFailed = saying{"没有认出您的微信", []string{"这一步只能走一次，也可能隔得太久了。什么也没有打开，请再试一次。"}, "login"}
	sayLoginAway   = saying{"微信没有回应", []string{"什么也没有打开，请过一会儿再试一次。"}, "login-away"}
	saySnapshot    = saying{"现在看到的是预览", []string{"请先点页面下面的“使用完整服务”，再打开一次。"}, "snapshot"}
	sayNotMade     = saying{"文件没有做成", []string{"什么也没有下载，请再点一次。还是不行，请过一会儿再来。"}, "failed"}
)

// render writes a page whole, or nothing.
func (s *Server) render(w http.ResponseWriter, v *view) {
	v.Root = s.path("")
	if v.status == 0 {
		v.status = http.StatusOK
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, v); err != nil {
		s.o.Log.Error("page not rendered", "error", err.Error())
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(v.status)
	_, _ = w.Write(b.Bytes()) // the browser may have gone
}

func (y saying) view(status int, links ...way) *view {
	return &view{Tag: "end", Heading: y.heading, Text: y.text, Links: links, status: status}
}

// fail shows a page that says why something is not to be had.
func (s *Server) fail(w http.ResponseWriter, status int, y saying, links ...way) {
	s.o.Observe("", y.outcome)
	s.render(w, y.view(status, links...))
}

func asset(name, kind string) http.HandlerFunc {
	b, err := files.ReadFile("page/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(b) // the browser may have gone
	}
}

// outcome is a Page as the row keeps it.
type outcome struct {
	Title string   `json:"title"`
	Text  []string `json:"text,omitempty"`
	List  []string `json:"list,omitempty"`
	More  int      `json:"more,omitempty"` // of the list, not kept
	Saved Named    `json:"saved,omitzero"`
}

const (
	listMost = 100
	lineMost = 200 // characters of a line of the list, or of a paragraph
	textMost = 20
)

func outcomeOf(p Page) outcome {
	o := outcome{Title: cut(p.Title, 60), Text: cutAll(p.Text, textMost), List: cutAll(p.List, listMost)}
	o.More = len(p.List) - len(o.List)
	if p.Save != nil {
		o.Saved = p.Saved
	}
	return o
}

func cutAll(lines []string, most int) []string {
	var kept []string
	for _, l := range lines[:min(len(lines), most)] {
		kept = append(kept, cut(l, lineMost))
	}
	return kept
}

// cut shortens a line to n characters of valid text.
func cut(line string, n int) string {
	r := []rune(strings.ToValidUTF8(line, "\uFFFD"))
	if len(r) <= n {
		return string(r)
	}
	return string(r[:n-1]) + "…"
}

func (o outcome) encode() string {
	b, err := json.Marshal(o)
	if err != nil { // plain strings and numbers
		return "{}"
	}
	return string(b)
}

func decodeOutcome(text string) (o outcome, ok bool) {
	return o, text != "" && json.Unmarshal([]byte(text), &o) == nil
}

// show puts an outcome on a page.
func (o outcome) show(v *view) {
	v.Text = append(v.Text, o.Text...)
	v.List = o.List
	if o.More > 0 {
		v.Text = append(v.Text, fmt.Sprintf("下面只列出前 %d 条，另外还有 %d 条。", len(o.List), o.More))
	}
}

// size tells bytes as people read them.
func size(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d KB", max(1, n>>10))
}

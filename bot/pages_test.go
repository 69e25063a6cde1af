package main

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// visitor is a browser with cookies of its own.
type visitor struct {
	t *testing.T
	c *http.Client
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, &http.Client{Jar: jar, Timeout: 20 * time.Second}}
}

// got is what a browser was given at the end of its way.
type got struct {
	status int
	path   string
	header http.Header
	body   string
}

func (v *visitor) do(method, address, body string) got {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := v.c.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return got{resp.StatusCode, resp.Request.URL.Path, resp.Header, string(b)}
}

func (v *visitor) get(address string) got {
	v.t.Helper()
	return v.do(http.MethodGet, address, "")
}

// one finds what a pattern's group matches last.
func one(t *testing.T, text, pattern string) string {
	t.Helper()
	all := regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		t.Fatalf("nothing like %s in:\n%s", pattern, text)
	}
	return all[len(all)-1][1]
}

// A resident of the demo asks for the roll's form, taps the link, and has the file; somebody else
// who has the link has nothing. On a computer the code of the page opens it, once it is said yes to.
func TestDemoPages(t *testing.T) {
	vars := map[string]string{"YISHI_DATA": t.TempDir(), "YISHI_ADDR": "127.0.0.1:0"}
	p := start(t, vars, "demo")
	page := "http://" + p.await(t, &p.stdout, `http://([0-9.:]+)/`)
	say := func(what string) {
		t.Helper()
		act(t, page, map[string]any{"phone": 0, "do": "say", "text": what})
	}
	act(t, page, map[string]any{"phone": 0, "do": "follow", "n": 0})
	ask := func() string {
		t.Helper()
		say("名册模板")
		say("1")
		return one(t, chatOf(t, page), `(`+regexp.QuoteMeta(page)+`/f/[a-z2-7]{26})`)
	}
	tap := func(v *visitor, phone, link string) got {
		t.Helper()
		return v.get(page + "/demo/open?" + url.Values{"phone": {phone}, "to": {link}}.Encode())
	}
	link, neighbour, aunt := ask(), newVisitor(t), newVisitor(t)
	if a := tap(neighbour, "1", link); a.status != 403 || !strings.Contains(a.body, "这个链接不是给您的") {
		t.Errorf("somebody else: %d %s", a.status, a.body)
	}
	if a := tap(aunt, "0", link); a.status != 200 || !strings.Contains(a.body, "下载名册模板") || a.path != strings.TrimPrefix(link, page) {
		t.Fatalf("the asker: %d at %s\n%s", a.status, a.path, a.body)
	}
	form := aunt.get(link + "/file")
	if form.status != 200 || !strings.HasPrefix(form.body, "\uFEFF街道,社区,小区,网格,幢,单元,室,姓名,手机,编号,备注\r\n") ||
		!strings.Contains(form.header.Get("Content-Disposition"), "filename*=UTF-8''"+url.PathEscape("名册模板.csv")) {
		t.Errorf("file: %d %v %s", form.status, form.header, form.body)
	}
	second, desk := ask(), newVisitor(t)
	gate := desk.get(second).body
	shown := desk.do(http.MethodPost, second+"/code", url.Values{"token": {one(t, gate, `name="token" value="([^"]+)"`)}}.Encode()).body
	say("打开 " + one(t, shown, `打开 (\d{6})<`))
	if !strings.Contains(chatOf(t, page), "要在另一块屏幕上打开：下载名册模板") {
		t.Errorf("the chat says\n%s", chatOf(t, page))
	}
	if a := desk.get(second + "/file"); a.status != 403 {
		t.Errorf("before it is said yes to: %d", a.status)
	}
	say("1")
	if a := desk.get(second + "/file"); a.status != 200 {
		t.Errorf("afterwards: %d", a.status)
	}
	p.stop()
	if code := p.wait(t); code != exitOK {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
	for _, secret := range []string{strings.TrimPrefix(link, page+"/f/"), strings.TrimPrefix(second, page+"/f/"), "oDemoResident"} {
		if strings.Contains(p.stderr.String(), secret) {
			t.Errorf("%s is logged", secret)
		}
	}
}

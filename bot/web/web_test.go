package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"yishi/flows/civic"
	"yishi/store"
)

func expect(t *testing.T, what string, a answer, status int, tag string, texts ...string) {
	t.Helper()
	if a.status != status || a.tag() != tag {
		t.Fatalf("%s: status %d and tag %q, want %d and %q:\n%s", what, a.status, a.tag(), status, tag, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("%s: the page does not say %q:\n%s", what, text, a.body)
		}
	}
}

// The whole way on a phone: WeChat tells who it is, the file goes in, faults are told and to be
// had as a file.
func TestUploadOnAPhone(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		r := newRig(t, db)
		ref, phone := r.link("count"), r.phone(asker)
		page := phone.get(ref)
		expect(t, "opened", page, 200, "form", "上传名册", "请传一个表格。", `accept=".csv"`, "200 MB")
		sent := phone.upload(ref, page.token(), "户,人\n3-501,2\n3-502\n")
		if sent.status != 200 || sent.at != "/f/"+ref {
			t.Fatalf("upload: %d at %s\n%s", sent.status, sent.at, sent.body)
		}
		done := phone.await(ref)
		expect(t, "done", done, 200, "done", "名册已导入", "共 1 户。", "第 3 行：少一列", "下载 名册 问题.csv")
		file := phone.get(ref, "result")
		if file.status != 200 || file.body != "问题\n第 3 行：少一列\n" {
			t.Errorf("file of faults: %d %q", file.status, file.body)
		}
		if got := file.header.Get("Content-Disposition"); got != `attachment; filename="__ __.csv"; filename*=UTF-8''%E5%90%8D%E5%86%8C%20%E9%97%AE%E9%A2%98.csv` {
			t.Errorf("disposition %s", got)
		}
		expect(t, "a second file", phone.upload(ref, page.token(), "户,人\n"), http.StatusConflict, "end", "已经传过了")
		if l, _, err := db.Links().Find(t.Context(), ref, ""); err != nil || l.BlobKey == "" {
			t.Errorf("no key kept: %+v %v", l, err)
		} else if _, err := r.blobs.Open(t.Context(), l.BlobKey); err == nil {
			t.Error("the file is still there after it was worked off")
		}
	})
}

// The whole way on a computer: the page shows a code, the chat says yes, the page goes on.
func TestUploadOnAComputer(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		r := newRig(t, db)
		ref, desk := r.link("count"), r.browser(deskUA)
		expect(t, "opened", desk.get(ref), 200, "ask", "显示数字")
		shown := desk.draw(ref)
		expect(t, "code", shown, 200, "code", "五分钟内有效")
		code := shown.code()
		if again := desk.get(ref); again.code() != code {
			t.Errorf("looked at again it shows %q, not %q", again.code(), code)
		}
		var state map[string]string
		if a := desk.get(ref, "state"); json.Unmarshal([]byte(a.body), &state) != nil || state["tag"] != "code" {
			t.Errorf("state before: %s", a.body)
		}
		if err := r.commit(asker, civic.OpenLink{Account: asker, Code: code}); err != nil {
			t.Fatal(err)
		}
		if a := desk.get(ref, "state"); json.Unmarshal([]byte(a.body), &state) != nil || state["tag"] != "form" {
			t.Errorf("state after: %s", a.body)
		}
		page := desk.get(ref)
		expect(t, "let in", page, 200, "form")
		desk.upload(ref, page.token(), "something else\n")
		again := desk.await(ref)
		expect(t, "wrong columns", again, 200, "form", "列不对，没有导入", "第 1 行")
		desk.upload(ref, again.token(), "户,人\n3-501,2\n")
		expect(t, "second try", desk.await(ref), 200, "done", "共 1 户。")
	})
}

func TestDownload(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		r := newRig(t, db)
		ref := r.link("greet")
		expect(t, "in WeChat", r.phone(asker).get(ref), 200, "guide", "在浏览器打开")
		desk := r.browser(deskUA)
		if a := desk.get(ref, "file"); a.status != http.StatusForbidden {
			t.Errorf("before it is let in: %d", a.status)
		}
		if err := r.commit(asker, civic.OpenLink{Account: asker, Code: desk.draw(ref).code()}); err != nil {
			t.Fatal(err)
		}
		expect(t, "let in", desk.get(ref), 200, "file", "里面是一句问候。", "/file")
		for n := range store.FetchMost {
			a := desk.get(ref, "file")
			if a.status != 200 || a.body != `您好 {"n":1}` || a.header.Get("Content-Length") != "14" {
				t.Errorf("download %d: %d %q %v", n+1, a.status, a.body, a.header)
			}
			if got := a.header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment; filename=") || a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("headers %v", a.header)
			}
		}
		expect(t, "once more", desk.get(ref, "file"), http.StatusGone, "end", "已经下载过了", "再要一个链接")
		expect(t, "the page then", desk.get(ref), http.StatusGone, "end", "已经下载过了")
	})
}

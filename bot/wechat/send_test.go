package wechat

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSendTemplate(t *testing.T) {
	f := newFakeAPI(t)
	c := f.client(nil)
	tests := []struct{ name, answer, want string }{
		{"number", `{"errcode":0,"errmsg":"ok","msgid":200228332}`, "200228332"},
		{"beyond a float", `{"errcode":0,"errmsg":"ok","msgid":4611686018427387905}`, "4611686018427387905"},
		{"text", `{"errcode":0,"errmsg":"ok","msgid":"200228332"}`, "200228332"},
		{"none", `{"errcode":0,"errmsg":"ok"}`, ""},
		{"null", `{"errcode":0,"errmsg":"ok","msgid":null}`, ""},
		{"path", `{"errcode":0,"errmsg":"ok","msgid":"../x"}`, ""},
		{"object", `{"errcode":0,"errmsg":"ok","msgid":{}}`, ""},
	}
	send := Template{
		OpenID: testOpenID, TemplateID: "t-1", URL: "https://example.org/a?b=c&d", ClientMsgID: "d-17",
		Data: map[string]string{"thing1": "路灯修好了", "time2": "2026年3月1日 10:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f.answer = func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, tt.answer) }
			if id, err := c.SendTemplate(t.Context(), send); err != nil || id != tt.want {
				t.Errorf("got %q, %v", id, err)
			}
		})
	}
	want := `POST /cgi-bin/message/template/send {"touser":"` + testOpenID + `","template_id":"t-1","url":"https://example.org/a?b=c&d","client_msg_id":"d-17","data":{"thing1":{"value":"路灯修好了"},"time2":{"value":"2026年3月1日 10:00"}}}`
	if d := cmp.Diff(want, strings.TrimSpace(f.sent()[0])); d != "" {
		t.Error(d)
	}
	f.answer = func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, `{"errcode":45065,"errmsg":"clientmsgid exist","msg_id":7}`)
	}
	if id, err := c.SendTemplate(t.Context(), send); id != "7" || Classify(err).Class != Duplicate || Classify(err).Receipt != "7" {
		t.Errorf("known already: %q, %v", id, err)
	}
}

func TestSendNotice(t *testing.T) {
	f := newFakeAPI(t)
	err := f.client(nil).SendNotice(t.Context(), Notice{
		OpenID: testOpenID, TemplateID: "t-1", Page: "https://example.org/", Data: map[string]string{"phrase1": "已解决"},
	})
	want := `POST /cgi-bin/message/subscribe/bizsend {"touser":"` + testOpenID + `","template_id":"t-1","page":"https://example.org/","data":{"phrase1":{"value":"已解决"}}}`
	if err != nil || strings.TrimSpace(f.sent()[0]) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, f.sent()[0], want)
	}
}

func TestNothingBadIsSent(t *testing.T) {
	f := newFakeAPI(t)
	c := f.client(nil)
	good := func() Template {
		return Template{OpenID: testOpenID, TemplateID: "t", Data: map[string]string{"thing1": "x"}}
	}
	tests := []struct {
		name   string
		change func(m *Template)
		want   Verdict
	}{
		{"openid", func(m *Template) { m.OpenID = "../x" }, Verdict{Class: Refused, Why: NoAccount}},
		{"no template", func(m *Template) { m.TemplateID = "" }, Verdict{Class: BadContent, Field: "template_id"}},
		{"script", func(m *Template) { m.URL = "javascript:alert(1)" }, Verdict{Class: BadContent, Field: "url"}},
		{"no data", func(m *Template) { m.Data = nil }, Verdict{Class: BadContent, Field: "data"}},
		{"name", func(m *Template) { m.Data["a.b"] = "x" }, Verdict{Class: BadContent, Field: "data"}},
		{"line break", func(m *Template) { m.Data["thing1"] = "a\nb" }, Verdict{Class: BadContent, Field: "thing1"}},
		{"empty", func(m *Template) { m.Data["thing1"] = " \u3000\u200b" }, Verdict{Class: BadContent, Field: "thing1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := good()
			tt.change(&m)
			_, err := c.SendTemplate(t.Context(), m)
			if d := cmp.Diff(tt.want, Classify(err)); d != "" {
				t.Errorf("template: %s", d)
			}
			err = c.SendNotice(t.Context(), Notice{OpenID: m.OpenID, TemplateID: m.TemplateID, Page: m.URL, Data: m.Data})
			if d := cmp.Diff(tt.want, Classify(err)); d != "" {
				t.Errorf("notice: %s", d)
			}
		})
	}
	for _, id := range []string{strings.Repeat("x", 33), "a b", "汉"} {
		m := good()
		m.ClientMsgID = id
		if _, err := c.SendTemplate(t.Context(), m); Classify(err).Field != "client_msg_id" {
			t.Errorf("client id %q: %v", id, err)
		}
	}
	for name, text := range map[string]string{"empty": " \x00\n", "too long": strings.Repeat("汉", 683)} {
		err := c.SendText(t.Context(), testOpenID, text)
		if v := Classify(err); v.Class != BadContent || v.Field != "text" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if v := Classify(c.SendText(t.Context(), "", "hi")); v.Why != NoAccount {
		t.Errorf("nobody: %+v", v)
	}
	if len(f.sent()) != 0 || f.asked() != 0 {
		t.Errorf("sent %v", f.sent())
	}
}

func TestTemplates(t *testing.T) {
	f := newFakeAPI(t)
	c := f.client(nil)
	f.answer = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wxaapi/newtmpl/gettemplate" {
			writeJSON(w, `{"errcode":0,"errmsg":"ok","data":[{"priTmplId":"n-1","title":"处理结果","content":"事项:{{thing1.DATA}}\n结果:{{ phrase2.DATA }}\n","example":"x","type":3}]}`)
			return
		}
		writeJSON(w, `{"template_list":[{"template_id":"t-1","title":"进展","primary_industry":"","deputy_industry":"","content":"{{thing1.DATA}}{{const5.DATA}}{{thing1.DATA}}{{odd.DATA}}","example":""},{"template_id":"t-2","title":"空","content":""}]}`)
	}
	got, err := c.Templates(t.Context())
	want := []TemplateInfo{
		{ID: "t-1", Title: "进展", Fields: []Field{{Name: "thing1", Kind: Thing}, {Name: "const5", Kind: Enum}, {Name: "odd"}}},
		{ID: "t-2", Title: "空"},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(d, err)
	}
	got, err = c.NoticeTemplates(t.Context())
	want = []TemplateInfo{{ID: "n-1", Title: "处理结果", LongTerm: true, Fields: []Field{{Name: "thing1", Kind: Thing}, {Name: "phrase2", Kind: Phrase}}}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(d, err)
	}
	f.answer = func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, `{"errcode":48001,"errmsg":"api unauthorized"}`)
	}
	var e *Error
	if _, err := c.Templates(t.Context()); !errors.As(err, &e) || e.Code != 48001 {
		t.Errorf("got %v", err)
	}
	if _, err := c.NoticeTemplates(t.Context()); Classify(err).Class != Fatal {
		t.Errorf("got %v", err)
	}
}

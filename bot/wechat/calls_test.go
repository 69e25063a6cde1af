package wechat

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMedia(t *testing.T) {
	file := func(kind string, b []byte) func(w http.ResponseWriter, r *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(b)
		}
	}
	jpeg := []byte("\xff\xd8\xff\xe0 jpeg")
	tests := []struct {
		name, id string
		answer   func(w http.ResponseWriter, r *http.Request)
		kind     string
		code     int
	}{
		{"photo", "m-1_a", file("image/jpeg", jpeg), "image/jpeg", 0},
		{"voice", "v", file("audio/amr", []byte("#!AMR\n")), "audio/amr", 0},
		{"error as JSON", "m", file("application/json", []byte(`{"errcode":40007,"errmsg":"invalid media_id"}`)), "", 40007},
		{"error as text", "m", file("text/plain", []byte(` {"errcode":40007,"errmsg":"invalid media_id"}`)), "", 40007},
		{"error as an image", "m", file("image/jpeg", []byte(`{"errcode":40007,"errmsg":"invalid media_id"}`)), "", 40007},
		{"video", "m", file("application/json", []byte(`{"video_url":"http://127.0.0.1/x"}`)), "", 1},
		{"nothing", "m", file("image/jpeg", nil), "", 1},
		{"too big", "m", file("image/jpeg", make([]byte, maxMediaBytes+1)), "", 1},
		{"path for an id", "../x?y", file("image/jpeg", jpeg), "", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeAPI(t)
			f.answer = func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/cgi-bin/media/get" || r.URL.Query().Get("media_id") != tt.id {
					t.Errorf("asked %s", r.URL.Path)
				}
				tt.answer(w, r)
			}
			b, kind, err := f.client(nil).Media(t.Context(), tt.id)
			var e *Error
			switch {
			case tt.code > 1 && (!errors.As(err, &e) || e.Code != tt.code), tt.code == 1 && err == nil:
				t.Errorf("got %d bytes, %v; want code %d", len(b), err, tt.code)
			case tt.code == 0 && (err != nil || len(b) == 0 || kind != tt.kind):
				t.Errorf("got %q %s, %v", b, kind, err)
			}
		})
	}
}

func TestSetMenu(t *testing.T) {
	f := newFakeAPI(t)
	c := f.client(nil)
	err := c.SetMenu(t.Context(), []Button{
		{Name: "提需求", Key: "raise"},
		{Name: "更多", Sub: []Button{{Name: "我的", Key: "mine"}, {Name: "官网", URL: "https://example.org/a?b=c&d"}, {Name: "扫码", Key: "scan", Scan: true}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `POST /cgi-bin/menu/create {"button":[{"type":"click","name":"提需求","key":"raise"},{"name":"更多","sub_button":[{"type":"click","name":"我的","key":"mine"},{"type":"view","name":"官网","url":"https://example.org/a?b=c&d"},{"type":"scancode_waitmsg","name":"扫码","key":"scan"}]}]}`
	if got := strings.TrimSpace(f.sent()[0]); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	ok := Button{Name: "a", Key: "k"}
	for name, buttons := range map[string][]Button{
		"none":            nil,
		"four":            {ok, ok, ok, ok},
		"long name":       {{Name: strings.Repeat("字", 6), Key: "k"}},
		"no name":         {{Key: "k"}},
		"nothing to do":   {{Name: "a"}},
		"two things":      {{Name: "a", Key: "k", URL: "https://x"}},
		"long key":        {{Name: "a", Key: strings.Repeat("k", 129)}},
		"script":          {{Name: "a", URL: "javascript:alert(1)"}},
		"long page":       {{Name: "a", URL: "https://x/" + strings.Repeat("k", 1024)}},
		"six in a list":   {{Name: "a", Sub: []Button{ok, ok, ok, ok, ok, ok}}},
		"list in a list":  {{Name: "a", Sub: []Button{{Name: "b", Sub: []Button{ok}}}}},
		"list with a key": {{Name: "a", Key: "k", Sub: []Button{ok}}},
	} {
		if err := c.SetMenu(t.Context(), buttons); err == nil || len(f.sent()) != 1 {
			t.Errorf("%s: was published", name)
		}
	}
}

func TestQRCode(t *testing.T) {
	f := newFakeAPI(t)
	c := f.client(nil)
	f.answer = func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, `{"ticket":"gQ+/=","expire_seconds":172800,"url":"http://weixin.qq.com/q/x"}`)
	}
	got, err := c.QRCode(t.Context(), "b3", 2)
	if err != nil || (got != QR{Ticket: "gQ+/=", URL: "http://weixin.qq.com/q/x", ExpireSeconds: 172800}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got.ImageURL() != "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQ%2B%2F%3D" {
		t.Errorf("image at %s", got.ImageURL())
	}
	if _, err := c.QRCode(t.Context(), "b3", 0); err != nil {
		t.Error(err)
	}
	want := []string{
		`POST /cgi-bin/qrcode/create {"expire_seconds":172800,"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"b3"}}}`,
		`POST /cgi-bin/qrcode/create {"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"b3"}}}`,
	}
	for i, call := range f.sent() {
		if strings.TrimSpace(call) != want[i] {
			t.Errorf("sent %s, want %s", call, want[i])
		}
	}
	for _, scene := range []string{"", "../x", strings.Repeat("x", 65)} {
		if _, err := c.QRCode(t.Context(), scene, 1); err == nil {
			t.Errorf("scene %q was taken", scene)
		}
	}
	if _, err := c.QRCode(t.Context(), "b3", 31); err == nil {
		t.Error("31 days were taken")
	}
	f.answer = func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, `{}`) }
	if _, err := c.QRCode(t.Context(), "b3", 1); !errors.Is(err, ErrUnsure) {
		t.Errorf("no ticket: %v", err)
	}
}

func TestAbilities(t *testing.T) {
	f := newFakeAPI(t)
	f.answer = func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cgi-bin/template/get_all_private_template":
			writeJSON(w, `{"errcode":48001,"errmsg":"api unauthorized rid: 1-2"}`)
		case "/cgi-bin/customservice/getkflist":
			w.WriteHeader(http.StatusBadGateway)
		default:
			writeJSON(w, `{"ip_list":[]}`)
		}
	}
	var got []bool
	var why strings.Builder
	for _, a := range f.client(nil).Abilities(t.Context()) {
		got = append(got, a.OK)
		why.WriteString(a.Why)
	}
	if d := cmp.Diff([]bool{true, true, true, false, false}, got); d != "" {
		t.Error(d)
	}
	for _, s := range []string{"48001", "服务号", "没有正常回答"} {
		if !strings.Contains(why.String(), s) {
			t.Errorf("verdicts lack %q: %s", s, &why)
		}
	}
	cfg := testConfig(ModeSafe)
	cfg.API, cfg.Secret = f.URL, "wrong"
	list := NewClient(cfg, nil, func() time.Time { return testNow }, nil).Abilities(t.Context())
	if len(list) != 1 || list[0].OK || !strings.Contains(list[0].Why, "AppSecret") {
		t.Errorf("with a wrong secret: %+v", list)
	}
}

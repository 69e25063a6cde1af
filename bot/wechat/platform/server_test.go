package platform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// api calls the platform's API as a bot would.
type api struct {
	t     *testing.T
	h     http.Handler
	token string
}

func newAPI(t *testing.T, p *Platform) *api {
	t.Helper()
	a := &api{t: t, h: p.Handler()}
	a.token, _ = a.stable(false)["access_token"].(string)
	if a.token == "" {
		t.Fatal("no token")
	}
	return a
}

func (a *api) do(method, path, contentType, body string) *httptest.ResponseRecorder {
	a.t.Helper()
	r := httptest.NewRequestWithContext(a.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	a.h.ServeHTTP(w, r)
	return w
}

func (a *api) json(method, path, body string) map[string]any {
	a.t.Helper()
	w := a.do(method, path, "application/json", body)
	var out map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		a.t.Fatalf("%s: %v: %s", path, err, w.Body)
	}
	return out
}

func (a *api) stable(force bool) map[string]any {
	a.t.Helper()
	return a.json("POST", "/cgi-bin/stable_token", fmt.Sprintf(
		`{"grant_type":"client_credential","appid":%q,"secret":%q,"force_refresh":%t}`, testAppID, testSecret, force))
}

func (a *api) get(path string) map[string]any {
	a.t.Helper()
	glue := "?"
	if strings.Contains(path, "?") {
		glue = "&"
	}
	return a.json("GET", path+glue+"access_token="+a.token, "")
}

func (a *api) post(path, body string) map[string]any {
	a.t.Helper()
	return a.json("POST", path+"?access_token="+a.token, body)
}

func errcode(m map[string]any) int {
	n, _ := m["errcode"].(float64)
	return int(n)
}

func TestChecksOfEveryCall(t *testing.T) {
	p := testPlatform(t, Options{})
	a := newAPI(t, p)
	p.FailAPI("/cgi-bin/menu/delete", -1, 1)
	p.Allow("/cgi-bin/qrcode/create", false)
	for _, row := range []struct {
		name, method, path, body string
		code                     int
	}{
		{"no token", "GET", "/cgi-bin/getcallbackip", "", 41001},
		{"garbage token", "GET", "/cgi-bin/getcallbackip?access_token=x", "", 40014},
		{"foreign token", "GET", "/cgi-bin/getcallbackip?access_token=local_1", "", 40001},
		{"good token", "GET", "/cgi-bin/getcallbackip?access_token=" + a.token, "", 0},
		{"addresses", "GET", "/cgi-bin/get_api_domain_ip?access_token=" + a.token, "", 0},
		{"unknown path", "GET", "/cgi-bin/nothing", "", 40066},
		{"needs POST", "GET", "/cgi-bin/menu/create?access_token=" + a.token, "", 43002},
		{"needs GET", "POST", "/cgi-bin/menu/get?access_token=" + a.token, "{}", 43001},
		{"made to fail once", "GET", "/cgi-bin/menu/delete?access_token=" + a.token, "", -1},
		{"healed", "GET", "/cgi-bin/menu/delete?access_token=" + a.token, "", 0},
		{"not allowed", "POST", "/cgi-bin/qrcode/create?access_token=" + a.token, "{}", 48001},
		{"templates withheld", "GET", "/cgi-bin/template/get_all_private_template?access_token=" + a.token, "", 48001},
		{"notices withheld", "POST", "/cgi-bin/message/subscribe/bizsend?access_token=" + a.token, "{}", 48001},
		{"no JSON", "POST", "/cgi-bin/menu/create?access_token=" + a.token, "{", 47001},
		{"kf list", "GET", "/cgi-bin/customservice/getkflist?access_token=" + a.token, "", 0},
		{"unknown rid", "POST", "/cgi-bin/openapi/rid/get?access_token=" + a.token, "{}", 76001},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := a.json(row.method, row.path, row.body)
			message, _ := got["errmsg"].(string)
			if errcode(got) != row.code || (row.code != 0) != strings.Contains(message, "rid: ") {
				t.Errorf("answer %v", got)
			}
		})
	}
}

func TestFailAPIWithStatusUntilHealed(t *testing.T) {
	p := testPlatform(t, Options{})
	a := newAPI(t, p)
	p.FailAPI("*", 503, -1)
	for range 3 {
		if w := a.do("GET", "/cgi-bin/getcallbackip?access_token="+a.token, "", ""); w.Code != 503 {
			t.Errorf("status %d", w.Code)
		}
	}
	p.FailAPI("*", 0, 0)
	if got := a.get("/cgi-bin/getcallbackip"); errcode(got) != 0 {
		t.Errorf("answer %v", got)
	}
}

func TestTooLargeARequest(t *testing.T) {
	a := newAPI(t, testPlatform(t, Options{}))
	if w := a.do("POST", "/cgi-bin/media/upload", "x", strings.Repeat("x", maxRequest+1)); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", w.Code)
	}
}

func TestMenuLimits(t *testing.T) {
	p := testPlatform(t, Options{})
	a := newAPI(t, p)
	button := func(kind, name, key string) string {
		return fmt.Sprintf(`{"type":%q,"name":%q,"key":%q}`, kind, name, key)
	}
	menu := func(buttons ...string) string { return `{"button":[` + strings.Join(buttons, ",") + `]}` }
	sub := func(buttons ...string) string {
		return `{"name":"更多","sub_button":[` + strings.Join(buttons, ",") + `]}`
	}
	good := button("click", "提需求", "need")
	view := func(n int) string {
		return fmt.Sprintf(`{"type":"view","name":"a","url":%q}`, "http://a/"+strings.Repeat("b", n-9))
	}
	for _, row := range []struct {
		name, body string
		code       int
	}{
		{"none", menu(), 40016},
		{"four", menu(good, good, good, good), 40016},
		{"name of 16 bytes", menu(button("click", "一二三四五a", "k")), 0},
		{"name of 17 bytes", menu(button("click", "一二三四五ab", "k")), 40018},
		{"no name", menu(button("click", "", "k")), 40018},
		{"unknown type", menu(button("press", "a", "k")), 40017},
		{"no key", menu(button("click", "a", "")), 40019},
		{"key of 129 bytes", menu(button("click", "a", strings.Repeat("k", 129))), 40019},
		{"url of 1024 bytes", menu(view(1024)), 0},
		{"url of 1025 bytes", menu(view(1025)), 40020},
		{"six below", menu(sub(good, good, good, good, good, good)), 40023},
		{"three levels", menu(sub(sub(good))), 40023},
		{"name below of 61 bytes", menu(sub(button("click", strings.Repeat("a", 61), "k"))), 40025},
		{"type below", menu(sub(button("press", "a", "k"))), 40024},
		{"key below", menu(sub(button("click", "a", ""))), 40026},
		{"good", menu(good, sub(good, button("scancode_push", "扫码", "scan"))), 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := a.post("/cgi-bin/menu/create", row.body); errcode(got) != row.code {
				t.Errorf("answer %v", got)
			}
		})
	}
	if m := p.Menu(); len(m) != 2 || m[0].Key != "need" || len(m[1].Sub) != 2 || m[1].Sub[1].Name != "扫码" {
		t.Errorf("menu %+v", m)
	}
	if got := fmt.Sprint(a.get("/cgi-bin/get_current_selfmenu_info")); !strings.Contains(got, "is_menu_open:1") || !strings.Contains(got, "sub_button:map[list:[map[") {
		t.Errorf("info %s", got)
	}
	if got := fmt.Sprint(a.get("/cgi-bin/menu/get")); !strings.Contains(got, "key:need") {
		t.Errorf("menu %s", got)
	}
	a.get("/cgi-bin/menu/delete")
	if got := a.get("/cgi-bin/menu/get"); errcode(got) != 46003 || len(p.Menu()) != 0 {
		t.Errorf("after deleting: %v", got)
	}
}

func TestCodes(t *testing.T) {
	c := newClock()
	p := testPlatform(t, Options{Now: c.now})
	a := newAPI(t, p)
	for _, row := range []struct {
		name, body string
		code       int
	}{
		{"a day", `{"expire_seconds":86400,"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"estate-1"}}}`, 0},
		{"for ever", `{"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"estate-2"}}}`, 0},
		{"number", `{"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":100000}}}`, 0},
		{"number too large", `{"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":100001}}}`, 40053},
		{"zero", `{"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":0}}}`, 40053},
		{"largest temporary", `{"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":4294967295}}}`, 0},
		{"empty", `{"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":""}}}`, 40053},
		{"65 bytes", `{"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"` + strings.Repeat("a", 65) + `"}}}`, 40053},
		{"unknown", `{"action_name":"QR"}`, 40052},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := a.post("/cgi-bin/qrcode/create", row.body)
			if errcode(got) != row.code || (row.code == 0) != (got["ticket"] != nil) {
				t.Errorf("answer %v", got)
			}
		})
	}
	if got := fmt.Sprint(p.Scenes()); got != "[estate-1 estate-2 100000 4294967295]" {
		t.Errorf("scenes %s", got)
	}
	c.move(25 * time.Hour)
	if got := fmt.Sprint(p.Scenes()); got != "[estate-2 100000]" {
		t.Errorf("scenes a day later %s", got)
	}
}

func TestMedia(t *testing.T) {
	c := newClock()
	p := testPlatform(t, Options{Now: c.now})
	a := newAPI(t, p)
	id := p.keep("image", []byte("\xff\xd8\xff\xe0jpeg"))
	path := "/cgi-bin/media/get?access_token=" + a.token + "&media_id="
	w := a.do("GET", path+id, "", "")
	if w.Body.String() != "\xff\xd8\xff\xe0jpeg" || w.Header().Get("Content-Type") != "image/jpeg" || !strings.Contains(w.Header().Get("Content-Disposition"), ".jpg") {
		t.Errorf("photo: %q %v", w.Body, w.Header())
	}
	if got := a.get("/cgi-bin/media/get?media_id=none"); errcode(got) != 40007 {
		t.Errorf("unknown: %v", got)
	}
	c.move(72*time.Hour - time.Second)
	a.token, _ = a.stable(false)["access_token"].(string)
	path = "/cgi-bin/media/get?access_token=" + a.token + "&media_id="
	if w := a.do("GET", path+id, "", ""); w.Header().Get("Content-Type") != "image/jpeg" {
		t.Errorf("before three days: %s", w.Body)
	}
	c.move(time.Second)
	if got := a.get("/cgi-bin/media/get?media_id=" + id); errcode(got) != 40007 {
		t.Errorf("after three days: %v", got)
	}
	first := p.keep("image", []byte("a"))
	for range mediaKept {
		p.keep("image", []byte("b"))
	}
	if _, _, ok := p.Media(first); ok {
		t.Error("memory is not bounded")
	}
}

func TestUpload(t *testing.T) {
	p := testPlatform(t, Options{})
	a := newAPI(t, p)
	form := func(name string, data []byte) (contentType, body string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		part, err := w.CreateFormFile(name, "a.jpg")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(part, bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return w.FormDataContentType(), b.String()
	}
	for _, row := range []struct {
		name, kind, field string
		size, code        int
	}{
		{"photo", "image", "media", 2 << 20, 0},
		{"too large", "image", "media", 2<<20 + 1, 40006},
		{"thumb too large", "thumb", "media", 64<<10 + 1, 40006},
		{"unknown type", "file", "media", 1, 40004},
		{"other field", "image", "file", 1, 41005},
		{"empty", "image", "media", 0, 41005},
	} {
		t.Run(row.name, func(t *testing.T) {
			contentType, body := form(row.field, make([]byte, row.size))
			w := a.do("POST", "/cgi-bin/media/upload?access_token="+a.token+"&type="+row.kind, contentType, body)
			var got map[string]any
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || errcode(got) != row.code {
				t.Fatalf("answer %s, %v", w.Body, err)
			}
			if id, _ := got["media_id"].(string); row.code == 0 {
				if data, _, ok := p.Media(id); !ok || len(data) != row.size {
					t.Errorf("%d bytes kept", len(data))
				}
			}
		})
	}
}

package demo

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

const hostile = `<script>alert(1)</script><img src=x onerror=alert(2)>"'&`

// What people, names and the bot say reaches the page as escaped JSON and is put there as text.
func TestNothingBecomesMarkup(t *testing.T) {
	w := newWorld(t)
	w.close()
	w.options.Phones[0].Name, w.options.Account, w.options.Title = hostile, hostile, hostile
	w.options.Scenes[0].Label = hostile
	w.open()
	w.act(action{Do: "follow", N: 0})
	w.act(action{Do: "say", Text: hostile})
	events, _, _ := w.stream("", "ready")
	_, setup := w.request("GET", "/demo/api/setup", nil)
	_, index := w.request("GET", "/demo/", nil)
	for name, text := range map[string]string{"events": events, "setup": string(setup), "page": string(index)} {
		if strings.Contains(text, "<script>alert") || strings.Contains(text, "<img src=x") {
			t.Errorf("%s holds live markup", name)
		}
		if !strings.Contains(text, "script") {
			t.Errorf("%s does not show the text at all", name)
		}
	}
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.style\b|javascript:`)
	inline := regexp.MustCompile(`(?i)<script>|<style|\sstyle=|\son[a-z]+=|https?://[^w]`)
	files, err := page.ReadDir("page")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := page.ReadFile("page/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if found := forbidden.Find(b); found != nil {
			t.Errorf("%s uses %s", f.Name(), found)
		}
		if strings.HasSuffix(f.Name(), ".html") {
			if found := inline.Find(b); found != nil {
				t.Errorf("%s holds %s", f.Name(), found)
			}
		}
	}
}

func TestGuard(t *testing.T) {
	w := newWorld(t)
	w.close()
	w.options.Hosts = []string{"demo.example"}
	w.open()
	body, _ := json.Marshal(action{Do: "follow", N: -1})
	for name, tc := range map[string]struct {
		method, path string
		body         []byte
		header       []string
		want         int
	}{
		"page":                 {"GET", "/demo/", nil, nil, 200},
		"root leads to page":   {"GET", "/", nil, nil, 200},
		"script":               {"GET", "/demo/assets/app.js", nil, nil, 200},
		"no such file":         {"GET", "/demo/assets/none.js", nil, nil, 404},
		"page's source":        {"GET", "/demo/assets/index.html", nil, nil, 404},
		"told host":            {"GET", "/demo/", nil, []string{"Host", "demo.example:8080"}, 200},
		"localhost":            {"GET", "/demo/", nil, []string{"Host", "localhost:8080"}, 200},
		"loopback v6":          {"GET", "/demo/", nil, []string{"Host", "[::1]:8080"}, 200},
		"rebound name":         {"GET", "/demo/", nil, []string{"Host", "evil.example"}, 403},
		"other address":        {"GET", "/demo/", nil, []string{"Host", "192.0.2.7:8080"}, 403},
		"other site posts":     {"POST", "/demo/api/act", body, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"other origin posts":   {"POST", "/demo/api/act", body, []string{"Origin", "https://evil.example"}, 403},
		"not JSON":             {"POST", "/demo/api/act", []byte("x"), nil, 400},
		"no such phone":        {"POST", "/demo/api/act", []byte(`{"phone":9,"do":"say","text":"a"}`), nil, 404},
		"negative phone":       {"POST", "/demo/api/act", []byte(`{"phone":-1,"do":"say","text":"a"}`), nil, 404},
		"empty text":           {"POST", "/demo/api/act", []byte(`{"do":"say","text":"  "}`), nil, 400},
		"unknown deed":         {"POST", "/demo/api/act", []byte(`{"do":"fly"}`), nil, 400},
		"tap on nothing":       {"POST", "/demo/api/act", []byte(`{"do":"tap","seq":99,"n":0}`), nil, 400},
		"no such button":       {"POST", "/demo/api/act", []byte(`{"do":"click","text":"none"}`), nil, 400},
		"no such sample":       {"POST", "/demo/api/act", []byte(`{"do":"photo","n":7}`), nil, 400},
		"text too long":        {"POST", "/demo/api/act", []byte(`{"do":"say","text":"` + strings.Repeat("长", maxText+1) + `"}`), nil, 400},
		"body too long":        {"POST", "/demo/api/act", []byte(`{"text":"` + strings.Repeat("a", maxJSON) + `"}`), nil, 413},
		"photo too large":      {"POST", "/demo/api/photo", make([]byte, maxPhoto+1), []string{"X-Phone", "0"}, 413},
		"photo is none":        {"POST", "/demo/api/photo", []byte("GIF89a"), []string{"X-Phone", "0"}, 415},
		"photo without phone":  {"POST", "/demo/api/photo", []byte("x"), nil, 404},
		"clock back":           {"POST", "/demo/api/clock", []byte(`{"hours":-5}`), nil, 400},
		"clock too far":        {"POST", "/demo/api/clock", []byte(`{"hours":99999}`), nil, 400},
		"clock by GET":         {"GET", "/demo/api/clock", nil, nil, 405},
		"transcript of nobody": {"GET", "/demo/api/chat?phone=7", nil, nil, 404},
		"no such photo":        {"GET", "/demo/photo/5", nil, nil, 404},
		"sample":               {"GET", "/demo/sample/2", nil, nil, 200},
		"no such code":         {"GET", "/demo/qr/-1", nil, nil, 404},
		"code":                 {"GET", "/demo/qr/0", nil, nil, 200},
	} {
		t.Run(name, func(t *testing.T) {
			status, told := w.request(tc.method, tc.path, tc.body, tc.header...)
			if status != tc.want {
				t.Errorf("status %d, want %d: %.80s", status, tc.want, told)
			}
		})
	}
	if got := w.bot.last(); got.From != "" {
		t.Errorf("the bot was reached: %+v", got)
	}
}

func TestHeaders(t *testing.T) {
	w := newWorld(t)
	req, _ := http.NewRequestWithContext(t.Context(), "GET", w.web.URL+"/demo/", nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	csp := res.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy: %q", csp)
	}
}

func TestUpload(t *testing.T) {
	w := newWorld(t)
	w.act(action{Do: "follow", N: -1})
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1200, 300))); err != nil {
		t.Fatal(err)
	}
	if status, told := w.request("POST", "/demo/api/photo", b.Bytes(), "X-Phone", "0"); status != http.StatusAccepted {
		t.Fatalf("status %d: %s", status, told)
	}
	w.idle()
	if got := w.bot.last().Type; got != "image" {
		t.Errorf("the bot got %q", got)
	}
	status, small := w.request("GET", "/demo/photo/"+itoa(w.find(kindPhoto, "").Seq), nil)
	c, _, err := image.DecodeConfig(bytes.NewReader(small))
	if status != http.StatusOK || err != nil || c.Width != thumbSide || c.Height != thumbSide/4 {
		t.Errorf("status %d, %v, shown %dx%d", status, err, c.Width, c.Height)
	}
}

// Somebody else's choices cannot be tapped.
func TestTapOnAnotherPhone(t *testing.T) {
	w := newWorld(t)
	w.act(action{Do: "follow", N: -1})
	offered := w.find(kindReply, "提需求")
	body, _ := json.Marshal(action{Phone: 1, Do: "tap", Seq: offered.Seq, N: 1})
	if status, _ := w.request("POST", "/demo/api/act", body); status != http.StatusBadRequest {
		t.Errorf("status %d, want 400", status)
	}
}

func TestOptions(t *testing.T) {
	good := newWorld(t).options
	for name, change := range map[string]func(*Options){
		"no platform":    func(o *Options) { o.Platform = nil },
		"no clock":       func(o *Options) { o.Clock = nil },
		"no phones":      func(o *Options) { o.Phones = nil },
		"seven phones":   func(o *Options) { o.Phones = make([]Phone, 7) },
		"nameless phone": func(o *Options) { o.Phones = []Phone{{Openid: "o"}} },
		"same openid":    func(o *Options) { o.Phones = []Phone{{Openid: "o", Name: "a"}, {Openid: "o", Name: "b"}} },
		"history nowhere": func(o *Options) {
			o.History = "/dev/null/chat.jsonl"
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			change(&o)
			if s, err := New(o); err == nil {
				s.Close() //nolint:errcheck // it should not exist
				t.Error("no error")
			}
		})
	}
}

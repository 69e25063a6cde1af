package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"yishi/bot/wechat/platform"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	aunt   = "o-aunt"
	worker = "o-worker"
)

// shifted is a clock like the bot's: the wall's, plus an offset.
type shifted struct {
	mu     sync.Mutex
	offset time.Duration
}

func (c *shifted) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

func (c *shifted) Offset() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset
}

func (c *shifted) SetOffset(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset = d
}

type inbound struct {
	To      string `xml:"ToUserName"`
	From    string `xml:"FromUserName"`
	Type    string `xml:"MsgType"`
	Content string `xml:"Content"`
	MenuID  string `xml:"bizmsgmenuid"`
	Event   string `xml:"Event"`
	Key     string `xml:"EventKey"`
	Label   string `xml:"Label"`
	Voice   string `xml:"Recognition"`
}

func choice(id int, label string) string {
	return fmt.Sprintf(`%d. <a href="weixin://bizmsgmenu?msgmenucontent=%d&msgmenuid=%d">%s</a>`, id, id, 100+id, label)
}

// bot answers a webhook in plain mode; hold makes it wait before it answers 等.
type bot struct {
	mu   sync.Mutex
	got  []inbound
	hold chan struct{}
}

func (b *bot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in inbound
	raw, _ := io.ReadAll(r.Body)
	if xml.Unmarshal(raw, &in) != nil {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	b.got = append(b.got, in)
	b.mu.Unlock()
	switch in.Content {
	case "坏":
		http.Error(w, "", http.StatusInternalServerError)
		return
	case "等":
		<-b.hold
	case "静":
		fmt.Fprint(w, "success")
		return
	}
	fmt.Fprintf(w, "<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName>"+
		"<CreateTime>1800000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[%s]]></Content></xml>",
		in.From, in.To, speak(in))
}

func speak(in inbound) string {
	switch {
	case in.Event == "subscribe":
		return "您好，这里是社区议事。\n想反映什么事，直接说就行。\n" + choice(1, "提需求") + "\n" + choice(2, "我的") + "\n" + choice(3, "帮助")
	case in.Event != "":
		return "事件 " + in.Event + " " + in.Key
	case in.Type == "voice":
		return "听到了：" + in.Voice
	case in.Type == "location":
		return "记下地点：" + in.Label
	case in.Type == "image":
		return "收到照片，第 1 张，最多 3 张。\n还有吗？没有就回复“跳过”。"
	case in.Content == "提需求":
		return "请说说您的需求：什么事、在哪里？\n一句话就行，也可以先发照片。"
	case in.MenuID != "":
		return "点了 " + in.Content + " 号 " + in.MenuID
	case strings.Contains(in.Content, "晾"):
		return "收到。和“河边乱装晾衣架”很像（12 人附议）。\n" + choice(1, "就是这件，我附议") + "\n" + choice(2, "不一样，我另提") + "\n" + choice(3, "看看那件")
	}
	return "收到：" + in.Content
}

func (b *bot) last() inbound {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.got) == 0 {
		return inbound{}
	}
	return b.got[len(b.got)-1]
}

// world is a demo with a bot behind it.
type world struct {
	t        *testing.T
	bot      *bot
	clock    *shifted
	platform *platform.Platform
	options  Options
	server   *Server
	web      *httptest.Server
	token    string // of the API, for call
}

func newWorld(t *testing.T) *world {
	t.Helper()
	b := &bot{hold: make(chan struct{})}
	hook := httptest.NewServer(b)
	t.Cleanup(hook.Close)
	c := &shifted{}
	p := platform.New(platform.Options{
		AppID: "wxdemo", Secret: "secret", Token: "token", Account: "gh_demo", Mode: platform.Plain,
		Webhooks: []string{hook.URL}, Now: c.Now, Pause: time.Millisecond,
	})
	t.Cleanup(p.Close)
	dir := t.TempDir()
	w := &world{t: t, bot: b, clock: c, platform: p, options: Options{
		Platform: p, Clock: c, Account: "钮家巷社区",
		Phones: []Phone{
			{Openid: aunt, Name: "李阿姨", Role: "居民", Scene: "estate-1"},
			{Openid: "o-young", Name: "小周", Role: "居民"},
			{Openid: worker, Name: "网格员小陈", Role: "网格员"},
		},
		Scenes: []Scene{
			{Scene: "estate-1", Label: "凤凰新村门口海报"},
			{Scene: "estate-2", Label: "3幢楼道贴纸"},
			{Scene: "hall", Label: "居委会服务台"},
		},
		History: filepath.Join(dir, "chat.jsonl"), State: filepath.Join(dir, "platform.json"),
	}}
	w.open()
	t.Cleanup(w.close)
	return w
}

func (w *world) open() {
	w.t.Helper()
	s, err := New(w.options)
	if err != nil {
		w.t.Fatal(err)
	}
	w.server, w.web = s, httptest.NewServer(s.Handler())
}

func (w *world) close() {
	w.t.Helper()
	if err := w.server.Close(); err != nil {
		w.t.Errorf("close: %v", err)
	}
	w.web.Close()
	http.DefaultClient.CloseIdleConnections()
}

// request sends to the demo's API and returns status and body.
func (w *world) request(method, path string, body []byte, header ...string) (int, []byte) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.web.URL+path, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, b
}

// act does something on a phone and waits until the bot has answered.
func (w *world) act(a action) {
	w.t.Helper()
	b, err := json.Marshal(a)
	if err != nil {
		w.t.Fatal(err)
	}
	if status, told := w.request("POST", "/demo/api/act", b); status != http.StatusAccepted {
		w.t.Fatalf("%s: status %d, %s", a.Do, status, told)
	}
	w.idle()
}

// idle waits until nothing is under way any more.
func (w *world) idle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	_, rd, _, _ := w.server.history.join("", 0)
	defer w.server.history.leave(rd)
	for {
		w.server.mu.Lock()
		busy := 0
		for _, n := range w.server.busy {
			busy += n
		}
		w.server.mu.Unlock()
		if busy == 0 {
			return
		}
		select {
		case <-rd.poke:
		case <-rd.records:
		case <-ctx.Done():
			w.t.Fatal("a delivery did not end")
		}
	}
}

func (w *world) transcript(phone string) string {
	w.t.Helper()
	status, b := w.request("GET", "/demo/api/chat?phone="+phone, nil)
	if status != http.StatusOK {
		w.t.Fatalf("transcript: status %d", status)
	}
	return string(b)
}

// api calls the platform's API as the bot would.
func (w *world) api(path, body string) {
	w.t.Helper()
	srv := httptest.NewServer(w.platform.Handler())
	defer srv.Close()
	call := func(method, target, body string) map[string]any {
		req, err := http.NewRequestWithContext(w.t.Context(), method, srv.URL+target, strings.NewReader(body))
		if err != nil {
			w.t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			w.t.Fatal(err)
		}
		defer res.Body.Close()
		var out map[string]any
		if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
			w.t.Fatal(err)
		}
		return out
	}
	token := call("POST", "/cgi-bin/stable_token", `{"grant_type":"client_credential","appid":"wxdemo","secret":"secret"}`)
	out := call("POST", path+"?access_token="+fmt.Sprint(token["access_token"]), body)
	if code, ok := out["errcode"].(float64); !ok || code != 0 {
		w.t.Fatalf("%s: %v", path, out)
	}
}

const testMenu = `{"button":[
	{"name":"提需求","type":"click","key":"raise"},
	{"name":"我要看","sub_button":[{"name":"我的","type":"click","key":"mine"},{"name":"帮助","type":"click","key":"help"}]},
	{"name":"找人","type":"click","key":"human"}]}`

// openAt opens the demo again under the address it had.
func (w *world) openAt(address string) {
	w.t.Helper()
	s, err := New(w.options)
	if err != nil {
		w.t.Fatal(err)
	}
	var listen net.ListenConfig
	l, err := listen.Listen(w.t.Context(), "tcp", address)
	if err != nil {
		w.t.Fatal(err)
	}
	w.server, w.web = s, httptest.NewUnstartedServer(s.Handler())
	w.web.Listener.Close() //nolint:errcheck // never used
	w.web.Listener = l
	w.web.Start()
}

//go:build unix

package fault_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"yishi/bot/wechat/platform"
)

// canaries are what must never be found in what the program prints, counts or serves.
func canaries() map[string]string {
	return map[string]string{
		"openid": "oCanaryOpenid", "name": "王小鸟", "phone": "13912345678", "spoken phone": "一三九一二三四五六七八",
		"id card": "11010519491231002X", "text": "金丝雀歌唱", "place": "鸟笼弄", "media": "canaryMedia", "picture": "canarypic",
		"event key": "canaryKey", "scene": "canaryScene", "transcript": "鸟语花香", "nickname": "canaryNick",
		"token": token, "secret": appSecret, "AES key": aesKey, "master key": masterKey, "password": "canaryPassword",
		"nonce": "canaryNonce", "signature": "canarySignature", "echo": "canaryEcho", "unknown query": "canaryQuery",
	}
}

// TestNothingPersonalComesOut plants canaries in every kind of input, on good and on bad days, and
// looks for them in logs, metrics and error pages.
func TestNothingPersonalComesOut(t *testing.T) {
	for _, mode := range []string{platform.Plain, platform.Safe} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := run(t, plan{mode: mode, seed: seed(t), deadline: answerTime})
			s.fillWithCanaries()
			var seen strings.Builder
			look := func(when string) {
				for _, page := range []string{"/metrics", "/readyz", "/healthz", "/debug/pprof/", "/canaryQuery"} {
					_, body, err := get(t.Context(), "http://"+s.bots[0].admin+page)
					if err != nil {
						t.Errorf("%s: %s: %v", when, page, err)
					}
					seen.WriteString(body)
				}
			}
			look("well")
			s.badRequests(&seen)
			s.sql.set(cut)
			s.sayCanaries("oCanaryOpenid1")
			look("sql cut")
			s.sql.set(deaf)
			s.sayCanaries("oCanaryOpenid2")
			s.sql.set(pass)
			s.line.set(cut)
			s.sayCanaries("oCanaryOpenid3")
			look("redis cut")
			s.line.set(pass)
			if code := s.bots[0].stop(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			logs, err := os.ReadFile(s.bots[0].log)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(logs), `"msg":"turn"`) || !strings.Contains(seen.String(), "yishi_turns_total") {
				t.Errorf("nothing was logged or counted: the test proves nothing")
			}
			keys, err := s.store.client.Keys(t.Context(), "*").Result()
			if err != nil || len(keys) == 0 {
				t.Errorf("keys %q, %v", keys, err)
			}
			noCanary(t, "Redis key", strings.Join(keys, "\n"))
			noCanary(t, "log", string(logs))
			noCanary(t, "page", seen.String())
		})
	}
}

// fillWithCanaries raises a need full of them, and does all else that people do.
func (s *site) fillWithCanaries() {
	s.t.Helper()
	const openid = "oCanaryOpenid0"
	s.sayCanaries(openid)
	s.follow(openid)
	s.say(openid, "取消")
	s.expect(openid, "提需求", what)
	got := s.say(openid, "我是王小鸟，电话13912345678，身份证11010519491231002X，楼下金丝雀歌唱太吵")
	for _, text := range []string{"说不清", "鸟笼弄一三九一二三四五六七八", "跳过", "不急"} {
		got = s.say(openid, text)
	}
	if !strings.Contains(got, summary) {
		s.t.Fatalf("told %q", got)
	}
	number := numberIn(s.expect(openid, "提交", claimed))
	for _, text := range []string{
		"补充" + number + " 王小鸟说金丝雀歌唱", "提交", "进度" + number, "我的", "取消", "撤回" + number, "1",
		"金丝雀歌唱", "不是", "换社区", "鸟笼弄",
	} {
		s.say(openid, text)
	}
}

// sayCanaries sends one message of each kind. Answers are not looked at: services may be away.
func (s *site) sayCanaries(openid string) {
	q, ctx := s.p.Person(openid), s.t.Context()
	send := func(fields ...string) {
		var all []platform.Field
		for i := 0; i+1 < len(fields); i += 2 {
			all = append(all, platform.Field{Name: fields[i], Value: fields[i+1]})
		}
		q.Send(ctx, all...)
	}
	send("MsgType", "event", "Event", "subscribe", "EventKey", "qrscene_canaryScene")
	send("MsgType", "event", "Event", "SCAN", "EventKey", "canaryScene", "Ticket", "canaryKey")
	send("MsgType", "event", "Event", "CLICK", "EventKey", "canaryKey")
	send("MsgType", "event", "Event", "VIEW", "EventKey", "http://example.org/?canaryKey")
	send("MsgType", "event", "Event", "canaryKey", "EventKey", "canaryKey")
	send("MsgType", "event", "Event", "LOCATION", "Latitude", "31.1", "Longitude", "120.1", "Precision", "鸟笼弄")
	send("MsgType", "text", "Content", "金丝雀歌唱 王小鸟 13912345678", "Nickname", "canaryNick")
	send("MsgType", "canaryKey", "Content", "金丝雀歌唱")
	send("MsgType", "image", "PicUrl", "http://mmbiz.qpic.cn/canarypic", "MediaId", "canaryMedia-"+openid)
	send("MsgType", "voice", "MediaId", "canaryMediaVoice-"+openid, "Format", "amr", "Recognition", "鸟语花香")
	send("MsgType", "video", "MediaId", "canaryMediaVideo", "ThumbMediaId", "canaryMediaThumb")
	send("MsgType", "location", "Location_X", "31.1", "Location_Y", "120.1", "Scale", "16", "Label", "鸟笼弄3号王小鸟家")
	send("MsgType", "link", "Title", "王小鸟", "Description", "金丝雀歌唱", "Url", "http://example.org/canaryKey")
	send("MsgType", "text", "Content", strings.Repeat("金丝雀歌唱", 400))
	send("MsgType", "text", "Content", "\x00\x01金丝雀歌唱\u202e%s%x{{.}}\r\nlevel=ERROR 王小鸟")
	send("MsgType", "event", "Event", "unsubscribe", "EventKey", "canaryKey")
}

// badRequests are those that are not the platform's, or broken. Pages that come back are kept.
func (s *site) badRequests(seen io.Writer) {
	s.t.Helper()
	base := "http://" + s.bots[0].addr
	for _, r := range []struct{ method, path, body string }{
		{"GET", "/wechat?signature=canarySignature&timestamp=1&nonce=canaryNonce&echostr=canaryEcho", ""},
		{"POST", "/wechat?signature=canarySignature&timestamp=1&nonce=canaryNonce&openid=oCanaryOpenid9&msg_signature=canarySignature&encrypt_type=aes", "<xml>金丝雀歌唱</xml>"},
		{"POST", "/wechat?canaryQuery=%zz;%00&token=" + token, "<xml>金丝雀歌唱</xml>"},
		{"PUT", "/wechat?canaryQuery=1", "金丝雀歌唱"},
		{"POST", "/wechat", strings.Repeat("金丝雀歌唱", 20000)},
		{"GET", "/canaryQuery?token=" + token, ""},
		{"GET", "/", ""},
	} {
		ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
		req, err := http.NewRequestWithContext(ctx, r.method, base+r.path, strings.NewReader(r.body))
		if err != nil {
			s.t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			page, _ := io.ReadAll(io.LimitReader(res.Body, 1<<20)) // what came is enough
			_, _ = fmt.Fprintf(seen, "%v %s\n", res.Header, page)
			_ = res.Body.Close()
		}
		cancel()
	}
}

func noCanary(t *testing.T, where, text string) {
	t.Helper()
	for what, canary := range canaries() {
		if i := strings.Index(text, canary); i >= 0 {
			from, to := max(0, i-200), min(len(text), i+len(canary)+100)
			t.Errorf("%s in a %s: …%s…", what, where, text[from:to])
		}
	}
}

// TestNoSecretInFaultsOfConfiguration starts commands that cannot work and looks at what they say.
func TestNoSecretInFaultsOfConfiguration(t *testing.T) {
	t.Parallel()
	s := open(t, plan{lite: true})
	const password = "canaryPassword"
	for _, row := range []struct {
		name string
		env  []string
		args []string
	}{
		{"no such database", []string{"YISHI_SQL=mysql:root:" + password + "@tcp(127.0.0.1:1)/none"}, []string{"migrate"}},
		{"no such server", []string{"YISHI_SQL=mysql:root:" + password + "@tcp(127.0.0.1:1)/none"}, []string{"check"}},
		{"no address", []string{"YISHI_SQL=" + password}, []string{"serve"}},
		{"unreadable address", []string{"YISHI_SQL=mysql:" + password + "@@@"}, []string{"serve"}},
		{"unreadable redis", []string{"YISHI_REDIS=" + password + "://:" + password + "@x"}, []string{"serve"}},
		{"no such redis", []string{"YISHI_REDIS=redis://:" + password + "@127.0.0.1:1/0"}, []string{"check"}},
		{"short keys", []string{"YISHI_MASTER_KEY=" + password, "YISHI_WECHAT_AES_KEY=" + password, "YISHI_WECHAT_SECRET=" + password}, []string{"serve"}},
		{"no platform", []string{"YISHI_WECHAT_API=http://127.0.0.1:1/" + "?x"}, []string{"check"}},
		{"unknown name", []string{"YISHI_SECRET_OF_MINE=" + password}, []string{"serve"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, out := command(t, append(s.env("127.0.0.1:1", "127.0.0.1:2"), row.env...), row.args...)
			if code == 0 || out == "" {
				t.Errorf("exit %d: %q", code, out)
			}
			noCanary(t, "output", out)
		})
	}
}

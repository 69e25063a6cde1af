package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"yishi/bot/wechat/platform"
	"yishi/config"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
)

// What people are called and say, wherever the whole bot takes it in. Each step of each flow hears
// canaries in bot/chat; here the parts are wired as in production, and fail.
const (
	canaryPhone = "13987654321"
	canaryCode  = "246813579" // of a household
	canarySaid  = "金丝雀歌唱得太早了，电话" + canaryPhone
)

// canary finds them. All openids here hold the word.
var canary = regexp.MustCompile(`(?i)canary|金丝雀|鸟笼|` + canaryPhone + `|7654321|` + canaryCode + `|31\.98765`)

// cage is a hall of people who are canaries.
type cage struct {
	*hall
	t     *testing.T
	admin *httptest.Server
	told  strings.Builder // what its pages and its admin address said
	led   []string        // addresses that browsers were led to
	links int
}

func openCage(t *testing.T, change ...func(*config.Config)) *cage {
	t.Helper()
	change = append(change, func(c *config.Config) { c.Log, c.BaseURL = "debug", "https://to.be.known" })
	c := &cage{hall: openHall(t, townHall(), false, change...), t: t}
	c.platform.Allow(templateSend, true)
	adm := &admin{probes: c.probes, notes: c.notes, metric: c.metrics.handler()}
	c.admin = httptest.NewServer(adm.handler())
	t.Cleanup(c.admin.Close)
	c.town()
	return c
}

// town puts two canaries behind one door, and two into offices.
func (c *cage) town() {
	ctx := c.t.Context()
	n := store.NewPerson{
		Community: c.community.ID, Estate: "鸟笼新村", Grid: "鸟笼网格", Building: "77", Unit: "8", Room: "909", Name: "金丝雀甲", Phone: canaryPhone,
	}
	id, err := c.db.AddPerson(ctx, n)
	if err == nil {
		err = c.db.AddCard(ctx, id, canaryCode)
	}
	n.Name, n.Phone = "金丝雀乙", ""
	_, e := c.db.AddPerson(ctx, n)
	err = errors.Join(err, e)
	for who, role := range map[civic.Account]civic.Role{"oCanaryWorker": civic.GridWorker, "oCanaryCommittee": civic.Committee} {
		_, e := c.db.AddStaff(ctx, store.NewStaff{Account: who, Name: "金丝雀" + string(role), Role: role, Community: c.community.ID})
		err = errors.Join(err, e)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// say has somebody say lines, one a second; what is answered is for them alone.
func (c *cage) say(who string, lines ...string) (last string) {
	c.t.Helper()
	q := c.platform.Person(who)
	if !q.Following() {
		q.Follow(c.t.Context(), "door")
	}
	for _, l := range lines {
		c.db.Clock().Shift(time.Second)
		last = q.Say(c.t.Context(), l).Reply.Text
	}
	return last
}

// must is say with an answer that shows that canaries came where they were to.
func (c *cage) must(want, who string, lines ...string) {
	c.t.Helper()
	if got := c.say(who, lines...); !strings.Contains(got, want) {
		c.t.Errorf("%s was told %q after %q", who, got, lines[len(lines)-1])
	}
}

// look reads all that the admin address says.
func (c *cage) look() {
	c.t.Helper()
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/debug/pprof/", "/canary?canary=1"} {
		_, body := get(c.t, c.admin.URL+path)
		c.told.WriteString(body + "\n")
	}
}

// source is a file in a stack, which may be this one.
var source = regexp.MustCompile(`[^ "]*\.go:[0-9]+`)

// search looks for canaries in all that the program let out, and for what shows that it had any.
func (c *cage) search(messages ...string) {
	c.t.Helper()
	c.look()
	logs := c.log.String()
	for _, m := range messages {
		if !strings.Contains(logs, fmt.Sprintf(`"msg":%q`, m)) {
			c.t.Errorf("no log says %q: this proves nothing", m)
		}
	}
	if !strings.Contains(c.told.String(), `yishi_turns_total{flow="`) {
		c.t.Error("no turn was counted: this proves nothing")
	}
	for l := range strings.Lines(logs + c.told.String()) {
		l = source.ReplaceAllString(l, "")
		if canary.MatchString(l) || strings.ContainsFunc(l, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			c.t.Errorf("log, metric or page: %s", l)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, u := range append(c.asked, c.led...) {
		if plain, err := url.QueryUnescape(u); err != nil || canary.MatchString(plain) {
			c.t.Errorf("address: %s", plain)
		}
	}
}

// TestNothingPersonalComesOut says canaries in every kind of message to the whole bot, on its best day.
func TestNothingPersonalComesOut(t *testing.T) {
	c := openCage(t)
	c.start(t)
	c.messages("oCanaryMessages")
	c.residents()
	c.staff()
	c.files()
	c.search("turn", "media kept")
}

// messages sends one message of each kind, and some that are broken.
func (c *cage) messages(who string) {
	q := c.platform.Person(who)
	for _, fields := range [][]string{
		{"MsgType", "event", "Event", "subscribe", "EventKey", "qrscene_canaryScene"},
		{"MsgType", "event", "Event", "SCAN", "EventKey", "canaryScene", "Ticket", "canaryKey"},
		{"MsgType", "event", "Event", "CLICK", "EventKey", "canaryKey"},
		{"MsgType", "event", "Event", "VIEW", "EventKey", "http://example.org/?canaryKey"},
		{"MsgType", "event", "Event", "canaryKey", "EventKey", "canaryKey"},
		{"MsgType", "event", "Event", "LOCATION", "Latitude", "31.98765", "Longitude", "120.1", "Precision", "鸟笼弄"},
		{"MsgType", "event", "Event", "TEMPLATESENDJOBFINISH", "MsgID", "246813579", "Status", "failed: canary 金丝雀"},
		{"MsgType", "text", "Content", canarySaid, "Nickname", "canaryNick"},
		{"MsgType", "canaryKey", "Content", canarySaid},
		{"MsgType", "image", "PicUrl", "http://mmbiz.qpic.cn/canary", "MediaId", "canaryMedia"},
		{"MsgType", "voice", "MediaId", "canaryVoice", "Format", "amr", "Recognition", canarySaid},
		{"MsgType", "video", "MediaId", "canaryVideo", "ThumbMediaId", "canaryThumb"},
		{"MsgType", "location", "Location_X", "31.98765", "Location_Y", "120.1", "Scale", "16", "Label", "鸟笼弄3号金丝雀家"},
		{"MsgType", "link", "Title", "金丝雀", "Description", canarySaid, "Url", "http://example.org/canaryKey"},
		{"MsgType", "text", "Content", strings.Repeat(canarySaid, 200)},
		{"MsgType", "text", "Content", "\x00\x01金丝雀\u202e%s%x{{.}}\r\nlevel=ERROR 金丝雀"},
		{"MsgType", "image", "MediaId", "canary media/../" + canaryPhone},
		{"MsgType", "event", "Event", "unsubscribe", "EventKey", "canaryKey"},
	} {
		var all []platform.Field
		for i := 0; i+1 < len(fields); i += 2 {
			all = append(all, platform.Field{Name: fields[i], Value: fields[i+1]})
		}
		c.db.Clock().Shift(time.Second)
		q.Send(c.t.Context(), all...)
	}
	for _, r := range []struct{ method, query, body string }{
		{"GET", "?signature=canary&timestamp=1&nonce=canary&echostr=canary", ""},
		{"POST", "?signature=canary&timestamp=1&nonce=canary&openid=oCanary&encrypt_type=aes", "<xml>" + canarySaid + "</xml>"},
		{"POST", "?canary=%zz;%00", canarySaid},
		{"POST", "", strings.Repeat(canarySaid, 9000)},
	} {
		w := httptest.NewRecorder()
		req := httptest.NewRequest(r.method, "/wechat", strings.NewReader(r.body))
		req.URL.RawQuery = strings.TrimPrefix(r.query, "?")
		c.webhook.ServeHTTP(w, req)
		c.told.WriteString(w.Body.String() + fmt.Sprint(w.Header()) + "\n")
	}
}

// residents raise a need, are verified by every way, and talk.
func (c *cage) residents() {
	ctx, a, b := c.t.Context(), "oCanaryRaises", "oCanaryByCard"
	c.must("编号", a, "提需求", canarySaid, "说不清", "鸟笼弄77幢", "跳过", "不急", "提交")
	c.platform.Person(a).Photo(ctx, picture(c.t))
	c.say(a, "取消", "补充001 "+canarySaid, "提交", "进度001", "我的", "进度金丝雀", "撤回"+canaryPhone)
	c.say(a, "认证", "同意", "鸟笼新村77幢8单元909 金丝雀甲 1234", "鸟笼新村77幢8单元909 金丝雀丙 4321")
	c.must("认证好了", a, "鸟笼新村77幢8单元909 金丝雀甲 4321")
	c.say(b, "认证", "同意", "246813570", canaryCode)
	c.say(b, "金丝雀乙")
	c.say("oCanaryByHand", "认证", "同意", "帮我认证", "鸟笼新村77幢8单元909 金丝雀丁", "1")
	c.say(a, "人工", canarySaid)
	c.platform.Person(a).Photo(ctx, picture(c.t))
	c.platform.Person(a).Voice(ctx, []byte("#!AMR\n0123456789"), canarySaid)
}

// staff answer, decide and invite.
func (c *cage) staff() {
	c.must("1", "oCanaryWorker", "会话")
	c.say("oCanaryWorker", "接1", canarySaid, "结束", "认证申请", "1", "1", "待公开", "1", "1")
	c.say("oCanaryCommittee", "初选", "1", "问001", canarySaid, "1", "不受理001", "1", canarySaid, "1", "邀请", "1", "金丝雀新人", canaryPhone, "1")
	c.say("oCanaryCommittee", "设置", "1", "金丝雀", canaryPhone, "金丝雀歌唱")
	c.say("oCanaryRaises", canarySaid, "结束", "我的", "1", canarySaid, "申诉001", canarySaid)
	args, err := json.Marshal(flows.Announce{Title: "金丝雀大会", Body: canarySaid, From: "鸟笼弄"})
	if err != nil {
		c.t.Fatal(err)
	}
	c.announce(args)
	c.settled(c.t, "canary-"+fmt.Sprint(c.links))
}

// announce has everybody told.
func (c *cage) announce(args json.RawMessage) {
	c.t.Helper()
	c.links++
	id := "canary-" + fmt.Sprint(c.links)
	p := civic.Push{ID: id, Purpose: id, Urgent: "金丝雀", Community: c.community.ID, Kind: flows.TellAnnounce, Args: args}
	if _, err := c.db.AddPush(c.t.Context(), p, civic.Audience{Community: c.community.ID}); err != nil {
		c.t.Fatal(err)
	}
	c.wake(waits{pushes: true, media: true})
}

// sql damages the hall's database, or heals it.
func (c *cage) sql(statement string) {
	c.t.Helper()
	damage(c.t, strings.TrimPrefix(c.cfg.SQL.Reveal(), "sqlite:"), statement)
}

// damage opens a file of SQLite a second time, to break it.
func damage(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), statement)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

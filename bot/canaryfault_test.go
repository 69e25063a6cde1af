package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net/http/httptest"
	"strings"
	"testing"

	"yishi/bot/blobs"
	"yishi/bot/chat"
	"yishi/bot/push"
	"yishi/bot/wechat"
	"yishi/bot/wechat/platform"
	"yishi/config"
	"yishi/flows"
	"yishi/flows/civic"
)

// picture is a photo.
func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 32, 32))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// echo is a refusal whose words quote what was asked.
func echo(code int) platform.Fault {
	return platform.Fault{
		Kind: platform.FaultHTML, Times: -1,
		Body: fmt.Sprintf(`{"errcode":%d,"errmsg":"invalid argument oCanaryRaises [canaryMedia] data.thing1.value 金丝雀歌唱 %s rid: 65f0"}`, code, canaryPhone),
	}
}

// TestPlatformEchoes has the platform quote in its refusals what it was asked.
func TestPlatformEchoes(t *testing.T) {
	t.Parallel()
	c := openCage(t)
	c.start(t)
	for i, code := range []int{40003, 45015, 47003, -1, 99999, 48001} {
		for _, path := range []string{"/cgi-bin/media/get", customerSend, noticeSend, templateSend, "/sns/oauth2/access_token"} {
			c.platform.Fault(path, echo(code))
		}
		who := fmt.Sprint("oCanaryRaises", i)
		c.say(who, "提需求", canarySaid, "说不清", "鸟笼弄")
		c.platform.Person(who).Photo(t.Context(), picture(t))
		args, err := json.Marshal(flows.Announce{Title: fmt.Sprintf("金丝雀大会%d", i), Body: canarySaid, From: "鸟笼弄"})
		if err != nil {
			t.Fatal(err)
		}
		c.announce(args)
		wait(t, func() bool {
			logs := c.log.String()
			return strings.Count(logs, `"msg":"media put off"`)+strings.Count(logs, `"msg":"media given up"`) > i
		})
		if err := c.client.SendText(t.Context(), "oCanaryRaises", canarySaid); err == nil || canary.MatchString(err.Error()) {
			t.Errorf("send text: %v", err)
		}
	}
	c.loginFails()
	c.search("turn", "media put off", "media given up", "person not told of lost media", "login not told")
	if _, err := c.client.Login(t.Context(), "canaryCode"); err == nil || canary.MatchString(err.Error()) { // which a URL must hold
		t.Errorf("login: %v", err)
	}
}

// TestDatabaseQuotes has the database fail under statements and rows that hold canaries.
func TestDatabaseQuotes(t *testing.T) {
	t.Parallel()
	c := openCage(t)
	c.must("编号", "oCanaryRaises", "提需求", canarySaid, "说不清", "鸟笼弄", "跳过", "不急", "提交")
	all := func() {
		c.look()
		for _, who := range []string{"oCanaryRaises", "oCanaryCommittee"} {
			for _, l := range []string{canarySaid, "看需求", "进度001", "我的", "初选", "待公开", "会话", "规则", "附议001", "认证", "同意", "鸟笼新村77幢8单元909 金丝雀甲 4321"} {
				c.say(who, l)
			}
		}
	}
	for _, broken := range []struct{ name, spoil, heal string }{
		{"a word for a number", "UPDATE needs SET heat = '金丝雀" + canaryPhone + "'", "UPDATE needs SET heat = 0"},
		{"a word for a time", "UPDATE needs SET raised_ms = '金丝雀" + canaryPhone + "'", "UPDATE needs SET raised_ms = 0"},
		{"a table gone", "ALTER TABLE needs RENAME TO canary_needs", "ALTER TABLE canary_needs RENAME TO needs"},
		{"another gone", "ALTER TABLE accounts RENAME TO canary_accounts", "ALTER TABLE canary_accounts RENAME TO accounts"},
		{"settings broken", `UPDATE communities SET settings = '{"hot":"` + canaryPhone + `","release":` + canaryPhone + `987654}'`, "UPDATE communities SET settings = ''"},
		{"the roll broken", "UPDATE persons SET name = x'63616e617279', household_id = '金丝雀" + canaryPhone + "'", "UPDATE persons SET household_id = 0"},
	} {
		c.sql(broken.spoil)
		all()
		c.sql(broken.heal)
	}
	c.start(t)
	c.announce(json.RawMessage(`{"title":` + canaryPhone + `,"body":"` + canarySaid + `"}`))
	wait(t, func() bool { return strings.Contains(c.log.String(), `"msg":"delivery has no text"`) })
	c.search("turn put off")
}

// TestSessionsFail has Redis away.
func TestSessionsFail(t *testing.T) {
	t.Parallel()
	c := openCage(t, func(c *config.Config) { c.Redis = "redis://:canaryPassword@127.0.0.1:1/0" })
	c.start(t)
	c.say("oCanaryRaises", "提需求", canarySaid)
	c.messages("oCanaryMessages")
	c.search("turn put off")
}

// stumbling are look-ups, turns and fetches that panic with what they were given.
type stumbling struct{ flows.Needs }

func (stumbling) Mine(_ context.Context, a civic.Account, _, _ int) ([]civic.Need, int, error) {
	panic(fmt.Errorf("%s %s", a, canarySaid))
}

func (stumbling) Turn(_ context.Context, m *wechat.Message) wechat.Answer {
	panic(m.Account + m.Content)
}

func (stumbling) Media(_ context.Context, id string) ([]byte, string, error) {
	panic(errors.New(id + canarySaid))
}

// TestPanics has parts panic with what they were given.
func TestPanics(t *testing.T) {
	t.Parallel()
	c := openCage(t)
	world := chat.World(c.db, c.cfg.BaseURL)
	world.Needs = stumbling{world.Needs}
	engine, err := flows.New()
	if err != nil {
		t.Fatal(err)
	}
	talk := chat.New(chat.Options{
		Engine: engine, World: world, Sessions: c.sessions, Ledger: c.db, Now: c.db.Clock().Now, Location: c.cfg.Location(),
		Key: subkey(c.cfg.MasterKey, "chat"), Log: c.app.log, Observe: c.metrics.turn,
	})
	m := &wechat.Message{Type: "text", Account: "oCanaryRaises", Content: "我的", MsgID: "1", CreateTime: c.db.Clock().Now().Unix()}
	if got := talk.Turn(t.Context(), m).Text; got != flows.Sorry {
		t.Errorf("a turn that panics is answered %q", got)
	}
	c.say("oCanaryRaises", "提需求", canarySaid, "说不清", "鸟笼弄")
	c.platform.Person("oCanaryRaises").Photo(t.Context(), picture(t))
	folder, err := blobs.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	loop, err := push.NewMedia(push.MediaConfig{
		Queue: c.db, Fetch: stumbling{}, Tell: c.client, Blobs: folder, Secret: []byte("canary"), Now: c.db.Clock().Now, Log: c.app.log,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); loop.Run(ctx) }()
	wait(t, func() bool { return strings.Contains(c.log.String(), `"msg":"handler panicked"`) })
	cancel()
	<-ended
	if c.webhook, err = wechat.NewHandler(c.account(), stumbling{}, wechat.HandlerOptions{Now: c.db.Clock().Now, Log: c.app.log}); err != nil {
		t.Fatal(err)
	}
	hooks := httptest.NewServer(c.webhook)
	t.Cleanup(hooks.Close)
	c.platform.SetWebhooks(hooks.URL + "/wechat")
	c.say("oCanaryRaises", canarySaid)
	c.search("turn panicked", "handler panicked", "webhook panicked")
}

// breakTables leaves a database in which every statement about people fails.
func breakTables(t *testing.T, path string) {
	t.Helper()
	for _, table := range []string{"communities", "estates", "persons", "staff", "audits", "pushes", "deliveries", "rolls"} {
		damage(t, path, "ALTER TABLE "+table+" RENAME TO canary_"+table)
	}
}

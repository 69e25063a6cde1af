package platform

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestExportSurvivesARestart(t *testing.T) {
	c := newClock()
	bot, webhook := startBot(t, echo)
	o := Options{Now: c.now, Webhooks: []string{webhook}}
	p := testPlatform(t, o)
	q, ctx := followed(t, p)
	must(t, q.Photo(ctx, []byte("\xff\xd8\xff")))
	a := newAPI(t, p)
	a.post("/cgi-bin/menu/create", `{"button":[{"type":"click","name":"提需求","key":"need"}]}`)
	a.post("/cgi-bin/qrcode/create", `{"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"e1"}}}`)
	a.send("a")
	saved, err := p.Export()
	if err != nil {
		t.Fatal(err)
	}

	later := testPlatform(t, o)
	if err := later.Import(saved); err != nil {
		t.Fatal(err)
	}
	if !later.Person(someone).Following() || len(later.Menu()) != 1 || !slices.Equal(later.Scenes(), []string{"e1"}) {
		t.Errorf("people %v, menu %v, scenes %v", later.People(), later.Menu(), later.Scenes())
	}
	b := &api{t: t, h: later.Handler(), token: a.token}
	for i := range 4 { // one of five was spent before
		if code := b.send("a"); code != 0 {
			t.Fatalf("message %d: %d", i, code)
		}
	}
	if code := b.send("a"); code != 45047 {
		t.Errorf("sixth message: %d", code)
	}
	got := bot.messages(t)
	if data, _, ok := later.Media(got[1].MediaID); !ok || string(data) != "\xff\xd8\xff" {
		t.Error("the photo is gone")
	}
	d := must(t, later.Person(someone).Say(ctx, "a"))
	if d.MsgID <= got[1].MsgID {
		t.Errorf("message id %s after %s", d.MsgID, got[1].MsgID)
	}
	again, err := later.Export()
	if err != nil || bytes.Equal(again, saved) {
		t.Errorf("second export is the first, %v", err)
	}
}

func TestExportIsBounded(t *testing.T) {
	p := testPlatform(t, Options{})
	first := p.keep("image", make([]byte, exportLimit/2+1))
	second := p.keep("image", make([]byte, exportLimit/2))
	saved, err := p.Export()
	if err != nil || len(saved) > exportLimit {
		t.Fatalf("%d bytes, %v", len(saved), err)
	}
	if err := p.Import(saved); err != nil {
		t.Fatal(err)
	}
	_, _, older := p.Media(first)
	_, _, newer := p.Media(second)
	if older || !newer {
		t.Errorf("older kept %t, newer kept %t", older, newer)
	}
}

func TestImportRefusesAndChangesNothing(t *testing.T) {
	for _, row := range []struct{ name, text string }{
		{"no JSON", "{"},
		{"other shape", `{"people":[]}`},
		{"empty person", `{"people":{"oA":null}}`},
		{"empty medium", `{"media":[null]}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := testPlatform(t, Options{})
			p.Person(someone)
			if err := p.Import([]byte(row.text)); err == nil {
				t.Error("accepted")
			}
			if got := p.People(); !slices.Equal(got, []string{someone}) {
				t.Errorf("people %v", got)
			}
		})
	}
}

func TestWatchSeesEverythingInOrder(t *testing.T) {
	_, webhook := startBot(t, func(in inbound) string {
		if in.Content == "坏" {
			return " "
		}
		return echo(in)
	})
	p := testPlatform(t, Options{Webhooks: []string{webhook}})
	var seen []string
	cancel := p.Watch(func(e Event) {
		p.Menu() // a watcher may ask
		if delivered := e.Kind == KindIn || e.Kind == KindReply || strings.HasPrefix(e.WireIn, "<xml>"); e.At.IsZero() || delivered != (e.Delivery != nil) {
			t.Errorf("event %+v", e)
		}
		seen = append(seen, fmt.Sprintf("%s %s %d", e.Kind, e.Text, e.Code))
	})
	q, ctx := followed(t, p)
	q.Say(ctx, "好")
	q.Say(ctx, "坏")
	a := newAPI(t, p)
	a.get("/cgi-bin/menu/get")
	a.post("/cgi-bin/menu/create", `{"button":[{"type":"click","name":"a","key":"k"}]}`)
	a.send("开会")
	a.post("/cgi-bin/message/custom/typing", `{"touser":"`+someone+`","command":"Typing"}`)
	cancel()
	q.Say(ctx, "不看了")
	want := []string{
		"in [subscribe ] 0", "reply 您说： 0", "in 好 0", "reply 您说：好 0", "in 坏 0", "fault  0",
		"token  0", "fault /cgi-bin/menu/get 46003", "menu  0", "customer 开会 0", "typing Typing 0",
	}
	if !slices.Equal(seen, want) {
		t.Errorf("seen\n%s", strings.Join(seen, "\n"))
	}
}

func TestWatchersNeverSeeSecrets(t *testing.T) {
	p := testPlatform(t, Options{})
	var all strings.Builder
	defer p.Watch(func(e Event) { fmt.Fprintf(&all, "%+v", e) })()
	a := newAPI(t, p)
	a.json("POST", "/cgi-bin/stable_token", `{"grant_type":"client_credential","appid":"x","secret":"`+testSecret+`"}`)
	a.get("/cgi-bin/menu/delete")
	if s := all.String(); strings.Contains(s, testSecret) || strings.Contains(s, a.token) || !strings.Contains(s, KindToken) {
		t.Errorf("seen %s", s)
	}
}

func TestDefaultClockIsTheMachines(t *testing.T) {
	p := New(Options{})
	if d := time.Since(p.now()); d < 0 || d > time.Minute {
		t.Errorf("off by %s", d)
	}
}

// What an earlier version exported must be read.
func TestImportOfAnOlderExport(t *testing.T) {
	c := newClock()
	p := testPlatform(t, Options{Now: c.now})
	until := c.now().Add(time.Hour).Format(time.RFC3339Nano)
	old := `{"lastId":7,"people":{"oA":{"following":true,"windows":{"message":{"until":"` + until + `","left":2},"other":{"until":"` + until + `","left":9}}}},` +
		`"tokens":{},"notices":[{"clientId":"c","id":5,"at":"2027-01-15T08:00:00Z"}]}`
	if err := p.Import([]byte(old)); err != nil {
		t.Fatal(err)
	}
	a := newAPI(t, p)
	for _, want := range []int{0, 0, 45047} {
		got := a.post(customPath, `{"touser":"oA","msgtype":"text","text":{"content":"a"}}`)
		if errcode(got) != want {
			t.Errorf("answer %v, want %d", got, want)
		}
	}
	p.UseUp(customPath) // what the old one had nothing of
	if got := a.post(customPath, `{}`); errcode(got) != 45009 {
		t.Errorf("answer %v", got)
	}
	p.Populate("o", 1)
	saved, err := p.Export()
	if err != nil || !strings.Contains(string(saved), `"windows":{"message":{"until":"2027-01-17T08:00:00Z","left":5}}`) {
		t.Errorf("export %s, %v", saved, err)
	}
}

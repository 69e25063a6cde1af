package demo

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"yishi/bot/wechat/platform"
	"yishi/flows/civic"
)

// fakeDesk tells phones by customer messages, as far as its routes are open, and else not at all.
type fakeDesk struct {
	w *world

	mu      sync.Mutex
	off     map[civic.Route]bool
	until   time.Time
	fail    error
	told    []Told
	resent  []string
	confirm int
}

func (d *fakeDesk) turn(route civic.Route, on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.off[route] = !on
}

func (d *fakeDesk) Foresee(context.Context, Announcement) ([]Outlook, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	o := Outlook{Openid: aunt, Way: "customer", Why: "48 小时内说过话，还可发 5 条", Until: d.until}
	if d.off[civic.ByCustomer] {
		o = Outlook{Openid: aunt, Way: "inbox", Why: "客服消息停用；没有订阅；模板消息停用"}
	}
	return []Outlook{o, {Openid: "o-stranger", Way: WaySkipped, Why: "退订了会议通知"}}, d.fail
}

func (d *fakeDesk) Send(_ context.Context, n Announcement, confirm int) (string, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if confirm != 2 {
		return "", false, ErrCount
	}
	d.confirm = confirm
	r := civic.Report{
		Audience: 2, Sent: map[civic.Route]int{civic.ByCustomer: 1}, Failed: map[string]int{"blocked": 1},
	}
	d.told = append([]Told{{ID: "announce-1", Title: n.Title, Urgent: n.Urgent != "", At: d.w.clock.Now(), Report: r}}, d.told...)
	text, _ := json.Marshal("【钮家巷社区】" + n.Title + "\n" + n.Body)
	d.w.api(sendPaths[civic.ByCustomer], `{"touser":"o-aunt","msgtype":"text","text":{"content":`+string(text)+`}}`)
	return "announce-1", false, nil
}

func (d *fakeDesk) Told(context.Context) ([]Told, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.told, d.fail
}

func (d *fakeDesk) Resend(_ context.Context, id string) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.resent = append(d.resent, id)
	return 1, d.fail
}

var (
	testTemplate = platform.Template{ID: "t-news", Title: "社区通知", Fields: []platform.TemplateField{
		{Name: "thing1", Label: "通知标题"}, {Name: "thing2", Label: "通知内容"},
	}}
	testNotice = platform.Template{ID: "n-meeting", Title: "会议通知", Fields: []platform.TemplateField{
		{Name: "thing1", Label: "会议名称"}, {Name: "thing2", Label: "会议内容"},
	}}
)

// newDeskWorld is a demo whose staff have a desk.
func newDeskWorld(t *testing.T) (*world, *fakeDesk) {
	t.Helper()
	w := newWorld(t)
	w.close()
	d := &fakeDesk{w: w, off: map[civic.Route]bool{}}
	w.options.Desk, w.options.Turn = d, d.turn
	w.options.Switches = w.options.State + ".switches"
	w.options.Templates, w.options.Notices = []platform.Template{testTemplate}, []platform.Template{testNotice}
	w.platform.SetTemplates(testTemplate)
	w.platform.SetNoticeTemplates(testNotice)
	w.open()
	w.act(action{Do: "follow", N: 0})
	w.act(action{Do: "say", Text: "你好"})
	return w, d
}

// post sends JSON to the demo's API and reads the answer into out; nil: nobody reads it.
func (w *world) post(path, body string, out any) (status int) {
	w.t.Helper()
	status, b := w.request("POST", "/demo/api/"+path, []byte(body))
	if out != nil {
		if err := json.Unmarshal(b, out); err != nil {
			w.t.Fatalf("%s: %v: %.200s", path, err, b)
		}
	}
	return status
}

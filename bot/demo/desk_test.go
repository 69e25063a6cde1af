package demo

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"yishi/flows/civic"
)

const meeting = `"title":"周六议事会","body":"周六下午三点，社区服务站。"`

func TestForesee(t *testing.T) {
	w, d := newDeskWorld(t)
	type answer struct {
		People int
		Sum    []tally
		Phones []outlook
	}
	look := func() (a answer) {
		if status := w.post("foresee", "{"+meeting+"}", &a); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		return a
	}
	none := "不在名单里：没有关注，或者还没有选社区"
	want := answer{2, []tally{{Way: "customer", N: 1}, {Way: WaySkipped, N: 1}}, []outlook{
		{Way: "customer", Text: "48 小时内说过话，还可发 5 条"}, {Phone: 1, Way: "none", Text: none}, {Phone: 2, Way: "none", Text: none},
	}}
	if diff := cmp.Diff(want, look()); diff != "" {
		t.Error(diff)
	}
	for _, row := range []struct{ order, way, note string }{
		{`{"do":"route","route":"customer","set":"denied"}`, "customer", "平台会拒绝（48001）：先等着，权限恢复了再发"},
		{`{"do":"route","route":"customer","set":"off"}`, "inbox", ""},
		{`{"do":"route","route":"customer","set":"on"}`, "customer", ""},
		{`{"do":"cut","on":true}`, "customer", "回答断在半路：手机收到，记成“未知”，不再自动发"},
		{`{"do":"block","phone":0,"on":true}`, "customer", "这部手机不收消息（48002）：会改走下一条路"},
		{`{"do":"day","route":"customer"}`, "customer", "平台会拒绝（45009）：等到零点再发"},
		{`{"do":"heal"}`, "customer", ""},
	} {
		if status := w.post("switch", row.order, nil); status != http.StatusOK {
			t.Fatalf("%s: status %d", row.order, status)
		}
		if got := look().Phones[0]; got.Way != row.way || got.Note != row.note {
			t.Errorf("%s: %+v", row.order, got)
		}
	}
	d.mu.Lock()
	d.fail = ErrText
	d.mu.Unlock()
	if status := w.post("foresee", "{"+meeting+"}", nil); status != http.StatusBadRequest {
		t.Errorf("a text that no way carries: status %d", status)
	}
}

func TestWhen(t *testing.T) {
	here := time.FixedZone("", 8*60*60)
	w, _ := newDeskWorld(t)
	w.clock.SetOffset(time.Until(time.Date(2027, 12, 31, 22, 30, 0, 0, here)))
	for want, at := range map[string]time.Time{
		"明早 8 点": time.Date(2028, 1, 1, 8, 0, 0, 0, here), "明天 0 点": time.Date(2028, 1, 1, 0, 0, 0, 0, here),
		"今天 22:45": time.Date(2027, 12, 31, 22, 45, 0, 0, here), "1月2日 8 点": time.Date(2028, 1, 2, 8, 0, 0, 0, here),
	} {
		if got := w.server.when(at); got != want {
			t.Errorf("%v is %s, want %s", at, got, want)
		}
	}
	if got := w.server.outlookText(Outlook{Way: "customer", Why: "说过话", Until: time.Date(2028, 1, 1, 0, 0, 0, 0, here)}); got != "说过话；额度用完了，等到明天 0 点" {
		t.Error(got)
	}
	if got := w.server.outlookText(Outlook{Way: WayLater, Why: "不打扰", Until: time.Date(2028, 1, 1, 8, 0, 0, 0, here)}); got != "不打扰，等到明早 8 点" {
		t.Error(got)
	}
}

// What staff confirm is what goes out, and only for the number of people they were shown.
func TestPushReachesAPhone(t *testing.T) {
	w, d := newDeskWorld(t)
	if status := w.post("push", `{`+meeting+`,"confirm":3}`, nil); status != http.StatusConflict {
		t.Errorf("another number: status %d", status)
	}
	_, rd, _, _ := w.server.history.join("", 0)
	defer w.server.history.leave(rd)
	var done struct{ ID string }
	if status := w.post("push", `{`+meeting+`,"urgent":"","confirm":2}`, &done); status != http.StatusOK || done.ID != "announce-1" || d.confirm != 2 {
		t.Fatalf("status %d, %+v", status, done)
	}
	got := w.hear(rd)
	if got.Way != "customer" || got.Text != "【钮家巷社区】周六议事会\n周六下午三点，社区服务站。" {
		t.Errorf("shown: %+v", got)
	}
	var list []toldLine
	status, b := w.request("GET", "/demo/api/told", nil)
	if err := json.Unmarshal(b, &list); err != nil || status != http.StatusOK || len(list) != 1 {
		t.Fatalf("status %d, %s", status, b)
	}
	want := []tally{{Way: "customer", N: 1}, {Way: "failed", N: 1, Why: "关了消息"}}
	if l := list[0]; l.Title != "周六议事会" || l.Audience != 2 || l.Total != 2 || l.Failed != 1 || l.Waiting != 0 || !slices.Equal(l.Tallies, want) {
		t.Errorf("told: %+v", list)
	}
	if status := w.post("resend", `{"id":"announce-1"}`, nil); status != http.StatusOK || !slices.Equal(d.resent, []string{"announce-1"}) {
		t.Errorf("resend: status %d, %v", status, d.resent)
	}
	if text := w.transcript("0"); !strings.HasSuffix(text, "! 李阿姨: 【钮家巷社区】周六议事会\n  周六下午三点，社区服务站。\n") {
		t.Errorf("transcript:\n%s", text)
	}
}

// hear waits for what comes by the API.
func (w *world) hear(rd *reader) record {
	w.t.Helper()
	for end := time.After(10 * time.Second); ; {
		select {
		case r := <-rd.records:
			if r.Late {
				return r
			}
		case <-end:
			w.t.Fatal("nothing came")
		}
	}
}

func TestTallies(t *testing.T) {
	r := civic.Report{
		Audience: 21, Waiting: 1, Sent: map[civic.Route]int{civic.ByCustomer: 2, civic.ByTemplate: 3}, Inbox: 4, Door: 1,
		Skipped: map[string]int{civic.SkipOptedOut: 2, civic.SkipUnfollowed: 1}, Failed: map[string]int{"blocked": 3, "new-one": 1}, Unknown: 3,
	}
	l := lineOf(Told{Report: r})
	sum, words := 0, ""
	for _, tally := range l.Tallies {
		sum += tally.N
		words += tally.Way + tally.Why + " "
	}
	if sum != 21 || l.Total != 21 || l.Failed != 4 || words != "customer template inbox door skipped退订了 skipped取消关注了 failed关了消息 failednew-one unknown waiting " {
		t.Errorf("%d %+v %s", sum, l, words)
	}
}

// A template message and a notice are cards; the wire is shown, the token is not.
func TestCards(t *testing.T) {
	w, _ := newDeskWorld(t)
	w.act(action{Do: "consent", N: 1})
	w.act(action{Do: "consent", N: 0})
	_, rd, _, _ := w.server.history.join("", 0)
	defer w.server.history.leave(rd)
	for _, row := range []struct {
		route     civic.Route
		id, title string
		label     string
	}{{civic.ByTemplate, "t-news", "社区通知", "通知标题"}, {civic.ByNotice, "n-meeting", "会议通知", "会议名称"}} {
		w.api(sendPaths[row.route], `{"touser":"o-aunt","template_id":"`+row.id+`","data":{"thing1":{"value":"周六议事会"},"thing2":{"value":"三点"}}}`)
		r := w.hear(rd)
		if r.Way != string(row.route) || r.Card == nil || r.Card.Title != row.title || r.Card.Rows[0] != (cardRow{row.label, "周六议事会"}) {
			t.Fatalf("%s: %+v %+v", row.route, r, r.Card)
		}
		_, b := w.request("GET", "/demo/api/wire?seq="+itoa(r.Seq), nil)
		var got wire
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		text := joined(got.Plain)
		if !strings.Contains(text, "POST "+sendPaths[row.route]) || !strings.Contains(text, `"touser": "o-aunt"`) || !strings.Contains(text, `"errcode": 0`) || strings.Contains(text, "local_") {
			t.Errorf("wire of %s:\n%s", row.route, text)
		}
	}
	want := "# 李阿姨同意收“会议通知”\n"
	if text := w.transcript("0"); !strings.Contains(text, want) || !strings.Contains(text, "# 李阿姨没有同意收“会议通知”\n") || !strings.Contains(text, "! 李阿姨: 会议通知\n  会议名称: 周六议事会\n") {
		t.Errorf("transcript:\n%s", text)
	}
}

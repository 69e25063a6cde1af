package demo

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"yishi/bot/wechat/platform"
)

func TestTranscript(t *testing.T) {
	w := newWorld(t)
	w.api("/cgi-bin/menu/create", testMenu)
	w.act(action{Do: "follow", N: 0})
	w.act(action{Do: "say", Text: "河边又有人乱晾衣服"})
	offered := w.find(kindReply, "很像")
	w.act(action{Do: "tap", Seq: offered.Seq, N: 1})
	w.act(action{Do: "click", Text: "raise"})
	w.act(action{Do: "place", N: 1})
	w.act(action{Do: "place", N: -1, Text: "车棚旁边"})
	w.act(action{Do: "voice", Text: "楼道灯不亮"})
	w.act(action{Do: "photo", N: 2})
	w.act(action{Do: "scan", N: 1})
	w.act(action{Do: "say", Text: "坏"})
	w.act(action{Do: "say", Text: "静"})
	w.request("POST", "/demo/api/clock", []byte(`{"hours":24}`))
	w.act(action{Do: "unfollow"})
	const want = `# 议事 演示：李阿姨与钮家巷社区的对话
> 李阿姨: [关注] estate-1
< bot: 您好，这里是社区议事。
  想反映什么事，直接说就行。
  1. 提需求
  2. 我的
  3. 帮助
> 李阿姨: 河边又有人乱晾衣服
< bot: 收到。和“河边乱装晾衣架”很像（12 人附议）。
  1. 就是这件，我附议
  2. 不一样，我另提
  3. 看看那件
> 李阿姨: [点] 1
< bot: 点了 1 号 101
> 李阿姨: [菜单] raise
< bot: 事件 CLICK raise
> 李阿姨: [定位] 凤凰新村北门
< bot: 记下地点：凤凰新村北门
> 李阿姨: [定位] 车棚旁边
< bot: 记下地点：车棚旁边
> 李阿姨: [语音] 楼道灯不亮
< bot: 听到了：楼道灯不亮
> 李阿姨: [照片] photo-1
< bot: 收到照片，第 1 张，最多 3 张。
  还有吗？没有就回复“跳过”。
> 李阿姨: [扫码] estate-2
< bot: 事件 SCAN estate-2
> 李阿姨: 坏
# 该公众号提供的服务出现故障，请稍后再试
> 李阿姨: 静
@later 24h
> 李阿姨: [取消关注]
`
	if got := w.transcript("0"); got != want {
		t.Errorf("transcript:\n%s\nwant:\n%s", got, want)
	}
	if other := w.transcript("1"); strings.Contains(other, "晾") {
		t.Errorf("another phone's transcript tells of this one:\n%s", other)
	}
}

// find returns the newest record of a kind that holds a word.
func (w *world) find(kind, word string) record {
	w.t.Helper()
	var found record
	for _, r := range w.server.history.all() {
		if r.Kind == kind && strings.Contains(r.Text, word) {
			found = r
		}
	}
	if found.Seq == 0 {
		w.t.Fatalf("no %s with %q", kind, word)
	}
	return found
}

func TestRestartLosesNothing(t *testing.T) {
	w := newWorld(t)
	w.act(action{Do: "follow", N: -1})
	w.act(action{Do: "say", Text: "河边又有人乱晾衣服"})
	w.act(action{Do: "photo", N: 0})
	w.request("POST", "/demo/api/clock", []byte(`{"hours":72}`))
	before, photo := w.transcript(""), w.find(kindPhoto, "")
	w.close()
	w.clock.SetOffset(0)
	w.options.Platform = platform.New(platform.Options{
		AppID: "wxdemo", Secret: "secret", Token: "token", Account: "gh_demo", Mode: platform.Plain, Now: w.clock.Now,
	})
	t.Cleanup(w.options.Platform.Close)
	w.open()
	if after := w.transcript(""); after != before {
		t.Errorf("after the restart:\n%s\nbefore:\n%s", after, before)
	}
	if got, ok := w.server.history.find(photo.Seq); !ok || !bytes.Equal(got.Photo, photo.Photo) || len(photo.Photo) == 0 {
		t.Error("the photo is gone")
	}
	if got := w.clock.Offset(); got != 72*time.Hour {
		t.Errorf("clock offset %v, want 72h", got)
	}
	if !w.options.Platform.Person(aunt).Following() {
		t.Error("the platform forgot who follows")
	}
}

// A program that dies leaves a message without an answer and, perhaps, half a line.
func TestDiedInTheMiddle(t *testing.T) {
	w := newWorld(t)
	w.act(action{Do: "follow", N: -1})
	w.act(action{Do: "say", Text: "第一句"})
	w.close()
	text, err := os.ReadFile(w.options.History)
	if err != nil {
		t.Fatal(err)
	}
	last := w.server.history.last
	text = append(text, `{"seq":`+itoa(last+1)+`,"openid":"o-aunt","at":"2027-01-02T03:04:05Z","kind":"say","text":"第二句"}`+"\n"+
		`{"seq":`+itoa(last+2)+`,"openid":"o-au`...)
	if err := os.WriteFile(w.options.History, text, 0o600); err != nil {
		t.Fatal(err)
	}
	w.open()
	got := w.transcript("0")
	if want := "> 李阿姨: 第二句\n# 演示中途重启，这条没有等到回复，请再发一次\n"; !strings.HasSuffix(got, want) {
		t.Errorf("transcript:\n%s\nwant it to end with:\n%s", got, want)
	}
	w.close()
	w.open()
	if again := w.transcript("0"); again != got {
		t.Errorf("the second restart changed the chat:\n%s", again)
	}
}

func itoa(n int64) string {
	b, _ := json.Marshal(n)
	return string(b)
}

func TestHistoryIsBounded(t *testing.T) {
	w := newWorld(t)
	for range keepRecords*3/2 + 10 {
		w.server.add(record{Openid: aunt, Kind: kindNote, Text: "一行"})
	}
	if n := len(w.server.history.all()); n < keepRecords || n > keepRecords*3/2 {
		t.Errorf("%d records in memory", n)
	}
	last := w.server.history.last
	w.close()
	w.open()
	if n := len(w.server.history.all()); n != keepRecords {
		t.Errorf("%d records after the restart, want %d", n, keepRecords)
	}
	if w.server.history.last != last {
		t.Errorf("last number %d, want %d", w.server.history.last, last)
	}
}

// read collects the stream's events until one of a name, and returns the last one's data.
func (w *world) stream(lastID, until string) (all, data, id string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), "GET", w.web.URL+"/demo/api/events", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Last-Event-ID", lastID)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	var seen strings.Builder
	event := ""
	for sc := bufio.NewScanner(res.Body); sc.Scan(); {
		seen.WriteString(sc.Text() + "\n")
		name, value, _ := strings.Cut(sc.Text(), ": ")
		switch name {
		case "id":
			id = value
		case "event":
			event = value
		case "data":
			if event == until {
				return seen.String(), value, id
			}
		}
	}
	w.t.Fatalf("the stream ended before %q:\n%s", until, seen.String())
	return "", "", ""
}

func TestStreamResumes(t *testing.T) {
	w := newWorld(t)
	w.act(action{Do: "follow", N: -1})
	w.act(action{Do: "say", Text: "第一句"})
	first, _, id := w.stream("", "ready")
	if !strings.Contains(first, "event: reset") || !strings.Contains(first, "收到：第一句") {
		t.Errorf("a new page gets:\n%s", first)
	}
	w.act(action{Do: "say", Text: "第二句"})
	second, _, _ := w.stream(id, "ready")
	if strings.Contains(second, "reset") || strings.Contains(second, "第一句") || !strings.Contains(second, "收到：第二句") {
		t.Errorf("a page that comes back gets:\n%s", second)
	}
	other, _, _ := w.stream("another-3", "ready")
	if !strings.Contains(other, "event: reset") || !strings.Contains(other, "第一句") {
		t.Errorf("a page of another history gets:\n%s", other)
	}
}

func TestCustomerMessageAppears(t *testing.T) {
	w := newWorld(t)
	w.act(action{Do: "follow", N: -1})
	w.act(action{Do: "say", Text: "你好"})
	_, rd, _, _ := w.server.history.join("", 0)
	defer w.server.history.leave(rd)
	w.api("/cgi-bin/message/custom/send", `{"touser":"o-aunt","msgtype":"text","text":{"content":"您的需求有进展：\n`+
		strings.ReplaceAll(choice(1, "看看"), `"`, `\"`)+`"}}`)
	for r := range rd.records {
		if !r.Late {
			continue
		}
		if r.Text != "您的需求有进展：\n1. 看看" || len(r.Parts) != 2 || r.Parts[1].Say != "1" || !r.Parts[1].Row {
			t.Errorf("shown: %q %+v", r.Text, r.Parts)
		}
		break
	}
	if got := w.transcript("0"); !strings.HasSuffix(got, "! 李阿姨: 您的需求有进展：\n  1. 看看\n") {
		t.Errorf("transcript:\n%s", got)
	}
}

func TestStatus(t *testing.T) {
	w := newWorld(t)
	w.api("/cgi-bin/menu/create", testMenu)
	w.act(action{Phone: 2, Do: "follow", N: -1})
	w.request("POST", "/demo/api/clock", []byte(`{"hours":1}`))
	_, data, _ := w.stream("", "status")
	var st status
	if err := json.Unmarshal([]byte(data), &st); err != nil {
		t.Fatal(err)
	}
	if st.Offset != 3600 || st.Now < time.Now().Add(59*time.Minute).UnixMilli() {
		t.Errorf("clock: offset %d, now %d", st.Offset, st.Now)
	}
	if len(st.Phones) != 3 || st.Phones[0].Following || !st.Phones[2].Following {
		t.Errorf("phones: %+v", st.Phones)
	}
	if len(st.Menu) != 3 || st.Menu[0].Key != "raise" || len(st.Menu[1].Sub) != 2 {
		t.Errorf("menu: %+v", st.Menu)
	}
	w.request("POST", "/demo/api/clock", []byte(`{"zero":true}`))
	if w.clock.Offset() != 0 {
		t.Errorf("offset %v after 归零", w.clock.Offset())
	}
}

func TestWaitingIsShown(t *testing.T) {
	w := newWorld(t)
	w.act(action{Do: "follow", N: -1})
	b, _ := json.Marshal(action{Do: "say", Text: "等"})
	if status, _ := w.request("POST", "/demo/api/act", b); status != http.StatusAccepted {
		t.Fatalf("status %d", status)
	}
	if busy := w.server.status().Phones[0].Busy; busy != 1 {
		t.Errorf("busy %d, want 1", busy)
	}
	close(w.bot.hold)
	w.idle()
	if busy := w.server.status().Phones[0].Busy; busy != 0 {
		t.Errorf("busy %d afterwards, want 0", busy)
	}
	w.find(kindReply, "收到：等")
}

func TestWireIsShown(t *testing.T) {
	w := newWorld(t)
	w.act(action{Do: "follow", N: -1})
	w.act(action{Do: "say", Text: "你好"})
	said := w.find(kindSay, "你好")
	var done record
	for _, r := range w.server.history.all() {
		if r.Kind == kindDone && r.Re == said.Seq {
			done = r
		}
	}
	status, b := w.request("GET", "/demo/api/wire?seq="+itoa(done.Seq), nil)
	var got wire
	if err := json.Unmarshal(b, &got); err != nil || status != http.StatusOK {
		t.Fatalf("status %d, %v", status, err)
	}
	if len(got.Tries) != 1 || got.Tries[0].Status != 200 || len(got.Plain) < 2 ||
		!strings.Contains(got.Plain[0].Body, "\n  <Content><![CDATA[你好]]></Content>\n") ||
		!strings.Contains(got.Plain[1].Body, "收到：你好") {
		t.Errorf("wire: %+v", got)
	}
	if status, _ := w.request("GET", "/demo/api/wire?seq="+itoa(said.Seq), nil); status != http.StatusNotFound {
		t.Errorf("wire of a record without one: status %d", status)
	}
}

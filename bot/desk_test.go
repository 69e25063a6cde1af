package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"yishi/flows/civic"
)

// post asks something of the demo and reads the answer into out; nil: nobody reads it.
func post(t *testing.T, page, path string, what map[string]any, out any) int {
	t.Helper()
	b, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page+"/demo/api/"+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	status, body := do(t, req)
	if out != nil {
		if err := json.Unmarshal([]byte(body), out); err != nil {
			t.Fatalf("%s: %v: %.200s", path, err, body)
		}
	}
	return status
}

// looked is the demo's look ahead.
type looked struct {
	People int
	Phones []struct{ Way, Text, Note string }
}

// ways of the three phones.
func (l looked) ways() string {
	var all []string
	for _, p := range l.Phones {
		if p.Way != "none" { // the last phone does not follow
			all = append(all, p.Way)
		}
	}
	return strings.Join(all, " ")
}

// until moves the demo's clock forward to the next time the hour begins in its community.
func until(t *testing.T, page string, hour int) {
	t.Helper()
	here := time.UnixMilli(demoStatus(t, page).Now).In(time.FixedZone("", 8*60*60))
	if status := post(t, page, "clock", map[string]any{"hours": (hour-here.Hour()+23)%24 + 1}, nil); status != http.StatusOK {
		t.Fatalf("clock: %d", status)
	}
}

// standing is what the event stream begins with.
type standing struct {
	Now   int64
	Lines string
}

// demoStatus reads the first status of the demo's event stream, and all lines before it.
func demoStatus(t *testing.T, page string) (st standing) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page+"/demo/api/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var lines strings.Builder
	status := false
	for sc := bufio.NewScanner(resp.Body); sc.Scan(); {
		name, value, _ := strings.Cut(sc.Text(), ": ")
		if status && name == "data" {
			if err := json.Unmarshal([]byte(value), &st); err != nil {
				t.Fatal(err)
			}
			st.Lines = lines.String()
			return st
		}
		status = name == "event" && value == "status"
		lines.WriteString(sc.Text() + "\n")
	}
	t.Fatal("the stream ended early")
	return st
}

// meeting is what the tests tell.
func meeting() map[string]any {
	return map[string]any{"title": "周六议事会", "body": "周六下午三点。"}
}

// look looks ahead.
func look(t *testing.T, page string, what map[string]any) (l looked) {
	t.Helper()
	if status := post(t, page, "foresee", what, &l); status != http.StatusOK {
		t.Fatalf("foresee: %d", status)
	}
	return l
}

// openDesk starts the demo at ten in the morning: the first phone has just written, the second
// has consented to a notice, the third only follows.
func openDesk(t *testing.T, vars map[string]string) (p *process, page string) {
	t.Helper()
	p = start(t, vars, "demo")
	page = "http://" + p.await(t, &p.stdout, `http://([0-9.:]+)/`)
	for n := range 3 {
		act(t, page, map[string]any{"phone": n, "do": "follow", "n": n})
	}
	wait(t, func() bool { return look(t, page, meeting()).People == 3 })
	until(t, page, 10) // no window is open any more
	act(t, page, map[string]any{"phone": 0, "do": "say", "text": "进度"})
	if status := post(t, page, "act", map[string]any{"phone": 1, "do": "consent", "n": 1}, nil); status != http.StatusAccepted {
		t.Fatalf("consent: %d", status)
	}
	wait(t, func() bool { return look(t, page, meeting()).ways() == "customer notice template" })
	return p, page
}

// end stops a demo.
func (p *process) end(t *testing.T) {
	t.Helper()
	p.stop()
	if code := p.wait(t); code != exitOK {
		t.Fatalf("exit code %d: %s", code, p.stderr.String())
	}
}

// TestDemoDesk goes down the ladder on the demo's phones: what the look ahead says is what
// happens, and it is still known after a restart.
func TestDemoDesk(t *testing.T) {
	vars := map[string]string{"YISHI_DATA": t.TempDir(), "YISHI_ADDR": "127.0.0.1:0"}
	p, page := openDesk(t, vars)
	what := meeting()
	l := look(t, page, what)
	if l.Phones[0].Text != "48 小时内说过话，还可发 5 条" || l.Phones[1].Text != "还没有说过话；同意过会议通知，还可发 1 次" || l.Phones[2].Text != "还没有说过话；没有订阅" {
		t.Errorf("%+v", l)
	}
	post(t, page, "switch", map[string]any{"do": "route", "route": "template", "set": "off"}, nil)
	if l := look(t, page, what); l.ways() != "customer notice inbox" || l.Phones[2].Text != "还没有说过话；没有订阅；模板消息停用" {
		t.Errorf("without templates %+v", l)
	}
	what["confirm"] = 2
	if status := post(t, page, "push", what, nil); status != http.StatusConflict {
		t.Errorf("two of three: %d", status)
	}
	what["confirm"] = 3
	if status := post(t, page, "push", what, nil); status != http.StatusOK {
		t.Fatalf("push: %d", status)
	}
	tallied(t, page, "customer 1 notice 1 inbox 1")
	awaitChat(t, page, "! 李阿姨: 【钮家巷社区】周六议事会")
	var again struct{ Again bool }
	if post(t, page, "push", what, &again); !again.Again {
		t.Error("the same again is made again")
	}
	p.end(t)
	p = start(t, vars, "demo")
	page = "http://" + p.await(t, &p.stdout, `http://([0-9.:]+)/`)
	tallied(t, page, "customer 1 notice 1 inbox 1")
	if l := look(t, page, meeting()); l.ways() != "customer inbox inbox" || l.Phones[0].Text != "48 小时内说过话，还可发 4 条" {
		t.Errorf("after the restart %+v", l)
	}
	p.end(t)
}

// The look ahead tells the truth whenever the clock was moved.
func TestDemoDeskByTheClock(t *testing.T) {
	p, page := openDesk(t, map[string]string{"YISHI_DATA": t.TempDir(), "YISHI_ADDR": "127.0.0.1:0"})
	until(t, page, 22)
	if l := look(t, page, meeting()); l.ways() != "later later later" || l.Phones[0].Text != "晚上 9 点到早上 8 点不打扰，等到明早 8 点" {
		t.Errorf("at night %+v", l)
	}
	urgent := meeting()
	urgent["urgent"] = "今晚停水"
	if l := look(t, page, urgent); l.ways() != "customer notice template" {
		t.Errorf("urgent at night %+v", l)
	}
	post(t, page, "clock", map[string]any{"hours": 48}, nil)
	until(t, page, 10)
	if l := look(t, page, meeting()); l.ways() != "template notice template" || l.Phones[0].Text != "48 小时没说过话，窗口已关；没有订阅" {
		t.Errorf("when the window is closed %+v", l)
	}
	p.end(t)
}

// switcher sends into faults of the platform, on a demo whose first phone has just written.
type switcher struct {
	t    *testing.T
	page string
}

func (w switcher) flip(what map[string]any) {
	w.t.Helper()
	if status := post(w.t, w.page, "switch", what, nil); status != http.StatusOK {
		w.t.Fatalf("switch: %d", status)
	}
}

// tell tells the only phone something urgent, once the ladder says that it goes by this way.
func (w switcher) tell(title, way string) {
	w.t.Helper()
	what := map[string]any{"title": title, "body": "请看。", "urgent": "试一试"}
	wait(w.t, func() bool { return strings.HasPrefix(look(w.t, w.page, what).ways(), way) })
	what["confirm"] = 1
	if status := post(w.t, w.page, "push", what, nil); status != http.StatusOK {
		w.t.Fatalf("push: %d", status)
	}
}

// TestDemoSwitches sends into faults of the platform: nobody is lost, and nobody told twice.
func TestDemoSwitches(t *testing.T) {
	p := start(t, map[string]string{"YISHI_DATA": t.TempDir(), "YISHI_ADDR": "127.0.0.1:0"}, "demo")
	page := "http://" + p.await(t, &p.stdout, `http://([0-9.:]+)/`)
	w := switcher{t, page}
	act(t, page, map[string]any{"phone": 0, "do": "follow", "n": 0})
	until(t, page, 10)
	act(t, page, map[string]any{"phone": 0, "do": "say", "text": "进度"})
	w.flip(map[string]any{"do": "token"})
	w.tell("令牌过期", "customer")
	tallied(t, page, "customer 1")
	w.flip(map[string]any{"do": "cut", "on": true})
	w.tell("断了", "customer")
	tallied(t, page, "unknown 1")
	awaitChat(t, page, "【钮家巷社区】断了")
	w.flip(map[string]any{"do": "route", "route": "customer", "set": "off"})
	w.tell("又断了", "template")
	awaitChat(t, page, "通知标题: 又断了")
	tallied(t, page, "waiting 1")
	w.flip(map[string]any{"do": "heal"})
	tallied(t, page, "template 1") // tried again under its number, within seconds
	w.flip(map[string]any{"do": "block", "phone": 0, "on": true})
	w.tell("关了消息", "customer")
	tallied(t, page, "failed关了消息 1") // by template, as its receipt says
	w.flip(map[string]any{"do": "heal"})
	w.flip(map[string]any{"do": "route", "route": "customer", "set": "denied"})
	w.tell("没权限", "customer")
	wait(t, func() bool { return strings.Contains(demoStatus(t, page).Lines, "48001") })
	tallied(t, page, "waiting 1")
	w.flip(map[string]any{"do": "heal"})
	post(t, page, "clock", map[string]any{"hours": 1}, nil) // more than the minute after which it is tried again
	tallied(t, page, "customer 1")
	chat := chatOf(t, page)
	for title, times := range map[string]int{"令牌过期": 1, "】断了": 1, "又断了": 1, "没权限": 1, "关了消息": 0} {
		if n := strings.Count(chat, title); n != times {
			t.Errorf("%s is shown %d times, want %d:\n%s", title, n, times, chat)
		}
	}
	p.end(t)
}

// tallied waits until the newest push stands as said; its numbers always add up to its audience.
func tallied(t *testing.T, page, want string) {
	t.Helper()
	got := ""
	wait(t, func() bool {
		var list []struct {
			Audience, Total int
			Tallies         []struct {
				Way, Why string
				N        json.Number
			}
		}
		_, body := get(t, page+"/demo/api/told")
		if err := json.Unmarshal([]byte(body), &list); err != nil || len(list) == 0 {
			return false
		}
		if list[0].Audience != list[0].Total {
			t.Errorf("%d add up to %d", list[0].Audience, list[0].Total)
		}
		var all []string
		for _, one := range list[0].Tallies {
			all = append(all, one.Way+one.Why+" "+one.N.String())
		}
		if now := strings.Join(all, " "); now != got {
			got = now
			t.Log(got)
		}
		return got == want
	})
}

// The words for the counts of windows are the ladder's own numbers.
func TestWindowWords(t *testing.T) {
	now := time.Date(2027, 3, 1, 10, 0, 0, 0, time.UTC)
	m := civic.Means{Customer: true}
	for _, r := range []civic.Reach{{Following: true, LastMessageAt: now.Add(-time.Hour)}, {Following: true, LastEventAt: now.Add(-time.Second)}} {
		for ; ; r.SentInWindow++ {
			route, _, _ := civic.Ladder(r, m, nil, now, false)
			if none := strings.HasSuffix(windowWords(r, now), "还可发 0 条"); none != (route != civic.ByCustomer) {
				t.Errorf("%+v goes by %s: %s", r, route, windowWords(r, now))
			}
			if route != civic.ByCustomer {
				break
			}
		}
	}
}

package platform

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// hall is a bot of several replicas with one truth, faults, and, if careful, a memory of the
// messages and runs it has handled.
type hall struct {
	careful bool
	rng     *rand.Rand

	mu      sync.Mutex
	states  map[string]*visit
	replies map[string]string // by sender and MsgId
	rows    map[string]string // number to text
	made    int
}

type visit struct{ step, text, number string }

func newHall(careful bool) *hall {
	return &hall{
		careful: careful, rng: rand.New(rand.NewPCG(7, 7)),
		states: map[string]*visit{}, replies: map[string]string{}, rows: map[string]string{},
	}
}

func (h *hall) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in, err := prove(r)
	if err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	h.mu.Lock()
	text := h.turn(in)
	chance := h.rng.Float64()
	h.mu.Unlock()
	switch {
	case chance < 0.03:
		panic(http.ErrAbortHandler) // handled, but the answer is lost
	case chance < 0.1 && strings.HasPrefix(text, "已提交"):
		text = "没有确认成功，请再发一次"
	}
	_, _ = fmt.Fprint(w, answer(r, in, text))
}

func (h *hall) turn(in inbound) string {
	key := in.From + in.MsgID + in.Event
	if said, ok := h.replies[key]; ok && h.careful {
		return said
	}
	v := h.states[in.From]
	if v == nil {
		v = &visit{}
		h.states[in.From] = v
	}
	said := h.step(v, in)
	h.replies[key] = said
	return said
}

func (h *hall) step(v *visit, in inbound) string {
	switch {
	case in.Content == "提需求":
		*v = visit{step: "what"}
		return "请说说您的需求"
	case strings.HasPrefix(in.Content, "进度"):
		return "正在办理"
	case in.Content == "取消":
		v.step = ""
		return "已取消"
	case v.step == "what":
		v.step, v.text = "photo", in.Content
		return `请发照片，没有就 <a href="weixin://bizmsgmenu?msgmenucontent=%E8%B7%B3%E8%BF%87&msgmenuid=3">跳过</a>`
	case v.step == "photo" && (in.Content == "跳过" || in.Type == "image"):
		v.step = "sum"
		return "请核对，没有问题请回复提交"
	case in.Content == "提交" && (v.step == "sum" || v.number != ""):
		if v.number == "" || !h.careful {
			h.made++
			v.number = fmt.Sprintf("钮2027-%03d", h.made)
			h.rows[v.number] = v.text
		}
		v.step = ""
		return "已提交，编号 " + v.number
	}
	return "回复菜单"
}

// doubled counts the needs that stand in the table more than once.
func (h *hall) doubled() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	seen, doubled := map[string]bool{}, 0
	for _, text := range h.rows {
		if seen[text] {
			doubled++
		}
		seen[text] = true
	}
	return doubled
}

func script() []Rule {
	return []Rule{
		{Contains: []string{"说说您的需求"}, Say: []string{"{need}"}},
		{Contains: []string{"请发照片"}, Say: []string{"跳过", "@photo"}},
		{Contains: []string{"核对", "提交"}, Say: []string{"提交"}},
	}
}

func rehearse(t *testing.T, h *hall) Report {
	t.Helper()
	webhooks := []string{replica(t, h.ServeHTTP), replica(t, h.ServeHTTP)}
	p := testPlatform(t, Options{Deadline: 2 * time.Second, Pause: time.Millisecond, Webhooks: webhooks})
	return Rehearse(t.Context(), p, RehearseOptions{
		Residents: 10, For: 20 * time.Second, Needs: 15, Seed: 3, Scenes: []string{"e1", "e2"}, Script: script(),
		Copies: 0.2, Hurry: -1, Cancel: 0.02,
	})
}

func TestRehearsalClaimsStandInTheTable(t *testing.T) {
	h := newHall(true)
	r := rehearse(t, h)
	if r.Err != nil || len(r.Claims) < 100 || r.Sent < 500 || r.Unsure == 0 || r.Slowest == 0 || r.Seed != 3 {
		t.Fatalf("report %+v", r)
	}
	if r.Different != 0 || r.Abandoned > 0 {
		t.Errorf("%d different, %d abandoned: %q", r.Different, r.Abandoned, r.Strange)
	}
	for _, c := range r.Claims {
		if h.rows[c.Number] != c.Text || !strings.Contains(c.Text, "记号") || c.At.IsZero() {
			t.Errorf("claim %+v, row %q", c, h.rows[c.Number])
		}
	}
	if n := h.doubled(); n != 0 {
		t.Errorf("%d needs doubled", n)
	}
}

func TestRehearsalSeesABotThatForgets(t *testing.T) {
	h := newHall(false)
	r := rehearse(t, h)
	if r.Err != nil || h.doubled() == 0 || r.Different == 0 {
		t.Errorf("%d doubled, %d different, %v", h.doubled(), r.Different, r.Err)
	}
}

func TestRehearsalInAHurry(t *testing.T) {
	_, webhook := startBot(t, echo)
	p := testPlatform(t, Options{Pause: time.Millisecond, Webhooks: []string{webhook}})
	r := Rehearse(t.Context(), p, RehearseOptions{Residents: 2, For: time.Minute, Needs: 2, Copies: -1, Hurry: 1, Cancel: -1})
	if r.Err != nil || r.Abandoned != 4 || len(r.Strange) != 4 || r.Claims != nil || r.Faulty != 0 {
		t.Errorf("report %+v", r)
	}
}

func TestRehearsalEndsInTimeAgainstASilentBot(t *testing.T) {
	p := testPlatform(t, Options{Deadline: 20 * time.Millisecond, Pause: time.Millisecond, Webhooks: []string{replica(t, hang)}})
	r := Rehearse(t.Context(), p, RehearseOptions{Residents: 3, For: 300 * time.Millisecond, Script: script()})
	if r.Faulty == 0 || len(r.Claims) != 0 || r.Slowest != 0 {
		t.Errorf("report %+v", r)
	}
}

func TestRehearsalRefuses(t *testing.T) {
	const home = "http://127.0.0.1:1/wechat"
	for _, row := range []struct {
		name, webhook string
		o             RehearseOptions
		want          error
	}{
		{"a public address", "http://192.0.2.1/wechat", RehearseOptions{}, errNotLoopback},
		{"a name", "http://bot.example.org/wechat", RehearseOptions{}, errNotLoopback},
		{"too many", home, RehearseOptions{Residents: MaxResidents + 1}, ErrBounds},
		{"fewer than none", home, RehearseOptions{Residents: -1}, ErrBounds},
		{"too long", home, RehearseOptions{For: MaxRehearsal + 1}, ErrBounds},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := testPlatform(t, Options{Webhooks: []string{row.webhook}})
			if r := Rehearse(t.Context(), p, row.o); !errors.Is(r.Err, row.want) || r.Sent != 0 {
				t.Errorf("report %+v", r)
			}
		})
	}
	if r := Rehearse(t.Context(), testPlatform(t, Options{}), RehearseOptions{}); !errors.Is(r.Err, ErrNoWebhook) {
		t.Errorf("report %+v", r)
	}
}

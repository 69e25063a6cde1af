package platform

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// told are the receipts that a bot got, in their order, as "id status".
func told(t *testing.T, b *fakeBot) (list []string) {
	t.Helper()
	for _, m := range b.messages(t) {
		if m.Event == "TEMPLATESENDJOBFINISH" {
			list = append(list, m.JobID+" "+m.Status)
		}
		for _, i := range m.Sent {
			list = append(list, i.ID+" "+i.Code+" "+i.Status)
		}
	}
	return list
}

func settle(t *testing.T, p *Platform) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := p.Settle(ctx); err != nil {
		t.Fatal(err)
	}
}

// msgid is the id as the answer has it; it is beyond what a float can hold.
func (a *api) msgid(path, body string) string {
	a.t.Helper()
	w := a.do("POST", path+"?access_token="+a.token, "", body)
	_, rest, ok := strings.Cut(w.Body.String(), `"errcode":0,"errmsg":"ok","msgid":`)
	if !ok {
		a.t.Fatalf("answer %s", w.Body)
	}
	return strings.TrimRight(rest, "}\n")
}

func (a *api) templateID(to, client string) string {
	a.t.Helper()
	return a.msgid(templatePath, fmt.Sprintf(`{"touser":%q,"template_id":"t-meeting","client_msg_id":%q,"data":{%s}}`, to, client, meetingData))
}

func TestReceipts(t *testing.T) {
	bot, webhook := startBot(t, func(inbound) string { return "" })
	p := testPlatform(t, Options{Webhooks: []string{webhook}, Templates: []Template{meeting()}, NoticeTemplates: notices()})
	p.Populate("o", 2)
	a := newAPI(t, p)
	var want []string
	next := func(id, status string) {
		t.Helper()
		settle(t, p)
		want = append(want, id+" "+status)
		if got := told(t, bot); !slices.Equal(got, want) {
			t.Fatalf("receipts %q, want %q", got, want)
		}
	}
	next(a.templateID("o000000", "d-1"), "success")
	a.templateID("o000000", "d-1") // known already: no second receipt
	p.Fault(templatePath, Fault{Kind: FaultSwallow, Receipt: ReceiptFailed})
	next(a.templateID("o000000", "d-2"), "failed: system failed")
	p.Person("o000001").Block(true)
	next(a.templateID("o000001", "d-1"), "failed:user block")
	if got := a.post(customPath, `{"touser":"o000001","msgtype":"text","text":{"content":"a"}}`); errcode(got) != 48002 {
		t.Errorf("customer message to a blocked phone: %v", got)
	}
	must(t, p.Person("o000001").AnswerPopup(t.Context(), Answer{"t-long", true}))
	noticeBody := `{"touser":"o000001","template_id":"t-long","data":{` + meetingData + `}}`
	next(a.msgid(noticePath, noticeBody), "0 success")
	p.Fault(noticePath, Fault{Kind: FaultSwallow, Receipt: ReceiptFailed}, Fault{Kind: FaultSwallow})
	next(a.msgid(noticePath, noticeBody), "-1 failed: system failed")
	a.msgid(noticePath, noticeBody) // swallowed without a word
	settle(t, p)
	if got := p.Tally(); got.Receipts != len(want) || len(told(t, bot)) != len(want) || got.Received != (Received{Template: 1, Notice: 1}) {
		t.Errorf("tally %+v", got)
	}
}

func TestReceiptsThatLie(t *testing.T) {
	bot, webhook := startBot(t, func(inbound) string { return "" })
	p := testPlatform(t, Options{Webhooks: []string{webhook}, Templates: []Template{meeting()}})
	p.Populate("o", 1)
	a := newAPI(t, p)
	p.LieAboutReceipts(ReceiptLies{Withheld: true})
	a.templateID("o000000", "")
	p.LieAboutReceipts(ReceiptLies{Shuffled: true, Twice: true, Stranger: true})
	p.HoldReceipts(true)
	var ids []string
	for range 20 {
		ids = append(ids, a.templateID("o000000", ""))
	}
	settle(t, p)
	if got := told(t, bot); len(got) != 0 {
		t.Fatalf("told while held: %q", got)
	}
	p.HoldReceipts(false)
	settle(t, p)
	times, strangers, ahead := map[string]int{}, 0, 0
	for at, line := range told(t, bot) {
		id, _, _ := strings.Cut(line, " ")
		i := slices.Index(ids, id)
		if i < 0 {
			strangers++
			continue
		}
		times[id]++
		ahead = max(ahead, 3*i-at) // each stood with a stranger and a copy of its own
	}
	// The senders alone, being several, bring some forward by a few places.
	if strangers != 20 || len(times) != 20 || ahead < 2*receiptSenders {
		t.Errorf("%d strangers, %d told, at most %d ahead", strangers, len(times), ahead)
	}
	for id, n := range times {
		if n != 2 {
			t.Errorf("%s told %d times", id, n)
		}
	}
}

// A receipt is there although its call was never answered, and before the answer only if it lies.
func TestReceiptsAndTheirAnswers(t *testing.T) {
	var answered atomic.Bool
	early := make(chan bool, 2)
	_, webhook := startBot(t, func(inbound) string { early <- !answered.Load(); return "" })
	p := testPlatform(t, Options{Webhooks: []string{webhook}, Templates: []Template{meeting()}})
	p.Populate("o", 1)
	a := newAPI(t, p)
	body := `{"touser":"o000000","template_id":"t-meeting","data":{` + meetingData + `}}`
	p.LieAboutReceipts(ReceiptLies{Early: true})
	p.SetLatency(templatePath, 50*time.Millisecond)
	a.msgid(templatePath, body)
	answered.Store(true)
	settle(t, p)
	if !<-early {
		t.Error("an early receipt came late")
	}
	p.Heal()
	p.Fault(templatePath, Fault{Kind: FaultReset, Done: true})
	func() {
		defer func() { _ = recover() }() // a recorder's connection cannot be reset
		a.do("POST", templatePath+"?access_token="+a.token, "", body)
	}()
	settle(t, p)
	if <-early || p.Received("o000000").Template != 2 {
		t.Errorf("received %+v", p.Received("o000000"))
	}
}

func TestReceiptsThatNobodyTakes(t *testing.T) {
	p := testPlatform(t, Options{Webhooks: []string{replica(t, hang)}, Templates: []Template{meeting()}})
	p.Populate("o", 1)
	a := newAPI(t, p)
	for range 20 {
		a.templateID("o000000", "")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Settle(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("settled: %v", err)
	}
	saved, err := p.Export()
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	p.Close()
	if err := p.Settle(t.Context()); err != nil {
		t.Error(err)
	}
	if got := p.Tally(); got.Receipts != 0 || got.Lost > receiptSenders {
		t.Errorf("tally %+v", got)
	}

	bot, webhook := startBot(t, func(inbound) string { return "" })
	later := testPlatform(t, Options{Webhooks: []string{webhook}})
	if err := later.Import(saved); err != nil {
		t.Fatal(err)
	}
	if got := told(t, bot); len(got) != 0 {
		t.Errorf("told at once: %q", got)
	}
	must(t, later.Person("o000000").Say(t.Context(), "a"))
	settle(t, later)
	if got := told(t, bot); len(got) != 20 {
		t.Errorf("told after the restart: %q", got)
	}
}

func TestWatchersSeeReceiptsAsSuch(t *testing.T) {
	_, webhook := startBot(t, func(inbound) string { return "" })
	p := testPlatform(t, Options{Webhooks: []string{webhook}, Templates: []Template{meeting()}})
	p.Populate("o", 1)
	a := newAPI(t, p)
	var seen []string
	defer p.Watch(func(e Event) { seen = append(seen, e.Kind+" "+e.Openid) })()
	a.templateID("o000000", "")
	settle(t, p)
	if !slices.Equal(seen, []string{"template o000000", "receipt o000000"}) {
		t.Errorf("seen %q", seen)
	}
}

func TestAnHonestReceiptWaitsForTheEndOfItsCall(t *testing.T) {
	bot, webhook := startBot(t, func(inbound) string { return "" })
	p := testPlatform(t, Options{Webhooks: []string{webhook}, Templates: []Template{meeting()}})
	p.Populate("o", 1)
	a := newAPI(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reached, over := make(chan struct{}), make(chan struct{})
	defer p.Watch(func(e Event) {
		if e.Kind == KindTemplate {
			close(reached)
		}
	})()
	p.Fault(templatePath, Fault{Kind: FaultHang, Done: true})
	go func() {
		defer close(over)
		defer func() { _ = recover() }() // how a handler hangs up
		body := strings.NewReader(`{"touser":"o000000","template_id":"t-meeting","data":{` + meetingData + `}}`)
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, templatePath+"?access_token="+a.token, body)
		a.h.ServeHTTP(httptest.NewRecorder(), r)
	}()
	<-reached
	settle(t, p)
	if got := told(t, bot); len(got) != 0 {
		t.Errorf("told before the answer: %q", got)
	}
	cancel()
	<-over
	settle(t, p)
	if got := told(t, bot); len(got) != 1 {
		t.Errorf("told %q", got)
	}
}

package platform

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testToken   = "corpus-token"
	testAppID   = "wx0123456789abcdef"
	testAccount = "gh_0123456789ab"
	testKey     = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	testSecret  = "corpus-secret"
	someone     = "oSomeone"
)

// clock is a platform's clock that stands still until moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Unix(1_800_000_000, 0)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func testPlatform(t *testing.T, o Options) *Platform {
	t.Helper()
	o.AppID, o.Secret, o.Token, o.AESKey, o.Account = testAppID, testSecret, testToken, testKey, testAccount
	p := New(o)
	t.Cleanup(p.Close)
	return p
}

// inbound is what the fake bot reads of a message.
type inbound struct {
	From    string `xml:"FromUserName"`
	To      string `xml:"ToUserName"`
	MsgID   string `xml:"MsgId"`
	Type    string `xml:"MsgType"`
	Event   string `xml:"Event"`
	Key     string `xml:"EventKey"`
	Content string `xml:"Content"`
	MenuID  string `xml:"bizmsgmenuid"`
	MediaID string `xml:"MediaId"`
	Encrypt string `xml:"Encrypt"`
	Lat     string `xml:"Location_X"`
	Scanned string `xml:"ScanCodeInfo>ScanResult"`
	JobID   string `xml:"MsgID"`
	Status  string `xml:"Status"`
	Popup   []item `xml:"SubscribeMsgPopupEvent>List"`
	Change  []item `xml:"SubscribeMsgChangeEvent>List"`
	Sent    []item `xml:"SubscribeMsgSentEvent>List"`
	query   string
}

// item is one template in an event about subscription notices.
type item struct {
	Template string `xml:"TemplateId"`
	Choice   string `xml:"SubscribeStatusString"`
	ID       string `xml:"MsgID"`
	Code     string `xml:"ErrorCode"`
	Status   string `xml:"ErrorStatus"`
}

// fakeBot proves and parses requests, notes them, and answers with what say returns; an empty
// text is no reply.
type fakeBot struct {
	mu   sync.Mutex
	got  []inbound
	errs []error
	say  func(inbound) string
}

func startBot(t *testing.T, say func(inbound) string) (*fakeBot, string) {
	t.Helper()
	b := &fakeBot{say: say}
	srv := httptest.NewServer(b)
	t.Cleanup(srv.Close)
	return b, srv.URL + "/wechat"
}

func (b *fakeBot) messages(t *testing.T) []inbound {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := errors.Join(b.errs...); err != nil {
		t.Fatal(err)
	}
	return append([]inbound(nil), b.got...)
}

func (b *fakeBot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in, err := prove(r)
	b.mu.Lock()
	b.got = append(b.got, in)
	if err != nil {
		b.errs = append(b.errs, err)
	}
	b.mu.Unlock()
	if err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	text := b.say(in)
	if text == "" {
		_, _ = io.WriteString(w, "success")
		return
	}
	_, _ = io.WriteString(w, answer(r, in, text))
}

func prove(r *http.Request) (inbound, error) {
	q := r.URL.Query()
	in := inbound{query: r.URL.RawQuery}
	if q.Get("signature") != sign(testToken, q.Get("timestamp"), q.Get("nonce")) {
		return in, errors.New("wrong signature")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return in, err
	}
	if err := xml.Unmarshal(body, &in); err != nil {
		return in, err
	}
	if q.Get("encrypt_type") != "aes" {
		return in, nil
	}
	if q.Get("msg_signature") != sign(testToken, q.Get("timestamp"), q.Get("nonce"), in.Encrypt) {
		return in, errors.New("wrong msg_signature")
	}
	key, err := decodeKey(testKey)
	if err != nil {
		return in, err
	}
	plain, err := unseal(key, in.Encrypt, testAppID)
	if err != nil {
		return in, err
	}
	return in, xml.Unmarshal(plain, &in)
}

func plainReply(to, from, text string) string {
	return fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName>"+
		"<CreateTime>1800000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[%s]]></Content></xml>", to, from, text)
}

func envelope(sealed string) string {
	return fmt.Sprintf("<xml><Encrypt><![CDATA[%s]]></Encrypt><MsgSignature><![CDATA[%s]]></MsgSignature>"+
		"<TimeStamp>1800000000</TimeStamp><Nonce><![CDATA[77]]></Nonce></xml>", sealed, sign(testToken, "1800000000", "77", sealed))
}

func sealed(text, appID string) string {
	key, err := decodeKey(testKey)
	if err != nil {
		return err.Error()
	}
	s, err := seal(key, []byte("0123456789abcdef"), []byte(text), appID)
	if err != nil {
		return err.Error()
	}
	return s
}

func answer(r *http.Request, in inbound, text string) string {
	plain := plainReply(in.From, in.To, text)
	if r.URL.Query().Get("encrypt_type") != "aes" {
		return plain
	}
	return envelope(sealed(plain, testAppID))
}

func echo(in inbound) string { return "您说：" + in.Content }

// replica serves one handler.
func replica(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL + "/wechat"
}

// must fails the test when a delivery went wrong.
func must(t *testing.T, d *Delivery) *Delivery {
	t.Helper()
	if d.Err != nil {
		t.Fatalf("delivery: %v", d.Err)
	}
	return d
}

func followed(t *testing.T, p *Platform) (*Person, context.Context) {
	t.Helper()
	q := p.Person(someone)
	must(t, q.Follow(t.Context(), ""))
	return q, t.Context()
}

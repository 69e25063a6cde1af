package wechat

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"yishi/flows/dialog"
)

// corpusCase is one hostile request and what it must get; the corpus explains its fields.
type corpusCase struct {
	Name, Mode, Method, Body, Trick, Setup string
	Query                                  map[string]any
	Headers                                map[string]string
	Crypt                                  map[string]any
	Send                                   struct {
		N                         int
		Parallel, Resign, Chunked bool
		GapMS                     int  `json:"gap_ms"`
		NewMsgID                  bool `json:"new_msgid"`
	}
	Then *struct {
		Body       string
		ReuseQuery bool `json:"reuse_query"`
		Expect     corpusExpect
	}
	Expect corpusExpect
}

type corpusExpect struct {
	Status        []int
	Reply         string
	Effects       string
	NotBody       string `json:"not_body"`
	SameReply     bool   `json:"same_reply"`
	ReplyMaxBytes int    `json:"reply_max_bytes"`
}

// sharedFile opens a data file that is not part of the repository.
func sharedFile(t *testing.T, name string) *os.File {
	t.Helper()
	dir := os.Getenv("YISHI_TEST_SHARED")
	if dir == "" {
		if os.Getenv("YISHI_TEST_REQUIRE") == "1" {
			t.Fatal("YISHI_TEST_SHARED is not set")
		}
		t.Skip("YISHI_TEST_SHARED is not set")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// countingTurner does what a chat does about repeats: the same key gets the same answer and
// counts once. Menu keys and scenes are for dialogues to understand and count nothing here.
type countingTurner struct {
	mu      sync.Mutex
	answers map[string]Answer
	handled map[string]int
}

func (c *countingTurner) Turn(_ context.Context, m *Message) Answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a, ok := c.answers[m.Key()]; ok {
		return a
	}
	in, ok := ToInput(m)
	if ok && in.Kind != dialog.Menu && in.Kind != dialog.Scan && in.Kind != dialog.Other {
		c.handled[m.Account]++
	}
	a := Answer{At: m.CreateTime}
	if pages := Render(dialog.Reply{Text: "您说：" + in.Text}, 0); ok && len(pages) > 0 {
		a.Text = pages[0]
	}
	c.answers[m.Key()] = a
	return a
}

func TestCorpus(t *testing.T) {
	f := sharedFile(t, "corpus/webhook.jsonl")
	turner := &countingTurner{answers: map[string]Answer{}, handled: map[string]int{}}
	servers := map[string]*httptest.Server{}
	for _, mode := range []string{ModeSafe, ModePlain} {
		h, err := NewHandler(testConfig(mode), turner, HandlerOptions{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		servers[mode] = httptest.NewServer(h)
		t.Cleanup(servers[mode].Close)
	}
	n := 0
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 4<<20)
	for sc.Scan() {
		var c corpusCase
		if err := json.Unmarshal(sc.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		n++
		t.Run(c.Name, func(t *testing.T) {
			p := player{c: &c, url: servers[c.Mode].URL, turner: turner}
			p.play(t)
		})
	}
	if n < 100 {
		t.Errorf("the corpus has %d cases, want at least 100", n)
	}
}

type player struct {
	c      *corpusCase
	url    string
	turner *countingTurner
	from   string
	from2  string
	msgID  string
}

var (
	placeholder = regexp.MustCompile(`\{\{(from2?|to|now(?:[+-]\d+)?|msgid|appid|rep:[^{}]*?:\d+|hex:[0-9a-f]+)\}\}`)
	serial      atomic.Int64
)

func nextSerial() string { return strconv.FormatInt(7000000000000000000+serial.Add(1), 10) }

func (p *player) play(t *testing.T) {
	p.from, p.from2, p.msgID = "oCase"+nextSerial(), "oCase"+nextSerial(), nextSerial()
	c := p.c
	n := max(1, c.Send.N)
	query, body := p.build(t, c.Body, c.Query)
	status, replies := make([]int, n), make([][]byte, n)
	var wg sync.WaitGroup
	for i := range n {
		q, b := query, body
		if i > 0 && c.Send.Resign {
			if c.Send.NewMsgID {
				p.msgID = nextSerial()
			}
			q, b = p.build(t, c.Body, c.Query)
		}
		send := func() { status[i], replies[i] = p.post(t, q, b) }
		if c.Send.Parallel {
			wg.Go(send)
		} else {
			send()
		}
	}
	wg.Wait()
	for i := range n {
		check(t, c.Expect, status[i], replies[i], query)
		if c.Expect.SameReply && c.Mode == ModePlain && !bytes.Equal(replies[i], replies[0]) {
			t.Errorf("repeat %d got another reply", i)
		}
	}
	if c.Then != nil {
		p.msgID = nextSerial()
		q, b := p.build(t, c.Then.Body, nil)
		if c.Then.ReuseQuery {
			q = query
		}
		s, r := p.post(t, q, b)
		check(t, c.Then.Expect, s, r, q)
	}
	p.checkHandled(t, n)
}

func (p *player) checkHandled(t *testing.T, n int) {
	lo, hi := 0, 1<<30
	switch effects := p.c.Expect.Effects; {
	case p.c.Setup != "": // the dialogue decides
	case effects == "none":
		hi = 0
	case effects == "once":
		lo, hi = 1, 1
	case effects == "at-most-once":
		hi = 1
	case effects == "each-once":
		lo, hi = n, n
	}
	if p.c.Then != nil && slices.Contains([]string{"once", "at-most-once"}, p.c.Then.Expect.Effects) {
		hi++
	}
	p.turner.mu.Lock()
	defer p.turner.mu.Unlock()
	if got := p.turner.handled[p.from]; got < lo || got > hi {
		t.Errorf("handled %d times, want %d to %d", got, lo, hi)
	}
}

func (p *player) post(t *testing.T, query, body string) (int, []byte) {
	method := p.c.Method
	if method == "" {
		method = http.MethodPost
	}
	var rd io.Reader
	if method != http.MethodGet && method != http.MethodHead {
		rd = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, p.url+"/wechat?"+query, rd)
	if err != nil {
		t.Error(err)
		return 0, nil
	}
	if p.c.Send.Chunked {
		req.ContentLength = -1
	}
	for k, v := range p.c.Headers {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return http.StatusRequestEntityTooLarge, nil // hung up while we were sending
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return resp.StatusCode, b
}

func isNone(b []byte) bool {
	s := strings.TrimSpace(string(b))
	return s == "" || s == "success"
}

func check(t *testing.T, want corpusExpect, status int, reply []byte, query string) {
	t.Helper()
	if !slices.Contains(want.Status, status) {
		t.Errorf("status %d, want %v", status, want.Status)
	}
	if want.NotBody != "" && bytes.Contains(reply, []byte(want.NotBody)) {
		t.Errorf("reply contains %q", want.NotBody)
	}
	switch want.Reply {
	case "none":
		if !isNone(reply) {
			t.Errorf("got a reply: %.80q", reply)
		}
	case "echo":
		v, _ := url.ParseQuery(query)
		if string(reply) != v.Get("echostr") {
			t.Errorf("echoed %.80q", reply)
		}
	case "xml":
		if isNone(reply) {
			t.Error("no reply")
		}
		checkXML(t, reply, want.ReplyMaxBytes)
	case "any-encrypted":
		if !isNone(reply) && !bytes.Contains(reply, []byte("<Encrypt>")) {
			t.Error("reply is not encrypted")
		}
		checkXML(t, reply, want.ReplyMaxBytes)
	default:
		checkXML(t, reply, want.ReplyMaxBytes)
	}
}

func checkXML(t *testing.T, reply []byte, limit int) {
	t.Helper()
	if isNone(reply) {
		return
	}
	var env struct{ Encrypt, MsgSignature, TimeStamp, Nonce string }
	if err := xml.Unmarshal(reply, &env); err != nil {
		t.Fatalf("reply: %v", err)
	}
	if env.Encrypt != "" {
		if env.MsgSignature != sign(testToken, env.TimeStamp, env.Nonce, env.Encrypt) {
			t.Error("reply is signed wrongly")
		}
		reply = []byte(unseal(t, env.Encrypt, testAESKey))
	}
	r := readReply(t, reply)
	if limit == 0 {
		limit = maxContent
	}
	if !utf8.Valid(reply) || r.ToUserName == "" || r.FromUserName != testAccount || r.CreateTime == 0 ||
		r.MsgType != "text" || r.Content == "" || len(r.Content) > limit {
		t.Errorf("bad reply: %.200q", reply)
	}
}

type textReply struct {
	XMLName                           xml.Name `xml:"xml"`
	ToUserName, FromUserName, MsgType string
	CreateTime                        int64
	Content                           string
}

func readReply(t testing.TB, b []byte) textReply {
	t.Helper()
	var r textReply
	if err := xml.Unmarshal(b, &r); err != nil {
		t.Fatalf("reply %.200q: %v", b, err)
	}
	return r
}

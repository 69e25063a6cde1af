package chat_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"yishi/bot/chat"
	"yishi/bot/wechat"
	"yishi/store"
	"yishi/store/storetest"
)

// corpusCase is one hostile request and what it must get; the corpus explains its fields.
type corpusCase struct {
	Name, Mode, Method, Body, Trick, Setup string
	Query                                  map[string]any
	Headers                                map[string]string
	Crypt                                  map[string]any
	Send                                   struct {
		N                          int
		Parallel, Resign, Chunked  bool
		NewMsgID                   bool `json:"new_msgid"`
		GapMS, DripMS, ForMS, Gzip any  // of no matter here
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
	LogAbsent     string `json:"log_absent"`
}

// logged keeps what was logged.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

// take returns what was logged since the last call.
func (l *logged) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.buf.String()
	l.buf.Reset()
	return s
}

// corpusBot is the bot on the embedded store behind a webhook of each mode.
type corpusBot struct {
	urls  map[string]string
	probe *probed
	log   *logged
}

func newCorpusBot(t *testing.T) *corpusBot {
	t.Helper()
	db := storetest.Open(t)
	if _, err := db.AddCommunity(t.Context(), store.NewCommunity{Code: "甲", Name: "甲社区", Estates: []string{"桂花园"}}); err != nil {
		t.Fatal(err)
	}
	bot := &corpusBot{urls: map[string]string{}, probe: &probed{handled: map[string]int{}}, log: &logged{}}
	log := slog.New(slog.NewJSONHandler(bot.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	bot.probe.turner = chat.New(chat.Options{
		Engine: engine(t), World: realWorld(db), Sessions: db.Sessions(), Ledger: db, Now: db.Clock().Now, Location: shanghai,
		Key: []byte(strings.Repeat("k", 32)), Log: log, Observe: func(e chat.Event) { bot.probe.event = e },
	})
	for _, mode := range []string{wechat.ModePlain, wechat.ModeSafe} {
		h, err := wechat.NewHandler(wechat.Config{AppID: appID, Token: corpusToken, AESKey: aesKey, Account: account, Mode: mode},
			bot.probe, wechat.HandlerOptions{Now: db.Clock().Now, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewServer(h)
		t.Cleanup(srv.Close)
		bot.urls[mode] = srv.URL + "/wechat?"
	}
	return bot
}

// TestCorpus plays every case against the whole bot, cases of plain mode encrypted as well.
func TestCorpus(t *testing.T) {
	bot := newCorpusBot(t)
	n := 0
	for _, c := range corpusCases(t) {
		n++
		t.Run(c.Name, func(t *testing.T) { bot.play(t, c) })
		if c.Mode != wechat.ModePlain || c.Method == http.MethodGet || c.Crypt != nil {
			continue
		}
		c.Mode = wechat.ModeSafe
		t.Run(c.Name+" in safe mode", func(t *testing.T) { bot.play(t, c) })
	}
	if n < 100 {
		t.Errorf("the corpus has %d cases, want at least 100", n)
	}
}

func corpusCases(t *testing.T) []corpusCase {
	t.Helper()
	dir := os.Getenv("YISHI_TEST_SHARED")
	if dir == "" {
		if os.Getenv("YISHI_TEST_REQUIRE") == "1" {
			t.Fatal("YISHI_TEST_SHARED is not set and YISHI_TEST_REQUIRE is")
		}
		t.Skip("YISHI_TEST_SHARED is not set")
	}
	f, err := os.Open(filepath.Join(dir, "corpus", "webhook.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var all []corpusCase
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 4<<20)
	for sc.Scan() {
		var c corpusCase
		if err := json.Unmarshal(sc.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// play sends a case and checks the answers, what was handled, and the log.
func (bot *corpusBot) play(t *testing.T, c corpusCase) {
	p := newCorpusPerson(&c)
	bot.log.take()
	query, body := p.build(t, c.Body, c.Query)
	first := query
	n := max(1, c.Send.N)
	status, replies := make([]int, n), make([][]byte, n)
	var wg sync.WaitGroup
	for i := range n {
		if i > 0 && c.Send.Resign {
			if c.Send.NewMsgID {
				p.msgID = serial()
			}
			query, body = p.build(t, c.Body, c.Query)
		}
		q, b := query, body
		send := func() { status[i], replies[i] = bot.post(t, &c, q, b) }
		if c.Send.Parallel {
			wg.Go(send)
		} else {
			send()
		}
	}
	wg.Wait()
	for i := range n {
		checkAnswered(t, &c, c.Expect, status[i], replies[i], first)
		if c.Expect.SameReply && c.Mode == wechat.ModePlain && !bytes.Equal(replies[i], replies[0]) {
			t.Errorf("repeat %d got another reply", i)
		}
	}
	if c.Then != nil {
		p.msgID = serial()
		q, b := p.build(t, c.Then.Body, nil)
		if c.Then.ReuseQuery {
			q = first
		}
		s, r := bot.post(t, &c, q, b)
		checkAnswered(t, &c, c.Then.Expect, s, r, q)
	}
	bot.checkHandled(t, &c, p, n)
	bot.checkLog(t, &c, p)
}

// checkHandled compares what was handled with what the case expects of features that exist.
func (bot *corpusBot) checkHandled(t *testing.T, c *corpusCase, p *corpusPerson, n int) {
	t.Helper()
	lo, hi := 0, 1<<30
	switch effects := c.Expect.Effects; {
	case c.Setup != "": // it needs a poll or a form
	case effects == "none":
		hi = 0
	case effects == "once":
		lo, hi = 1, 1
	case effects == "at-most-once":
		hi = 1
	case effects == "each-once":
		lo, hi = n, n
	}
	if c.Then != nil && slices.Contains([]string{"once", "at-most-once"}, c.Then.Expect.Effects) {
		hi++
	}
	bot.probe.one.Lock()
	defer bot.probe.one.Unlock()
	if got := bot.probe.handled[p.from]; got < lo || got > hi {
		t.Errorf("handled %d times, want %d to %d", got, lo, hi)
	}
}

// checkLog checks that the log is whole lines which name nobody and repeat nothing that was said.
func (bot *corpusBot) checkLog(t *testing.T, c *corpusCase, p *corpusPerson) {
	t.Helper()
	text := bot.log.take()
	for l := range strings.Lines(text) {
		if !json.Valid([]byte(l)) {
			t.Errorf("a line of the log is broken: %q", l)
		}
	}
	secrets := []string{p.from, p.from2, corpusToken, aesKey, "signature="}
	if c.Expect.LogAbsent != "" {
		secrets = append(secrets, c.Expect.LogAbsent)
	}
	var m struct{ Content string }
	if err := xml.Unmarshal([]byte(p.fill(c.Body)), &m); err == nil && utf8.RuneCountInString(m.Content) > 3 {
		secrets = append(secrets, m.Content)
	}
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("the log holds %.40q: %s", s, text)
		}
	}
}

func (bot *corpusBot) post(t *testing.T, c *corpusCase, query, body string) (int, []byte) {
	method := c.Method
	if method == "" {
		method = http.MethodPost
	}
	var rd io.Reader
	if method != http.MethodGet && method != http.MethodHead {
		rd = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, bot.urls[c.Mode]+query, rd)
	if err != nil {
		t.Error(err)
		return 0, nil
	}
	if c.Send.Chunked {
		req.ContentLength = -1
	}
	for k, v := range c.Headers {
		req.Header.Set(k, v)
	}
	begin := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return http.StatusRequestEntityTooLarge, nil // hung up while we were sending
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > 4500*time.Millisecond {
		t.Errorf("took %v", took)
	}
	return resp.StatusCode, b
}

// checkAnswered checks one answer against what is expected.
func checkAnswered(t *testing.T, c *corpusCase, want corpusExpect, status int, reply []byte, query string) {
	t.Helper()
	if !slices.Contains(want.Status, status) {
		t.Errorf("status %d, want %v", status, want.Status)
	}
	none := len(bytes.TrimSpace(reply)) == 0 || string(reply) == "success"
	var text []byte
	if !none && want.Reply != "echo" {
		text = openReply(t, c, reply, want.ReplyMaxBytes)
	}
	if want.NotBody != "" && (bytes.Contains(reply, []byte(want.NotBody)) || bytes.Contains(text, []byte(want.NotBody))) {
		t.Errorf("the reply holds %q", want.NotBody)
	}
	switch want.Reply {
	case "none":
		if !none {
			t.Errorf("got a reply: %.80q", reply)
		}
	case "xml":
		if none {
			t.Error("no reply")
		}
	case "echo":
		v, err := url.ParseQuery(query)
		if err != nil || string(reply) != v.Get("echostr") {
			t.Errorf("echoed %.80q, %v", reply, err)
		}
	}
}

// openReply checks a reply as the platform does and returns its plain XML.
func openReply(t *testing.T, c *corpusCase, reply []byte, most int) []byte {
	t.Helper()
	var r struct {
		XMLName                                    xml.Name `xml:"xml"`
		ToUserName, FromUserName, MsgType, Content string
		CreateTime                                 int64
		Encrypt, MsgSignature, TimeStamp, Nonce    string
	}
	if err := xml.Unmarshal(reply, &r); err != nil {
		t.Fatalf("reply: %v", err)
	}
	if (r.Encrypt != "") != (c.Mode == wechat.ModeSafe) {
		t.Fatalf("in %s mode the reply is %.80q", c.Mode, reply)
	}
	if r.Encrypt != "" {
		if r.MsgSignature != sign(corpusToken, r.TimeStamp, r.Nonce, r.Encrypt) {
			t.Error("the reply is signed wrongly")
		}
		reply = unseal(t, r.Encrypt)
		if err := xml.Unmarshal(reply, &r); err != nil {
			t.Fatalf("reply: %v", err)
		}
	}
	if most == 0 {
		most = 2048
	}
	if !utf8.Valid(reply) || r.ToUserName == "" || r.FromUserName != account || r.CreateTime <= 0 || r.MsgType != "text" ||
		r.Content == "" || len(r.Content) > most {
		t.Errorf("bad reply: %.200q", reply)
	}
	return reply
}

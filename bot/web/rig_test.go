package web_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"yishi/bot/blobs"
	"yishi/bot/web"
	"yishi/bot/wechat"
	"yishi/bot/wechat/platform"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	asker    = civic.Account("oAskerCanary0000000000001")
	stranger = civic.Account("oStrangerCanary0000000001")
	phoneUA  = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 MicroMessenger/8.0.50"
	deskUA   = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130"
)

// each runs a test on both databases.
func each(t *testing.T, test func(*testing.T, *store.DB)) {
	t.Run("sqlite", func(t *testing.T) { test(t, storetest.Open(t)) })
	t.Run("mysql", func(t *testing.T) { test(t, storetest.OpenMySQL(t)) })
}

// rig is the pages of one or more replicas in front of the local platform.
type rig struct {
	t        *testing.T
	db       *store.DB
	blobs    blobs.Store
	platform *platform.Platform
	login    web.Login
	api      string
	base     string
	server   *web.Server
	log      *lockedBuffer
	seen     *notes // outcomes
	addresses,
	pages *notes // all that browsers asked for, and got
	runs int
	take func(context.Context, web.Opened, web.File, web.Say) (web.Page, error)
	make func(context.Context, web.Opened, io.Writer) (web.Named, error)
	most int64
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

type notes struct {
	mu  sync.Mutex
	all []string
}

func (n *notes) add(s string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, s)
}

func (n *notes) list() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.all...)
}

func (n *notes) has(s string) bool {
	return slices.Contains(n.list(), s)
}

const appID = "wx0123456789abcdef"

func newRig(t *testing.T, db *store.DB, changes ...func(*web.Options, *http.Server)) *rig {
	t.Helper()
	folder, err := blobs.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, db: db, blobs: folder, log: &lockedBuffer{}, seen: &notes{}, addresses: &notes{}, pages: &notes{}, take: countLines, make: greet}
	ts := httptest.NewUnstartedServer(nil)
	r.base = "http://" + ts.Listener.Addr().String()
	r.platform = platform.New(platform.Options{
		AppID: appID, Secret: "app-secret-canary", Token: "token", Account: "gh_0123456789ab", Mode: platform.Plain,
		LoginDomain: ts.Listener.Addr().String(), Now: db.Clock().Now,
	})
	t.Cleanup(r.platform.Close)
	api := httptest.NewServer(r.platform.Handler())
	t.Cleanup(api.Close)
	r.api = api.URL
	r.login = wechat.NewClient(wechat.Config{AppID: appID, Secret: "app-secret-canary", Token: "token", API: api.URL, Open: api.URL}, nil, db.Clock().Now, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}})
	r.server = r.replica(ts.Config, changes...)
	ts.Config.Handler = r.server.Handler()
	ts.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(r.log, nil), slog.LevelError)
	ts.Start()
	t.Cleanup(func() {
		ts.Close()
		if err := r.server.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return r
}

// replica opens the pages as one program does.
func (r *rig) replica(srv *http.Server, changes ...func(*web.Options, *http.Server)) *web.Server {
	r.t.Helper()
	o := web.Options{
		Links: r.db.Links(), Blobs: r.blobs, Login: r.login, Base: r.base, Key: storetest.Key(), Temp: r.t.TempDir(),
		Now: r.db.Clock().Now, Sweep: r.db.SweepLinks, Log: slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Observe: func(kind, outcome string) { r.seen.add(outcome); fmt.Fprintln(r.log, kind, outcome) },
		Kinds: web.Kinds{
			Uploads: map[string]web.Upload{"count": {
				Ask: "请传一个表格。", Accept: ".csv", Most: r.most,
				Take: func(ctx context.Context, o web.Opened, f web.File, say web.Say) (web.Page, error) {
					return r.take(ctx, o, f, say)
				},
			}},
			Downloads: map[string]web.Download{"greet": {
				Ask:  "里面是一句问候。",
				Make: func(ctx context.Context, o web.Opened, w io.Writer) (web.Named, error) { return r.make(ctx, o, w) },
			}},
		},
	}
	for _, c := range changes {
		c(&o, srv)
	}
	s, err := web.New(o)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// countLines is a kind that stands for an import: it lists lines without a comma.
func countLines(ctx context.Context, o web.Opened, f web.File, say web.Say) (web.Page, error) {
	body, err := f.Open(ctx)
	if err != nil {
		return web.Page{}, err
	}
	defer body.Close()
	all, err := io.ReadAll(body)
	if err != nil {
		return web.Page{}, err
	}
	if int64(len(all)) != f.Size || o.Account != asker || o.Community != 7 || string(o.Args) != `{"n":1}` {
		return web.Page{}, fmt.Errorf("opened %d of %d bytes, community %d", len(all), f.Size, o.Community)
	}
	say("读完了")
	lines := strings.Split(strings.TrimSpace(string(all)), "\n")
	if lines[0] != "户,人" {
		return web.Page{Title: "列不对，没有导入", List: []string{"第 1 行：表头要是“户,人”"}, Again: true}, nil
	}
	var faults []string
	for i, l := range lines {
		if !strings.Contains(l, ",") {
			faults = append(faults, fmt.Sprintf("第 %d 行：少一列", i+1))
		}
	}
	return web.Page{
		Title: "名册已导入", Text: []string{fmt.Sprintf("共 %d 户。", len(lines)-1-len(faults))}, List: faults,
		Save: func(w io.Writer) error {
			c := csv.NewWriter(w)
			return c.WriteAll([][]string{{"问题"}, faults})
		},
		Saved: web.Named{Name: "名册 问题.csv", Type: "text/csv; charset=utf-8"},
	}, nil
}

func greet(_ context.Context, o web.Opened, w io.Writer) (web.Named, error) {
	_, err := io.WriteString(w, "您好 "+string(o.Args))
	return web.Named{Name: "问候 1.txt", Type: "text/plain; charset=utf-8"}, err
}

// link makes a link for the asker as a turn does.
func (r *rig) link(kind string) string {
	r.t.Helper()
	r.runs++
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	got, err := r.db.Commit(ctx, store.Commit{
		Run: fmt.Sprintf("run-%d", r.runs), N: 1, Account: asker, Final: true,
		Effects: []any{civic.MakeLink{Account: asker, Community: 7, Kind: kind, Title: "上传名册", Args: json.RawMessage(`{"n":1}`)}},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return got.Link
}

// commit commits what somebody did in the chat.
func (r *rig) commit(who civic.Account, effect any) error {
	r.runs++
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	_, err := r.db.Commit(ctx, store.Commit{Run: fmt.Sprintf("run-%d", r.runs), N: 1, Account: who, Final: true, Effects: []any{effect}})
	return err
}

// browser is one browser with its own cookies.
type browser struct {
	r      *rig
	client *http.Client
	agent  string
}

func (r *rig) browser(agent string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return &browser{r: r, agent: agent, client: &http.Client{
		Jar: jar, Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			r.addresses.add(req.URL.String())
			if len(via) > 8 {
				return errors.New("led round in circles")
			}
			return nil
		},
	}}
}

// phone is somebody's phone, with WeChat's own browser.
func (r *rig) phone(who civic.Account) *browser {
	b := r.browser(phoneUA)
	// The phone is led to the account's page of that path, which there is none of.
	b.do(http.MethodGet, r.api+r.platform.Person(string(who)).Enter(r.base+"/f/"), "", nil)
	return b
}

// answer is what a browser got.
type answer struct {
	status int
	body   string
	header http.Header
	at     string // path where it ended
}

var tagPattern = regexp.MustCompile(`data-tag="([a-z]+)"`)

func (a answer) tag() string {
	if m := tagPattern.FindStringSubmatch(a.body); m != nil {
		return m[1]
	}
	return ""
}

func (a answer) code() string {
	if m := regexp.MustCompile(`class="code">打开 (\d{6})<`).FindStringSubmatch(a.body); m != nil {
		return m[1]
	}
	return ""
}

func (a answer) token() string {
	if m := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(a.body); m != nil {
		return m[1]
	}
	return ""
}

func (b *browser) do(method, address, kind string, body io.Reader, headers ...string) answer {
	b.r.t.Helper()
	req, err := http.NewRequestWithContext(b.r.t.Context(), method, address, body)
	if err != nil {
		b.r.t.Fatal(err)
	}
	req.Header.Set("User-Agent", b.agent)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	b.r.addresses.add(address)
	resp, err := b.client.Do(req)
	if err != nil {
		return answer{body: err.Error()}
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{status: resp.StatusCode, body: err.Error()}
	}
	b.r.pages.add(string(all))
	return answer{resp.StatusCode, string(all), resp.Header, resp.Request.URL.Path}
}

func (b *browser) get(parts ...string) answer {
	b.r.t.Helper()
	return b.do(http.MethodGet, b.r.base+flows.LinkPath+strings.Join(parts, "/"), "", nil)
}

func (b *browser) draw(ref string) answer {
	b.r.t.Helper()
	form := url.Values{"token": {b.get(ref).token()}}
	return b.do(http.MethodPost, b.r.base+flows.LinkPath+ref+"/code", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// form is an upload's body.
func form(token, name, content string) (kind string, body *bytes.Buffer) {
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	_ = w.WriteField("token", token)
	if f, err := w.CreateFormFile("file", name); err == nil {
		_, _ = io.WriteString(f, content)
	}
	_ = w.Close()
	return w.FormDataContentType(), body
}

func (b *browser) upload(ref, token, content string) answer {
	b.r.t.Helper()
	kind, body := form(token, "名册.csv", content)
	return b.do(http.MethodPost, b.r.base+flows.LinkPath+ref, kind, body)
}

// await looks at a page until its tag is another than work.
func (b *browser) await(ref string) answer {
	b.r.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-tick.C {
		if a := b.get(ref); a.tag() != "work" {
			return a
		}
	}
	b.r.t.Fatal("the work does not end")
	return answer{}
}

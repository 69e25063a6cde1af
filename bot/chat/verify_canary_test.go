package chat_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"yishi/bot/chat"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/store"
	"yishi/store/storetest"
)

// counted passes look-ups about people and accounts on and counts them.
type counted struct {
	flows.Verification
	flows.People
	flows.Followers
	n *int
}

func (c counted) Standing(ctx context.Context, a civic.Account) (civic.Standing, error) {
	*c.n++
	return c.Verification.Standing(ctx, a)
}

func (c counted) Card(ctx context.Context, code string) (civic.Card, error) {
	*c.n++
	return c.Verification.Card(ctx, code)
}

func (c counted) Match(ctx context.Context, s civic.Said) (civic.Match, error) {
	*c.n++
	return c.Verification.Match(ctx, s)
}

func (c counted) Identity(ctx context.Context, a civic.Account) (civic.Identity, bool, error) {
	*c.n++
	return c.People.Identity(ctx, a)
}

func (c counted) Follower(ctx context.Context, a civic.Account) (civic.Follower, bool, error) {
	*c.n++
	return c.Followers.Follower(ctx, a)
}

// verifyScene is a chat whose sessions, logs, look-ups and files can be looked at.
type verifyScene struct {
	t       *testing.T
	db      *store.DB
	chat    *chat.Chat
	mem     *memory
	log     bytes.Buffer
	lookups int
	ledger  *ledger
	folder  string
	seq     int
}

func newVerifyScene(t *testing.T) *verifyScene {
	t.Helper()
	s := &verifyScene{t: t, folder: t.TempDir()}
	s.db = storetest.OpenDSN(t, "sqlite:"+s.folder+"/yishi.db")
	s.db.Clock().SetOffset(start.Sub(s.db.Clock().Now()))
	s.mem = newMemory(s.db.Clock().Now)
	s.ledger = &ledger{DB: s.db}
	w := chat.World(s.db, "")
	c := counted{w.Verification, w.People, w.Followers, &s.lookups}
	w.Verification, w.People, w.Followers = c, c, c
	s.chat = chat.New(chat.Options{
		Engine: engine(t), World: w, Sessions: s.mem, Ledger: s.ledger, Now: s.db.Clock().Now, Location: shanghai, Key: []byte(strings.Repeat("k", 32)),
		Log: slog.New(slog.NewJSONHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	return s
}

func (s *verifyScene) say(account, text string) string {
	s.t.Helper()
	s.seq++
	in := dialog.Input{Kind: dialog.Text, Text: text}
	return s.chat.Turn(s.t.Context(), message(account, in, s.seq, s.db.Clock().Now())).Text
}

// town puts two people of one door on the roll, whose names and numbers occur nowhere else.
func (s *verifyScene) town() {
	s.t.Helper()
	ctx := s.t.Context()
	c, err := s.db.AddCommunity(ctx, store.NewCommunity{Code: "钮", Name: "钮家巷社区", Phone: "0512-65000001", Estates: []string{"钮家新村"}})
	if err != nil {
		s.t.Fatal(err)
	}
	n := store.NewPerson{Community: c.ID, Estate: "钮家新村", Building: "77", Unit: "8", Room: "909", Name: "金丝雀", Phone: "13800007391"}
	id, err := s.db.AddPerson(ctx, n)
	if err != nil {
		s.t.Fatal(err)
	}
	n.Name, n.Phone = "黄鹂鸟", ""
	if _, err := s.db.AddPerson(ctx, n); err != nil {
		s.t.Fatal(err)
	}
	if err := s.db.AddCard(ctx, id, "864201359"); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.db.AddStaff(ctx, store.NewStaff{Account: "oStaffCanary", Name: "灰椋鸟", Role: civic.GridWorker, Community: c.ID}); err != nil {
		s.t.Fatal(err)
	}
}

// TestVerificationTakesThreeLookUps at most, and one commit, whichever way.
func TestVerificationTakesThreeLookUps(t *testing.T) {
	for way, lines := range map[string][]string{
		"three answers": {"认证", "同意", "钮家新村77幢8单元909", "金丝雀", "7391"},
		"one line":      {"认证", "同意 77幢8单元909 金丝雀 7391"},
		"a card":        {"认证", "同意", "8642 0135 9", "金丝雀"},
		"by hand":       {"认证", "同意", "帮我认证", "77幢8单元909", "黄鹂鸟", "1"},
	} {
		t.Run(way, func(t *testing.T) {
			s := newVerifyScene(t)
			s.town()
			last := ""
			for _, l := range lines {
				last = s.say("oCanary", l)
			}
			if !strings.Contains(last, "认证好了") && !strings.Contains(last, "交给网格员") {
				t.Fatalf("it ends with %q", last)
			}
			if s.lookups > 3 || len(s.ledger.done) != 1 {
				t.Errorf("%d look-ups and %d commits", s.lookups, len(s.ledger.done))
			}
		})
	}
}

// TestVerificationLeaksNothing plants names, a door, digits and codes in every way of verification,
// and looks for them in sessions, logs and the whole database.
func TestVerificationLeaksNothing(t *testing.T) {
	s := newVerifyScene(t)
	s.town()
	secret := regexp.MustCompile(`(?:^|[^0-9])(7391|1937|13800007391|864201359|8642 0135 9|123456786)(?:[^0-9]|$)`)
	for _, l := range []struct{ who, text string }{
		{"oCanary", "864201359"},
		{"oCanary", "钮家新村77幢8单元909 金丝雀 7391"},
		{"oCanary", "认证"},
		{"oCanary", "钮家新村77幢8单元909 金丝雀 7391"},
		{"oCanary", "同意"},
		{"oCanary", "钮家新村77幢8单元909 金丝雀 1937"},
		{"oCanary", "13800001937"},
		{"oCanary", "123456786"},
		{"oCanary", "123456786 金丝雀"},
		{"oCanary", "菜单"},
		{"oCanary", "继续"},
		{"oCanary", "123456786"}, // the fifth wrong one
		{"oCanary", "7391"},
		{"oOtherCanary", "认证"},
		{"oOtherCanary", "同意"},
		{"oOtherCanary", "8642 0135 9"},
		{"oOtherCanary", "金丝雀"},
		{"oThirdCanary", "认证"},
		{"oThirdCanary", "同意 77幢8单元909 金丝雀 13800007391"},
		{"oOtherCanary", "不是我"},
		{"oOtherCanary", "1"},
		{"oFourthCanary", "认证"},
		{"oFourthCanary", "同意"},
		{"oFourthCanary", "帮我认证"},
		{"oFourthCanary", "77幢8单元909 黄鹂鸟"},
		{"oFourthCanary", "1"},
		{"oStaffCanary", "认证申请"},
		{"oStaffCanary", "1"},
		{"oStaffCanary", "3"},
		{"oStaffCanary", "认证申请"},
		{"oStaffCanary", "1"},
		{"oStaffCanary", "1"},
	} {
		s.say(l.who, l.text)
		v, err := s.mem.Load(t.Context(), l.who)
		if err != nil {
			t.Fatal(err)
		}
		m, _ := decode(t, v.Data)
		if got := secret.FindString(string(m.Session)); got != "" {
			t.Errorf("after %q the session keeps %q", l.text, got)
		}
		if l.text == "123456786" || strings.HasPrefix(l.text, "7391") {
			if top := m.Session; s.ended(l.who) && bytes.Contains(top, []byte("金丝雀")) {
				t.Errorf("the flow has ended and the session keeps a name")
			}
		}
	}
	for _, a := range []civic.Account{"oThirdCanary", "oFourthCanary", "oOtherCanary"} {
		_, ok, err := s.db.People().Identity(t.Context(), a)
		if want := a != "oThirdCanary"; err != nil || ok != want { // its claim was declined
			t.Errorf("%s is verified: %v, %v", a, ok, err)
		}
	}
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	s.search(secret)
}

// ended reports whether nothing is under way.
func (s *verifyScene) ended(account string) bool {
	v, err := s.mem.Load(s.t.Context(), account)
	if err != nil {
		s.t.Fatal(err)
	}
	_, sess := decode(s.t, v.Data)
	return sess.Top == nil && len(sess.Parked) == 0
}

// search looks through logs and files.
func (s *verifyScene) search(secret *regexp.Regexp) {
	names := []string{"金丝雀", "黄鹂鸟", "77幢8单元909"}
	logs := s.log.String()
	if !strings.Contains(logs, `"flow":"verify"`) {
		s.t.Error("nothing was logged")
	}
	for _, canary := range append(names, "Canary") {
		if strings.Contains(logs, canary) {
			s.t.Errorf("the log tells %q", canary)
		}
	}
	if got := secret.FindString(logs); got != "" {
		s.t.Errorf("the log tells %q", got)
	}
	files, err := filepath.Glob(s.folder + "/*")
	if err != nil || len(files) == 0 {
		s.t.Fatal(files, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, canary := range append(names, "13800007391", "864201359", "123456786") {
			if bytes.Contains(data, []byte(canary)) {
				s.t.Errorf("%s holds %q", filepath.Base(f), canary)
			}
		}
	}
}

package chat_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"yishi/bot/chat"
	"yishi/bot/wechat"
	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/store"
	"yishi/store/storetest"
)

// council is a walk that knows staff: a few residents and the staff of two communities say what they may
// plausibly say where they stand, on the real store, and after each step the tables themselves are asked
// whether what the program promises still holds. Nothing fails here; see walk for that.
type council struct {
	t      *testing.T
	rnd    *rand.Rand
	db     *store.DB
	books  *books
	sess   *sessions
	chat   *chat.Chat
	office *office
	phones *postmen
	notary *notary
	event  chat.Event
	people []*member
	last   *member
	seq    int
	log    []string // what was done so far
	seen   map[string]bool
	words  map[string]int
}

// member is somebody of the walk.
type member struct {
	talker
	name    string
	home    string // code of the community
	role    civic.Role
	grids   string
	gone    bool
	reply   string
	at      string          // flow and step of the last answer
	message *wechat.Message // the last one, which came at
	heard   time.Time
}

const (
	repeatsFor   = 50 * time.Second // the platform's own repeats end long before
	councilStart = "钮"
	foreignCode  = "平"
)

// TestCouncil walks once a database: YISHI_TEST_COUNCIL_SEED repeats one, YISHI_TEST_COUNCIL_STEPS is how far and
// YISHI_TEST_COUNCIL_WALKS how often, each with a seed of its own.
func TestCouncil(t *testing.T) {
	walks, steps := envInt(t, "YISHI_TEST_COUNCIL_WALKS", councilWalks), envInt(t, "YISHI_TEST_COUNCIL_STEPS", councilSteps)
	seed := rand.Uint64()
	if s := os.Getenv("YISHI_TEST_COUNCIL_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("YISHI_TEST_COUNCIL_SEED: %v", err)
		}
	}
	seen, words := map[string]bool{}, map[string]int{}
	for range walks {
		for _, on := range councilStores() {
			t.Run(fmt.Sprintf("%s/%d", on, seed), func(t *testing.T) {
				w := newCouncil(t, on, seed)
				w.seen, w.words = seen, words
				w.walk(steps)
			})
		}
		if t.Failed() {
			break
		}
		seed++
	}
	t.Logf("%d walks of %d steps stood in %d steps of flows; effects: %v", walks, steps, len(seen), words)
}

// councilStores are the databases of the run.
func councilStores() []string {
	if os.Getenv("YISHI_TEST_MYSQL_DSN") != "" {
		return []string{"sqlite", "mysql"}
	}
	return []string{"sqlite"}
}

func envInt(t *testing.T, name string, otherwise int) int {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

func newCouncil(t *testing.T, on string, seed uint64) *council {
	t.Helper()
	w := &council{t: t, rnd: rand.New(rand.NewPCG(seed, 2)), seen: map[string]bool{}, words: map[string]int{}}
	dsn := "sqlite:" + t.TempDir() + "/yishi.db"
	if on == "mysql" {
		dsn = "mysql:" + storetest.MySQL(t)
	}
	w.db = storetest.OpenWith(t, storetest.Options(dsn))
	w.db.Clock().SetOffset(w.db.Clock().Offset() + start.Sub(w.db.Clock().Now()))
	w.books = openBooks(t, dsn)
	s := w.db.Sessions()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	w.sess = &sessions{Store: s}
	w.notary = newNotary(t, w.db, w.books)
	w.chat = chat.New(chat.Options{
		Engine: engine(t), World: chat.World(w.db, base), Sessions: w.sess, Ledger: w.notary,
		Now: w.db.Clock().Now, Location: shanghai, Key: []byte(strings.Repeat("k", 32)),
		Log:     slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		Observe: func(e chat.Event) { w.event = e },
	})
	w.phones = &postmen{t: t, books: w.books, sent: map[int64]bool{}, told: map[string]bool{}}
	w.office = newOffice(t, w.db, w.sess, w.chat, w.phones, func() []told { return nil })
	w.found()
	return w
}

// found makes two communities and those who walk.
func (w *council) found() {
	ctx, t := w.t.Context(), w.t
	for _, n := range []store.NewCommunity{
		{Code: councilStart, Name: "钮家巷社区", Phone: "0512-65000001", Estates: []string{"凤凰新村"}, Scene: "here"},
		{Code: foreignCode, Name: "平江社区", Phone: "0512-65000002", Estates: []string{"耦园里"}, Scene: "there"},
	} {
		if _, err := w.db.AddCommunity(ctx, n); err != nil {
			t.Fatal(err)
		}
	}
	p := &player{t: t, st: &direct{ledger: &ledger{DB: w.db}}, cards: map[string][]string{}, names: map[string]string{}, people: map[string]civic.PersonID{}}
	for _, args := range []string{
		"钮 凤凰新村 一网格 1 1 101 王某人 13800001111", "钮 凤凰新村 一网格 1 1 102 李某人 13800002222",
		"钮 凤凰新村 二网格 2 1 101 周某人 13800003333", "钮 凤凰新村 二网格 2 1 102 赵某人 13800004444",
	} {
		if err := p.addPerson(strings.Fields(args)); err != nil {
			t.Fatal(err)
		}
	}
	w.people = []*member{
		{name: "王伯", home: "钮"},
		{name: "王伯二号", home: "钮"},
		{name: "李阿姨", home: "钮"},
		{name: "小周", home: "钮"},
		{name: "老赵", home: "钮"},
		{name: "路人", home: "钮"},
		{name: "远客", home: foreignCode},
		{name: "小王", home: "钮", role: civic.GridWorker, grids: "一网格"},
		{name: "陈主任", home: "钮", role: civic.Committee},
		{name: "吴主任", home: "钮", role: civic.Committee},
		{name: "外主任", home: foreignCode, role: civic.Committee},
	}
	for _, m := range w.people {
		m.account = openid(m.name)
		w.hear(m, dialog.Input{Kind: dialog.Follow, Text: map[string]string{councilStart: "here", foreignCode: "there"}[m.home]})
		if m.role != "" {
			w.give(m)
		}
	}
	for _, r := range [][]string{{"王伯", "王某人"}, {"王伯二号", "王某人", "hand"}, {"李阿姨", "李某人"}, {"小周", "周某人"}} {
		if err := p.addResident(r); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	for i, who := range []string{"王伯", "李阿姨", "小周", "路人", "远客", "小周"} {
		m := w.people[slices.IndexFunc(w.people, func(m *member) bool { return m.name == who })]
		w.say(m, "提需求")
		for try := range 12 {
			if !strings.HasPrefix(m.at, "raise-need/") || strings.Contains(m.reply, "已提交") {
				break
			}
			say := answers[m.at]
			if m.at == "raise-need/what" {
				say = walkThings[(i*3+try)%len(walkThings)] + walkFaults[i%len(walkFaults)] + walkFaults[(i+3)%len(walkFaults)]
			}
			w.say(m, say)
		}
	}
	w.check()
}

// walk goes some steps.
func (w *council) walk(steps int) {
	for range steps {
		w.db.Clock().Shift(time.Duration(1+w.rnd.IntN(20_000)) * time.Millisecond)
		w.step()
		w.settle()
		w.check()
		if w.t.Failed() {
			from := max(0, len(w.log)-60)
			w.t.Fatalf("failed after %d steps, the last of them:\n%s", len(w.log), strings.Join(w.log[from:], "\n"))
		}
	}
	for e, n := range w.notary.count {
		w.words[e] += n
	}
}

// step has one thing happen.
func (w *council) step() {
	switch n := w.rnd.IntN(100); {
	case n < 3:
		w.pass()
	case n < 5:
		w.revokeOrGive()
	case n < 6:
		w.sweep()
	case n < 7:
		w.sess.lost += w.rnd.IntN(8) / 7
	case n < 9:
		w.comeOrGo()
	case n < 13:
		w.again()
	default:
		m := w.whose()
		if m.gone {
			w.comeBack(m)
			return
		}
		w.last = m
		w.hear(m, w.next(m))
	}
}

// whose turn it is: mostly that of who is in the middle of something, and of staff as often as of residents.
func (w *council) whose() *member {
	if m := w.last; m != nil && !m.gone && w.rnd.IntN(100) < 30 {
		return m
	}
	if m := w.last; m != nil && !m.gone && (councilAnswers[m.at] != nil || answers[m.at] != "") && w.rnd.IntN(100) < 80 {
		return m
	}
	if w.rnd.IntN(2) == 0 {
		return pick(w.rnd, w.people[len(w.people)-4:])
	}
	return pick(w.rnd, w.people)
}

// settle does what is due by now.
func (w *council) settle() {
	if err := w.db.FlushContacts(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	fireTimers(w.t, w.notary, w.notary.overdue)
	if _, err := w.office.loop.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *council) say(m *member, text string) {
	w.hear(m, dialog.Input{Kind: dialog.Text, Text: text})
}

// hear takes what somebody does. There is one answer to it, and where nothing was committed nothing but
// the conversation has changed.
func (w *council) hear(m *member, in dialog.Input) {
	w.seq++
	foreign, before := "", ""
	if m.home != councilStart && m.role != "" {
		foreign, before = councilStart, w.books.digest(councilStart)
	}
	w.notary.did = nil
	m.heard = w.db.Clock().Now()
	m.message = message(m.account, in, w.seq, m.heard)
	m.reply = w.chat.Turn(w.t.Context(), m.message).Text
	m.at = w.event.Flow + "/" + w.event.Step
	w.seen[m.at] = true
	w.note("%s: %s %q tap %d → %s (%s) %v", m.name, m.message.Type, m.message.Content+m.message.MediaID, in.Tap, m.at, w.event.Word, w.notary.did)
	checkAnswer(w.t, m.message, m.reply)
	if slices.Contains([]string{"fault", "busy", "unsure", "newer"}, w.event.Word) {
		w.t.Errorf("%s got %s: %q", m.name, w.event.Word, m.reply)
	}
	if foreign != "" && !w.notary.resident {
		if after := w.books.digest(foreign); after != before {
			w.t.Errorf("%s of another community changed %s", m.name, differ(before, after))
		}
	}
	m.hear(m.reply)
}

func (w *council) note(format string, args ...any) {
	w.log = append(w.log, fmt.Sprintf("%4d %s ", len(w.log), w.db.Clock().Now().In(shanghai).Format("0102 15:04:05"))+fmt.Sprintf(format, args...))
	if os.Getenv("YISHI_TEST_COUNCIL_TALK") != "" {
		w.t.Log(w.log[len(w.log)-1])
	}
}

package chat_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"yishi/bot/chat"
	"yishi/bot/wechat"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/store"
	"yishi/store/session"
	"yishi/store/storetest"
)

const (
	walkAccounts = 60
	walkTown     = walkSteps * 6 / 10 // the first steps need no database: under -race SQLite is slow
	walkSQL      = walkSteps / 20     // the last steps keep sessions in the database too, as the embedded bot does
	walkProbe    = 500                // every so often the ways out are tried from where somebody stands
	menuText     = "想办什么？点一下，或回数字。"
)

// walk is many people doing anything while anything fails.
type walk struct {
	t       *testing.T
	rnd     *rand.Rand
	db      *store.DB
	chat    *chat.Chat
	mem     session.Store
	sess    *faultySessions
	ledger  *faultyLedger
	world   *faultyLookups
	people  []*talker
	last    map[string]*wechat.Message // of each person
	said    map[string]chat.Event      // what it came to
	reply   map[string]string
	held    *wechat.Message // overtaken by the next
	event   chat.Event
	seq     int
	step    int
	seen    map[string]bool
	faults  map[string]int
	owners  map[string]civic.Account // of the numbers given out
	texts   map[string]string
	offered map[string]time.Time // when mail was offered last, nothing having come since
	offers  int
}

// TestWalk is a random walk over all flows. YISHI_TEST_WALK_SEED repeats one.
func TestWalk(t *testing.T) {
	seed := rand.Uint64()
	if s := os.Getenv("YISHI_TEST_WALK_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("YISHI_TEST_WALK_SEED: %v", err)
		}
	}
	t.Logf("YISHI_TEST_WALK_SEED=%d", seed)
	w := newWalk(t, seed)
	var early uint64
	for w.step = range walkSteps {
		if w.step == walkSteps/5 {
			early = heap()
		}
		switch w.step {
		case walkTown:
			w.move(w.db, realWorld(w.db))
		case walkSteps - walkSQL:
			w.moveSessions()
		}
		w.weather()
		w.turn()
		if t.Failed() {
			t.Fatalf("at step %d", w.step)
		}
	}
	if late := heap(); late > early+20<<20 {
		t.Errorf("the heap grew from %d to %d KiB", early>>10, late>>10)
	}
	w.calm()
	for i, p := range w.people {
		w.raise(p, i)
	}
	w.checkNumbers()
	if w.offers < walkSteps/1000 {
		t.Errorf("mail was offered %d times", w.offers)
	}
	t.Logf("states: %d, needs: %d, offers: %d, outcomes: %v", len(w.seen), len(w.owners), w.offers, w.faults)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // what the first one's finalizers let go
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func newWalk(t *testing.T, seed uint64) *walk {
	t.Helper()
	db := storetest.Open(t)
	db.Clock().SetOffset(start.Sub(db.Clock().Now()))
	for _, n := range []store.NewCommunity{
		{Code: "甲", Name: "甲社区", Phone: "0512-12345678", Estates: []string{"桂花园", "桂花里"}, Scene: "scene1"},
		{Code: "乙", Name: "乙社区", Estates: []string{"荷塘苑"}, Scene: "scene2"},
		{Code: "丙", Name: "丙社区", Estates: []string{"桂花苑"}},
	} {
		if _, err := db.AddCommunity(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	for i, what := range walkThings {
		if err := addNeed(t.Context(), db, []string{"甲", "乙"}[i%2], i, true, what+"坏了三天没人管"); err != nil {
			t.Fatal(err)
		}
	}
	w := &walk{
		t: t, rnd: rand.New(rand.NewPCG(seed, 1)), db: db, mem: newMemory(db.Clock().Now), seen: map[string]bool{},
		last: map[string]*wechat.Message{}, said: map[string]chat.Event{}, reply: map[string]string{},
		faults: map[string]int{}, owners: map[string]civic.Account{}, texts: map[string]string{}, offered: map[string]time.Time{},
	}
	w.sess = &faultySessions{Store: w.mem}
	w.ledger = &faultyLedger{raised: w.raised}
	w.world = &faultyLookups{l: w.ledger}
	town := newTown(db.Clock().Now)
	w.move(town, town.world())
	w.chat = chat.New(chat.Options{
		Engine: engine(t), World: lookups(w.world),
		Sessions: w.sess, Ledger: w.ledger, Now: db.Clock().Now, Location: shanghai, Key: []byte(strings.Repeat("k", 32)),
		Log:     slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})),
		Observe: func(e chat.Event) { w.event = e },
	})
	for i := range walkAccounts {
		w.people = append(w.people, &talker{account: fmt.Sprintf("oWalker%d", i)})
	}
	return w
}

func realWorld(db *store.DB) flows.World {
	return chat.World(db, base)
}

// move goes on with another truth, and nobody known to it.
func (w *walk) move(l chat.Ledger, world flows.World) {
	w.ledger.Ledger, w.world.w = l, world
	clear(w.owners)
	clear(w.texts)
	clear(w.last)
	clear(w.offered)
	w.held = nil
	w.sess.Store.(*memory).drop("")
}

// raised notes a need that was committed, whatever its author was told.
func (w *walk) raised(n civic.RaiseNeed, r civic.Receipt) {
	if who, ok := w.owners[r.Number]; ok && (who != n.Account || w.texts[r.Number] != n.Text) {
		w.t.Errorf("%s was given out twice", r.Number)
	}
	w.owners[r.Number], w.texts[r.Number] = n.Account, n.Text
}

// moveSessions goes on with sessions in the database.
func (w *walk) moveSessions() {
	s := w.db.Sessions()
	w.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			w.t.Error(err)
		}
	})
	w.mem = s
	clear(w.offered)
	w.sess.Store = s
}

// weather changes what fails, and the time.
func (w *walk) weather() {
	switch n := w.rnd.IntN(2000); {
	case n < 12:
		w.ledger.set(mood(w.rnd.IntN(int(moods))))
	case n < 24:
		w.sess.set(mood(w.rnd.IntN(int(moods))))
	case n < 120: // what fails comes back soon
		w.ledger.set(fine)
		w.sess.set(fine)
	case n < 150:
		w.db.Clock().Shift(time.Duration(w.rnd.IntN(300)) * time.Second)
	case n < 160:
		w.db.Clock().Shift(time.Duration(w.rnd.IntN(72)-24) * time.Hour)
	case n == 160:
		w.db.Clock().Shift(time.Duration(w.rnd.IntN(45)) * 24 * time.Hour)
	case n < 163:
		if m, ok := w.mem.(*memory); ok { // the session store is emptied
			m.drop("")
			clear(w.offered)
		}
	case n < 170:
		if m, ok := w.mem.(*memory); ok {
			p := pick(w.rnd, w.people)
			m.drop(p.account)
			delete(w.offered, p.account)
		}
	case n < 210:
		w.mail(civic.Account(pick(w.rnd, w.people).account))
	}
}

func (w *walk) calm() {
	w.ledger.set(fine)
	w.sess.set(fine)
}

func (w *walk) isCalm() bool { return w.ledger.is(fine) && w.sess.is(fine) }

// turn has one person do one thing, sometimes twice, or late.
func (w *walk) turn() {
	p := pick(w.rnd, w.people)
	if m := w.last[p.account]; m != nil && w.rnd.IntN(20) == 0 {
		w.again(p, m)
		return
	}
	w.seq++
	in := p.next(w.rnd)
	if e := w.said[p.account]; answers[e.Flow+"/"+e.Step] != "" && w.rnd.IntN(3) == 0 { // people do answer
		in = p.say(answers[e.Flow+"/"+e.Step])
	}
	m := message(p.account, in, w.seq, w.db.Clock().Now())
	switch {
	case w.held == nil && w.rnd.IntN(50) == 0:
		w.held = m // it is overtaken
		return
	case w.held != nil && w.rnd.IntN(10) == 0:
		w.send(w.held)
		delete(w.last, w.held.Account) // its newest message is another now
		w.held = nil
	}
	reply := w.send(m)
	p.hear(reply)
	w.last[p.account], w.said[p.account], w.reply[p.account] = m, w.event, reply
	w.checkOffer(p.account, reply)
	w.look(p.account)
}

// again repeats a person's last message. Soon after it gets the very same answer, unless the conversation
// could not be read in between.
func (w *walk) again(p *talker, m *wechat.Message) {
	before, was := w.reply[p.account], w.said[p.account]
	calm := w.isCalm() && (was.Word != "busy" && was.Word != "unsure")
	reply := w.send(m)
	if calm && w.event.Word == "repeated" && reply != before && !recalled(reply) && !recalled(before) {
		w.t.Errorf("the same message again got %q, before %q", reply, before)
	}
	p.hear(reply)
	w.reply[p.account], w.said[p.account] = reply, w.event
}

// send takes a turn and checks what must hold of every answer.
func (w *walk) send(m *wechat.Message) string {
	text := w.chat.Turn(w.t.Context(), m).Text
	w.faults[w.event.Word]++
	if w.event.Word == "fault" {
		w.t.Errorf("fault: %+v after %s %q tap %d", w.event, m.Type, m.Content, m.MenuID)
	}
	checkAnswer(w.t, m, text)
	if got := claim.FindStringSubmatch(text); got != nil && w.owners[got[1]] != civic.Account(m.Account) {
		w.t.Errorf("%s is told %s, which is not theirs: %q", m.Account, got[1], text)
	}
	return text
}

var claim = regexp.MustCompile(`已提交，编号 (\S+?)。`)

// checkAnswer checks what must hold of the answer to anything.
func checkAnswer(t teller, m *wechat.Message, text string) {
	t.Helper()
	if text == "" || len(text) > limit || !utf8.ValidString(text) {
		t.Errorf("%s %q %q got %d bytes: %q", m.Type, m.Event, m.Content, len(text), text)
	}
}

// look tries the ways out from where a person stands, at every new place and now and then.
func (w *walk) look(account string) {
	if !w.isCalm() {
		return
	}
	v, err := w.mem.Load(w.t.Context(), account)
	if err != nil {
		w.t.Error(err)
	}
	if !v.Known {
		return
	}
	m, s := decode(w.t, v.Data)
	place := place(&s)
	if w.seen[place] && w.step%walkProbe != 0 {
		return
	}
	w.seen[place] = true
	for i, say := range []string{"菜单", "取消"} {
		w.seq++
		who := fmt.Sprintf("oClone%d", i)
		c := cloned(s, w.seq)
		m.Session = encode(w.t, c)
		was, err := w.mem.Load(w.t.Context(), who)
		if err != nil {
			w.t.Error(err)
		}
		if ok, err := w.mem.Save(w.t.Context(), who, was.Rev, m.Encode(), 0, w.db.Clock().Now().Add(time.Hour)); err != nil || !ok {
			w.t.Errorf("save clone: %v %v", ok, err)
		}
		text := w.send(message(who, dialog.Input{Kind: dialog.Text, Text: say}, w.seq, w.db.Clock().Now()))
		after, err := w.mem.Load(w.t.Context(), who)
		if err != nil {
			w.t.Error(err)
		}
		_, left := decode(w.t, after.Data)
		checkWayOut(w.t, place, say, text, c, left)
	}
}

// raise has a person raise a need from wherever they stand, and checks its number.
func (w *walk) raise(p *talker, i int) {
	what := fmt.Sprintf("请给%d号楼装一个%s，编号%s", i, walkThings[i%len(walkThings)], strings.Repeat("甲乙丙丁戊己庚辛"[3*(i%8):3*(i%8)+3], 3))
	before := len(w.owners)
	text, say := "", "提需求"
	for range 20 {
		w.seq++
		text = w.send(message(p.account, p.say(say), w.seq, w.db.Clock().Now()))
		if len(w.owners) > before {
			break
		}
		switch at := w.event.Flow + "/" + w.event.Step; {
		case w.event.Word == "offer":
			say = "重新开始"
		case at == "raise-need/what":
			say = what
		case answers[at] != "":
			say = answers[at]
		default:
			say = "提需求"
		}
	}
	got := claim.FindStringSubmatch(text)
	if got == nil {
		w.t.Errorf("%s cannot raise a need; the last answer was %q", p.account, text)
		return
	}
	if w.texts[got[1]] != what {
		w.t.Errorf("%s was told %s, which is %q", p.account, got[1], w.texts[got[1]])
	}
}

// checkNumbers checks that each community's numbers of each year are without holes and that
// every number that was told is there.
func (w *walk) checkNumbers() {
	all, err := w.db.Communities().Communities(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	found := map[string]bool{}
	for _, c := range all {
		for year := 2026; year < 2100; year++ {
			for seq := 1; ; seq++ {
				n, ok, err := w.db.Needs().ByNumber(w.t.Context(), c.ID, year, seq)
				if err != nil {
					w.t.Fatal(err)
				}
				if !ok {
					break
				}
				if who, told := w.owners[n.Number.String()]; told && who == n.Author {
					found[n.Number.String()] = true
				}
			}
		}
	}
	for number, who := range w.owners {
		if !found[number] {
			w.t.Errorf("%s raised %s, which counting up does not find", who, number)
		}
	}
}

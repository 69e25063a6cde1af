package chat_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"yishi/bot/wechat"
	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/store"
)

var update = flag.Bool("update", false, "rewrite the bot's lines of the transcripts")

const transcripts = "../../flows/testdata"

// stage plays scripts: it carries people's lines to the bot and returns what comes back.
type stage interface {
	// say sends one input of a person and returns the reply as a phone shows it, "" for none.
	say(t *testing.T, account string, in dialog.Input) string
	// effects returns what was committed since the last call; nil where the stage cannot see it.
	effects() []string
	db() *store.DB
	// down makes a service fail or answer again: store or session.
	down(t *testing.T, what string, is bool)
	// work has the sending loop do what is due and returns what arrived on phones.
	work(t *testing.T) []told
	// forget empties the session store.
	forget()
}

// player plays one script on a stage.
type player struct {
	t      *testing.T
	st     stage
	cards  map[string][]string // openid → the last replies, as rendered, for taps
	names  map[string]string   // openid → who
	people map[string]civic.PersonID
	pushes int
	links  int
	code   string // which a browser shows, for 〔码〕
	invite string // the last invitation's code, for 〔邀请码〕
	out    script
}

// play plays the whole script and returns it with the bot's lines as they came.
func play(t *testing.T, s *script, st stage) string {
	t.Helper()
	p := &player{t: t, st: st, cards: map[string][]string{}, names: map[string]string{}, people: map[string]civic.PersonID{}}
	for i, l := range s.lines {
		switch l.mark {
		case '<', '*', '!':
			continue // written anew below
		case '@':
			p.direct(l)
		}
		p.out.lines = append(p.out.lines, l)
		if l.mark == '>' {
			p.speak(fmt.Sprintf("%s, entry %d", s.path, i+1), l)
		}
		if l.mark == '>' || l.mark == '@' {
			p.receive()
		}
	}
	return p.out.String()
}

func (p *player) speak(at string, l line) {
	account := openid(l.who)
	p.names[account] = l.who
	in := p.input(at, account, p.withCode(l.text))
	reply := p.withoutCode(p.st.say(p.t, account, in))
	if reply != "" {
		p.cards[account] = append(p.cards[account], reply)
	}
	p.out.lines = append(p.out.lines, line{mark: '<', text: plain(reply)})
	for _, e := range p.st.effects() {
		p.out.lines = append(p.out.lines, line{mark: '*', text: e})
	}
}

// openid invents the account of a name.
func openid(name string) string { return fmt.Sprintf("o%x", name) }

var (
	link      = regexp.MustCompile(`<a href="weixin://bizmsgmenu\?msgmenucontent=([^&"]*)&(?:amp;)?msgmenuid=(\d+)">(.*?)</a>`)
	reference = regexp.MustCompile(`/f/[a-z2-7]{26}\b`)
	rude      = regexp.MustCompile(`(?s)^\[(\S+?)\] ?(.*)$`)
)

// plain is a reply as people read it, but for references of links, which differ from run to run.
func plain(reply string) string {
	return reference.ReplaceAllString(link.ReplaceAllString(reply, "$3"), "/f/〔链接〕")
}

// input reads a person's line: plain words, or [照片] [语音] [定位] [关注] [扫码] [菜单] [点] [点旧] and the like.
func (p *player) input(at, account, text string) dialog.Input {
	m := rude.FindStringSubmatch(text)
	if m == nil {
		return dialog.Input{Kind: dialog.Text, Text: strings.ReplaceAll(text, "〔码〕", p.code)}
	}
	switch m[1] {
	case "照片":
		return dialog.Input{Kind: dialog.Photo, Media: m[2]}
	case "语音":
		return dialog.Input{Kind: dialog.Voice, Media: "voice-1", Text: m[2]}
	case "定位":
		return dialog.Input{Kind: dialog.Location, Place: dialog.Place{Lat: 31.31872, Lng: 120.62914, Label: m[2]}}
	case "关注":
		return dialog.Input{Kind: dialog.Follow, Text: m[2]}
	case "扫码":
		return dialog.Input{Kind: dialog.Scan, Text: m[2]}
	case "菜单":
		return dialog.Input{Kind: dialog.Menu, Text: m[2]}
	case "视频":
		return dialog.Input{Kind: dialog.Other, Text: "视频"}
	case "点", "点旧":
		return dialog.Input{Kind: dialog.Text, Text: m[2], Tap: p.card(at, account, m[2], m[1] == "点旧")}
	}
	p.t.Fatalf("%s: nobody can do %q", at, m[1])
	return dialog.Input{}
}

// card finds the id of a link that sends text in the newest reply that has it, or, for old, in the oldest.
func (p *player) card(at, account, text string, old bool) int {
	replies := p.cards[account]
	for i := range replies {
		r := replies[len(replies)-1-i]
		if old {
			r = replies[i]
		}
		for _, l := range link.FindAllStringSubmatch(r, -1) {
			if unescape(l[1]) == text {
				id, err := strconv.Atoi(l[2])
				if err != nil {
					p.t.Fatalf("%s: card id %q", at, l[2])
				}
				return id
			}
		}
	}
	p.t.Fatalf("%s: no reply to %s has a link %q", at, account, text)
	return 0
}

// direct carries a directive out.
func (p *player) direct(l line) {
	t, ctx := p.t, p.t.Context()
	f := strings.Fields(l.text)
	fail := func(err error) {
		if err != nil {
			t.Fatalf("@%s: %v", l.text, err)
		}
	}
	switch f[0] {
	case "community": // 钮 钮家巷社区 电话 小区,小区 场景
		n := store.NewCommunity{Code: f[1], Name: f[2]}
		if len(f) > 3 {
			n.Phone, n.Hours = f[3], "每天 9:00–17:00"
		}
		if len(f) > 4 {
			n.Estates = strings.Split(f[4], ",")
		}
		if len(f) > 5 {
			n.Scene = f[5]
		}
		_, err := p.st.db().AddCommunity(ctx, n)
		fail(err)
	case "need": // 钮 12 released 内容, or released@王伯 for his
		heat, err := strconv.Atoi(f[2])
		fail(err)
		state, who, his := strings.Cut(f[3], "@")
		author := civic.Account("oSomebodyElse")
		if his {
			author = civic.Account(openid(who))
		}
		fail(addNeedOf(ctx, p.st.db(), author, f[1], heat, state == "released", strings.Join(f[4:], " ")))
	case "later":
		d, err := time.ParseDuration(f[1])
		fail(err)
		p.st.db().Clock().Shift(d)
	case "down", "up":
		p.st.down(t, f[1], f[0] == "down")
	case "push": // 钮 meetings 标题 正文 [urgent=为什么] [expires=2h]
		fail(p.announce(f[1:]))
	case "forget":
		p.st.forget()
	default:
		do := directives[f[0]]
		if do == nil {
			t.Fatalf("no directive @%s", f[0])
		}
		fail(do(p, f[1:]))
	}
}

func addNeed(ctx context.Context, db *store.DB, code string, heat int, released bool, text string) error {
	return addNeedOf(ctx, db, "oSomebodyElse", code, heat, released, text)
}

func addNeedOf(ctx context.Context, db *store.DB, author civic.Account, code string, heat int, released bool, text string) error {
	c, err := communityOf(ctx, db, code)
	if err != nil {
		return err
	}
	db.Clock().Shift(time.Millisecond) // one after the other, so that queues have one order
	_, err = db.AddNeed(ctx, civic.Need{
		Community: c.ID, Author: author, Category: civic.Environment, Text: text,
		State: civic.NeedRaised, Released: released, Heat: heat,
	})
	return err
}

// TestChats plays every transcript against the bot's own code with sessions and results in SQLite.
func TestChats(t *testing.T) {
	visited := &visits{}
	for _, path := range files(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".chat"), func(t *testing.T) {
			s := readScript(t, path)
			got := play(t, s, newDirect(t, visited))
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(s.String(), got); diff != "" {
				t.Errorf("the bot says something else (-want +got); -update rewrites:\n%s", diff)
			}
		})
	}
	if !t.Failed() {
		visited.check(t)
	}
}

func files(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(transcripts, "*.chat"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("transcripts: %v %v", paths, err)
	}
	return paths
}

// visits collects the steps that some chat stood in.
type visits struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (v *visits) add(flow, step string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.seen == nil {
		v.seen = map[string]bool{}
	}
	v.seen[flow+"/"+step] = true
}

// check fails for each step that no chat has visited.
func (v *visits) check(t *testing.T) {
	t.Helper()
	for _, s := range engine(t).Steps() {
		if !v.seen[s] {
			t.Errorf("no chat visits %s", s)
		}
	}
}

// limit is the most bytes of text that a reply may have (see wechat.Render).
const limit = 1800

func checkReply(t *testing.T, a wechat.Answer) {
	t.Helper()
	if len(a.Text) > limit {
		t.Errorf("a reply of %d bytes: %.60s…", len(a.Text), a.Text)
	}
}

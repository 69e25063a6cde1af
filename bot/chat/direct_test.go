package chat_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"yishi/bot/chat"
	"yishi/bot/wechat"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/flows/dialog"
	"yishi/store"
	"yishi/store/session"
	"yishi/store/storetest"
)

// start is when every chat begins: a spring morning, so that numbers and dates are the same for ever.
var start = time.Date(2027, 3, 1, 1, 0, 0, 0, time.UTC)

var shanghai = time.FixedZone("CST", 8*3600)

func engine(t testing.TB) *dialog.Engine[flows.World] {
	t.Helper()
	e, err := flows.New()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func unescape(s string) string {
	u, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return u
}

// ledger passes on to the store and notes what was committed.
type ledger struct {
	*store.DB
	mu   sync.Mutex
	done []string
	dead bool
}

var errDead = errors.New("no store in this scene")

func (l *ledger) Commit(ctx context.Context, c store.Commit) (civic.Receipt, error) {
	if l.dead {
		return civic.Receipt{}, fmt.Errorf("%w: %w", store.ErrUnsure, errDead)
	}
	r, err := l.DB.Commit(ctx, c)
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, e := range c.Effects {
			l.done = append(l.done, describe(e, r))
		}
	}
	return r, err
}

// describe writes an effect without ids that differ from run to run.
func describe(e any, r civic.Receipt) string {
	switch e := e.(type) {
	case civic.Join:
		return "Join"
	case civic.RaiseNeed:
		where := e.Place.Text
		if e.Place.Located {
			where += fmt.Sprintf("（%.4f,%.4f）", e.Place.Lat, e.Place.Lng)
		}
		return fmt.Sprintf("RaiseNeed{%s %s %q %q urgent:%v photos:%d voice:%v}", r.Number, e.Category, e.Text, where, e.Urgent, len(e.Photos), e.VoiceID != "")
	case civic.EndorseNeed:
		return "EndorseNeed{" + r.Number + "}"
	case civic.WithdrawNeed:
		return "WithdrawNeed{" + r.Number + "}"
	case civic.AddToNeed:
		return fmt.Sprintf("AddToNeed{%s %q}", r.Number, e.Text)
	case civic.KeepMedia:
		return fmt.Sprintf("KeepMedia{%s %s}", e.Kind, e.MediaID)
	case civic.MakePush:
		return fmt.Sprintf("MakePush{%s %s}", e.Push.Kind, e.Push.Topic)
	case civic.OptOut:
		return fmt.Sprintf("OptOut{%s off:%v}", e.Topic, e.Off)
	case civic.ReadInbox:
		return fmt.Sprintf("ReadInbox{%d}", len(e.IDs))
	case civic.MakeLink:
		return "MakeLink{" + e.Kind + "}"
	case civic.OpenLink:
		return "OpenLink"
	case civic.ShutLink:
		return "ShutLink"
	case civic.MissLink:
		return "MissLink"
	}
	if s := describeVerification(e, r); s != "" {
		return s
	}
	if s := describeOffice(e); s != "" {
		return s
	}
	if text := describeTalk(e); text != "" {
		return text
	}
	if text, ok := describeTriage(e, r); ok {
		return text
	}
	return plainly(e, r)
}

// describeVerification is describe of what makes an account belong to a person; "" for others.
func describeVerification(e any, r civic.Receipt) string {
	switch e := e.(type) {
	case civic.Verify:
		return fmt.Sprintf("Verify{%s %s}", e.Link.How, r.Word)
	case civic.NoteWrong:
		return fmt.Sprintf("NoteWrong{%s}", e.How)
	case civic.AskVerify, civic.DisputeClaim, civic.Unverify:
		return fmt.Sprintf("%s{%s}", strings.TrimPrefix(fmt.Sprintf("%T", e), "civic."), r.Word)
	case civic.DecideClaim:
		return fmt.Sprintf("DecideClaim{%s %s beside:%v}", e.Decision, e.ReasonCode, e.Beside)
	}
	return ""
}

// sessions can be switched off, and forget everybody.
type sessions struct {
	session.Store
	dead bool
	lost int // how often it forgot
}

func (s *sessions) name(account string) string { return account + strings.Repeat("~", s.lost) }

func (s *sessions) Load(ctx context.Context, account string) (session.Value, error) {
	if s.dead {
		return session.Value{}, errDead
	}
	return s.Store.Load(ctx, s.name(account))
}

func (s *sessions) Save(ctx context.Context, account string, rev uint64, data []byte, read int, until time.Time) (bool, error) {
	return s.Store.Save(ctx, s.name(account), rev, data, read, until)
}

func (s *sessions) MarkMail(ctx context.Context, account string) error {
	return s.Store.MarkMail(ctx, s.name(account))
}

// direct is the stage without a wire: the chat itself on SQLite in memory.
type direct struct {
	chat   *chat.Chat
	ledger *ledger
	sess   *sessions
	office *office
	seq    int
}

func newDirect(t testing.TB, v *visits) *direct {
	t.Helper()
	db := storetest.Open(t)
	db.Clock().SetOffset(start.Sub(db.Clock().Now()))
	s := db.Sessions()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &direct{ledger: &ledger{DB: db}, sess: &sessions{Store: s}}
	d.chat = newChat(t, db, d.ledger, d.sess, func(e chat.Event) {
		if v != nil {
			v.add(e.Flow, e.Step)
		}
	})
	phones := &phones{}
	d.office = newOffice(t, db, d.sess, d.chat, phones, phones.take)
	return d
}

func newChat(t testing.TB, db *store.DB, l chat.Ledger, s session.Store, observe func(chat.Event)) *chat.Chat {
	t.Helper()
	return chat.New(chat.Options{
		Engine:   engine(t),
		World:    chat.World(db, base),
		Sessions: s, Ledger: l, Now: db.Clock().Now, Location: shanghai,
		Key: []byte(strings.Repeat("k", 32)), Log: testLog(t), Observe: watched(t, observe),
	})
}

func (d *direct) work(t *testing.T) []told { return d.office.work(t) }

func (d *direct) forget() { d.sess.lost++ }

func (d *direct) db() *store.DB { return d.ledger.DB }

func (d *direct) effects() []string {
	done := d.ledger.done
	d.ledger.done = nil
	return done
}

func (d *direct) down(t *testing.T, what string, is bool) {
	t.Helper()
	switch what {
	case "store":
		d.ledger.dead = is
	case "session":
		d.sess.dead = is
	default:
		t.Fatalf("nothing called %s can be down", what)
	}
}

func (d *direct) say(t *testing.T, account string, in dialog.Input) string {
	t.Helper()
	d.seq++
	m := message(account, in, d.seq, d.db().Clock().Now())
	a := d.chat.Turn(t.Context(), m)
	checkReply(t, a)
	if again := d.chat.Turn(t.Context(), m); again.Text != a.Text && !d.ledger.dead && !d.sess.dead {
		t.Errorf("the same message again got another reply: %q, then %q", a.Text, again.Text)
	}
	return a.Text
}

// message writes an input as the platform would have sent it.
func message(account string, in dialog.Input, seq int, at time.Time) *wechat.Message {
	m := &wechat.Message{Account: account, CreateTime: at.Unix(), MsgID: fmt.Sprint(1000000 + seq)}
	switch in.Kind {
	case dialog.Text:
		m.Type, m.Content, m.MenuID = "text", in.Text, in.Tap
	case dialog.Photo:
		m.Type, m.MediaID = "image", in.Media
	case dialog.Voice:
		m.Type, m.MediaID, m.Transcript = "voice", in.Media, in.Text
	case dialog.Location:
		m.Type, m.Lat, m.Lng, m.Located, m.Label = "location", in.Place.Lat, in.Place.Lng, true, in.Place.Label
	case dialog.Other:
		m.Type, m.MediaID = "video", "video-1"
	case dialog.Follow:
		m.Type, m.Event, m.EventKey, m.MsgID = "event", "subscribe", in.Text, ""
		if in.Text != "" {
			m.EventKey = "qrscene_" + in.Text
		}
	case dialog.Scan:
		m.Type, m.Event, m.EventKey, m.MsgID = "event", "SCAN", in.Text, ""
	case dialog.Menu:
		m.Type, m.Event, m.EventKey, m.MsgID = "event", "CLICK", in.Text, ""
	}
	if m.Type == "event" {
		m.CreateTime += int64(seq) // each a second of its own
	}
	return m
}

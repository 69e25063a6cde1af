package chat_test

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"yishi/bot/wechat"
	"yishi/bot/wechat/platform"
	"yishi/flows/dialog"
	"yishi/store"
	"yishi/store/session"
	"yishi/store/session/sessiontest"
	"yishi/store/storetest"
)

const (
	appID   = "wx0123456789abcdef"
	token   = "wire-token"
	aesKey  = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	account = "gh_0123456789ab"
)

// wire is the stage with everything between: signed, encrypted callbacks of the local platform,
// the real handler, MariaDB and Redis.
type wire struct {
	p      *platform.Platform
	store  *store.DB
	ledger *ledger
	sess   *sessions
	office *office
	known  map[string]bool // who was in the chat before
}

// newWire opens the stage on the given stores.
func newWire(t testing.TB, db *store.DB, s session.Store) *wire {
	t.Helper()
	db.Clock().SetOffset(db.Clock().Offset() + start.Sub(db.Clock().Now()))
	w := &wire{store: db, ledger: &ledger{DB: db}, sess: &sessions{Store: s}, known: map[string]bool{}}
	c := newChat(t, db, w.ledger, w.sess, nil)
	h, err := wechat.NewHandler(wechat.Config{
		AppID: appID, Token: token, AESKey: aesKey, Account: account, Mode: wechat.ModeSafe,
	}, c, wechat.HandlerOptions{
		Now: db.Clock().Now, Log: testLog(t),
		Limits: wechat.Limits{Burst: 1000},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	w.p = platform.New(platform.Options{
		AppID: appID, Secret: "wire-secret", Token: token, AESKey: aesKey, Account: account, Mode: platform.Safe,
		Webhooks: []string{srv.URL + "/wechat"}, Now: db.Clock().Now,
	})
	api := httptest.NewServer(w.p.Handler())
	t.Cleanup(api.Close)
	line := &apiLine{phones: &phones{}, client: wechat.NewClient(wechat.Config{AppID: appID, Secret: "wire-secret", API: api.URL}, nil, db.Clock().Now, nil)}
	w.p.Watch(line.watch)
	w.office = newOffice(t, db, w.sess, c, line, line.take)
	return w
}

func (w *wire) work(t *testing.T) []told { return w.office.work(t) }

func (w *wire) forget() { w.sess.lost++ }

func (w *wire) db() *store.DB { return w.store }

func (w *wire) effects() []string {
	done := w.ledger.done
	w.ledger.done = nil
	return done
}

func (w *wire) down(t *testing.T, what string, is bool) {
	t.Helper()
	d := &direct{ledger: w.ledger, sess: w.sess}
	d.down(t, what, is)
}

func (w *wire) say(t *testing.T, openid string, in dialog.Input) string {
	t.Helper()
	if !w.known[openid] && in.Kind != dialog.Follow { // who writes follows; a script need not say so
		w.p.Admit(openid)
	}
	w.known[openid] = true
	q := w.p.Person(openid)
	d := w.send(t.Context(), q, openid, in)
	if d.Err != nil || d.Faulty {
		t.Fatalf("delivery: %v, faulty %v, tries %+v", d.Err, d.Faulty, d.Tries)
	}
	return d.Reply.Raw
}

// send has a phone do what the script says. Media ids and events are the script's own.
func (w *wire) send(ctx context.Context, q *platform.Person, openid string, in dialog.Input) *platform.Delivery {
	m := message(openid, in, 0, w.store.Clock().Now())
	fields := []platform.Field{{Name: "MsgType", Value: m.Type}}
	add := func(name, value string) { fields = append(fields, platform.Field{Name: name, Value: value}) }
	switch in.Kind {
	case dialog.Text:
		add("Content", in.Text)
		if in.Tap > 0 {
			add("bizmsgmenuid", strconv.Itoa(in.Tap))
		}
	case dialog.Photo, dialog.Voice, dialog.Other:
		if _, _, kept := w.p.Media(m.MediaID); !kept {
			w.p.Put(m.Type, m.MediaID, []byte(m.MediaID))
		}
		add("MediaId", m.MediaID)
		add("Recognition", m.Transcript)
		add("Format", "amr")
	case dialog.Location:
		add("Location_X", "31.31872")
		add("Location_Y", "120.62914")
		add("Label", m.Label)
	case dialog.Follow, dialog.Scan, dialog.Menu:
		add("Event", m.Event)
		add("EventKey", m.EventKey)
		w.store.Clock().Shift(time.Second) // each event a second of its own
	}
	return q.Send(ctx, fields...)
}

// TestChatsOnTheWire plays every transcript from outside, with MariaDB and Redis behind.
func TestChatsOnTheWire(t *testing.T) {
	for _, path := range files(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".chat"), func(t *testing.T) {
			db := storetest.OpenMySQL(t)
			s := readScript(t, path)
			w := newWire(t, db, sessiontest.OpenRedis(t, db.Clock().Now))
			if diff := cmp.Diff(s.String(), play(t, s, w)); diff != "" {
				t.Errorf("on the wire the bot says something else (-want +got):\n%s", diff)
			}
		})
	}
}

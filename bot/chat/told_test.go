package chat_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"yishi/bot/chat"
	"yishi/bot/push"
	"yishi/bot/wechat"
	"yishi/bot/wechat/platform"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/session"
)

// told is what arrives on a phone outside a turn.
type told struct{ account, text string }

// office is the sending loop as transcripts have it: it works when it is told to, off the real
// store, and marks waiting mail as the bot does.
type office struct {
	*store.DB
	sess  session.Store
	loop  *push.Deliveries
	taken func() []told
	mu    sync.Mutex
	who   map[int64]civic.Account
}

func newOffice(t testing.TB, db *store.DB, sess session.Store, c *chat.Chat, s push.Sender, taken func() []told) *office {
	t.Helper()
	o := &office{DB: db, sess: sess, taken: taken, who: map[int64]civic.Account{}}
	var err error
	o.loop, err = push.NewDeliveries(push.DeliveriesConfig{
		Queue: o, Sender: s, Meter: push.NewMemoryMeter(nil, db.Clock().Now), Now: db.Clock().Now, Log: testLog(t),
		Means:   func(civic.Delivery) civic.Means { return civic.Means{Customer: true, Zone: shanghai} },
		MidStep: c.MidStep,
		Render: func(kind string, args json.RawMessage, midStep bool) (push.Text, error) {
			text, err := flows.Tell(kind, args, midStep)
			return push.Text{Plain: text.Plain, Media: text.Media, Fields: text.Fields}, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// ClaimDeliveries notes whose rows they are.
func (o *office) ClaimDeliveries(ctx context.Context, owner string, n int, lease time.Duration) ([]civic.Delivery, error) {
	rows, err := o.DB.ClaimDeliveries(ctx, owner, n, lease)
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range rows {
		o.who[r.ID] = r.Account
	}
	return rows, err
}

// RecordDeliveries marks the sessions of those for whom something waits now.
func (o *office) RecordDeliveries(ctx context.Context, owner string, outcomes []civic.Outcome) (int, error) {
	lost, err := o.DB.RecordDeliveries(ctx, owner, outcomes)
	for _, out := range outcomes {
		if err == nil && (out.State == civic.Inbox || out.State == civic.Waiting) {
			o.mu.Lock()
			who := o.who[out.ID]
			o.mu.Unlock()
			err = o.sess.MarkMail(ctx, string(who))
		}
	}
	return lost, err
}

// work has all that is due sent.
func (o *office) work(t *testing.T) []told {
	t.Helper()
	if err := o.FlushContacts(t.Context()); err != nil {
		t.Fatal(err)
	}
	fireTimers(t, o.DB, nil)
	if _, err := o.loop.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	return o.taken()
}

// phones are a platform that lets everything through.
type phones struct {
	mu  sync.Mutex
	all []told
}

func (p *phones) add(account, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, told{account, text})
}

func (p *phones) take() []told {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.all
	p.all = nil
	return all
}

func (*phones) Fits(_ civic.Route, _ string, text push.Text) error {
	return wechat.CheckText(text.Plain)
}

func (p *phones) Send(_ context.Context, _ civic.Route, m push.Message) (string, error) {
	if m.Text.Media.ID != "" {
		p.add(string(m.Account), mediaShown(m.Text.Media))
		return "", nil
	}
	p.add(string(m.Account), m.Text.Plain)
	return "", nil
}

func (*phones) Judge(err error) push.Verdict {
	if err == nil {
		return push.Verdict{Answer: push.Accepted}
	}
	if wechat.Classify(err).Class == wechat.Refused {
		return push.Verdict{Answer: push.Refused}
	}
	return push.Verdict{Answer: push.Unsure}
}

// apiLine calls the local platform's API; its phones note what they receive.
type apiLine struct {
	*phones
	client *wechat.Client
}

func (l *apiLine) Send(ctx context.Context, _ civic.Route, m push.Message) (string, error) {
	switch m.Text.Media.Kind {
	case civic.LinePhoto:
		return "", l.client.SendPhoto(ctx, string(m.Account), m.Text.Media.ID)
	case civic.LineVoice:
		return "", l.client.SendVoice(ctx, string(m.Account), m.Text.Media.ID)
	case civic.LineText, civic.LineNote:
	}
	return "", l.client.SendText(ctx, string(m.Account), m.Text.Plain)
}

func (l *apiLine) watch(e platform.Event) {
	switch {
	case e.Kind != platform.KindCustomer:
	case e.Text == "[image]":
		l.add(e.Openid, mediaShown(civic.ToldMedia{Kind: civic.LinePhoto, ID: e.Media}))
	case e.Text == "[voice]":
		l.add(e.Openid, mediaShown(civic.ToldMedia{Kind: civic.LineVoice, ID: e.Media}))
	default:
		l.add(e.Openid, e.Text)
	}
}

// receive writes what arrived on phones, person by person.
func (p *player) receive() {
	all := p.st.work(p.t)
	slices.SortStableFunc(all, func(x, y told) int { return cmp.Compare(p.names[x.account], p.names[y.account]) })
	for _, m := range all {
		who, known := p.names[m.account]
		if !known {
			p.t.Errorf("somebody who is not in the chat is told %q", m.text)
		}
		p.out.lines = append(p.out.lines, line{mark: '!', who: who, text: plain(m.text)})
	}
}

// announce has a community told something: code, topic (- for none), title, body, and options.
func (p *player) announce(f []string) error {
	c, err := communityOf(p.t.Context(), p.st.db(), f[0])
	if err != nil {
		return err
	}
	said := flows.Announce{Title: f[2], Body: f[3], From: c.Name}
	made := civic.Push{Topic: civic.Topic(strings.TrimPrefix(f[1], "-")), Kind: flows.TellAnnounce, Community: c.ID}
	for _, o := range f[4:] {
		name, value, _ := strings.Cut(o, "=")
		switch name {
		case "urgent":
			made.Urgent, said.Urgent = value, value
		case "expires":
			d, err := time.ParseDuration(value)
			if err != nil {
				return err
			}
			made.ExpiresAt = p.st.db().Clock().Now().Add(d)
		}
	}
	if made.Args, err = json.Marshal(said); err != nil {
		return err
	}
	return p.push(made, civic.Audience{Community: c.ID})
}

// news tells those who raised or endorsed a need of its state: code, year-number, state, next.
func (p *player) news(f []string) error {
	ctx, db := p.t.Context(), p.st.db()
	c, err := communityOf(ctx, db, f[0])
	if err != nil {
		return err
	}
	var year, seq int
	if _, err := fmt.Sscanf(f[1], "%d-%d", &year, &seq); err != nil {
		return err
	}
	n, ok, err := db.Needs().ByNumber(ctx, c.ID, year, seq)
	if err != nil || !ok {
		return fmt.Errorf("need %s: %v, %w", f[1], ok, err)
	}
	args, err := json.Marshal(flows.NeedNews{Number: n.Number.String(), Text: n.Text, State: civic.NeedState(f[2]), Next: strings.Join(f[3:], " ")})
	if err != nil {
		return err
	}
	return p.push(civic.Push{Topic: civic.TopicNeeds, Kind: flows.TellNeedNews, Args: args, Community: c.ID}, civic.Audience{Need: n.ID})
}

func (p *player) push(made civic.Push, to civic.Audience) error {
	p.pushes++
	made.ID = fmt.Sprintf("chat-%d", p.pushes)
	made.Purpose = made.ID
	_, err := p.st.db().AddPush(p.t.Context(), made, to)
	return err
}

func communityOf(ctx context.Context, db *store.DB, code string) (civic.Community, error) {
	all, err := db.Communities().Communities(ctx)
	if err != nil {
		return civic.Community{}, err
	}
	for _, c := range all {
		if c.Code == code {
			return c, nil
		}
	}
	return civic.Community{}, fmt.Errorf("no community %s", code)
}

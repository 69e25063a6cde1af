package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"yishi/bot/push"
	"yishi/config"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
)

// announcement is what an operator wants told to a community.
type announcement struct {
	flows.Announce
	code, topic, at, urgent string
	spread                  time.Duration
	dry                     bool
	confirm                 int
}

const longestSpread = 24 * time.Hour

func readAnnouncement(e env) (announcement, error) {
	var n announcement
	fs := flagSet(e, "push announce", pushUsage)
	fs.StringVar(&n.code, "community", "", "code of the community")
	fs.StringVar(&n.Title, "title", "", "at most 20 characters")
	fs.StringVar(&n.Body, "body", "", "at most 500 characters")
	fs.StringVar(&n.From, "from", "", "who speaks; the community's name if left out")
	fs.StringVar(&n.topic, "topic", string(civic.TopicMeetings), "what one unsubscribes from: needs, votes, projects or meetings")
	fs.StringVar(&n.at, "at", "", "when: 2027-03-01T09:00:00+08:00, or 2027-03-01 09:00 in the community's time; now if left out")
	fs.StringVar(&n.urgent, "urgent", "", "why it may break quiet hours and the weekly cap: people read it, and it is kept for the audit; at most 100 characters")
	fs.DurationVar(&n.spread, "spread", 0, "time within which people are told, each at a moment of their own, such as 30m")
	fs.BoolVar(&n.dry, "dry-run", false, "only say whom it would reach, and how")
	fs.IntVar(&n.confirm, "confirm", -1, "how many people it goes to, as the dry run said")
	if err := fs.Parse(e.args[1:]); err != nil {
		return n, errUsage
	}
	topics := []string{string(civic.TopicNeeds), string(civic.TopicVotes), string(civic.TopicProjects), string(civic.TopicMeetings)}
	switch {
	case n.code == "" || n.Title == "" || n.Body == "" || fs.NArg() > 0:
		fs.Usage()
		return n, errUsage
	case !slices.Contains(topics, n.topic):
		return n, errors.New("-topic is none of " + strings.Join(topics, ", "))
	case n.spread < 0 || n.spread > longestSpread:
		return n, fmt.Errorf("-spread is not from 0 to %v", longestSpread)
	}
	return n, nil
}

// push makes the push. Its id follows from what is told, to whom and on which day, so that the
// same command given twice makes one push.
func (n announcement) push(c civic.Community, zone *time.Location, now time.Time) (civic.Push, error) {
	due := now
	if n.at != "" {
		var err error
		if due, err = time.Parse(time.RFC3339, n.at); err != nil {
			due, err = time.ParseInLocation("2006-01-02 15:04", n.at, zone)
		}
		if err != nil {
			return civic.Push{}, errors.New("-at is no time such as 2027-03-01 09:00")
		}
		if due.Before(now) {
			return civic.Push{}, errors.New("-at is over")
		}
	}
	said := n.Announce
	said.Urgent = n.urgent
	args, err := json.Marshal(said)
	if err != nil {
		return civic.Push{}, fmt.Errorf("write announcement: %w", err)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\x00%q", c.ID, []string{n.Title, n.Body, n.From}))
	id := "announce-" + due.In(zone).Format("20060102") + "-" + hex.EncodeToString(sum[:5])
	return civic.Push{
		ID: id, Purpose: id, Topic: civic.Topic(n.topic), Urgent: n.urgent, Community: c.ID, Kind: flows.TellAnnounce, Args: args,
		DueAt: due.UTC(), Spread: n.spread,
	}, nil
}

// teller tells communities things, for operators at the command line and for the demo's staff alike.
type teller struct {
	cfg   config.Config
	db    *store.DB
	means func(civic.Delivery) civic.Means
	log   *slog.Logger
}

// newTeller makes the teller of a command.
func newTeller(e env, cfg config.Config, db *store.DB) *teller {
	return &teller{cfg: cfg, db: db, means: meansOf(cfg.Pushes(), cfg.Location()), log: newLog(e, cfg)}
}

// draft is a push that was looked at and not made.
type draft struct {
	push      civic.Push
	to        civic.Audience
	community civic.Community
	zone      *time.Location
	foresight
}

// errCount means that the push was not made, as another number of people was confirmed.
var errCount = errors.New("not sent: another number of people")

// draft checks an announcement and says how it would go. look is told of each person, and how they
// would be told; nil: nobody looks.
func (t *teller) draft(ctx context.Context, n announcement, look func(civic.Delivery, way)) (draft, error) {
	c, err := communityByCode(ctx, t.db, n.code)
	if err != nil {
		return draft{}, err
	}
	d := draft{community: c, zone: t.cfg.Location(), to: civic.Audience{Community: c.ID}}
	if own, err := time.LoadLocation(c.TimeZone); err == nil && c.TimeZone != "" {
		d.zone = own
	}
	if n.From == "" {
		n.From = c.Name
	}
	if d.push, err = n.push(c, d.zone, t.db.Clock().Now()); err != nil {
		return draft{}, err
	}
	if err := t.checkText(d.push); err != nil {
		return draft{}, err
	}
	d.foresight, err = t.foresee(ctx, d.push, d.to, look)
	return d, err
}

// send makes the push for as many people as were confirmed, else errCount. again says that it was
// made before, and stays as it was.
func (t *teller) send(ctx context.Context, d draft, confirm int) (made civic.Push, again bool, err error) {
	if confirm != d.people {
		return civic.Push{}, false, errCount
	}
	begun := t.db.Clock().Now().Truncate(time.Millisecond)
	made, err = t.db.AddPush(ctx, d.push, d.to)
	if err != nil {
		return civic.Push{}, false, fmt.Errorf("make push: %w", err)
	}
	return made, made.MadeAt.Before(begun), nil
}

// announce tells the people of a community something, or says whom it would reach.
func announce(ctx context.Context, e env, cfg config.Config, db *store.DB) error {
	n, err := readAnnouncement(e)
	if err != nil {
		return err
	}
	t := newTeller(e, cfg, db)
	d, err := t.draft(ctx, n, nil)
	if err != nil {
		return err
	}
	d.print(e, d.push, d.community.Name)
	if n.dry {
		e.say("dry run: nothing was made; to send it say -confirm %d", d.people)
		return nil
	}
	made, again, err := t.send(ctx, d, n.confirm)
	switch {
	case errors.Is(err, errCount):
		return fmt.Errorf("not sent: say -confirm %d, the number of people it goes to", d.people)
	case err != nil:
		return err
	case again:
		e.say("it was made before and stays as it was")
	}
	e.say("made %s for %d people, due %s; see bot push report %s", made.ID, made.Audience, made.DueAt.In(d.zone).Format(minute), made.ID)
	return nil
}

// minute is how times are shown to operators.
const minute = "2006-01-02 15:04"

func communityByCode(ctx context.Context, db *store.DB, code string) (civic.Community, error) {
	all, err := db.Communities().Communities(ctx)
	if err != nil {
		return civic.Community{}, fmt.Errorf("look for community: %w", err)
	}
	for _, c := range all {
		if c.Code == code {
			return c, nil
		}
	}
	return civic.Community{}, errors.New("no community has this code; see bot community list")
}

// checkText refuses what a configured route cannot carry, before anything is made.
func (t *teller) checkText(p civic.Push) error {
	now := t.db.Clock().Now
	d, err := push.NewDeliveries(push.DeliveriesConfig{
		Queue: t.db, Sender: newSender(nil, t.cfg.Pushes(), make([]byte, 4), nil, now, t.log), Meter: push.NewMemoryMeter(nil, now),
		Render: render, Means: t.means, Now: now, Log: t.log,
	})
	if err != nil {
		return fmt.Errorf("check text: %w", err)
	}
	return d.Check(p.Kind, p.Args)
}

// foresight is how a push would go, as far as is known before.
type foresight struct {
	people int
	ways   map[string]int
}

// way is how one person would be told: what the ladder says, and of what it was asked.
type way struct {
	route civic.Route
	skip  string
	later time.Time
	means civic.Means
}

// name is what the way is counted under.
func (w way) name() string {
	switch {
	case w.skip != "":
		return "skipped: " + w.skip
	case !w.later.IsZero():
		return "after the quiet hours"
	}
	return string(w.route)
}

// previewPage is how many people are looked at by one query.
const previewPage = 500

// foresee lets everybody take the ladder at the time the push is due, without sending anything.
func (t *teller) foresee(ctx context.Context, p civic.Push, to civic.Audience, look func(civic.Delivery, way)) (foresight, error) {
	f := foresight{ways: map[string]int{}}
	for after := civic.Account(""); ; {
		page, err := t.db.Preview(ctx, p, to, after, previewPage)
		if err != nil {
			return f, err
		}
		for _, d := range page {
			after = d.Account
			w := way{means: t.means(d)}
			w.means.NoAccount, w.means.Expires = d.Account == "", d.Expires
			w.route, w.skip, w.later = civic.Ladder(d.Reach, w.means, nil, p.DueAt, d.Urgent)
			f.ways[w.name()]++
			if look != nil {
				look(d, w)
			}
		}
		f.people += len(page)
		if len(page) < previewPage {
			return f, nil
		}
	}
}

// print lists the ways, the most common first.
func (f foresight) print(e env, p civic.Push, name string) {
	e.say("%s to %s: %d people", p.ID, name, f.people)
	ways := make([]string, 0, len(f.ways))
	for w := range f.ways {
		ways = append(ways, w)
	}
	slices.SortFunc(ways, func(a, b string) int {
		if d := f.ways[b] - f.ways[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for _, w := range ways {
		e.say("  %-24s %7d", w, f.ways[w])
	}
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"yishi/bot/demo"
	"yishi/bot/push"
	"yishi/bot/wechat/platform"
	"yishi/config"
	"yishi/flows"
	"yishi/flows/civic"
)

// deskListed is how many pushes the demo's staff are shown.
const deskListed = 8

// deskLooked is how many pushes are looked through for them: most are about one person's own things.
const deskLooked = 400

// desk is where the demo's staff tell people something. It goes the operators' way: the same
// checks, the same look ahead, the same confirmed number, the same frozen audience.
type desk struct {
	*teller
	code  string // of the community whose staff they are
	meter push.Meter
	wake  func() // has what was made looked at at once
}

// newDesk makes the desk of a running bot.
func (a *app) newDesk(code string, log *slog.Logger) *desk {
	return &desk{
		teller: &teller{cfg: a.cfg, db: a.db, means: a.means(), log: log}, code: code, meter: a.meter,
		wake: func() { a.wake(waits{pushes: true}) },
	}
}

// look drafts what staff have written.
func (d *desk) look(ctx context.Context, n demo.Announcement, each func(civic.Delivery, way)) (draft, error) {
	made, err := d.draft(ctx, announcement{
		Announce: flows.Announce{Title: n.Title, Body: n.Body}, code: d.code, topic: string(civic.TopicMeetings), urgent: n.Urgent,
	}, each)
	if errors.Is(err, push.ErrUnfit) {
		return draft{}, errors.Join(demo.ErrText, err)
	}
	return made, err
}

// Foresee implements demo.Desk.
func (d *desk) Foresee(ctx context.Context, n demo.Announcement) ([]demo.Outlook, error) {
	var all []demo.Outlook
	now := d.db.Clock().Now()
	shut := d.shut(ctx)
	_, err := d.look(ctx, n, func(one civic.Delivery, w way) {
		o := demo.Outlook{Openid: string(one.Account), Way: string(w.route), Why: reason(one, w, now)}
		switch {
		case w.skip != "":
			o.Way = demo.WaySkipped
		case !w.later.IsZero():
			o.Way, o.Until = demo.WayLater, w.later
		default:
			o.Until = shut[w.route]
		}
		all = append(all, o)
	})
	return all, err
}

// shut are the routes that the meter lets nobody take for a while, and until when.
func (d *desk) shut(ctx context.Context) map[civic.Route]time.Time {
	all := map[civic.Route]time.Time{}
	for _, route := range routesOf(d.cfg.Pushes()) {
		_, wait, err := d.meter.Take(ctx, string(route), 0)
		if err == nil && wait > 0 {
			all[route] = d.db.Clock().Now().Add(wait)
		}
	}
	return all
}

// Send implements demo.Desk.
func (d *desk) Send(ctx context.Context, n demo.Announcement, confirm int) (id string, again bool, err error) {
	made, err := d.look(ctx, n, nil)
	if err != nil {
		return "", false, err
	}
	p, again, err := d.send(ctx, made, confirm)
	if errors.Is(err, errCount) {
		return "", false, demo.ErrCount
	}
	if err != nil {
		return "", false, err
	}
	d.wake()
	return p.ID, again, nil
}

// Told implements demo.Desk.
func (d *desk) Told(ctx context.Context) ([]demo.Told, error) {
	c, err := communityByCode(ctx, d.db, d.code)
	if err != nil {
		return nil, err
	}
	pushes, err := d.db.Pushes(ctx, c.ID, deskLooked)
	if err != nil {
		return nil, err
	}
	pushes = slices.DeleteFunc(pushes, func(p civic.Push) bool { return p.Kind != flows.TellAnnounce })
	all := make([]demo.Told, 0, deskListed)
	for _, p := range pushes[:min(len(pushes), deskListed)] {
		r, err := d.db.Report(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, demo.Told{ID: p.ID, Title: titleOf(p), Urgent: p.Urgent != "", At: p.DueAt, Report: r})
	}
	return all, nil
}

// titleOf is what a push is called in a list.
func titleOf(p civic.Push) string {
	var a flows.Announce
	if json.Unmarshal(p.Args, &a) == nil {
		return a.Title
	}
	return p.Kind
}

// Resend implements demo.Desk.
func (d *desk) Resend(ctx context.Context, id string) (int, error) {
	n, err := d.db.ResendFailed(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("resend: %w", err)
	}
	d.wake()
	return n, nil
}

// valves are the routes that the demo's staff have turned off. They are all open at first.
type valves struct {
	mu  sync.Mutex
	off map[civic.Route]bool
}

// Turn opens or closes a route; it fits demo.Options.
func (v *valves) Turn(route civic.Route, on bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.off == nil {
		v.off = map[civic.Route]bool{}
	}
	v.off[route] = !on
}

// narrow leaves out the routes that are off.
func (v *valves) narrow(m civic.Means) civic.Means {
	v.mu.Lock()
	defer v.mu.Unlock()
	m.Customer = m.Customer && !v.off[civic.ByCustomer]
	if v.off[civic.ByNotice] {
		m.Notice = ""
	}
	if v.off[civic.ByTemplate] {
		m.Template = ""
	}
	return m
}

// The demo's templates, as its account owns them.
const (
	demoTemplate = "demo-template-community-news"
	demoNotice   = "demo-notice-meeting"
)

// demoPush is how the demo tells people: by all ways there are.
func demoPush() *config.Push {
	p := config.DefaultPush()
	fields := []config.PushField{{Name: "thing1", From: "title"}, {Name: "thing2", From: "content"}}
	p.Kinds = map[string]config.PushKind{flows.TellAnnounce: {
		Template: &config.PushTemplate{ID: demoTemplate, Fields: fields}, Notice: &config.PushTemplate{ID: demoNotice, Fields: fields},
	}}
	return &p
}

func demoTemplates() []platform.Template {
	return []platform.Template{{ID: demoTemplate, Title: "社区通知", Fields: []platform.TemplateField{
		{Name: "thing1", Label: "通知标题"}, {Name: "thing2", Label: "通知内容"},
	}}}
}

func demoNotices() []platform.Template {
	return []platform.Template{{ID: demoNotice, Title: "会议通知", Fields: []platform.TemplateField{
		{Name: "thing1", Label: "会议名称"}, {Name: "thing2", Label: "会议内容"},
	}}}
}

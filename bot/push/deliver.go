package push

import (
	"context"
	"slices"
	"time"

	"yishi/flows/civic"
)

// Reasons of outcomes, beside those of civic and of the sender's verdicts.
const (
	reasonNoText   = "no-text"   // it could not be rendered
	reasonUnfit    = "unfit"     // a route could not carry it
	reasonPanic    = "panic"     // the program stumbled over it
	reasonQuota    = "quota"     // waits for it
	reasonQuiet    = "quiet"     // waits for the morning
	reasonUnbegun  = "unbegun"   // the worker stopped, or had too little time
	reasonNoAnswer = "no-answer" // nothing understandable came back
	reasonTemplate = "template"  // waits for the template to be put right
)

// courier takes one delivery down the ladder.
type courier struct {
	*Deliveries
	row    civic.Delivery
	batch  *batch
	means  civic.Means
	text   *Text
	out    civic.Outcome
	called bool // a call may be under way whose end is not known
	unsure bool // an earlier one may have arrived
}

// back gives a row back that was not begun.
func (b *batch) back(row civic.Delivery) {
	b.record(row.Account, civic.Outcome{ID: row.ID, State: civic.Waiting, Tried: row.Tried, Reason: reasonUnbegun, NextAt: b.d.cfg.Now(), Free: true})
}

// record waits until the outcome is in the queue. Where that never succeeds the lease ends,
// and the row is recovered.
func (b *batch) record(a civic.Account, out civic.Outcome) {
	_ = b.d.notes.call(noted{out, a, b.owner}) // was told already
}

// deliver works one row off.
func (d *Deliveries) deliver(ctx context.Context, row civic.Delivery, b *batch) {
	begin := d.cfg.Now()
	if begin.Sub(b.at) > d.lease-d.cfg.CallLimit-leaseMargin/2 {
		d.cfg.Observe("deliveries", Late, 0)
		b.back(row)
		return
	}
	c := &courier{Deliveries: d, row: row, batch: b, out: civic.Outcome{ID: row.ID, Tried: slices.Clone(row.Tried)}}
	if !c.guarded(ctx) {
		d.cfg.Observe("deliveries", Lost, d.cfg.Now().Sub(begin))
		return
	}
	b.record(row.Account, c.out)
	d.cfg.Observe("deliveries", label(c.out), d.cfg.Now().Sub(begin))
}

// label is the outcome as metrics count it.
func label(o civic.Outcome) Outcome {
	if o.State == civic.Sent || o.State == civic.Unknown {
		return Outcome(string(o.State) + "_" + string(o.Route))
	}
	return Outcome(o.State)
}

// guarded turns a panic into an outcome: unknown if the platform may have been called.
func (c *courier) guarded(ctx context.Context) (ours bool) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		blame(ctx, c.cfg.Log, "deliveries", "deliver", cause)
		ours = true
		c.out.Reason, c.out.State = reasonPanic, civic.Failed
		if c.called || c.unsure {
			c.out.State = civic.Unknown
		}
	}()
	return c.descend(ctx)
}

// descend tries one rung after the other until there is an outcome. False means that the row
// is somebody else's by now.
func (c *courier) descend(ctx context.Context) bool {
	c.means = c.cfg.Means(c.row)
	c.means.NoAccount, c.means.Expires = c.row.Account == "", c.row.Expires
	if !c.row.FirstAt.IsZero() {
		return c.repeat(ctx)
	}
	for {
		route, skip, notBefore := civic.Ladder(c.row.Reach, c.means, c.out.Tried, c.cfg.Now(), c.row.Urgent)
		switch {
		case skip == civic.SkipRefused:
			return c.end(civic.Failed, "", skip)
		case skip != "":
			return c.end(civic.Skipped, "", skip)
		case !notBefore.IsZero():
			return c.postpone(notBefore.Add(spread(time.Minute, 1)), reasonQuiet)
		case route == civic.ByInbox:
			return c.end(civic.Inbox, route, c.out.Reason)
		case route == civic.ByDoor:
			return c.end(civic.Door, route, c.out.Reason)
		}
		if over, ours := c.try(ctx, route); over {
			return ours
		}
	}
}

// repeat calls once more what may have arrived, by the same route and as long as the platform
// lets it arrive once. No other route is open to it any more.
func (c *courier) repeat(ctx context.Context) bool {
	c.unsure = true
	if !repeatable(c.row.FirstAt, c.cfg.Now()) {
		return c.end(civic.Unknown, civic.ByTemplate, reasonNoAnswer)
	}
	over, ours := c.try(ctx, civic.ByTemplate)
	if !over || c.out.State == civic.Failed || c.out.State == civic.Waiting && !repeatable(c.row.FirstAt, c.out.NextAt) {
		return c.end(civic.Unknown, civic.ByTemplate, reasonNoAnswer)
	}
	return ours
}

func (c *courier) end(state civic.DeliveryState, route civic.Route, reason string) bool {
	c.out.State, c.out.Route, c.out.Reason = state, route, reason
	return true
}

// wait has it tried again at that time; the ladder will say whether it is of use by then.
func (c *courier) wait(next time.Time, reason string) bool {
	c.out.State, c.out.Reason, c.out.NextAt, c.out.Unsure = civic.Waiting, reason, next, c.unsure
	return true
}

// postpone has it tried again for no fault of the person's, which costs no attempt.
func (c *courier) postpone(next time.Time, reason string) bool {
	c.out.Free = true
	return c.wait(next, reason)
}

// down notes a clear refusal, so that the next rung is tried.
func (c *courier) down(route civic.Route, reason string) {
	c.out.Tried = append(c.out.Tried, route)
	c.out.Reason = reason
}

// try makes one call. over is false when the next rung is to be tried.
func (c *courier) try(ctx context.Context, route civic.Route) (over, ours bool) {
	if c.text == nil {
		text, err := c.cfg.Render(c.row.Kind, c.row.Args, c.row.Reach.MidStep || c.cfg.MidStep(ctx, c.row.Account))
		if err != nil {
			c.cfg.Log.ErrorContext(ctx, "delivery has no text", "kind", c.row.Kind, "delivery", c.row.ID, "error", err)
			return true, c.end(civic.Failed, "", reasonNoText)
		}
		c.text = &text
	}
	if err := c.cfg.Sender.Fits(route, c.row.Kind, *c.text); err != nil {
		c.cfg.Log.ErrorContext(ctx, "delivery does not fit", "kind", c.row.Kind, "route", string(route), "delivery", c.row.ID, "error", err)
		c.down(route, reasonUnfit)
		return false, true
	}
	api := string(route)
	if !c.passes(c.template(route)) {
		return true, c.postpone(c.cfg.Now().Add(probePause+spread(5*time.Second, 1)), reasonTemplate)
	}
	if pause := c.batch.spend(ctx, api); pause > 0 {
		return true, c.postpone(c.cfg.Now().Add(pause+spread(pause/20, 1)), reasonQuota)
	}
	m := &mark{owner: c.batch.owner, id: c.row.ID, route: route}
	c.called = true // whether the mark was written is not known should this fail
	if err := c.marks.call(m); err != nil {
		c.called = false // and the call was surely not made
		c.batch.unspend(api)
		return true, c.postpone(c.cfg.Now().Add(Verdict{Answer: NotSent}.effort().backOff(1)), reasonUnbegun)
	}
	if !m.ours {
		c.batch.unspend(api)
		return true, false
	}
	calling, done := context.WithTimeout(ctx, c.cfg.CallLimit)
	defer done()
	receipt, err := c.cfg.Sender.Send(calling, route, Message{Delivery: c.row.ID, Account: c.row.Account, Kind: c.row.Kind, Text: *c.text})
	v := c.cfg.Sender.Judge(err)
	c.called = false
	if v.Code != 0 {
		c.out.Code = v.Code
		c.cfg.Refused(api, v.Code)
	}
	c.out.Receipt = receipt
	return c.judge(ctx, route, v), true
}

// broken stops the API, or only the template where that is at fault.
func (c *courier) broken(ctx context.Context, route civic.Route, v Verdict) {
	api := string(route)
	if t := c.template(route); v.Template && t != "" {
		c.works(ctx, api)
		c.fail(ctx, t, v)
		c.hold(t)
		return
	}
	c.fail(ctx, api, v)
	c.close(ctx, api, c.cfg.Now().Add(probePause))
}

// template names what a fault of this kind's template is kept under; "": the route has none.
func (c *courier) template(route civic.Route) string {
	switch {
	case route == civic.ByNotice && c.means.Notice != "":
		return NoticeAPI + "/" + c.means.Notice
	case route == civic.ByTemplate && c.means.Template != "":
		return TemplateAPI + "/" + c.means.Template
	}
	return ""
}

// codeNoConsent is the platform's for a notice without a consent.
const codeNoConsent = 43101

// used notes the consent that a notice takes, if it arrived.
func (c *courier) used(route civic.Route) {
	if route == civic.ByNotice {
		c.out.Notice = c.means.Notice
	}
}

// judge says what a verdict means for the delivery and for its API; false: the next rung.
func (c *courier) judge(ctx context.Context, route civic.Route, v Verdict) bool {
	api, now := string(route), c.cfg.Now()
	p := v.effort()
	switch v.Answer {
	case Accepted:
		c.works(ctx, api, c.template(route))
		c.used(route)
		return c.end(civic.Sent, route, "")
	case Refused:
		c.works(ctx, api, c.template(route))
		if route == civic.ByNotice && v.Code == codeNoConsent {
			c.told(ctx, "consent", c.cfg.NoConsent(ctx, c.row.Account, c.means.Notice))
		}
		c.down(route, v.Reason)
		return false
	case Gone:
		return c.end(civic.Failed, route, v.Reason)
	case MinuteQuota, DayQuota:
		until := v.Answer.reopens(now)
		c.close(ctx, api, until)
		return c.postpone(until.Add(spread(5*time.Second, 1)), reasonQuota)
	case Broken:
		c.broken(ctx, route, v)
		return c.postpone(now.Add(probePause+spread(5*time.Second, 1)), v.Reason)
	case NotSent:
		return c.postpone(now.Add(p.backOff(1)), v.Reason)
	case Busy:
		if c.row.Attempts >= p.tries {
			return c.end(civic.Failed, route, v.Reason)
		}
		return c.wait(now.Add(p.backOff(c.row.Attempts)), v.Reason)
	case Unsure:
	}
	first := c.row.FirstAt
	if first.IsZero() {
		first = now
	}
	next := now.Add(p.backOff(c.row.Attempts))
	if route != civic.ByTemplate || !repeatable(first, next) || c.row.Attempts >= p.tries {
		c.used(route)
		return c.end(civic.Unknown, route, reasonNoAnswer)
	}
	c.unsure = true
	return c.wait(next, reasonNoAnswer)
}

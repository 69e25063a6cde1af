package push

import (
	"context"
	"time"

	"yishi/flows/civic"
)

// mark is one delivery on its way through Calling.
type mark struct {
	owner string
	id    int64
	route civic.Route
	ours  bool
}

// mark marks all who are about to be sent by one statement.
func (d *Deliveries) mark(ctx context.Context, all []*mark) error {
	ctx, done := context.WithTimeout(ctx, leaseMargin/2)
	defer done()
	type alike struct {
		owner string
		route civic.Route
	}
	groups := map[alike][]int64{}
	for _, m := range all {
		g := alike{m.owner, m.route}
		groups[g] = append(groups[g], m.id)
	}
	ours := make(map[int64]bool, len(all))
	for g, ids := range groups {
		mine, err := d.cfg.Queue.Calling(ctx, g.owner, ids, g.route, d.lease)
		if d.told(ctx, "mark", err) {
			return err
		}
		for _, id := range mine {
			ours[id] = true
		}
	}
	for _, m := range all {
		m.ours = ours[m.id]
	}
	return nil
}

// noted is an outcome on its way into the queue.
type noted struct {
	civic.Outcome
	account civic.Account
	owner   string // of the claim
}

// note records outcomes, and tries until it could: what is not recorded becomes unknown.
func (d *Deliveries) note(ctx context.Context, all []noted) error {
	groups := map[string][]civic.Outcome{}
	for _, n := range all {
		groups[n.owner] = append(groups[n.owner], n.Outcome)
	}
	for owner, outcomes := range groups {
		if err := d.noteOf(ctx, owner, outcomes); err != nil {
			return err
		}
	}
	d.post(all)
	return nil
}

// noteOf records the outcomes of one claim.
func (d *Deliveries) noteOf(ctx context.Context, owner string, outcomes []civic.Outcome) error {
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, downPause) {
		limited, done := context.WithTimeout(ctx, recordLimit)
		lost, err := d.cfg.Queue.RecordDeliveries(limited, owner, outcomes)
		done()
		if !d.told(ctx, "record", err) {
			if lost > 0 {
				d.cfg.Log.WarnContext(ctx, "deliveries not recorded", "rows", lost)
			}
			d.settled.Add(uint64(len(outcomes) - lost))
			return nil
		}
		if !nap(ctx, pause) {
			return err
		}
	}
}

const (
	mailMost  = 64              // batches that wait to be marked
	markLimit = 3 * time.Second // for one of them
)

// post has those marked who were not reached now. When the marks cannot keep up some are left
// out: they are hints.
func (d *Deliveries) post(all []noted) {
	var waits []civic.Account
	for _, n := range all {
		late := n.State == civic.Waiting && (n.Reason == reasonQuiet || n.Reason == reasonQuota)
		if n.account != "" && (late || n.State == civic.Inbox) {
			waits = append(waits, n.account)
		}
	}
	if len(waits) == 0 {
		return
	}
	select {
	case d.mail <- waits:
	default:
	}
}

// markMail marks people until the last batch was handed over.
func (d *Deliveries) markMail(ctx context.Context) {
	for waits := range d.mail {
		limited, done := context.WithTimeout(ctx, markLimit)
		d.told(ctx, "mail", d.cfg.Mark(limited, waits))
		done()
	}
}

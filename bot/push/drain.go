package push

import (
	"context"
	"fmt"
	"sync"

	"yishi/flows/civic"
)

// Drain works off what is due now, one delivery after the other in the order claimed, and says
// how many were in hand. It is for tests and for whoever wants the queue empty at a known
// moment: it returns at the first error of the queue, when nothing is due any more, or when
// ctx ends. It must not run beside Run or itself; other replicas may.
func (d *Deliveries) Drain(ctx context.Context) (int, error) {
	d.marks = newGroup(1, 0, d.mark)
	d.notes = newGroup(1, 0, d.note)
	var clerks sync.WaitGroup
	clerks.Go(func() { d.marks.run(ctx) })
	clerks.Go(func() { d.notes.run(ctx) })
	d.mail = make(chan []civic.Account, mailMost)
	var postman sync.WaitGroup
	postman.Go(func() { d.markMail(ctx) })
	defer func() {
		d.marks.close()
		d.notes.close()
		clerks.Wait()
		close(d.mail)
		postman.Wait()
	}()
	total := 0
	for ctx.Err() == nil {
		n, err := d.drainBatch(ctx)
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
	return total, ctx.Err()
}

// drainBatch expands what is due and works one claim off.
func (d *Deliveries) drainBatch(ctx context.Context) (int, error) {
	for ctx.Err() == nil {
		n, err := d.cfg.Queue.Expand(ctx, expandChunk)
		if err != nil {
			return 0, fmt.Errorf("drain: %w", err)
		}
		if n == 0 {
			break
		}
	}
	grants, probes, sum, _ := d.grants(ctx)
	var rows []civic.Delivery
	var err error
	from, owner := d.cfg.Now(), newOwner()
	if sum > 0 {
		rows, err = d.cfg.Queue.ClaimDeliveries(ctx, owner, sum, d.lease)
	}
	if len(rows) == 0 {
		d.giveBack(context.WithoutCancel(ctx), grants)
		d.unprobe(probes)
		if err != nil {
			return 0, fmt.Errorf("drain: %w", err)
		}
		return 0, nil
	}
	b := &batch{d: d, rows: rows, at: from, owner: owner, grants: grants, probes: probes, inHand: len(rows)}
	for _, row := range rows {
		d.deliver(ctx, row, b)
		b.done(ctx)
	}
	return len(rows), nil
}

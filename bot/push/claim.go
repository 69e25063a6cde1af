package push

import (
	"context"
	"slices"
	"sync"
	"time"

	"yishi/flows/civic"
)

// batch is what one claim took, with the calls that were granted for it.
type batch struct {
	d    *Deliveries
	rows []civic.Delivery
	at   time.Time // of the claim

	probes map[string]bool // APIs with a fault that this batch tries

	mu     sync.Mutex
	grants map[string]int
	inHand int
}

// spend takes one of the granted calls. Where none is left for that API it asks for one more:
// until a row is claimed nobody knows by which route it goes. It returns how long to wait
// instead, zero when the call may be made.
func (b *batch) spend(ctx context.Context, api string) time.Duration {
	shut := b.d.shutFor(api)
	b.mu.Lock()
	granted := b.grants[api] > 0 && (shut == 0 || b.probes[api])
	if granted {
		b.grants[api]--
	}
	b.mu.Unlock()
	switch {
	case granted:
		return 0
	case shut > 0:
		return shut
	case !b.d.mayTry(api):
		return probePause // somebody else tries whether it is over
	}
	n, wait, err := b.d.cfg.Meter.Take(ctx, api, 1)
	if err != nil {
		return downPause
	}
	if n == 1 {
		return 0
	}
	return max(wait, time.Millisecond)
}

// unspend puts back a call that was not made after all.
func (b *batch) unspend(api string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.grants[api]++
}

// done counts a row off; the last returns what is left of the grants.
func (b *batch) done(ctx context.Context) {
	b.mu.Lock()
	b.inHand--
	last := b.inHand == 0
	b.mu.Unlock()
	if last {
		b.d.giveBack(ctx, b.grants)
	}
}

func (d *Deliveries) giveBack(ctx context.Context, grants map[string]int) {
	for api, n := range grants {
		if n > 0 {
			d.told(ctx, "meter", d.cfg.Meter.Give(ctx, api, n))
		}
	}
}

// claim takes what the meter grants from the queue, one batch ahead of the hands, until ctx ends.
func (d *Deliveries) claim(ctx context.Context, batches chan<- *batch) {
	defer close(batches)
	for ctx.Err() == nil {
		grants, probes, sum, wait := d.grants(ctx)
		d.held.Store(sum == 0 && wait >= longestNap)
		if sum == 0 {
			d.rest(ctx, min(max(wait, time.Millisecond), longestNap))
			continue
		}
		// Not ended by ctx: a claim that is cut may have been made, and nobody could give it back.
		asking, done := context.WithTimeout(context.WithoutCancel(ctx), claimLimit)
		from := d.cfg.Now()
		rows, err := d.cfg.Queue.ClaimDeliveries(asking, d.owner, sum, d.lease)
		done()
		if rows = d.take(rows); len(rows) == 0 {
			d.giveBack(context.WithoutCancel(ctx), grants)
			d.unprobe(probes)
			pause := deliveriesPoll
			if d.told(ctx, "claim", err) {
				pause = downPause
			}
			d.rest(ctx, spread(pause, pollJitter))
			continue
		}
		d.told(ctx, "claim", nil)
		// Sent even when ctx has ended: dispatch gives back what was not begun.
		batches <- &batch{d: d, rows: rows, at: from, grants: grants, probes: probes, inHand: len(rows)}
	}
}

// take leaves out rows that are in hand already: their lease ended, or the answer to their
// record was lost, which is being repeated. Two of this worker would both pass for the owner:
// the record of the first might undo what the second did, and the person be told twice. Their
// new lease ends by itself.
func (d *Deliveries) take(rows []civic.Delivery) []civic.Delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(rows, func(row civic.Delivery) bool {
		was := d.inHand[row.ID]
		d.inHand[row.ID] = true
		return was
	})
}

// release notes that a row is not in hand any more.
func (d *Deliveries) release(id int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.inHand, id)
}

// Held says whether a quota that is used up, or a fault of the set-up, keeps all routes shut.
func (d *Deliveries) Held() bool { return d.held.Load() }

// Settled is how many outcomes were recorded so far: one that rises says that the queue moves.
func (d *Deliveries) Settled() uint64 { return d.settled.Load() }

// rest waits for a wake-up, the pause or the end.
func (d *Deliveries) rest(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-d.wake:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// grants asks the meter for a batch: the first route first, the rest by the others. An
// API with a fault is tried by one call. Wait is when the first of them may grant more.
func (d *Deliveries) grants(ctx context.Context) (grants map[string]int, probes map[string]bool, sum int, wait time.Duration) {
	grants, probes = map[string]int{}, map[string]bool{}
	for _, route := range d.cfg.Routes {
		api, want := string(route), d.cfg.Claim-sum
		if want <= 0 {
			break
		}
		later := d.shutFor(api)
		if later == 0 {
			if d.probe(api) {
				want, probes[api] = 1, true
			}
			n, w, err := d.cfg.Meter.Take(ctx, api, want)
			if err != nil {
				n, w = 0, downPause
			}
			grants[api], sum, later = n, sum+n, w
		}
		if later > 0 && (wait == 0 || later < wait) {
			wait = later
		}
	}
	return grants, probes, sum, wait
}

// shutFor is how long an API is not to be called, as far as this replica has seen.
func (d *Deliveries) shutFor(api string) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return max(0, d.shut[api].Sub(d.cfg.Now()))
}

// mayTry says whether the API has no fault, or has one and the caller is to try it: a claim that
// asked for another API's rows may bring the first one in a while that goes by this one.
func (d *Deliveries) mayTry(api string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.cfg.Now()
	if _, is := d.faults[api]; !is {
		return true
	}
	if now.Before(d.shut[api]) {
		return false
	}
	d.shut[api] = now.Add(probePause)
	return true
}

// probe says whether the API has a fault, and keeps everybody else from trying it meanwhile.
func (d *Deliveries) probe(api string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, is := d.faults[api]
	if is {
		d.shut[api] = d.cfg.Now().Add(probePause)
	}
	return is
}

// unprobe takes a try back that found nobody to tell.
func (d *Deliveries) unprobe(probes map[string]bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for api := range probes {
		delete(d.shut, api)
	}
}

// close keeps an API from being called, here and in all replicas.
func (d *Deliveries) close(ctx context.Context, api string, until time.Time) {
	d.mu.Lock()
	known := !until.After(d.shut[api])
	if !known {
		d.shut[api] = until
	}
	d.mu.Unlock()
	if known {
		return
	}
	d.told(ctx, "meter", d.cfg.Meter.Close(ctx, api, until))
}

// fail notes a fault of the set-up: of an API, or of one template of it.
func (d *Deliveries) fail(ctx context.Context, what string, v Verdict) {
	d.mu.Lock()
	_, known := d.faults[what]
	d.faults[what] = v
	d.mu.Unlock()
	if !known {
		d.cfg.Log.ErrorContext(ctx, "deliveries stopped", "api", what, "code", v.Code, "reason", v.Reason)
	}
}

// passes says whether a template may be used. One with a fault is tried once in a while.
func (d *Deliveries) passes(template string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, is := d.faults[template]
	now := d.cfg.Now()
	switch {
	case !is:
		return true
	case now.Before(d.shut[template]):
		return false
	}
	d.shut[template] = now.Add(probePause) // for the others, while this one tries
	return true
}

// hold keeps a template from being used for a while, in this replica.
func (d *Deliveries) hold(template string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shut[template] = d.cfg.Now().Add(probePause)
}

// works notes that APIs, or templates of them, take calls.
func (d *Deliveries) works(ctx context.Context, all ...string) {
	for _, what := range all {
		d.mu.Lock()
		_, was := d.faults[what]
		if was {
			delete(d.faults, what)
			delete(d.shut, what)
		}
		d.mu.Unlock()
		if was {
			d.cfg.Log.InfoContext(ctx, "deliveries go on", "api", what)
		}
	}
}

// expand makes deliveries of pushes that are due, until ctx ends.
func (d *Deliveries) expand(ctx context.Context) {
	for ctx.Err() == nil {
		asking, done := context.WithTimeout(ctx, time.Minute)
		n, err := d.cfg.Queue.Expand(asking, expandChunk)
		done()
		d.told(ctx, "expand", err)
		if n > 0 {
			select {
			case d.wake <- struct{}{}:
			default:
			}
		}
		if n > 0 && err == nil {
			continue
		}
		timer := time.NewTimer(spread(deliveriesPoll, pollJitter))
		select {
		case <-d.spur:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// recover takes up what a worker left that died, until ctx ends.
func (d *Deliveries) recover(ctx context.Context) {
	for nap(ctx, spread(recoverPoll, pollJitter)) {
		asking, done := context.WithTimeout(ctx, claimLimit)
		n, err := d.cfg.Queue.RecoverDeliveries(asking)
		done()
		if !d.told(ctx, "recover", err) && n > 0 {
			d.cfg.Log.WarnContext(ctx, "deliveries recovered", "rows", n)
		}
	}
}

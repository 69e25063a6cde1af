package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"yishi/flows/civic"
)

// DeliveryQueue is where deliveries wait. Owner names one claim; a row is changed
// only under the lease of the claim that it is in.
type DeliveryQueue interface {
	// Expand turns the audiences of due pushes into deliveries and says how many people it
	// looked at: about most, fewer when nothing is left to do.
	Expand(ctx context.Context, most int) (int, error)
	// ClaimDeliveries takes at most n due rows under a lease, and counts the attempt.
	ClaimDeliveries(ctx context.Context, owner string, n int, lease time.Duration) ([]civic.Delivery, error)
	// Calling marks rows about to be sent by a route, and renews their lease. It returns the
	// rows that are still the owner's; the others must not be sent. What is marked and never
	// recorded is recovered as unknown, or as another attempt while that is harmless.
	Calling(ctx context.Context, owner string, ids []int64, by civic.Route, lease time.Duration) ([]int64, error)
	// RecordDeliveries settles rows and says how many were not: they are not the owner's any more.
	RecordDeliveries(ctx context.Context, owner string, outcomes []civic.Outcome) (lost int, err error)
	// RecoverDeliveries takes up rows whose lease ended and says how many.
	RecoverDeliveries(ctx context.Context) (int, error)
}

// Text is what a person is told, as the routes can carry it.
type Text struct {
	Plain  string            // customer messages
	Media  civic.ToldMedia   // goes by customer message instead of Plain
	Fields map[string]string // notices and templates, by purpose; the configuration maps them
}

// Message is one text for one account.
type Message struct {
	Delivery int64 // the id by which the platform knows a repeat
	Account  civic.Account
	Kind     string
	Text     Text
}

// Sender calls the platform. It is asked for the routes customer, notice and template only.
type Sender interface {
	// Fits says why a route cannot carry a text of this kind: the field and the limit.
	Fits(route civic.Route, kind string, text Text) error
	// Send makes one call, and repeats it once if only the access token was refused. Receipt
	// is the platform's id of the message, "" where the route has none.
	Send(ctx context.Context, route civic.Route, m Message) (receipt string, err error)
	// Judge says what an error of Send means; nil is Accepted.
	Judge(err error) Verdict
}

// Bounds of the work; see DeliveriesConfig for those that can be set.
const (
	defaultHands    = 256
	defaultClaim    = 500
	defaultCall     = 5 * time.Second
	leaseMargin     = 3 * time.Second // beside the call: to mark it and to record it
	expandChunk     = 10_000
	recordMost      = 200
	recordPause     = 5 * time.Millisecond
	noteLanes       = 2 // so that outcomes do not wait for the disk one after the other
	recoverPoll     = time.Second
	deliveriesPoll  = time.Second
	longestNap      = time.Second // so that somebody who reopens a quota is heard
	probePause      = time.Minute // between two tries at a fault of the set-up
	downPause       = time.Second
	recordLimit     = 5 * time.Second
	deliveriesGrace = 10 * time.Second
)

// DeliveriesConfig is what the sender needs. Zero means the stated default; all others must be set.
type DeliveriesConfig struct {
	Queue  DeliveryQueue
	Sender Sender
	Meter  Meter
	// Render makes the text of a kind; midStep says that a question is open in the chat, so
	// that the text ends with the way back to it. An error means that it can never be made.
	Render func(kind string, args json.RawMessage, midStep bool) (Text, error)
	// Means are the routes for a delivery. NoAccount and Expires are filled in afterwards.
	Means func(d civic.Delivery) civic.Means
	// NoConsent notes that an account has no consent left for a subscription template, or
	// refused it; nil: nobody keeps a ledger.
	NoConsent func(ctx context.Context, a civic.Account, template string) error
	// MidStep says whether a question is open in an account's chat; nil: never.
	MidStep func(ctx context.Context, a civic.Account) bool
	// Mark notes that something waits for people who were not reached now: in the inbox, or until
	// the quiet hours or a quota are over. A mark that is lost costs them a look into the inbox.
	// nil: nobody looks.
	Mark func(ctx context.Context, accounts []civic.Account) error
	// Routes are the ways to reach out that the account has; those of Means are among them.
	// Default customer messages only.
	Routes []civic.Route
	// Hands is how many deliveries are in hand at once: as many may be unknown after a kill.
	// Default 256.
	Hands int
	// Claim is how many rows one claim takes at most. Default 500.
	Claim int
	// CallLimit is the time of one call to the platform, its second try with a new token
	// included. Default 5 s. The lease is 3 s longer.
	CallLimit time.Duration
	// Now is the program's clock.
	Now func() time.Time
	// Observe counts and times what happened, by state and route; nil means nobody looks.
	Observe func(queue string, outcome Outcome, took time.Duration)
	// Refused counts the platform's refusals; nil means nobody looks.
	Refused func(api string, code int)
	Log     *slog.Logger
}

// Deliveries sends what waits in the queue, each person's by the ladder. Any number of replicas
// may run. Create it with NewDeliveries.
type Deliveries struct {
	cfg   DeliveriesConfig
	lease time.Duration
	wake  chan struct{}
	spur  chan struct{} // wakes the expander
	marks *group[*mark]
	notes *group[noted]
	mail  chan []civic.Account // to be marked

	held    atomic.Bool
	settled atomic.Uint64

	mu     sync.Mutex
	shut   map[string]time.Time // APIs that are not to be called before
	faults map[string]Verdict   // of the set-up, by API or template
	down   map[string]bool      // what does not answer, so that it is told once
}

// NewDeliveries checks the configuration and fills in its defaults.
func NewDeliveries(c DeliveriesConfig) (*Deliveries, error) {
	if c.Queue == nil || c.Sender == nil || c.Meter == nil || c.Render == nil || c.Means == nil || c.Now == nil || c.Log == nil {
		return nil, errors.New("deliveries: Queue, Sender, Meter, Render, Means, Now and Log must be set")
	}
	if c.Hands < 0 || c.Claim < 0 || c.CallLimit < 0 {
		return nil, errors.New("deliveries: negative setting")
	}
	if c.Hands == 0 {
		c.Hands = defaultHands
	}
	if c.Claim == 0 {
		c.Claim = defaultClaim
	}
	if len(c.Routes) == 0 {
		c.Routes = []civic.Route{civic.ByCustomer}
	}
	c.CallLimit = orElse(c.CallLimit, defaultCall)
	if c.Observe == nil {
		c.Observe = func(string, Outcome, time.Duration) {}
	}
	if c.MidStep == nil {
		c.MidStep = func(context.Context, civic.Account) bool { return false }
	}
	if c.NoConsent == nil {
		c.NoConsent = func(context.Context, civic.Account, string) error { return nil }
	}
	if c.Mark == nil {
		c.Mark = func(context.Context, []civic.Account) error { return nil }
	}
	if c.Refused == nil {
		c.Refused = func(string, int) {}
	}
	d := &Deliveries{
		cfg: c, lease: c.CallLimit + leaseMargin,
		wake: make(chan struct{}, 1), spur: make(chan struct{}, 1),
		mail: make(chan []civic.Account, mailMost),
		shut: map[string]time.Time{}, faults: map[string]Verdict{}, down: map[string]bool{},
	}
	return d, nil
}

// Wake has the queue looked at at once, such as after a commit that made a push. It never
// blocks, and a call that is lost costs a second.
func (d *Deliveries) Wake() {
	for _, c := range []chan struct{}{d.wake, d.spur} {
		select {
		case c <- struct{}{}:
		default: // it is about to look anyway
		}
	}
}

// Healthy names the faults of the set-up that keep an API, or a template, from being used; nil
// when there is none. Each is tried again once a minute by one delivery.
func (d *Deliveries) Healthy() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []error
	for _, what := range slices.Sorted(maps.Keys(d.faults)) {
		v := d.faults[what]
		all = append(all, fmt.Errorf("deliveries: %s messages stopped: %s (code %d)", what, v.Reason, v.Code))
	}
	return errors.Join(all...)
}

// ErrUnfit says that no route could carry a text: it is refused before it is queued.
var ErrUnfit = errors.New("text fits no route")

// Check refuses what could not be told to anybody: a text that cannot be made, or that a route
// which is configured for its kind cannot carry. The error names the field and the limit.
func (d *Deliveries) Check(kind string, args json.RawMessage) error {
	text, err := d.cfg.Render(kind, args, true)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnfit, err)
	}
	m := d.cfg.Means(civic.Delivery{Kind: kind, Args: args})
	for route, on := range map[civic.Route]bool{civic.ByCustomer: m.Customer, civic.ByNotice: m.Notice != "", civic.ByTemplate: m.Template != ""} {
		if !on {
			continue
		}
		if err := d.cfg.Sender.Fits(route, kind, text); err != nil {
			return fmt.Errorf("%w: by %s: %w", ErrUnfit, route, err)
		}
	}
	return nil
}

// Run works until ctx ends. Then it claims nothing more, gives back what was not begun, lets
// the calls in hand end, records them and returns: none is left unknown unless the database
// is away for longer than 10 s. Run it once.
func (d *Deliveries) Run(ctx context.Context) {
	hard, drop := context.WithCancel(context.WithoutCancel(ctx))
	defer drop()
	d.marks = newGroup(d.cfg.Hands, 0, d.mark)
	d.notes = newGroup(recordMost, recordPause, d.note)
	var clerks, loops sync.WaitGroup
	clerks.Go(func() { d.marks.run(hard) })
	for range noteLanes {
		clerks.Go(func() { d.notes.run(hard) })
	}
	var postman sync.WaitGroup
	postman.Go(func() { d.markMail(hard) })
	loops.Go(func() { d.expand(ctx) })
	loops.Go(func() { d.recover(ctx) })
	batches := make(chan *batch)
	loops.Go(func() { d.claim(ctx, batches) })
	ended := make(chan struct{})
	go func() {
		d.dispatch(ctx, hard, batches)
		d.marks.close()
		d.notes.close()
		clerks.Wait()
		close(d.mail)
		postman.Wait()
		loops.Wait()
		close(ended)
	}()
	<-ctx.Done()
	grace := time.NewTimer(deliveriesGrace)
	defer grace.Stop()
	select {
	case <-ended:
	case <-grace.C:
		drop()
		<-ended
	}
}

// dispatch hands rows out until the claims end, and waits for all hands.
func (d *Deliveries) dispatch(ctx, hard context.Context, batches <-chan *batch) {
	slots := make(chan struct{}, d.cfg.Hands)
	var inHand sync.WaitGroup
	for b := range batches {
		for _, row := range b.rows {
			slots <- struct{}{} // a hand is always free in the end: calls have a limit
			inHand.Go(func() {
				defer func() { <-slots }()
				defer b.done(hard)
				if ctx.Err() != nil {
					b.back(row)
					return
				}
				d.deliver(hard, row, b)
			})
		}
	}
	inHand.Wait()
}

// told says whether err is one, and tells the operator when it comes and when it goes.
func (d *Deliveries) told(ctx context.Context, what string, err error) bool {
	d.mu.Lock()
	was := d.down[what]
	d.down[what] = err != nil
	d.mu.Unlock()
	switch {
	case err != nil && !was && ctx.Err() == nil:
		d.cfg.Log.ErrorContext(ctx, "queue cannot be asked", "queue", "deliveries", "at", what, "error", err)
	case err == nil && was:
		d.cfg.Log.InfoContext(ctx, "queue answers again", "queue", "deliveries", "at", what)
	}
	return err != nil
}

// nap waits; false means that ctx ended.
func nap(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

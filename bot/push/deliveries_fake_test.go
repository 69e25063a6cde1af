package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"yishi/flows/civic"
)

// parcel is one row of the fake queue of deliveries.
type parcel struct {
	civic.Delivery
	state   civic.DeliveryState
	at      time.Time // waiting: due; sending: end of the lease
	owner   string
	calling civic.Route
	route   civic.Route // called last
	out     civic.Outcome
}

// parcels is a fake of the deliveries' table that settles, leases and recovers as the store does.
type parcels struct {
	mu      sync.Mutex
	rows    []*parcel
	away    error // what every call ends in while it is set
	claimed int
}

func (q *parcels) Expand(context.Context, int) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return 0, q.away
}

func (q *parcels) ClaimDeliveries(_ context.Context, owner string, n int, lease time.Duration) ([]civic.Delivery, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var all []civic.Delivery
	for _, r := range q.rows {
		if len(all) == n || q.away != nil {
			break
		}
		if r.state == civic.Waiting && !time.Now().Before(r.at) {
			r.state, r.owner, r.at, r.calling = civic.Sending, owner, time.Now().Add(lease), ""
			r.Attempts++
			all = append(all, r.Delivery)
		}
	}
	q.claimed += len(all)
	return all, q.away
}

func (q *parcels) Calling(_ context.Context, owner string, ids []int64, by civic.Route, lease time.Duration) ([]int64, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.away != nil {
		return nil, q.away
	}
	var mine []int64
	for _, id := range ids {
		r := q.rows[id-1]
		if r.owner != owner || r.state != civic.Sending {
			continue
		}
		if r.route != by {
			r.FirstAt = time.Time{}
		}
		if r.FirstAt.IsZero() {
			r.FirstAt = time.Now()
		}
		r.route, r.calling, r.at = by, by, time.Now().Add(lease)
		mine = append(mine, id)
	}
	return mine, nil
}

func (q *parcels) RecordDeliveries(_ context.Context, owner string, outcomes []civic.Outcome) (lost int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.away != nil {
		return 0, q.away
	}
	for _, o := range outcomes {
		r := q.rows[o.ID-1]
		late := r.state == civic.Unknown && (o.State == civic.Sent || o.State == civic.Failed)
		if r.owner != owner || r.state != civic.Sending && !late {
			lost++
			continue
		}
		r.state, r.owner, r.out, r.Tried, r.at = o.State, "", o, o.Tried, o.NextAt
		if o.Free {
			r.Attempts--
		}
		if !o.Unsure {
			r.FirstAt = time.Time{}
		}
	}
	return lost, nil
}

func (q *parcels) RecoverDeliveries(context.Context) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for _, r := range q.rows {
		if q.away != nil || r.state != civic.Sending || time.Now().Before(r.at) {
			continue
		}
		n++
		switch {
		case r.calling == "", r.calling == civic.ByTemplate && time.Since(r.FirstAt) < 9*time.Minute:
			r.state, r.at = civic.Waiting, time.Now()
		default:
			r.state, r.out = civic.Unknown, civic.Outcome{ID: r.ID, State: civic.Unknown, Route: r.calling}
		}
	}
	return n, q.away
}

// fault sets what every call ends in; nil: nothing.
func (q *parcels) fault(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.away = err
}

// count is how many rows are in each state.
func (q *parcels) count() map[civic.DeliveryState]int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := map[civic.DeliveryState]int{}
	for _, r := range q.rows {
		n[r.state]++
	}
	return n
}

// final says whether nothing waits any more.
func (q *parcels) final() bool {
	n := q.count()
	return n[civic.Waiting]+n[civic.Sending] == 0
}

// callError is what the fake platform answers.
type callError struct{ v Verdict }

func (e *callError) Error() string { return fmt.Sprintf("call ended in %d", e.v.Code) }

func answers(a Answer, code int, reason string) error {
	return &callError{Verdict{Answer: a, Code: code, Reason: reason}}
}

// wire is a fake of the platform: it counts what arrives on each phone.
type wire struct {
	delay  time.Duration
	answer func(n int, route civic.Route, m Message) (arrives bool, err error) // of the n-th call, from 1
	fits   func(route civic.Route, text Text) error

	mu      sync.Mutex
	calls   int
	at      []time.Time
	arrived map[civic.Account]int
	known   map[int64]time.Time // template messages by our id
	texts   map[civic.Account]string
}

func (w *wire) Fits(route civic.Route, _ string, text Text) error {
	if w.fits == nil {
		return nil
	}
	return w.fits(route, text)
}

func (w *wire) Send(ctx context.Context, route civic.Route, m Message) (string, error) {
	w.mu.Lock()
	w.calls++
	w.at = append(w.at, time.Now())
	arrives, err := true, error(nil)
	if w.answer != nil {
		arrives, err = w.answer(w.calls, route, m)
	}
	if first, is := w.known[m.Delivery]; route == civic.ByTemplate && is && time.Since(first) < 10*time.Minute {
		arrives = false
	}
	if arrives {
		w.arrived[m.Account]++
		w.texts[m.Account] = m.Text.Plain
		w.known[m.Delivery] = time.Now()
	}
	w.mu.Unlock()
	select {
	case <-time.After(w.delay):
	case <-ctx.Done():
		return "", answers(Unsure, 0, "timeout")
	}
	return "msg", err
}

func (w *wire) Judge(err error) Verdict {
	var e *callError
	if errors.As(err, &e) {
		return e.v
	}
	if err != nil {
		return Verdict{Answer: Unsure}
	}
	return Verdict{Answer: Accepted}
}

// office is a queue, a platform and what workers need, in fake time.
type office struct {
	queue  *parcels
	wire   *wire
	meter  Meter
	means  civic.Means
	log    *slog.Logger
	routes []civic.Route
	spent  []string // consents that turned out to be none
}

func allRoutes() []civic.Route {
	return []civic.Route{civic.ByCustomer, civic.ByNotice, civic.ByTemplate}
}

// newOffice has n people waiting, who all wrote just now.
func newOffice(n int) *office {
	o := &office{
		queue: &parcels{},
		wire:  &wire{delay: 20 * time.Millisecond, arrived: map[civic.Account]int{}, known: map[int64]time.Time{}, texts: map[civic.Account]string{}},
		meter: NewMemoryMeter(nil, time.Now),
		means: civic.Means{Customer: true, Zone: time.FixedZone("", 12*60*60)}, // fake time begins at midnight UTC
		log:   slog.New(slog.DiscardHandler),
	}
	for i := range n {
		o.queue.rows = append(o.queue.rows, &parcel{
			Delivery: civic.Delivery{
				ID: int64(i + 1), Account: civic.Account(fmt.Sprintf("o%06d", i)), Kind: "announce",
				Reach: civic.Reach{Following: true, LastMessageAt: time.Now(), Consents: map[string]int{"N": 1}},
			},
			state: civic.Waiting, at: time.Now(),
		})
	}
	return o
}

// config is a worker's, without its hands.
func (o *office) config() DeliveriesConfig {
	return DeliveriesConfig{
		Queue: o.queue, Sender: o.wire, Meter: o.meter, Now: time.Now, Log: o.log,
		Means: func(civic.Delivery) civic.Means { return o.means },
		Render: func(_ string, _ json.RawMessage, midStep bool) (Text, error) {
			if midStep {
				return Text{Plain: "通知。回“继续”接着办。"}, nil
			}
			return Text{Plain: "通知。", Fields: map[string]string{"content": "通知"}}, nil
		},
		NoConsent: func(_ context.Context, a civic.Account, template string) error {
			o.queue.mu.Lock()
			defer o.queue.mu.Unlock()
			o.spent = append(o.spent, string(a)+" "+template)
			return nil
		},
		Routes: o.routes, Hands: 50, Claim: 100,
	}
}

// start runs a worker; stop ends it as a signal would and waits.
func start(t *testing.T, c DeliveriesConfig) (d *Deliveries, stop func()) {
	t.Helper()
	d, err := NewDeliveries(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.Run(ctx)
	}()
	return d, func() {
		cancel()
		<-ended
	}
}

// settle waits until nothing waits any more and says how long that took.
func (o *office) settle(t *testing.T, limit time.Duration) time.Duration {
	t.Helper()
	from := time.Now()
	for !o.queue.final() {
		if time.Since(from) > limit {
			t.Fatalf("not settled after %v: %v", limit, o.queue.count())
		}
		<-time.After(max(10*time.Millisecond, time.Since(from)/1000))
	}
	return time.Since(from)
}

// audit checks what must hold in the end whatever happened: every person is in one final
// state, nobody was told twice, and what is called sent has arrived.
func (o *office) audit(t *testing.T) {
	t.Helper()
	o.wire.mu.Lock()
	defer o.wire.mu.Unlock()
	sum := 0
	for _, n := range o.queue.count() {
		sum += n
	}
	if sum != len(o.queue.rows) || !o.queue.final() {
		t.Errorf("%v do not sum up to %d", o.queue.count(), len(o.queue.rows))
	}
	for _, r := range o.queue.rows {
		n := o.wire.arrived[r.Account]
		switch {
		case n > 1:
			t.Errorf("%s was told %d times", r.Account, n)
		case r.state == civic.Sent && n != 1:
			t.Errorf("%s is called sent and was not told", r.Account)
		case slices.Contains([]civic.DeliveryState{civic.Inbox, civic.Door, civic.Skipped, civic.Failed}, r.state) && n != 0:
			t.Errorf("%s is called %s and was told", r.Account, r.state)
		}
	}
}

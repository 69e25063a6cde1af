package platform

import (
	"context"
	"slices"
	"strconv"
	"sync"
)

// What a receipt says of a template message. Of a notice it is told by a code: 0, 43101 or -1.
const (
	ReceiptSuccess = "success"
	ReceiptBlocked = "failed:user block"
	ReceiptFailed  = "failed: system failed"
)

// KindReceipt is the Event of a receipt that the bot took; Text is what it says.
const KindReceipt = "receipt"

const (
	receiptSenders = 8      // receipts under way at the same time
	keptReceipts   = 10_000 // in an export
)

// ReceiptLies are ways in which receipts mislead. The zero value is honest.
type ReceiptLies struct {
	Shuffled bool // in any order; to be sure of it, HoldReceipts until there are some
	Twice    bool // each one a second time
	Stranger bool // before each one another to the same openid, for an id that never was given
	Withheld bool // none at all
	Early    bool // before the bot has the answer that names the id
}

// receipt is what became of one accepted message.
type receipt struct {
	Openid   string `json:"openid"`
	ID       int64  `json:"id"`
	Template string `json:"template,omitempty"` // of a notice
	Status   string `json:"status"`
}

// receipts delivers in the background, by as many senders as needed and none when idle.
type receipts struct {
	mu      sync.Mutex
	queue   []receipt
	flying  []receipt
	senders int
	held    bool
	lies    ReceiptLies
	closed  bool
	quiet   chan struct{} // closed when nothing is under way; nil when nobody waits
	wg      sync.WaitGroup
}

// report notes a receipt to be sent when the call is over; an empty status is none.
func (c *call) report(r receipt) {
	if r.Status != "" {
		c.receipts = append(c.receipts, r)
	}
}

// sendReceipts is called without the platform's lock, at the end of a call, or at once if early.
func (c *call) sendReceipts(early bool) {
	if len(c.receipts) == 0 {
		return
	}
	q := &c.p.receipts
	q.mu.Lock()
	lies := q.lies
	q.mu.Unlock()
	if early && !lies.Early {
		return
	}
	list := c.receipts
	c.receipts = nil
	if lies.Withheld {
		return
	}
	var all []receipt
	for _, r := range list {
		if lies.Stranger {
			stranger := r
			stranger.ID = c.p.strangeID()
			all = append(all, stranger)
		}
		all = append(all, r)
		if lies.Twice {
			all = append(all, r)
		}
	}
	c.p.enqueue(all...)
}

// strangeID is an id that no message has.
func (p *Platform) strangeID() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.nextID()
	return p.state.LastID
}

func (p *Platform) enqueue(list ...receipt) {
	q := &p.receipts
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.queue = append(q.queue, list...)
	p.startSenders()
}

// startSenders is called with the lock of the receipts held.
func (p *Platform) startSenders() {
	q := &p.receipts
	for ; !q.held && !q.closed && q.senders < min(receiptSenders, len(q.queue)); q.senders++ {
		q.wg.Go(p.sendQueue)
	}
	q.tellQuiet()
}

// sendQueue delivers until nothing is left to deliver.
func (p *Platform) sendQueue() {
	for {
		r, ok := p.nextReceipt()
		if !ok {
			return
		}
		q := &Person{p: p, openid: r.Openid}
		n := q.compose(r.fields())
		n.unseen, n.receipt, n.what = true, true, r.Status
		d := p.deliver(p.ctx, n, manner{})
		p.landed(r, d.Err == nil)
	}
}

func (p *Platform) nextReceipt() (receipt, bool) {
	p.mu.Lock()
	pick := p.rng.Uint64()
	p.mu.Unlock()
	q := &p.receipts
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queue) == 0 || q.held || q.closed {
		q.senders--
		q.tellQuiet()
		return receipt{}, false
	}
	if q.lies.Shuffled {
		i := int(pick % uint64(len(q.queue)))
		q.queue[0], q.queue[i] = q.queue[i], q.queue[0]
	}
	r := q.queue[0]
	q.queue = q.queue[1:]
	q.flying = append(q.flying, r)
	return r, true
}

func (p *Platform) landed(r receipt, ok bool) {
	p.mu.Lock()
	if ok {
		p.tally.receipts++
	} else {
		p.tally.lost++
	}
	p.mu.Unlock()
	q := &p.receipts
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slices.Index(q.flying, r); i >= 0 {
		q.flying = slices.Delete(q.flying, i, i+1)
	}
}

// tellQuiet wakes Settle; it is called with the lock of the receipts held.
func (q *receipts) tellQuiet() {
	if q.quiet != nil && q.senders == 0 && (q.held || q.closed || len(q.queue) == 0) {
		close(q.quiet)
		q.quiet = nil
	}
}

// Settle waits until every receipt of the calls answered so far was delivered or given up; those
// that HoldReceipts holds are not waited for. It returns the context's error when that ends first.
func (p *Platform) Settle(ctx context.Context) error {
	q := &p.receipts
	q.mu.Lock()
	if q.quiet == nil {
		q.quiet = make(chan struct{})
	}
	quiet := q.quiet
	p.startSenders()
	q.mu.Unlock()
	select {
	case <-quiet:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// HoldReceipts keeps receipts back, or lets them go.
func (p *Platform) HoldReceipts(on bool) {
	q := &p.receipts
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held = on
	p.startSenders()
}

// LieAboutReceipts sets how the receipts of the calls to come mislead.
func (p *Platform) LieAboutReceipts(lies ReceiptLies) {
	q := &p.receipts
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lies = lies
}

// endReceipts stops the senders and waits for them; what was not delivered stays undelivered.
func (p *Platform) endReceipts() {
	q := &p.receipts
	q.mu.Lock()
	q.closed = true
	q.tellQuiet()
	q.mu.Unlock()
	q.wg.Wait()
}

// pending are the receipts not delivered yet, for an export.
func (q *receipts) pending() []receipt {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := slices.Concat(q.flying, q.queue)
	return list[:min(len(list), keptReceipts)]
}

// replace takes over what an import brings. It goes out when somebody does something, or with the
// next receipt: right after an import the bot may not listen yet.
func (q *receipts) replace(list []receipt) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue = list
}

// fields is the receipt as an event.
func (r *receipt) fields() []Field {
	id := strconv.FormatInt(r.ID, 10)
	if r.Template == "" {
		return []Field{{"MsgType", "event"}, {"Event", "TEMPLATESENDJOBFINISH"}, {"MsgID", id}, {"Status", r.Status}}
	}
	code := "-1"
	switch r.Status {
	case ReceiptSuccess:
		code = "0"
	case ReceiptBlocked:
		code = "43101"
	}
	return []Field{
		{"MsgType", "event"},
		{"Event", "subscribe_msg_sent_event"},
		{"SubscribeMsgSentEvent", "<List><TemplateId><![CDATA[" + r.Template + "]]></TemplateId><MsgID>" + id + "</MsgID>" +
			"<ErrorCode>" + code + "</ErrorCode><ErrorStatus><![CDATA[" + r.Status + "]]></ErrorStatus></List>"},
	}
}

// Block turns messages of the account off on the phone, or on again: template messages are
// accepted and reported as ReceiptBlocked, customer messages meet 48002. Notices are refused by
// their templates, see ChangeSettings.
func (q *Person) Block(on bool) {
	q.p.mu.Lock()
	defer q.p.mu.Unlock()
	q.p.follower(q.openid).Blocked = on
}

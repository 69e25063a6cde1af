package platform

import (
	"hash/maphash"
	"slices"
)

// kindNotice sets subscription notices apart in the counts; watchers see KindTemplate.
const kindNotice = "notice"

// keptArrivals is how many different messages are remembered of one phone; the oldest go first.
const keptArrivals = 64

// Received is how many messages really reached one phone, or all of them: also those whose call
// never got its answer, and none that was swallowed.
type Received struct {
	Customer int // customer messages
	Template int // template messages
	Notice   int // subscription notices
}

// All is the sum.
func (r Received) All() int { return r.Customer + r.Template + r.Notice }

func (r *Received) add(kind string) {
	switch kind {
	case KindCustomer:
		r.Customer++
	case KindTemplate:
		r.Template++
	case kindNotice:
		r.Notice++
	}
}

// Tally is what the platform counted since it was made, or since ResetTally. It is never exported.
type Tally struct {
	// Calls are the answers by path and errcode: those carried out, though the answer may have
	// been lost, and those refused. Paths that the API does not have are "?".
	Calls map[string]map[int]int
	// Faults are the faults that were played, by path and kind.
	Faults    map[string]map[FaultKind]int
	Refreshes int      // access tokens issued, not counting answers with the same one
	Received  Received // of all phones
	Phones    int      // phones that got at least one
	Receipts  int      // receipts delivered to the bot, lies included
	Lost      int      // receipts that no replica took
}

type (
	callKey struct {
		path string
		code int
	}
	faultKey struct {
		path string
		kind FaultKind
	}
	tally struct {
		calls          map[callKey]int
		faults         map[faultKey]int
		refreshes      int
		received       Received
		phones         int
		receipts, lost int
	}
)

func newTally() tally { return tally{calls: map[callKey]int{}, faults: map[faultKey]int{}} }

const unknownPath = "?"

func (t *tally) call(path string, known bool, code int) {
	if !known {
		path = unknownPath
	}
	t.calls[callKey{path, code}]++
}

func (t *tally) fault(path string, known bool, kind FaultKind) {
	if !known {
		path = unknownPath
	}
	t.faults[faultKey{path, kind}]++
}

// arrivals are what one phone got.
type arrivals struct {
	sum  Received
	list []arrival // oldest first
}

type arrival struct {
	text, client uint64 // hashes; client is 0 without a client id
	times        int
}

var hashSeed = maphash.MakeSeed()

func hashOf(s string) uint64 { return maphash.String(hashSeed, s) }

func (a *arrivals) add(kind, text, client string) {
	a.sum.add(kind)
	one := arrival{text: hashOf(text), times: 1}
	if client != "" {
		one.client = hashOf(client)
	}
	for i := range a.list {
		if l := &a.list[i]; l.text == one.text && l.client == one.client {
			l.times++
			return
		}
	}
	if len(a.list) == keptArrivals {
		a.list = slices.Delete(a.list, 0, 1)
	}
	a.list = append(a.list, one)
}

// reach lights the phone up, unless the message is swallowed. text is what repeats are known by.
func (c *call) reach(f *follower, kind, text, client string, e Event) {
	if c.swallows() {
		return
	}
	t := &c.p.tally
	if f.got == nil {
		f.got = &arrivals{}
		t.phones++
	}
	f.got.add(kind, text, client)
	t.received.add(kind)
	c.tell(e)
}

// Received counts what reached one phone; nothing for an openid that is not known.
func (p *Platform) Received(openid string) Received {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.state.People[openid]; f != nil && f.got != nil {
		return f.got.sum
	}
	return Received{}
}

// ReceivedText is how often a text reached a phone, of the last 64 different ones. A customer
// message's text is its content as the bot wrote it, a template's the lines that a watcher sees.
func (p *Platform) ReceivedText(openid, text string) int {
	h := hashOf(text)
	return p.timesOf(openid, func(a arrival) bool { return a.text == h })
}

// ReceivedUnder is how often a message with this client_msg_id reached a phone, of the last 64.
func (p *Platform) ReceivedUnder(openid, clientID string) int {
	h := hashOf(clientID)
	return p.timesOf(openid, func(a arrival) bool { return a.client == h })
}

func (p *Platform) timesOf(openid string, is func(arrival) bool) (times int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.state.People[openid]
	if f == nil || f.got == nil {
		return 0
	}
	for _, a := range f.got.list {
		if is(a) {
			times += a.times
		}
	}
	return times
}

// Repeated are the phones that the same text reached more than once, with the number of times of
// the most frequent one. It is empty, never nil, when nobody was told anything twice.
func (p *Platform) Repeated() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := map[string]int{}
	for openid, f := range p.state.People {
		if f.got == nil {
			continue
		}
		for i, a := range f.got.list {
			times := a.times
			for _, b := range f.got.list[i+1:] { // the same words under another client id
				if b.text == a.text {
					times += b.times
				}
			}
			if times > 1 {
				found[openid] = max(found[openid], times)
			}
		}
	}
	return found
}

// Tally returns the counts; the caller owns the maps.
func (p *Platform) Tally() Tally {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := &p.tally
	out := Tally{
		Calls: map[string]map[int]int{}, Faults: map[string]map[FaultKind]int{}, Refreshes: t.refreshes,
		Received: t.received, Phones: t.phones, Receipts: t.receipts, Lost: t.lost,
	}
	for k, n := range t.calls {
		if out.Calls[k.path] == nil {
			out.Calls[k.path] = map[int]int{}
		}
		out.Calls[k.path][k.code] = n
	}
	for k, n := range t.faults {
		if out.Faults[k.path] == nil {
			out.Faults[k.path] = map[FaultKind]int{}
		}
		out.Faults[k.path][k.kind] = n
	}
	return out
}

// ResetTally sets all counts back, those of the phones included.
func (p *Platform) ResetTally() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tally = newTally()
	for _, f := range p.state.People {
		f.got = nil
	}
}

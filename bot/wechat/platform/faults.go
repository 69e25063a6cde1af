package platform

import (
	"io"
	"net"
	"net/http"
	"time"
)

// FaultKind is a way in which a call goes wrong.
type FaultKind string

// The kinds of faults.
const (
	FaultCode    FaultKind = "code"    // answers Fault.Code; also what an empty kind means
	FaultStatus  FaultKind = "status"  // answers HTTP status Fault.Status (0: 502) with Fault.Body
	FaultHTML    FaultKind = "html"    // answers 200 with a page of HTML
	FaultCut     FaultKind = "cut"     // the answer breaks off in the middle of its JSON
	FaultHang    FaultKind = "hang"    // no answer until the bot gives up, or the platform closes
	FaultStall   FaultKind = "stall"   // the headers and half of the answer, and then as FaultHang
	FaultReset   FaultKind = "reset"   // the connection is reset in place of an answer
	FaultSwallow FaultKind = "swallow" // a lie: accepted, counted, and never delivered to the phone
)

// Fault is what the calls of one path meet. The zero value does nothing.
type Fault struct {
	Kind   FaultKind
	Code   int    // errcode of FaultCode
	Status int    // of FaultStatus
	Body   string // of FaultStatus and FaultHTML, sent as it is; empty: an ordinary page
	// Times is how many calls meet it: 0 means one, below zero all until changed.
	Times int
	// Every leaves all calls alone but each Every-th; 0 and 1 leave none alone.
	Every int
	// Done carries the call out before the fault: the message reaches the phone, the bot only
	// does not learn it. Without, nothing happens but the fault.
	Done bool
	// Receipt is what a swallowed template message or notice is reported as, such as
	// ReceiptFailed; empty: never reported.
	Receipt string
}

const (
	busyPage   = "<html><body>busy</body></html>"
	cutAnswer  = `{"errcode":0,"errmsg":"ok"}`
	statusBusy = http.StatusBadGateway
)

func (f *Fault) kind() FaultKind {
	if f.Kind == "" {
		return FaultCode
	}
	return f.Kind
}

// code is what a FaultCode answers.
func (f *Fault) code() int {
	if f.kind() != FaultCode {
		return codeOK
	}
	return f.Code
}

// breaks says whether the bot gets no proper answer.
func (f *Fault) breaks() bool { k := f.kind(); return k != FaultCode && k != FaultSwallow }

func (f *Fault) carriedOut() bool {
	return f.Done || f.kind() == FaultSwallow || (f.kind() == FaultCode && f.Code == codeOK)
}

// swallows says whether the call's message gets lost.
func (c *call) swallows() bool { return c.fault != nil && c.fault.kind() == FaultSwallow }

// trouble is all that a tester set; it is guarded by the platform's lock.
type trouble struct {
	plans   map[string][]*plan // by path, played one after the other; "*" is for all
	refused map[string]int
	latency map[string]time.Duration
	limits  map[string]Limits
	minutes map[string]minute
}

type plan struct {
	fault      Fault
	left, seen int
}

func newTrouble() trouble {
	return trouble{
		plans: map[string][]*plan{}, refused: map[string]int{}, latency: map[string]time.Duration{},
		limits: map[string]Limits{}, minutes: map[string]minute{},
	}
}

// take returns the fault that the next call of a path meets, nil for none.
func (t *trouble) take(path string) *Fault {
	if len(t.plans) == 0 {
		return nil
	}
	for _, key := range [...]string{path, "*"} {
		list := t.plans[key]
		if len(list) == 0 {
			continue
		}
		one := list[0]
		if one.seen++; one.fault.Every > 1 && one.seen%one.fault.Every != 0 {
			continue
		}
		if one.left--; one.left == 0 {
			if t.plans[key] = list[1:]; len(list) == 1 {
				delete(t.plans, key)
			}
		}
		return &one.fault
	}
	return nil
}

func (t *trouble) latencyOf(path string) time.Duration {
	if len(t.latency) == 0 {
		return 0
	}
	if d, ok := t.latency[path]; ok {
		return d
	}
	return t.latency["*"]
}

// Fault lets the next calls of a path ("*" for all) meet the faults, one after the other, in
// place of those set before; none heals the path. What is set for the path itself comes first.
func (p *Platform) Fault(path string, faults ...Fault) {
	var plans []*plan
	for _, f := range faults {
		left := f.Times
		if left == 0 {
			left = 1
		}
		plans = append(plans, &plan{fault: f, left: left})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(plans) == 0 {
		delete(p.trouble.plans, path)
		return
	}
	p.trouble.plans[path] = plans
}

// FailAPI makes the next calls of a path ("*" for all) answer with an errcode; a code from 500
// to 599 is an HTTP status instead. times < 0 means until changed, 0 heals. Fault can do more.
func (p *Platform) FailAPI(path string, code, times int) {
	switch {
	case times == 0:
		p.Fault(path)
	case code >= 500 && code <= 599:
		p.Fault(path, Fault{Kind: FaultStatus, Status: code, Times: times})
	default:
		p.Fault(path, Fault{Code: code, Times: times})
	}
}

// Refuse answers every call of a path with a code until it is called again with 0, such as 48001
// or 50002. Unlike a Fault it stands behind those and is never used up.
func (p *Platform) Refuse(path string, code int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if code == codeOK {
		delete(p.trouble.refused, path)
		return
	}
	p.trouble.refused[path] = code
}

// ListIP says whether the bot's IP stands in the account's list, as it does at first; if not, no
// token is issued (40164), while those that were issued go on being good.
func (p *Platform) ListIP(on bool) {
	code := codeBadIP
	if on {
		code = codeOK
	}
	p.Refuse("/cgi-bin/token", code)
	p.Refuse("/cgi-bin/stable_token", code)
}

// SetLatency lets the answer to every call of a path ("*" for all others) wait. The call itself is
// carried out at once. 0 sets it back.
func (p *Platform) SetLatency(path string, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d <= 0 {
		delete(p.trouble.latency, path)
		return
	}
	p.trouble.latency[path] = d
}

// Heal takes back all that Fault, FailAPI, Refuse, ListIP, SetLatency, SetLimits, UseUp,
// UseUpMinute, LieAboutReceipts and HoldReceipts set. Expired tokens stay expired, blocked phones blocked.
func (p *Platform) Heal() {
	p.LieAboutReceipts(ReceiptLies{})
	p.HoldReceipts(false)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trouble = newTrouble()
	clear(p.state.UsedUp)
}

// Allow grants or withdraws an API by its path, or "msgmenu" in customer messages. Templates
// and subscription notices are withheld (48001) until granted, all else is granted.
func (p *Platform) Allow(path string, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.denied[path] = !on
}

// play answers as the fault wants it; out is the answer there would have been, nil if the call
// was not carried out.
func (p *Platform) play(w http.ResponseWriter, r *http.Request, f *Fault, out []byte) {
	page := f.Body
	if page == "" {
		page = busyPage
	}
	if out == nil {
		out = []byte(cutAnswer)
	}
	switch f.kind() {
	case FaultStatus:
		status := f.Status
		if status == 0 {
			status = statusBusy
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, page)
	case FaultHTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, page)
	case FaultCut:
		w.Header()["Content-Type"] = jsonType
		_, _ = w.Write(out[:len(out)/2])
	case FaultHang:
		p.hang(r)
	case FaultStall:
		w.Header()["Content-Type"] = jsonType
		_, _ = w.Write(out[:len(out)/2])
		_ = http.NewResponseController(w).Flush() // a recorder in a test may have none
		p.hang(r)
		panic(http.ErrAbortHandler) // else the answer would end as if it were whole
	case FaultReset:
		reset(w)
	case FaultCode, FaultSwallow: // these have a proper answer
	}
}

func (p *Platform) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-p.ctx.Done():
	}
	panic(http.ErrAbortHandler) // net/http closes the connection without an answer
}

// reset ends the connection with RST, as a dying proxy does.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // no HTTP/1 connection of its own: the nearest to it
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// FaultKinds lists the kinds, for a page that offers them.
func FaultKinds() []FaultKind {
	return []FaultKind{
		FaultCode, FaultStatus, FaultHTML, FaultCut, FaultHang, FaultStall, FaultReset, FaultSwallow,
	}
}

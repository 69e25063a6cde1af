//go:build unix

package fault_test

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// link is the state of the line through a proxy.
type link int

const (
	pass   link = iota
	cut         // lines are reset and new ones refused
	deaf        // requests arrive, their answers are lost for good
	freeze      // nothing moves in either direction until the state changes
)

// proxy is a line between the bot and a server that can be spoiled.
type proxy struct {
	ln     net.Listener
	server string
	delay  atomic.Int64 // of every answer, ns

	mu     sync.Mutex
	state  link
	change chan struct{} // closed when state changes
	conns  map[net.Conn]bool
	eat    func(request []byte) bool // nil: none; true: neither it nor anything after it arrives
	eaten  int
	work   sync.WaitGroup
}

// newProxy opens a line to server that ends with the test.
func newProxy(t testing.TB, server string) *proxy {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{ln: ln, server: server, change: make(chan struct{}), conns: map[net.Conn]bool{}}
	p.work.Go(p.accept)
	t.Cleanup(func() {
		_ = ln.Close()
		p.set(cut)
		p.work.Wait()
	})
	return p
}

func (p *proxy) addr() string { return p.ln.Addr().String() }

// set changes the state of the line.
func (p *proxy) set(s link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = s
	close(p.change)
	p.change = make(chan struct{})
	if s == cut {
		for c := range p.conns {
			reset(c)
		}
	}
}

// swallow loses each request that is to be eaten, and all that follows it on its connection.
func (p *proxy) swallow(eat func([]byte) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.eat, p.eaten = eat, 0
}

// swallowed is how many requests were lost since swallow.
func (p *proxy) swallowed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.eaten
}

// now returns the state once it is not freeze.
func (p *proxy) now() link {
	for {
		p.mu.Lock()
		s, change := p.state, p.change
		p.mu.Unlock()
		if s != freeze {
			return s
		}
		<-change
	}
}

func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

func (p *proxy) accept() {
	for {
		c, err := p.ln.Accept()
		if err != nil {
			return
		}
		p.work.Go(func() { p.carry(c) })
	}
}

// carry joins one connection with the server until either ends.
func (p *proxy) carry(c net.Conn) {
	defer reset(c)
	if p.now() == cut {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	s, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.server)
	cancel()
	if err != nil {
		return
	}
	defer func() { _ = s.Close() }()
	p.mu.Lock()
	if p.state == cut {
		p.mu.Unlock()
		return
	}
	p.conns[c], p.conns[s] = true, true
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.conns, c)
		delete(p.conns, s)
		p.mu.Unlock()
	}()
	var lost atomic.Bool // answers do not arrive any more on this connection
	var both sync.WaitGroup
	both.Go(func() { p.requests(c, s, &lost) })
	both.Go(func() { p.replies(s, c, &lost) })
	both.Wait()
}

func (p *proxy) requests(from, to net.Conn, lost *atomic.Bool) {
	defer func() { _, _ = from.Close(), to.Close() }()
	buf := make([]byte, 64<<10)
	for gone := false; ; {
		n, err := from.Read(buf)
		if err != nil || p.now() == cut {
			return
		}
		p.mu.Lock()
		if !gone && p.eat != nil && p.eat(buf[:n]) {
			gone = true
			p.eaten++
			lost.Store(true)
		}
		p.mu.Unlock()
		if gone {
			continue
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) replies(from, to net.Conn, lost *atomic.Bool) {
	defer func() { _, _ = from.Close(), to.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if d := time.Duration(p.delay.Load()); d > 0 {
			pause(context.Background(), d)
		}
		switch p.now() {
		case cut:
			return
		case deaf:
			lost.Store(true)
		case pass, freeze:
		}
		if lost.Load() {
			continue
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

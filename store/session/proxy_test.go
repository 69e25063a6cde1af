package session_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between a store and its server, to cut connections and swallow answers.
type proxy struct {
	addr, target string
	listener     net.Listener
	muted        atomic.Bool
	wg           sync.WaitGroup
	mu           sync.Mutex
	conns        []net.Conn
}

func newProxy(t testing.TB, target string) *proxy {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{addr: l.Addr().String(), target: target, listener: l}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close() // ends accept
		p.cut()
		p.wg.Wait()
	})
	return p
}

func (p *proxy) accept() {
	for {
		in, err := p.listener.Accept()
		if err != nil {
			return
		}
		var d net.Dialer
		out, err := d.Dial("tcp", p.target)
		if err != nil {
			_ = in.Close() // as the server would have done
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, in, out)
		p.mu.Unlock()
		p.wg.Go(func() { p.pipe(out, in, nil) })
		p.wg.Go(func() { p.pipe(in, out, &p.muted) })
	}
}

func (p *proxy) pipe(to, from net.Conn, muted *atomic.Bool) {
	defer func() { _, _ = to.Close(), from.Close() }() // either end may be gone
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		w := io.Writer(to)
		if muted != nil && muted.Load() {
			w = io.Discard
		}
		if _, err := w.Write(b[:n]); err != nil {
			return
		}
	}
}

// cut closes all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close() // may be closed already
	}
	p.conns = nil
}

// mute swallows answers from now on.
func (p *proxy) mute(on bool) { p.muted.Store(on) }

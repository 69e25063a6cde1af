package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"yishi/bot/blobs"
	"yishi/store"
)

// keeper renews the holder's claim on a link, so that no other replica takes it over, and writes
// down how far the work is.
type keeper struct {
	stop context.CancelFunc
	done chan struct{}

	mu   sync.Mutex
	line string
}

// keep renews until end; lost is called when the claim is another's.
func (s *Server) keep(ref, holder string, lost func()) *keeper {
	ctx, stop := context.WithCancel(context.Background())
	k := &keeper{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(k.done)
		tick := time.NewTicker(max(min(s.o.Lease/6, renewTime), time.Millisecond))
		defer tick.Stop()
		said, since := "", 0
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			line := k.said()
			if since++; line == said && since < 3 {
				continue
			}
			since = 0
			call, done := context.WithTimeout(ctx, callTime)
			ok, err := s.o.Links.Renew(call, ref, holder, line, s.o.Lease)
			done()
			switch {
			case err != nil && ctx.Err() == nil:
				s.o.Log.WarnContext(ctx, "claim on a link not renewed", "error", err.Error())
			case err == nil && !ok:
				lost()
				return
			case err == nil:
				said = line
			}
		}
	}()
	return k
}

// renewTime is the longest between two looks at how far the work is.
const renewTime = 2 * time.Second

func (k *keeper) end() {
	k.stop()
	<-k.done
}

const progressMost = 60

func (k *keeper) say(line string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.line = cut(line, progressMost)
}

func (k *keeper) said() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.line
}

// begin works a file off beside the requests. A server that closes leaves it to the next one.
func (s *Server) begin(ref, holder string, l store.Link) {
	s.beside(func() { s.work(ref, holder, l) })
}

// takeOver begins work anew that a program left behind; its own claim has run out.
func (s *Server) takeOver(v *visit) {
	ctx, cancel := context.WithTimeout(s.ctx, callTime)
	defer cancel()
	holder := rand.Text()
	ok, err := s.o.Links.TakeOver(ctx, v.ref, holder, s.o.Lease)
	if err != nil {
		s.o.Log.WarnContext(ctx, "work not taken over", "error", err.Error())
	}
	if ok {
		s.o.Observe(v.link.Kind, "taken-over")
		s.begin(v.ref, holder, v.link)
	}
}

// work has the kind work a file off and writes down what came of it.
func (s *Server) work(ref, holder string, l store.Link) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	k := s.keep(ref, holder, cancel)
	defer k.end()
	if !s.working.try() {
		k.say("前面还有别的文件，请稍等。")
		if !s.working.wait(ctx) {
			return
		}
	}
	defer s.working.leave()
	page, err := s.take(ctx, l, k.say)
	if ctx.Err() != nil { // closing, or another has it
		return
	}
	result := outcomeOf(page)
	if err != nil {
		s.o.Log.ErrorContext(ctx, "file not worked off", "kind", l.Kind, "error", err.Error())
		result = outcome{Title: "没有处理成功", Text: []string{"我们这边出了错，什么也没有记。请再传一次；还是不行，回公众号发“人工”。"}}
	}
	s.conclude(ctx, ref, holder, l, page, result, err != nil || page.Again)
}

// take calls the kind. A panic is an error of this file only.
func (s *Server) take(ctx context.Context, l store.Link, say Say) (page Page, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.o.Log.ErrorContext(ctx, "work on a file panicked", "kind", l.Kind, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %T", p)
		}
	}()
	var v visit
	s.known(&v, l.Kind)
	up := v.up
	return up.Take(ctx, opened(l), File{
		Name: l.BlobName, Size: l.BlobBytes,
		Open: func(ctx context.Context) (io.ReadCloser, error) { return s.o.Blobs.Open(ctx, l.BlobKey) },
	}, say)
}

func opened(l store.Link) Opened {
	return Opened{Account: l.Account, Community: l.Community, Kind: l.Kind, Args: l.Args}
}

const (
	concludeTries = 20
	concludeAgain = time.Second
)

// conclude writes the result down; while the store does not answer, the claim is kept and it
// tries again. The file goes last: what is not written down must be done once more.
func (s *Server) conclude(ctx context.Context, ref, holder string, l store.Link, page Page, result outcome, again bool) {
	tick := time.NewTicker(concludeAgain)
	defer tick.Stop()
	for range concludeTries {
		err := s.write(ctx, ref, holder, page, result, again)
		if err == nil {
			s.o.Observe(l.Kind, map[bool]string{true: "again", false: "done"}[again])
			if err := s.o.Blobs.Delete(ctx, l.BlobKey); err != nil {
				s.o.Log.WarnContext(ctx, "file of a link not deleted", "error", err.Error()) // the sweep tries again
			}
			return
		}
		s.o.Log.WarnContext(ctx, "result of a file not kept", "error", err.Error())
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Server) write(ctx context.Context, ref, holder string, page Page, result outcome, again bool) error {
	if again {
		result.Saved = Named{}
		call, cancel := context.WithTimeout(ctx, callTime)
		defer cancel()
		return s.o.Links.Release(call, ref, holder, result.encode())
	}
	key := ""
	if page.Save != nil {
		key = blobs.NewKey()
		r, w := io.Pipe()
		go func() { w.CloseWithError(page.Save(w)) }()
		err := s.o.Blobs.Put(ctx, key, r)
		r.CloseWithError(io.ErrClosedPipe)
		if err != nil {
			return fmt.Errorf("keep file of a result: %w", err)
		}
	}
	call, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if _, err := s.o.Links.Finish(call, ref, holder, result.encode(), key); err != nil {
		if key != "" {
			_ = s.o.Blobs.Delete(ctx, key) // another try makes a new one
		}
		return err
	}
	return nil
}

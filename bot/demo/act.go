package demo

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"yishi/bot/wechat/platform"
)

// deliverTimeout bounds one delivery: three tries of five seconds and the pauses between.
const deliverTimeout = 25 * time.Second

// maxBusy is how many messages of one phone may be under way.
const maxBusy = 8

// faultLine is what WeChat shows when the account did not answer.
const faultLine = "该公众号提供的服务出现故障，请稍后再试"

// deliver shows what a person did and carries it to the bot in the background. It returns false
// when that phone has too much under way already, or the server is closing.
func (s *Server) deliver(r record, act func(ctx context.Context, p *platform.Person) *platform.Delivery) bool {
	s.mu.Lock()
	if s.closed || s.busy[r.Openid] >= maxBusy {
		s.mu.Unlock()
		return false
	}
	s.busy[r.Openid]++
	r = s.add(r)
	s.wg.Go(func() {
		ctx, cancel := context.WithTimeout(s.ctx, deliverTimeout)
		defer cancel()
		d := act(ctx, s.o.Platform.Person(r.Openid))
		s.settle(r, d)
	})
	s.mu.Unlock()
	s.history.poke()
	return true
}

// settle tells what became of a delivery: first how it went, then what the account said.
func (s *Server) settle(r record, d *platform.Delivery) {
	if s.ctx.Err() != nil {
		return // cut off by Close: the next start tells so
	}
	s.add(record{Openid: r.Openid, Kind: kindDone, Re: r.Seq, Faulty: d.Faulty, Wire: delivered(d)})
	switch parts := replied(d.Reply); {
	case r.Kind == kindUnfollow: // nobody sees the reply
	case d.Faulty:
		s.add(record{Openid: r.Openid, Kind: kindNote, Re: r.Seq, Text: faultLine, Faulty: true})
	case errors.Is(d.Err, platform.ErrNotFollowing):
		s.add(record{Openid: r.Openid, Kind: kindNote, Re: r.Seq, Text: "还没有关注，消息没有发出"})
	case errors.Is(d.Err, platform.ErrFollowing):
		s.add(record{Openid: r.Openid, Kind: kindNote, Re: r.Seq, Text: "已经关注了"})
	case errors.Is(d.Err, platform.ErrNoWebhook):
		s.add(record{Openid: r.Openid, Kind: kindNote, Re: r.Seq, Text: "演示平台没有填服务器地址，消息没有发出"})
	case len(parts) > 0:
		s.add(record{Openid: r.Openid, Kind: kindReply, Re: r.Seq, Parts: parts, Text: plain(parts)})
	}
	s.mu.Lock()
	s.busy[r.Openid]--
	s.mu.Unlock()
	s.history.poke()
	s.saveState()
}

// delivered keeps what crossed the wire.
func delivered(d *platform.Delivery) *wire {
	w := &wire{}
	w.Plain = passages(w.Plain, "平台发给机器人", d.In)
	w.Plain = passages(w.Plain, "机器人的回复", d.Out)
	if d.WireIn != d.In {
		w.Sealed = passages(w.Sealed, "请求地址", d.WireURL)
		w.Sealed = passages(w.Sealed, "请求正文（加密）", d.WireIn)
	} else {
		w.Plain = passages(w.Plain, "请求地址", d.WireURL)
	}
	if d.WireOut != d.Out {
		w.Sealed = passages(w.Sealed, "回复正文", d.WireOut)
	}
	for _, t := range d.Tries {
		w.Tries = append(w.Tries, try{Status: t.Status, Millis: t.Took.Milliseconds(), Err: t.Err})
	}
	if d.Err != nil {
		w.Fault = d.Err.Error()
	}
	return w
}

// passages adds a body to the list, indented and cut where it gets too long to read.
func passages(list []passage, title, body string) []passage {
	if body == "" {
		return list
	}
	const most = 16 << 10
	if len(body) > most {
		body = strings.ToValidUTF8(body[:most], "") + "\n…"
	}
	return append(list, passage{Title: title, Body: pretty(body)})
}

func loadState(p *platform.Platform, path string) error {
	if path == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return p.Import(b)
}

// saveState replaces the state file as a whole, so that dying here leaves the former one. Calls
// that wait for one another are all served by the next writing.
func (s *Server) saveState() {
	if s.o.State == "" {
		return
	}
	s.unsaved.Store(true)
	s.saving.Lock()
	defer s.saving.Unlock()
	if !s.unsaved.Swap(false) {
		return
	}
	b, err := s.o.Platform.Export()
	if err == nil {
		err = replace(s.o.State, b)
	}
	if err != nil {
		s.log.Error("save platform state", "err", err)
	}
}

func replace(path string, b []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // gone already when all went well
	_, err = tmp.Write(b)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

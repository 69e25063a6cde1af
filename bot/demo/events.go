package demo

import (
	"sync"

	"yishi/bot/wechat/platform"
	"yishi/flows/civic"
)

// events hands the platform's events on without ever making the platform wait.
type events struct {
	mu    sync.Mutex // guards queue and ended
	queue []platform.Event
	ended bool
	wake  chan struct{}
}

func (e *events) push(ev platform.Event) {
	switch ev.Kind {
	case platform.KindCustomer, platform.KindTemplate, platform.KindTyping, platform.KindMenu, platform.KindToken, platform.KindFault:
	default:
		return
	}
	e.mu.Lock()
	e.queue = append(e.queue, ev)
	e.mu.Unlock()
	e.signal()
}

func (e *events) end() {
	e.mu.Lock()
	e.ended = true
	e.mu.Unlock()
	e.signal()
}

func (e *events) signal() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

func (e *events) take() (list []platform.Event, ended bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	list, e.queue = e.queue, nil
	return list, e.ended
}

// listen shows what the bot does by itself: messages through the API, typing, a new menu.
func (s *Server) listen() {
	for range s.events.wake {
		list, ended := s.events.take()
		for _, e := range list {
			s.heard(e)
		}
		if ended {
			return
		}
	}
}

func (s *Server) heard(e platform.Event) {
	switch e.Kind {
	case platform.KindMenu, platform.KindToken:
		s.history.poke()
		s.saveState()
		return
	case platform.KindFault:
		s.refused(e)
		return
	}
	if _, ok := s.phones[e.Openid]; !ok {
		return
	}
	if e.Kind == platform.KindTyping {
		s.history.pass(record{Openid: e.Openid, Kind: kindTyping, At: e.At})
		return
	}
	route, card := s.carded(e)
	if e.Media != "" {
		s.pictured(e)
		return
	}
	parts := sent(e)
	if len(parts) == 0 {
		return
	}
	s.add(record{
		Openid: e.Openid, Kind: kindReply, Late: true, Way: string(route), Card: card, Parts: parts, Text: plain(parts),
		Wire: called(sendPaths[route], e),
	})
	s.saveState()
}

// pictured shows a photo or voice that the bot has sent.
func (s *Server) pictured(e platform.Event) {
	r := record{
		Openid: e.Openid, Kind: kindReply, Late: true, Way: string(civic.ByCustomer), Media: "voice", Text: "[语音]",
		Wire: called(sendPaths[civic.ByCustomer], e),
	}
	if e.Text == "[image]" {
		r.Media, r.Text = "photo", "[照片]"
		data, _, _ := s.o.Platform.Media(e.Media)
		var err error
		if r.Photo, err = s.shrink(data); err != nil { // not a picture that browsers show
			r.Media, r.Parts = "", []part{{Text: r.Text}}
		}
	}
	s.add(r)
	s.saveState()
}

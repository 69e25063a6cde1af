package demo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"yishi/bot/wechat/platform"
)

// beat is how often an idle stream shows that it lives.
const beat = 15 * time.Second

// status is what changes without being part of a chat.
type status struct {
	Now    int64        `json:"now"`    // milliseconds since 1970, shifted
	Offset int64        `json:"offset"` // seconds
	Phones []state      `json:"phones"`
	Menu   []menuButton `json:"menu"`
	// Switches are how the platform's stand.
	Switches switchState `json:"switches"`
}

type state struct {
	Following bool `json:"following"`
	Busy      int  `json:"busy"` // messages under way
}

// menuButton is a button as the page needs it: what it does is asked for by its key.
type menuButton struct {
	Name string       `json:"name"`
	Type string       `json:"type,omitempty"`
	Key  string       `json:"key,omitempty"`
	URL  string       `json:"url,omitempty"` // http or https only
	Sub  []menuButton `json:"sub,omitempty"`
}

func menu(list []platform.MenuButton) []menuButton {
	out := []menuButton{}
	for _, b := range list {
		m := menuButton{Name: b.Name, Type: b.Type, Key: b.Key}
		if strings.HasPrefix(b.URL, "https://") || strings.HasPrefix(b.URL, "http://") {
			m.URL = b.URL
		}
		if len(b.Sub) > 0 {
			m.Sub = menu(b.Sub)
		}
		out = append(out, m)
	}
	return out
}

func (s *Server) status() status {
	st := status{
		Now: s.o.Clock.Now().UnixMilli(), Offset: int64(s.o.Clock.Offset() / time.Second),
		Menu: menu(s.o.Platform.Menu()), Switches: s.switchState(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.o.Phones {
		st.Phones = append(st.Phones, state{Following: s.o.Platform.Person(p.Openid).Following(), Busy: s.busy[p.Openid]})
	}
	return st
}

// sink writes server-sent events; the first fault ends it.
type sink struct {
	w   http.ResponseWriter
	c   *http.ResponseController
	err error
}

func (k *sink) send(event, id string, v any) {
	if k.err != nil {
		return
	}
	b, err := json.Marshal(v)
	if err != nil {
		k.err = err
		return
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	_, k.err = fmt.Fprintf(k.w, "%sevent: %s\ndata: %s\n\n", id, event, b)
}

func (k *sink) flush() bool {
	if k.err == nil {
		k.err = k.c.Flush()
	}
	return k.err == nil
}

// stream sends a page all it does not have yet, then what happens, until either side ends it.
// A page that comes back says in Last-Event-ID how far it got: the history's name and a number.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	epoch, seq, _ := strings.Cut(r.Header.Get("Last-Event-ID"), "-")
	after, _ := strconv.ParseInt(seq, 10, 64)
	past, rd, epoch, fresh := s.history.join(epoch, after)
	defer s.history.leave(rd)

	k := &sink{w: w, c: http.NewResponseController(w)}
	k.c.SetWriteDeadline(time.Time{}) //nolint:errcheck // not every writer has a deadline
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	if fresh {
		k.send("reset", "", nil)
	}
	s.pass(k, epoch, past...)
	k.send("status", "", s.status())
	k.send("ready", "", nil)
	heart := time.NewTicker(beat)
	defer heart.Stop()
	for k.flush() {
		select {
		case rec := <-rd.records:
			s.pass(k, epoch, rec)
		case <-rd.poke:
			k.send("status", "", s.status())
		case <-heart.C:
			k.send("status", "", s.status())
		case <-rd.gone:
			return
		case <-r.Context().Done():
			return
		}
	}
}

func (s *Server) pass(k *sink, epoch string, list ...record) {
	for _, rec := range list {
		l, ok := s.line(rec)
		if !ok {
			continue
		}
		id := ""
		if rec.Seq > 0 {
			id = epoch + "-" + strconv.FormatInt(rec.Seq, 10)
		}
		k.send("line", id, l)
	}
}

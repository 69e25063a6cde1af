package wechat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/sirupsen/logrus"
)

const (
	maxBody  = 64 << 10                // bytes; compat mode is about three times a message
	turnTime = 4200 * time.Millisecond // the platform hangs up after 5 s
	roomTime = time.Second             // how long a turn may wait for room
	success  = "success"               // "no reply", in both modes
)

// HandlerOptions are what a handler needs besides its account.
type HandlerOptions struct {
	Now     func() time.Time     // the clock; needed
	Log     *slog.Logger         // nil means no log
	Observe func(outcome string) // called once for every call with its Outcome; nil means nobody counts
	Limits  Limits               // against floods; zero means the defaults
}

type handler struct {
	cfg      Config
	keys     [][]byte // empty in plain mode
	turner   Turner
	now      func() time.Time
	log      *slog.Logger
	observe  func(outcome string)
	bindings bindings
	flood    *flood
	room     chan struct{}

	textType, xmlType, nosniff []string // header values, shared by all answers
}

// NewHandler returns the webhook of one account: it proves that a call comes from the platform,
// parses it, has t run a turn and writes the passive reply. What is not from the platform gets
// 403 and nothing else; what is from it gets 200 whatever it is, since a repeat would not help.
// It also silences the logger of the SDK, which prints messages.
//
// The server around it must limit the time for reading a request to about 4 s.
func NewHandler(cfg Config, t Turner, o HandlerOptions) (http.Handler, error) {
	logrus.SetOutput(io.Discard)
	if cfg.Mode == "" {
		cfg.Mode = ModeSafe
	}
	switch {
	case cfg.AppID == "" || cfg.Token == "" || cfg.Account == "":
		return nil, errors.New("webhook: app id, token and account are needed")
	case cfg.Mode != ModeSafe && cfg.Mode != ModePlain:
		return nil, fmt.Errorf("webhook: mode %q is neither safe nor plain", cfg.Mode)
	case o.Now == nil:
		return nil, errors.New("webhook: no clock")
	}
	h := &handler{
		cfg: cfg, turner: t, now: o.Now, log: o.Log, observe: o.Observe,
		textType: []string{"text/plain; charset=utf-8"},
		xmlType:  []string{"application/xml; charset=utf-8"},
		nosniff:  []string{"nosniff"},
	}
	if cfg.Mode == ModeSafe {
		keys, err := cfg.keys()
		if err != nil {
			return nil, fmt.Errorf("webhook: %w", err)
		}
		h.keys = keys
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	if h.observe == nil {
		h.observe = func(string) {}
	}
	limits := o.Limits.withDefaults()
	h.flood = newFlood(limits)
	h.room = make(chan struct{}, limits.Turns)
	return h, nil
}

// ServeHTTP never lets a panic out: the platform would tell the resident that the account is
// out of order. The log has the place, never the value, which may hold what people wrote.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out := Panicked
	defer func() {
		if v := recover(); v != nil {
			h.log.Error("webhook panicked", "type", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			h.text(w, success)
		}
		h.observe(string(out))
	}()
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
		out = Method
	case r.ContentLength > maxBody:
		out = h.refuse(w, http.StatusRequestEntityTooLarge, Oversized)
	default:
		out = h.serve(w, r)
	}
}

func (h *handler) serve(w http.ResponseWriter, r *http.Request) Outcome {
	q, ok := parseQuery(r.URL.RawQuery)
	if !ok {
		return h.refuse(w, http.StatusForbidden, BadQuery)
	}
	if out := q.verify(h.cfg.Token, h.now()); out != OK {
		return h.refuse(w, http.StatusForbidden, out)
	}
	if r.Method == http.MethodGet {
		if !q.hasEcho || q.echo == "" || len(q.echo) > maxEcho {
			return h.refuse(w, http.StatusForbidden, BadQuery)
		}
		h.text(w, q.echo)
		return Echo
	}
	if h.cfg.Mode == ModeSafe && (q.encryptType != "aes" || q.msgSignature == "") {
		return h.refuse(w, http.StatusForbidden, Downgrade)
	}
	if h.cfg.Mode == ModePlain && q.hasType && q.encryptType != "raw" {
		return h.refuse(w, http.StatusForbidden, WrongMode)
	}
	body, err := readBody(w, r)
	if err != nil {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return h.refuse(w, http.StatusRequestEntityTooLarge, Oversized)
		}
		return h.refuse(w, http.StatusRequestTimeout, Incomplete)
	}
	return h.receive(w, r, &q, body)
}

// receive proves that the body belongs to the query, and answers it.
func (h *handler) receive(w http.ResponseWriter, r *http.Request, q *query, body []byte) Outcome {
	plain, key := body, 0
	if h.cfg.Mode == ModeSafe {
		var out Outcome
		if plain, key, out = openEnvelope(body, q, &h.cfg, h.keys); out != OK {
			if out == Undecryptable {
				h.log.Warn("no AES key opens a signed message")
			}
			return h.refuse(w, http.StatusForbidden, out)
		}
	} else if !h.bindings.claim(q.signature, body, h.now()) {
		return h.refuse(w, http.StatusForbidden, ReplayedQuery)
	}
	f, err := parseFields(plain)
	if err != nil {
		h.text(w, success)
		return Malformed
	}
	m, err := f.message(&h.cfg)
	if err != nil {
		h.text(w, success)
		if errors.Is(err, errWrongAccount) {
			return WrongAccount
		}
		return Malformed
	}
	answer, out := h.answer(r.Context(), m)
	if !h.reply(w, m, answer, key) {
		return ReplyUnwritten
	}
	return out
}

// answer runs the turn. Its context outlives the platform's connection: accepted work is
// finished, and the repeat finds the reply.
func (h *handler) answer(ctx context.Context, m *Message) (Answer, Outcome) {
	if unread(m) {
		return Answer{}, Unread
	}
	heard := !silent(m)
	if heard {
		if v := h.flood.take(m.Account, m.Key(), h.now()); v != pass {
			return h.refusal(v, tooFastText), Flood
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), turnTime)
	defer cancel()
	if !h.enter(ctx) {
		if !heard {
			return Answer{}, Busy
		}
		return h.refusal(h.flood.busy(m.Account, h.now()), busyText), Busy
	}
	defer func() { <-h.room }()
	a := h.turner.Turn(ctx, m)
	if !heard {
		return Answer{}, OK
	}
	return a, OK
}

// enter takes one of the places for turns and waits a moment for it.
func (h *handler) enter(ctx context.Context) bool {
	select {
	case h.room <- struct{}{}:
		return true
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, roomTime)
	defer cancel()
	select {
	case h.room <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (h *handler) refusal(v verdict, text string) Answer {
	if v != tell {
		return Answer{}
	}
	return Answer{Text: text, At: h.now().Unix()}
}

// unread says which events are answered without a turn: reported positions, taps that only
// opened a page, and events without a name.
func unread(m *Message) bool {
	if m.Type != typeEvent {
		return false
	}
	switch m.Event {
	case "", "LOCATION", "VIEW", "view_miniprogram":
		return true
	}
	return false
}

// silent says which events the bot hears of but the follower must not get an answer to; they
// are not sent by hand and do not count as a flood.
func silent(m *Message) bool {
	if m.Type != typeEvent {
		return false
	}
	switch m.Event {
	case eventSubscribe, eventScan, eventClick, eventScanPush, eventScanWait,
		"pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select":
		return false
	}
	return true
}

// reply writes the passive reply and reports whether it could.
func (h *handler) reply(w http.ResponseWriter, m *Message, a Answer, key int) bool {
	text := fit(a.Text)
	if text == "" {
		return h.text(w, success)
	}
	if a.At <= 0 {
		a.At = h.now().Unix()
	}
	b := appendReply(make([]byte, 0, len(text)+320), m.Account, h.cfg.Account, a.At, text)
	if h.cfg.Mode == ModeSafe {
		sealed, err := seal(b, &h.cfg, h.keys[key], h.now())
		if err != nil {
			h.log.Error("seal reply", "error", err)
			return h.text(w, success)
		}
		b = sealed
	}
	head := w.Header()
	head["Content-Type"], head["X-Content-Type-Options"] = h.xmlType, h.nosniff
	_, err := w.Write(b)
	return err == nil
}

func (h *handler) text(w http.ResponseWriter, s string) bool {
	head := w.Header()
	head["Content-Type"], head["X-Content-Type-Options"] = h.textType, h.nosniff
	_, err := io.WriteString(w, s)
	return err == nil
}

// refuse answers with a bare status; whoever has not read the request to its end is hung up on.
func (h *handler) refuse(w http.ResponseWriter, status int, out Outcome) Outcome {
	if status == http.StatusRequestEntityTooLarge || status == http.StatusRequestTimeout {
		w.Header().Set("Connection", "close")
	}
	w.WriteHeader(status)
	return out
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if n := r.ContentLength; n >= 0 && n <= maxBody {
		b := make([]byte, n)
		if _, err := io.ReadFull(r.Body, b); err != nil {
			return nil, fmt.Errorf("read body: %w", err)
		}
		return b, nil
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	return b, nil
}

package platform

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const short = 60 * time.Millisecond // for those who never answer

func TestDeliveryInBothModes(t *testing.T) {
	for _, mode := range []string{Plain, Safe} {
		t.Run(mode, func(t *testing.T) {
			bot, webhook := startBot(t, echo)
			p := testPlatform(t, Options{Mode: mode, Webhooks: []string{webhook + "?via=lb"}})
			q, ctx := followed(t, p)
			d := must(t, q.Say(ctx, "你好"))
			if d.Reply.Text != "您说：你好" || d.Faulty || len(d.Tries) != 1 || d.Tries[0].Status != 200 {
				t.Errorf("delivery %+v", d)
			}
			got := bot.messages(t)
			if len(got) != 2 || got[1].Content != "你好" || got[1].MsgID != d.MsgID || got[1].From != someone || got[1].To != testAccount {
				t.Errorf("bot read %+v", got)
			}
			encrypted := mode == Safe
			if strings.Contains(d.WireIn, "你好") == encrypted || strings.Contains(d.WireOut, "你好") == encrypted || !strings.Contains(d.Out, "你好") {
				t.Errorf("wire in %s\nwire out %s", d.WireIn, d.WireOut)
			}
			if !strings.HasPrefix(d.WireURL, "/wechat?via=lb&") || strings.Contains(d.WireURL, "msg_signature=") != encrypted {
				t.Errorf("wire URL %s", d.WireURL)
			}
			u, err := url.Parse(d.WireURL)
			if err != nil || u.Query().Get("openid") != someone {
				t.Errorf("openid in %s, %v", d.WireURL, err)
			}
		})
	}
}

// hang answers only when the client has gone.
func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // the server sees the client leave only after this
	<-r.Context().Done()
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func body(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, s) }
}

func TestAnswersThatAreRetriedAndNot(t *testing.T) {
	cut := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "succ")
	}
	for _, row := range []struct {
		name   string
		h      http.HandlerFunc
		tries  int
		faulty bool
	}{
		{"success", body("success"), 1, false},
		{"empty", body(""), 1, false},
		{"junk", body(`{"ok":true}`), 1, true},
		{"403", status(http.StatusForbidden), 1, true},
		{"302", status(http.StatusFound), 1, true},
		{"204", status(http.StatusNoContent), 1, true},
		{"500", status(http.StatusInternalServerError), 3, true},
		{"503", status(http.StatusServiceUnavailable), 3, true},
		{"never", hang, 3, true},
		{"cut", cut, 3, true},
		{"closed", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 3, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := Options{Pause: time.Millisecond, Webhooks: []string{replica(t, row.h)}}
			if row.name == "never" {
				o.Deadline = short
			}
			p := testPlatform(t, o)
			p.state.People[someone] = &follower{Following: true}
			d := p.Person(someone).Say(t.Context(), "你好")
			if len(d.Tries) != row.tries || d.Faulty != row.faulty || d.Faulty != (d.Err != nil) {
				t.Errorf("%d tries, faulty %t, %v", len(d.Tries), d.Faulty, d.Err)
			}
			if d.Reply.Text != "" {
				t.Errorf("reply %+v", d.Reply)
			}
		})
	}
}

const nobody = "http://127.0.0.1:1/wechat" // refuses connections

func TestRefusedConnectionIsTriedThreeTimes(t *testing.T) {
	p := testPlatform(t, Options{Pause: time.Millisecond, Webhooks: []string{nobody}})
	d := p.Person(someone).Follow(t.Context(), "")
	if len(d.Tries) != 3 || !d.Faulty || d.Tries[0].Refused != 1 || strings.Contains(d.Tries[0].Err, "signature") {
		t.Errorf("delivery %+v", d)
	}
}

// A balancer asks the next replica when one takes no connection, within the same try.
func TestRefusedConnectionGoesToAnotherReplica(t *testing.T) {
	bot, alive := startBot(t, echo)
	p := testPlatform(t, Options{Webhooks: []string{nobody, alive, nobody}})
	q, _ := followed(t, p)
	refused := 0
	for range 20 {
		d := must(t, q.Say(t.Context(), "a"))
		if len(d.Tries) != 1 || d.Tries[0].URL != alive || d.Tries[0].Err != "" {
			t.Fatalf("tries %+v", d.Tries)
		}
		refused += d.Tries[0].Refused
	}
	if refused == 0 {
		t.Error("no replica refused: nothing is proved")
	}
	if n := len(bot.messages(t)); n != 21 {
		t.Errorf("%d messages arrived", n)
	}
}

// A request that was taken and not answered may have been acted on: it is a try of its own.
func TestTakenAndDroppedRequestIsAnUnansweredTry(t *testing.T) {
	_, alive := startBot(t, echo)
	var taken atomic.Int32
	dying := replica(t, func(http.ResponseWriter, *http.Request) {
		taken.Add(1)
		panic(http.ErrAbortHandler)
	})
	p := testPlatform(t, Options{Pause: time.Millisecond, Webhooks: []string{alive, dying}})
	q := p.Person(someone)
	q.Follow(t.Context(), "")
	unanswered := 0
	for range 40 {
		for _, try := range q.Say(t.Context(), "a").Tries {
			if try.Status == 0 && try.Err != "" && try.URL == dying {
				unanswered++
			}
		}
	}
	if unanswered == 0 || unanswered > int(taken.Load()) || unanswered < int(taken.Load())-maxTries {
		t.Errorf("%d unanswered tries, %d requests were dropped", unanswered, taken.Load())
	}
}

// Repeats are spread out: a fault of a moment is over before the last try.
func TestRepeatsWaitAfterAFailedTry(t *testing.T) {
	const rest = 40 * time.Millisecond
	p := testPlatform(t, Options{Pause: rest, Webhooks: []string{nobody}})
	begin := time.Now()
	p.Person(someone).Follow(t.Context(), "")
	if took := time.Since(begin); took < 2*rest {
		t.Errorf("three tries in %v", took)
	}
}

func TestRepeatsCarryTheSameMessage(t *testing.T) {
	for _, same := range []bool{false, true} {
		t.Run(map[bool]string{false: "signed anew", true: "same signature"}[same], func(t *testing.T) {
			var mu sync.Mutex
			var calls atomic.Int32
			ids, queries := map[string]bool{}, map[string]bool{}
			webhook := replica(t, func(w http.ResponseWriter, r *http.Request) {
				in, err := prove(r)
				mu.Lock()
				ids[in.MsgID], queries[in.query] = true, true
				mu.Unlock()
				if err != nil || calls.Add(1) < 3 {
					w.WriteHeader(http.StatusBadGateway)
					return
				}
				_, _ = io.WriteString(w, answer(r, in, "第三次"))
			})
			p := testPlatform(t, Options{Pause: time.Millisecond, Webhooks: []string{webhook}, SameSignature: same})
			p.state.People[someone] = &follower{Following: true}
			d := must(t, p.Person(someone).Say(t.Context(), "a"))
			if d.Reply.Text != "第三次" || len(d.Tries) != 3 || d.Faulty {
				t.Errorf("delivery %+v", d)
			}
			if len(ids) != 1 || !ids[d.MsgID] || (len(queries) == 1) != same {
				t.Errorf("ids %v, %d queries", ids, len(queries))
			}
		})
	}
}

func TestRetryReachesAnotherReplica(t *testing.T) {
	_, alive := startBot(t, echo)
	p := testPlatform(t, Options{Pause: time.Millisecond, Webhooks: []string{alive, replica(t, status(500))}})
	q := p.Person(someone)
	q.Follow(t.Context(), "")
	crossed := 0
	for range 40 {
		if d := q.Say(t.Context(), "a"); d.Err == nil && len(d.Tries) > 1 {
			crossed++
		}
	}
	if crossed == 0 {
		t.Error("no retry went to the living replica")
	}
}

func TestActsOnTheWire(t *testing.T) {
	bot, webhook := startBot(t, func(inbound) string { return "" })
	p := testPlatform(t, Options{Webhooks: []string{webhook}})
	q, ctx := p.Person(someone), t.Context()
	for _, row := range []struct {
		name string
		act  func() *Delivery
		want func(inbound) bool
	}{
		{"follow by code", func() *Delivery { return q.Follow(ctx, "e1") }, func(m inbound) bool {
			return m.Event == "subscribe" && m.Key == "qrscene_e1" && m.MsgID == ""
		}},
		{"scan", func() *Delivery { return q.Scan(ctx, "e2") }, func(m inbound) bool { return m.Event == "SCAN" && m.Key == "e2" }},
		{"tap", func() *Delivery { return q.Tap(ctx, "照明", 7) }, func(m inbound) bool {
			return m.Type == "text" && m.Content == "照明" && m.MenuID == "7"
		}},
		{"click", func() *Delivery { return q.Click(ctx, "need") }, func(m inbound) bool { return m.Event == "CLICK" && m.Key == "need" }},
		{"scan by menu", func() *Delivery { return q.ScanMenu(ctx, "code", "http://a/b?c=d&e") }, func(m inbound) bool {
			return m.Event == "scancode_waitmsg" && m.Key == "code" && m.Scanned == "http://a/b?c=d&e" && m.MsgID == ""
		}},
		{"photo", func() *Delivery { return q.Photo(ctx, []byte("\xff\xd8\xff")) }, func(m inbound) bool {
			data, kind, ok := p.Media(m.MediaID)
			return m.Type == "image" && ok && kind == "image/jpeg" && string(data) == "\xff\xd8\xff"
		}},
		{"voice", func() *Delivery { return q.Voice(ctx, []byte("#!AMR\n"), "") }, func(m inbound) bool {
			_, kind, ok := p.Media(m.MediaID)
			return m.Type == "voice" && ok && kind == "audio/amr"
		}},
		{"place", func() *Delivery { return q.Locate(ctx, 31.2304, 121.4737, "东门") }, func(m inbound) bool {
			return m.Type == "location" && m.Lat == "31.230400"
		}},
		{"raw", func() *Delivery {
			return q.Send(ctx, Field{"MsgType", "text"}, Field{"Content", "x"}, Field{"MsgId", "5"})
		}, func(m inbound) bool {
			return m.MsgID == "5"
		}},
		{"unfollow", func() *Delivery { return q.Unfollow(ctx) }, func(m inbound) bool { return m.Event == "unsubscribe" }},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := must(t, row.act())
			got := bot.messages(t)
			if m := got[len(got)-1]; !row.want(m) || m.MsgID != d.MsgID {
				t.Errorf("bot read %+v", m)
			}
		})
	}
	if q.Following() {
		t.Error("still following")
	}
}

func TestWhatAPhoneCannotDo(t *testing.T) {
	_, webhook := startBot(t, echo)
	p := testPlatform(t, Options{Webhooks: []string{webhook}})
	stranger, ctx := p.Person("oStranger"), t.Context()
	q, _ := followed(t, p)
	nowhere := testPlatform(t, Options{})
	keyless := New(Options{Webhooks: []string{webhook}})
	for _, row := range []struct {
		name string
		d    *Delivery
		want error
	}{
		{"write unfollowed", stranger.Say(ctx, "a"), ErrNotFollowing},
		{"photo unfollowed", stranger.Photo(ctx, []byte("a")), ErrNotFollowing},
		{"unfollow unfollowed", stranger.Unfollow(ctx), ErrNotFollowing},
		{"follow twice", q.Follow(ctx, ""), ErrFollowing},
		{"no webhook", nowhere.Person(someone).Follow(ctx, ""), ErrNoWebhook},
		{"no key", keyless.Person(someone).Follow(ctx, ""), errKey},
	} {
		t.Run(row.name, func(t *testing.T) {
			if !errors.Is(row.d.Err, row.want) || len(row.d.Tries) != 0 || row.d.Faulty {
				t.Errorf("delivery %+v", row.d)
			}
		})
	}
	if got := p.People(); len(got) != 2 {
		t.Errorf("people %v", got)
	}
}

func TestOwnClientReachesLoopbackOnly(t *testing.T) {
	p := testPlatform(t, Options{Deadline: time.Second, Pause: time.Millisecond, Webhooks: []string{"http://192.0.2.1/wechat"}})
	d := p.Person(someone).Follow(t.Context(), "")
	if len(d.Tries) != 3 || !strings.Contains(d.Tries[0].Err, errNotLoopback.Error()) {
		t.Errorf("tries %+v", d.Tries)
	}
}

func TestEndedContextStopsTheTries(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	webhook := replica(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	})
	d := testPlatform(t, Options{Webhooks: []string{webhook}}).Person(someone).Follow(ctx, "")
	if len(d.Tries) != 1 || d.Err == nil {
		t.Errorf("delivery %+v", d)
	}
}

func TestUnfollowedNeverSeeAFault(t *testing.T) {
	webhook := replica(t, status(http.StatusForbidden))
	p := testPlatform(t, Options{Webhooks: []string{webhook}})
	q := p.Person(someone)
	if d := q.Follow(t.Context(), ""); !d.Faulty {
		t.Errorf("follow %+v", d)
	}
	if d := q.Unfollow(t.Context()); d.Faulty || d.Err == nil {
		t.Errorf("unfollow %+v", d)
	}
}

func TestModeSwitchAndRepeat(t *testing.T) {
	bot, webhook := startBot(t, echo)
	p := testPlatform(t, Options{Webhooks: []string{webhook}})
	q, ctx := followed(t, p)
	first := must(t, q.Say(ctx, "a"))
	p.SetMode(Plain)
	again := must(t, q.Repeat(ctx, first))
	if again.MsgID != first.MsgID || again.In != first.In || again.WireIn != first.In || first.WireIn == first.In {
		t.Errorf("repeat %+v", again)
	}
	if n := len(bot.messages(t)); n != 3 {
		t.Errorf("%d messages", n)
	}
}

package web_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"yishi/bot/web"
	"yishi/flows"
	"yishi/store"
	"yishi/store/storetest"
)

// A replica dies while it works: the next look at the page has another one begin anew, once the
// claim has run out.
func TestAnotherReplicaGoesOn(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		r := newRig(t, db)
		ref, phone := r.opened("count")
		began := make(chan struct{}, 1)
		r.take = func(ctx context.Context, _ web.Opened, _ web.File, say web.Say) (web.Page, error) {
			say("已读 1 行")
			began <- struct{}{}
			<-ctx.Done()
			return web.Page{Title: "不该看到"}, nil
		}
		first := r.server
		if a := phone.upload(ref, phone.get(ref).token(), "户,人\n1,1\n"); a.status != 200 {
			t.Fatalf("the answer waits for the work: %d %s", a.status, a.body)
		}
		<-began
		expect(t, "at work", phone.get(ref), 200, "work", "正在处理")
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		expect(t, "after its death", phone.get(ref), 200, "work")
		r.take = countLines
		srv := &http.Server{} // never listens
		second := r.replica(srv)
		defer func() {
			if err := second.Close(); err != nil {
				t.Error(err)
			}
		}()
		db.Clock().Shift(time.Minute)
		next := &handlerTrip{second.Handler()}
		phone.client.Transport = next
		expect(t, "another replica", phone.get(ref), 200, "work")
		expect(t, "in the end", phone.await(ref), 200, "done", "共 1 户。")
		if !r.seen.has("taken-over") {
			t.Error("nobody took it over")
		}
	})
}

// handlerTrip brings requests to a handler without a server.
type handlerTrip struct{ h http.Handler }

func (h *handlerTrip) RoundTrip(req *http.Request) (*http.Response, error) {
	return serveOnce(h.h, req)
}

// Work that fails, or panics, leaves the link for another try and says so; what it said by the way
// is shown.
func TestWorkThatFails(t *testing.T) {
	for name, take := range map[string]func(context.Context, web.Opened, web.File, web.Say) (web.Page, error){
		"error": func(context.Context, web.Opened, web.File, web.Say) (web.Page, error) {
			return web.Page{Title: "半个结果"}, errors.New("database away")
		},
		"panic": func(context.Context, web.Opened, web.File, web.Say) (web.Page, error) {
			panic("secret words of a file")
		},
		"half a page and an error": func(context.Context, web.Opened, web.File, web.Say) (web.Page, error) {
			return web.Page{Again: true, Save: func(io.Writer) error { return nil }}, io.ErrUnexpectedEOF
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, storetest.Open(t))
			ref, phone := r.opened("count")
			r.take = take
			token := phone.get(ref).token()
			phone.upload(ref, token, "户,人\n1,1\n")
			expect(t, "failed", phone.await(ref), 200, "form", "没有处理成功")
			if strings.Contains(r.log.String(), "secret words") {
				t.Error("the panic's words are logged")
			}
			r.take = countLines
			phone.upload(ref, token, "户,人\n1,1\n")
			expect(t, "tried again", phone.await(ref), 200, "done")
		})
	}
}

func TestProgressIsShown(t *testing.T) {
	r := newRig(t, storetest.Open(t), func(o *web.Options, _ *http.Server) { o.Lease = 60 * time.Millisecond })
	ref, phone := r.opened("count")
	goOn := make(chan struct{})
	r.take = func(_ context.Context, _ web.Opened, _ web.File, say web.Say) (web.Page, error) {
		say("已读 12,000 行 " + strings.Repeat("长", 100))
		<-goOn
		return web.Page{Title: "好了"}, nil
	}
	phone.upload(ref, phone.get(ref).token(), "户,人\n1,1\n")
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); ; <-tick.C {
		a := phone.get(ref)
		if strings.Contains(a.body, "已读 12,000 行 长") && strings.Contains(a.body, "…") {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("progress is not shown: %s", a.body)
		}
	}
	close(goOn)
	expect(t, "done", phone.await(ref), 200, "done")
	if r.seen.has("taken-over") {
		t.Error("the claim was not renewed")
	}
}

// The server's time-outs are made for short calls; a file on a slow line must get through them.
func TestSlowLine(t *testing.T) {
	db := storetest.Open(t)
	r := newRig(t, db, func(_ *web.Options, srv *http.Server) {
		srv.ReadTimeout, srv.WriteTimeout = 150*time.Millisecond, 150*time.Millisecond
	})
	ref, phone := r.opened("count")
	kind, body := form(phone.get(ref).token(), "a.csv", "户,人\n"+strings.Repeat("1,1\n", 1000))
	a := phone.do(http.MethodPost, r.base+flows.LinkPath+ref, kind, &slowReader{body.Bytes(), 600 * time.Millisecond})
	if a.status != 200 {
		t.Fatalf("on a slow line: %d %s", a.status, a.body)
	}
	expect(t, "done", phone.await(ref), 200, "done", "共 1000 户。")
	greet, desk := r.opened("greet")
	r.make = func(ctx context.Context, o web.Opened, w io.Writer) (web.Named, error) {
		t := time.NewTimer(400 * time.Millisecond)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return web.Named{}, ctx.Err()
		}
		return greetTwice(ctx, o, w)
	}
	if a := desk.get(greet, "file"); a.status != 200 || !strings.HasPrefix(a.body, "您好") {
		t.Errorf("a download that takes its time: %d %s", a.status, a.body)
	}
}

func greetTwice(ctx context.Context, o web.Opened, w io.Writer) (web.Named, error) {
	if _, err := greet(ctx, o, w); err != nil {
		return web.Named{}, err
	}
	return greet(ctx, o, w)
}

// slowReader yields its bytes spread over a time.
type slowReader struct {
	b    []byte
	over time.Duration
}

func (s *slowReader) Read(p []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	t := time.NewTimer(s.over / 10)
	defer t.Stop()
	<-t.C
	n := copy(p, s.b[:min(len(s.b), 600)])
	s.b = s.b[n:]
	return n, nil
}

// A line that stands still is cut, and the link is free again at once.
func TestStandstill(t *testing.T) {
	r := newRig(t, storetest.Open(t), func(o *web.Options, _ *http.Server) { o.Idle = 100 * time.Millisecond })
	ref, phone := r.opened("count")
	token := phone.get(ref).token()
	kind, body := form(token, "a.csv", "户,人\n"+strings.Repeat("1,1\n", 100_000))
	half := body.Bytes()[:body.Len()/2]
	stuck, end := io.Pipe()
	defer func() { _ = end.Close() }()
	a := phone.do(http.MethodPost, r.base+flows.LinkPath+ref, kind, io.MultiReader(bytes.NewReader(half), stuck))
	if a.status != 0 && a.status != http.StatusBadRequest {
		t.Errorf("standing still: %d %s", a.status, a.body)
	}
	expect(t, "afterwards", phone.await(ref), 200, "form")
	phone.upload(ref, token, "户,人\n1,1\n")
	expect(t, "again", phone.await(ref), 200, "done")
}

// A line that breaks leaves nothing behind.
func TestBrokenLine(t *testing.T) {
	r := newRig(t, storetest.Open(t))
	ref, phone := r.opened("count")
	token := phone.get(ref).token()
	kind, body := form(token, "a.csv", "户,人\n"+strings.Repeat("1,1\n", 100_000))
	cookies := phone.client.Jar.Cookies(mustURL(t, r.base))
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(r.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /f/%s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		ref, strings.TrimPrefix(r.base, "http://"), cookies[0], kind, body.Len())
	_, _ = conn.Write(body.Bytes()[:body.Len()/3])
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	expect(t, "afterwards", phone.await(ref), 200, "form")
	if strings.Contains(r.log.String(), `"ERROR"`) {
		t.Errorf("a broken line is logged as a fault of ours:\n%s", r.log.String())
	}
	// The server may notice the broken line only now, and holds the link until it did.
	for tries := 0; phone.upload(ref, token, "户,人\n1,1\n").status == http.StatusConflict && tries < 200; tries++ {
		phone.await(ref)
	}
	expect(t, "again", phone.await(ref), 200, "done")
}

// A download that cannot be made says so and is not counted; nobody gets a part for the whole.
func TestDownloadThatFails(t *testing.T) {
	r := newRig(t, storetest.Open(t))
	ref, desk := r.opened("greet")
	for name, fail := range map[string]func(w io.Writer) error{
		"error": func(io.Writer) error { return errors.New("database away") },
		"half":  func(w io.Writer) error { _, _ = w.Write(make([]byte, 1<<20)); return errors.New("database away") },
		"panic": func(io.Writer) error { panic("secret words") },
	} {
		r.make = func(_ context.Context, _ web.Opened, w io.Writer) (web.Named, error) { return web.Named{}, fail(w) }
		a := desk.get(ref, "file")
		if a.status != 500 || !strings.Contains(a.body, "文件没有做成") || a.header.Get("Content-Disposition") != "" {
			t.Errorf("%s: %d %v", name, a.status, a.header)
		}
	}
	r.make = greet
	if a := desk.get(ref, "file"); a.status != 200 {
		t.Errorf("afterwards: %d", a.status)
	}
	if strings.Contains(r.log.String(), "secret words") {
		t.Error("the panic's words are logged")
	}
}

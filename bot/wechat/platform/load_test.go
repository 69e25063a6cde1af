package platform

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// BenchmarkCustomSend sends over 256 connections, each answer held back for 20 ms; "handler" is
// without HTTP, "at once" without the latency. The figure to watch on a busy machine is the
// processor's time for one send.
func BenchmarkCustomSend(b *testing.B) {
	p := New(Options{AppID: testAppID, Secret: testSecret})
	defer p.Close()
	openids := p.Populate("oLoad", 100_000)
	p.SetLimits(customPath, Limits{Day: 1 << 40})
	token := benchToken(b, p)
	bodies := make([]string, len(openids)) // five each go through
	for i := range bodies {
		bodies[i] = fmt.Sprintf(`{"touser":%q,"msgtype":"text","text":{"content":"您好，楼道灯已经修好了，感谢您的提议。回复 进度 可以查看。"}}`, openids[i])
	}
	path := customPath + "?access_token=" + token
	b.Run("handler", func(b *testing.B) {
		h := p.Handler()
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, path, strings.NewReader(bodies[i%len(bodies)]))
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
	})
	for name, latency := range map[string]time.Duration{"20ms": 20 * time.Millisecond, "at once": 0} {
		b.Run(name, func(b *testing.B) {
			p.SetLatency(customPath, latency)
			loadHTTP(b, p, path, bodies)
		})
	}
}

// loadHTTP writes ready-made requests to connections of its own, so that nearly all the work is
// the platform's and its server's.
func loadHTTP(b *testing.B, p *Platform, path string, bodies []string) {
	const connections = 256
	srv := httptest.NewServer(p.Handler())
	defer srv.Close()
	address := srv.Listener.Addr().String()
	p.Populate("oLoad", len(bodies)) // with new windows
	var at atomic.Int64
	b.SetParallelism(connections / runtime.GOMAXPROCS(0))
	b.ReportAllocs()
	before := cpuTime(b)
	b.RunParallel(func(pb *testing.PB) {
		conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", address)
		if err != nil {
			b.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		var request []byte
		answer := make([]byte, 4096)
		for pb.Next() {
			body := bodies[at.Add(1)%int64(len(bodies))]
			request = fmt.Appendf(request[:0], "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s", path, address, len(body), body)
			if _, err := conn.Write(request); err != nil {
				b.Error(err)
				return
			}
			n, err := conn.Read(answer)
			if err != nil || !bytes.HasSuffix(answer[:n], []byte(`{"errcode":0,"errmsg":"ok"}`)) {
				b.Errorf("%s, %v", answer[:n], err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sends/s")
	b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// cpuTime is what the whole process has used: a figure that other processes hardly change.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchToken(b *testing.B, p *Platform) string {
	b.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet,
		"/cgi-bin/token?grant_type=client_credential&appid="+testAppID+"&secret="+testSecret, nil)
	p.Handler().ServeHTTP(w, r)
	_, rest, _ := strings.Cut(w.Body.String(), `"access_token":"`)
	token, _, ok := strings.Cut(rest, `"`)
	if !ok {
		b.Fatalf("no token: %s", w.Body)
	}
	return token
}

// BenchmarkPopulate makes 100,000 followers.
func BenchmarkPopulate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		p := New(Options{})
		p.Populate("oLoad", 100_000)
		p.Close()
	}
}

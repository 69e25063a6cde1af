package wechat

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"
	"time"
)

// nullWriter is an answer that nobody reads.
type nullWriter struct{ head http.Header }

func (w nullWriter) Header() http.Header             { return w.head }
func (nullWriter) WriteHeader(int)                   {}
func (nullWriter) Write(b []byte) (int, error)       { return len(b), nil }
func (nullWriter) WriteString(s string) (int, error) { return len(s), nil }

// rereader is a body that can be read again and again.
type rereader struct{ *bytes.Reader }

func (rereader) Close() error { return nil }

func handlerLoop(tb testing.TB, mode string) func() {
	tb.Helper()
	h, err := NewHandler(testConfig(mode), turnFunc(func(context.Context, *Message) Answer {
		return Answer{Text: "收到，您说的是路灯坏了。", At: 77}
	}), HandlerOptions{Now: func() time.Time { return testNow }})
	if err != nil {
		tb.Fatal(err)
	}
	r := plainCall(textXML("路灯坏了", "23456789012345678", ""))
	if mode == ModeSafe {
		r = safeCall(sealed(tb, textXML("路灯坏了", "23456789012345678", "")))
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		tb.Fatal(err)
	}
	body := rereader{bytes.NewReader(b)}
	r.Body = body
	w := nullWriter{http.Header{}}
	return func() {
		body.Reset(b)
		h.ServeHTTP(w, r)
	}
}

func BenchmarkHandler(b *testing.B) {
	for _, mode := range []string{ModePlain, ModeSafe} {
		b.Run(mode, func(b *testing.B) {
			do := handlerLoop(b, mode)
			b.ReportAllocs()
			for b.Loop() {
				do()
			}
		})
	}
}

func TestHandlerAllocations(t *testing.T) {
	for mode, most := range map[string]float64{ModePlain: 40, ModeSafe: 80} {
		t.Run(mode, func(t *testing.T) {
			if got := testing.AllocsPerRun(100, handlerLoop(t, mode)); got > most {
				t.Errorf("%v allocations, want at most %v", got, most)
			}
		})
	}
}

package web_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"yishi/bot/web"
	"yishi/flows"
	"yishi/store/storetest"
)

// A big file flows to disk; it is never held in memory. YISHI_TEST_UPLOAD_MB makes it bigger.
func TestBigFile(t *testing.T) {
	size := int64(48 << 20)
	if mb, err := strconv.ParseInt(os.Getenv("YISHI_TEST_UPLOAD_MB"), 10, 32); err == nil {
		size = mb << 20
	}
	r := newRig(t, storetest.Open(t))
	ref, phone := r.opened("count")
	r.take = func(_ context.Context, _ web.Opened, f web.File, _ web.Say) (web.Page, error) {
		if f.Size != size {
			t.Errorf("%d bytes arrived of %d", f.Size, size)
		}
		return web.Page{Title: "好了"}, nil
	}
	kind, whole := form(phone.get(ref).token(), "名册.csv", "@")
	head, tail, _ := bytes.Cut(whole.Bytes(), []byte("@"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	a := phone.do(http.MethodPost, r.base+flows.LinkPath+ref, kind, io.MultiReader(bytes.NewReader(head), io.LimitReader(endless{}, size), bytes.NewReader(tail)))
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	expect(t, "done", phone.await(ref), 200, "done")
	used := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d MB in %v, %d KB allocated in all, by browser and server", size>>20, took, used>>10)
	if used > 8<<20 {
		t.Errorf("%d MB were allocated for %d MB", used>>20, size>>20)
	}
}

// endless yields lines.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "3-501,2\n"[i%8]
	}
	return len(p), nil
}

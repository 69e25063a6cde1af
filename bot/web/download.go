package web

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"yishi/store"
)

const (
	makeTime = 2 * time.Minute
	chunk    = 64 << 10 // bytes between two looks at whether the line moves
)

// download gives the file out. It is made whole before its first byte is sent, and it counts as
// given out once it is made: a browser may begin anew store.FetchMost times in all, as lines break
// and phones ask once to look and once to keep. Parts of it are not to be had.
func (s *Server) download(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet { // HEAD comes by the same way
		s.fail(w, http.StatusMethodNotAllowed, sayWrongWay)
		return
	}
	v, no := s.find(r, s.browser(r))
	switch {
	case no != nil:
		s.render(w, no)
		return
	case v.down == nil || !v.link.Mine:
		s.fail(w, http.StatusForbidden, sayWrongWay)
		return
	case v.link.Fetches >= store.FetchMost:
		s.fail(w, http.StatusGone, sayUsed)
		return
	case !s.making.try():
		s.fail(w, http.StatusServiceUnavailable, sayBusy, way{s.path(v.ref), "返回"})
		return
	}
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{}) // else the server takes its own time-out for a hang-up
	_ = rc.SetWriteDeadline(machineTime().Add(makeTime + s.o.Idle))
	file, name, err := s.make(r.Context(), &v)
	if err != nil {
		if r.Context().Err() == nil {
			s.o.Log.ErrorContext(r.Context(), "download not made", "kind", v.link.Kind, "error", err.Error())
		}
		s.fail(w, http.StatusInternalServerError, sayNotMade, way{s.path(v.ref), "返回"})
		return
	}
	defer s.drop(file)
	s.give(w, r, rc, &v, file, name)
}

// give counts the download and sends the file.
func (s *Server) give(w http.ResponseWriter, r *http.Request, rc *http.ResponseController, v *visit, file *os.File, name Named) {
	ctx, cancel := deciding(r)
	defer cancel()
	ok, err := s.o.Links.Fetch(ctx, v.ref, v.browser, rand.Text())
	switch {
	case err != nil:
		s.o.Log.WarnContext(ctx, "download not counted", "error", err.Error())
		s.fail(w, http.StatusServiceUnavailable, sayBusy, way{s.path(v.ref), "返回"})
		return
	case !ok:
		s.fail(w, http.StatusGone, sayUsed)
		return
	}
	s.o.Observe(v.link.Kind, "fetched")
	info, err := file.Stat()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s.send(w, rc, file, name, info.Size())
}

// make writes the file below Temp, where nobody finds it: its name goes at once where systems
// allow that. The caller has taken one of s.making.
func (s *Server) make(ctx context.Context, v *visit) (made *os.File, name Named, err error) {
	defer s.making.leave()
	ctx, cancel := context.WithTimeout(ctx, makeTime)
	defer cancel()
	file, err := os.CreateTemp(s.o.Temp, "download-*")
	if err != nil {
		return nil, name, fmt.Errorf("make file: %w", err)
	}
	_ = os.Remove(file.Name())
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %T", p)
		}
		if err != nil {
			s.drop(file)
		}
	}()
	b := bufio.NewWriterSize(file, chunk)
	if name, err = v.down.Make(ctx, opened(v.link), b); err != nil {
		return nil, name, err
	}
	if err = errors.Join(b.Flush(), ctx.Err()); err != nil {
		return nil, name, fmt.Errorf("write file: %w", err)
	}
	if _, err = file.Seek(0, io.SeekStart); err != nil {
		return nil, name, fmt.Errorf("read file again: %w", err)
	}
	return file, name, nil
}

func (s *Server) drop(file *os.File) {
	_ = file.Close()
	_ = os.Remove(file.Name()) // gone already, where systems allow it
}

// result gives out the file that belongs to a result, as often as asked while the link lives.
func (s *Server) result(w http.ResponseWriter, r *http.Request) {
	v, no := s.find(r, s.browser(r))
	if no != nil {
		s.render(w, no)
		return
	}
	o, ok := decodeOutcome(v.link.Result)
	if !v.link.Mine || v.link.State != store.LinkDone || v.link.ResultKey == "" || !ok {
		s.fail(w, http.StatusNotFound, sayUnknown)
		return
	}
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{})
	f, err := s.o.Blobs.Open(r.Context(), v.link.ResultKey)
	if err != nil {
		s.o.Log.ErrorContext(r.Context(), "file of a result not opened", "error", err.Error())
		s.fail(w, http.StatusInternalServerError, sayNotMade, way{s.path(v.ref), "返回"})
		return
	}
	defer f.Close()
	s.send(w, rc, f, o.Saved, -1)
}

// send writes a file. A line that stands still is cut; so is the answer when reading fails, so
// that the browser does not take a part for the whole.
func (s *Server) send(w http.ResponseWriter, rc *http.ResponseController, f io.Reader, name Named, size int64) {
	h := w.Header()
	h.Set("Content-Type", name.Type)
	h.Set("Content-Disposition", disposition(name.Name))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Accept-Ranges", "none")
	if size >= 0 {
		h.Set("Content-Length", strconv.FormatInt(size, 10))
	}
	for b := make([]byte, chunk); ; {
		n, err := f.Read(b)
		_ = rc.SetWriteDeadline(machineTime().Add(s.o.Idle))
		if n > 0 {
			if _, err := w.Write(b[:n]); err != nil {
				return // the browser has gone
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			s.o.Log.Error("file not read to its end", "error", err.Error())
			panic(http.ErrAbortHandler)
		}
	}
}

// disposition names a file for the browser (RFC 6266): whole in UTF-8, and in plain letters for old
// ones.
func disposition(name string) string {
	name = cleanName(name)
	if name == "" {
		name = "file"
	}
	plain := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' || r == '%' {
			return '_'
		}
		return r
	}, name)
	return mime.FormatMediaType("attachment", map[string]string{"filename": plain}) + "; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}

package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Gallery shows photos and plays voices on the page itself, as often as it is looked at while the
// link lives. WeChat's own browser may show it: nothing has to be stored.
type Gallery struct {
	Ask string // a sentence above them
	// None is said where there is nothing to show yet.
	None string
	// List says what may be shown now, in the order of the page; false: it is not for the account, or
	// not any more. It is asked anew for each piece.
	List func(ctx context.Context, o Opened) ([]Piece, bool, error)
}

// Piece is one photo or voice.
type Piece struct {
	ID      int64
	Voice   bool
	BlobKey string
}

// pieceMost bounds a photo or voice, in bytes: the platform's photos are smaller, and so are voices.
const pieceMost = 20 << 20

// item is a piece as the page shows it.
type item struct {
	To, Label string
	Photo     bool
	Sound     bool // the browser can play it
}

// sayGone is shown where what was to be seen is not public any more.
var sayGone = saying{"现在看不了", []string{"这些照片或语音刚才撤下了，或者只给别人看。", askAgain}, "not-shown"}

// hang fills the page of a gallery.
func (s *Server) hang(r *http.Request, v *visit) *view {
	ctx, cancel := looking(r)
	defer cancel()
	all, ok, err := v.gallery.List(ctx, opened(v.link))
	switch {
	case err != nil:
		s.o.Log.WarnContext(ctx, "gallery not listed", "kind", v.link.Kind, "error", err.Error())
		return sayBusy.view(http.StatusServiceUnavailable)
	case !ok:
		return s.refusal(sayGone, http.StatusForbidden)
	}
	p := &view{Tag: "gallery", Text: []string{v.gallery.Ask}}
	photos, voices := 0, 0
	for _, piece := range all {
		it := item{To: s.path(v.ref, "m", strconv.FormatInt(piece.ID, 36)), Photo: !piece.Voice}
		if it.Photo {
			photos++
			it.Label = fmt.Sprintf("第 %d 张照片", photos)
		} else {
			voices++
			it.Label = fmt.Sprintf("第 %d 段语音", voices)
			if it.Sound, err = s.plays(ctx, piece); err != nil {
				s.o.Log.WarnContext(ctx, "voice not looked at", "error", err.Error())
				continue
			}
		}
		p.Items = append(p.Items, it)
	}
	if len(p.Items) == 0 {
		p.Text = []string{v.gallery.None}
	}
	s.o.Observe(v.link.Kind, "shown")
	return p
}

// plays says whether browsers can play a voice: MP3 they can, AMR and Silk, which the platform
// mostly hands out, they cannot.
func (s *Server) plays(ctx context.Context, p Piece) (bool, error) {
	body, err := s.o.Blobs.Open(ctx, p.BlobKey)
	if err != nil {
		return false, fmt.Errorf("open voice: %w", err)
	}
	defer func() { _ = body.Close() }() // it was only read
	head := make([]byte, 16)
	n, err := io.ReadFull(body, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, fmt.Errorf("read voice: %w", err)
	}
	_, _, playable := soundType(head[:n])
	return playable, nil
}

// soundType names a voice's type and the end of its file's name.
func soundType(head []byte) (mime, end string, playable bool) {
	switch {
	case bytes.HasPrefix(head, []byte("#!AMR-WB\n")):
		return "audio/amr-wb", ".awb", false
	case bytes.HasPrefix(head, []byte("#!AMR\n")):
		return "audio/amr", ".amr", false
	case bytes.HasPrefix(head, []byte("OggS")):
		return "audio/ogg", ".spx", false // Speex, which browsers have given up
	case len(head) > 1 && head[0] == 0xff && head[1]&0xe0 == 0xe0:
		return "audio/mpeg", ".mp3", true
	}
	return "application/octet-stream", ".silk", false
}

// photoType names a photo's type; "" is none that a browser should be handed.
func photoType(head []byte) string {
	switch t := http.DetectContentType(head); t {
	case "image/jpeg", "image/png", "image/gif", "image/webp":
		return t
	}
	return ""
}

// Extension is how the name of a photo's or voice's file ends, by how its content begins (512 bytes will do):
// .jpg, .amr. A voice of no known kind is Silk, which has no mark that can be relied on.
func Extension(head []byte, voice bool) string {
	if voice {
		_, end, _ := soundType(head)
		return end
	}
	if _, sub, ok := strings.Cut(photoType(head), "/"); ok {
		return "." + strings.Replace(sub, "jpeg", "jpg", 1)
	}
	return ".bin"
}

// piece gives one photo or voice out, if the account may still see it.
func (s *Server) piece(w http.ResponseWriter, r *http.Request) {
	v, no := s.find(r, s.browser(r))
	id, err := strconv.ParseInt(r.PathValue("id"), 36, 64)
	switch {
	case no != nil:
		s.render(w, no)
		return
	case v.gallery == nil || !v.link.Mine || err != nil:
		s.fail(w, http.StatusForbidden, sayWrongWay)
		return
	}
	ctx, cancel := looking(r)
	defer cancel()
	all, ok, err := v.gallery.List(ctx, opened(v.link))
	if err != nil {
		s.o.Log.WarnContext(ctx, "gallery not listed", "kind", v.link.Kind, "error", err.Error())
		s.fail(w, http.StatusServiceUnavailable, sayBusy)
		return
	}
	for _, p := range all {
		if ok && p.ID == id {
			s.hand(ctx, w, r, p)
			return
		}
	}
	s.fail(w, http.StatusNotFound, sayGone)
}

// hand sends a piece; parts of it too, as phones ask for a sound bit by bit.
func (s *Server) hand(ctx context.Context, w http.ResponseWriter, r *http.Request, p Piece) {
	body, err := s.o.Blobs.Open(ctx, p.BlobKey)
	if err != nil {
		s.o.Log.WarnContext(ctx, "piece not opened", "error", err.Error())
		s.fail(w, http.StatusServiceUnavailable, sayBusy)
		return
	}
	raw, err := io.ReadAll(io.LimitReader(body, pieceMost))
	_ = body.Close() // it was only read
	if err != nil {
		s.o.Log.WarnContext(ctx, "piece not read", "error", err.Error())
		s.fail(w, http.StatusServiceUnavailable, sayBusy)
		return
	}
	kind, end, plays := photoType(raw), "", true
	if p.Voice {
		kind, end, plays = soundType(raw)
	}
	if kind == "" {
		s.fail(w, http.StatusNotFound, sayGone)
		return
	}
	w.Header().Set("Content-Type", kind)
	if !plays {
		w.Header().Set("Content-Disposition", `attachment; filename="voice`+end+`"`)
	}
	_ = http.NewResponseController(w).SetWriteDeadline(machineTime().Add(s.o.Idle + time.Duration(int64(len(raw))/s.o.Pace)*time.Second))
	http.ServeContent(w, r, strings.TrimPrefix(end, "."), time.Time{}, bytes.NewReader(raw))
}

package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode"

	"yishi/bot/blobs"
)

// Faults of a file on its way in.
var (
	errTooBig  = errors.New("file is too big")
	errNoFile  = errors.New("no file in the form")
	errForm    = errors.New("form cannot be read")
	errToken   = errors.New("form is not of this page")
	errTooSlow = errors.New("line is too slow")
)

// formMost is what the form may take beside the file, in bytes.
const formMost = 64 << 10

// upload takes a file in: the link is claimed, the file flows into a blob, and the work on it
// begins beside the request. Whatever goes wrong before that leaves the link as it was.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	browser := s.browser(r)
	v, no := s.find(r, browser)
	switch {
	case no != nil:
		s.render(w, no)
		return
	case browser == "":
		s.fail(w, http.StatusForbidden, sayNoCookie)
		return
	case v.up == nil || !v.link.Mine:
		s.fail(w, http.StatusForbidden, sayWrongWay)
		return
	case r.ContentLength > most(v.up)+formMost:
		s.refuseFile(w, &v, errTooBig)
		return
	case !s.receiving.try():
		s.fail(w, http.StatusServiceUnavailable, sayBusy)
		return
	}
	defer s.receiving.leave()
	rc := http.NewResponseController(w)
	r.Body = http.MaxBytesReader(w, r.Body, most(v.up)+formMost)
	part, err := s.filePart(&v, r, &paced{r: r.Body, rc: rc, idle: s.o.Idle, pace: s.o.Pace, began: machineTime()})
	if err == nil {
		err = s.receive(r, &v, part)
	}
	// The answer gets its own time, and the line is watched for a hang-up no more.
	_ = rc.SetReadDeadline(time.Time{})
	_ = rc.SetWriteDeadline(machineTime().Add(s.o.Idle))
	if err != nil {
		s.refuseFile(w, &v, err)
		return
	}
	s.o.Observe(v.link.Kind, "received")
	http.Redirect(w, r, s.path(v.ref), http.StatusSeeOther)
}

// filePart reads the form up to the file: the token comes first, so that a form of another page is
// refused before anything is taken.
func (s *Server) filePart(v *visit, r *http.Request, body io.Reader) (*multipart.Part, error) {
	r.Body = io.NopCloser(body)
	form, err := r.MultipartReader()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errForm, err)
	}
	part, err := form.NextPart()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errForm, err)
	}
	token, err := io.ReadAll(io.LimitReader(part, 200))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errForm, err)
	}
	if part.FormName() != "token" || !s.rightToken(v.ref, v.browser, string(token)) {
		return nil, errToken
	}
	part, err = form.NextPart()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errForm, err)
	}
	if part.FormName() != "file" || part.FileName() == "" {
		return nil, errNoFile
	}
	return part, nil
}

// receive claims the link and keeps the file.
func (s *Server) receive(r *http.Request, v *visit, part *multipart.Part) error {
	ctx, cancel := deciding(r)
	defer cancel()
	if v.link.BlobKey != "" { // of a try that did not end
		if err := s.o.Blobs.Delete(ctx, v.link.BlobKey); err != nil {
			return fmt.Errorf("delete file of an earlier try: %w", err)
		}
	}
	holder, key := rand.Text(), blobs.NewKey()
	ok, err := s.o.Links.Receive(ctx, v.ref, v.browser, holder, key, s.o.Lease)
	if err != nil {
		return err
	}
	if !ok {
		return errClaimed
	}
	body := &counted{r: part, most: most(v.up)}
	err = s.put(r.Context(), v.ref, holder, key, body)
	if err == nil && body.n == 0 {
		err = errNoFile
	}
	ending, done := deciding(r)
	defer done()
	if err == nil {
		ok, err = s.o.Links.Received(ending, v.ref, holder, cleanName(part.FileName()), body.n, s.o.Lease)
		if err == nil && !ok {
			err = errClaimed
		}
	}
	if err != nil {
		err = errors.Join(err, s.o.Blobs.Delete(ending, key), s.o.Links.Release(ending, v.ref, holder, v.link.Result))
		return err
	}
	l := v.link
	l.BlobKey, l.BlobName, l.BlobBytes = key, cleanName(part.FileName()), body.n
	s.begin(v.ref, holder, l)
	return nil
}

// errClaimed says that another request was faster.
var errClaimed = errors.New("link is in other hands")

// put keeps the file while the claim is renewed.
func (s *Server) put(ctx context.Context, ref, holder, key string, body *counted) error {
	ctx, cancel := context.WithCancel(ctx)
	k := s.keep(ref, holder, cancel)
	err := s.o.Blobs.Put(ctx, key, body)
	cancel()
	k.end()
	return err
}

// refuseFile says why a file was not taken. Anything that is not the sender's doing is logged.
func (s *Server) refuseFile(w http.ResponseWriter, v *visit, err error) {
	y, status := saying{heading: "没有收下这个文件", outcome: "refused"}, http.StatusBadRequest
	var big *http.MaxBytesError
	switch {
	case errors.Is(err, errTooBig) || errors.As(err, &big):
		status, y.text = http.StatusRequestEntityTooLarge, []string{"它超过了 " + size(most(v.up)) + "。请分成几份，再要几个链接来传。"}
	case errors.Is(err, errToken):
		status, y = http.StatusForbidden, sayNoCookie
	case errors.Is(err, errNoFile):
		y.text = []string{"没有选文件，或者文件是空的。请重新选一个。"}
	case errors.Is(err, errTooSlow):
		status, y.text = http.StatusRequestTimeout, []string{"线路太慢，没有传完。请换个网络再试一次。"}
	case errors.Is(err, errClaimed):
		status, y.text = http.StatusConflict, []string{"这个链接正在传另一个文件，或者已经传过了。请刷新这一页看看。"}
	case errors.Is(err, blobs.ErrFull):
		status, y.text = http.StatusInsufficientStorage, []string{"我们这边放不下了，已经告诉管理员。请晚些时候再传。"}
		s.o.Log.Error("upload refused", "error", "no space left for blobs")
	default:
		status, y.text = http.StatusInternalServerError, []string{"没有传成，什么也没有记。请再试一次。"}
		if errors.Is(err, errForm) || isLine(err) {
			status, y.text = http.StatusBadRequest, []string{"没有传完，什么也没有记。请再试一次。"}
		} else {
			s.o.Log.Error("upload failed", "error", err.Error())
		}
	}
	s.fail(w, status, y, way{s.path(v.ref), "返回"})
}

// isLine says that an error is of the browser's line: it broke or stood still.
func isLine(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, context.Canceled) ||
		errors.Is(err, http.ErrBodyReadAfterClose) || errors.As(err, &timeout) && timeout.Timeout()
}

// counted counts what flows through and stops at the limit.
type counted struct {
	r       io.Reader
	n, most int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	if c.n += int64(n); c.n > c.most {
		return n, errTooBig
	}
	return n, err
}

// patience is how long a line may be slower than its pace: at the start, and in all.
const patience = time.Minute

// paced reads a request's body. A line may stand still for a while, and must bring its pace in the
// long run: the server's own time-out, made for short calls, would cut a big file on a slow
// line, and none at all would let anybody hold on to us for ever.
type paced struct {
	r     io.Reader
	rc    *http.ResponseController
	idle  time.Duration
	pace  int64 // bytes a second
	began time.Time
	n     int64
}

func (p *paced) Read(b []byte) (int, error) {
	now := machineTime()
	if spent := now.Sub(p.began) - patience; spent > 0 && p.n < int64(spent.Seconds()*float64(p.pace)) {
		return 0, errTooSlow
	}
	_ = p.rc.SetReadDeadline(now.Add(p.idle)) // a server without deadlines, as in tests, has none to set
	n, err := p.r.Read(b)
	p.n += int64(n)
	return n, err
}

// machineTime is for connections: their deadlines are in the machine's own time.
func machineTime() time.Time { return time.Now() } //nolint:forbidigo // see above

// cleanName is the file's name without folders and without what could be mistaken for more.
func cleanName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == '\uFFFD' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	if name = strings.TrimSpace(name); name == "." || name == "/" {
		return ""
	}
	return cut(name, 100)
}

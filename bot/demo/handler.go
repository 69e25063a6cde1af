package demo

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"rsc.io/qr"
)

//go:embed page
var page embed.FS

// policy allows the page its own files and nothing else; there are no inline scripts or styles.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", http.RedirectHandler("/demo/", http.StatusFound))
	mux.HandleFunc("GET /demo/{$}", s.index)
	mux.HandleFunc("GET /demo/assets/{name}", asset)
	mux.HandleFunc("GET /demo/api/setup", s.setup)
	mux.HandleFunc("GET /demo/api/events", s.stream)
	mux.HandleFunc("GET /demo/api/wire", s.wire)
	mux.HandleFunc("GET /demo/api/chat", s.chat)
	mux.HandleFunc("GET /demo/photo/{seq}", s.photo)
	mux.HandleFunc("GET /demo/sample/{n}", s.sample)
	mux.HandleFunc("GET /demo/qr/{n}", s.qr)
	mux.HandleFunc("GET /demo/open", s.open)
	mux.HandleFunc("POST /demo/api/act", s.act)
	mux.HandleFunc("POST /demo/api/photo", s.upload)
	mux.HandleFunc("POST /demo/api/clock", s.clock)
	mux.HandleFunc("GET /demo/api/told", s.told)
	mux.HandleFunc("POST /demo/api/foresee", s.foresee)
	mux.HandleFunc("POST /demo/api/push", s.push)
	mux.HandleFunc("POST /demo/api/resend", s.resend)
	mux.HandleFunc("POST /demo/api/switch", s.flip)
	return s.guard(http.NewCrossOriginProtection().Handler(mux))
}

// guard keeps strangers out: a name that was made to point here (DNS rebinding) is not ours.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !s.ours(r.Host) {
			http.Error(w, "这个地址不对，请用启动时打印的地址打开。", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ours says whether the page may be asked for under this host.
func (s *Server) ours(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	literal := err == nil
	if literal && addr.Unmap().IsLoopback() {
		return true
	}
	every := slices.Contains(s.o.Hosts, "0.0.0.0") || slices.Contains(s.o.Hosts, "::") || slices.Contains(s.o.Hosts, "")
	return literal && every || host != "" && slices.Contains(s.o.Hosts, host)
}

func (s *Server) index(w http.ResponseWriter, _ *http.Request) {
	t, err := template.ParseFS(page, "page/index.html")
	if err != nil {
		s.log.Error("read page", "err", err)
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	var b bytes.Buffer
	if err := t.Execute(&b, map[string]string{"Title": s.o.Title, "Account": s.o.Account}); err != nil {
		s.log.Error("render page", "err", err)
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(b.Bytes()) //nolint:errcheck // the browser has gone
}

func asset(w http.ResponseWriter, r *http.Request) {
	types := map[string]string{
		".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
	}
	kind, ok := types[path.Ext(r.PathValue("name"))]
	if !ok {
		http.NotFound(w, r)
		return
	}
	b, err := fs.ReadFile(page, "page/"+path.Base(r.PathValue("name")))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Write(b) //nolint:errcheck // the browser has gone
}

// setup tells the page what does not change while the server runs.
func (s *Server) setup(w http.ResponseWriter, _ *http.Request) {
	type phone struct {
		Name  string   `json:"name"`
		Role  string   `json:"role"`
		Try   []string `json:"try"`
		Scene int      `json:"scene"` // place in scenes; -1 none
	}
	var out struct {
		Account string   `json:"account"`
		Phones  []phone  `json:"phones"`
		Scenes  []string `json:"scenes"`
		Places  []Place  `json:"places"`
		Samples []string `json:"samples"`
		Desk    bool     `json:"desk"`   // staff can tell people something
		Notice  string   `json:"notice"` // what phones are asked consent for; "" nothing
		Pages   string   `json:"pages"`  // how addresses begin that phones open as somebody; "" none
	}
	out.Pages = s.o.Pages
	if out.Desk = s.o.Desk != nil; len(s.o.Notices) > 0 {
		out.Notice = s.o.Notices[0].Title
	}
	out.Account, out.Places, out.Scenes = s.o.Account, s.o.Places, []string{}
	for _, c := range s.o.Scenes {
		out.Scenes = append(out.Scenes, c.Label)
	}
	for _, p := range s.o.Phones {
		at := slices.IndexFunc(s.o.Scenes, func(c Scene) bool { return c.Scene == p.Scene })
		out.Phones = append(out.Phones, phone{Name: p.Name, Role: p.Role, Try: append([]string{}, p.Try...), Scene: at})
	}
	for _, m := range sampleNames {
		out.Samples = append(out.Samples, m)
	}
	s.answer(w, http.StatusOK, out)
}

// wire shows what crossed the wire for one message, or for the delivery that answered it.
func (s *Server) wire(w http.ResponseWriter, r *http.Request) {
	seq, _ := strconv.ParseInt(r.FormValue("seq"), 10, 64)
	rec, ok := s.history.find(seq)
	if !ok || rec.Wire == nil {
		s.refuse(w, http.StatusNotFound, "这条消息没有报文")
		return
	}
	s.answer(w, http.StatusOK, rec.Wire)
}

// chat prints one phone's chat, or all, as a transcript.
func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	only, name := "", "all"
	if v := r.FormValue("phone"); v != "" {
		n, err := strconv.Atoi(v)
		p, ok := s.phone(n)
		if err != nil || !ok {
			s.refuse(w, http.StatusNotFound, "没有这部手机")
			return
		}
		only, name = p.Openid, "phone"+strconv.Itoa(n+1)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.chat"`)
	w.Write([]byte(s.transcript(only))) //nolint:errcheck // the browser has gone
}

func (s *Server) photo(w http.ResponseWriter, r *http.Request) {
	seq, _ := strconv.ParseInt(r.PathValue("seq"), 10, 64)
	rec, ok := s.history.find(seq)
	if !ok || rec.Photo == nil {
		http.NotFound(w, r)
		return
	}
	picture(w, "image/jpeg", rec.Photo)
}

func (s *Server) sample(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(sampleNames) {
		http.NotFound(w, r)
		return
	}
	picture(w, "image/jpeg", s.samples()[n])
}

// qr draws a scene's code, for the look of it: what counts is the scene chosen on the page.
func (s *Server) qr(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(s.o.Scenes) {
		http.NotFound(w, r)
		return
	}
	code, err := qr.Encode("yishi:"+s.o.Scenes[n].Scene, qr.M)
	if err != nil {
		s.log.Error("draw code", "err", err)
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	picture(w, "image/png", code.PNG())
}

func picture(w http.ResponseWriter, kind string, b []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "private, max-age=3600")
	w.Write(b) //nolint:errcheck // the browser has gone
}

// answer writes JSON; encoding/json escapes <, > and &.
func (s *Server) answer(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		s.log.Error("encode answer", "err", err)
		status, b = http.StatusInternalServerError, []byte(`{}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b) //nolint:errcheck // the browser has gone
}

// refuse tells the page, in words for people, why something was not done.
func (s *Server) refuse(w http.ResponseWriter, status int, why string) {
	s.answer(w, status, map[string]string{"error": why})
}

// clock moves the time of bot and platform forward, or back to the present.
func (s *Server) clock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Hours int  `json:"hours"`
		Zero  bool `json:"zero"`
	}
	if !s.read(w, r, &in) {
		return
	}
	offset := time.Duration(0)
	text := "时钟归零，回到现在"
	if !in.Zero {
		offset = s.o.Clock.Offset() + time.Duration(in.Hours)*time.Hour
		text = "时钟拨快" + span(in.Hours)
		if in.Hours < 1 || in.Hours > 24*31 || offset > 400*24*time.Hour {
			s.refuse(w, http.StatusBadRequest, "一次最多拨快 31 天，一共最多 400 天")
			return
		}
	}
	s.o.Clock.SetOffset(offset)
	s.add(record{Kind: kindClock, Text: text, Offset: offset, Key: strconv.Itoa(in.Hours) + "h"})
	s.history.poke()
	s.answer(w, http.StatusOK, map[string]any{})
}

func span(hours int) string {
	if hours%24 == 0 {
		return " " + strconv.Itoa(hours/24) + " 天"
	}
	return " " + strconv.Itoa(hours) + " 小时"
}

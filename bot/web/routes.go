package web

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"

	"yishi/flows"
)

// policy allows a page its own style and script and nothing else, and nobody to frame it.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; media-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'"

func (s *Server) routes(origin string) (http.Handler, error) {
	at := flows.LinkPath
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+at+"page.css", asset("page.css", "text/css; charset=utf-8"))
	mux.HandleFunc("GET "+at+"page.js", asset("page.js", "text/javascript; charset=utf-8"))
	mux.HandleFunc("GET "+at+"login", s.loggedIn)
	mux.HandleFunc("GET "+at+"{ref}", s.show)
	mux.HandleFunc("GET "+at+"{ref}/in", s.logIn)
	mux.HandleFunc("GET "+at+"{ref}/state", s.state)
	mux.HandleFunc("GET "+at+"{ref}/file", s.download)
	mux.HandleFunc("GET "+at+"{ref}/result", s.result)
	mux.HandleFunc("GET "+at+"{ref}/m/{id}", s.piece)
	mux.HandleFunc("POST "+at+"{ref}/code", s.draw)
	mux.HandleFunc("POST "+at+"{ref}", s.upload)
	mux.HandleFunc(at, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD, POST")
			s.fail(w, http.StatusMethodNotAllowed, sayWrongWay)
			return
		}
		s.fail(w, http.StatusNotFound, sayUnknown)
	})
	cross := http.NewCrossOriginProtection()
	if err := cross.AddTrustedOrigin(origin); err != nil { // a proxy may call us by another name
		return nil, fmt.Errorf("trust own address: %w", err)
	}
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.o.Observe("", "cross-site")
		s.fail(w, http.StatusForbidden, sayForeignForm)
	}))
	return s.guard(cross.Handler(mux)), nil
}

// guard sets what holds for every answer and catches panics. Nothing here or below logs an
// address: it holds the reference.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("X-Robots-Tag", "noindex")
		h.Set("Cache-Control", "no-store")
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p != http.ErrAbortHandler { //nolint:errorlint // a panic's value, as net/http compares it
				s.o.Log.Error("page panicked", "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			}
			panic(http.ErrAbortHandler) // cuts the connection without a word to any log
		}()
		next.ServeHTTP(w, r)
	})
}

// looking bounds a look at the store, and lets it end when the browser hangs up.
func looking(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(r.Context(), callTime)
}

// deciding bounds a change: it is carried through although the browser hangs up.
func deciding(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.Context()), callTime)
}

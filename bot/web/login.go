package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"yishi/bot/wechat"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
)

// exchangeTime bounds the question whose code it is. WeChat's answer mostly takes a tenth of it.
const exchangeTime = 4 * time.Second

// logIn sends a browser to WeChat's login. It stands apart from the page, so that a browser that
// is not WeChat's, as on the demo's phones, can be sent there too.
func (s *Server) logIn(w http.ResponseWriter, r *http.Request) {
	v, no := s.find(r, s.mark(w, r))
	if no != nil {
		s.render(w, no)
		return
	}
	if v.link.Bound || v.chat && v.down != nil {
		s.render(w, s.view(r, &v))
		return
	}
	state, err := s.seal(v.ref, v.browser, s.o.Now())
	var to string
	if err == nil {
		to, err = s.o.Login.LoginURL(s.o.Base+flows.LinkPath+"login", state)
	}
	if err != nil {
		s.o.Log.ErrorContext(r.Context(), "no way to the login", "error", err.Error())
		s.fail(w, http.StatusServiceUnavailable, sayLoginAway)
		return
	}
	http.Redirect(w, r, to, http.StatusFound)
}

// loggedIn is where the login leads back to.
func (s *Server) loggedIn(w http.ResponseWriter, r *http.Request) {
	browser, q := s.browser(r), r.URL.Query()
	ref, ok := s.unseal(q.Get("state"), browser, s.o.Now())
	if !ok {
		s.fail(w, http.StatusForbidden, sayLoginFailed)
		return
	}
	again := way{s.path(ref, "in"), "再试一次"}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), exchangeTime)
	defer cancel()
	who, err := s.o.Login.Login(ctx, q.Get("code"))
	switch {
	case errors.Is(err, wechat.ErrBadCode):
		s.fail(w, http.StatusForbidden, sayLoginFailed, again)
		return
	case errors.Is(err, wechat.ErrSnapshot):
		s.fail(w, http.StatusForbidden, saySnapshot, again)
		return
	case err != nil:
		s.o.Log.WarnContext(ctx, "login not told", "error", err.Error())
		s.fail(w, http.StatusServiceUnavailable, sayLoginAway, again)
		return
	}
	s.bind(w, r, ref, browser, civic.Account(who))
}

// bind lets the browser in if the link is this account's, and shows the page or why not.
func (s *Server) bind(w http.ResponseWriter, r *http.Request, ref, browser string, who civic.Account) {
	ctx, cancel := deciding(r)
	defer cancel()
	ok, err := s.o.Links.Bind(ctx, ref, browser, who)
	var l store.Link
	known := ok
	if err == nil && !ok {
		l, known, err = s.o.Links.Find(ctx, ref, browser)
	}
	switch {
	case err != nil:
		s.o.Log.WarnContext(ctx, "link not bound", "error", err.Error())
		s.fail(w, http.StatusServiceUnavailable, sayBusy, way{s.path(ref, "in"), "再试一次"})
	case !known:
		s.fail(w, http.StatusNotFound, sayUnknown)
	case !ok && l.Account != who:
		s.fail(w, http.StatusForbidden, saySomebody)
	case !ok && l.Late:
		s.fail(w, http.StatusGone, sayLate)
	case !ok:
		s.fail(w, http.StatusForbidden, sayTaken)
	default:
		s.o.Observe("", "login-ok")
		http.Redirect(w, r, s.path(ref), http.StatusSeeOther)
	}
}

package web

import (
	"encoding/json"
	"net/http"

	"yishi/store"
)

// visit is one request about one link by one browser.
type visit struct {
	ref     string
	browser string // "" none yet
	link    store.Link
	up      *Upload
	down    *Download
	gallery *Gallery
	chat    bool // it seems to be WeChat's own browser
}

// find looks the request's link up; if it cannot be had, a page says so and the view is not nil.
func (s *Server) find(r *http.Request, browser string) (visit, *view) {
	v := visit{ref: r.PathValue("ref"), browser: browser, chat: inWeChat(r)}
	if !store.ValidRef(v.ref) {
		return v, s.refusal(sayUnknown, http.StatusNotFound)
	}
	ctx, cancel := looking(r)
	defer cancel()
	l, found, err := s.o.Links.Find(ctx, v.ref, browser)
	switch {
	case err != nil:
		if r.Context().Err() == nil {
			s.o.Log.WarnContext(ctx, "link not found out", "error", err.Error())
		}
		return v, s.refusal(sayBusy, http.StatusServiceUnavailable)
	case !found:
		return v, s.refusal(sayUnknown, http.StatusNotFound)
	}
	v.link = l
	switch {
	case !s.known(&v, l.Kind):
		return v, s.refusal(sayStrange, http.StatusServiceUnavailable)
	case l.Late:
		return v, s.refusal(sayLate, http.StatusGone)
	case l.Bound && !l.Mine:
		return v, s.refusal(sayTaken, http.StatusForbidden)
	}
	return v, nil
}

func (s *Server) refusal(y saying, status int) *view {
	s.o.Observe("", y.outcome)
	return y.view(status)
}

// show shows where a link stands. It changes nothing but the browser's cookie: messengers look at
// addresses that they carry.
func (s *Server) show(w http.ResponseWriter, r *http.Request) {
	v, no := s.find(r, s.mark(w, r))
	if no != nil {
		s.render(w, no)
		return
	}
	if !v.link.Bound && v.chat && v.down == nil {
		http.Redirect(w, r, s.path(v.ref, "in"), http.StatusSeeOther)
		return
	}
	s.render(w, s.view(r, &v))
}

// state tells a page that follows what happens whether it has to look anew.
func (s *Server) state(w http.ResponseWriter, r *http.Request) {
	browser := s.browser(r)
	v, page := s.find(r, browser)
	if page == nil {
		page = s.view(r, &v)
	}
	if page.status == http.StatusServiceUnavailable { // for a while only
		http.Error(w, "", page.status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"tag": page.Tag, "progress": page.Progress}) // the browser may have gone
}

// view is the page of a link that may be shown to this browser.
func (s *Server) view(r *http.Request, v *visit) *view {
	var p *view
	switch {
	case !v.link.Bound:
		p = s.gate(v)
	case v.down != nil:
		p = s.offer(v)
	case v.gallery != nil:
		p = s.hang(r, v)
	case v.link.State == store.LinkReceiving && !v.link.Stalled:
		p = &view{Tag: "work", Text: []string{"正在接收文件。"}, Progress: v.link.Progress, Poll: true}
	case v.link.State == store.LinkWorking:
		if v.link.Stalled {
			s.takeOver(v)
		}
		p = &view{Tag: "work", Text: []string{"文件收到了，正在处理。"}, Progress: v.link.Progress, Poll: true}
	case v.link.State == store.LinkDone:
		p = s.done(v)
	default:
		p = s.form(v)
	}
	if p.Heading == "" {
		p.Heading = v.link.Title
	}
	p.Here = s.path(v.ref)
	p.Token = s.token(v.ref, v.browser)
	return p
}

// gate asks a browser that nobody has been let in by to show whose it is.
func (s *Server) gate(v *visit) *view {
	const toComputer = "也可以把这个链接发到电脑上，用电脑打开。"
	switch {
	case v.chat && v.down != nil:
		return &view{Tag: "guide", Text: []string{
			"微信里存不了文件。请点右上角的“…”，选“在浏览器打开”，再照那一页说的做。", toComputer,
		}}
	case v.link.Code != "":
		p := &view{
			Tag: "code", Poll: true, Code: v.link.Code,
			Text: []string{"请拿手机，在公众号的聊天里发下面这几个字，再回来看这一页："},
		}
		if !v.link.Spent {
			p.Ask = "换一个数字"
		}
		return p
	case v.link.Spent:
		return &view{Tag: "spent", Text: []string{"数字换得太多次了，什么也没有打开。", askAgain}}
	}
	return &view{
		Tag: "ask", Ask: "显示数字",
		Text: []string{"先认一认是不是您本人：这一页给您一个数字，您在公众号的聊天里把它发给我们。"},
	}
}

func (s *Server) form(v *visit) *view {
	p := &view{Tag: "form", Accept: v.up.Accept, Most: most(v.up), MostText: size(most(v.up))}
	if o, ok := decodeOutcome(v.link.Result); ok {
		p.Heading = o.Title
		o.show(p)
	}
	if v.up.Ask != "" {
		p.Text = append(p.Text, v.up.Ask)
	}
	return p
}

func most(u *Upload) int64 {
	if u.Most == 0 {
		return UploadMost
	}
	return u.Most
}

func (s *Server) done(v *visit) *view {
	p := &view{Tag: "done"}
	o, ok := decodeOutcome(v.link.Result)
	if !ok {
		p.Text = []string{"办好了。"}
		return p
	}
	p.Heading = o.Title
	o.show(p)
	if v.link.ResultKey != "" {
		p.Links = []way{{s.path(v.ref, "result"), "下载 " + o.Saved.Name}}
	}
	return p
}

// offer offers a download.
func (s *Server) offer(v *visit) *view {
	if v.link.Fetches >= store.FetchMost {
		return sayUsed.view(http.StatusGone)
	}
	p := &view{Tag: "file", Links: []way{{s.path(v.ref, "file"), "下载"}}}
	if v.down.Ask != "" {
		p.Text = append(p.Text, v.down.Ask)
	}
	if v.link.Fetches > 0 {
		p.Text = append(p.Text, "下载过了。没有存好，在这里还可以再下载一次。")
	}
	return p
}

// draw has the browser show a code.
func (s *Server) draw(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	browser, ref := s.browser(r), r.PathValue("ref")
	if !s.rightToken(ref, browser, r.PostFormValue("token")) {
		s.fail(w, http.StatusForbidden, sayNoCookie)
		return
	}
	if _, no := s.find(r, browser); no != nil {
		s.render(w, no)
		return
	}
	ctx, cancel := deciding(r)
	defer cancel()
	if _, err := s.o.Links.Draw(ctx, ref, browser); err != nil {
		s.o.Log.WarnContext(ctx, "code not drawn", "error", err.Error())
		s.fail(w, http.StatusServiceUnavailable, sayBusy)
		return
	}
	http.Redirect(w, r, s.path(ref), http.StatusSeeOther) // which shows it, or why there is none
}

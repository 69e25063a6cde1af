package demo

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// reference is what follows in the address of a page.
var reference = regexp.MustCompile(`^[a-z2-7]{26}$`)

// open leads a new tab to a page of the bot as a phone's person: through the platform, which then
// knows whose phone the tab is, to the page's login. A tab cannot call itself WeChat's browser,
// so that the page would not ask for the login by itself.
func (s *Server) open(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.FormValue("phone"))
	who, known := s.phone(n)
	to := r.FormValue("to")
	ref, ours := strings.CutPrefix(to, s.o.Pages)
	if err != nil || !known || s.o.Pages == "" || !ours || !reference.MatchString(ref) {
		http.Error(w, "这个链接打不开。", http.StatusNotFound)
		return
	}
	http.Redirect(w, r, s.o.Login+s.o.Platform.Person(who.Openid).Enter(to+"/in"), http.StatusFound)
}

package demo

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"

	"yishi/flows/civic"
)

// toldLine is a push as the page gets it. Its tallies add up to Total, which is its audience.
type toldLine struct {
	ID       string  `json:"id"`
	Title    string  `json:"title"`
	Urgent   bool    `json:"urgent,omitempty"`
	At       int64   `json:"at"` // milliseconds since 1970
	Audience int     `json:"audience"`
	Total    int     `json:"total"`
	Failed   int     `json:"failed"`
	Waiting  int     `json:"waiting"`
	Resent   int     `json:"resent,omitempty"`
	Tallies  []tally `json:"tallies"`
}

// told lists what was told, and how it stands now.
func (s *Server) told(w http.ResponseWriter, r *http.Request) {
	if s.o.Desk == nil {
		s.refuse(w, http.StatusNotFound, "这里不能推送")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), deskTime)
	defer cancel()
	all, err := s.o.Desk.Told(ctx)
	if err != nil {
		s.deskFault(w, err)
		return
	}
	lines := make([]toldLine, 0, len(all))
	for _, t := range all {
		lines = append(lines, lineOf(t))
	}
	s.answer(w, http.StatusOK, lines)
}

func lineOf(t Told) toldLine {
	r := t.Report
	l := toldLine{
		ID: t.ID, Title: t.Title, Urgent: t.Urgent, At: t.At.UnixMilli(), Audience: r.Audience, Total: r.Total(),
		Waiting: r.Waiting, Resent: r.Resent, Tallies: []tally{},
	}
	add := func(way string, n int, why string) {
		if n > 0 {
			l.Tallies = append(l.Tallies, tally{Way: way, N: n, Why: why})
		}
	}
	for _, route := range []civic.Route{civic.ByCustomer, civic.ByNotice, civic.ByTemplate} {
		add(string(route), r.Sent[route], "")
	}
	add(string(civic.ByInbox), r.Inbox, "")
	add(string(civic.ByDoor), r.Door, "")
	for _, reason := range slices.Sorted(maps.Keys(r.Skipped)) {
		add(WaySkipped, r.Skipped[reason], reasonWords(reason))
	}
	for _, reason := range slices.Sorted(maps.Keys(r.Failed)) {
		l.Failed += r.Failed[reason]
		add("failed", r.Failed[reason], reasonWords(reason))
	}
	add("unknown", r.Unknown, "")
	add("waiting", r.Waiting, "")
	return l
}

// reasonWords is a reason of a report as staff read it; one that is not known stays as it is.
func reasonWords(reason string) string {
	return cmp.Or(map[string]string{
		civic.SkipOptedOut: "退订了", civic.SkipUnfollowed: "取消关注了", civic.SkipDuplicate: "已经说过",
		civic.SkipExpired: "过了时候", civic.SkipRefused: "每条路都被拒绝", "cancelled": "撤下了",
		"not_following": "没有关注", "no_account": "没有这个人", "blocked": "关了消息", "failed": "平台没送到",
		"retry": "平台一直忙", "no-text": "写不出文字", "unfit": "装不下", "panic": "程序出错",
		"code_43101": "没有订阅", "code_-1": "平台没送到",
	}[reason], reason)
}

//go:build unix

package fault_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"yishi/bot/wechat/platform"
)

// history is all that was said between residents and the bot, for when the audit finds something.
type history struct {
	mu    sync.Mutex
	said  map[string][]string
	early map[platform.Claim]bool // account and number of needs kept before, of which the bot spoke
}

// listen writes down what is said from now on.
func (s *site) listen() *history {
	h := &history{said: map[string][]string{}, early: map[platform.Claim]bool{}}
	s.p.Watch(h.note)
	return h
}

func (h *history) note(e platform.Event) {
	if e.Openid == "" || e.Delivery == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	arrow := map[string]string{platform.KindIn: ">", platform.KindReply: "<", platform.KindFault: "!"}[e.Kind]
	var line strings.Builder
	fmt.Fprintf(&line, "%s %s %s %s", e.At.Format("05.000"), e.Delivery.MsgID, arrow, strings.ReplaceAll(e.Text, "\n", "|"))
	for _, try := range e.Delivery.Tries {
		fmt.Fprintf(&line, " (%s %d %v %s)", try.URL[max(0, len(try.URL)-13):], try.Status, try.Took, try.Err)
	}
	h.said[e.Openid] = append(h.said[e.Openid], line.String())
	if e.Kind == platform.KindReply && (strings.Contains(e.Text, "没有取消") || strings.Contains(e.Text, "您已经提过")) {
		h.early[platform.Claim{Openid: e.Openid, Number: numberIn(e.Text)}] = true
	}
}

// own is the claims without the texts of those that tell of an earlier need: somebody whose 提交
// and 取消 were never answered begins anew, and then hears that what was to be dropped is kept;
// or an answer said twice picks an own need from the list of like ones. The simulated resident
// takes that for the new need. The earlier one must be the account's all the same.
func (h *history) own(claims []platform.Claim) []platform.Claim {
	h.mu.Lock()
	defer h.mu.Unlock()
	own := make([]platform.Claim, 0, len(claims))
	for _, c := range claims {
		if h.early[platform.Claim{Openid: c.Openid, Number: c.Number}] {
			c.Text = ""
		}
		own = append(own, c)
	}
	return own
}

var anOpenid = regexp.MustCompile(`oRehearse[\dx]+`)

// around is what the residents of a finding said and heard.
func (h *history) around(what string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var b strings.Builder
	shown := map[string]bool{}
	for _, openid := range anOpenid.FindAllString(what, -1) {
		if shown[openid] {
			continue
		}
		shown[openid] = true
		fmt.Fprintf(&b, "%s\n%s\n", openid, strings.Join(h.said[openid], "\n"))
	}
	return b.String()
}

package platform

import (
	"slices"
	"strings"
	"time"
)

// noticeRepeat is how long a client_msg_id keeps a template message from being sent again.
const noticeRepeat = 10 * time.Minute

// notice is a template message that was accepted, kept as long as its client id counts.
type notice struct {
	ClientID string    `json:"clientId"`
	ID       int64     `json:"id"`
	At       time.Time `json:"at"`
}

func noticeList(c *call) (any, int) {
	if strings.HasPrefix(c.r.URL.Path, "/wxaapi/") {
		return map[string]any{"errcode": 0, "errmsg": "ok", "data": []string{}}, codeOK
	}
	return map[string]any{"template_list": []string{}}, codeOK
}

// noticeSend accepts any template once the account is allowed to send; values are not checked.
func noticeSend(c *call) (any, int) {
	var in struct {
		To       string `json:"touser"`
		Template string `json:"template_id"`
		ClientID string `json:"client_msg_id"`
		Data     map[string]struct {
			Value string `json:"value"`
		} `json:"data"`
	}
	if !c.read(&in) {
		return nil, codeBadJSON
	}
	f := c.p.state.People[in.To]
	switch {
	case f == nil:
		return nil, codeBadOpenid
	case in.Template == "":
		return nil, codeBadTemplate
	case !f.Following && !strings.HasSuffix(c.r.URL.Path, "/bizsend"):
		return nil, codeNeedFollower
	}
	kept := &c.p.state.Notices
	*kept = slices.DeleteFunc(*kept, func(n notice) bool { return !c.now.Before(n.At.Add(noticeRepeat)) })
	for _, n := range *kept {
		if in.ClientID != "" && n.ClientID == in.ClientID {
			return map[string]any{"errcode": 0, "errmsg": "ok", "msgid": n.ID}, codeOK
		}
	}
	c.p.nextID()
	id := c.p.state.LastID
	if in.ClientID != "" {
		*kept = append(*kept, notice{ClientID: in.ClientID, ID: id, At: c.now})
	}
	var lines []string
	for name, value := range in.Data {
		lines = append(lines, name+": "+value.Value)
	}
	slices.Sort(lines)
	shown := strings.Join(lines, "\n")
	kind := KindTemplate
	if strings.HasSuffix(c.path, "/bizsend") {
		kind = kindNotice
	}
	c.reach(f, kind, shown, in.ClientID, Event{Kind: KindTemplate, Openid: in.To, Text: shown})
	return map[string]any{"errcode": 0, "errmsg": "ok", "msgid": id}, codeOK
}

package platform

import (
	"encoding/json"
	"strings"
)

type customMessage struct {
	To   string `json:"touser"`
	Type string `json:"msgtype"`
	Text struct {
		Content string `json:"content"`
	} `json:"text"`
	Image struct {
		MediaID string `json:"media_id"`
	} `json:"image"`
	Voice struct {
		MediaID string `json:"media_id"`
	} `json:"voice"`
	Menu struct {
		Head string `json:"head_content"`
		List []struct {
			ID      string `json:"id"`
			Content string `json:"content"`
		} `json:"list"`
		Tail string `json:"tail_content"`
	} `json:"msgmenu"`
}

// show checks the content and returns what the phone shows.
func (m *customMessage) show(c *call) (text string, links []Link, code int) {
	switch m.Type {
	case "text":
		switch {
		case m.Text.Content == "":
			return "", nil, codeNoContent
		case len(m.Text.Content) > maxText:
			return "", nil, codeTooLong
		}
		if c.p.watch.some.Load() {
			text, links = parseText(m.Text.Content)
		}
		return text, links, codeOK
	case "msgmenu":
		return m.menu(c)
	case "image", "voice":
		if kept := c.p.medium(m.mediaID(), c.now); kept == nil || kept.Type != m.Type {
			return "", nil, codeBadMediaID
		}
		return "[" + m.Type + "]", nil, codeOK
	}
	return "", nil, codeBadMessageType
}

// mediaID is of the photo or voice that is sent, "" for other messages.
func (m *customMessage) mediaID() string {
	switch m.Type {
	case "image":
		return m.Image.MediaID
	case "voice":
		return m.Voice.MediaID
	}
	return ""
}

func (m *customMessage) menu(c *call) (text string, links []Link, code int) {
	if c.p.denied["msgmenu"] {
		return "", nil, codeNoMenuMessage
	}
	if len(m.Menu.List) == 0 {
		return "", nil, codeNoContent
	}
	lines := []string{m.Menu.Head}
	for _, item := range m.Menu.List {
		if item.Content == "" || item.ID == "" {
			return "", nil, codeNoContent
		}
		lines = append(lines, item.Content)
		links = append(links, Link{Label: item.Content, Content: item.Content, ID: menuID(item.ID)})
	}
	text = strings.Join(append(lines, m.Menu.Tail), "\n")
	if len(text) > maxText {
		return "", nil, codeTooLong
	}
	return text, links, codeOK
}

func decodeCustom(body []byte) any {
	m := &customMessage{}
	if json.Unmarshal(body, m) != nil {
		return nil
	}
	return m
}

func customSend(c *call) (any, int) {
	m, ok := c.in.(*customMessage)
	if !ok {
		return nil, codeBadJSON
	}
	f := c.p.state.People[m.To]
	if f == nil {
		return nil, codeBadOpenid
	}
	text, links, code := m.show(c)
	switch {
	case code != codeOK:
		return nil, code
	case f.Blocked:
		return nil, codeBlocked
	}
	if code := f.spend(c.now); code != codeOK {
		return nil, code
	}
	key := m.Text.Content
	if key == "" {
		key = text
	}
	c.reach(f, KindCustomer, key, "", Event{Kind: KindCustomer, Openid: m.To, Text: text, Links: links, Media: m.mediaID()})
	return fine(), codeOK
}

func customTyping(c *call) (any, int) {
	var m struct {
		To      string `json:"touser"`
		Command string `json:"command"`
	}
	if !c.read(&m) {
		return nil, codeBadJSON
	}
	f := c.p.state.People[m.To]
	switch {
	case f == nil:
		return nil, codeBadOpenid
	case m.Command != "Typing" && m.Command != "CancelTyping":
		return nil, codeBadTyping
	case !f.reachable(c.now):
		return nil, codeOutOfWindow
	}
	c.tell(Event{Kind: KindTyping, Openid: m.To, Text: m.Command})
	return fine(), codeOK
}

func kfList(*call) (any, int) {
	return map[string][]string{"kf_list": {}}, codeOK
}

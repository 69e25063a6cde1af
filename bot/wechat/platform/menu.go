package platform

import (
	"slices"
	"unicode/utf8"
)

// The limits of a menu; lengths in bytes.
const (
	menuTop, menuSub = 3, 5
	topName, subName = 16, 60
	keyMax, urlMax   = 128, 1024
)

// menuCodes are the errcodes of a button on one of the two levels.
type menuCodes struct{ kind, name, key, url int }

// Menu is the account's menu as the bot published it; empty when there is none.
func (p *Platform) Menu() []MenuButton {
	p.mu.Lock()
	defer p.mu.Unlock()
	menu := slices.Clone(p.state.Menu)
	for i := range menu {
		menu[i].Sub = slices.Clone(menu[i].Sub)
	}
	return menu
}

func menuCreate(c *call) (any, int) {
	var in struct {
		Buttons []MenuButton `json:"button"`
	}
	if !c.read(&in) {
		return nil, codeBadJSON
	}
	if code := checkMenu(in.Buttons); code != codeOK {
		return nil, code
	}
	c.p.state.Menu = in.Buttons
	c.tell(Event{Kind: KindMenu})
	return fine(), codeOK
}

func checkMenu(buttons []MenuButton) int {
	if len(buttons) < 1 || len(buttons) > menuTop {
		return 40016
	}
	for _, b := range buttons {
		top := menuCodes{40017, 40018, 40019, 40020}
		if len(b.Sub) == 0 {
			if code := checkButton(b, topName, top); code != codeOK {
				return code
			}
			continue
		}
		if !fits(b.Name, topName) {
			return top.name
		}
		if len(b.Sub) > menuSub {
			return 40023
		}
		for _, s := range b.Sub {
			if len(s.Sub) > 0 {
				return 40023
			}
			if code := checkButton(s, subName, menuCodes{40024, 40025, 40026, 40027}); code != codeOK {
				return code
			}
		}
	}
	return codeOK
}

func checkButton(b MenuButton, name int, codes menuCodes) int {
	if !fits(b.Name, name) {
		return codes.name
	}
	switch b.Type {
	case "click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select":
		if !fits(b.Key, keyMax) {
			return codes.key
		}
	case "view", "miniprogram":
		if !fits(b.URL, urlMax) {
			return codes.url
		}
	case "media_id", "article_id", "article_view_limited", "view_limited":
	default:
		return codes.kind
	}
	return codeOK
}

func fits(s string, limit int) bool { return s != "" && len(s) <= limit && utf8.ValidString(s) }

func menuGet(c *call) (any, int) {
	if len(c.p.state.Menu) == 0 {
		return nil, codeNoMenu
	}
	type body struct {
		Buttons []MenuButton `json:"button"`
	}
	return map[string]body{"menu": {c.p.state.Menu}}, codeOK
}

func menuDelete(c *call) (any, int) {
	c.p.state.Menu = nil
	c.tell(Event{Kind: KindMenu})
	return fine(), codeOK
}

// shownButton is a button as get_current_selfmenu_info words it.
type shownButton struct {
	Type string `json:"type,omitempty"`
	Name string `json:"name"`
	Key  string `json:"key,omitempty"`
	URL  string `json:"url,omitempty"`
	Sub  *struct {
		List []shownButton `json:"list"`
	} `json:"sub_button,omitempty"`
}

func shown(buttons []MenuButton) []shownButton {
	out := make([]shownButton, len(buttons))
	for i, b := range buttons {
		out[i] = shownButton{Type: b.Type, Name: b.Name, Key: b.Key, URL: b.URL}
		if len(b.Sub) > 0 {
			out[i].Sub = &struct {
				List []shownButton `json:"list"`
			}{shown(b.Sub)}
		}
	}
	return out
}

func menuInfo(c *call) (any, int) {
	open := 0
	if len(c.p.state.Menu) > 0 {
		open = 1
	}
	return map[string]any{
		"is_menu_open":  open,
		"selfmenu_info": map[string]any{"button": shown(c.p.state.Menu)},
	}, codeOK
}
